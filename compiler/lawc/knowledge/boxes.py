"""A formula set in characters: fractions, roots, powers and sums over several lines.

A box is a rectangle of text with a baseline; boxes are put side by side on their baselines. The
tree is drawn as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable

from lawc.diagnostics.immutable import immutable
from lawc.diagnostics.width import display_width
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
from lawc.knowledge.letters import LEVELS, letters

_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "-": "−", "*": "⋅", "and": "and", "or": "or"}
_RAISED = str.maketrans("0123456789-+()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SMALL = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ")
_LOWERABLE = frozenset("0123456789aehijklmnoprstuvx")


@immutable
class Box:
    """A rectangle of text.

    Attributes:
        lines: All of one display width.
        baseline: The number of the line that stands on the baseline of its neighbours.
    """

    lines: tuple[str, ...]
    baseline: int = 0

    @property
    def width(self) -> int:
        """Columns of a terminal."""
        return display_width(self.lines[0])

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)


def text(words: str) -> Box:
    """Return one line as a box."""
    return Box((words,))


def beside(*boxes: Box) -> Box:
    """Return boxes side by side, their baselines in one line."""
    above = max(box.baseline for box in boxes)
    below = max(len(box.lines) - box.baseline for box in boxes)
    columns = [_padded(box, above - box.baseline, above + below) for box in boxes]
    return Box(tuple("".join(row) for row in zip(*columns, strict=True)), above)


def above_line(top: Box, bottom: Box) -> Box:
    """Return a fraction."""
    width = max(top.width, bottom.width) + 2
    lines = (*_centred(top, width), "─" * width, *_centred(bottom, width))
    return Box(lines, len(top.lines))


def bracketed(box: Box, opening: str = "(", closing: str = ")") -> Box:
    """Return a box between brackets of its height."""
    return beside(_bracket(box, opening), box, _bracket(box, closing))


class BoxSetter:
    """Sets expressions; derivatives of the names given are written as partial ones."""

    def __init__(self, partial: Iterable[str] = ()) -> None:
        self.partial = frozenset(partial)

    def of(self, expression: Expression) -> Box:
        """Return the box of one expression."""
        match expression:
            case Number(value):
                return text(_number(value))
            case Symbol(name):
                return text(symbol(name))
            case Negative(of):
                return beside(text("−"), self._within(of, 2))
            case Binary():
                return self._binary(expression)
            case Call():
                return self._call(expression)
            case Derivative(quantity, by, order):
                return self._derivative(quantity, ((by, order),))
            case MixedDerivative(quantity, orders):
                return self._derivative(quantity, orders)
            case Integral(of, by, low, high):
                sign = _stacked(self.of(high), text("∫"), self.of(low))
                return beside(sign, text(" "), self._within(of, 2), text(f" d{symbol(by)}"))
            case Comparison(operators, operands):
                pieces = [self.of(operands[0])]
                for operator, operand in zip(operators, operands[1:], strict=True):
                    pieces += [text(f" {_SIGNS.get(operator, operator)} "), self.of(operand)]
                return beside(*pieces)
            case Logic("not", (operand,)):
                return beside(text("not "), self._condition(operand))
            case Logic(operator, operands):
                pieces = [self._condition(operands[0])]
                for operand in operands[1:]:
                    pieces += [text(f" {operator} "), self._condition(operand)]
                return beside(*pieces)
            case Choice():
                return self._cases(expression)
        raise TypeError(f"no such expression: {type(expression).__name__}")

    def _binary(self, node: Binary) -> Box:
        left, right = node.left, node.right
        match node.operator:
            case "/":
                return above_line(self.of(left), self.of(right))
            case "^":
                return self._power(left, right)
            case "*":
                first = self.of(left) if isinstance(left, Negative) else self._within(left, 2)
                sign = "⋅" if not isinstance(right, Number) else "×"
                return beside(first, text(sign), self._within(right, 2))
        level = LEVELS[node.operator]
        after = level + 1 if node.operator == "-" else level
        sign = text(f" {_SIGNS.get(node.operator, node.operator)} ")
        return beside(self._within(left, level), sign, self._within(right, after))

    def _power(self, base: Expression, exponent: Expression) -> Box:
        below = self._within(base, 5)
        above = self.of(exponent)
        raised = above.lines[0].replace("−", "-").translate(_RAISED)
        if len(above.lines) > 1 or not set(raised) <= _SMALL:
            return _raised(below, above)
        # A tall base has its power beside its first line.
        return beside(below, Box((raised, *[" " * len(raised)] * below.baseline), below.baseline))

    def _call(self, node: Call) -> Box:
        match node.function, node.arguments:
            case "sqrt", (argument,):
                return _root(self.of(argument))
            case "exp", (argument,):
                return _raised(text("e"), self.of(argument))
            case "abs", (argument,):
                return bracketed(self.of(argument), "|", "|")
        pieces = [self.of(node.arguments[0])]
        for argument in node.arguments[1:]:
            pieces += [text(", "), self.of(argument)]
        return beside(text(node.function), bracketed(beside(*pieces)))

    def _cases(self, node: Choice) -> Box:
        rows: list[tuple[Box, Box]] = []
        rest: Expression = node
        while isinstance(rest, Choice):
            rows.append((self.of(rest.then), beside(text("if "), self.of(rest.condition))))
            rest = rest.otherwise
        rows.append((self.of(rest), text("otherwise")))
        wide = max(value.width for value, _ in rows)
        lines: list[str] = []
        for value, when in rows:
            gap = text(" " * (wide - value.width + 2))
            lines += beside(value, gap, when).lines
        width = max(display_width(line) for line in lines)
        box = Box(tuple(_filled(line, width) for line in lines), len(lines) // 2)
        return beside(_bracket(box, "{"), text(" "), box)

    def _derivative(self, quantity: str, orders: tuple[tuple[str, int], ...]) -> Box:
        d = "∂" if quantity in self.partial or len(orders) > 1 else "d"
        total = sum(order for _, order in orders)
        top = d + _exponent(total) + symbol(quantity)
        below = "".join(d + symbol(by) + _exponent(order) for by, order in orders)
        return above_line(text(top), text(below))

    def _condition(self, expression: Expression) -> Box:
        box = self.of(expression)
        return bracketed(box) if isinstance(expression, Logic) else box

    def _within(self, expression: Expression, level: int) -> Box:
        """Return an operand, in brackets where it binds less tightly than its place."""
        box = self.of(expression)
        match expression:
            case Binary("/", _, _):
                # A fraction holds itself together, except below an exponent.
                loose = level > 4
            case Binary(operator, _, _):
                loose = LEVELS[operator] < level
            case Negative() | Integral() | Choice():
                loose = level > 1
            case Derivative() | MixedDerivative():
                loose = level > 4
            case Number(value):
                loose = level > 4 and (value < 0 or "e" in f"{value:.10g}")
            case Call("exp", _):
                loose = level > 4
            case _:
                loose = False
        return bracketed(box) if loose else box


def symbol(name: str) -> str:
    """Return a name as the field writes it, as far as single characters can."""
    found = letters(name)
    if not found.below:
        return found.letter
    if len(found.below) == 1 and set(found.below[0]) <= _LOWERABLE and "." not in name:
        return found.letter + found.below[0].translate(_LOWERED)
    return name


def _number(value: int | float) -> str:
    digits, _, power = f"{value:.10g}".replace("-", "−").partition("e")
    if not power:
        return digits
    ten = f"10{str(int(power.replace('−', '-'))).translate(_RAISED)}"
    return ten if digits == "1" else f"{digits}×{ten}"


def _exponent(power: int) -> str:
    return "" if power == 1 else str(power).translate(_RAISED)


def _raised(base: Box, above: Box) -> Box:
    """Return a power whose exponent stands above the first line of its base."""
    height = len(above.lines)
    under = Box((*(" " * base.width for _ in range(height)), *base.lines), base.baseline + height)
    filler = tuple(" " * above.width for _ in base.lines)
    over = Box((*above.lines, *filler), base.baseline + height)
    return beside(under, over)


def _root(inner: Box) -> Box:
    roof = "_" * inner.width
    lines = [" " + roof]
    last = len(inner.lines) - 1
    for number, line in enumerate(inner.lines):
        lines.append(("√" if number == last else "│") + line)
    return Box(tuple(lines), inner.baseline + 1)


def _stacked(top: Box, middle: Box, bottom: Box) -> Box:
    width = max(top.width, middle.width, bottom.width)
    lines = (*_centred(top, width), *_centred(middle, width), *_centred(bottom, width))
    return Box(lines, len(top.lines))


_TALL = {
    "(": ("⎛", "⎜", "⎝"),
    ")": ("⎞", "⎟", "⎠"),
    "|": ("│", "│", "│"),
    "{": ("⎧", "⎪", "⎩"),
}


def _bracket(box: Box, sign: str) -> Box:
    height = len(box.lines)
    if height == 1:
        return text(sign)
    top, middle, bottom = _TALL[sign]
    column = [top, *[middle] * (height - 2), bottom]
    if sign == "{":
        column[height // 2] = "⎨" if height > 2 else column[height // 2]
    return Box(tuple(column), box.baseline)


def _padded(box: Box, above: int, height: int) -> list[str]:
    empty = " " * box.width
    below = height - above - len(box.lines)
    return [*[empty] * above, *box.lines, *[empty] * below]


def _centred(box: Box, width: int) -> tuple[str, ...]:
    before = (width - box.width) // 2
    return tuple(_filled(" " * before + line, width) for line in box.lines)


def _filled(line: str, width: int) -> str:
    return line + " " * (width - display_width(line))
