"""A domain in as few coordinates as a network in it has.

Where a change of scale of the inputs only multiplies what is said, one point of each orbit tells of
all others. As many inputs as there are such changes are pinned to one value; the others then range
over all that they are brought to, which is cut to what some point of the domain is brought to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from lawc.knowledge.law import Quantity
from lawc.lowering.interval_table import TABLE, Interval, hull_of_products
from lawc.lowering.numpy_table import Array
from lawc.lowering.scaling import Weights, row_reduce
from lawc.lowering.slope_bounds import Sloped, box_input

_WIDE = 10.0
_ROOM = 1e-9
"""By which a point may lie outside and is still looked at, in the logarithm."""

_MOST_ROWS = 4_000


@dataclass(frozen=True)
class Axis:
    """An input in SI.

    Attributes:
        name: Of the input.
        low, high: What it ranges over once others are pinned.
        log: Whether its coordinate is its logarithm.
        place: Which coordinate it is; None where it is pinned or has one value.
        rate: By which a slope of one that is pinned is multiplied, so that it is at least that
            over its range.
    """

    name: str
    low: float
    high: float
    log: bool
    place: int | None
    rate: float = 0.0

    def at(self, share: Array) -> Array:
        """Return its values at shares of its way."""
        if self.place is None:
            return np.full(np.shape(share), self.low)
        if self.log:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def over(self, low: Array, high: Array, by: bool, columns: int) -> Sloped:
        """Return it over sides of the unit cube."""
        nothing = (None,) * columns
        if self.place is None:
            rate = _one(self.rate) if by and self.rate else None
            return Sloped(_one(self.low), rate, nothing, nothing)
        share = low[:, self.place], high[:, self.place]
        if self.log:
            grows = _one(np.log(self.high / self.low))
            ends = hull_of_products(TABLE["exp"](hull_of_products(share, grows)), _one(self.low))
            rate = hull_of_products(ends, grows)
            bend = hull_of_products(rate, grows)
            return box_input(ends, rate, bend, self.place, by, columns)
        way = _one(self.high - self.low)
        ends = TABLE["add"](hull_of_products(share, way), _one(self.low))
        slope = np.full(len(low), way[0])
        return box_input(ends, (slope, slope), None, self.place, by, columns)


class FewerInputs:
    """The unit cube of the coordinates that remain.

    Args:
        inputs: With their ranges.
        changes: Exponents of those that range over more than one value.

    Attributes:
        axes: All inputs, in their order.
        size: How many coordinates there are.
    """

    def __init__(self, inputs: Sequence[Quantity], changes: Sequence[Weights]) -> None:
        ends = {q.name: _ends(q) for q in inputs}
        positive = [n for n, (low, high) in ends.items() if 0 < low < high]
        names = [*positive, *(n for n in ends if n not in positive)]
        rows, pinned = row_reduce(
            [[change.get(n, Fraction(0)) for n in names] for change in changes],
            range(len(positive)),
        )
        self._pinned = {names[column]: rows[k] for k, column in enumerate(pinned)}
        self._order = {name: k for k, name in enumerate(names)}
        # How far each pinned one may be moved, in the logarithm.
        self._ways = {
            n: (np.log(ends[n][0] / _middle(ends[n])), np.log(ends[n][1] / _middle(ends[n])))
            for n in self._pinned
        }
        self._ends = ends
        axes, place = [], 0
        for quantity in inputs:
            axes.append(self._axis(quantity, place))
            place += axes[-1].place is not None
        self.axes, self.size = tuple(axes), place
        self._allowed = self._reachable()

    def boxes(self, low: Array, high: Array, by: str) -> dict[str, Sloped]:
        """Return all inputs over boxes, SI, with slopes along one of them."""
        return {a.name: a.over(low, high, a.name == by, self.size) for a in self.axes}

    def columns(self, points: Array) -> dict[str, Array]:
        """Return all inputs at points, SI; pinned ones at their value."""
        return {
            a.name: a.at(points[:, a.place] if a.place is not None else np.zeros(len(points)))
            for a in self.axes
        }

    def reached(self, low: Array, high: Array) -> np.ndarray:
        """Return which boxes hold a point that some point of the domain is brought to, or may."""
        if not len(self._allowed):
            return np.ones(len(low), dtype=bool)
        return np.all(self._limits(low, high) @ self._allowed.T >= -_ROOM, axis=1)

    def lifted(self, point: Array) -> dict[str, float] | None:
        """Return a point of the domain, SI, that is brought to this one; None where none is."""
        here = {name: float(v[0]) for name, v in self.columns(point[None]).items()}
        if not self._pinned:
            return here
        limits = self._limits(point[None], point[None])[0]
        found = linprog(
            np.zeros(len(self._pinned)), self._sides, limits, bounds=(None, None), method="highs"
        )
        if found.x is None:
            return None
        way = dict(zip(self._pinned, found.x, strict=True))
        for name in here:
            low, high = self._ends[name]
            moved = here[name] * np.exp(sum(self._weight(p, name) * w for p, w in way.items()))
            here[name] = float(np.clip(moved, low, high))
        return here

    def _weight(self, pinned: str, name: str) -> float:
        return float(self._pinned[pinned][self._order[name]])

    def _axis(self, quantity: Quantity, place: int) -> Axis:
        name = quantity.name
        low, high = self._ends[name]
        if name in self._pinned:
            middle = _middle((low, high))
            return Axis(name, middle, middle, False, None, middle * (high - low) / low)
        if not low < high:
            return Axis(name, low, high, False, None)
        most = sum(max(-self._weight(p, name) * w for w in way) for p, way in self._ways.items())
        least = sum(min(-self._weight(p, name) * w for w in way) for p, way in self._ways.items())
        ends = [end * np.exp(way) for end in (low, high) for way in (least, most)]
        low, high = float(min(ends)), float(max(ends))
        log = low > 0 and (bool(quantity.log) or high > _WIDE * low)
        return Axis(name, low, high, log, place)

    def _reachable(self) -> Array:
        """Return sums of limits that no point of the domain makes negative."""
        pins = list(self._pinned)
        sides: list[Array] = []
        for name in pins:
            unit = np.array([float(p == name) for p in pins])
            sides += [unit, -unit]
        for axis in self.axes:
            if axis.place is None:
                continue
            row = np.array([self._weight(p, axis.name) for p in pins])
            if row.any() and self._ends[axis.name][0] >= 0:
                sides += [row, -row] if self._ends[axis.name][0] > 0 else [row]
        self._sides = np.array(sides).reshape(len(sides), len(pins))
        rows, sums = self._sides, np.eye(len(sides))
        for column in range(len(pins)):
            # Fourier and Motzkin: each pair of opposite sides leaves a sum without the variable.
            up, down = rows[:, column] > 1e-12, rows[:, column] < -1e-12
            kept = ~(up | down)
            if up.sum() * down.sum() > _MOST_ROWS:
                return np.zeros((0, len(sides)))
            a = (rows[up] / rows[up, column][:, None], sums[up] / rows[up, column][:, None])
            b = tuple(part[down] / -rows[down, column][:, None] for part in (rows, sums))
            pairs = [
                (one[:, None] + other[None]).reshape(-1, one.shape[1])
                for one, other in zip(a, b, strict=True)
            ]
            rows = np.concatenate([rows[kept], pairs[0]])
            sums = np.concatenate([sums[kept], pairs[1]])
        return sums

    def _limits(self, low: Array, high: Array) -> Array:
        """Return how far each side may be moved, for boxes, in the logarithm."""
        found = []
        for name in self._pinned:
            found += [
                np.full(len(low), self._ways[name][1]),
                np.full(len(low), -self._ways[name][0]),
            ]
        for axis in self.axes:
            if axis.place is None:
                continue
            least, most = self._ends[axis.name]
            if not any(self._weight(p, axis.name) for p in self._pinned) or least < 0:
                continue
            with np.errstate(divide="ignore"):
                found.append(np.minimum(np.log(most) - np.log(axis.at(low[:, axis.place])), 1e3))
            if least > 0:
                found.append(np.log(axis.at(high[:, axis.place])) - np.log(least))
        return np.stack(found, axis=1)


def _ends(quantity: Quantity) -> tuple[float, float]:
    low, high = (quantity.unit.to_si(end or 0.0) for end in (quantity.low, quantity.high))
    return min(low, high), max(low, high)


def _middle(ends: tuple[float, float]) -> float:
    return float(np.sqrt(ends[0] * ends[1]))


def _one(value: float) -> Interval:
    return np.float64(value), np.float64(value)
