"""Turn an equation round until a name stands alone.

Where a name occurs once, the operations around it are undone one by one. Where it occurs more
often, fractions are cleared and a linear or quadratic equation is solved. What comes out are
candidates: an even power or a sine has several inverses, and only the declared ranges say
which one is meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lawc.knowledge.algebra import (
    ONE,
    ZERO,
    call,
    fold,
    minus,
    negative,
    over,
    plus,
    power,
    square,
    times,
)
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Expression,
    Negative,
    Number,
    Symbol,
    names,
    parts,
    substitute,
    walk,
)

MAX_CANDIDATES = 16
_PI = Number(math.pi)


def isolate(left: Expression, right: Expression, name: str) -> tuple[Expression, ...]:
    """Return candidates for a name from `left = right`, none where no way is known."""
    if _occurrences(left, name) + _occurrences(right, name) == 1:
        inside, outside = (left, right) if name in names(left) else (right, left)
        found: list[Expression] = []
        for candidate in _undo(inside, outside, name):
            found.append(candidate)
            if len(found) == MAX_CANDIDATES:
                break
        return tuple(found)
    return _polynomial(left, right, name)


def isolate_linear(left: Expression, right: Expression, name: str) -> Expression | None:
    """Return the name from an equation in which it is linear, or None where it is not."""
    if _occurrences(left, name) + _occurrences(right, name) == 1:
        candidates = isolate(left, right, name)
        return candidates[0] if len(candidates) == 1 else None
    above = numerator(minus(left, right), name)
    if above is None:
        return None
    slope = derivative(above, name)
    if slope == ZERO or name in names(slope):
        return None
    return over(negative(fold(substitute(above, {name: ZERO}))), slope)


def numerator(expression: Expression, name: str) -> Expression | None:
    """Return the expression times its denominators in a name, None if it is no such fraction."""
    pair = fraction(expression, name)
    return pair[0] if pair else None


def _occurrences(expression: Expression, name: str) -> int:
    wanted = Symbol(name)
    return sum(node == wanted for node in walk(expression))


def _undo(node: Expression, value: Expression, name: str) -> Iterator[Expression]:
    """Yield what the name is where `node = value` and the name occurs once in the node."""
    match node:
        case Symbol(found) if found == name:
            yield value
        case Negative(of):
            yield from _undo(of, negative(value), name)
        case Binary(operator, left, right) if name in names(left):
            for undone in _undo_left(operator, right, value):
                yield from _undo(left, undone, name)
        case Binary(operator, left, right):
            for undone in _undo_right(operator, left, value):
                yield from _undo(right, undone, name)
        case Call(function, (argument,)):
            for undone in _undo_function(function, value):
                yield from _undo(argument, undone, name)


def _undo_left(operator: str, right: Expression, value: Expression) -> Iterator[Expression]:
    match operator:
        case "+":
            yield minus(value, right)
        case "-":
            yield plus(value, right)
        case "*":
            yield over(value, right)
        case "/":
            yield times(value, right)
        case "^":
            yield from _roots(right, value)


def _undo_right(operator: str, left: Expression, value: Expression) -> Iterator[Expression]:
    match operator:
        case "+":
            yield minus(value, left)
        case "-":
            yield minus(left, value)
        case "*":
            yield over(value, left)
        case "/":
            yield over(left, value)
        case "^":
            yield over(call("ln", value), call("ln", left))


def _roots(exponent: Expression, value: Expression) -> Iterator[Expression]:
    """Yield the bases whose power is the value."""
    match exponent:
        case Number(n) | Negative(Number(n)) if n == int(n) and n % 2 == 1:
            size = power(call("abs", value), _inverse(exponent))
            yield size if n == 1 else times(call("sign", value), size)
        case Number(n) | Negative(Number(n)) if n == int(n):
            size = (
                call("sqrt", value) if exponent == Number(2) else power(value, _inverse(exponent))
            )
            yield size
            yield negative(size)
        case _:
            yield power(value, _inverse(exponent))


def _inverse(exponent: Expression) -> Expression:
    return Number(1 / exponent.value) if isinstance(exponent, Number) else over(ONE, exponent)


def _undo_function(function: str, v: Expression) -> Iterator[Expression]:
    match function:
        case "exp":
            yield call("ln", v)
        case "expm1":
            yield call("ln", plus(ONE, v))
        case "ln":
            yield call("exp", v)
        case "log10":
            yield power(Number(10), v)
        case "log2":
            yield power(Number(2), v)
        case "sqrt":
            yield square(v)
        case "abs":
            yield v
            yield negative(v)
        case "sin":
            yield call("arcsin", v)
            yield minus(_PI, call("arcsin", v))
        case "cos":
            yield call("arccos", v)
            yield negative(call("arccos", v))
            yield minus(times(Number(2), _PI), call("arccos", v))
        case "tan":
            yield call("arctan", v)
            yield plus(call("arctan", v), _PI)
        case "arcsin":
            yield call("sin", v)
        case "arccos":
            yield call("cos", v)
        case "arctan":
            yield call("tan", v)
        case "sinh":
            yield times(call("sign", v), _arcosine_of_area(call("abs", v), ONE))
        case "cosh":
            size = _arcosine_of_area(v, Number(-1))
            yield size
            yield negative(size)
        case "tanh":
            yield over(minus(call("ln", plus(ONE, v)), call("ln", minus(ONE, v))), Number(2))


def _arcosine_of_area(v: Expression, shift: Expression) -> Expression:
    return call("ln", plus(v, call("sqrt", plus(square(v), shift))))


def _polynomial(left: Expression, right: Expression, name: str) -> tuple[Expression, ...]:
    """Return the solutions of an equation that is linear or quadratic in the name."""
    above = numerator(minus(left, right), name)
    if above is None:
        return ()
    slope = derivative(above, name)
    constant = fold(substitute(above, {name: ZERO}))
    if slope == ZERO:
        return ()
    if name not in names(slope):
        return (over(negative(constant), slope),)
    bend = derivative(slope, name)
    if bend == ZERO or name in names(bend):
        return ()
    b = fold(substitute(slope, {name: ZERO}))
    root = call("sqrt", minus(square(b), times(times(Number(2), bend), constant)))
    return tuple(
        solution
        for total in (plus(b, root), minus(b, root))
        # Each root in two forms: one of them is free of cancellation.
        for solution in (
            negative(over(total, bend)),
            negative(over(times(Number(2), constant), total)),
        )
    )


def fraction(node: Expression, name: str) -> tuple[Expression, Expression] | None:
    """Return numerator and denominator, both polynomials in the name as written."""
    if name not in names(node):
        return node, ONE
    match node:
        case Symbol():
            return node, ONE
        case Negative(of):
            pair = fraction(of, name)
            return (negative(pair[0]), pair[1]) if pair else None
        case Binary("^", base, Number(int() as n)) if 0 < abs(n) <= 4:
            pair = fraction(base, name)
            if pair is None:
                return None
            above, below = (power(part, Number(abs(n))) for part in pair)
            return (above, below) if n > 0 else (below, above)
        case Binary(operator, left, right) if operator != "^":
            first, second = fraction(left, name), fraction(right, name)
            if first is None or second is None:
                return None
            return _combined(operator, first, second)
        case Choice() | Call() | Binary():
            return None
    return None if parts(node) else (node, ONE)


def _combined(
    operator: str, first: tuple[Expression, Expression], second: tuple[Expression, Expression]
) -> tuple[Expression, Expression]:
    (a, b), (c, d) = first, second
    match operator:
        case "*":
            return times(a, c), times(b, d)
        case "/":
            return times(a, d), times(b, c)
    join = plus if operator == "+" else minus
    if b == d:
        return join(a, c), b
    return join(times(a, d), times(c, b)), times(b, d)
