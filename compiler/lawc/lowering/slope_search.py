"""Search boxes of a domain for a place where a slope has the other sign, until none can be left.

A box on which the slope has the right sign is done with, one in whose middle it is wrong ends the
search, and the others are halved along the input that the slope changes most with. On a box that a
border of `valid` crosses, the slope less a multiple of the distance from the border is bounded
instead: inside it is at least that, so a slope that vanishes along a border is no trouble.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng

from lawc.forms.network import Network
from lawc.forms.tape import Tape, run
from lawc.knowledge.law import Quantity
from lawc.lowering.borders import borders
from lawc.lowering.domain import Region
from lawc.lowering.fewer_inputs import FewerInputs
from lawc.lowering.interval_table import TABLE, Interval, hull_of_products
from lawc.lowering.logarithms import logarithm_of
from lawc.lowering.numpy_table import Array
from lawc.lowering.slope_bounds import (
    Maybe,
    Sloped,
    UnboundedError,
    plus,
    run_tape,
    slopes,
)
from lawc.lowering.tape_scalings import scalings

ROUNDING = 1e-12
"""What a slope may lack, as a share of the answer and of the range of the input."""

SEED = 900_005

_BATCH = 4_096
_BEGIN = 64
_POINTS = 4_096


@dataclass(frozen=True)
class Verdict:
    """What became of a proof.

    Attributes:
        holds: Whether the sentence was proved.
        boxes: How many were looked at.
        least: The least slope that was seen in the middle of a box, over the range of the input,
            with the sign that makes it positive where the sentence holds, SI.
        why: What ended the search, in words.
        at: Where the slope has the wrong sign, in declared units; None where it was not seen.
    """

    holds: bool
    boxes: int
    least: float
    why: str
    at: Mapping[str, float] | None = None


class SlopeSearch:
    """A search for a slope of the wrong sign.

    Attributes:
        domain: What is searched, in as few coordinates as the network has.
    """

    def __init__(
        self,
        form: Network,
        inputs: Sequence[Quantity],
        regions: Sequence[Region],
        output: str,
        by: str,
        sign: int,
    ) -> None:
        if any(q.low is None or q.high is None for q in inputs):
            raise UnboundedError("an input without a range")
        self.form, self.inputs, self.regions = form, inputs, regions
        self.output, self.by, self.sign = output, by, sign
        kept = (form.after, *(part.truth for part in regions))
        # One that has but one value cannot be brought to another.
        names = [q.name for q in inputs if q.low != q.high]
        self.domain = FewerInputs(inputs, scalings(names, kept, (form.before,)))
        self.whole = FewerInputs(inputs, ())
        self.borders = [borders(part.truth) for part in regions]
        self.told = self._told()

    def run(self, most: int, seconds: float) -> Verdict:
        """Search until nothing is open.

        Args:
            most: Boxes to look at.
            seconds: Of one core.
        """
        begun = time.process_time()
        size = self.domain.size
        if next(a for a in self.whole.axes if a.name == self.by).place is None:
            return Verdict(True, 0, 0.0, f"{self.by} has one value")
        refuted = self._by_points(default_rng(SEED).random((_POINTS, self.whole.size)))
        if refuted is not None:
            return refuted
        low, high = np.zeros((1, size)), np.ones((1, size))
        while size and len(low) < _BEGIN:
            low, high = _halved(low, high, np.argmax(high - low, axis=1))
        seen, least, peak = 0, np.inf, 0.0
        straight = self._straight()
        while len(low):
            if seen + min(len(low), _BATCH) > most or time.process_time() - begun > seconds:
                return Verdict(False, seen, least, f"{len(low)} boxes were left open")
            # The last ones first: what is open stays small.
            lows, highs = low[-_BATCH:], high[-_BATCH:]
            low, high = low[:-_BATCH], high[:-_BATCH]
            seen += len(lows)
            kept = self.domain.reached(lows, highs)
            lows, highs = lows[kept], highs[kept]
            inside = self._may_be_inside(lows, highs)
            if not inside.all():
                if not straight:
                    return Verdict(False, seen, least, "the domain may have gaps along the input")
                lows, highs = lows[inside], highs[inside]
            if not len(lows):
                continue
            bound, middle, value, towards = self._bounds(lows, highs)
            peak = max(peak, float(np.nan_to_num(value).max()))
            slack = ROUNDING * np.maximum(value, 0.01 * peak)
            least = min(least, float(np.nan_to_num(middle[0], nan=np.inf).min()))
            wrong = middle[1] < -slack
            for row in np.flatnonzero(wrong)[np.argsort(middle[1][wrong])][:8]:
                where = self._inside((lows[row] + highs[row]) / 2)
                if where is not None:
                    return Verdict(False, seen, least, "the slope has the other sign", where)
            still = ~(bound >= -slack)
            parts = _halved(lows[still], highs[still], towards[still])
            low, high = np.concatenate([low, parts[0]]), np.concatenate([high, parts[1]])
        return Verdict(True, seen, least, f"{seen} boxes")

    def _told(self) -> Network | None:
        """Return a network for the logarithm of the answer, where that is simpler and it is one."""
        found = logarithm_of(self.form.after, self.output)
        if found is None:
            return None
        told, factors = found
        words = (np.float64(-np.inf), np.float64(np.inf))
        cube = np.zeros((1, self.domain.size)), np.ones((1, self.domain.size))
        cells = self.domain.boxes(*cube, self.by)
        ends = {n: cells[n].value if n in cells else words for n in factors.inputs}
        # Where a factor is not positive its logarithm is no number, or only a part is looked at.
        if not all(np.all(low > 0) for low, _ in run_intervals(factors, ends).values()):
            return None
        form = self.form
        return Network(form.before, form.sizes, told, form.theta)

    def _by_points(self, points: Array) -> Verdict | None:
        """Return that the sentence is broken, where some points of the domain show it."""
        columns = self.whole.columns(points)
        inside = self._holds(columns)
        points = points[inside]
        if not len(points):
            return None
        cells = self.whole.boxes(points, points, self.by)
        there = slopes(self.form, cells, self.output, self.whole.size)
        slope = self._signed(there, len(points))[1]
        value = np.broadcast_to(np.abs(there.value[0]), slope.shape)
        slack = ROUNDING * np.maximum(value, 0.01 * float(np.nan_to_num(value).max()))
        wrong = slope < -slack
        if not wrong.any():
            return None
        row = int(np.argmin(np.where(wrong, slope, np.inf)))
        where = {name: float(v[inside][row]) for name, v in columns.items()}
        least = float(slope[row])
        return Verdict(False, 0, least, "the slope has the other sign", self._declared(where))

    def _bounds(self, low: Array, high: Array) -> tuple[Array, Interval, Array, np.ndarray]:
        """Return least slopes over boxes, those in their middles, sizes, and what to halve."""
        middle, half = (low + high) / 2, (high - low) / 2
        size, count = self.domain.size, len(low)
        cells = self.domain.boxes(low, high, self.by)
        centres = self.domain.boxes(middle, middle, self.by)
        form = self.told or self.form
        over = slopes(form, cells, self.output, size)
        there = slopes(form, centres, self.output, size)
        plain, centre = (self._signed(s, count) for s in (over, there))
        change = [self._turned(part) for part in over.change]
        by_mean, ways = _from_middle(centre, change, half)
        bound = np.fmax(plain[0], by_mean[0])
        unknown = np.isnan(plain[0]) | np.isnan(by_mean[0])
        for border, at_middle in zip(self._borders(cells), self._borders(centres), strict=True):
            factor = _factor(change, border.along, half)
            less = plus(centre, _scaled(-factor, at_middle.value)) or centre
            tilted = [
                plus(part, None if along is None else _scaled(-factor, along))
                for part, along in zip(change, border.along, strict=True)
            ]
            crossed = np.broadcast_to(np.asarray(border.value[0]) <= 0, (count,)) & (factor > 0)
            other = np.nan_to_num(_from_middle(less, tilted, half)[0][0], nan=-np.inf)
            bound = np.where(crossed, np.fmax(bound, other), bound)
        # Where a bound is no number nothing is known, and the largest side is halved.
        bound = np.where(unknown, -np.inf, bound)
        shares = np.zeros((count, size))
        for number, way in enumerate(ways):
            if way is not None:
                shares[:, number] = np.nan_to_num(way[1] - way[0], nan=0.0, posinf=1e300)
        known = (shares < 1e300).all(1) & (shares > 0).any(1)
        towards = np.where(known, np.argmax(shares, axis=1), np.argmax(high - low, axis=1))
        value = np.broadcast_to(
            np.maximum(np.abs(there.value[0]), np.abs(there.value[1])), (count,)
        )
        if self.told is None:
            return bound, centre, value, towards
        # Shares of the answer become slopes of it, at most of the largest one in the box.
        largest, here = (np.exp(np.broadcast_to(s.value[1], (count,))) for s in (over, there))
        whole = np.where(bound >= 0, bound, np.where(np.isnan(largest), -np.inf, bound * largest))
        return whole, (centre[0] * here, centre[1] * here), here, towards

    def _signed(self, found: Sloped, size: int) -> Interval:
        low, high = self._turned(found.by) or (0.0, 0.0)
        return np.broadcast_to(low, (size,)), np.broadcast_to(high, (size,))

    def _turned(self, part: Maybe) -> Maybe:
        if part is None or self.sign > 0:
            return part
        return -np.asarray(part[1]), -np.asarray(part[0])

    def _borders(self, cells: Mapping[str, Sloped]) -> list[Sloped]:
        """Return what is not negative inside, for conditions that all hold there."""
        found: list[Sloped] = []
        for tape in self.borders:
            try:
                if tape is not None:
                    found += run_tape(tape, cells, self.domain.size).values()
            except UnboundedError:
                continue
        return found

    def _may_be_inside(self, low: Array, high: Array) -> np.ndarray:
        inside = np.ones(len(low), dtype=bool)
        ends = {n: cell.value for n, cell in self.domain.boxes(low, high, self.by).items()}
        for part in self.regions:
            for _, may in run_intervals(part.truth, ends).values():
                inside &= np.broadcast_to(may, inside.shape)
        return inside

    def _inside(self, point: Array) -> dict[str, float] | None:
        """Return a point of the domain, in declared units, that this one stands for, if any."""
        columns = self.domain.lifted(point)
        if columns is None:
            return None
        if not self._holds({name: np.array([v]) for name, v in columns.items()}).all():
            return None
        return self._declared(columns)

    def _holds(self, si: Mapping[str, Array]) -> np.ndarray:
        return np.logical_and.reduce([part.holds(si).all(axis=0) for part in self.regions])

    def _declared(self, si: Mapping[str, float]) -> dict[str, float]:
        units = {q.name: q.unit for q in self.inputs}
        return {n: (v - units[n].offset) / units[n].factor for n, v in si.items()}

    def _straight(self) -> bool:
        """Return whether what lies inside is in one piece along the input.

        It is where each border is crossed in one direction only. Two neighbours that are both
        inside could else lie on two sides of a gap, of which slopes tell nothing.
        """
        size = self.whole.size
        cells = self.whole.boxes(np.zeros((1, size)), np.ones((1, size)), self.by)
        for part, plain in zip(self.regions, self.borders, strict=True):
            try:
                ways = run_tape(plain or part.margins, cells, size).values()
            except UnboundedError:
                return False
            for found in ways:
                by = found.by
                if by is not None and not (np.all(by[0] >= 0) or np.all(by[1] <= 0)):
                    return False
        return True


def run_intervals(tape: Tape, ends: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return the outputs of a tape over intervals of its inputs."""
    found = run(tape, [ends[name] for name in tape.inputs], TABLE)
    return dict(zip((name for name, _ in tape.outputs), found, strict=True))


