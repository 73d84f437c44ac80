"""The value of an expression as written, where the file fixes it.

An exponent decides what a power measures, so it must be known before units are compared. A value
that rests on a variable is one that the variable's user may change; the caller is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Logic,
    Name,
    Negative,
    Node,
    Number,
)

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": math.exp, "ln": math.log, "log10": math.log10, "sqrt": math.sqrt, "abs": abs,
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh,
    "tanh": math.tanh, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan,
    "ceiling": math.ceil, "floor": math.floor, "min": min, "max": max, "rem": math.fmod,
    "root": lambda of, degree: math.pow(of, 1 / degree),
}  # fmt: skip
_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": math.pow,
}
_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class Folded:
    """A value, and the variables on which it rests."""

    value: float
    variables: frozenset[str] = field(default_factory=frozenset)


class _NotFixedError(Exception):
    """The file does not fix the value."""


def fold(node: Node, values: Mapping[str, float]) -> Folded | None:
    """Return the value of an expression, or None where the file fixes none that is finite.

    A choice is not fixed, although its condition may be: a branch that is not taken now may be
    taken later.

    Args:
        node: An expression whose numbers are plain.
        values: Of the variables that have one.
    """
    used: set[str] = set()
    try:
        value = float(_value(node, values, used))
    except (_NotFixedError, ArithmeticError, ValueError):
        return None
    return Folded(value, frozenset(used)) if math.isfinite(value) else None


def _value(node: Node, values: Mapping[str, float], used: set[str]) -> float:
    match node:
        case Number(_, _, value, None):
            return value
        case Name(_, name) if name in values:
            used.add(name)
            return values[name]
        case Negative(_, of):
            return -_value(of, values, used)
        case Binary(_, operator, left, right):
            return _OPERATORS[operator](_value(left, values, used), _value(right, values, used))
        case Call(_, function, arguments) if function.name in _FUNCTIONS:
            return _FUNCTIONS[function.name](*(_value(part, values, used) for part in arguments))
        case Comparison(_, operators, operands):
            numbers = [_value(operand, values, used) for operand in operands]
            return all(
                _RELATIONS[operator](left, right)
                for operator, left, right in zip(operators, numbers, numbers[1:], strict=False)
            )
        case Logic(_, operator, operands):
            truths = [bool(_value(operand, values, used)) for operand in operands]
            if operator == "not":
                return not truths[0]
            return all(truths) if operator == "and" else any(truths)
        case Choice(_, condition, Number(_, "1"), Number(_, "0")):
            # A condition used as a number.
            return _value(condition, values, used)
    raise _NotFixedError
