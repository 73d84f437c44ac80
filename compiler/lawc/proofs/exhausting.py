"""Try a claim on every case there is, where inputs take so few values that this can be done.

Dates of a century and a half are 55,000 values: what months do to them is tried faster than it is
proved. Columns are answered as the exact evaluator answers rows. A whole number that is only
compared with constants is tried once on each side of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.decision import (
    Cell,
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Port,
    Step,
    Table,
    Test,
    formulas,
    reads,
)
from lawc.decision.formula import Apply, Formula, Named, Number, every, names, parts, walk
from lawc.decision.operations import DecisionError
from lawc.decision.partial import needed
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.questions import valued_names
from lawc.proofs.regions import hull
from lawc.proofs.replay import Case

CHUNK = 1 << 18
_SAYS, _REGION = "says!", "region!"
MOST_TESTED = 10_000

Array = np.ndarray[Any, Any]


class Exhaustive:
    """All cases of a claim.

    Attributes:
        rows: How many there are; None where they cannot be counted or the claim is of a form that
            is not tried so.
    """

    def __init__(self, decision: Decision, claim: RuleClaim) -> None:
        self.claim = claim
        self._inputs = decision.inputs
        self._by = claim.by if claim.form in (Always.RISES, Always.FALLS) else None
        asked = names(claim.subject).union(*map(names, claim.where))
        part = needed(decision, tuple(asked - {port.name for port in decision.inputs}))
        read = asked.union(*map(reads, part.steps)) | {self._by}
        self._ports = tuple(port for port in decision.inputs if port.name in read)
        self._part = part
        self._hull = hull(decision, claim.where)
        self.rows = None
        if not self._ports or not self._is_fit(decision) or self._asks_for_unknown():
            return
        self._values = [self._of(port) for port in self._ports]
        if all(values is not None for values in self._values):
            self.rows = math.prod(len(values) for values in self._values if values is not None)

    def _is_fit(self, decision: Decision) -> bool:
        if self.claim.form is Always.COMPARISON:
            return True
        subject = self.claim.subject
        if self._by is None or not isinstance(subject, Named):
            return False
        known = {port.name: port for port in (*decision.inputs, *decision.decided)}
        # Of what is counted in wholes a float is the value itself.
        return known[subject.name].kind != "number"

    def _asks_for_unknown(self) -> bool:
        """Whether it matters that inputs may be unknown, which no row here is."""
        open_ports = {p.name for p in self._ports if p.may_be_unknown and p.name != self._by}
        asked = (*_formulas(self._part.steps), self.claim.subject, *self.claim.where)
        return bool(open_ports) and any(
            isinstance(node, Apply) and node.operation == "is_known"
            for formula in asked
            for node in walk(formula)
        )

    def _of(self, port: Port) -> Array | None:
        """Return the values of an input to be tried, from low to high."""
        if port.choices or port.kind == "yes/no":
            low, high = self._hull[port.name].low[0], self._hull[port.name].high[0]
            every_place = np.arange(len(port.choices) or 2, dtype=np.float64)
            return every_place[(every_place >= low) & (every_place <= high)]
        if port.kind not in ("integer", "date") or port.low is None or port.high is None:
            return None
        low, high = math.ceil(port.low), math.floor(port.high)
        there = self._hull[port.name]
        low, high = max(low, math.ceil(there.low[0])), min(high, math.floor(there.high[0]))
        tests = None if port.name == self._by else self._tests(port.name)
        if tests is None or high - low > MOST_TESTED:
            return np.arange(low, high + 1, dtype=np.float64)
        # One value for each way in which all comparisons come out.
        found = {tuple(holds(n) for holds in tests): n for n in range(high, low - 1, -1)}
        return np.array(sorted(found.values()), np.float64)

    def _tests(self, name: str) -> list[Callable[[int], bool]] | None:
        """Return the comparisons of an input with constants; None where more is done with it."""
        tests: list[Callable[[int], bool]] = []
        for formula in (*_formulas(self._part.steps), self.claim.subject, *self.claim.where):
            for node in walk(formula):
                if node is formula and node == Named(name):
                    return None
                if Named(name) not in parts(node):
                    continue
                match node:
                    case Apply("less" | "less_equal" | "equal" as operation, (_, Number(value))):
                        tests.append(partial(_is_below, operation, value))
                    case Apply("less" | "less_equal" | "equal" as operation, (Number(value), _)):
                        tests.append(partial(_is_above, operation, value))
                    case _:
                        return None
        for step in self._part.steps:
            if isinstance(step, Table) and name in step.on:
                cells = dict.fromkeys(row.cells[step.on.index(name)] for row in step.rows)
                tests += [partial(_is_in, cell) for cell in cells if not isinstance(cell, Test)]
        return tests

    def tried(self) -> bool | tuple[Case, ...] | None:
        """Return True where the claim holds in all cases, cases that seem to break it, or None."""
        if self.rows is None:
            return None
        if self.rows == 0:
            return True
        subject = self.claim.subject
        own = () if isinstance(subject, Named) and self._by else ((_SAYS, subject),)
        extra = (*own, (_REGION, every(self.claim.where)))
        watched = Decision(
            self._ports,
            (*self._part.decided, *(Port(name, "yes/no") for name, _ in extra)),
            tuple(name for name, _ in extra),
            (*self._part.steps, *(Clauses(n, (Clause("A", f),)) for n, f in extra)),
            self._part.calendars,
        )
        said = subject.name if isinstance(subject, Named) and self._by else _SAYS
        valued = valued_names(subject) & _decided(self._part)
        wanted = tuple(dict.fromkeys((said, _REGION, *valued)))
        evaluator = Evaluator(watched, wanted=wanted)
        for columns in self._chunks():
            try:
                answers = evaluator(columns, {}, traced=False)
            except DecisionError:
                return None
            held = answers.values[_REGION] == 1
            for name in wanted:
                mask = answers.masks.get(name)
                held = held if mask is None else held & (mask == 0)
            values = columns[said] if said in columns else answers.values[said]
            found = self._against(values, held, columns)
            if found is not None:
                return found
        return True

    def _against(
        self, said: Array, held: Array, columns: dict[str, Array]
    ) -> tuple[Case, ...] | None:
        if self._by is None:
            places = np.flatnonzero(held & (said != 1))
            return (self._case(columns, int(places[0])),) if len(places) else None
        count = len(self._values_of(self._by))
        way = 1.0 if self.claim.form is Always.RISES else -1.0
        rows = np.where(held, way * said, -np.inf).reshape(-1, count)
        most = np.maximum.accumulate(rows, axis=1)
        fallen = held.reshape(-1, count) & (rows < most)
        if not fallen.any():
            return None
        line, place = (int(found[0]) for found in np.nonzero(fallen))
        before = int(np.argmax(rows[line, :place]))
        start = line * count
        return self._case(columns, start + before), self._case(columns, start + place)

    def _values_of(self, name: str) -> Array:
        place = next(i for i, port in enumerate(self._ports) if port.name == name)
        values = self._values[place]
        assert values is not None
        return values

    def _chunks(self) -> Iterator[dict[str, Array]]:
        """Yield all cases, those along the named input together and in its order."""
        order = [p.name for p in self._ports if p.name != self._by]
        axes = {name: self._values_of(name) for name in order}
        inner = self._values_of(self._by) if self._by is not None else np.zeros(1)
        lines = math.prod(len(values) for values in axes.values())
        size = max(1, CHUNK // len(inner))
        for start in range(0, lines, size):
            at = np.arange(start, min(lines, start + size))
            made: dict[str, Array] = {}
            for name, values in axes.items():
                at, place = np.divmod(at, len(values))
                made[name] = np.repeat(values[place], len(inner))
            if self._by is not None:
                count = min(lines, start + size) - start
                made[self._by] = np.tile(inner, count)
            yield {port.name: made[port.name] for port in self._ports}

    def _case(self, columns: dict[str, Array], row: int) -> Case:
        """Return a row as a case of the whole decision."""
        given: Case = {port.name: _any(port) for port in self._inputs}
        return {**given, **{n: Fraction(float(c[row])) for n, c in columns.items()}}


def _is_below(operation: str, end: Fraction, value: int) -> bool:
    if operation == "equal":
        return value == end
    return value < end if operation == "less" else value <= end


def _is_above(operation: str, end: Fraction, value: int) -> bool:
    if operation == "equal":
        return value == end
    return value > end if operation == "less" else value >= end


def _is_in(cell: Cell, value: int) -> bool:
    match cell:
        case OneOf(values):
            return value in values
        case Interval(low, high, low_open, high_open):
            if low is not None and (value < low or (low_open and value == low)):
                return False
            return high is None or value < high or (value == high and not high_open)
        case _:
            return True


def _formulas(steps: tuple[Step, ...]) -> Iterator[Formula]:
    """Yield the formulas of steps; what tables look at stands in their cells."""
    for step in steps:
        if not isinstance(step, Table):
            yield from formulas(step)
            continue
        for row in step.rows:
            yield from (cell.condition for cell in row.cells if isinstance(cell, Test))
            yield from row.answers


def _decided(part: Decision) -> frozenset[str]:
    return frozenset(port.name for port in part.decided)


def _any(port: Port) -> Fraction:
    low = Fraction(0) if port.low is None else port.low
    return low if port.high is None else min(low, port.high)
