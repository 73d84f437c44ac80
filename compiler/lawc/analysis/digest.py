"""The digest of what a law says.

Two texts with the same digest say the same: it sees equations, conditions, units, domain and
validity, and is blind to comments, spacing, titles, sources, labels, claims, the order of lines,
and the order of terms and factors.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from struct import pack
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
    parts,
)
from lawc.knowledge.law import Boundary, Equation, Event, Hole, Law, Relation

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)
_TURNED = {">": "<", ">=": "<="}


def digest(law: Law) -> str:
    """Return the sha256 of a law's canonical form, as 64 hexadecimal digits."""
    text = _JSON.encode(canonical_law(law))
    return sha256(text.encode("ascii")).hexdigest()


def gist(law: Law) -> str:
    """Return a short text that is equal wherever digests are, at a fraction of their cost.

    It sees the names and ends of quantities, and the numbers in equations. A zero has no sign in
    it, since what is sorted must have one order.
    """
    names: list[str] = []
    numbers: list[float] = []
    for quantity in law.quantities.values():
        names.append(quantity.name)
        if quantity.low is not None:
            numbers.append(float(quantity.low) + 0.0)
        if quantity.high is not None:
            numbers.append(float(quantity.high) + 0.0)
    stack = [side for equation in law.equations for side in (equation.left, equation.right)]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is Binary:
            stack.append(node.left)  # type: ignore[attr-defined]
            stack.append(node.right)  # type: ignore[attr-defined]
        elif kind is Number:
            numbers.append(float(node.value) + 0.0)  # type: ignore[attr-defined]
        elif kind is not Symbol:
            stack += parts(node)
    names.sort()
    numbers.sort()
    said = " ".join(names).encode("utf-8", "backslashreplace")
    # As bytes: to write numbers in digits takes longer than all else here.
    return sha256(said + pack(f"<{len(numbers)}d", *numbers)).hexdigest()[:24]


def canonical_law(law: Law) -> list[Any]:
    """Return what a law says as lists of strings and numbers, in an order of their own."""
    quantities = sorted(
        [
            q.name,
            _spelled(q.unit.dimension),
            q.unit.factor,
            q.unit.offset,
            None if q.low is None else float(q.low),
            None if q.high is None else float(q.high),
            q.log,
            q.depends,
            None if q.default is None else float(q.default),
        ]
        for q in law.quantities.values()
    )
    constants = sorted([name, float(constant.value)] for name, constant in law.constants.items())
    equations = sorted(canonical_sides(equation) for equation in law.equations)
    conditions = sorted(
        [c.quantity, c.order, canonical(c.value), c.variable, canonical(c.at)]
        for c in law.conditions
    )
    validity = sorted(canonical(v.condition) for v in law.validity)
    said: list[Any] = [quantities, constants, equations, conditions, validity]
    if law.distributions:
        lines = [
            [d.quantity, d.factor, d.family, *(canonical(p) for p in d.parameters)]
            for d in law.distributions
        ]
        said.append(["distributions", *sorted(lines)])
    # What few laws have is added only there, so that the digests of all others stay.
    if law.boundary:
        said.append(["boundary", *sorted(_boundary(line) for line in law.boundary)])
    if law.events:
        said.append(["event", *sorted(_event(event) for event in law.events)])
    if law.region:
        said.append(["region", *sorted(_hole(hole) for hole in law.region)])
    kinds = [[q.name, q.kind, *q.choices] for q in law.quantities.values() if q.kind != "number"]
    if kinds:
        said.append(["kinds", *sorted(kinds)])
    return said


def canonical_sides(equation: Equation) -> list[str]:
    """Return the relation and the two sides of an equation, in a settled order."""
    left, right = canonical(equation.left), canonical(equation.right)
    if equation.relation is Relation.DEFINITION or left <= right:
        return [equation.relation.value, left, right]
    return [equation.relation.value, right, left]


def canonical(node: Expression) -> str:
    """Return an expression as text in which the order of terms and factors is settled."""
    kind = type(node)
    if kind is Symbol:
        return node.name  # type: ignore[attr-defined]
    if kind is Number:
        return repr(float(node.value))  # type: ignore[attr-defined]
    if kind is Binary:
        return _binary(node)  # type: ignore[arg-type]
    match node:
        case Negative(of):
            return f"(- {canonical(of)})"
        case Call(function, arguments):
            return f"({function} {' '.join(canonical(a) for a in arguments)})"
        case Derivative(quantity, by, order):
            return f"(d {quantity} {by} {order})"
        case MixedDerivative(quantity, orders):
            return f"(d {quantity} {' '.join(f'{by} {order}' for by, order in orders)})"
        case Integral(of, by, low, high):
            return f"(integral {by} {canonical(of)} {canonical(low)} {canonical(high)})"
        case Comparison(operators, operands):
            return _comparison(operators, [canonical(operand) for operand in operands])
        case Logic(operator, operands):
            return f"({operator} {' '.join(sorted(canonical(operand) for operand in operands))})"
        case Choice(condition, then, otherwise):
            return f"(if {canonical(condition)} {canonical(then)} {canonical(otherwise)})"
    raise TypeError(f"expected a node of an expression, got {type(node).__name__}")


def _binary(node: Binary) -> str:
    if node.operator in "+-":
        return f"(+ {' '.join(sorted(_chain(node, '+', '-')))})"
    if node.operator in "*/":
        return f"(* {' '.join(sorted(_chain(node, '*', '/')))})"
    return f"({node.operator} {canonical(node.left)} {canonical(node.right)})"


def _event(event: Event) -> list[Any]:
    changes = sorted([c.quantity, c.order, canonical(c.value)] for c in event.changes)
    return [canonical(event.condition), *changes]


def _boundary(line: Boundary) -> list[str]:
    if line.left is None or line.right is None:
        return [line.quantity, line.variable]
    at = canonical(line.at) if isinstance(line.at, Expression) else str(line.at)
    sides = sorted((canonical(line.left), canonical(line.right)))
    if line.part:
        return [line.quantity, f"on {line.part}", *sides]
    point = [f"{name} {canonical(value)}" for name, value in sorted(line.further)]
    return [line.quantity, line.variable, at, *point, *sides]


def _hole(hole: Hole) -> list[str]:
    names = [*(name for name, _, _ in hole.bounds), *(name for name, _ in hole.centre)]
    return [hole.name, hole.shape, *names, *(canonical(side) for side in hole.expressions)]


_spelled = lru_cache(maxsize=4096)(str)


def _chain(node: Expression, operator: str, inverse: str) -> list[str]:
    """Return the operands of a sum or a product, the inverted ones marked."""
    found: list[str] = []
    stack: list[tuple[Expression, bool]] = [(node, False)]
    while stack:
        part, inverted = stack.pop()
        if type(part) is Binary and (part.operator == operator or part.operator == inverse):
            stack.append((part.left, inverted))
            stack.append((part.right, inverted != (part.operator == inverse)))
        else:
            text = canonical(part)
            found.append(f"({inverse} {text})" if inverted else text)
    return found


def _comparison(operators: tuple[str, ...], operands: list[str]) -> str:
    if all(operator in _TURNED for operator in operators):
        operators = tuple(_TURNED[operator] for operator in reversed(operators))
        operands = operands[::-1]
    if operators in (("=",), ("!=",)):
        operands = sorted(operands)
    return f"({' '.join(operators)} {' '.join(operands)})"
