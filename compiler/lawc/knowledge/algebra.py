"""Put expressions together, folding what zeros, ones and plain numbers decide.

Nothing is reordered or cancelled: `x - x` stays, so that a tree made here can still be compared
with what an author wrote.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from lawc.knowledge.expression import Binary, Call, Choice, Expression, Negative, Number, bottom_up

ZERO = Number(0)
ONE = Number(1)


def plus(left: Expression, right: Expression) -> Expression:
    """Return left + right."""
    match left, right:
        case Number(0), _:
            return right
        case _, Number(0):
            return left
        case Number(a), Number(b):
            return _number(a + b, Binary("+", left, right))
        case _, Negative(of):
            return Binary("-", left, of)
        case Negative(of), _:
            return Binary("-", right, of)
    return Binary("+", left, right)


def minus(left: Expression, right: Expression) -> Expression:
    """Return left - right."""
    match left, right:
        case _, Number(0):
            return left
        case Number(0), _:
            return negative(right)
        case Number(a), Number(b):
            return _number(a - b, Binary("-", left, right))
        case _, Negative(of):
            return Binary("+", left, of)
    return Binary("-", left, right)


def negative(of: Expression) -> Expression:
    """Return -of."""
    match of:
        case Number(value):
            return Number(-value)
        case Negative(inner):
            return inner
    return Negative(of)


def times(left: Expression, right: Expression) -> Expression:
    """Return left * right."""
    match left, right:
        case (Number(0), _) | (_, Number(0)):
            return ZERO
        case Number(1), _:
            return right
        case _, Number(1):
            return left
        case Number(a), Number(b):
            return _number(a * b, Binary("*", left, right))
        case Negative(a), Negative(b):
            return times(a, b)
        case Negative(a), _:
            return negative(times(a, right))
        case _, Negative(b):
            return negative(times(left, b))
    return Binary("*", left, right)


def over(left: Expression, right: Expression) -> Expression:
    """Return left / right."""
    match left, right:
        case Number(0), Number(b) if b == 0:
            return Binary("/", left, right)
        case Number(0), _:
            return ZERO
        case _, Number(1):
            return left
        case Negative(a), Negative(b):
            return over(a, b)
        case Negative(a), _:
            return negative(over(a, right))
        case _, Negative(b):
            return negative(over(left, b))
    return Binary("/", left, right)


def power(base: Expression, exponent: Expression) -> Expression:
    """Return base ^ exponent."""
    match base, exponent:
        case _, Number(0):
            return ONE
        case _, Number(1):
            return base
        case Number(1), _:
            return ONE
    return Binary("^", base, exponent)


def square(of: Expression) -> Expression:
    """Return of ^ 2."""
    return power(of, Number(2))


def call(function: str, *arguments: Expression) -> Expression:
    """Return a function of arguments."""
    return Call(function, arguments)


def fold(expression: Expression) -> Expression:
    """Return the same expression with zeros and ones folded everywhere."""
    folded: dict[int, Expression] = {}

    def of(node: Expression) -> Expression:
        if id(node) not in folded:
            folded[id(node)] = _folded(node, of)
        return folded[id(node)]

    for node in bottom_up(expression):
        of(node)
    return of(expression)


def _folded(node: Expression, inside: Callable[[Expression], Expression]) -> Expression:
    match node:
        case Negative(of):
            return negative(inside(of))
        case Binary(operator, left, right):
            return _JOIN[operator](inside(left), inside(right))
        case Call(function, arguments):
            return Call(function, tuple(inside(argument) for argument in arguments))
        case Choice(condition, then, otherwise):
            return Choice(condition, inside(then), inside(otherwise))
    return node


def total(terms: Iterable[Expression]) -> Expression:
    """Return the sum of terms, zero where there are none."""
    result: Expression = ZERO
    for term in terms:
        result = plus(result, term)
    return result


_JOIN = {"+": plus, "-": minus, "*": times, "/": over, "^": power}


def _number(value: float, otherwise: Expression) -> Expression:
    return Number(value) if math.isfinite(value) else otherwise
