"""Prove of a network that it rises with an input wherever the law says so.

The domain is cut into boxes, and over each the slope is bounded. A box on which it has the right
sign is done with, one on which the slope in the middle is wrong ends the search, and the others are
halved along the input that the slope changes most with. What is proved holds of the numbers that
are stored, everywhere in the domain, but for the rounding of the arithmetic in which they are used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng

from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.network import Network
from lawc.forms.tape import Tape, run
from lawc.knowledge.expression import Symbol
from lawc.knowledge.law import Always, Claim, Quantity, Validity
from lawc.lowering.domain import Region, region
from lawc.lowering.interval_table import TABLE, Interval, hull_of_products
from lawc.lowering.numpy_table import Array
from lawc.lowering.program import Program
from lawc.lowering.regions import split_where
from lawc.lowering.sampler import to_si
from lawc.lowering.slope_bounds import Sloped, UnboundedError, box_input, plus, run_tape, slopes

MOST_BOXES = 200_000
SECONDS = 5.0
"""Of one core, for one claim."""

ROUNDING = 1e-12
"""What a slope may lack, as a share of the answer and of the range of the input."""

SEED = 900_005
PAIRS = 512
"""Pairs of rows on which the reference is asked whether a sentence can be true."""

_REFERENCE_SLACK = 1e-6
"""As a share of the output's scale: what a solver may be off."""

_BATCH = 4_096
_BEGIN = 64
_POINTS = 4_096


@dataclass(frozen=True)
class Monotone:
    """A sentence that an output rises or falls with an input.

    Attributes:
        claim: As the author wrote it.
        output: Which output.
        by: Which input.
        sign: 1 where it rises, -1 where it falls.
        region: The conditions under which it is said, on inputs; empty where it is said everywhere.
    """

    claim: Claim
    output: str
    by: str
    sign: int
    region: Region

    @property
    def text(self) -> str:
        """The sentence, as short as it can be said."""
        how = "rises" if self.sign > 0 else "falls"
        where = f" where {', '.join(self.region.conditions)}" if self.region.conditions else ""
        return f"{self.output} {how} with {self.by}{where}"


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


def monotone_claims(program: Program) -> tuple[Monotone, ...]:
    """Return the sentences about outputs and inputs of a program that speak of a whole region.

    Those on a region that an equality pins down, or of which the inputs do not decide, are left to
    the trials of the law.
    """
    found = []
    inputs, outputs = program.signature.inputs, program.signature.outputs
    for claim in program.law.claims:
        if claim.form not in (Always.RISES, Always.FALLS) or claim.by not in inputs:
            continue
        if not isinstance(claim.subject, Symbol) or claim.subject.name not in outputs:
            continue
        if split_where(claim.where, inputs, program.plan.fixed).exact:
            continue
        where = region(program.plan, [Validity(condition, "") for condition in claim.where])
        if where.unchecked:
            continue
        sign = 1 if claim.form is Always.RISES else -1
        found.append(Monotone(claim, claim.subject.name, claim.by, sign, where))
    return tuple(found)


def covers(program: Program, said: Monotone) -> bool:
    """Return whether a sentence speaks of the whole box of the inputs."""
    if any(q.low is None or q.high is None for q in program.inputs):
        return False
    ends = {
        q.name: (np.float64(q.unit.to_si(_low(q))), np.float64(q.unit.to_si(_high(q))))
        for q in program.inputs
    }
    return all(bool(np.all(must)) for must, _ in _run(said.region.truth, ends).values())


def prove(
    form: Network,
    program: Program,
    said: Monotone,
    *,
    boxes: int = MOST_BOXES,
    seconds: float = SECONDS,
) -> Verdict:
    """Try to prove that a network keeps a sentence everywhere in its domain.

    Args:
        form: With the numbers that are stored.
        program: Whose ranges and `valid` are the domain.
        said: The sentence.
        boxes: How many to look at, at most.
        seconds: Of one core, at most.
    """
    try:
        return _Search(form, program, said).run(boxes, seconds)
    except UnboundedError as trouble:
        return Verdict(False, 0, -np.inf, str(trouble))


