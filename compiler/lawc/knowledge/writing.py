"""Write what is known as text that a reader of formulas expects, in the spelling of the language.

Numbers are those of the tree, in SI; brackets stand only where precedence needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from lawc.knowledge.words import Always

if TYPE_CHECKING:
    from lawc.knowledge.law import Boundary, Claim, Condition, Equation, Event, Hole, Law

# Weakest first. A sign binds less than a power and more than a product: -x^2*y is (-(x^2))*y.
_CHOICE, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(10)
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}


def write_expression(expression: Expression) -> str:
    """Return an expression as text that reads back as the same tree."""
    return _write(expression)[0]


def write_equation(equation: Equation) -> str:
    """Return `label: left = right`, without the label where there is none."""
    sides = f"{write_expression(equation.left)} {equation.relation} "
    text = sides + write_expression(equation.right)
    return f"{equation.label}: {text}" if equation.label else text


def write_condition(condition: Condition) -> str:
    """Return `dx/dt = 0 at t = 0`."""
    left = (
        condition.quantity
        if condition.order == 0
        else write_expression(Derivative(condition.quantity, condition.variable, condition.order))
    )
    return (
        f"{left} = {write_expression(condition.value)} "
        f"at {condition.variable} = {write_expression(condition.at)}"
    )


def write_event(event: Event, variable: str) -> str:
    """Return `label: when x <= 0: dx/dt = -e*dx/dt`."""
    changes = ", ".join(
        f"{_derived(c.quantity, variable, c.order)} = {write_expression(c.value)}"
        for c in event.changes
    )
    label = f"{event.label}: " if event.label else ""
    return f"{label}when {write_expression(event.condition)}: {changes or 'stop'}"


def _derived(quantity: str, variable: str, order: int) -> str:
    return write_expression(Derivative(quantity, variable, order)) if order else quantity


def write_boundary(boundary: Boundary) -> str:
    """Return `dT/dx = 0 at x = 1`, or `T periodic in x`."""
    if boundary.left is None:
        return f"{boundary.quantity} periodic in {boundary.variable}"
    sides = f"{write_expression(boundary.left)} = {_side(boundary.right)}"
    if boundary.part:
        return f"{sides} on {boundary.part}"
    point = "".join(f", {name} = {_side(value)}" for name, value in boundary.further)
    return f"{sides} at {boundary.variable} = {_side(boundary.at)}{point}"


def write_hole(hole: Hole) -> str:
    """Return `rim: without disk at x = 0, y = 0 radius 1`."""
    if hole.radius is None:
        ends = [f"{name} = {_side(low)} .. {_side(high)}" for name, low, high in hole.bounds]
        return f"{hole.name}: without {hole.shape} {', '.join(ends)}"
    middle = ", ".join(f"{name} = {_side(value)}" for name, value in hole.centre)
    return f"{hole.name}: without {hole.shape} at {middle} radius {_side(hole.radius)}"


def write_claim(claim: Claim) -> str:
    """Return a claim as its author wrote it, or in the words of the language."""
    if claim.text:
        return f"always {claim.text}"
    subject = write_expression(claim.subject)
    match claim.form:
        case Always.COMPARISON:
            text = subject
        case Always.CONSTANT:
            text = f"{subject} is constant"
        case Always.SCALES:
            text = f"{subject} scales with {claim.by} ^ {_side(claim.value)}"
        case Always.LIMIT:
            text = f"{subject} -> {_side(claim.value)} as {claim.by} -> {_side(claim.towards)}"
        case _:
            text = f"{subject} {claim.form} {claim.by}"
            if claim.value is not None:
                text += f" with {_side(claim.value)}"
    where = ", ".join(write_expression(condition) for condition in claim.where)
    return f"always {text} where {where}" if where else f"always {text}"


def citation(law: Law) -> str:
    """Return the sources of a law in one line."""
    return "; ".join(law.sources)


def _side(value: Expression | str | None) -> str:
    return write_expression(value) if isinstance(value, Expression) else str(value)


def _write(node: Expression) -> tuple[str, int]:
    match node:
        case Number(value):
            text = repr(value) if isinstance(value, int) else f"{value:.16g}"
            return text, _SIGN if value < 0 else _ATOM
        case Symbol(name):
            return name, _ATOM
        case Negative(of):
            return "-" + _bracketed(of, _POWER), _SIGN
        case Binary(operator, left, right):
            return _binary(operator, left, right)
        case Call(function, arguments):
            return f"{function}({', '.join(_write(a)[0] for a in arguments)})", _ATOM
        case Derivative(quantity, by, order):
            power = "" if order == 1 else str(order)
            if "." in quantity or "." in by:
                return f"d{power}/d({by}){power}({quantity})", _POWER
            return f"d{power}{quantity}/d{by}{power}", _POWER
        case MixedDerivative(quantity, orders):
            power = sum(order for _, order in orders)
            below = "".join(f"∂{by}{order if order > 1 else ''}" for by, order in orders)
            return f"∂{power}{quantity}/{below}", _POWER
        case Integral(of, by, low, high):
            ends = f"{_bracketed(low, _SUM)} .. {_bracketed(high, _SUM)}"
            return f"integral({_write(of)[0]}, {by} = {ends})", _ATOM
        case Comparison(operators, operands):
            texts = [_bracketed(operand, _SUM) for operand in operands]
            signs = ["", *(f" {operator} " for operator in operators)]
            return "".join(s + t for s, t in zip(signs, texts, strict=True)), _COMPARED
        case Logic("not", (of,)):
            return "not " + _bracketed(of, _COMPARED), _NOT
        case Logic(operator, operands):
            level = _AND if operator == "and" else _OR
            return f" {operator} ".join(_bracketed(o, level + 1) for o in operands), level
        case Choice(condition, then, otherwise):
            parts = (_write(part)[0] for part in (condition, then, otherwise))
            return "if {} then {} else {}".format(*parts), _CHOICE
    raise TypeError(f"expected an expression, got {type(node).__name__}")


def _binary(operator: str, left: Expression, right: Expression) -> tuple[str, int]:
    level = _BINARY[operator]
    if operator == "^":
        # Right associative, and a sign in the exponent needs brackets.
        return f"{_bracketed(left, _ATOM)}^{_bracketed(right, _POWER)}", level
    # A sum or product on the right keeps its brackets, so that the tree reads back as it was.
    # A derivative below a line reads as one more quotient without them, a sign as a second one.
    quotient = operator == "/" and isinstance(right, Derivative | MixedDerivative)
    below = _ATOM if quotient else level + 1
    texts = _bracketed(left, level), _bracketed(right, below)
    if texts[1].startswith("-"):
        texts = texts[0], f"({texts[1]})"
    space = " " if level == _SUM else ""
    return f"{texts[0]}{space}{operator}{space}{texts[1]}", level


def _bracketed(node: Expression, least: int) -> str:
    text, level = _write(node)
    return text if level >= least else f"({text})"
