"""Content MathML to expressions as written, with the names and units of the file.

What the language lacks keeps its meaning where that can be spelled out: a secant is one over a
cosine, a condition used as a number is 1 or 0, a number used as a condition is compared with 0.
`root` of a value and a degree, `ceiling`, `floor`, `rem`, `infinity` and `notanumber` stay calls,
which only the check of units takes; a choice without an `otherwise` ends in Broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lawc.diagnostics.diagnostic import Place
from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import Element
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Choice,
    Comparison,
    Derivative,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
    parts,
)

MATHML = "http://www.w3.org/1998/Math/MathML"

UNSAID = frozenset(("ceiling", "floor", "rem", "infinity", "notanumber"))
"""Functions in the tree that the language does not have."""

HIGHEST = 150
MOST_OPERANDS = 300

_NOWHERE = Place("", 0, 0)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_RELATIONS = {"eq": "=", "neq": "!=", "lt": "<", "leq": "<=", "gt": ">", "geq": ">="}
_UNARY = {
    "exp": "exp", "ln": "ln", "abs": "abs", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsin": "arcsin", "arccos": "arccos",
    "arctan": "arctan", "ceiling": "ceiling", "floor": "floor",
}  # fmt: skip
_ONE_OVER = {
    "sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh",
}  # fmt: skip
_OF_ONE_OVER = {"arcsec": "arccos", "arccsc": "arcsin", "arccot": "arctan"}
_OF_RECIPROCAL = {"arcsech": "arccosh", "arccsch": "arcsinh", "arccoth": "arctanh"}


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides of an `eq` that stands directly in a `math` element, and its line in the file."""

    left: Node
    right: Node
    line: int


def read_equations(math: Element, units: str) -> list[Equation]:
    """Return the equations of a `math` element.

    Args:
        math: The element.
        units: Namespace of the attribute that gives the units of a number.

    Raises:
        ImportRefusedError: It has something else than equations, or an element not understood.
    """
    return [_equation(element, units) for element in math.children]


def read_value(element: Element, units: str) -> Node:
    """Return an element of a formula as a value.

    Args:
        element: An element of MathML.
        units: Namespace of the attribute that gives the units of a number.

    Raises:
        ImportRefusedError: It has an element that is not understood, or nests too far.
    """
    node = _Reader(units).value(element)
    if height(node) > HIGHEST:
        raise ImportRefusedError(f"line {element.line}: this formula nests or chains too far")
    return node


def number(value: str, unit: str | None = None) -> Node:
    """Return a literal; one below zero is a negative."""
    text = value.strip()
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        raise ImportRefusedError(f"{text[:40]!r} is no number")
    size = text.lstrip("+-")
    measured = None if unit in (None, "dimensionless") else UnitText(_NOWHERE, unit or "")
    node = Number(_NOWHERE, size, int(size) if size.isdigit() else float(size), measured)
    return Negative(_NOWHERE, node) if text.startswith("-") else node


def name(text: str) -> Name:
    """Return a name."""
    return Name(_NOWHERE, text)


def call(function: str, *arguments: Node) -> Call:
    """Return a call."""
    return Call(_NOWHERE, name(function), arguments)


def binary(operator: str, left: Node, right: Node) -> Binary:
    """Return two operands and their sign."""
    return Binary(_NOWHERE, operator, left, right)


def _equation(element: Element, units: str) -> Equation:
    operator, operands = _applied(element)
    if operator.name != "eq" or len(operands) != 2:
        raise ImportRefusedError(f"line {element.line}: an equation of two sides is expected")
    reader = _Reader(units)
    left, right = reader.value(operands[0]), reader.value(operands[1])
    if max(height(left), height(right)) > HIGHEST:
        raise ImportRefusedError(f"line {element.line}: this equation nests or chains too far")
    return Equation(left, right, element.line)


def height(node: Node) -> int:
    """Return how many parts an expression nests, chains of operands included."""
    tallest, stack = 0, [(node, 1)]
    while stack:
        current, level = stack.pop()
        tallest = max(tallest, level)
        stack += [(part, level + 1) for part in parts(current)]
    return tallest