def demand_true(program: Program, said: Monotone) -> None:
    """Refuse a sentence that the reference contradicts: no network could keep both.

    Raises:
        BuildError: It does; the text says where.
    """
    columns = dict(program.sample(2 * PAIRS, seed=SEED))
    rows = {name: np.asarray(values)[:PAIRS] for name, values in columns.items()}
    moved = {**rows, said.by: np.asarray(columns[said.by])[PAIRS:]}
    inside = np.ones(PAIRS, dtype=bool)
    for part in (program.region, said.region):
        for block in (rows, moved):
            inside &= part.holds(to_si(program.inputs, block)).all(axis=0)
    first, second = (program.reference(block, strict=False)[said.output] for block in (rows, moved))
    scale = program.scale(rows)[said.output]
    way = (second - first) * np.sign(moved[said.by] - rows[said.by]) * said.sign
    # What the solver of one row may be off counts for both.
    missing = np.where(inside & np.isfinite(way), -way / scale - _REFERENCE_SLACK, -np.inf)
    row = int(np.argmax(missing))
    if missing[row] > 0:
        at = ", ".join(f"{n} = {v[row]:.6g}" for n, v in rows.items() if n != said.by)
        raise BuildError(
            f"{program.law.identity} claims that {said.text}, and its own answers do not: "
            f"{said.output} = {first[row]:.9g} where {said.by} = {rows[said.by][row]:.6g} and "
            f"{second[row]:.9g} where {said.by} = {moved[said.by][row]:.6g}, at {at or 'all else'}"
        )


class _Search:
    def __init__(self, form: Network, program: Program, said: Monotone) -> None:
        self.form, self.program, self.said = form, program, said
        self.inputs = program.inputs
        if any(q.low is None or q.high is None for q in self.inputs):
            raise UnboundedError("an input without a range")
        self.free = [q.name for q in self.inputs if _low(q) < _high(q)]
        self.regions = (program.region, said.region)

    def run(self, most: int, seconds: float) -> Verdict:
        begun = time.process_time()
        size = len(self.free)
        if self.said.by not in self.free:
            return Verdict(True, 0, 0.0, f"{self.said.by} has one value")
        refuted = self._by_points(default_rng(SEED).random((_POINTS, size)))
        if refuted is not None:
            return refuted
        low, high = np.zeros((1, size)), np.ones((1, size))
        while len(low) < _BEGIN:
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
            wrong = (middle[1] < -slack) & self._is_inside((lows + highs) / 2)
            if wrong.any():
                row = int(np.argmin(np.where(wrong, middle[1], np.inf)))
                where = self._named((lows[row] + highs[row]) / 2)
                return Verdict(False, seen, least, "the slope has the other sign", where)
            still = ~(bound >= -slack)
            parts = _halved(lows[still], highs[still], towards[still])
            low, high = np.concatenate([low, parts[0]]), np.concatenate([high, parts[1]])
        return Verdict(True, seen, least, f"{seen} boxes")

    def _by_points(self, points: Array) -> Verdict | None:
        """Return that the sentence is broken, where some points show it."""
        points = points[self._is_inside(points)]
        if not len(points):
            return None
        size = len(self.free)
        there = slopes(self.form, self._boxes(points, points), self.said.output, size)
        slope = self._signed(there, len(points))[1]
        value = np.broadcast_to(np.abs(there.value[0]), slope.shape)
        slack = ROUNDING * np.maximum(value, 0.01 * float(np.nan_to_num(value).max()))
        wrong = slope < -slack
        if not wrong.any():
            return None
        row = int(np.argmin(np.where(wrong, slope, np.inf)))
        least, where = float(slope[row]), self._named(points[row])
        return Verdict(False, 0, least, "the slope has the other sign", where)

    def _bounds(self, low: Array, high: Array) -> tuple[Array, Interval, Array, np.ndarray]:
        """Return least slopes over boxes, those in their middles, sizes, and what to halve."""
        middle = (low + high) / 2
        size = len(self.free)
        over = slopes(self.form, self._boxes(low, high), self.said.output, size)
        there = slopes(self.form, self._boxes(middle, middle), self.said.output, size)
        plain, centre = (self._signed(s, len(low)) for s in (over, there))
        half = (high - low) / 2
        varied: Interval = (np.zeros(len(low)), np.zeros(len(low)))
        shares = np.zeros((len(low), size))
        for number, change in enumerate(over.change):
            if change is None:
                continue
            way = hull_of_products((-half[:, number], half[:, number] * (1 + 1e-15)), change)
            varied = plus(varied, way) or varied
            shares[:, number] = np.nan_to_num(way[1] - way[0], nan=0.0, posinf=1e300)
        by_mean = plus(centre, varied) or varied
        bound = np.fmax(plain[0], by_mean[0])
        # Where a bound is no number nothing is known, and the largest side is halved.
        bound = np.where(np.isnan(plain[0]) | np.isnan(by_mean[0]), -np.inf, bound)
        known = (shares < 1e300).all(1) & (shares > 0).any(1)
        towards = np.where(known, np.argmax(shares, axis=1), np.argmax(high - low, axis=1))
        value = np.broadcast_to(
            np.maximum(np.abs(there.value[0]), np.abs(there.value[1])), (len(low),)
        )
        return bound, centre, value, towards

    def _signed(self, found: Sloped, size: int) -> Interval:
        low, high = found.by if found.by is not None else (0.0, 0.0)
        low, high = (low, high) if self.said.sign > 0 else (-np.asarray(high), -np.asarray(low))
        return np.broadcast_to(low, (size,)), np.broadcast_to(high, (size,))

    def _boxes(self, low: Array, high: Array) -> dict[str, Sloped]:
        """Return all inputs over boxes of the unit cube."""
        found = {}
        for quantity in self.inputs:
            place = self.free.index(quantity.name) if quantity.name in self.free else None
            ends, rate, bend = _stretched(quantity, low, high, place)
            found[quantity.name] = box_input(
                ends, rate, bend, place, quantity.name == self.said.by, len(self.free)
            )
        return found

    def _may_be_inside(self, low: Array, high: Array) -> np.ndarray:
        inside = np.ones(len(low), dtype=bool)
        ends = {name: cell.value for name, cell in self._boxes(low, high).items()}
        for part in self.regions:
            for _, may in _run(part.truth, ends).values():
                inside &= np.broadcast_to(may, inside.shape)
        return inside

    def _is_inside(self, points: Array) -> np.ndarray:
        columns = self._columns(points)
        si = to_si(self.inputs, columns)
        return np.logical_and.reduce([part.holds(si).all(axis=0) for part in self.regions])

    def _straight(self) -> bool:
        """Return whether what lies inside is in one piece along the input.

        It is where each margin only rises or only falls along it. Two neighbours that are both
        inside could else lie on two sides of a gap, of which slopes tell nothing.
        """
        one = np.zeros((1, len(self.free))), np.ones((1, len(self.free)))
        cells = self._boxes(*one)
        for part in self.regions:
            try:
                for found in run_tape(part.margins, cells, len(self.free)).values():
                    by = found.by
                    if by is not None and not ((by[0] >= 0).all() or (by[1] <= 0).all()):
                        return False
            except UnboundedError:
                return False
        return True

    def _columns(self, points: Array) -> dict[str, Array]:
        found = {}
        for quantity in self.inputs:
            low, high = _low(quantity), _high(quantity)
            if quantity.name not in self.free:
                found[quantity.name] = np.full(len(points), low)
                continue
            share = points[:, self.free.index(quantity.name)]
            if quantity.log and low > 0:
                found[quantity.name] = low * (high / low) ** share
            else:
                found[quantity.name] = low + (high - low) * share
        return found

    def _named(self, point: Array) -> dict[str, float]:
        return {name: float(v[0]) for name, v in self._columns(point[None]).items()}


