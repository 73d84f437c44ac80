"""Check all steps of a decision, and of a rule as of each day on which it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lawc.decision.decision import Apportion, Clauses, Decision, Port, Scale, Score, Table, decides
from lawc.decision.formula import Formula, Named, NotApplicable, Number, apply
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.apportionment import check_apportioned
from lawc.proofs.claims import prove_claim
from lawc.proofs.clauses import check_clauses
from lawc.proofs.finding import Fault, Finding, is_hole
from lawc.proofs.influence import check_inputs
from lawc.proofs.library import is_false, is_true, z3
from lawc.proofs.relaxing import apportions
from lawc.proofs.replay import Case, refusal, shortened
from lawc.proofs.search import QUICK, Limits
from lawc.proofs.subject import Subject
from lawc.proofs.tables import check_table
from lawc.proofs.terms import as_number, disjunction, exactly, negation
from lawc.proofs.verdict import Word


def check_decision(decision: Decision, limits: Limits = QUICK) -> tuple[Finding, ...]:
    """Return what is wrong with a decision, each finding with a replayed case where it has one.

    Of a step of which a question is not settled within its limits, `LEFT` is told, where no case
    was found that has no answer.
    """
    if apportions(decision):
        return check_apportioned(decision, limits, check_decision)
    subject = Subject(decision, limits)
    found: list[Finding] = []
    follows = frozenset((Fault.UNREACHED, Fault.DEAD_CLAUSE, Fault.DEAD_EXCEPTION))
    has_hole = False
    for index, step in enumerate(decision.steps):
        here: list[Finding] = []
        match step:
            case Table():
                here += check_table(subject, index)
            case Clauses():
                here += check_clauses(subject, index)
            case Score():
                here += _dead_points(subject, index, step)
            case Scale():
                here += _brackets(subject, index, step)
            case Apportion():
                raise TypeError("expected a decision without apportionments")
        if not any(map(is_hole, here)):
            here += list(_answers(subject, index)) or _refused(subject, index)
        # What an earlier step leaves unanswered is not reached here: that is said there.
        found += [f for f in here if not has_hole or f.fault not in follows]
        has_hole = has_hole or any(map(is_hole, here))
    found = found or list(check_inputs(subject))
    left = sorted(subject.left)
    return (*found, *(_left(decision, index) for index in left if not has_hole))


def _dead_points(subject: Subject, index: int, step: Score) -> Iterator[Finding]:
    for place, point in enumerate(step.points):
        if subject.shown.holds(point.when):
            continue
        condition = subject.encoding.condition(point.when)
        if (
            not is_true(condition)
            and subject.has([condition], subject.holding(point.when), index) is False
        ):
            yield Finding(Fault.DEAD_ROW, index, (place,), name=step.output)


def _brackets(subject: Subject, index: int, step: Scale) -> Iterator[Finding]:
    """Yield a value of the chooser that no brackets are for, or two sets of them are."""
    definition = subject.definitions[step.output]
    encoding = subject.encoding
    conditions = [encoding.condition(case) for case in definition.cases]
    if not step.by or any(map(is_true, conditions)):
        return
    applicable = encoding.terms[step.by].applicable

    def refused(given: Case) -> bool:
        return "brackets" in (refusal(subject.decision, given, index) or "")

    none = [applicable, negation(disjunction(conditions))]
    found = subject.example(none, refused, index)
    if found is not None:
        said = refusal(subject.decision, found, index) or ""
        yield Finding(Fault.GAP, index, (), tuple(found.items()), said, step.output)
    for i, first in enumerate(conditions):
        for j in range(i + 1, len(conditions)):
            both = subject.example([first, conditions[j]], refused, index)
            if both is not None:
                yield Finding(Fault.OVERLAP, index, (i, j), tuple(both.items()))
                return


def _refused(subject: Subject, index: int) -> list[Finding]:
    """Return one of the cases that are drawn for all questions in which a step has no result."""
    for given, answers in subject.shown.cases:
        said = None if answers is not None else refusal(subject.decision, given, index)
        if said is not None:

            def still(case: Case) -> bool:
                return refusal(subject.decision, case, index) is not None

            found = shortened(subject.decision, given, still)
            names = decides(subject.decision.steps[index])
            return [Finding(Fault.NO_RESULT, index, (), tuple(found.items()), said, names[0])]
    return []


def _left(decision: Decision, index: int) -> Finding:
    name = decides(decision.steps[index])[0]
    return Finding(Fault.LEFT, index, name=name)


def _answers(subject: Subject, index: int) -> Iterator[Finding]:
    """Yield a case in which a step has no result, or one that its quantity does not take."""
    decision = subject.decision
    fixed = [subject.definitions[name].answers for name in decides(decision.steps[index])]
    ports = [decision.port(name) for name in decides(decision.steps[index])]
    pairs = zip(ports, fixed, strict=True)
    if all(answers and all(_is_within(p, a) for a in answers) for p, answers in pairs):
        return
    encoding = subject.encoding

    def refused(given: Case) -> bool:
        return refusal(decision, given, index) is not None

    for name in decides(decision.steps[index]):
        port = decision.port(name)
        term = encoding.terms[name]
        beyond = []
        if port.kind != "yes/no" and not port.choices:
            value = as_number(term.value)
            beyond += [value < exactly(port.low)] if port.low is not None else []
            beyond += [value > exactly(port.high)] if port.high is not None else []
        outside = z3.And(term.applicable, disjunction(beyond))
        broken = z3.BoolVal(False)
        if port.kind in ("integer", "date") and z3.is_real(term.value):
            broken = z3.And(term.applicable, z3.Not(z3.IsInt(term.value)))
        for fault, condition in (
            (Fault.NO_RESULT, encoding.fails[name]),
            (Fault.RANGE, outside if beyond else z3.BoolVal(False)),
            (Fault.NOT_WHOLE, broken),
        ):
            if is_false(condition):
                continue
            asked = [condition, encoding.answers(subject.definitions[name])]
            if fault is not Fault.NO_RESULT:
                asked.append(negation(encoding.fails[name]))
            stays = partial(_stays, subject, index, port) if fault is Fault.RANGE else None
            found = subject.example(asked, refused, index, stays)
            if found is not None:
                said = refusal(decision, found, index) or ""
                yield Finding(fault, index, (), tuple(found.items()), said, name)


def _stays(subject: Subject, index: int, port: Port) -> bool:
    """Return whether a quantity stays in its range by what proves claims."""
    steps = subject.decision.steps[: index + 1]
    names = {name for step in steps for name in decides(step)}
    ports = tuple(
        replace(p, low=None, high=None) if p.name == port.name else p
        for p in subject.decision.decided
        if p.name in names
    )
    free = replace(subject.decision, decided=ports, outputs=(port.name,), steps=steps)
    ends = [] if port.low is None else [apply("less_equal", Number(port.low), Named(port.name))]
    ends += [] if port.high is None else [apply("less_equal", Named(port.name), Number(port.high))]
    return all(
        prove_claim(free, RuleClaim(Always.COMPARISON, end), subject.limits).word is Word.PROVED
        for end in ends
    )


def _is_within(port: Port, answer: Formula) -> bool:
    """Whether an answer is a constant in the range of its quantity."""
    if isinstance(answer, NotApplicable):
        return True
    if not isinstance(answer, Number):
        return False
    if port.kind in ("integer", "date") and answer.value.denominator != 1:
        return False
    above = port.low is None or answer.value >= port.low
    return above and (port.high is None or answer.value <= port.high)
