"""A claim as a question: for the exact evaluator, for intervals, and for the solver."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np

from lawc.decision.decision import Decision
from lawc.decision.exact import decide, evaluate
from lawc.decision.formula import INEXACT, Apply, Formula, Named, every, parts, walk
from lawc.decision.operations import DecisionError, truth
from lawc.decision.values import UNKNOWN, Absent, Value
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.branching import Judge
from lawc.proofs.clauses import differs
from lawc.proofs.encoding import Encoding
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.replay import Case
from lawc.proofs.search import Limits, ask, case
from lawc.proofs.slopes import Slopes
from lawc.proofs.steps import Definition, definitions
from lawc.proofs.terms import Term, as_number, as_real, negation
from lawc.proofs.world import Real, World

Pair = tuple[Case, ...]


@immutable
class Posed:
    """That a claim is broken, in terms of the solver.

    Attributes:
        encodings: Of each of the cases that break it together.
        facts: What holds of them.
    """

    world: World
    encodings: tuple[Encoding, ...]
    facts: tuple[Real, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """What two questions have in common that ask the same; terms of one form are one term."""
        return tuple(fact.ast.value for fact in (*self.world.facts, *self.facts))

    def asked(self, limits: Limits) -> Pair | bool | None:
        """Return cases that break the claim, False where there are none, None where unknown."""
        found = ask(self.world, self.facts, limits)
        if found.exists is not True:
            return found.exists
        return tuple(case(encoding, found.model) for encoding in self.encodings)


ORDERED = (Always.RISES, Always.FALLS)
SLACK = Fraction(1, 10**9)
"""Part of a value by which functions in double precision may be off."""


def question_of(decision: Decision, claim: RuleClaim) -> Question | None:
    """Return the question of a claim, None where it is not one about a rule."""
    known = claim.form in (Always.COMPARISON, Always.CONSTANT) or (
        claim.form in (*ORDERED, Always.SCALES, Always.EVEN, Always.ODD)
        and claim.by in {port.name for port in decision.inputs}
    )
    return Question(decision, claim, claim.subject, claim.form is Always.FALLS) if known else None


class Question:
    """A claim about the cases of a decision.

    Attributes:
        subject: What the solver is asked about; it may be a part of the claim's subject.
        falls: Whether the subject should fall where the claim says that something rises or falls.
    """

    def __init__(
        self,
        decision: Decision,
        claim: RuleClaim,
        subject: Formula,
        falls: bool,
        prefers_logarithms: bool = False,
        is_whole: bool = True,
        has_calendar: bool = True,
    ) -> None:
        self.decision = decision
        self.claim = claim
        self.subject = subject
        self.falls = falls
        self.prefers_logarithms = prefers_logarithms
        self.is_whole = is_whole
        self.has_calendar = has_calendar
        self.definitions: dict[str, Definition] = definitions(decision)
        self._where = every(claim.where)
        self._is_exact = _is_exact(self)

    def about(self, subject: Formula, is_turned: bool) -> Question:
        """Return the question about a part of the subject."""
        falls = self.falls != is_turned
        return Question(
            self.decision, self.claim, subject, falls, self.prefers_logarithms, self.is_whole
        )

    def in_reals(self) -> Question:
        """Return the question with amounts of money between the coins too."""
        return Question(self.decision, self.claim, self.subject, self.falls, is_whole=False)

    def without_calendar(self) -> Question:
        """Return the question with months of bounded lengths."""
        return Question(
            self.decision, self.claim, self.subject, self.falls, False, False, has_calendar=False
        )

    def in_logarithms(self) -> Question:
        """Return the question with all positive products in logarithms."""
        return Question(self.decision, self.claim, self.subject, self.falls, True)

    # The exact evaluator

    def said(self, given: Case) -> Value:
        """Return the subject in a case."""
        try:
            values = decide(self.decision, given).values
            return evaluate(self.claim.subject, values, self.decision.calendars)
        except DecisionError:
            return UNKNOWN

    def breaks(self, cases: Pair) -> bool:
        """Return whether a case, or two together, break the claim."""
        calendars = self.decision.calendars
        said: list[Value] = []
        try:
            for given in cases:
                values = decide(self.decision, given).values
                if truth(evaluate(self._where, values, calendars)) != 1:
                    return False
                if any(
                    isinstance(values[name], Absent) for name in valued_names(self.claim.subject)
                ):
                    return False
                said.append(evaluate(self.claim.subject, values, calendars))
        except DecisionError:
            return False
        if self.claim.form is Always.COMPARISON:
            return said == [Fraction(0)]
        first, second = said
        if isinstance(first, Absent) or isinstance(second, Absent):
            return False
        return self._are_against(cases, first, second)

    def _are_against(self, cases: Pair, first: Fraction, second: Fraction) -> bool:
        slack = SLACK * max(abs(first), abs(second)) if not self._is_exact else Fraction(0)
        if self.claim.form is Always.CONSTANT:
            return abs(first - second) > slack
        x, y = (given[self.claim.by or ""] for given in cases)
        if not (isinstance(x, Fraction) and isinstance(y, Fraction)):
            return False
        match self.claim.form:
            case Always.RISES:
                return (x < y and first > second + slack) or (x > y and first < second - slack)
            case Always.FALLS:
                return (x < y and first < second - slack) or (x > y and first > second + slack)
            case Always.EVEN:
                return x == -y and abs(first - second) > slack
            case Always.ODD:
                return x == -y and abs(first + second) > slack
            case _:
                exponent = self.exponent
                if exponent is None or x <= 0 or y <= 0:
                    return False
                ratio = float(y / x) ** float(exponent)
                off = abs(float(second) - float(first) * ratio)
                return off > 1e-9 * max(abs(float(second)), abs(float(first) * ratio))

    @property
    def exponent(self) -> Fraction | None:
        """Of a claim that something scales; None where it is not a number."""
        value = self.claim.value
        found = None if value is None else evaluate(value, {}, {})
        return found if isinstance(found, Fraction) else None

    def near(self, suspect: Case) -> Iterator[Pair]:
        """Yield cases or pairs at a case where intervals suspect that the claim fails."""
        if self.claim.form is Always.COMPARISON:
            yield (suspect,)
        elif self.claim.form in ORDERED and self.claim.by is not None:
            port, value = self.decision.port(self.claim.by), suspect[self.claim.by]
            if not isinstance(value, Fraction):
                return
            for step in (port.step or Fraction(1, 1000), Fraction(1), Fraction(1, 10**6)):
                for other in (value + step, value - step):
                    yield suspect, {**suspect, self.claim.by: other}

    # Intervals

    def judge(self) -> Judge | None:
        """Return what intervals say of boxes, None where they have nothing to say."""
        if self.claim.form is Always.COMPARISON:
            return self._judge_comparison
        return self._judge_order if self.claim.form in ORDERED else None

    def _judge_comparison(self, bounds: Bounds) -> tuple[np.ndarray, np.ndarray]:
        # The claim speaks of cases only in which all that it compares is there.
        bounds = bounds.given(valued_names(self.claim.subject))
        region, said = bounds.condition(self._where), bounds.condition(self.claim.subject)
        return region.is_false | said.is_true, region.is_true & said.is_false

    def _judge_order(self, bounds: Bounds) -> tuple[np.ndarray, np.ndarray]:
        by = self.claim.by or ""
        port = self.decision.port(by)
        if port.choices or port.kind == "yes/no":
            return self._judge_choices(bounds, max(len(port.choices), 2))
        bounds = bounds.given(frozenset((by,)))
        slopes = Slopes(bounds, self.definitions, by)
        # A region that depends on the quantity itself has edges, over which slopes say nothing.
        if slopes.depends(self._where):
            nothing = np.zeros(bounds.size, bool)
            return nothing, nothing
        made = slopes.of(self.claim.subject)
        falls = self.claim.form is Always.FALLS
        low, high = made.slope.low, made.slope.high
        right, wrong = (high <= 0, low > 0) if falls else (low >= 0, high < 0)
        region = bounds.condition(self._where)
        # Where it goes the other way all through a box, no part of the box will be settled.
        return region.is_false | (right & ~made.jumps), region.is_true & wrong & ~made.jumps

    def _judge_choices(self, bounds: Bounds, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Judge whether the answers for each choice lie beyond those for the one before."""
        nothing = np.zeros(bounds.size, bool)
        if self.claim.where:
            return nothing, nothing
        found: list[Range] = []
        by = self.claim.by or ""
        for choice in range(count):
            at = np.full(bounds.size, float(choice))
            there = bounds.at(by, Range(at, at)).given(frozenset((by,)))
            found.append(there.of(self.claim.subject))
        pairs = list(pairwise(reversed(found) if self.claim.form is Always.FALLS else found))
        holds = np.logical_and.reduce([a.high <= b.low for a, b in pairs])
        return holds, nothing

    # The solver

    def posed(self) -> Posed:
        """Return the question in terms of the solver."""
        world = World(self.is_whole, self.has_calendar)
        first = self._encoded(world, "a ", {})
        encodings = [first]
        facts: list[Real] = []
        terms = [first.term(self.subject)]
        if self.claim.form is Always.COMPARISON:
            facts.append(negation(first.condition(self.subject)))
        else:
            second = self._encoded(world, "b ", self._shared(first))
            encodings.append(second)
            terms.append(second.term(self.subject))
            facts += self._relation(first, second, terms[0], terms[1])
        for encoding in encodings:
            facts += [*encoding.domain, *self._known(first, encoding)]
            facts += [encoding.answered(), encoding.condition(self._where)]
            facts += [encoding.terms[n].applicable for n in valued_names(self.claim.subject)]
        return Posed(world, tuple(encodings), tuple(facts))

    def _encoded(self, world: World, prefix: str, shared: dict[str, Real]) -> Encoding:
        return Encoding(self.decision, world, prefix, shared, self.prefers_logarithms)

    def _shared(self, first: Encoding) -> dict[str, Real]:
        """Return the inputs that both copies have in common."""
        if self.claim.form is Always.CONSTANT:
            return {}
        return {n: variable for n, variable in first.variables.items() if n != self.claim.by}

    def _known(self, first: Encoding, encoding: Encoding) -> Iterator[Real]:
        """Yield that what the copies share is known in both or neither, and what moves in both."""
        for name, known in encoding.known.items():
            if name == self.claim.by:
                yield known
            elif self.claim.form is not Always.CONSTANT and name in first.known:
                yield known == first.known[name]

    def _relation(self, a: Encoding, b: Encoding, one: Term, other: Term) -> list[Real]:
        """Return how the copies belong together, and that the claim fails."""
        first, second = as_number(one.value), as_number(other.value)
        both = [one.applicable, other.applicable]
        if self.claim.form is Always.CONSTANT:
            return [*both, differs(one, other)]
        by = self.claim.by or ""
        x, y = as_number(a.terms[by].value), as_number(b.terms[by].value)
        match self.claim.form:
            case Always.RISES | Always.FALLS:
                return [*both, x < y, first < second if self.falls else first > second]
            case Always.EVEN:
                return [*both, x == -y, first != second]
            case Always.ODD:
                return [*both, x == -y, first != -second]
            case _:
                return [*both, x > 0, y > 0, self._is_off_scale(x, y, first, second)]

    def _is_off_scale(self, x: Real, y: Real, first: Real, second: Real) -> Real:
        exponent = self.exponent
        if exponent is None or exponent.denominator != 1 or abs(exponent) > 8:
            return as_real(first) == as_real(first)
        up, down = as_real(second), as_real(first)
        for _ in range(abs(int(exponent))):
            up, down = (up * x, down * y) if exponent > 0 else (up * y, down * x)
        return up != down


def valued_names(formula: Formula) -> frozenset[str]:
    """Return the names whose value a formula needs, not only whether there is one."""
    match formula:
        case Named(name):
            return frozenset((name,))
        case Apply("is_applicable" | "is_known"):
            return frozenset()
        case _:
            return frozenset().union(*map(valued_names, parts(formula)))


def _is_exact(question: Question) -> bool:
    """Whether everything in the decision is calculated exactly."""
    seen = [d.value for d in question.definitions.values()]
    return not any(map(_is_inexact, [*seen, question.claim.subject]))


def _is_inexact(formula: Formula) -> bool:
    inexact = INEXACT | {"power"}
    return any(isinstance(node, Apply) and node.operation in inexact for node in walk(formula))
