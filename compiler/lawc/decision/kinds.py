"""What a column of numbers is: whole counts of a unit, floats with a bound of their error, truths.

Counts are exact in 64 bits, since their ends are known before anything is calculated. A float is
known within `absolute`, and within `relative` times its size: a comparison or a rounding that
this cannot decide is made exactly instead. A float as given stands for its shortest decimal and
rounding keeps order, so that it is compared with constants, and with its like, without error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.values import exact

LIMIT = 2**62
"""Counts stay below; a sum of two then fits 64 bits."""

DIGITS = 10**15
"""Decimals of fewer digits have floats of their own."""

U = 1.12e-16
"""Half a unit in the last place, and a little for terms of second order."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Whole counts of a unit, between two ends, both included."""

    unit: Fraction
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Real:
    """Floats between two ends; `raw` where each stands for its shortest decimal."""

    low: float
    high: float
    relative: float
    absolute: float
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no."""


Kind = Fixed | Real | Truth


def fraction_gcd(a: Fraction, b: Fraction) -> Fraction:
    """Return the largest fraction of which both are whole multiples."""
    a, b = abs(a), abs(b)
    if not a or not b:
        return a or b
    over = a.denominator * b.denominator
    return Fraction(math.gcd(a.numerator * b.denominator, b.numerator * a.denominator), over)


def real(low: float, high: float, relative: float, absolute: float, raw: bool = False) -> Real:
    """Return a kind of floats, each bound of the error improved by the other, ends widened."""
    low, high = low - abs(low) * 1e-12, high + abs(high) * 1e-12
    largest = max(abs(low), abs(high))
    if math.isfinite(largest) and math.isfinite(relative):
        absolute = min(absolute, relative * largest)
    least = low if low > 0 else -high if high < 0 else 0.0
    if least > 0:
        relative = min(relative, absolute / least)
    if math.isnan(low) or math.isnan(high):
        low, high = -math.inf, math.inf
    return Real(low, high, relative, absolute, raw)


def as_real(kind: Fixed) -> Real:
    """Return what counts become as floats.

    A decimal of few digits becomes the float that stands for it.
    """
    unit = kind.unit
    raw = is_decimal(unit) and max(abs(kind.low), abs(kind.high)) * unit.numerator < DIGITS
    relative = U if unit.numerator == 1 or raw else 3 * U
    if max(abs(kind.low), abs(kind.high)) >= 2**53:
        relative += 2 * U
    return real(float(kind.low * unit), float(kind.high * unit), relative, math.inf, raw)


def is_decimal(unit: Fraction) -> bool:
    """Return whether a unit is a decimal with an end, of not too many places."""
    rest = unit.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1 and unit.denominator <= 10**12


def constant_real(value: Fraction) -> Real:
    """Return the kind of the float nearest to a constant."""
    near = float(value)
    error = 0.0 if Fraction(near) == value else U
    return real(near, near, error, math.inf, exact(near) == value)


def added(a: Real, b: Real) -> Real:
    """Return the kind of a sum."""
    low, high = a.low + b.low, a.high + b.high
    same = (a.low >= 0 and b.low >= 0) or (a.high <= 0 and b.high <= 0)
    relative = max(a.relative, b.relative) + U if same else math.inf
    return real(low, high, relative, a.absolute + b.absolute + U * max(abs(low), abs(high)))


def negated(a: Real) -> Real:
    """Return the kind of what is below zero by as much."""
    return Real(-a.high, -a.low, a.relative, a.absolute, a.raw)


def multiplied(a: Real, b: Real) -> Real:
    """Return the kind of a product."""
    ends = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = min(ends), max(ends)
    at_a, at_b = max(abs(a.low), abs(a.high)), max(abs(b.low), abs(b.high))
    absolute = _times(at_a, b.absolute) + _times(at_b, a.absolute)
    absolute += _times(a.absolute, b.absolute) + U * max(abs(low), abs(high))
    return real(low, high, a.relative + b.relative + U, absolute)


def divided(a: Real, b: Real) -> tuple[Real, float]:
    """Return the kind of a quotient, and how large its divisor must be.

    Below that size of the divisor its error would be most of the quotient.
    """
    if b.low > 0 or b.high < 0:
        ends = [x / y for x in (a.low, a.high) for y in (b.low, b.high)]
        return real(min(ends), max(ends), a.relative + b.relative + U, math.inf), 0.0
    if b.relative == math.inf and 0 < b.absolute < math.inf:
        least = b.absolute * 1e12
        most = max(abs(a.low), abs(a.high)) / least
        absolute = most * (1e-12 + 2 * U) + a.absolute / least
        return real(-most, most, a.relative + 1e-12 + U, absolute), least
    low = 0.0 if a.low >= 0 and b.low >= 0 else -math.inf
    return real(low, math.inf, a.relative + b.relative + U, math.inf), 0.0


def larger(a: Real, b: Real, most: bool) -> Real:
    """Return the kind of the larger of two, or of the smaller."""
    pick = max if most else min
    return real(
        pick(a.low, b.low),
        pick(a.high, b.high),
        max(a.relative, b.relative),
        max(a.absolute, b.absolute),
        a.raw and b.raw,
    )


def either(a: Real, b: Real) -> Real:
    """Return the kind of one or the other."""
    relative, absolute = max(a.relative, b.relative), max(a.absolute, b.absolute)
    return Real(min(a.low, b.low), max(a.high, b.high), relative, absolute, a.raw and b.raw)


def raised(a: Real, b: Real) -> Real:
    """Return the kind of a power; its own error is a few units in the last place."""
    if a.low > 0:
        logs = [math.log(a.low), math.log(a.high) if a.high < math.inf else math.inf]
        exponents = [_times(x, y) for x in logs for y in (b.low, b.high)]
        largest = max(abs(x) for x in logs)
        relative = max(abs(b.low), abs(b.high)) * a.relative + _times(largest, b.absolute) + 8 * U
        return real(_exp(min(exponents)), _exp(max(exponents)), relative, math.inf)
    if b.low == b.high:
        low, high = (0.0, _power(a.high, b.low)) if a.low >= 0 < b.low else (-math.inf, math.inf)
        relative = abs(b.low) * a.relative + 8 * U if b.absolute == 0 else math.inf
        return real(low, high, relative, math.inf)
    return Real(-math.inf, math.inf, math.inf, math.inf)


def in_double(operation: str, a: Real) -> Real:
    """Return the kind of exp, ln, log10, log2 or sqrt."""
    if operation == "exp":
        return real(_exp(a.low), _exp(a.high), a.absolute + 8 * U, math.inf)
    if operation == "sqrt":
        low, high = math.sqrt(max(a.low, 0.0)), math.sqrt(max(a.high, 0.0))
        # Near zero a root magnifies: only the relative error is kept small.
        return real(low, high, a.relative + 2 * U, math.inf)
    base = {"ln": 1.0, "log10": math.log(10), "log2": math.log(2)}[operation]
    low = math.log(a.low) / base if a.low > 0 else -math.inf
    high = math.log(a.high) / base if 0 < a.high < math.inf else math.inf
    largest = min(max(abs(low), abs(high)), 750.0 / base)
    return real(low, high, math.inf, a.relative / base * 1.01 + 8 * U * largest)


def _times(a: float, b: float) -> float:
    """Return a product, in which zero times anything is zero."""
    return 0.0 if a == 0 or b == 0 else a * b


def _exp(x: float) -> float:
    return math.inf if x > 709 else math.exp(x)


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return math.inf
