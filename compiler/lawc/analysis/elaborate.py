"""Expressions as written to expressions as known: numbers in SI, derivatives explicit.

The names must be known to the scope; grouping and order stay the author's.
"""

from __future__ import annotations

import math

from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import CompileError, Place
from lawc.knowledge import expression as known
from lawc.knowledge.differentiate import total_derivative
from lawc.knowledge.expression import Expression
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Choice,
    Comparison,
    Derivative,
    Integral,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
)

PI = known.Number(math.pi)


class UnreadableError(CompileError):
    """A formula cannot be turned into knowledge; the text says why.

    Attributes:
        place: Where, if nothing has been reported about it yet.
    """

    def __init__(self, text: str, place: Place | None = None) -> None:
        self.place = place
        super().__init__(text)


def elaborate(node: Node, scope: Scope) -> Expression:
    """Return what an expression means.

    Raises:
        UnreadableError: A part is broken or misses its unit, which has been reported, or a
            derivative is not in the language.
    """
    kind = type(node)
    if kind is Name:
        return PI if node.name == "pi" else known.Symbol(node.name)  # type: ignore[attr-defined]
    if kind is Binary:
        return known.Binary(
            node.operator,  # type: ignore[attr-defined]
            elaborate(node.left, scope),  # type: ignore[attr-defined]
            elaborate(node.right, scope),  # type: ignore[attr-defined]
        )
    match node:
        case Number():
            return _number(node)
        case Negative(of=of):
            return known.Negative(elaborate(of, scope))
        case Call(function=function, arguments=arguments):
            return _call(function.name, arguments, scope)
        case Derivative(of=of, by=by, order=order):
            return _derivative(of, by.name, order, scope)
        case Comparison(operators=operators, operands=operands):
            return known.Comparison(operators, tuple(elaborate(o, scope) for o in operands))
        case Logic(operator=operator, operands=operands):
            return known.Logic(operator, tuple(elaborate(o, scope) for o in operands))
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return known.Choice(
                elaborate(condition, scope), elaborate(then, scope), elaborate(otherwise, scope)
            )
        case Integral(of=of, by=by, low=low, high=high):
            inside = elaborate(of, scope)
            return known.Integral(inside, by.name, elaborate(low, scope), elaborate(high, scope))
        case Broken():
            raise UnreadableError("a part could not be read")
    raise UnreadableError(f"{kind.__name__} is no part of a formula")


def si_value(node: Number) -> int | float:
    """Return a literal in SI units; an integer without a factor stays one.

    Raises:
        UnreadableError: Its unit is not known.
    """
    if node.unit is None:
        return node.value
    unit = read_unit(node.unit)
    if unit is None:
        raise UnreadableError(f"there is no unit {node.unit.text}")
    if unit.offset == 0 and (unit.factor == 1 or node.value == 0):
        return node.value
    return unit.to_si(node.value)


def _number(node: Number) -> Expression:
    return known.Number(si_value(node))


def _call(function: str, arguments: tuple[Node, ...], scope: Scope) -> Expression:
    if function != "value":
        if known.FUNCTIONS.get(function) != len(arguments):
            raise UnreadableError(f"`{function}` does not take {len(arguments)} arguments")
        return known.Call(function, tuple(elaborate(a, scope) for a in arguments))
    if len(arguments) != 2:
        raise UnreadableError("`value` takes an expression and a unit")
    of, written = arguments
    unit = read_unit(written) if isinstance(written, UnitText) else None
    if unit is None:
        raise UnreadableError("`value` lacks its unit")
    plain = elaborate(of, scope)
    if unit.offset:
        plain = known.Binary("-", plain, known.Number(unit.offset))
    return plain if unit.factor == 1 else known.Binary("/", plain, known.Number(unit.factor))


def _derivative(of: Node, by: str, order: int, scope: Scope) -> Expression:
    if isinstance(of, Name) and by in scope.depends.get(of.name, ()):
        return known.Derivative(of.name, by, order)
    result = elaborate(of, scope)
    for _ in range(order):
        try:
            result = total_derivative(result, by, scope.depends)
        except CompileError as problem:
            raise UnreadableError(str(problem), of.place) from problem
    return result
