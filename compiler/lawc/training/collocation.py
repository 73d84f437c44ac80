"""Rows of least squares from a law of fields: its demands at points, over functions.

Each row is divided by the size that its operator has on functions of slope one or so, so that
equations and conditions of any units weigh alike. Where a demand is not linear, rows are those of
Newton's method around given weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lawc.forms.tape import Tape
from lawc.knowledge.algebra import minus, over
from lawc.knowledge.expression import Expression, Number
from lawc.lowering.demands import Demand, Part, demands, is_linear, part_name, sources
from lawc.lowering.ground import Columns, Ground
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.tapes import tape
from lawc.training.corner_functions import Harmonic, columns_of
from lawc.training.random_features import Features

Array = NDArray[np.float64]

STEEP = 4.0
"""The slope, over half a range, at which the size of an operator is taken."""


@dataclass(frozen=True, eq=False)
class Task:
    """A law of fields as rows can be made of it.

    Attributes:
        plan: What is asked.
    """

    plan: Plan

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """Everything that must be zero."""
        return demands(self.plan)

    @cached_property
    def is_linear(self) -> bool:
        """Whether one solution of least squares is the answer."""
        return is_linear(self.demands)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Parameters whose parts of the fields are added up."""
        return sources(self.plan, self.demands)

    @cached_property
    def ground(self) -> Ground:
        """Where the fields live."""
        assert self.plan.fields is not None
        return Ground(self.plan.law, self.plan.fields, self.plan.fixed)

    @property
    def fields(self) -> int:
        """How many fields there are."""
        assert self.plan.fields is not None
        return len(self.plan.fields.quantities)

    @cached_property
    def scaled(self) -> dict[str, Expression]:
        """Inputs of the functions by name, from -1 to 1."""
        return self.ground.scaled(self.sources)

    @cached_property
    def before(self) -> Tape:
        """SI inputs to those of the functions."""
        return tape(self.scaled, self.plan.signature.inputs, self.plan.fixed)

    @cached_property
    def stretches(self) -> dict[str, Expression]:
        """By what a derivative by a scaled variable is multiplied."""
        return {
            name: over(Number(2), minus(high, low))
            for name, (low, high) in self.ground.ends.items()
        }

    def sheet(self, demand: Demand, n: int, generator: Generator) -> Sheet:
        """Return n points where a demand holds."""
        return self.sheet_of(demand, self.ground.columns(demand.place, n, generator))

    def sheet_of(self, demand: Demand, columns: Columns) -> Sheet:
        """Return points where a demand holds from their SI columns."""
        other = None
        if demand.place.twin:
            other = self.placed({**columns, **self.ground.pinned(demand.place.twin, columns)})
        return Sheet(demand, self.placed(columns), other)

    def placed(self, columns: Columns) -> Placed:
        """Return points as functions see them."""
        found = evaluate(self.before, {n: columns.get(n, columns[""]) for n in self.before.inputs})
        size = len(columns[""])
        z = np.stack([np.broadcast_to(found[name], (size,)) for name in self.scaled], axis=1)
        stretch = {name: self.ground.value(s, columns) for name, s in self.stretches.items()}
        return Placed(columns, z, stretch)


