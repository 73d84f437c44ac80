"""Claims about what is apportioned: by the theorems of divisor methods, by cases, and without it.

The theorems are those of M. L. Balinski and H. P. Young, Fair Representation, 2nd ed. (2001),
Appendix A: the seats of all are the whole; by a divisor method those of a member rise with the
whole, rise with its own votes, and fall with the votes of another. What lies before the
apportionment, such as who takes part, is proved as any rule is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from lawc.decision.decision import Apportion, Decision
from lawc.decision.formula import (
    NO,
    YES,
    Apply,
    Formula,
    Named,
    apply,
    names,
    some,
    walk,
)
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.directions import direction_of
from lawc.proofs.drawing import draw_cases
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.questions import question_of
from lawc.proofs.relaxing import (
    asks_whether_known,
    before,
    following,
    leading,
    relaxed,
)
from lawc.proofs.replay import Case, refusal
from lawc.proofs.search import Limits
from lawc.proofs.steps import definitions
from lawc.proofs.verdict import Verdict, Word

CASES = 200
HARD = 8
"""Cases that are drawn to see whether something cannot be handed out."""
MEANS = "a theorem of Balinski and Young"

Prove = Callable[[Decision, RuleClaim, Limits], Verdict]
Check = Callable[[Decision, Limits], tuple[Finding, ...]]


def prove_apportioned(
    decision: Decision, claim: RuleClaim, limits: Limits, prove: Prove
) -> Verdict:
    """Return the verdict on a claim about a decision with an apportionment.

    Args:
        prove: Proves claims about what lies before it, or beside it.
    """
    steps = [step for step in decision.steps if isinstance(step, Apportion)]
    said = names(claim.subject).union(*map(names, claim.where), (claim.by,) if claim.by else ())
    for step in steps:
        if _Theorems(decision, step, claim, limits, prove).hold():
            return Verdict(Word.PROVED, means=MEANS)
    question = question_of(decision, claim)
    if question is None:
        return Verdict(Word.UNKNOWN)
    for cases in draw_cases(decision, claim, CASES):
        if question.breaks(cases):
            pairs = tuple(tuple(given.items()) for given in cases)
            told = tuple(question.said(given) for given in cases)
            return Verdict(Word.REFUTED, pairs, told, means="cases")
    seats = frozenset(name for step in steps for name in step.outputs)
    led = leading(decision, said)
    if led & seats and not (led & seats <= said and _is_direct(decision, said, seats)):
        # A step between may make something of seats that are not applicable.
        return Verdict(Word.UNKNOWN)
    if led & seats and claim.form is not Always.COMPARISON:
        # Of two cases each has seats of its own, and there they would be the same.
        return Verdict(Word.UNKNOWN)
    if claim.by in seats or asks_whether_known(decision.steps) or _asks(claim):
        return Verdict(Word.UNKNOWN)
    found = prove(relaxed(decision), claim, limits)
    return found if found.word is Word.PROVED else Verdict(Word.UNKNOWN, boxes=found.boxes)


def _is_direct(decision: Decision, said: frozenset[str], seats: frozenset[str]) -> bool:
    """Return whether no quantity that a claim names is made of seats."""
    return not (following(decision, seats) - seats) & said


def _asks(claim: RuleClaim) -> bool:
    asked = ("is_known", "is_applicable")
    return any(
        isinstance(node, Apply) and node.operation in asked
        for formula in (claim.subject, *claim.where)
        for node in walk(formula)
    )


class _Theorems:
    """Whether a claim is what a theorem says of an apportionment."""

    def __init__(
        self, decision: Decision, step: Apportion, claim: RuleClaim, limits: Limits, prove: Prove
    ) -> None:
        self.step, self.claim, self.limits, self.prove = step, claim, limits, prove
        self.before = before(decision, step)
        self.inputs = {port.name for port in decision.inputs}

    def hold(self) -> bool:
        """Return whether a theorem says that the claim holds."""
        subject = self.claim.subject
        if self.claim.form is Always.COMPARISON:
            return self._compares(subject)
        at = self._member(subject)
        if self.claim.form not in (Always.RISES, Always.FALLS) or at is None:
            return False
        return self.step.method != "remainders" and self._moves(at)

    def _compares(self, subject: Formula) -> bool:
        match subject:
            case Apply("and", parts):
                return all(map(self._compares, parts))
            case Apply("equal" | "less_equal" as sign, (one, other)):
                pairs = [(one, other)] if sign == "less_equal" else [(one, other), (other, one)]
                return any(self._says(*pair, sign) for pair in pairs)
        return False

    def _says(self, one: Formula, other: Formula, sign: str) -> bool:
        """Return whether one is other, or at most other, as an apportionment has it."""
        whole, least = self.step.whole, self.step.least
        added = _added(one)
        if sorted(added) == sorted(self.step.outputs) and other == whole:
            return True
        if sign == "less_equal":
            if one == whole and sorted(_added(other)) == sorted(self.step.outputs):
                return True
            if len(set(added)) == len(added) > 0 and set(added) <= set(self.step.outputs):
                return other == whole
            at = self._member(other)
            if at is not None and one == NO:
                return True
            return at is not None and one == least and self._always(self.step.among[at])
        at = self._member(one)
        if at is None or other != NO:
            return False
        return self._always(apply("not", self.step.among[at]))

    def _member(self, formula: Formula) -> int | None:
        if isinstance(formula, Named) and formula.name in self.step.outputs:
            return self.step.outputs.index(formula.name)
        return None

    def _always(self, condition: Formula) -> bool:
        """Return whether a condition on what lies before holds wherever the claim speaks."""
        if condition == YES:
            return True
        where = tuple(one for one in self.claim.where if self._is_before(one))
        return self._proved(RuleClaim(Always.COMPARISON, condition, where=where, text="among"))

    def _is_before(self, formula: Formula) -> bool:
        known = self.inputs | {port.name for port in self.before.decided}
        return names(formula) <= known

    def _moves(self, at: int) -> bool:
        """Return whether a member's seats rise or fall with a quantity, whatever the others do."""
        by, rises = self.claim.by or "", self.claim.form is Always.RISES
        if by not in self.inputs or not all(map(self._is_before, self.claim.where)):
            return False
        step = self.step
        if not self._is_still(step.least, by):
            return False
        votes = [self._way(formula, by) for formula in step.by]
        among = [self._way(apply("where", c, YES, NO), by) for c in step.among]
        whole = self._way(step.whole, by)
        # What helps a member: its own votes and part, and the whole; what hurts, those of others.
        signs = [whole, votes[at], among[at]]
        for other in range(len(votes)):
            if other != at:
                signs += [None if w is None else -w for w in (votes[other], among[other])]
        wanted = (0, 1) if rises else (0, -1)
        return all(sign in wanted for sign in signs)

    def _way(self, formula: Formula, by: str) -> int | None:
        """Return 1, 0 or -1 where a formula rises, stays or falls with an input, else None."""
        if self._is_still(formula, by):
            return 0
        if formula == Named(by):
            return 1
        claims = {
            way: RuleClaim(form, formula, by, where=self.claim.where, text=f"way {way}")
            for way, form in ((1, Always.RISES), (-1, Always.FALLS))
        }
        way = direction_of(self.before, definitions(self.before), claims[1])
        if way is not None:
            return way
        return next((way for way, claim in claims.items() if self._proved(claim)), None)

    def _is_still(self, formula: Formula, by: str) -> bool:
        return by not in leading(self.before, names(formula))

    def _proved(self, claim: RuleClaim) -> bool:
        return self.prove(self.before, claim, self.limits).word is Word.PROVED


