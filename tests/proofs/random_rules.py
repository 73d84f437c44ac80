"""Small random rules with claims, and a search for cases against what was proved of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

from lawc.decision.decision import (
    Bands,
    Bracket,
    Clause,
    Clauses,
    Decision,
    Interval,
    Point,
    Port,
    Row,
    Scale,
    Score,
    Step,
    Table,
    formulas,
)
from lawc.decision.exact import DecisionError, decide, evaluate
from lawc.decision.formula import (
    OPERATIONS,
    Formula,
    Named,
    NotApplicable,
    Number,
    apply,
    number,
    walk,
)
from lawc.decision.operations import truth
from lawc.decision.values import UNKNOWN, Absent, Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.continuity import without_rounding
from lawc.proofs.questions import question_of

Case = dict[str, Value]
ROUNDINGS = [operation for operation in OPERATIONS if operation.startswith("round_")]
POWERS = [Fraction(p) for p in ("2", "3", "-1", "13", "14", "1/2", "33/100", "-1/3", "7/10")]
CONSTANTS = [Fraction(c) for c in ("-2", "-1", "0", "1", "2", "3", "4", "5/2", "1/3", "7/10")]
NEAR = Fraction(1, 10**6)


class RandomRule:
    """A rule of a few steps; its last one is what claims speak of."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        low = Fraction(random.choice([-2, 0, 0, 1]))
        step = random.choice([None, None, Fraction(1), Fraction(1, 4)])
        kind = "integer" if step == 1 else "number"
        self.inputs = [
            Port("x", kind, low=low, high=low + random.choice([3, 5]), step=step),
            Port("y", "integer", low=Fraction(-2), high=Fraction(2), step=Fraction(1)),
        ]
        if random.random() < 0.4:
            self.inputs[1] = replace(self.inputs[1], may_be_unknown=True)
        if random.random() < 0.4:
            self.inputs.append(Port("p", "yes/no", step=Fraction(1)))
        self.numbers, self.decided = ["x", "x", "y"], list[str]()
        steps: list[Step] = []
        for name in "qrst"[: random.choice([1, 2, 3, 3])]:
            steps.append(self._step(name))
            self.numbers.append(name)
            self.decided.append(name)
        self.decision = Decision(
            tuple(self.inputs),
            tuple(Port(name) for name in self.decided),
            tuple(self.decided),
            tuple(steps),
        )

    def claims(self, count: int) -> Iterator[RuleClaim]:
        """Yield claims of all forms, some of them in a region."""
        random = self.random
        for place in range(count):
            where = (self._condition(0),) if random.random() < 0.2 else ()
            subject: Formula = Named(self.decided[-1])
            form = random.choice([Always.RISES, Always.FALLS, Always.CONTINUOUS, Always.COMPARISON])
            by = None if form is Always.COMPARISON else random.choice(["x", "x", "y"])
            by = "x" if form is Always.CONTINUOUS else by
            if form is Always.COMPARISON:
                ends = [subject, number(random.choice(CONSTANTS))]
                random.shuffle(ends)
                subject = apply(random.choice(["less", "less_equal"]), *ends)
            yield RuleClaim(form, subject, by, where=where, text=str(place))

    def _constant(self) -> Number:
        return Number(self.random.choice(CONSTANTS))

    def _leaf(self) -> Formula:
        if self.random.random() < 0.3:
            return self._constant()
        return Named(self.random.choice(self.numbers))

    def _number(self, depth: int) -> Formula:
        random, pick = self.random, self.random.random()
        if depth == 0 or pick < 0.25:
            return self._leaf()
        inner = self._number(depth - 1)
        if pick < 0.5:
            operation = random.choice(["add", "subtract", "multiply", "min", "max"])
            return apply(operation, inner, self._number(depth - 1))
        if pick < 0.6:
            return apply(random.choice(["negative", "abs", "sign", "floor", "ceiling"]), inner)
        if pick < 0.7:
            return apply(random.choice(ROUNDINGS), inner, number(random.choice([1, 2])))
        if pick < 0.85:
            return apply("where", self._condition(depth - 1), inner, self._number(depth - 1))
        if pick < 0.88:
            return apply("divide", inner, self._leaf())
        if pick < 0.96:
            return apply("power", inner, Number(random.choice(POWERS)))
        return apply(random.choice(["exp", "sqrt", "ln"]), inner)

    def _condition(self, depth: int) -> Formula:
        random, pick = self.random, self.random.random()
        if depth and pick < 0.25:
            parts = (self._condition(depth - 1), self._condition(depth - 1))
            return apply(random.choice(["and", "or"]), *parts)
        if depth and pick < 0.35:
            return apply("not", self._condition(depth - 1))
        if pick < 0.5:
            of = Named(random.choice(self.numbers))
            return apply(random.choice(["is_known", "is_applicable"]), of)
        first: Formula = Named(random.choice(self.numbers))
        if pick < 0.7:
            first = apply(random.choice(["max", "min", "add"]), first, self._constant())
        sides = [first, self._constant() if random.random() < 0.7 else self._leaf()]
        random.shuffle(sides)
        return apply(random.choice(["less", "less_equal", "less", "equal"]), *sides)

    def _answer(self) -> Formula:
        return NotApplicable() if self.random.random() < 0.2 else self._number(1)

    def _step(self, name: str) -> Step:
        random, pick = self.random, self.random.random()
        if pick < 0.45:
            clauses = [Clause("A", self._answer())]
            if random.random() < 0.5:
                clauses.append(Clause("B", self._answer(), self._condition(1), ("A",)))
            elif random.random() < 0.5:
                clauses = [Clause("A", self._answer(), self._condition(0))]
            return Clauses(name, tuple(clauses))
        if pick < 0.6:
            points = [Point(self._constant(), self._condition(1)) for _ in range(2)]
            return Score(name, tuple(points))
        if pick < 0.85:
            cut, below = Fraction(random.choice([0, 1, 2, 3])), random.random() < 0.5
            first = Row((Interval(None, cut, high_open=below),), (self._answer(),))
            last = Row((Interval(cut, None, low_open=not below),), (self._answer(),))
            return Table((name,), (random.choice(self.numbers),), (first, last))
        ends = sorted(random.sample([0, 1, 2, 3], 2))
        brackets = tuple(Bracket(number(end), self._constant()) for end in ends)
        rounding = (random.choice(ROUNDINGS), number(1)) if random.random() < 0.4 else None
        return Scale(name, self._leaf(), (Bands(brackets),), "", rounding)


