"""Between our trees and sympy's, both ways.

sympy sees only what is built here: symbols with names of ours (`s_0`), exact numbers, functions of
a closed list. What comes back is translated node by node; anything else is refused. This file
imports sympy, so only the worker and what asks for sympy by name may import it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from lawc.knowledge.algebra import ONE, call, minus, negative, over, plus, power, times
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

MAX_DIGITS = 12
MAX_NODES = 4_000


class UntranslatableError(Exception):
    """A node has no counterpart on the other side; the text names it."""


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": sympy.exp,
    "ln": sympy.log,
    "log10": lambda z: sympy.log(z) / sympy.log(10),
    "log2": lambda z: sympy.log(z) / sympy.log(2),
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "erf": sympy.erf,
    "elliptic_k": sympy.elliptic_k,
    "lambert_w": sympy.LambertW,
    "lambert_w_exp": lambda z: sympy.LambertW(sympy.exp(z)),
    "expm1": lambda z: sympy.exp(z) - 1,
    "exprel": lambda z: (sympy.exp(z) - 1) / z,
    "min": sympy.Min,
    "max": sympy.Max,
}
FUNCTION_NAMES: Mapping[Any, str] = {
    sympy.exp: "exp",
    sympy.log: "ln",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "arcsin",
    sympy.acos: "arccos",
    sympy.atan: "arctan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.erf: "erf",
    sympy.elliptic_k: "elliptic_k",
}
"""The functions of the language by their class in sympy."""
_RELATIONS: Mapping[str, Callable[..., Any]] = {
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
    "=": sympy.Eq,
    "!=": sympy.Ne,
}
_CONNECTIVES: Mapping[str, Callable[..., Any]] = {
    "and": sympy.And,
    "or": sympy.Or,
    "not": sympy.Not,
}


class Symbols:
    """The symbols that stand for our names, with what is known of their sign."""

    def __init__(self, signs: Mapping[str, str]) -> None:
        """Take `positive`, `negative`, `nonnegative` or nothing for each name; all are real."""
        self._signs = signs
        self._forward: dict[str, Any] = {}
        self._backward: dict[Any, Expression] = {}

    def of(self, name: str) -> Any:
        """Return the sympy symbol of a name."""
        if name not in self._forward:
            sign = self._signs.get(name, "")
            assumptions = {sign: True} if sign else {}
            made = self._make(**assumptions)
            self._forward[name] = made
            self._backward[made] = Symbol(name)
        return self._forward[name]

    def number(self, value: float) -> Any:
        """Return an exact number where it is short, otherwise a symbol that stands for it."""
        if isinstance(value, int) and abs(value) < 10**MAX_DIGITS:
            return sympy.Integer(value)
        text = repr(value)
        mantissa, _, exponent = text.partition("e")
        short = len(mantissa.strip("-").replace(".", "").strip("0")) <= MAX_DIGITS
        if short and abs(int(exponent or 0)) <= MAX_DIGITS and abs(value) < 10**MAX_DIGITS:
            fraction = Fraction(text)
            return sympy.Rational(fraction.numerator, fraction.denominator)
        name = f"number {text}"
        if name not in self._forward:
            made = self._make(**{"positive" if value > 0 else "negative": True})
            self._forward[name] = made
            self._backward[made] = Number(value)
        return self._forward[name]

    def back(self, symbol: Any) -> Expression:
        """Return what a symbol stands for."""
        if symbol not in self._backward:
            raise UntranslatableError(f"the symbol {symbol}")
        return self._backward[symbol]

    def _make(self, **assumptions: bool) -> Any:
        return sympy.Symbol(f"s_{len(self._forward)}", real=True, **assumptions)


def to_sympy(node: Expression, symbols: Symbols) -> Any:
    """Return the sympy expression of a tree without derivatives.

    Raises:
        UntranslatableError: It holds a derivative, a function that is not of the language, or a
            value that sympy does not compare, such as ln(0).
    """
    try:
        return _forward(node, symbols)
    except (TypeError, ValueError) as error:
        raise UntranslatableError(str(error)) from error


def _forward(node: Expression, symbols: Symbols) -> Any:
    match node:
        case Number(value):
            return symbols.number(value)
        case Symbol(name):
            return symbols.of(name)
        case Negative(of):
            return -_forward(of, symbols)
        case Binary(operator, left, right):
            return _binary(operator, _forward(left, symbols), _forward(right, symbols))
        case Call(function, arguments) if function in _FUNCTIONS:
            return _FUNCTIONS[function](*(_forward(a, symbols) for a in arguments))
        case Comparison(operators, operands):
            sides = [_forward(operand, symbols) for operand in operands]
            pairs = zip(operators, sides[:-1], sides[1:], strict=True)
            return sympy.And(*(_RELATIONS[sign](a, b) for sign, a, b in pairs))
        case Logic(operator, operands):
            return _CONNECTIVES[operator](*(_forward(o, symbols) for o in operands))
        case Choice(condition, then, otherwise):
            return sympy.Piecewise(
                (_forward(then, symbols), _forward(condition, symbols)),
                (_forward(otherwise, symbols), True),
            )
    raise UntranslatableError(type(node).__name__)


def _binary(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    return left**right


def from_sympy(node: Any, symbols: Symbols) -> Expression:
    """Return our tree of a sympy expression.

    Raises:
        UntranslatableError: It holds something complex, infinite, or outside the language, or it is
            too large.
    """
    if sum(1 for _ in zip(sympy.preorder_traversal(node), range(MAX_NODES), strict=False)) == (
        MAX_NODES
    ):
        raise UntranslatableError("an expression that is too large")
    return _back(node, symbols)


def _back(node: Any, symbols: Symbols) -> Expression:
    if isinstance(node, sympy.Symbol):
        return symbols.back(node)
    if isinstance(node, sympy.Integer):
        return Number(_finite(int(node)))
    if isinstance(node, sympy.Rational):
        return Number(_finite(int(node.p)) / _finite(int(node.q)))
    if isinstance(node, sympy.Float):
        return Number(float(node))
    if node is sympy.pi:
        return Number(math.pi)
    if node is sympy.E:
        return Number(math.e)
    if isinstance(node, sympy.Add):
        return _sum(node.as_ordered_terms(), symbols)
    if isinstance(node, sympy.Mul):
        return _product(node.as_ordered_factors(), symbols)
    if isinstance(node, sympy.Pow):
        return _power(node, symbols)
    if isinstance(node, sympy.LambertW):
        return _lambert(node.args, symbols)
    if node.func in FUNCTION_NAMES and len(node.args) == 1:
        return call(FUNCTION_NAMES[node.func], _back(node.args[0], symbols))
    if isinstance(node, sympy.Min | sympy.Max):
        name = "min" if isinstance(node, sympy.Min) else "max"
        first, *rest = (_back(argument, symbols) for argument in node.args)
        for other in rest:
            first = call(name, first, other)
        return first
    if isinstance(node, sympy.Piecewise):
        return _choice(node.args, symbols)
    if isinstance(node, Relational):
        return _relation(node, symbols)
    if isinstance(node, BooleanFunction) and type(node).__name__ in ("And", "Or", "Not"):
        operands = tuple(_back(argument, symbols) for argument in node.args)
        return Logic(type(node).__name__.lower(), operands)
    raise UntranslatableError(type(node).__name__)


def _finite(value: int) -> int:
    if abs(value) > 1e300:
        raise UntranslatableError("a number beyond float64")
    return value


def _sum(terms: Iterable[Any], symbols: Symbols) -> Expression:
    result: Expression = Number(0)
    for term in terms:
        if term.could_extract_minus_sign():
            result = minus(result, _back(-term, symbols))
        else:
            result = plus(result, _back(term, symbols))
    return result


def _product(factors: Iterable[Any], symbols: Symbols) -> Expression:
    above: Expression = ONE
    below: Expression = ONE
    sign = 1
    for factor in factors:
        if factor.is_Rational:
            sign = -sign if factor < 0 else sign
            above = times(above, Number(_finite(abs(int(factor.p)))))
            below = times(below, Number(_finite(int(factor.q))))
        elif factor.is_Pow and factor.exp.could_extract_minus_sign():
            below = times(below, _back(1 / factor, symbols))
        else:
            above = times(above, _back(factor, symbols))
    return over(above if sign > 0 else negative(above), below)


def _power(node: Any, symbols: Symbols) -> Expression:
    base, exponent = node.base, node.exp
    if exponent == sympy.Rational(1, 2):
        return call("sqrt", _back(base, symbols))
    if exponent.could_extract_minus_sign():
        return over(ONE, _back(base**-exponent, symbols))
    return power(_back(base, symbols), _back(exponent, symbols))


def _relation(node: Any, symbols: Symbols) -> Expression:
    left, right = (_back(side, symbols) for side in node.args)
    return Comparison(("=" if node.rel_op == "==" else node.rel_op,), (left, right))


def _lambert(arguments: tuple[Any, ...], symbols: Symbols) -> Expression:
    """Return W(z), as W(exp(ln z)) where z is positive and has an exponential that may be huge."""
    if len(arguments) != 1:
        raise UntranslatableError("a branch of Lambert's function")
    rest: Any = sympy.Integer(1)
    exponent: Any = sympy.Integer(0)
    for factor in sympy.Mul.make_args(arguments[0]):
        if isinstance(factor, sympy.exp):
            exponent += factor.args[0]
        else:
            rest *= factor
    if exponent == 0 or not rest.is_positive:
        return call("lambert_w", _back(arguments[0], symbols))
    return call("lambert_w_exp", plus(call("ln", _back(rest, symbols)), _back(exponent, symbols)))


def _choice(branches: Iterable[Any], symbols: Symbols) -> Expression:
    pairs = list(branches)
    last, closing = pairs[-1].args
    if closing != sympy.true:
        raise UntranslatableError("a choice that leaves cases open")
    result = _back(last, symbols)
    for value, condition in reversed([pair.args for pair in pairs[:-1]]):
        result = Choice(_back(condition, symbols), _back(value, symbols), result)
    return result
