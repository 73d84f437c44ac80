"""The single edits of an expression: slips that an author, or a printer, may make.

Each edit keeps the grammar and changes the meaning: a sign, a term, a factor, an exponent, a
symbol, a constant, a function, a derivative, or the side of a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from enum import StrEnum

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.tree import (
    Binary,
    Call,
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
from lawc.syntax.writing import write


class Kind(StrEnum):
    """What an edit does, in the words of a report."""

    SIGN = "sign flipped"
    TERM = "term dropped"
    FACTOR = "factor dropped"
    OPERATOR = "times for over"
    EXPONENT = "exponent changed"
    CONSTANT = "constant changed"
    SYMBOL = "symbol of like dimension"
    OTHER = "symbol of another dimension"
    FUNCTION = "function changed"
    DERIVATIVE = "derivative changed"
    SIDE = "condition turned round"


@immutable
class Edit:
    """One edit: what stands in the tree, known by identity, and what takes its place.

    Attributes:
        was, became: Both as text; `became` is empty where something was dropped.
        place: Of what was edited.
    """

    kind: Kind
    old: Node
    new: Node
    was: str
    became: str
    place: Place


Alike = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""For a name the names that may be taken for it: of like dimension, and of another one."""

_SCALES = (2, 0.5, 10)
_MISPRINT = re.compile(r"(?<=[\d.])(\d)(?!\1)\d(?=\d*$)")
"""Two neighbouring digits behind the first one that a misprint may exchange."""
_SWAPPED = {
    "ln": "log10",
    "log10": "ln",
    "sin": "cos",
    "cos": "sin",
    "min": "max",
    "max": "min",
    "sinh": "cosh",
    "cosh": "sinh",
}
_OTHER_SIDE = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "!=", "!=": "="}


def edits(root: Node, alike: Alike) -> Iterator[Edit]:
    """Yield every single edit of one side of an equation, or of the value of a condition."""
    yield from _doubled(root)
    stack = [root]
    while stack:
        node = stack.pop()
        yield from _of(node, alike)
        stack.extend(reversed(_below(node)))