def _added(formula: Formula) -> list[str]:
    """Return the names that a formula adds, in any order; none where it is no such sum."""
    found: list[str] = []
    stack = [formula]
    while stack:
        match stack.pop():
            case Named(name):
                found.append(name)
            case Apply("add", parts):
                stack += parts
            case _:
                return []
    return found


def check_apportioned(decision: Decision, limits: Limits, check: Check) -> tuple[Finding, ...]:
    """Return what is wrong with a decision with an apportionment.

    Args:
        check: Checks decisions without one.
    """
    steps = [step for step in decision.steps if isinstance(step, Apportion)]
    seats = frozenset(name for step in steps for name in step.outputs)
    plain = relaxed(decision)
    places = [at for at, one in enumerate(decision.steps) if not isinstance(one, Apportion)]
    made = following(decision, seats)
    led = leading(decision, frozenset().union(*(names(f) for s in steps for f in _read(s))))
    inputs = {port.name for port in decision.inputs}
    found: list[Finding] = []
    for one in check(plain, limits) if plain.steps else ():
        if one.fault is Fault.NO_INFLUENCE:
            if one.name not in led and one.name in inputs:
                found.append(one)
            continue
        case = tuple((name, value) for name, value in one.case if name in inputs)
        at = places[one.step]
        if made.intersection(getattr(plain.steps[one.step], "outputs", ()) or (one.name,)):
            # Only what the exact evaluator refuses too is said of what is made of seats.
            said = refusal(decision, dict(case), at) if case else None
            if said is None:
                continue
            found.append(replace(one, step=at, case=case, detail=said))
            continue
        found.append(replace(one, step=at, case=case))
    if not any(one.case for one in found):
        for at, step in enumerate(decision.steps):
            if isinstance(step, Apportion):
                found += _faults(decision, at, step)
    return tuple(found)


def _read(step: Apportion) -> tuple[Formula, ...]:
    return (step.whole, step.least, *step.by, *step.among)


def _faults(decision: Decision, at: int, step: Apportion) -> Iterator[Finding]:
    """Yield a case in which nothing can be handed out, or a member gets what it does not take."""
    for given in _hard_cases(decision, step):
        said = refusal(decision, given, at)
        if said is not None:
            name = next((n for n in step.outputs if said.startswith(f"{n}:")), step.outputs[0])
            is_range = "outside" in said or "range" in said
            fault = Fault.RANGE if is_range else Fault.NO_RESULT
            yield Finding(fault, at, (), tuple(given.items()), said, name)
            return


def _hard_cases(decision: Decision, step: Apportion) -> Iterator[Case]:
    """Yield drawn cases, and each of them with the whole at its ends and one member with all."""
    claim = RuleClaim(Always.COMPARISON, some(step.among), text="apportion")
    ports = {port.name: port for port in decision.inputs}
    shares = [f.name for f in step.by if isinstance(f, Named) and f.name in ports]
    whole = [f.name for f in (step.whole, step.least) if isinstance(f, Named) and f.name in ports]
    for turn, (given,) in enumerate(draw_cases(decision, claim, HARD)):
        yield given
        for name in whole:
            for end in (ports[name].low, ports[name].high):
                if end is None:
                    continue
                yield {**given, name: end}
                if shares:
                    first = shares[turn % len(shares)]
                    rest: Case = {n: ports[n].low or Fraction(0) for n in shares}
                    most = ports[first].high or Fraction(10**6)
                    yield {**given, **rest, name: end, first: most}