def against(decision: Decision, claim: RuleClaim) -> object:
    """Return what breaks a claim among cases at, beside and between all edges, else None."""
    if claim.form is Always.CONTINUOUS:
        decision = without_rounding(decision, claim.subject)
    edges = sorted(_edges(decision))
    axes = {port.name: _values(port, edges) for port in decision.inputs}
    along = [v for v in axes.pop(claim.by or "", []) if isinstance(v, Fraction)] or [None]
    for rest in product(*axes.values()):
        given: Case = dict(zip(axes, rest, strict=True))
        if claim.form is Always.CONTINUOUS:
            broken = _jump(decision, claim, given, along)
        else:
            broken = _broken(decision, claim, given, along)
        if broken is not None:
            return broken
    return None


def _edges(decision: Decision) -> set[Fraction]:
    made: set[Fraction] = {Fraction(n) for n in range(-3, 4)}
    for step in decision.steps:
        for formula in formulas(step):
            made |= {node.value for node in walk(formula) if isinstance(node, Number)}
    return made


def _values(port: Port, edges: list[Fraction]) -> list[Value]:
    assert port.kind == "yes/no" or (port.low is not None and port.high is not None)
    low, high = port.low or Fraction(0), Fraction(1) if port.high is None else port.high
    if port.step is not None:
        count = int((high - low) / port.step)
        found: list[Value] = [low + port.step * n for n in range(count + 1)]
        return [*found, UNKNOWN] if port.may_be_unknown else found
    beside = {edge + by for edge in [*edges, low, high] for by in (-NEAR, Fraction(0), NEAR)}
    between = {low + (high - low) * Fraction(n, 11) for n in range(12)}
    return list[Value](sorted(v for v in beside | between if low <= v <= high))


def _broken(
    decision: Decision, claim: RuleClaim, given: Case, along: list[Fraction] | list[None]
) -> object:
    question = question_of(decision, claim)
    assert question is not None
    best: tuple[Fraction, Case] | None = None
    way = -1 if claim.form is Always.FALLS else 1
    for value in along:
        here = given if value is None else {**given, claim.by or "": value}
        if claim.by is None:
            if question.breaks((here,)):
                return here
            continue
        said = _said(decision, claim, here)
        if said is None:
            continue
        if best is not None and way * said < way * best[0] and question.breaks((best[1], here)):
            return best, (said, here)
        if best is None or way * said > way * best[0]:
            best = said, here
    return None


def _jump(
    decision: Decision, claim: RuleClaim, given: Case, along: list[Fraction] | list[None]
) -> object:
    by, small = claim.by or "", Fraction(1, 10**11)
    for value in along:
        here = _said(decision, claim, {**given, by: value or Fraction(0)})
        for side in (small, -small):
            far, near = (
                _said(decision, claim, {**given, by: (value or Fraction(0)) + side / part})
                for part in (1, 1000)
            )
            if here is None or far is None or near is None:
                continue
            if abs(near - here) > Fraction(1, 1000) and abs(near - here) * 2 > abs(far - here):
                return {**given, by: value}, here, near
    return None


def _said(decision: Decision, claim: RuleClaim, given: Case) -> Fraction | None:
    try:
        values = decide(decision, given).values
        if any(truth(evaluate(c, values, {})) != 1 for c in claim.where):
            return None
        value = evaluate(claim.subject, values, {})
    except DecisionError:
        return None
    return None if isinstance(value, Absent) else value
