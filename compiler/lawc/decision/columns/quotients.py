"""Quotients that are rounded: what a float cannot tell is told by whole numbers, for all rows.

`floor(votes/divisor)` has its edges where the votes are a multiple of the divisor, and just there
a float is too near to tell. Where both are whole counts, or floats with few decimals, the same
rounding of whole numbers tells it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from lawc.decision.arrays import EXACTLY, KNOWN, Arrays, Cell, joined
from lawc.decision.columns.rounding import round_whole
from lawc.decision.kinds import DIGITS, LIMIT, Fixed, Real
from lawc.decision.registers import Operand, Register, Registers

Quotient = tuple[Register, Register, Fraction]
"""Over, under, and what is added to the quotient."""

DECIMALS = 10**6
"""Floats that are a whole number of these parts stand for that number."""


def note(operation: str, of: list[Operand], made: Operand, known: dict[int, Quotient]) -> Operand:
    """Return what an operation made; where it is a quotient and a constant, note it by place."""
    if not isinstance(made, Register) or len(of) != 2:
        return made
    a, b = of
    if operation == "add" and isinstance(a, Fraction):
        a, b = b, a
    if not isinstance(a, Register):
        return made
    if isinstance(b, Register):
        if operation == "divide" and _countable(a) and _countable(b):
            known[made.place] = a, b, Fraction(0)
    elif operation in ("add", "subtract") and a.place in known:
        over, under, more = known[a.place]
        known[made.place] = over, under, more + (b if operation == "add" else -b)
    return made


def settled(
    made: Registers, operation: str, rounded: Operand, quotient: Quotient | None, step: Fraction
) -> Operand:
    """Return a rounded quotient in which rows near an edge are told by whole numbers."""
    if quotient is None or not isinstance(rounded, Register):
        return rounded
    kind = rounded.kind
    if not isinstance(kind, Fixed):
        return rounded
    over, under, more = quotient
    one, two = _unit(over), _unit(under)
    # t = (x one + y two more) / (y two step), in whole numbers of the largest common part.
    parts = (one, two * more, two * step)
    common = Fraction(1, math.lcm(*(part.denominator for part in parts)))
    common *= math.gcd(*(int(part / common) for part in parts))
    x_by, y_by, under_by = (int(part / common) for part in parts)
    largest = _largest(over) * abs(x_by) + _largest(under) * (abs(y_by) + under_by)
    if 4 * largest >= LIMIT:
        return rounded
    if kind.low == kind.high:
        # Floats tell nothing, since the quotient has no ends; counts, of which 1 is the least, do.
        end = largest // under_by + 1
        kind = Fixed(step, -end, end)

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        (value, mask), *sides = cells
        if mask is None:
            return cells[0]
        open_rows = mask == EXACTLY
        if not xp.any(open_rows):
            return cells[0]
        (x, first), (y, second) = (
            _counted(xp, of, cell[0]) for of, cell in zip((over, under), sides, strict=True)
        )
        told = open_rows & first & second & (y > 0)
        given = joined(xp, sides)
        told = told if given is None else told & (given == KNOWN)
        y = xp.where(told, y, y * 0 + 1)
        whole = round_whole(operation, xp, x * x_by + y * y_by, y * under_by)
        told = told & (whole >= kind.low) & (whole <= kind.high)
        return xp.where(told, whole, value), xp.where(told, mask * 0, mask)

    key = ("settled", operation, step, more)
    return made.emit(key, kind, run, rounded, over, under)


def _countable(of: Register) -> bool:
    return isinstance(of.kind, Fixed) or (isinstance(of.kind, Real) and of.kind.raw)


def _unit(of: Register) -> Fraction:
    return of.kind.unit if isinstance(of.kind, Fixed) else Fraction(1, DECIMALS)


def _largest(of: Register) -> int:
    kind = of.kind
    if isinstance(kind, Fixed):
        return max(abs(kind.low), abs(kind.high))
    assert isinstance(kind, Real)
    return min(DIGITS, math.ceil(max(abs(kind.low), abs(kind.high)) * DECIMALS))


def _counted(xp: Arrays, of: Register, value: Any) -> tuple[Any, Any]:
    """Return a column as whole counts, and where it is one."""
    if isinstance(of.kind, Fixed):
        return value, value == value
    count = xp.call("rint", value * DECIMALS)
    whole = (count / DECIMALS == value) & (abs(count) <= _largest(of))
    return xp.whole(xp.where(whole, count, count * 0)), whole
