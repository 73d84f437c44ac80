"""Single edits of an equation that would make its dimensions agree.

Proposed only where one stands alone at its cost: the cheapest edits are those that people forget
most often. A change of an equation is never safe, so it is shown and not applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lawc.analysis.dimensions import Dimensions
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import EquationLine
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    walk,
)
from lawc.units.dimension import Dimension

MOST_EDITS = 400
MOST_NODES = 300


@dataclass(frozen=True)
class Edit:
    """One edit of an equation.

    Attributes:
        cost: The lower, the likelier.
        text: The whole equation after it, without its label.
        adds: The name that it puts in, if one.
    """

    cost: float
    text: str
    adds: str = ""


@dataclass(frozen=True)
class _Change:
    cost: float
    old: Node
    new: Node
    place: Place
    text: str
    adds: str = ""


def repair(scope: Scope, line: EquationLine, odd: tuple[Node, ...]) -> Edit | None:
    """Return the one edit that is cheapest, or None where none or several are.

    Args:
        scope: The law.
        line: The equation.
        odd: The parts that do not agree, to which a factor may be missing.
    """
    if sum(1 for _ in _nodes(line)) > MOST_NODES:
        return None
    best: list[_Change] = []
    changes = sorted(_changes(scope, line, odd), key=lambda change: change.cost)
    for change in changes[:MOST_EDITS]:
        if best and change.cost > best[0].cost:
            break
        if _agrees(scope, line, change):
            best.append(change)
            if len(best) > 1:
                return None
    return _edit(scope, line, best[0]) if best else None


def _agrees(scope: Scope, line: EquationLine, change: _Change) -> bool:
    walk = Dimensions(scope.dimensions)
    walk.sides(_with(line.left, change), _with(line.right, change))
    return not walk.mismatches


def _edit(scope: Scope, line: EquationLine, change: _Change) -> Edit:
    text = scope.source.text
    start, end = line.place.start, line.place.end
    edited = text[start : change.place.start] + change.text + text[change.place.end : end]
    if line.label is not None:
        edited = edited[line.label.place.end - start :].lstrip().removeprefix(":")
    return Edit(change.cost, " ".join(edited.split()), change.adds)


def _changes(scope: Scope, line: EquationLine, odd: tuple[Node, ...]) -> Iterator[_Change]:
    known = [name for name, measure in scope.dimensions.items() if measure is not None]
    for node in _nodes(line):
        if isinstance(node, Binary):
            yield from _of_operator(scope, node)
        elif isinstance(node, Name):
            yield from _of_name(scope, node, known)
    # A factor that stands on either side already would only cancel what is written there.
    there = {part.name for node in odd for part in walk(node) if isinstance(part, Name)}
    for node in odd:
        yield from _of_factor(scope, node, [name for name in known if name not in there])


def _of_operator(scope: Scope, node: Binary) -> Iterator[_Change]:
    if node.operator in "*/":
        place = _sign(scope, node)
        if place is not None:
            other = "/" if node.operator == "*" else "*"
            yield _Change(0.7, node, replace(node, operator=other), place, other)
    elif node.operator == "^" and isinstance(node.right, Number) and node.right.unit is None:
        for power in (2, 3, 4):
            if power != node.right.value and scope.text(node.right).isdigit():
                exponent = replace(node.right, text=str(power), value=power)
                new = replace(node, right=exponent)
                yield _Change(0.8, node, new, node.right.place, str(power))


def _of_name(scope: Scope, node: Name, known: list[str]) -> Iterator[_Change]:
    place, own = node.place, scope.dimensions.get(node.name)
    if own is None:
        return
    if not own.is_none:
        for power in (2, 3, 4):
            new = Binary(place, "^", node, Number(place, str(power), power))
            yield _Change(0.8, node, new, place, f"{node.name}^{power}")
    for variable in scope.depends.get(node.name, ()):
        new = Derivative(place, node, Name(place, variable), 1)
        yield _Change(0.85, node, new, place, f"d{node.name}/d{variable}")
    for name in known:
        if name != node.name and name != "pi" and scope.dimensions[name] != own:
            yield _Change(0.9, node, Name(place, name), place, name)


def _of_factor(scope: Scope, node: Node, known: list[str]) -> Iterator[_Change]:
    dearer = 0.5 if isinstance(node, Number) else 0.0
    for name in known:
        measure = scope.dimensions[name]
        if measure is None or measure.is_none:
            continue
        factor = Name(node.place, name)
        place = _insertion(scope, node)
        wraps = _is_sum(node)
        new = Binary(node.place, "*", factor, node)
        text = f"{name}*({scope.text(node)})" if wraps else f"{name}*"
        where = node.place if wraps else place
        yield _Change(1.0 + dearer, node, new, where, text, name)
        divided = f"({scope.text(node)})/{name}" if wraps else f"{scope.text(node)}/{name}"
        new = Binary(node.place, "/", node, factor)
        yield _Change(1.1 + dearer, node, new, node.place, divided, name)


def _insertion(scope: Scope, node: Node) -> Place:
    """Return the empty place where a factor reads well: before the last factor of a product."""
    if isinstance(node, Binary) and node.operator == "*":
        sign = _sign(scope, node)
        if sign is not None:
            return Place(sign.path, sign.end, sign.end)
    start = node.place.start
    return Place(node.place.path, start, start)


def _sign(scope: Scope, node: Binary) -> Place | None:
    """Return where the operator of a product or quotient stands."""
    start, end = node.left.place.end, node.right.place.start
    between = scope.source.text[start:end]
    for offset, letter in enumerate(between):
        if letter in "*·×/∕÷":
            return Place(node.place.path, start + offset, start + offset + 1)
    return None


def _is_sum(node: Node) -> bool:
    return (isinstance(node, Binary) and node.operator in "+-") or isinstance(node, Choice)


def _nodes(line: EquationLine) -> Iterator[Node]:
    """Yield the parts of both sides that an edit may touch."""
    stack = [line.right, line.left]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Negative(_, of):
                stack.append(of)
            case Binary(_, "^", left, _):
                stack.append(left)
            case Binary(_, _, left, right):
                stack += [right, left]
            case Call(_, function, arguments) if function.name != "value":
                stack += reversed(arguments)
            case Choice(_, _, then, otherwise):
                stack += [otherwise, then]


def _with(node: Node, change: _Change) -> Node:
    """Return the tree with one node, known by identity, replaced."""
    if node is change.old:
        return change.new
    match node:
        case Negative(_, of):
            return replace(node, of=_with(of, change))
        case Binary(_, _, left, right):
            return replace(node, left=_with(left, change), right=_with(right, change))
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(_with(a, change) for a in arguments))
        case Comparison(_, _, operands) | Logic(_, _, operands):
            return replace(node, operands=tuple(_with(o, change) for o in operands))
        case Choice(_, condition, then, otherwise):
            return Choice(node.place, condition, _with(then, change), _with(otherwise, change))
    return node


def named_like(scope: Scope, dimension: Dimension) -> list[str]:
    """Return the names of a law, used or not, that have a dimension."""
    return [
        name
        for name, measure in scope.dimensions.items()
        if measure == dimension and not dimension.is_none
    ]