def turned(root: Node) -> Iterator[Edit]:
    """Yield the edits that turn one comparison or connective of a condition round."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield from _of_condition(node)
        stack.extend(reversed(parts(node)))


def negated(root: Node) -> Edit:
    """Return the edit that flips the sign of a whole expression."""
    new = root.of if isinstance(root, Negative) else Negative(root.place, root)
    return Edit(Kind.SIGN, root, new, write(root), write(new), root.place)


def edited(root: Node, edit: Edit) -> Node:
    """Return the tree with what an edit replaces replaced."""
    if root is edit.old:
        return edit.new
    changed: dict[str, object] = {}
    for entry in fields(root):
        part = getattr(root, entry.name)
        if isinstance(part, Node):
            new: object = edited(part, edit)
        elif isinstance(part, tuple):
            new = tuple(edited(p, edit) if isinstance(p, Node) else p for p in part)
            if all(one is other for one, other in zip(new, part, strict=True)):
                continue
        else:
            continue
        if new is not part:
            changed[entry.name] = new
    return replace(root, **changed) if changed else root


def is_sum(node: Node) -> bool:
    """Return whether a node adds or subtracts."""
    return isinstance(node, Binary) and node.operator in "+-"


def _below(node: Node) -> tuple[Node, ...]:
    """Return the parts in which further edits are made."""
    if isinstance(node, Binary) and node.operator == "^" and isinstance(node.right, Number):
        return (node.left,)
    return tuple(part for part in parts(node) if not isinstance(part, UnitText))


def _of(node: Node, alike: Alike) -> Iterator[Edit]:
    match node:
        case Binary(_, "+" | "-"):
            yield from _of_sum(node)
        case Binary(_, "*" | "/"):
            yield from _of_product(node)
        case Binary(_, "^"):
            yield from _of_power(node)
        case Negative(_, of):
            yield Edit(Kind.SIGN, node, of, write(node), write(of), node.place)
        case Call():
            yield from _of_call(node)
        case Derivative():
            yield from _of_derivative(node)
        case Comparison() | Logic():
            yield from _of_condition(node)
        case Number():
            yield from _of_number(node)
        case Name(place, name):
            for kind, others in zip(
                (Kind.SYMBOL, Kind.OTHER), alike.get(name, ((), ())), strict=True
            ):
                for other in others:
                    yield Edit(kind, node, Name(place, other), name, other, place)


def _of_sum(node: Binary) -> Iterator[Edit]:
    sign, other = node.operator, "-" if node.operator == "+" else "+"
    right, place = _as_term(node.right), node.right.place
    flipped = replace(node, operator=other)
    yield Edit(Kind.SIGN, node, flipped, f"{sign} {right}", f"{other} {right}", place)
    yield Edit(Kind.TERM, node, node.left, f"{sign} {right}", "", place)
    if is_sum(node.left):
        return
    if not isinstance(node.left, Negative):
        yield negated(node.left)
    rest = node.right if sign == "+" else Negative(node.right.place, node.right)
    yield Edit(Kind.TERM, node, rest, write(node.left), "", node.left.place)


def _of_product(node: Binary) -> Iterator[Edit]:
    sign, other = node.operator, "/" if node.operator == "*" else "*"
    swapped = replace(node, operator=other)
    yield Edit(Kind.OPERATOR, node, swapped, write(node), write(swapped), node.place)
    yield Edit(
        Kind.FACTOR, node, node.left, f"{sign}{_as_factor(node.right)}", "", node.right.place
    )
    if isinstance(node.left, Binary) and node.left.operator in "*/":
        return
    rest = node.right
    if sign == "/":
        rest = replace(node, left=Number(node.left.place, "1", 1))
    if write(rest) != write(node):
        yield Edit(Kind.FACTOR, node, rest, write(node), write(rest), node.left.place)


def _of_power(node: Binary) -> Iterator[Edit]:
    was, place = write(node), node.right.place
    yield Edit(Kind.EXPONENT, node, node.left, was, write(node.left), place)
    if not isinstance(node.right, Number) or node.right.unit is not None:
        return
    value = node.right.value
    for power in (value + 1, value - 1, -value):
        if power not in (0, 1):
            new = replace(node, right=_number(node.right, power))
            yield Edit(Kind.EXPONENT, node, new, was, write(new), place)


def _of_call(node: Call) -> Iterator[Edit]:
    name, was = node.function.name, write(node)
    if name == "value":
        return
    if name in _SWAPPED:
        new = replace(node, function=replace(node.function, name=_SWAPPED[name]))
        yield Edit(Kind.FUNCTION, node, new, was, write(new), node.function.place)
    if len(node.arguments) == 1 or name in ("min", "max"):
        for argument in node.arguments:
            yield Edit(Kind.FUNCTION, node, argument, was, write(argument), node.function.place)


def _of_derivative(node: Derivative) -> Iterator[Edit]:
    was = write(node)
    yield Edit(Kind.DERIVATIVE, node, node.of, was, write(node.of), node.place)
    for order in (node.order - 1, node.order + 1):
        if order > 0:
            new = replace(node, order=order)
            yield Edit(Kind.DERIVATIVE, node, new, was, write(new), node.place)


def _of_condition(node: Node) -> Iterator[Edit]:
    match node:
        case Comparison(_, operators, _):
            for position, operator in enumerate(operators):
                signs = list(operators)
                signs[position] = _OTHER_SIDE[operator]
                new = replace(node, operators=tuple(signs))
                yield Edit(Kind.SIDE, node, new, write(node), write(new), node.place)
        case Logic(_, "not", (of,)):
            yield Edit(Kind.SIDE, node, of, write(node), write(of), node.place)
        case Logic(_, operator, _):
            new = replace(node, operator="or" if operator == "and" else "and")
            yield Edit(Kind.SIDE, node, new, write(node), write(new), node.place)


def _of_number(node: Number) -> Iterator[Edit]:
    values = [node.value * scale for scale in _SCALES] if node.value else [1]
    made = [_number(node, value) for value in values]
    digits = _MISPRINT.search(node.text)
    if digits is not None and not node.uncertainty:
        start, end = digits.span()
        text = f"{node.text[:start]}{node.text[start + 1]}{node.text[start]}{node.text[end:]}"
        made.append(replace(node, text=text, value=float(text)))
    for new in made:
        yield Edit(Kind.CONSTANT, node, new, write(node), write(new), node.place)


def _doubled(root: Node) -> Iterator[Edit]:
    """Yield the edits that double one term that has no number of its own."""
    stack = [root]
    while stack:
        node = stack.pop()
        if is_sum(node):
            stack.extend(reversed(parts(node)))
        elif not any(isinstance(part, Number) for part in _factors(node)):
            of = node.of if isinstance(node, Negative) else node
            new: Node = Binary(of.place, "*", Number(of.place, "2", 2), of)
            yield Edit(Kind.CONSTANT, of, new, write(of), write(new), node.place)


def _factors(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Negative):
            stack.append(part.of)
        elif isinstance(part, Binary) and part.operator in "*/":
            stack += [part.right, part.left]
        else:
            yield part


def _number(node: Number, value: float) -> Number:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    value = int(value) if whole else value
    return replace(node, text=f"{value:.15g}", value=value, uncertainty=0.0)


def _as_term(node: Node) -> str:
    return f"({write(node)})" if is_sum(node) else write(node)


def _as_factor(node: Node) -> str:
    loose = isinstance(node, Negative) or (isinstance(node, Binary) and node.operator in "+-*/")
    return f"({write(node)})" if loose else write(node)