@dataclass(frozen=True, eq=False)
class Placed:
    """Points, as they are and as functions see them.

    Attributes:
        columns: SI.
        z: From -1 to 1, shape (n, d).
        stretch: What turns a derivative by a scaled variable into one by the variable.
    """

    columns: Columns
    z: Array
    stretch: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Points of one demand; for a periodic field also those at the other end."""

    demand: Demand
    at: Placed
    other: Placed | None = None

    @property
    def size(self) -> int:
        """How many points there are."""
        return len(self.at.z)


@dataclass(frozen=True, eq=False)
class Space:
    """The functions that all fields are sums of.

    Attributes:
        task: The law.
        features: Smooth ones.
        special: Those of corners and holes.
        sizes: The usual size of each field, in SI.
    """

    task: Task
    features: Features
    special: tuple[Harmonic, ...] = ()
    sizes: tuple[float, ...] = field(default=())

    @property
    def each(self) -> int:
        """Weights of one field."""
        return self.features.count + len(self.special)

    @property
    def width(self) -> int:
        """Weights of all fields."""
        return self.each * self.task.fields

    def functions(self, placed: Placed, part: Part, factor: Array | None = None) -> Array:
        """Return a part of a field for each function, shape (n, each)."""
        size = len(placed.z)
        factor = np.ones(size) if factor is None else factor
        return np.concatenate(
            [
                self.features.rows(placed.z, [self._term(placed, part, factor)]),
                factor[:, None] * columns_of(self.special, placed.columns, dict(part.orders)),
            ],
            axis=1,
        )

    def values(self, placed: Placed, part: Part, weights: Array) -> Array:
        """Return a part of a field for weights of all fields, shape (n,) or (n, r)."""
        begin = part.field * self.each
        return self.functions(placed, part) @ weights[begin : begin + self.each]

    def rows(self, sheet: Sheet, around: tuple[Space, Array] | None = None) -> tuple[Array, Array]:
        """Return rows and right sides of a demand at its points.

        Args:
            sheet: The demand and the points.
            around: Fields for Newton's rows, as functions and weights; None for fields of zero.

        Returns:
            Shapes (n, width) and (n, one for each source and one for the rest).
        """
        demand, placed = sheet.demand, sheet.at
        parts = [np.zeros(sheet.size) for _ in demand.parts]
        if around is not None:
            space, weights = around
            parts = [space.difference(sheet, part, weights[:, 0]) for part in demand.parts]
        known = {**placed.columns, **{part_name(k): v for k, v in enumerate(parts)}}
        # One solution without sources and, less that one, one for each source of size one.
        right: list[Array] = []
        slopes: list[Array] = []
        for source in ("", *self.task.sources):
            known |= {n: np.full(sheet.size, float(n == source)) for n in self.task.sources}
            found = evaluate(demand.tape, {n: known[n] for n in demand.tape.inputs})
            value = np.broadcast_to(found["value"], (sheet.size,))
            if source:
                right.append(-value - right[0])
                continue
            slopes = [
                np.broadcast_to(found[f"slope {k}"], (sheet.size,))
                for k in range(len(demand.parts))
            ]
            right.append(-value)
        if around is not None:
            right[0] = right[0] + sum(s * p for s, p in zip(slopes, parts, strict=True))
        weight = 1.0 / self._size(sheet, slopes)
        rows = np.zeros((sheet.size, self.width), order="F")
        for number in range(self.task.fields):
            mine = [
                (s * weight, part)
                for s, part in zip(slopes, demand.parts, strict=True)
                if part.field == number
            ]
            if mine:
                begin = number * self.each
                rows[:, begin : begin + self.each] = self._operator(placed, mine)
                if sheet.other is not None:
                    rows[:, begin : begin + self.each] -= self._operator(sheet.other, mine)
        return rows, np.stack(right, axis=1) * weight[:, None]

    def difference(self, sheet: Sheet, part: Part, weights: Array) -> Array:
        """Return what a demand reads of a part: the part, or how both ends differ in it."""
        found = self.values(sheet.at, part, weights)
        return found if sheet.other is None else found - self.values(sheet.other, part, weights)

    def _operator(self, placed: Placed, mine: list[tuple[Array, Part]]) -> Array:
        smooth = self.features.rows(placed.z, [self._term(placed, part, s) for s, part in mine])
        if not self.special:
            return smooth
        rough = sum(
            s[:, None] * columns_of(self.special, placed.columns, dict(part.orders))
            for s, part in mine
        )
        return np.concatenate([smooth, rough], axis=1)

    def _term(self, placed: Placed, part: Part, factor: Array) -> tuple[Array, tuple[int, ...]]:
        orders = dict(part.orders)
        for name, order in part.orders:
            factor = factor * placed.stretch[name] ** order
        return factor, tuple(orders.get(name, 0) for name in self.task.scaled)

    def _size(self, sheet: Sheet, slopes: list[Array]) -> Array:
        """Return the size that a demand has on fields of their usual size and slope."""
        total = np.zeros(sheet.size)
        for slope, part in zip(slopes, sheet.demand.parts, strict=True):
            factor = np.abs(slope) * (self.sizes[part.field] if self.sizes else 1.0)
            for name, order in part.orders:
                factor = factor * (STEEP * sheet.at.stretch[name]) ** order
            total += factor
        return np.where(total > 0, total, 1.0)
