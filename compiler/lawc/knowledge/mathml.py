"""A law as mathematics on a page: expressions to MathML, which browsers draw by themselves.

The tree is drawn as its author wrote it; nothing is reordered or cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
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
from lawc.knowledge.letters import LEVELS, RELATIONS, letters

if TYPE_CHECKING:
    from lawc.knowledge.law import Boundary, Condition, Equation, Event, Law

SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "-": "−", "and": "∧", "or": "∨", "not": "¬"}

_TIMES = '<mo lspace="0.12em" rspace="0.12em">&#8290;</mo>'
"""A product as textbooks write it: side by side, with a little air."""


def law_blocks(law: Law) -> str:
    """Return the equations and conditions of a law as blocks of MathML."""
    setter = Setter(partial_names(law))
    lines = [setter.equation(one) for one in law.equations]
    lines += [setter.condition(one) for one in law.conditions]
    lines += [setter.boundary(one) for one in law.boundary]
    lines += [setter.event(one) for one in law.events]
    return "\n".join(block(line) for line in lines)


def block(inner: str) -> str:
    """Return a displayed formula of its parts."""
    return f'<math display="block">{inner}</math>'


def partial_names(law: Law) -> frozenset[str]:
    """Return the names whose derivatives are partial: what depends on several variables."""
    return frozenset(name for name, q in law.quantities.items() if len(q.depends) > 1)


class Setter:
    """Sets expressions; derivatives of the names given are written as partial ones."""

    def __init__(self, partial: Iterable[str] = ()) -> None:
        self.partial = frozenset(partial)

    def equation(self, equation: Equation) -> str:
        """Return both sides with their relation."""
        sign = RELATIONS[equation.relation.value]
        return _row(self.of(equation.left), _sign(sign), self.of(equation.right))

    def condition(self, condition: Condition) -> str:
        """Return `quantity(at) = value`."""
        primes = "′" * condition.order
        name = symbol(condition.quantity)
        left = f"<msup>{name}<mo>{primes}</mo></msup>" if primes else name
        at = (_sign("("), self.of(condition.at), _sign(")"))
        return _row(left, *at, _sign("="), self.of(condition.value))

    def boundary(self, boundary: Boundary) -> str:
        """Return `left = right at variable = place`, or what is periodic."""
        if boundary.left is None or boundary.right is None:
            words = _words(" periodic in ")
            return _row(symbol(boundary.quantity), words, symbol(boundary.variable))
        at = boundary.at
        if boundary.part:
            sides = (self.of(boundary.left), _sign("="), self.of(boundary.right))
            return _row(*sides, _words(f" on {boundary.part}"))
        place = self.of(at) if isinstance(at, Expression) else f"<mtext>{escape(str(at))}</mtext>"
        sides = (self.of(boundary.left), _sign("="), self.of(boundary.right))
        point = [
            part
            for name, value in boundary.further
            for part in (_words(", "), symbol(name), _sign("="), self.of(value))
        ]
        own = (symbol(boundary.variable), _sign("="), place)
        return _row(*sides, _words(" at "), *own, *point)

    def event(self, event: Event) -> str:
        """Return `when condition: left = right, …`."""
        parts: list[str] = []
        for change in event.changes:
            primes = "′" * change.order
            name = symbol(change.quantity)
            left = f"<msup>{name}<mo>{primes}</mo></msup>" if primes else name
            parts += [*((_sign(","),) if parts else ()), left, _sign("="), self.of(change.value)]
        return _row(
            _words("when "), self.of(event.condition), _sign(":"), *(parts or [_words("stop")])
        )

    def of(self, expression: Expression) -> str:
        """Return one expression."""
        match expression:
            case Number(value):
                return _number(value)
            case Symbol(name):
                return symbol(name)
            case Negative(of):
                return _row(_sign("-"), self._within(of, 2))
            case Binary():
                return self._binary(expression)
            case Call():
                return self._call(expression)
            case Derivative(quantity, by, order):
                return self._derivative(quantity, ((by, order),))
            case MixedDerivative(quantity, orders):
                return self._derivative(quantity, orders)
            case Integral(of, by, low, high):
                sign = f"<msubsup><mo>∫</mo>{self.of(low)}{self.of(high)}</msubsup>"
                d = '<mi mathvariant="normal">d</mi>'
                return _row(sign, self._within(of, 2), _row(d, symbol(by)))
            case Comparison(operators, operands):
                pieces = [self.of(operands[0])]
                for operator, operand in zip(operators, operands[1:], strict=True):
                    pieces += [_sign(operator), self.of(operand)]
                return _row(*pieces)
            case Logic("not", (operand,)):
                return _row(_sign("not"), self._condition(operand))
            case Logic(operator, operands):
                return _row(_sign(operator).join(self._condition(o) for o in operands))
            case Choice():
                return self._cases(expression)
        raise TypeError(f"no such expression: {type(expression).__name__}")

    def _binary(self, node: Binary) -> str:
        left, right = node.left, node.right
        match node.operator:
            case "/":
                return f"<mfrac>{self.of(left)}{self.of(right)}</mfrac>"
            case "^":
                return f"<msup>{self._within(left, 5)}{self.of(right)}</msup>"
            case "*":
                # A leading sign needs no parentheses: −k A.
                first = self.of(left) if isinstance(left, Negative) else self._within(left, 2)
                joint = _sign("×") if isinstance(right, Number) else _TIMES
                return _row(first, joint, self._within(right, 2))
        level = LEVELS[node.operator]
        after = level + 1 if node.operator == "-" else level
        return _row(self._within(left, level), _sign(node.operator), self._within(right, after))

    def _call(self, node: Call) -> str:
        match node.function, node.arguments:
            case "sqrt", (argument,):
                return f"<msqrt>{self.of(argument)}</msqrt>"
            case "exp", (argument,):
                return f"<msup><mi>e</mi>{self.of(argument)}</msup>"
            case "abs", (argument,):
                return _row(_sign("|"), self.of(argument), _sign("|"))
        inner = _sign(",").join(self.of(argument) for argument in node.arguments)
        name = f'<mi mathvariant="normal">{escape(node.function)}</mi>'
        return _row(name, _sign("("), inner, _sign(")"))

    def _cases(self, node: Choice) -> str:
        """Return the branches of a choice one below the other, also those of an inner one."""
        rows: list[tuple[Expression, Expression | None]] = []
        rest: Expression = node
        while isinstance(rest, Choice):
            rows.append((rest.then, rest.condition))
            rest = rest.otherwise
        rows.append((rest, None))
        cells = "".join(
            f"<mtr><mtd>{self.of(value)}</mtd><mtd><mtext>"
            + ("otherwise</mtext>" if when is None else f"if&#160;</mtext>{self.of(when)}")
            + "</mtd></mtr>"
            for value, when in rows
        )
        return _row(_sign("{"), f"<mtable columnalign='left'>{cells}</mtable>")

    def _derivative(self, quantity: str, orders: tuple[tuple[str, int], ...]) -> str:
        partial = quantity in self.partial or len(orders) > 1
        d = "<mo>∂</mo>" if partial else '<mi mathvariant="normal">d</mi>'
        total = sum(order for _, order in orders)
        top = _row(_raised(d, total), symbol(quantity))
        below = _row(*(_row(d, _raised(symbol(by), order)) for by, order in orders))
        return f"<mfrac>{top}{below}</mfrac>"

    def _condition(self, expression: Expression) -> str:
        inner = self.of(expression)
        return _row(_sign("("), inner, _sign(")")) if isinstance(expression, Logic) else inner

    def _within(self, expression: Expression, level: int) -> str:
        """Return an operand, in parentheses where it binds less tightly than its place."""
        inner = self.of(expression)
        match expression:
            case Binary(operator, _, _):
                loose = LEVELS[operator] < level
            case Negative() | Integral():
                loose = level > 1
            case Derivative() | MixedDerivative():
                loose = level > 4
            case Number(value):
                loose = level > 4 and value < 0
            case Choice():
                loose = True
            case _:
                loose = False
        return _row(_sign("("), inner, _sign(")")) if loose else inner


def symbol(name: str) -> str:
    """Return a name as the field writes it: `Vmax` and `Km` with an index, `alpha` as α."""
    found = letters(name)
    letter = escape(found.letter)
    style = ' mathvariant="normal"' if len(letter) > 1 else ""
    if not found.below:
        return f"<mi{style}>{letter}</mi>"
    below = ", ".join(escape(text) for text in found.below)
    return f'<msub><mi{style}>{letter}</mi><mi mathvariant="normal">{below}</mi></msub>'


def _number(value: int | float) -> str:
    text = f"{value:.10g}"
    digits, _, power = text.partition("e")
    if not power:
        return f"<mn>{escape(text)}</mn>"
    ten = f"<msup><mn>10</mn><mn>{int(power)}</mn></msup>"
    return ten if digits == "1" else _row(f"<mn>{digits}</mn>", _sign("×"), ten)


def _raised(base: str, power: int) -> str:
    return base if power == 1 else f"<msup>{base}<mn>{power}</mn></msup>"


def _words(text: str) -> str:
    return f"<mtext>{escape(text).replace(' ', '&#160;')}</mtext>"


def _row(*pieces: str) -> str:
    return f"<mrow>{''.join(pieces)}</mrow>"


def _sign(operator: str) -> str:
    return f"<mo>{escape(SIGNS.get(operator, operator))}</mo>"