def _applied(element: Element) -> tuple[Element, list[Element]]:
    if element.namespace != MATHML or element.name != "apply" or not element.children:
        raise ImportRefusedError(f"line {element.line}: {element.name[:40]} is not understood here")
    # An `apply` around nothing but another one, as some writers make them, means the inner one.
    if len(element.children) == 1 and element.children[0].name == "apply":
        return _applied(element.children[0])
    if len(element.children) > MOST_OPERANDS:
        raise ImportRefusedError(f"line {element.line}: {MOST_OPERANDS} operands are the most")
    return element.children[0], element.children[1:]


@dataclass(frozen=True, slots=True)
class _Reader:
    units: str

    def value(self, element: Element) -> Node:
        """Return an element as a value."""
        node = self._of(element)
        if isinstance(node, Comparison | Logic):
            return Choice(_NOWHERE, node, _plain(1), _plain(0))
        return node

    def condition(self, element: Element) -> Node:
        """Return an element as a condition."""
        node = self._of(element)
        if isinstance(node, Comparison | Logic):
            return node
        return Comparison(_NOWHERE, ("!=",), (node, _plain(0)))

    def _of(self, element: Element) -> Node:
        if element.namespace != MATHML:
            raise self._odd(element)
        match element.name:
            case "ci":
                return name(element.text.strip())
            case "cn":
                return self._number(element)
            case "apply":
                return self._apply(element)
            case "piecewise":
                return self._choice(element)
            case "pi":
                return Number(_NOWHERE, "pi", 3.141592653589793)
            case "exponentiale":
                return call("exp", _plain(1))
            case "true":
                return _plain(1)
            case "false":
                return _plain(0)
            case "infinity" | "notanumber":
                return call(element.name)
        raise self._odd(element)

    def _number(self, element: Element) -> Node:
        text = element.text.strip()
        kind = element.attributes.get("type", "real")
        words = text.split()
        if kind == "e-notation" and len(element.children) == 1:
            text = _joined(element)
        elif (
            kind == "rational" and len(words) == 2 and [c.name for c in element.children] == ["sep"]
        ):
            unit = element.attributes.get(f"{self.units} units")
            return binary("/", number(words[0], unit), number(words[1]))
        elif kind not in ("real", "integer") or element.children or len(words) != 1:
            raise self._odd(element)
        return number(text, element.attributes.get(f"{self.units} units"))

    def _apply(self, element: Element) -> Node:
        head, operands = _applied(element)
        operator = head.name
        if head.namespace != MATHML:
            raise self._odd(head)
        if operator in _RELATIONS and len(operands) > 1:
            words = (_RELATIONS[operator],) * (len(operands) - 1)
            return Comparison(_NOWHERE, words, tuple(self.value(each) for each in operands))
        if operator in ("and", "or", "xor", "not"):
            return self._logic(head, [self.condition(each) for each in operands])
        if operator == "diff":
            return self._derivative(head, operands)
        if operator in ("root", "log"):
            return self._qualified(head, operands)
        return _calculated(head, [self.value(each) for each in operands])

    def _logic(self, head: Element, conditions: list[Node]) -> Node:
        match head.name, conditions:
            case "not", [only]:
                return Logic(_NOWHERE, "not", (only,))
            case (("and" | "or"), [_, _, *_]):
                return Logic(_NOWHERE, head.name, tuple(conditions))
            case "xor", [_, _, *_]:
                return _chain(conditions, _either)
        raise self._odd(head)

    def _derivative(self, head: Element, operands: Sequence[Element]) -> Node:
        match operands:
            case [Element(name="bvar") as by, Element(name="ci") as of]:
                variables = [each for each in by.children if each.name == "ci"]
                degrees = [each for each in by.children if each.name == "degree"]
                order = self.value(degrees[0].children[0]) if degrees else _plain(1)
                if len(variables) == 1 and isinstance(order, Number) and order.value in (1, 2, 3):
                    by_name = name(variables[0].text.strip())
                    return Derivative(_NOWHERE, name(of.text.strip()), by_name, int(order.value))
        raise self._odd(head)

    def _qualified(self, head: Element, operands: Sequence[Element]) -> Node:
        """Return a root with its degree, or a logarithm with its base."""
        qualifier = "degree" if head.name == "root" else "logbase"
        given = [each for each in operands if each.name == qualifier]
        rest = [each for each in operands if each.name != qualifier]
        if len(rest) != 1 or len(given) > 1 or any(len(each.children) != 1 for each in given):
            raise self._odd(head)
        of = self.value(rest[0])
        if not given:
            return call("sqrt" if head.name == "root" else "log10", of)
        by = self.value(given[0].children[0])
        if head.name == "root":
            return call("root", of, by)
        if isinstance(by, Number) and by.unit is None and by.value == 10:
            return call("log10", of)
        return binary("/", call("ln", of), call("ln", by))

    def _choice(self, element: Element) -> Node:
        pieces = [each for each in element.children if each.name == "piece"]
        rest = [each for each in element.children if each.name == "otherwise"]
        if (
            len(pieces) > MOST_OPERANDS
            or len(pieces) + len(rest) != len(element.children)
            or len(rest) > 1
            or not pieces
        ):
            raise self._odd(element)
        if any(len(each.children) != 2 for each in pieces) or any(
            len(each.children) != 1 for each in rest
        ):
            raise self._odd(element)
        node: Node = self.value(rest[0].children[0]) if rest else Broken(_NOWHERE)
        for piece in reversed(pieces):
            value, condition = piece.children
            node = Choice(_NOWHERE, self.condition(condition), self.value(value), node)
        return node

    def _odd(self, element: Element) -> ImportRefusedError:
        return ImportRefusedError(
            f"line {element.line}: {element.name[:40]} is not understood here"
        )


