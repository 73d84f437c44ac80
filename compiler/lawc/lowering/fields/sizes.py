"""Find out how large the terms of a law of fields are, without solving it.

Where the law states its fields, they are put in. Otherwise a field is taken to be as large as its
conditions and its sources make it, and to change over its region once or twice. The size of a sum
is that of its largest term, as a number times powers of the parameters. Sizes make equations
dimensionless and weigh them alike; how large a residual is tolerable they do not say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, LawcError
from lawc.knowledge.algebra import ZERO, fold, negative, over
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Derivative, Expression, names, rebuild, substitute
from lawc.lowering.domain import span
from lawc.lowering.fields.exact import written_with
from lawc.lowering.fields.parts import (
    Part,
    Parts,
    in_columns,
    order_in,
    partial_name,
    partial_of,
    partials_in,
)
from lawc.lowering.fields.parts import terms as added
from lawc.lowering.monomials import SEED, Exponents, Size, product
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.sampler import declared_inputs, sample, to_si
from lawc.lowering.tapes import tape

SETS, POINTS = 64, 24
"""Sets of parameters, and points of the region for each."""


def trial(plan: Plan, parts: Parts) -> Trial:
    """Return how large the terms of a law of fields are all over its domain."""
    problem = plan.fields
    assert problem is not None
    sets = SETS if problem.parameters else 1
    rows = to_si(declared_inputs(plan), sample(plan, sets * POINTS, SEED))
    for name in problem.parameters:
        rows[name] = np.repeat(rows[name][::POINTS], POINTS)
    spans = {}
    for name in (*problem.coordinates, *([problem.time] if problem.time else [])):
        low, high = span(plan.law, name)
        spans[name] = high - low
    return Trial(plan, parts, rows, sets, spans)


@dataclass
class Trial:
    """Fields of the size that they are likely to have, and what terms come to with them.

    Attributes:
        plan: Whose fields are meant.
        parts: What its law says.
        rows: SI columns of inputs, `POINTS` for each set of parameters.
        sets: How many of these there are.
        spans: How far each coordinate, and the time, reaches.
    """

    plan: Plan
    parts: Parts
    rows: dict[str, Array]
    sets: int
    spans: Mapping[str, float]

    def __post_init__(self) -> None:
        problem = self.plan.fields
        assert problem is not None
        self.problem = problem
        self.outputs = tuple(dict.fromkeys((*self.plan.signature.outputs, *problem.quantities)))
        self.lengths = {name: reach / math.pi for name, reach in self.spans.items()}
        self.large: dict[str, tuple[Array, Array]] = {}
        self._guess()

    def size(self, terms: Sequence[Expression]) -> Size:
        """Return the size of the largest of some terms."""
        exact = self.problem.exact
        return self._fitted(
            self._per_set(self._values(terms) if exact is None else self._stated(terms))
        )

    def value(self, name: str) -> Size:
        """Return how large an output is, as conditions and ranges say."""
        return self._fitted(self.large[name][0]) if name in self.large else Size()

    def change(self, name: str) -> Size:
        """Return by how much an output changes over the region, as conditions and ranges say."""
        return self._fitted(self.large[name][1]) if name in self.large else Size()

    def rate(self) -> float:
        """Return how much faster fields move than once over the time; 0 where nothing moves."""
        time, fastest = self.problem.time, 0.0
        if time is None:
            return fastest
        for part in self.parts.equations:
            order = max(_order(term, self.outputs, time) for term in part.terms)
            moving = [t for t in part.terms if _order(t, self.outputs, time) == order]
            others = [term for term in part.terms if not _order(term, self.outputs, time)]
            if not order or not others:
                continue
            below = self._per_set(self._values(moving))
            above = self._per_set(self._values(others))
            if (below > 0).all():
                fastest = max(fastest, float(np.median(above / below)) ** (1 / order))
        return fastest

    def _fitted(self, values: Array) -> Size:
        if not (values > 0).any():
            return Size()
        values = np.where(values > 0, values, np.median(values[values > 0]))
        exponents = self._exponents(values)
        si = {name: self.rows[name][::POINTS] for name in exponents}
        return Size(float(np.median(values / product(exponents, si))), exponents)

    def _values(self, terms: Sequence[Expression]) -> Array:
        """Return the size of the largest term at all rows."""
        return self._largest(terms, {**self.rows, **self._columns(terms)})

    def _stated(self, terms: Sequence[Expression]) -> Array:
        """Return the size of the largest term at all rows, where the law states its fields."""
        exact = self.problem.exact
        assert exact is not None
        stated = {**exact}
        for name, body in self.problem.outputs.items():
            if name not in stated:
                stated[name] = written_with(body, exact)
        return self._largest([written_with(term, stated) for term in terms], self.rows)

    def _largest(self, terms: Sequence[Expression], columns: Mapping[str, Array]) -> Array:
        sides = {f"{k}": in_columns(term, self.outputs) for k, term in enumerate(terms)}
        used = sorted(frozenset[str]().union(*map(names, sides.values())) - self.plan.fixed.keys())
        count = self.sets * POINTS
        total = np.zeros(count)
        with np.errstate(all="ignore"):
            found = evaluate(tape(sides, used, self.plan.fixed), {n: columns[n] for n in used})
            for values in found.values():
                total = np.fmax(total, np.abs(np.broadcast_to(values, (count,))))
        return np.where(np.isfinite(total), total, 0.0)

    def _columns(self, terms: Sequence[Expression]) -> dict[str, Array]:
        """Return columns of fields and their derivatives, as large as they are likely to be."""
        columns: dict[str, Array] = {}
        for name, asked in partials_in(terms, self.outputs).items():
            value, change = self.large.get(name, (np.ones(self.sets), np.ones(self.sets)))
            columns[name] = np.repeat(value, POINTS)
            for one in asked:
                factor = math.prod(self.lengths.get(by, 1.0) ** -k for by, k in one)
                columns[partial_name(name, one)] = np.repeat(change * factor, POINTS)
        return columns

    def _per_set(self, values: Array) -> Array:
        """Return the median over the points of each set, or the largest where that is zero."""
        table = values.reshape(self.sets, POINTS)
        middle = np.median(table, axis=1)
        return np.where(middle > 0, middle, table.max(axis=1))

    def _guess(self) -> None:
        for name in self.problem.quantities:
            found = self._from_conditions(name)
            if found is not None:
                self.large[name] = found
        for name in self.problem.quantities:
            quantity = self.plan.law.quantities[name]
            if name not in self.large and quantity.low is not None and quantity.high is not None:
                low, high = quantity.unit.to_si(quantity.low), quantity.unit.to_si(quantity.high)
                ones = np.ones(self.sets)
                self.large[name] = (max(abs(low), abs(high)) * ones, (high - low) / 2 * ones)
        # What neither says follows from the other terms of an equation or a condition.
        for _ in self.problem.quantities:
            for part in (*self.parts.equations, *self.parts.conditions):
                self._balance(part)
        for name, body in self.problem.outputs.items():
            if name not in self.large:
                size = self._per_set(self._values(added(body)))
                self.large[name] = (size, size)

    def _from_conditions(self, name: str) -> tuple[Array, Array] | None:
        """Return how large a field is, and how much it changes, as its conditions say."""
        known: list[Array] = []
        for part in self.parts.conditions:
            if part.field != name:
                continue
            here = self._placed(part)
            if part.given is not None and here is not None and not part.order:
                known.append(self._signed(part.given, here))
            elif here is not None:
                known += self._from_slope(part, here) or self._from_level(part, here)
        known = [one for one in known if np.isfinite(one).all()]
        if not any(one.any() for one in known):
            return None
        table = np.concatenate([one.reshape(self.sets, POINTS) for one in known], axis=1)
        size = np.sqrt(np.mean(table**2, axis=1))
        change = table.std(axis=1)
        size = np.where(size > 0, size, np.median(size[size > 0]))
        return size, np.where(change > 1e-6 * size, change, size)

    def _from_slope(self, part: Part, here: Mapping[str, Array]) -> list[Array]:
        """Return what a given derivative makes a field change by."""
        match part.terms[0]:
            case Derivative(_, by, order) if len(part.terms) > 1 and by in self.lengths:
                rest = part.terms[1:]
                if not self._is_known(rest):
                    return []
                given = self._largest(rest, here) * self.lengths[by] ** order
                # Of both signs: a slope says nothing of the value.
                return [given, -given] if given.any() else []
        return []

    def _from_level(self, part: Part, here: Mapping[str, Array]) -> list[Array]:
        """Return the value that a condition asks for where the field is level."""
        flat = rebuild(part.side, lambda node: ZERO if partial_of(node) else None)
        try:
            slope = fold(derivative(flat, part.field))
        except CompileError:
            return []
        level = fold(negative(over(substitute(flat, {part.field: ZERO}), slope)))
        if slope == ZERO or not self._is_known([slope, level]):
            return []
        return [self._signed(level, here)]

    def _placed(self, part: Part) -> dict[str, Array] | None:
        sides = dict(part.place.pins)
        if not self._is_known([*sides.values(), *([part.given] if part.given else [])]):
            return None
        moved = {name: self._signed(value, self.rows) for name, value in sides.items()}
        return {**self.rows, **moved}

    def _is_known(self, sides: Sequence[Expression]) -> bool:
        known = self.rows.keys() | self.plan.fixed.keys()
        return all(names(side) <= known for side in sides)

    def _signed(self, side: Expression, columns: Mapping[str, Array]) -> Array:
        used = sorted(names(side) - self.plan.fixed.keys())
        found = evaluate(tape({"": side}, used, self.plan.fixed), {n: columns[n] for n in used})
        return np.broadcast_to(found[""], (self.sets * POINTS,)).astype(np.float64)

    def _balance(self, part: Part) -> None:
        """Take a field to be as large as makes its largest term equal the others."""
        spoken = {n for term in part.terms for n in names(term) if n in self.problem.quantities}
        unknown = [name for name in spoken if name not in self.large]
        if len(unknown) != 1:
            return
        own = [term for term in part.terms if unknown[0] in names(term)]
        rest = [term for term in part.terms if unknown[0] not in names(term)]
        if not rest:
            return
        try:
            above, below = (self._per_set(self._values(some)) for some in (rest, own))
        except LawcError:
            return
        if (above > 0).all() and (below > 0).all():
            size = above / below
            self.large[unknown[0]] = (size, size)

    def _exponents(self, values: Array) -> Exponents:
        """Return the powers of parameters that a size follows, in quarters."""
        if self.sets == 1:
            return {}
        logs = {}
        for name in self.problem.parameters:
            column = self.rows[name][::POINTS]
            # A temperature that runs from 280 to 300 K is an offset and no scale.
            if (column > 0).all() and np.ptp(np.log(column)) > np.log(2):
                logs[name] = np.log(column)
        if not logs or len(logs) > self.sets // 4:
            return {}
        matrix = np.stack([*logs.values(), np.ones(self.sets)], axis=1)
        found = np.linalg.lstsq(matrix, np.log(values), rcond=None)[0]
        powers = {
            name: Fraction(round(4 * float(e)), 4) for name, e in zip(logs, found, strict=False)
        }
        return {name: power for name, power in powers.items() if power}


def _order(term: Expression, fields: Sequence[str], by: str) -> int:
    return max((order_in([term], name, by) for name in fields), default=0)
