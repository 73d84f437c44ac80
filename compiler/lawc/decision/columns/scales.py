"""Marginal scales as instructions on columns.

With constant brackets an amount is found in one of the pieces of its scale, and the sum over
brackets is a line there, in whole counts. Other scales are written out as a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision.arrays import EXACTLY, KNOWN, NOTHING, UNSURE, Arrays, Cell, flagged
from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.decision import Bands, Scale
from lawc.decision.kinds import LIMIT, Fixed, fraction_gcd
from lawc.decision.registers import Operand, Register, marked

ONE = Fraction(1)
MANY = 12
"""More edges than this are found by search."""


def lower_scale(made: FormulaColumns, step: Scale) -> tuple[Operand, Register]:
    """Return what a scale decides, and the register of the bracket in which the amount ends."""
    on = made.number(made.lower(step.on))
    by: Operand = made.names[step.by] if step.by else Fraction(1)
    by = made.number(by)
    constant = _constant(made, step)
    found = None
    if constant is not None and isinstance(on, Register) and isinstance(on.kind, Fixed):
        found = _by_line(made, step, constant, on, by)
    value, spoke = found or _written_out(made, step, on, by)
    if step.rounding is not None:
        value = made.rounded(step.rounding[0], value, made.number(made.lower(step.rounding[1])))
    return value, spoke


@dataclass(frozen=True, slots=True)
class _Lines:
    """The pieces of one scale: from `above` on, base + rate times the amount."""

    above: tuple[Fraction, ...]
    rate: tuple[Fraction, ...]
    base: tuple[Fraction, ...]


def _constant(made: FormulaColumns, step: Scale) -> list[_Lines] | None:
    """Return the lines of every set of brackets, or None where one is not constant."""
    found: list[_Lines] = []
    for bands in step.bands:
        above = [made.lower(bracket.above) for bracket in bands.brackets]
        rate = [made.lower(bracket.rate) for bracket in bands.brackets]
        if not all(isinstance(x, Fraction) for x in (*above, *rate)):
            return None
        ends_of = [x for x in above if isinstance(x, Fraction)]
        rates = [x for x in rate if isinstance(x, Fraction)]
        if sorted(ends_of) != ends_of:
            return None
        base, before, bases = Fraction(0), Fraction(0), []
        for end, now in zip(ends_of, rates, strict=True):
            base -= (now - before) * end
            bases.append(base)
            before = now
        found.append(_Lines(tuple(ends_of), (Fraction(0), *rates), (Fraction(0), *bases)))
    return found


def _by_line(
    made: FormulaColumns, step: Scale, lines: list[_Lines], on: Register, by: Operand
) -> tuple[Operand, Register] | None:
    kind = on.kind
    assert isinstance(kind, Fixed)
    unit = Fraction(0)
    for of in lines:
        for number in (*of.base, *(rate * kind.unit for rate in of.rate)):
            unit = fraction_gcd(unit, number)
    unit = unit or kind.unit
    largest = max(abs(kind.low), abs(kind.high))
    rates = [[int(rate * kind.unit / unit) for rate in of.rate] for of in lines]
    bases = [[int(base / unit) for base in of.base] for of in lines]
    if max(max(map(abs, line)) for line in rates) * largest >= LIMIT:
        return None
    if max(max(map(abs, line)) for line in bases) >= LIMIT:
        return None
    values = [
        r * x + b
        for of, line, base in zip(lines, rates, bases, strict=True)
        for x, r, b in _corners(of, line, base, kind)
    ]
    to = Fixed(unit, min(values), max(values))
    edges = [
        np.array([min(int(end // kind.unit) + 1, LIMIT) for end in of.above], np.int64)
        for of in lines
    ]
    piece = _pieces(made, step, on, by, edges)
    if piece is None:
        return None
    rate_table = np.array([x for line in rates for x in line], np.int64)
    base_table = np.array([x for line in bases for x in line], np.int64)

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        places, mask = cells[0]
        amount = cells[1][0] * xp.take(xp.constant(rate_table), places)
        return amount + xp.take(xp.constant(base_table), places), mask

    value = made.emit(("line", id(step)), to, run, piece, on)
    bracket, place = [], 0
    for of in lines:
        bracket += [-1, *range(place, place + len(of.above))]
        place += len(of.above)
    brackets = np.array(bracket, np.int64)

    def because(xp: Arrays, cells: list[Cell]) -> Cell:
        spoke = xp.take(xp.constant(brackets), cells[0][0])
        if cells[0][1] is not None:
            spoke = xp.where(cells[0][1] == KNOWN, spoke, spoke * 0 - 1)
        return spoke, None

    return value, made.emit(("because", id(step)), Fixed(ONE, -1, place), because, piece)


def _corners(of: _Lines, rates: list[int], bases: list[int], kind: Fixed) -> list[tuple[int, ...]]:
    """Return the amounts at which a scale can be least or largest, with their lines."""
    starts = [kind.low, *(int(end // kind.unit) for end in of.above)]
    stops = [*(int(end // kind.unit) + 1 for end in of.above), kind.high]
    found = []
    for start, stop, rate, base in zip(starts, stops, rates, bases, strict=True):
        for x in (start, stop):
            found.append((min(max(x, kind.low), kind.high), rate, base))
    return found


def _pieces(
    made: FormulaColumns, step: Scale, on: Register, by: Operand, edges: list[np.ndarray]
) -> Register | None:
    """Return in which piece of which set of brackets an amount lies, counted through."""
    starts = [sum(len(line) + 1 for line in edges[:band]) for band in range(len(edges))]
    total = starts[-1] + len(edges[-1]) + 1
    kind = Fixed(ONE, 0, total - 1)
    if not isinstance(by, Register):
        which = [
            b for b, bands in enumerate(step.bands) if bands.values is None or by in bands.values
        ]
        if len(which) != 1:
            return None
        band = which[0]

        def alone(xp: Arrays, cells: list[Cell]) -> Cell:
            return _passed(xp, cells[0][0], edges[band]) + starts[band], cells[0][1]

        return made.emit(("piece", id(step)), kind, alone, on)
    if not isinstance(by.kind, Fixed) or by.kind.high - by.kind.low >= 1 << 12:
        return None
    low = by.kind.low
    bands_of = [
        [
            b
            for b, bands in enumerate(step.bands)
            if bands.values is None or count * by.kind.unit in bands.values
        ]
        for count in range(low, by.kind.high + 1)
    ]
    band_table = np.array([which[0] if len(which) == 1 else -1 for which in bands_of], np.int64)
    gaps = bool((band_table < 0).any())
    same = not gaps and (band_table == np.arange(len(band_table))).all() and low == 0

    # While all places fit a byte they are counted in bytes, an eighth of the memory.
    reached = _reached if total <= 127 and max(map(len, edges)) <= MANY else _passed

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        (amount, mask), (chooser, absent) = cells
        band = chooser if same else xp.take(xp.constant(band_table), chooser - low)
        piece = reached(xp, amount, edges[0])
        for place in range(1, len(edges)):
            here = reached(xp, amount, edges[place]) + starts[place]
            piece = xp.where(band == place, here, piece)
        piece = xp.whole(piece)
        if absent is not None:
            # Brackets that are not known are compared one by one, exactly.
            other = xp.where(absent == UNSURE, xp.full(absent, EXACTLY, small=True), absent)
            mask = other if mask is None else xp.larger(mask, other)
            mask = xp.where(absent == NOTHING, absent, mask)
        if not gaps:
            return piece, mask
        # There are no brackets here, whether or not the amount is known.
        missing = band < 0 if absent is None else (band < 0) & (absent == KNOWN)
        if mask is not None:
            missing = missing & (mask != NOTHING)
            mask = xp.where(missing, mask * 0, mask)
        return flagged(xp, (piece, mask), missing)

    return made.emit(("piece", id(step)), kind, run, on, by)


def _passed(xp: Arrays, amount: Any, edges: np.ndarray) -> Any:
    """Return how many of some edges an amount has reached."""
    if len(edges) > MANY:
        return xp.passed(xp.constant(edges), amount)
    return xp.whole(_reached(xp, amount, edges))


def _reached(xp: Arrays, amount: Any, edges: np.ndarray) -> Any:
    """Return how many of a few edges an amount has reached, in bytes."""
    count: Any = None
    for edge in edges.tolist():
        reached = xp.small(amount >= edge)
        count = reached if count is None else count + reached
    return xp.full(amount, 0, small=True) if count is None else count


def _written_out(
    made: FormulaColumns, step: Scale, on: Operand, by: Operand
) -> tuple[Operand, Register]:
    """Return the sum over brackets as a formula, for each set of them."""
    value: Operand = made.absent(made.like, EXACTLY)
    spoke: Operand = Fraction(-1)
    start = sum(len(bands.brackets) for bands in step.bands)
    for bands in reversed(step.bands):
        start -= len(bands.brackets)
        holds: Operand = ONE
        if bands.values is not None:
            holds = Fraction(0)
            for chosen in sorted(bands.values):
                holds = made.disjunction(holds, made.equal(by, chosen))
        total, place = _sum(made, bands, on, start)
        if isinstance(on, Register) and isinstance(total, Fraction):
            total = made.strict("constant of", *_of(total), on)
        value = made.where(holds, total, value)
        spoke = made.where(holds, place, spoke)
    if isinstance(by, Register) and isinstance(value, Register):
        value = made.emit("nothing of", value.kind, marked(NOTHING), value, by)
    if isinstance(spoke, Fraction):
        spoke = made.pick(made.truth(True), spoke, Fraction(-1))
    if isinstance(value, Register):
        # A bracket that floats cannot tell is told exactly, though the sum hardly changes there.
        value = made.emit("exactly of", value.kind, marked(EXACTLY), value, spoke)
    return value, made.emit(("because", id(step)), spoke.kind, _plain, spoke)


def _of(value: Fraction) -> tuple[Any, ...]:
    kind = Fixed(abs(value) or ONE, *(2 * [(value > 0) - (value < 0)]))
    return kind, lambda xp, on: xp.full(on, kind.low)


def _sum(made: FormulaColumns, bands: Bands, on: Operand, start: int) -> tuple[Operand, Operand]:
    total: Operand = Fraction(0)
    place: Operand = Fraction(-1)
    before: Operand = Fraction(0)
    below: Operand | None = None
    falls: Operand = Fraction(0)
    for index, bracket in enumerate(bands.brackets):
        above = made.number(made.lower(bracket.above))
        rate = made.number(made.lower(bracket.rate))
        reached = made.less(above, on, False)
        more = made.extreme(made.subtract(on, above), Fraction(0), most=True)
        total = made.add(total, made.multiply(made.subtract(rate, before), more))
        place = made.where(reached, Fraction(start + index), place)
        if below is not None:
            falls = made.disjunction(falls, made.less(above, below, False))
        before, below = rate, above
    return made.where(falls, made.absent(made.like, EXACTLY), total), place


def _plain(xp: Arrays, cells: list[Cell]) -> Cell:
    """Return a column without its mask: -1 where it has one."""
    value, mask = cells[0]
    return (value if mask is None else xp.where(mask == KNOWN, value, value * 0 - 1)), None
