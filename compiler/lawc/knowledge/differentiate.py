"""The derivative of an expression, as an expression.

Two questions are answered: how an expression changes with one symbol while all others stand still
(`derivative`), and how it changes with a variable that other quantities depend on
(`total_derivative`, the chain rule). Zeros and ones are dropped on the way; nothing else is
simplified.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ONE, ZERO, minus, negative, over, plus, power, square, times
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Integral,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
    bottom_up,
    parts,
    size,
)

MOST_PARTS = 20_000
"""A derivative of a derivative of a product grows faster than its orders."""


def derivative(expression: Expression, name: str) -> Expression:
    """Return the partial derivative by a symbol; other symbols and derivatives stand still.

    Raises:
        CompileError: A function occurs whose derivative is not in the language, or the derivative
            is too large to be written out.
    """

    def leaf(node: Expression) -> Expression:
        return ONE if isinstance(node, Symbol) and node.name == name else ZERO

    return _differentiate(expression, leaf)


def total_derivative(
    expression: Expression, by: str, depends: Mapping[str, tuple[str, ...]]
) -> Expression:
    """Return the derivative by a variable, by the chain rule.

    Args:
        expression: What is differentiated.
        by: The variable.
        depends: For each quantity what it is a function of; a quantity that is missing, or
            depends on nothing, stands still.

    Raises:
        CompileError: A function occurs whose derivative is not in the language.
    """

    def rate(name: str, seen: frozenset[str]) -> Expression:
        if name == by:
            return ONE
        total: Expression = ZERO
        for inner in depends.get(name, ()):
            if inner not in seen:
                outer = Derivative(name, inner, 1)
                total = plus(total, times(outer, rate(inner, seen | {name})))
        return total

    def further(name: str, orders: Mapping[str, int]) -> Expression:
        total: Expression = ZERO
        for inner in depends.get(name, ()):
            outer = _derived(name, {**orders, inner: orders.get(inner, 0) + 1})
            total = plus(total, times(outer, rate(inner, frozenset((name,)))))
        return total

    def leaf(node: Expression) -> Expression:
        if isinstance(node, Symbol):
            return rate(node.name, frozenset())
        if isinstance(node, Derivative):
            return further(node.quantity, {node.by: node.order})
        if isinstance(node, MixedDerivative):
            return further(node.quantity, dict(node.orders))
        return ZERO

    return _differentiate(expression, leaf)


def _derived(name: str, orders: Mapping[str, int]) -> Expression:
    if len(orders) == 1:
        return Derivative(name, *next(iter(orders.items())))
    return MixedDerivative(name, tuple(sorted(orders.items())))


def _differentiate(expression: Expression, leaf: Callable[[Expression], Expression]) -> Expression:
    known: dict[int, Expression] = {}

    def of(node: Expression) -> Expression:
        # Parts may be shared; each object is differentiated once.
        if id(node) not in known:
            known[id(node)] = _by_rules(node, leaf, of)
        return known[id(node)]

    for node in bottom_up(expression, _differentiated):
        of(node)
    result = of(expression)
    if size(result) > MOST_PARTS:
        raise CompileError(f"written out, this derivative has more than {MOST_PARTS:,} parts")
    return result


def _differentiated(node: Expression) -> tuple[Expression, ...]:
    """Return the parts whose derivatives a node needs: all but conditions."""
    return (node.then, node.otherwise) if isinstance(node, Choice) else parts(node)


def _by_rules(
    node: Expression,
    leaf: Callable[[Expression], Expression],
    inside: Callable[[Expression], Expression],
) -> Expression:
    match node:
        case Symbol() | Derivative() | MixedDerivative() | Number():
            return leaf(node)
        case Integral(of, by, low, high):
            # The ends move no further than this, since a field under the integral may move too.
            if inside(low) != ZERO or inside(high) != ZERO:
                raise CompileError("the derivative of an integral by its ends is not known")
            inner = inside(of)
            return ZERO if inner == ZERO else Integral(inner, by, low, high)
        case Negative(of):
            return negative(inside(of))
        case Binary(operator, left, right):
            return _binary(operator, left, right, inside)
        case Call(function, (left, right)) if function in ("min", "max"):
            sign = "<=" if function == "min" else ">="
            first, second = inside(left), inside(right)
            return Choice(Comparison((sign,), (left, right)), first, second)
        case Call(function, (argument,)):
            inner = inside(argument)
            return ZERO if inner == ZERO else times(_outer(function, argument), inner)
        case Choice(condition, then, otherwise):
            first, second = inside(then), inside(otherwise)
            return ZERO if first == ZERO and second == ZERO else Choice(condition, first, second)
    raise CompileError("a condition has no derivative")


def _binary(
    operator: str, left: Expression, right: Expression, inside: Callable[[Expression], Expression]
) -> Expression:
    first, second = inside(left), inside(right)
    match operator:
        case "+":
            return plus(first, second)
        case "-":
            return minus(first, second)
        case "*":
            return plus(times(first, right), times(left, second))
        case "/":
            if second == ZERO:
                return over(first, right)
            return over(minus(times(first, right), times(left, second)), square(right))
    if second == ZERO:
        return times(times(right, _one_less(left, right)), first)
    growth = plus(times(second, Call("ln", (left,))), times(right, over(first, left)))
    return times(Binary("^", left, right), growth)


def _one_less(base: Expression, exponent: Expression) -> Expression:
    if isinstance(exponent, Number):
        return power(base, Number(exponent.value - 1))
    return Binary("^", base, Binary("-", exponent, ONE))


def _outer(function: str, z: Expression) -> Expression:
    """Return the derivative of a function of one argument, at that argument."""
    squared = square(z)
    match function:
        case "exp" | "expm1":
            return Call("exp", (z,))
        case "ln":
            return over(ONE, z)
        case "log10":
            return over(ONE, times(z, Number(math.log(10))))
        case "log2":
            return over(ONE, times(z, Number(math.log(2))))
        case "sqrt":
            return over(ONE, times(Number(2), Call("sqrt", (z,))))
        case "abs":
            return Call("sign", (z,))
        case "sign":
            return ZERO
        case "sin":
            return Call("cos", (z,))
        case "cos":
            return negative(Call("sin", (z,)))
        case "tan":
            return plus(ONE, square(Call("tan", (z,))))
        case "arcsin":
            return over(ONE, Call("sqrt", (minus(ONE, squared),)))
        case "arccos":
            return negative(over(ONE, Call("sqrt", (minus(ONE, squared),))))
        case "arctan":
            return over(ONE, plus(ONE, squared))
        case "sinh":
            return Call("cosh", (z,))
        case "cosh":
            return Call("sinh", (z,))
        case "tanh":
            return minus(ONE, square(Call("tanh", (z,))))
        case "erf":
            return times(Number(2 / math.sqrt(math.pi)), Call("exp", (negative(squared),)))
        case "exprel":
            # (exp(z) - exprel(z))/z is 0/0 at zero, where the derivative is one half.
            slope = over(minus(Call("exp", (z,)), Call("exprel", (z,))), z)
            return Choice(Comparison(("=",), (z, ZERO)), Number(0.5), slope)
        case "lambert_w":
            return over(ONE, plus(z, Call("exp", (Call("lambert_w", (z,)),))))
        case "lambert_w_exp":
            root = Call("lambert_w_exp", (z,))
            return over(root, plus(ONE, root))
    raise CompileError(f"the derivative of {function} is not in the language")
