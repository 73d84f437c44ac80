"""Draw points of the region of a law of fields: inside, at its ends, on the rims of its holes.

Ends and holes may depend on parameters, such as the length of a rod: each point has parameters of
its own, and lies in the region that these make. Rows that are given move by `fields/places.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import minus, over, times
from lawc.knowledge.expression import Call, Expression, Number, Symbol, names
from lawc.knowledge.law import Hole, Law
from lawc.knowledge.writing import write_expression
from lawc.lowering.domain import span
from lawc.lowering.fields.parts import Pins, Place, ends, place_text
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Fields
from lawc.lowering.tapes import tape

Columns = dict[str, Array]

_NEAR = 1e-9
_ROUNDS, _FEW_ROUNDS = 200, 6
Window = Mapping[str, tuple[float, float]]
"""Shares of the ranges of some variables."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Where the fields of a law live.

    Attributes:
        law: With the ranges that count.
        problem: The fields.
        fixed: SI values of names that do not vary.
    """

    law: Law
    problem: Fields
    fixed: Mapping[str, float]
    tapes: dict[Expression, Tape] = field(default_factory=dict)

    @cached_property
    def ends(self) -> dict[str, tuple[Expression, Expression]]:
        """Where each coordinate, and time, begins and ends, in SI units.

        Raises:
            CompileError: A range is not declared.
        """
        found = {name: self._ends(name) for name in self.problem.coordinates}
        time = self.problem.time
        if time is not None:
            starts = [c.at for c in self.problem.conditions]
            high = span(self.law, time)[1]
            found[time] = (starts[0], Number(high))
        return found

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Coordinates, then time."""
        return tuple(self.ends)

    def scaled(self, left_out: tuple[str, ...] = ()) -> dict[str, Expression]:
        """Return what runs from -1 to 1, for everything that varies but what is left out."""
        found = {}
        for name, (low, high) in self.ends.items():
            share = over(minus(Symbol(name), low), minus(high, low))
            found[name] = minus(times(Number(2), share), Number(1))
        for name in self.problem.parameters:
            low, high = span(self.law, name)
            if name in left_out or low == high:
                continue
            position: Expression = Symbol(name)
            if self.law.quantities[name].log and low > 0:
                position = Call("ln", (position,))
                low, high = float(np.log(low)), float(np.log(high))
            middle, half = (low + high) / 2, (high - low) / 2
            found[name] = over(minus(position, Number(middle)), Number(half))
        return found

    def columns(
        self, place: Place, n: int, generator: Generator, window: Window | None = None
    ) -> Columns:
        """Return SI columns of n points of a place, drawn evenly.

        Args:
            place: Where.
            n: How many.
            generator: Draws them.
            window: From which share of its range to which other a variable goes; all of it for
                those that are not named.

        Raises:
            DomainError: Nothing of the region is there.
        """
        kept: list[Columns] = []
        have = 0
        for _ in range(_FEW_ROUNDS if window else _ROUNDS):
            drawn = self._drawn(place, max(64, n), generator, window or {})
            good = np.flatnonzero(self.inside(drawn) & self._seen(drawn, window or {}))
            if len(good):
                kept.append({name: values[good] for name, values in drawn.items()})
                have += len(good)
            if have >= n:
                return {name: np.concatenate([part[name] for part in kept])[:n] for name in kept[0]}
        raise DomainError(f"{self.law.identity} has no points {place_text(place)}")

    def inside(self, columns: Mapping[str, Array]) -> np.ndarray:
        """Return which points lie outside all holes, rims among them."""
        rows = len(columns[self.variables[0]])
        good = np.ones(rows, dtype=bool)
        for hole in self.law.region:
            if hole.shape == "box":
                within = np.ones(rows, dtype=bool)
                for name, low, high in hole.bounds:
                    first, last, low_end, high_end = (
                        self.value(side, columns) for side in (low, high, *self.ends[name])
                    )
                    slack = _NEAR * (high_end - low_end)
                    # Where a hole reaches an end of the box, that end is none of the region.
                    first = np.where(first <= low_end + slack, -np.inf, first + slack)
                    last = np.where(last >= high_end - slack, np.inf, last - slack)
                    within &= (columns[name] > first) & (columns[name] < last)
                good &= ~within
            else:
                radius = self.value(hole.radius, columns)
                distance = np.sqrt(
                    sum((columns[name] - self.value(at, columns)) ** 2 for name, at in hole.centre)
                )
                good &= distance >= radius * (1 - _NEAR)
        return good

    def _seen(self, columns: Columns, window: Window) -> np.ndarray:
        """Return which points lie in a window, its ends among them."""
        good = np.ones(len(columns[""]), dtype=bool)
        for name, (begin, end) in window.items():
            first, last = (self.value(side, columns) for side in self.ends[name])
            share = (columns[name] - first) / (last - first)
            good &= (share >= begin - _NEAR) & (share <= end + _NEAR)
        return good

    def value(self, side: Expression | None, columns: Mapping[str, Array]) -> Array:
        """Return an expression of coordinates and parameters at points, shape (n,)."""
        assert side is not None
        rows = len(next(iter(columns.values())))
        used = sorted(names(side) - self.fixed.keys())
        if not set(used) <= columns.keys():
            raise CompileError(f"`{write_expression(side)}` is not known before the fields are")
        if side not in self.tapes:
            self.tapes[side] = tape({"": side}, used, self.fixed)
        found = evaluate(self.tapes[side], {n: columns[n] for n in used})
        return np.broadcast_to(found[""], (rows,)).astype(float)

    def pinned(self, pins: Pins, columns: Mapping[str, Array]) -> Columns:
        """Return the columns of coordinates that are pinned, shape (n,)."""
        return {name: self.value(value, columns) for name, value in pins}

    @cached_property
    def middle(self) -> Columns:
        """The middle of all parameters, shape (1,)."""
        found = {"": np.zeros(1)}
        for name in self.problem.parameters:
            low, high = span(self.law, name)
            log = self.law.quantities[name].log and low > 0
            found[name] = np.array([np.sqrt(low * high) if log else (low + high) / 2])
        return found

    def _drawn(self, place: Place, n: int, generator: Generator, window: Window) -> Columns:
        columns: Columns = {"": np.zeros(n)}
        for name in self.problem.parameters:
            low, high = span(self.law, name)
            share = generator.random(n)
            if self.law.quantities[name].log and low > 0:
                columns[name] = low * (high / low) ** share
            else:
                columns[name] = low + (high - low) * share
        pinned = dict(place.pins)
        for name, (low, high) in self.ends.items():
            if name in pinned:
                columns[name] = self.value(pinned[name], columns)
            else:
                first, last = self.value(low, columns), self.value(high, columns)
                begin, end = (0.0, 1.0) if place.rim else window.get(name, (0.0, 1.0))
                share = generator.random(n)
                if window:
                    share = begin + (end - begin) * share
                columns[name] = first + (last - first) * share
        if place.rim:
            self._move_to_rim(place.rim, columns, generator)
        return columns

    def _move_to_rim(self, rim: str, columns: Columns, generator: Generator) -> None:
        holes = [hole for hole in self.law.region if hole.name == rim]
        n = len(columns[""])
        # Faces of a box that lie at an end of the region are none of its rim.
        choices: list[tuple[Hole, str, bool]] = []
        for hole in holes:
            if hole.shape != "box":
                choices += [(hole, "", False)] * (2 * len(self.problem.coordinates))
                continue
            for name, low, high in hole.bounds:
                ends = [self.value(side, self.middle)[0] for side in self.ends[name]]
                slack = _NEAR * (ends[1] - ends[0])
                if self.value(low, self.middle)[0] > ends[0] + slack:
                    choices.append((hole, name, False))
                if self.value(high, self.middle)[0] < ends[1] - slack:
                    choices.append((hole, name, True))
        owner = generator.integers(0, len(choices), n)
        for number, (hole, face, upper) in enumerate(choices):
            rows = owner == number
            if not rows.any():
                continue
            part = {name: values[rows] for name, values in columns.items()}
            if hole.shape == "box":
                for name, low, high in hole.bounds:
                    first, last = self.value(low, part), self.value(high, part)
                    share = generator.random(len(first)) if name != face else float(upper)
                    columns[name][rows] = first + (last - first) * share
            else:
                away = generator.standard_normal((len(hole.centre), int(rows.sum())))
                away /= np.linalg.norm(away, axis=0)
                radius = self.value(hole.radius, part)
                for (name, at), way in zip(hole.centre, away, strict=True):
                    columns[name][rows] = self.value(at, part) + radius * way

    def _ends(self, name: str) -> tuple[Expression, Expression]:
        """Return where a coordinate begins and ends: what conditions name counts first."""
        quantity = self.law.quantities[name]
        is_declared = quantity.low is not None and quantity.high is not None
        marks: dict[float, Expression] = {}
        for line in self.problem.boundary:
            if line.variable == name and isinstance(line.at, Expression) and not line.further:
                marks.setdefault(float(self.value(line.at, self.middle)[0]), line.at)
        found = ends(marks, span(self.law, name) if is_declared else None)
        if found is None:
            raise CompileError(f"the range of {name} is not declared")
        return found
