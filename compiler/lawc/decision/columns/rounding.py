"""Rounding of columns: exact on counts, and on floats except near an edge."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lawc.decision.arrays import EXACTLY, Arrays, Cell, flagged
from lawc.decision.kinds import DIGITS, LIMIT, Fixed, Real, U, is_decimal
from lawc.decision.operations import rounded
from lawc.decision.registers import Operand, Register, Registers, ends, error_of


def rounded_counts(made: Registers, operation: str, a: Register, step: Fraction) -> Operand:
    """Return counts as counts of a step."""
    kind = a.kind
    assert isinstance(kind, Fixed)
    ratio = kind.unit / step
    p, q = ratio.numerator, ratio.denominator
    low, high = (int(rounded(operation, end, step) / step) for end in ends(a))
    if q == 1:
        return made.scaled(a, step)
    largest = max(abs(kind.low), abs(kind.high)) * p
    if (2 * largest if operation.startswith("round_half") else largest) + q >= 2 * LIMIT:
        _, floats = made.real(a)
        assert isinstance(floats, Register)
        return rounded_reals(made, operation, floats, step)
    signed = kind.low < 0
    to = Fixed(step, low, high)

    most = 2 * (largest + q)

    def apply(xp: Arrays, x: Any, p: int, q: int) -> Any:
        x = x * p if p != 1 else x
        return _ROUND[operation](lambda of, by: xp.quotient(of, by, most), xp, x, q, signed)

    return made.strict(operation, to, apply, a, p, q)


Over = Callable[[Any, int], Any]
"""A quotient that is rounded down."""


def _half_from_zero(over: Over, xp: Arrays, x: Any, q: int, signed: bool) -> Any:
    if not signed:
        return over(2 * x + q, 2 * q) if q % 2 else over(x + q // 2, q)
    # Below zero a tie goes down: one less in the numerator turns it.
    return over(2 * x + q - xp.whole(x < 0), 2 * q)


def _half_even(over: Over, xp: Arrays, x: Any, q: int, signed: bool) -> Any:
    up = over(2 * x + q, 2 * q)
    tie = 2 * x + q == up * (2 * q)
    return up - xp.whole(tie & (up % 2 == 1))


def _to_zero(over: Over, xp: Arrays, x: Any, q: int, signed: bool) -> Any:
    if not signed:
        return over(x, q)
    return xp.where(x < 0, -over(-x, q), over(x, q))


def _from_zero(over: Over, xp: Arrays, x: Any, q: int, signed: bool) -> Any:
    if not signed:
        return -over(-x, q)
    return xp.where(x < 0, over(x, q), -over(-x, q))


_ROUND = {
    "round_floor": lambda over, xp, x, q, signed: over(x, q),
    "round_ceiling": lambda over, xp, x, q, signed: -over(-x, q),
    "round_to_zero": _to_zero,
    "round_from_zero": _from_zero,
    "round_half_from_zero": _half_from_zero,
    "round_half_even": _half_even,
}


def round_whole(operation: str, xp: Arrays, over: Any, under: Any) -> Any:
    """Return a quotient of columns of whole numbers, rounded to one; `under` is positive."""
    return _ROUND[operation](lambda of, by: of // by, xp, over, under, True)


def rounded_reals(made: Registers, operation: str, a: Register, step: Fraction) -> Operand:
    """Return floats as counts of a step; what is near to an edge is done exactly."""
    kind = a.kind
    assert isinstance(kind, Real)
    raw = kind.raw and is_decimal(step / 2)
    bound = _few_digits(step / 2) if raw else 2**52
    low = max(kind.low / float(step) - 1, -float(bound))
    high = min(kind.high / float(step) + 1, float(bound))
    to = Fixed(step, math.floor(low), math.ceil(high))
    if to.high <= to.low or kind.absolute == math.inf == kind.relative:
        return made.absent(a, EXACTLY)
    p, q = step.numerator, step.denominator
    safe = min(max(0, to.low), to.high)
    halves = operation.startswith("round_half")
    up = operation in ("round_ceiling", "round_from_zero")

    def exactly(xp: Arrays, x: Any, t: Any) -> tuple[Any, Any]:
        """Round what stands for its shortest decimal: comparing with decimals is exact."""
        k = xp.call("rint", t)
        at = k * p / q
        floor = k - xp.double(x < at)
        if halves:
            middle = (2 * floor + 1) * p / (2 * q)
            tie = x == middle
            even = operation == "round_half_even"
            rise = tie & ((floor % 2 == 1) if even else (x > 0))
            return floor + xp.double((x > middle) | rise), None
        ceiling = k + xp.double(x > at)
        if operation == "round_to_zero":
            return xp.where(x < 0, ceiling, floor), None
        if operation == "round_from_zero":
            return xp.where(x < 0, floor, ceiling), None
        return (ceiling if up else floor), None

    def nearly(xp: Arrays, x: Any, t: Any) -> tuple[Any, Any]:
        error = error_of(kind, x) / float(step) + 4 * U * abs(t)
        floor = xp.call("floor", t)
        rest = t - floor
        if halves:
            return floor + xp.double(rest > 0.5), ~(abs(rest - 0.5) > error)
        near = ~((rest > error) & (1 - rest > error))
        if operation == "round_to_zero":
            return floor + xp.double(t < 0), near
        if operation == "round_from_zero":
            return floor + xp.double(t > 0), near
        return floor + float(up), near

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        x, mask = cells[0]
        t = x * q / p if p != 1 else x * q if q != 1 else x
        count, near = (exactly if raw else nearly)(xp, x, t)
        far = ~((count >= to.low) & (count <= to.high))
        bad = far if near is None else far | near
        if xp.any(bad):
            count = xp.where(bad, count * 0 + safe, count)
        return flagged(xp, (xp.whole(count), mask), bad)

    return made.emit((operation, step), to, run, a)


def _few_digits(half: Fraction) -> int:
    """Return how many steps have floats of their own, and so have the middles between them."""
    places = next(j for j in range(60) if 10**j % half.denominator == 0)
    return max(1, DIGITS // int(2 * half * 10**places))
