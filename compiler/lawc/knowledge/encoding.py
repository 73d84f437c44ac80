"""Expressions as plain lists, and back: what crosses a process border or is digested.

Every node becomes a list whose first item names its kind. Nothing that comes in is trusted: an
unknown kind, a wrong number of parts or a tree too deep or too large is an error.
"""

from __future__ import annotations

from typing import Any

from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Integral,
    Logic,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
)

MAX_DEPTH = 400
MAX_NODES = 50_000

_BINARY = frozenset("+-*/^")
_COMPARE = frozenset(("<", "<=", ">", ">=", "=", "!="))
_LOGIC = frozenset(("and", "or", "not"))


def encode(expression: Expression) -> list[Any]:
    """Return nested lists of strings and numbers that `decode` reads back without loss."""
    match expression:
        case Number(value):
            return ["number", value]
        case Symbol(name):
            return ["symbol", name]
        case Negative(of):
            return ["negative", encode(of)]
        case Binary(operator, left, right):
            return ["binary", operator, encode(left), encode(right)]
        case Call(function, arguments):
            return ["call", function, *(encode(argument) for argument in arguments)]
        case Derivative(quantity, by, order):
            return ["derivative", quantity, by, order]
        case MixedDerivative(quantity, orders):
            return ["mixed", quantity, *([by, order] for by, order in orders)]
        case Integral(of, by, low, high):
            return ["integral", by, encode(of), encode(low), encode(high)]
        case Comparison(operators, operands):
            return ["comparison", list(operators), *(encode(operand) for operand in operands)]
        case Logic(operator, operands):
            return ["logic", operator, *(encode(operand) for operand in operands)]
        case Choice(condition, then, otherwise):
            return ["choice", encode(condition), encode(then), encode(otherwise)]
    raise TypeError(f"expected a node of an expression, got {type(expression).__name__}")


def decode(data: object) -> Expression:
    """Read an expression from nested lists that may come from anywhere.

    Raises:
        ValueError: It is not an encoded expression; the text says why.
    """
    count = [0]
    return _decode(data, 0, count)


def _decode(data: object, depth: int, count: list[int]) -> Expression:
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_NODES:
        raise ValueError("an encoded expression is too deep or too large")
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise ValueError(f"expected an encoded node, got {str(data)[:80]!r}")
    kind, *rest = data

    def part(item: object) -> Expression:
        return _decode(item, depth + 1, count)

    match kind, rest:
        case "number", [int() | float() as value] if not isinstance(value, bool):
            return Number(value)
        case "symbol", [str() as name]:
            return Symbol(name)
        case "negative", [of]:
            return Negative(part(of))
        case "binary", [str() as operator, left, right] if operator in _BINARY:
            return Binary(operator, part(left), part(right))
        case "call", [str() as function, *arguments] if arguments:
            return Call(function, tuple(part(argument) for argument in arguments))
        case "derivative", [str() as quantity, str() as by, int() as order] if order > 0:
            return Derivative(quantity, by, order)
        case "mixed", [str() as quantity, *orders] if len(orders) > 1:
            return MixedDerivative(quantity, _orders(orders))
        case "integral", [str() as by, of, low, high]:
            return Integral(part(of), by, part(low), part(high))
        case "comparison", [list() as operators, *operands] if (
            len(operands) == len(operators) + 1
            and operators
            and all(operator in _COMPARE for operator in operators)
        ):
            return Comparison(tuple(operators), tuple(part(operand) for operand in operands))
        case "logic", [str() as operator, *operands] if operator in _LOGIC and operands:
            return Logic(operator, tuple(part(operand) for operand in operands))
        case "choice", [condition, then, otherwise]:
            return Choice(part(condition), part(then), part(otherwise))
    raise ValueError(f"expected an encoded node, got {str(data)[:80]!r}")


def _orders(data: list[object]) -> tuple[tuple[str, int], ...]:
    orders: list[tuple[str, int]] = []
    for item in data:
        match item:
            case [str() as by, int() as order] if order > 0 and not isinstance(order, bool):
                orders.append((by, order))
            case _:
                raise ValueError(f"expected a variable and an order, got {str(item)[:80]!r}")
    if sorted({by for by, _ in orders}) != [by for by, _ in orders]:
        raise ValueError("the variables of a mixed derivative are sorted, each once")
    return tuple(orders)
