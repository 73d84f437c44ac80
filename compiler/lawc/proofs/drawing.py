"""Cases at and around the edges of a decision, to try a claim on before it is proved."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from random import Random

from lawc.decision.dates import LAST_DAY
from lawc.decision.decision import Decision, Interval, Port, Step, Table, formulas
from lawc.decision.formula import Number, walk
from lawc.decision.values import Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.replay import Case

FAR = Fraction(1_000_000)


def draw_cases(decision: Decision, claim: RuleClaim, count: int) -> Iterator[tuple[Case, ...]]:
    """Yield cases, or pairs of cases that the claim speaks of, the same ones each time."""
    random = Random(claim.text or "claim")
    numbers = _edges(decision)
    edges = {port.name: _within(port, numbers) for port in decision.inputs}
    for _ in range(count):
        given: Case = {
            port.name: _drawn(port, edges[port.name], random) for port in decision.inputs
        }
        if claim.form is Always.COMPARISON:
            yield (given,)
        elif claim.form is Always.CONSTANT:
            yield (
                given,
                {port.name: _drawn(port, edges[port.name], random) for port in decision.inputs},
            )
        elif claim.by is not None:
            port = decision.port(claim.by)
            value = given[claim.by]
            assert isinstance(value, Fraction)
            yield (
                given,
                {**given, claim.by: _partner(claim.form, port, value, edges[port.name], random)},
            )


def _case(decision: Decision, edges: dict[str, list[Fraction]], random: Random) -> Case:
    return {port.name: _drawn(port, edges[port.name], random) for port in decision.inputs}


def _partner(
    form: Always, port: Port, value: Fraction, edges: list[Fraction], random: Random
) -> Value:
    if form in (Always.EVEN, Always.ODD):
        return -value
    if form is Always.SCALES:
        return 2 * value
    if random.random() < 0.5:
        step = port.step or Fraction(1, 1000)
        return value + step * random.randrange(1, 4)
    return _drawn(port, edges, random)


def _drawn(port: Port, edges: list[Fraction], random: Random) -> Fraction:
    if port.kind == "yes/no":
        return Fraction(random.randrange(2))
    if port.choices:
        return Fraction(random.randrange(len(port.choices)))
    step = port.step if port.kind == "number" else Fraction(1)
    low, high = _ends_of(port)
    if edges and random.random() < 0.5:
        value = random.choice(edges) + random.choice((-1, 0, 1)) * (step or Fraction(1, 1000))
    else:
        value = low + (high - low) * Fraction(random.randrange(1001), 1000)
    if step is not None:
        value = floor(value / step) * step
    return min(max(value, low), high)


def _ends_of(port: Port) -> tuple[Fraction, Fraction]:
    if port.kind == "date":
        first = Fraction(1) if port.low is None else port.low
        return first, Fraction(LAST_DAY) if port.high is None else port.high
    low = -FAR if port.low is None else port.low
    return low, max(low, Fraction(0)) + FAR if port.high is None else port.high


def _within(port: Port, numbers: list[Fraction]) -> list[Fraction]:
    low, high = _ends_of(port)
    return numbers[bisect_left(numbers, low) : bisect_right(numbers, high)]


def _edges(decision: Decision) -> list[Fraction]:
    """Return the numbers that stand in a decision, at which its answers may change."""
    made: set[Fraction] = set()
    for step in decision.steps:
        made.update(_ends(step))
        for formula in formulas(step):
            made.update(node.value for node in walk(formula) if isinstance(node, Number))
    return sorted(made)


def _ends(step: Step) -> Iterator[Fraction]:
    if isinstance(step, Table):
        for row in step.rows:
            for cell in row.cells:
                if isinstance(cell, Interval):
                    yield from (end for end in (cell.low, cell.high) if end is not None)
