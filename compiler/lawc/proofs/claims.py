"""Decide what an author claims: proved, refuted with a case, or unknown.

The order is that of cost: a few cases, the directions and powers of all steps, slopes and
intervals over few boxes, more cases, every case where they are few, the solver, the solver in
logarithms, and many boxes. A refutation is always two numbers of the exact evaluator.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lawc.decision.decision import Decision
from lawc.decision.formula import names
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.apportionment import prove_apportioned
from lawc.proofs.branching import Branched, Judge, branch
from lawc.proofs.continuity import prove_continuous
from lawc.proofs.cutting import cut_at
from lawc.proofs.directions import direction_of
from lawc.proofs.drawing import draw_cases
from lawc.proofs.exhausting import Exhaustive
from lawc.proofs.peeling import peeled
from lawc.proofs.powers import scales_by_rules
from lawc.proofs.questions import ORDERED, Posed, Question, question_of
from lawc.proofs.regions import narrowed
from lawc.proofs.relaxing import apportions, leading
from lawc.proofs.replay import Case, shortened
from lawc.proofs.search import Clock, Limits
from lawc.proofs.verdict import Verdict, Word

CASES = 60
FIRST = 6
"""Cases that are tried before anything is proved, so that what is plainly false costs little."""
ROWS_A_BOX = 20
"""Cases that are tried in columns at the cost of a box."""
MOST_ROWS = 2_000_000
"""Cases with days that are tried one by one, at less than a microsecond each."""


def prove_claim(decision: Decision, claim: RuleClaim, limits: Limits | None = None) -> Verdict:
    """Return the verdict on a claim about a decision.

    Args:
        decision: What the rule decides as of a day, without faults.
        claim: With parameters and constants as numbers, as in the decision.
        limits: Of each question to the solver, and of the boxes.
    """
    limits = limits or Limits()
    clock = Clock()
    decided = {port.name for port in decision.decided}
    if claim.by in decided:
        decision = cut_at(decision, claim.by or "")
    if apportions(decision):
        verdict = prove_apportioned(decision, claim, limits, prove_claim)
    elif claim.form is Always.CONTINUOUS:
        verdict = prove_continuous(decision, claim, limits)
    else:
        verdict = _decide(decision, claim, limits)
    return Verdict(
        verdict.word,
        verdict.cases,
        verdict.said,
        verdict.boxes,
        clock.seconds,
        verdict.means,
        verdict.at,
    )


def _decide(decision: Decision, claim: RuleClaim, limits: Limits) -> Verdict:
    question = question_of(decision, claim)
    if question is None:
        return Verdict(Word.UNKNOWN)
    drawn = draw_cases(decision, claim, CASES)
    if (broken := _broken(question, islice(drawn, FIRST))) is not None:
        return broken
    # What months do to days is tried sooner than it is solved.
    has_days = any(port.kind == "date" for port in decision.inputs)
    if has_days and (verdict := _tried(question, MOST_ROWS)) is not None:
        return verdict
    # What holds in the hull of the region holds in it, and has no edges there.
    inside = question_of(*narrowed(decision, claim)) or question
    if claim.form in ORDERED:
        way = direction_of(inside.decision, inside.definitions, inside.claim)
        if way is not None and way in (0, -1 if claim.form is Always.FALLS else 1):
            return Verdict(Word.PROVED, means="order")
    if claim.form is Always.SCALES and scales_by_rules(
        question.definitions, claim.subject, claim.by or "", question.exponent
    ):
        return Verdict(Word.PROVED, means="powers")
    judge, boxes = inside.judge(), 0
    if judge is not None:
        made = _branched(inside, judge, Limits(0.2, 0, 256))
        boxes = made.boxes
        if made.holds:
            return Verdict(Word.PROVED, boxes=boxes, means="slopes" if boxes == 1 else "intervals")
    if (broken := _broken(question, drawn)) is not None:
        return broken
    posed: dict[tuple[int, ...], Posed] = {}
    for attempt in _attempts(question, claim):
        asked = attempt.posed()
        if posed.setdefault(asked.key, asked) is not asked:
            continue
        found = asked.asked(limits)
        if found is False:
            means = "logarithms" if attempt.prefers_logarithms else "solver"
            return Verdict(Word.PROVED, boxes=boxes, means=means)
        if isinstance(found, tuple) and question.breaks(found):
            return _refuted(question, found, "solver")
    if not has_days:
        verdict = _tried(question, ROWS_A_BOX * limits.boxes, boxes)
        if verdict is not None:
            return verdict
    if judge is not None:
        made = _branched(inside, judge, limits)
        boxes += made.boxes
        if made.holds:
            return Verdict(Word.PROVED, boxes=boxes, means="intervals")
        for suspect in made.suspects:
            for cases in question.near(suspect):
                if question.breaks(cases):
                    return _refuted(question, cases, "intervals")
    return Verdict(Word.UNKNOWN, boxes=boxes)


def _branched(question: Question, judge: Judge, limits: Limits) -> Branched:
    """Return what boxes say of a claim, cut along nothing but what it depends on."""
    claim = question.claim
    along = claim.by if claim.form in ORDERED else None
    said = names(claim.subject).union(*map(names, claim.where), (along,) if along else ())
    read = leading(question.decision, said)
    return branch(question.decision, question.definitions, judge, limits, along, read)


def _broken(question: Question, drawn: Iterator[tuple[Case, ...]]) -> Verdict | None:
    """Return that one of some drawn cases, or pairs of them, breaks the claim."""
    for cases in drawn:
        if question.breaks(cases):
            return _refuted(question, cases, "cases")
    return None


def _tried(question: Question, most: int, boxes: int = 0) -> Verdict | None:
    """Return what trying every case says; None where they are too many or not told apart."""
    every = Exhaustive(question.decision, question.claim)
    if every.rows is None or every.rows > most:
        return None
    tried = every.tried()
    if tried is True:
        return Verdict(Word.PROVED, boxes=boxes, means="every case")
    if isinstance(tried, tuple) and question.breaks(tried):
        return _refuted(question, tried, "every case")
    return None


def _attempts(question: Question, claim: RuleClaim) -> Iterator[Question]:
    """Yield the question in the forms in which the solver may answer it."""
    if claim.form in (Always.RISES, Always.FALLS):
        inner, turned = peeled(claim.subject, question.definitions)
        if inner != claim.subject:
            yield question.about(inner, turned).in_reals()
    if any(port.kind == "date" for port in question.decision.inputs):
        yield question.without_calendar()
    yield question.in_reals()
    yield question
    yield question.in_logarithms()


def _refuted(question: Question, cases: tuple[Case, ...], means: str) -> Verdict:
    short = _shortened(question, cases)
    said = tuple(question.said(given) for given in short)
    pairs = tuple(tuple(given.items()) for given in short)
    return Verdict(Word.REFUTED, pairs, said, means=means)


def _shortened(question: Question, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return cases of shorter numbers that still break the claim together."""
    decision, by = question.decision, question.claim.by
    if len(cases) == 1:
        return (shortened(decision, cases[0], lambda given: question.breaks((given,))),)
    first, second = cases

    def together(given: Case) -> tuple[Case, ...]:
        return given, {**given, by: second[by]} if by is not None else second

    if by is None or any(first[n] != second[n] for n in first if n != by):
        return cases
    short = shortened(decision, first, lambda given: question.breaks(together(given)))

    def other(given: Case) -> tuple[Case, ...]:
        return {**short}, {**short, by: given[by]}

    last = shortened(decision, together(short)[1], lambda given: question.breaks(other(given)))
    made = other(last)
    return made if question.breaks(made) else together(short)