def _from_middle(
    centre: Interval, change: Sequence[Maybe], half: Array
) -> tuple[Interval, list[Maybe]]:
    """Return the mean value theorem's bound, and what each coordinate adds to it."""
    ways: list[Maybe] = [
        None if part is None else hull_of_products((-half[:, k], half[:, k] * (1 + 1e-15)), part)
        for k, part in enumerate(change)
    ]
    found = centre
    for way in ways:
        found = plus(found, way) or found
    return found, ways


def _factor(change: Sequence[Maybe], along: Sequence[Maybe], half: Array) -> Array:
    """Return how much of a border's way is best taken off a slope."""
    top, bottom = np.zeros(len(half)), np.zeros(len(half))
    for k, (one, other) in enumerate(zip(change, along, strict=True)):
        if other is None:
            continue
        way = (np.asarray(other[0]) + other[1]) / 2 * half[:, k]
        bottom = bottom + way * way
        if one is not None:
            top = top + (np.asarray(one[0]) + one[1]) / 2 * half[:, k] * way
    with np.errstate(all="ignore"):
        found = np.where(bottom > 0, top / bottom, 0.0)
    return np.maximum(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0), 0.0)


def _scaled(factor: Array, part: Interval) -> Interval:
    return hull_of_products((factor, factor), part)


def _halved(low: Array, high: Array, towards: np.ndarray) -> tuple[Array, Array]:
    """Return the halves of boxes, cut across the given sides."""
    rows = np.arange(len(low))
    middle = (low[rows, towards] + high[rows, towards]) / 2
    upper, lower = low.copy(), high.copy()
    upper[rows, towards], lower[rows, towards] = middle, middle
    return np.concatenate([low, upper]), np.concatenate([lower, high])