def _run(tape: Tape, ends: Mapping[str, Interval]) -> dict[str, Interval]:
    found = run(tape, [ends[name] for name in tape.inputs], TABLE)
    return dict(zip((name for name, _ in tape.outputs), found, strict=True))


def _low(quantity: Quantity) -> float:
    return 0.0 if quantity.low is None else quantity.low


def _high(quantity: Quantity) -> float:
    return 0.0 if quantity.high is None else quantity.high


def _stretched(
    quantity: Quantity, low: Array, high: Array, place: int | None
) -> tuple[Interval, Interval, Interval | None]:
    """Return a quantity in SI over sides of the unit cube, its slope, and how that changes."""
    least, most, unit = _low(quantity), _high(quantity), quantity.unit

    def si(a: Interval) -> Interval:
        factor = _one(unit.factor)
        return TABLE["add"](hull_of_products(a, factor), _one(unit.offset))

    if place is None:
        ends = si(_one(least))
        return ends, ends, None
    share = low[:, place], high[:, place]
    if quantity.log and least > 0:
        grows = _one(np.log(most / least))
        grown = TABLE["exp"](hull_of_products(share, grows))
        ends = hull_of_products(grown, _one(least))
        rate = hull_of_products(hull_of_products(ends, grows), _one(unit.factor))
        return si(ends), rate, hull_of_products(rate, grows)
    way = np.float64(most - least)
    ends = TABLE["add"](hull_of_products(share, (way, way)), _one(least))
    slope = np.full(len(low), way * unit.factor)
    return si(ends), (slope, slope), None


def _one(value: float) -> Interval:
    return np.float64(value), np.float64(value)


def _halved(low: Array, high: Array, towards: np.ndarray) -> tuple[Array, Array]:
    """Return the halves of boxes, cut across the given sides."""
    rows = np.arange(len(low))
    middle = (low[rows, towards] + high[rows, towards]) / 2
    upper, lower = low.copy(), high.copy()
    upper[rows, towards], lower[rows, towards] = middle, middle
    return np.concatenate([low, upper]), np.concatenate([lower, high])
