"""Carry out a tape on intervals: what a formula can be at most, over many cells at once.

A number is a pair of arrays, its least and its largest value; a condition a pair of booleans,
whether it must hold and whether it may. A value outside the domain of an operation is NaN; where
only a part of an interval lies outside, the rest counts. Each operation rounds outward, so that
what is left out is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from lawc.lowering.numpy_table import TABLE as POINTS
from lawc.lowering.numpy_table import Array

Interval = tuple[Any, Any]

_ULPS = 8 * np.finfo(np.float64).eps
_TINY = 1e-300
_HALF = np.pi / 2


def hull_of_products(a: Interval, b: Interval) -> Interval:
    """Return all products of two intervals; nothing times infinity is nothing."""
    with np.errstate(all="ignore"):
        products = [x * y for x in a for y in b]
    if any(np.isnan(p).any() for p in products):
        missing = _missing(a, b)
        products = [np.where(np.isnan(p) & ~missing, 0.0, p) for p in products]
    return _outward(reduce(np.minimum, products), reduce(np.maximum, products))


def added(a: Interval, b: Interval) -> Interval:
    """Return all sums of two intervals."""
    with np.errstate(all="ignore"):
        return _outward(*_whole(a[0] + b[0], a[1] + b[1], a, b))


def _missing(*given: Interval) -> Any:
    return reduce(np.logical_or, [np.isnan(end) for interval in given for end in interval])


def _whole(low: Array, high: Array, *given: Interval) -> Interval:
    """Return an interval in which infinity less infinity means that anything is possible."""
    if not (np.isnan(low).any() or np.isnan(high).any()):
        return low, high
    missing = _missing(*given)
    low = np.where(np.isnan(low) & ~missing, -np.inf, low)
    high = np.where(np.isnan(high) & ~missing, np.inf, high)
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def _outward(low: Array, high: Array) -> Interval:
    with np.errstate(all="ignore"):
        low = np.where(np.isinf(low), low, low - np.abs(low) * _ULPS - _TINY)
        high = np.where(np.isinf(high), high, high + np.abs(high) * _ULPS + _TINY)
    return low, high


def _negative(a: Interval) -> Interval:
    return -a[1], -a[0]


def _subtract(a: Interval, b: Interval) -> Interval:
    return added(a, _negative(b))


def _divide(a: Interval, b: Interval) -> Interval:
    low, high = b
    with np.errstate(all="ignore"):
        # A divisor that ends in zero has one side only.
        inverse_high = np.where(low == 0, np.inf, 1 / low)
        inverse_low = np.where(high == 0, -np.inf, 1 / high)
    crossing = (low < 0) & (high > 0)
    nothing = (low == 0) & (high == 0)
    found = hull_of_products(
        a,
        (
            np.where(crossing, -np.inf, np.where(nothing, np.nan, inverse_low)),
            np.where(crossing, np.inf, np.where(nothing, np.nan, inverse_high)),
        ),
    )
    anything = crossing & ~_missing(a)
    return np.where(anything, -np.inf, found[0]), np.where(anything, np.inf, found[1])


def _square(a: Interval) -> Interval:
    return _even(np.square)(a)


def _even(function: Callable[[Any], Any]) -> Callable[[Interval], Interval]:
    """Return what an even function that rises from zero makes of an interval."""

    def apply(a: Interval) -> Interval:
        low, high = a
        with np.errstate(all="ignore"):
            near = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
            far = np.maximum(np.abs(low), np.abs(high))
            near = np.where(_missing(a), np.nan, near)
            least, most = function(near), function(far)
        down, up = _outward(least, most)
        return np.where(least == 0, 0.0, down), up

    return apply


def _rising(
    operation: str, least: float = -np.inf, most: float = np.inf
) -> Callable[[Interval], Interval]:
    """Return what a rising function does, its domain being `least .. most`."""
    function = POINTS[operation]

    def apply(a: Interval) -> Interval:
        low, high = a
        outside = (high < least) | (low > most) | _missing(a)
        with np.errstate(all="ignore"):
            start = np.asarray(function(np.maximum(low, least)))
            end = np.asarray(function(np.minimum(high, most)))
        start = np.where(np.isnan(start), -np.inf, start)
        end = np.where(np.isnan(end), np.inf, end)
        start, end = _outward(start, end)
        return np.where(outside, np.nan, start), np.where(outside, np.nan, end)

    return apply


def _power(a: Interval, b: Interval) -> Interval:
    if np.ndim(b[0]) == 0 and b[0] == b[1]:
        n = float(b[0])
        if n == round(n):
            whole = _whole_power(a, abs(n))
            return whole if n >= 0 else _divide((1.0, 1.0), whole)
        return _real_power(a, n)
    logarithm = TABLE["ln"]((np.maximum(a[0], 0.0), a[1]))
    # A base that may be negative has powers where the exponent is a whole number.
    found = TABLE["exp"](hull_of_products(b, logarithm))
    negative = a[0] < 0
    return np.where(negative, -np.inf, found[0]), np.where(negative, np.inf, found[1])


def _whole_power(a: Interval, n: float) -> Interval:
    if n % 2 == 0:
        return _even(lambda x: x**n)(a)
    with np.errstate(all="ignore"):
        return _outward(a[0] ** n, a[1] ** n)


def _real_power(a: Interval, n: float) -> Interval:
    low, high = a
    outside = (high < 0) | _missing(a)
    with np.errstate(all="ignore"):
        ends = (np.maximum(low, 0.0) ** n, np.maximum(high, 0.0) ** n)
    start, end = ends if n > 0 else ends[::-1]
    down, up = _outward(start, end)
    down = np.where(start == 0, 0.0, down)
    return np.where(outside, np.nan, down), np.where(outside, np.nan, up)


def _sin(a: Interval) -> Interval:
    return _wave(a, _HALF, np.sin)


def _cos(a: Interval) -> Interval:
    return _wave(a, 0.0, np.cos)


def _wave(a: Interval, crest: float, function: Callable[[Any], Any]) -> Interval:
    low, high = a
    turn = 2 * np.pi
    with np.errstate(all="ignore"):
        ends = function(low), function(high)
        # A crest that lies within rounding of an end counts as inside.
        room = 1e-9
        top = np.floor((high + room - crest) / turn) > np.floor((low - room - crest) / turn)
        trough = crest + np.pi
        bottom = np.floor((high + room - trough) / turn) > np.floor((low - room - trough) / turn)
        wide = ~(high - low < turn)
        start, end = _outward(np.minimum(*ends), np.maximum(*ends))
    start, end = np.where(bottom | wide, -1.0, start), np.where(top | wide, 1.0, end)
    missing = _missing(a)
    return np.where(missing, np.nan, start), np.where(missing, np.nan, end)


def _tan(a: Interval) -> Interval:
    low, high = a
    with np.errstate(all="ignore"):
        same = np.floor((high + _HALF) / np.pi) == np.floor((low + _HALF) / np.pi)
        start, end = _outward(np.tan(low), np.tan(high))
    same &= start <= end
    missing = _missing(a)
    start, end = np.where(same, start, -np.inf), np.where(same, end, np.inf)
    return np.where(missing, np.nan, start), np.where(missing, np.nan, end)


def _arccos(a: Interval) -> Interval:
    low, high = TABLE["arcsin"](a)
    return added((_HALF, _HALF), (-high, -low))


def _where(condition: Interval, one: Interval, other: Interval) -> Interval:
    must, may = condition
    with np.errstate(all="ignore"):
        low = np.fmin(one[0], other[0])
        high = np.fmax(one[1], other[1])
    return (
        np.where(must, one[0], np.where(may, low, other[0])),
        np.where(must, one[1], np.where(may, high, other[1])),
    )


def _equal(a: Interval, b: Interval) -> Interval:
    must = (a[0] == a[1]) & (b[0] == b[1]) & (a[0] == b[0])
    return must, (a[0] <= b[1]) & (b[0] <= a[1])


TABLE: Mapping[str, Callable[..., Interval]] = {
    "constant": lambda value: (np.float64(value), np.float64(value)),
    "add": added,
    "subtract": _subtract,
    "multiply": hull_of_products,
    "divide": _divide,
    "negative": _negative,
    "power": _power,
    "square": _square,
    "exp": _rising("exp"),
    "ln": _rising("ln", 0.0),
    "log10": _rising("log10", 0.0),
    "log2": _rising("log2", 0.0),
    "sqrt": _rising("sqrt", 0.0),
    "abs": _even(np.abs),
    "sign": lambda a: (np.sign(a[0]), np.sign(a[1])),
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "arcsin": _rising("arcsin", -1.0, 1.0),
    "arccos": _arccos,
    "arctan": _rising("arctan"),
    "sinh": _rising("sinh"),
    "cosh": _even(np.cosh),
    "tanh": _rising("tanh"),
    "erf": _rising("erf"),
    "elliptic_k": _rising("elliptic_k", -np.inf, 1.0),
    "lambert_w": _rising("lambert_w", -np.exp(-1)),
    "lambert_w_exp": _rising("lambert_w_exp"),
    "expm1": _rising("expm1"),
    "exprel": _rising("exprel"),
    "min": lambda a, b: (np.minimum(a[0], b[0]), np.minimum(a[1], b[1])),
    "max": lambda a, b: (np.maximum(a[0], b[0]), np.maximum(a[1], b[1])),
    "less": lambda a, b: (a[1] < b[0], a[0] < b[1]),
    "less_equal": lambda a, b: (a[1] <= b[0], a[0] <= b[1]),
    "equal": _equal,
    "and": lambda a, b: (a[0] & b[0], a[1] & b[1]),
    "or": lambda a, b: (a[0] | b[0], a[1] | b[1]),
    "not": lambda a: (~a[1], ~a[0]),
    "where": _where,
}
"""A function for each operation of a tape."""


def watched(broken: Callable[[Any], None]) -> Mapping[str, Callable[..., Interval]]:
    """Return the table with a report of where a formula may jump.

    Args:
        broken: Gets a mask after each operation that jumps: the cells inside which it may.
    """

    def choose(condition: Interval, one: Interval, other: Interval) -> Interval:
        broken(~condition[0] & condition[1])
        return _where(condition, one, other)

    def sign(a: Interval) -> Interval:
        broken((a[0] <= 0) & (a[1] >= 0))
        return TABLE["sign"](a)

    def tan(a: Interval) -> Interval:
        found = _tan(a)
        broken(np.isinf(found[0]))
        return found

    return {**TABLE, "where": choose, "sign": sign, "tan": tan}
