"""Load columns as the kinds that a decision calculates with: whole counts, floats, truths.

What a kind does not hold, a fraction of a coin or a number beyond 64 bits, is left to the exact
evaluator, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lawc.decision.arrays import EXACTLY, KNOWN, UNSURE, Array, Arrays, Cell, flagged
from lawc.decision.decision import Port
from lawc.decision.kinds import DIGITS, Fixed, Kind, Real, Truth

_MOST = (1 << 63) - 1
_FLOATS = 1 << 10
"""Times this, a whole number that a float may not hold is beyond 64 bits."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A column of exact numbers: whole counts of a unit."""

    counts: Array
    unit: Fraction


def loaded(xp: Arrays, port: Port, kind: Kind, column: Any, mask: Any) -> Cell:
    """Return a column as its kind; rows that its port does not take are to be done exactly."""
    bad = None
    if mask is not None:
        if not xp.any(mask != KNOWN):
            mask = None
        else:
            # What is missing holds no value; whether it may be missing is said by `decide`.
            refused = mask != UNSURE if port.may_be_unknown else mask == mask
            refused = refused & (mask != KNOWN)
            mask = xp.where(refused, xp.full(mask, EXACTLY, small=True), mask)
    value, bad = _converted(xp, port, kind, column)
    if mask is not None and not isinstance(kind, Truth):
        safe = min(max(kind.low, 0), kind.high)
        value = xp.where(mask == KNOWN, value, xp.full(value, 0) + safe)
    cell = value, mask
    if isinstance(kind, Truth):
        return cell if bad is None else flagged(xp, cell, bad)
    low, high = xp.ends(value) if len(value) else (kind.low, kind.high)
    if not (low >= kind.low and high <= kind.high):
        beyond = ~((value >= kind.low) & (value <= kind.high))
        bad = beyond if bad is None else bad | beyond
    if bad is None:
        return cell
    return flagged(xp, cell, bad, min(max(kind.low, 0), kind.high))


def _converted(xp: Arrays, port: Port, kind: Kind, column: Any) -> tuple[Any, Any]:
    """Return values of a kind, and where a value is none of it."""
    if isinstance(column, Counts):
        if isinstance(kind, Fixed):
            by = column.unit / kind.unit
            counts, large = _within(xp, xp.whole(column.counts), by.numerator)
            if by.denominator == 1:
                return (counts * int(by) if by != 1 else counts), large
            return counts * by.numerator // by.denominator, _either(
                large, counts % by.denominator != 0
            )
        numerator, denominator = column.unit.numerator, column.unit.denominator
        counts, large = _within(xp, xp.whole(column.counts), numerator * _FLOATS)
        column = xp.double(counts * numerator) / denominator
        if isinstance(kind, Real):
            return column, large
    if isinstance(kind, Real):
        if xp.is_float(column):
            return xp.double(column), None
        column, large = _within(xp, xp.whole(column), _FLOATS)
        return xp.double(column), large
    if isinstance(kind, Truth):
        if xp.is_truth(column):
            return column, None
        return column == 1, (column != 0) & (column != 1)
    unit = kind.unit
    if not xp.is_float(column):
        column = xp.whole(column)
        if unit == 1:
            return column, None
        # Whole amounts of the unit.
        column, large = _within(xp, column, unit.denominator)
        fine = column * unit.denominator
        return fine // unit.numerator, _either(large, fine % unit.numerator != 0)
    p, q = unit.numerator, unit.denominator
    column = xp.double(column)
    count = xp.call("rint", column * q / p if p != 1 else column * q if q != 1 else column)
    back = count * p / q if q != 1 or p != 1 else count
    # A float stands for a multiple of the step where it is the float nearest to it.
    low, high = xp.ends(count) if len(count) else (0, 0)
    if max(-low, high) * p < DIGITS and xp.same(back, column):
        return xp.whole(count), None
    bad = ~((back == column) & (abs(count) * p < DIGITS))
    return xp.whole(xp.where(bad, count * 0, count)), bad


def _within(xp: Arrays, counts: Any, factor: int) -> tuple[Any, Any]:
    """Return whole numbers that times a factor fit 64 bits, 0 for others, and where these are."""
    most = _MOST // factor
    low, high = xp.ends(counts) if len(counts) else (0, 0)
    if -most <= low and high <= most:
        return counts, None
    large = (counts < -most) | (counts > most)
    return xp.where(large, counts * 0, counts), large


def _either(one: Any, other: Any) -> Any:
    return other if one is None else one | other
