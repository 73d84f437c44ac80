"""Bounds of an expression over a box: natural interval extension.

Bounds may be wider than the true range, never narrower up to rounding; an operation that leaves
its domain somewhere in the box widens to everything. So "does not contain zero" is a proof, and
"contains zero" is only a reason to look closer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from lawc.analysis.numbers import FUNCTION
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
)

Interval = tuple[float, float]
Box = Mapping[str, Interval]

EVERYTHING: Interval = (-math.inf, math.inf)
_RISING = frozenset(
    ("exp", "ln", "log10", "log2", "sqrt", "arcsin", "arctan", "sinh", "tanh", "erf", "expm1",
     "exprel", "elliptic_k", "sign")
)  # fmt: skip


def bounds(node: Expression, box: Box) -> Interval:
    """Return an interval that holds every value of an expression in a box."""
    match node:
        case Number(value):
            return float(value), float(value)
        case Symbol(name):
            return box.get(name, EVERYTHING)
        case Negative(of):
            low, high = bounds(of, box)
            return -high, -low
        case Binary(operator, left, right):
            same = operator in "-*" and left == right
            return _binary(operator, bounds(left, box), bounds(right, box), same)
        case Call(function, arguments):
            return _call(function, [bounds(argument, box) for argument in arguments])
        case Choice(_, then, otherwise):
            one, other = bounds(then, box), bounds(otherwise, box)
            return min(one[0], other[0]), max(one[1], other[1])
    return EVERYTHING


def surely_false(condition: Expression, box: Box) -> bool:
    """Return whether a condition fails everywhere in a box."""
    match condition:
        case Comparison(operators, operands):
            sides = [bounds(operand, box) for operand in operands]
            return any(
                _apart(operator, left, right)
                for operator, left, right in zip(operators, sides, sides[1:], strict=False)
            )
        case Logic("and", operands):
            return any(surely_false(operand, box) for operand in operands)
        case Logic("or", operands):
            return all(surely_false(operand, box) for operand in operands)
    return False


def _apart(operator: str, left: Interval, right: Interval) -> bool:
    match operator:
        case "<":
            return left[0] >= right[1]
        case "<=":
            return left[0] > right[1]
        case ">":
            return left[1] <= right[0]
        case ">=":
            return left[1] < right[0]
        case "=":
            return left[0] > right[1] or left[1] < right[0]
    return left[0] == left[1] == right[0] == right[1]


def _binary(operator: str, left: Interval, right: Interval, same: bool) -> Interval:
    match operator:
        case "+":
            return _clean(left[0] + right[0], left[1] + right[1])
        case "-":
            return (0.0, 0.0) if same else _clean(left[0] - right[1], left[1] - right[0])
        case "*":
            if same:
                return _power(left, 2)
            return _hull(_times(a, b) for a in left for b in right)
        case "/":
            if right[0] <= 0 <= right[1]:
                return _reciprocal_at_zero(left, right)
            return _hull(_over(a, b) for a in left for b in right)
    if right[0] == right[1]:
        return _power(left, right[0])
    if left[0] > 0:
        return _hull(_raised(a, b) for a in left for b in right)
    return EVERYTHING


def _reciprocal_at_zero(left: Interval, right: Interval) -> Interval:
    """Return a quotient whose divisor reaches zero only at one of its ends."""
    if right[0] == 0 < right[1] and left[0] >= 0:
        return _over(left[0], right[1]), math.inf
    return EVERYTHING


def _power(base: Interval, exponent: float) -> Interval:
    low, high = base
    if not math.isfinite(exponent):
        return EVERYTHING
    if exponent == int(exponent):
        ends = (_raised(low, exponent), _raised(high, exponent))
        if low < 0 < high or (exponent < 0 and low <= 0 <= high):
            if exponent < 0:
                return (0.0, math.inf) if exponent % 2 == 0 else EVERYTHING
            return (0.0, max(ends)) if exponent % 2 == 0 else (min(ends), max(ends))
        return min(ends), max(ends)
    if high < 0:
        return EVERYTHING
    low = max(low, 0.0)
    if exponent < 0 and low == 0:
        return _raised(high, exponent), math.inf
    ends = (_raised(low, exponent), _raised(high, exponent))
    return min(ends), max(ends)


def _call(function: str, arguments: list[Interval]) -> Interval:
    if function in ("min", "max") and len(arguments) == 2:
        choose = min if function == "min" else max
        (a, b), (c, d) = arguments
        return choose(a, c), choose(b, d)
    low, high = arguments[0]
    if function == "abs":
        return (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    if function in _RISING:
        return _limit(FUNCTION[function], low, -math.inf), _limit(
            FUNCTION[function], high, math.inf
        )
    if function in ("sin", "cos"):
        return _wave(function, low, high)
    if function == "cosh":
        small = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return _limit(math.cosh, small, 1.0), _limit(math.cosh, max(abs(low), abs(high)), math.inf)
    if function == "arccos":
        return _limit(math.acos, high, 0.0), _limit(math.acos, low, math.pi)
    return EVERYTHING


def _wave(function: str, low: float, high: float) -> Interval:
    if not (math.isfinite(low) and math.isfinite(high)) or high - low >= 2 * math.pi:
        return -1.0, 1.0
    turned = math.pi / 2 if function == "sin" else 0.0
    ends = (FUNCTION[function](low), FUNCTION[function](high))
    # The extremes lie at whole multiples of pi, for a sine a quarter turn later.
    first, last = math.ceil((low - turned) / math.pi), math.floor((high - turned) / math.pi)
    extremes = [1.0 if n % 2 == 0 else -1.0 for n in range(first, last + 1)]
    return min(*ends, *extremes), max(*ends, *extremes)


def _limit(function: Callable[[float], float], value: float, otherwise: float) -> float:
    try:
        return float(function(value))
    except (ValueError, OverflowError, ZeroDivisionError, ArithmeticError):
        return otherwise


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _over(a: float, b: float) -> float:
    if a == 0 or math.isinf(b):
        return 0.0
    return a / b


def _raised(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ZeroDivisionError:
        return math.inf
    return math.nan if isinstance(result, complex) else result


def _hull(values: Iterable[float]) -> Interval:
    found = list(values)
    if any(math.isnan(value) for value in found):
        return EVERYTHING
    return min(found), max(found)


def _clean(low: float, high: float) -> Interval:
    return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