def _calculated(head: Element, values: list[Node]) -> Node:
    operator = head.name
    match operator, values:
        case (("plus" | "times"), [only]):
            return only
        case "minus", [only]:
            return Negative(_NOWHERE, only)
        case (("plus" | "times"), [_, _, *_]):
            sign = "+" if operator == "plus" else "*"
            return _chain(values, lambda left, right: binary(sign, left, right))
        case "minus", [left, right]:
            return binary("-", left, right)
        case "divide", [left, right]:
            return binary("/", left, right)
        case "power", [base, exponent]:
            return binary("^", base, exponent)
        case (("min" | "max"), [only]):
            return only
        case (("min" | "max"), [_, _, *_]):
            return _chain(values, lambda left, right: call(operator, left, right))
        case "rem", [left, right]:
            return call("rem", left, right)
        case _, [only] if operator in _UNARY:
            return call(_UNARY[operator], only)
        case _, [only] if operator in _ONE_OVER:
            return binary("/", _plain(1), call(_ONE_OVER[operator], only))
        case _, [only] if operator in _OF_ONE_OVER:
            return call(_OF_ONE_OVER[operator], binary("/", _plain(1), only))
        case _, [only]:
            node = _inverse_hyperbolic(operator, only)
            if node is not None:
                return node
    raise ImportRefusedError(
        f"line {head.line}: {operator[:40]} of {len(values)} values is not understood"
    )


def _inverse_hyperbolic(operator: str, of: Node) -> Node | None:
    if operator in _OF_RECIPROCAL:
        return _inverse_hyperbolic(_OF_RECIPROCAL[operator], binary("/", _plain(1), of))
    if operator == "arctanh":
        quotient = binary("/", binary("+", _plain(1), of), binary("-", _plain(1), of))
        return binary("/", call("ln", quotient), _plain(2))
    if operator in ("arcsinh", "arccosh"):
        sign = "+" if operator == "arcsinh" else "-"
        root = call("sqrt", binary(sign, binary("^", of, _plain(2)), _plain(1)))
        return call("ln", binary("+", of, root))
    return None


def _either(left: Node, right: Node) -> Node:
    """Return that one of two conditions holds and the other does not."""
    first = Logic(_NOWHERE, "and", (left, Logic(_NOWHERE, "not", (right,))))
    second = Logic(_NOWHERE, "and", (Logic(_NOWHERE, "not", (left,)), right))
    return Logic(_NOWHERE, "or", (first, second))


def _chain(values: Sequence[Node], join: Callable[[Node, Node], Node]) -> Node:
    node = values[0]
    for value in values[1:]:
        node = join(node, value)
    return node


def _joined(element: Element) -> str:
    """Return `1.5 <sep/> 3` as `1.5e3`; the text of an element keeps its parts apart by spaces."""
    words = element.text.split()
    if element.children[0].name != "sep" or len(words) != 2:
        raise ImportRefusedError(f"line {element.line}: this number is not understood")
    return f"{words[0]}e{words[1]}"


def _plain(value: int) -> Number:
    return Number(_NOWHERE, str(value), value)
