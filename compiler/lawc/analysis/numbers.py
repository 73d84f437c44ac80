"""The value of an expression at one point, in plain floating point.

Small on purpose: findings need a value at a witness, examples the value of a literal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

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

NEAR = 1e-9
"""How near two values are, in proportion, that rounding may have parted."""


class NoValueError(ArithmeticError):
    """An expression has no value at a point, or a name has none."""


def evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    """Return the value of an expression.

    Raises:
        NoValueError: A name or derivative has no value, or an operation has none there.
    """
    try:
        result = _value(expression, values)
    except (ZeroDivisionError, OverflowError, ValueError) as problem:
        raise NoValueError(str(problem)) from problem
    if isinstance(result, complex):
        raise NoValueError("not a real number")
    return float(result)


def holds(condition: Expression, values: Mapping[str, float]) -> bool:
    """Return whether a condition holds with a margin that rounding cannot have made.

    Where a strict comparison is met only up to rounding it does not hold; where `<=` is missed
    only by rounding it does not hold either, since a witness must be beyond doubt.
    """
    match condition:
        case Comparison(operators, operands):
            numbers = [evaluate(operand, values) for operand in operands]
            return all(
                _related(operator, left, right)
                for operator, left, right in zip(operators, numbers, numbers[1:], strict=False)
            )
        case Logic("not", (of,)):
            return not _may_hold(of, values)
        case Logic("and", operands):
            return all(holds(operand, values) for operand in operands)
        case Logic(_, operands):
            return any(holds(operand, values) for operand in operands)
    raise NoValueError("not a condition")


def _may_hold(condition: Expression, values: Mapping[str, float]) -> bool:
    """Return whether a condition holds when rounding is given the benefit of the doubt."""
    match condition:
        case Comparison(operators, operands):
            numbers = [evaluate(operand, values) for operand in operands]
            return all(
                _near(left, right) or _related(operator, left, right)
                if operator != "!="
                else left != right
                for operator, left, right in zip(operators, numbers, numbers[1:], strict=False)
            )
        case Logic("not", (of,)):
            return not holds(of, values)
        case Logic("and", operands):
            return all(_may_hold(operand, values) for operand in operands)
        case Logic(_, operands):
            return any(_may_hold(operand, values) for operand in operands)
    raise NoValueError("not a condition")


def _near(left: float, right: float) -> bool:
    return abs(left - right) <= NEAR * max(abs(left), abs(right))


def _related(operator: str, left: float, right: float) -> bool:
    match operator:
        case "<":
            return left < right and not _near(left, right)
        case ">":
            return left > right and not _near(left, right)
        case "<=":
            return left <= right
        case ">=":
            return left >= right
        case "=":
            return _near(left, right)
    return not _near(left, right)


def _value(node: Expression, values: Mapping[str, float]) -> float:
    match node:
        case Number(value):
            # Integers would be exact without end: a tower of powers must overflow instead.
            return float(value)
        case Symbol(name):
            if name in values:
                return values[name]
            raise NoValueError(f"{name} has no value")
        case Negative(of):
            return -_value(of, values)
        case Binary(operator, left, right):
            return _combined(operator, _value(left, values), _value(right, values))
        case Call(function, arguments):
            return FUNCTION[function](*(_value(a, values) for a in arguments))
        case Choice(condition, then, otherwise):
            return _value(then if holds(condition, values) else otherwise, values)
    raise NoValueError(f"{type(node).__name__} has no value at a point")


def _combined(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    result = left**right
    if isinstance(result, complex):
        raise NoValueError("a fractional power of a negative number")
    return result


def _elliptic_k(m: float) -> float:
    """Return the complete elliptic integral of the first kind, by the means of Gauss."""
    if m >= 1:
        raise NoValueError("elliptic_k at or beyond 1")
    high, low = 1.0, math.sqrt(1 - m)
    while abs(high - low) > 1e-16 * high:
        high, low = (high + low) / 2, math.sqrt(high * low)
        if high == low or abs(high - low) < 2e-16 * high:
            break
    return math.pi / (high + low)


FUNCTION: Mapping[str, Callable[..., Any]] = {
    "exp": math.exp,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "sqrt": math.sqrt,
    "abs": abs,
    "sign": lambda z: float((z > 0) - (z < 0)),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "erf": math.erf,
    "elliptic_k": _elliptic_k,
    "expm1": math.expm1,
    "exprel": lambda z: math.expm1(z) / z if z else 1.0,
    "min": min,
    "max": max,
}
