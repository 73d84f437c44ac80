"""Single edits of an equation that would make its dimensions agree.

The cheapest edits are those that people make by mistake most often. A change of an equation is
never safe, so it is offered and not applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lawc.analysis.dimensions import Dimensions, Mismatch
from lawc.analysis.habits import Habits, Product, cancels, habits_of, products
from lawc.analysis.scope import BUILT_IN, Scope
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
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
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

MOST_TRIED = 600
MOST_FOUND = 24
MOST_NODES = 300
MOST_NAMES = 100


@immutable
class Edit:
    """One edit of an equation.

    Attributes:
        cost: The lower, the likelier.
        place: What is replaced.
        text: What stands there afterwards.
        shown: The whole equation after it, without its label.
        adds: The name that it puts in, if one.
    """

    cost: float
    place: Place
    text: str
    shown: str
    adds: str = ""


@immutable
class _Change:
    cost: float
    old: Node
    new: Node
    place: Place
    text: str
    adds: str = ""


def edits(scope: Scope, line: EquationLine, mismatches: Sequence[Mismatch]) -> list[Edit]:
    """Return the edits that clear mismatches of an equation and make no other, the cheapest first.

    Args:
        scope: The law.
        line: The equation.
        mismatches: What does not agree in it; a factor may be missing to these parts.
    """
    odd = tuple(n for m in mismatches for n in (m.node, m.other) if n is not None)
    habits = habits_of(scope)
    if sum(1 for _ in _nodes(line)) > MOST_NODES:
        return []
    found: dict[str, Edit] = {}
    before = Counter((*products(line.left), *products(line.right)))
    priced = [_priced(scope, line, change, habits) for change in _changes(scope, line, odd)]
    changes = sorted(priced, key=lambda change: change.cost)
    most = max(len(_disagreements(scope, line.left, line.right)) - len(mismatches), 0)
    wrong = {(m.kind, m.node.place) for m in mismatches}
    for change in changes[:MOST_TRIED]:
        sides = _with(line.left, change), _with(line.right, change)
        after = _disagreements(scope, *sides)
        if len(after) <= most and not any((m.kind, m.node.place) in wrong for m in after):
            edit = _edit(scope, line, change, _familiarity(line, change, habits, before))
            found.setdefault(edit.shown, edit)
            if len(found) >= MOST_FOUND:
                break
    return sorted(found.values(), key=lambda edit: edit.cost)


def _familiarity(
    line: EquationLine, change: _Change, habits: Habits, before: Counter[Product]
) -> float:
    """Return what an edit costs less for a product that stands elsewhere in the law too."""
    sides = _with(line.left, change), _with(line.right, change)
    if cancels(sides[0]) or cancels(sides[1]):
        return -0.5
    after = Counter((*products(sides[0]), *products(sides[1])))
    for product in after - before:
        elsewhere = habits.products[product] > before[product]
        if len(product) > 1 and (elsewhere or before[product]):
            return 0.25
    return 0.0


def _priced(scope: Scope, line: EquationLine, change: _Change, habits: Habits) -> _Change:
    """Return a change at a cost that minds how the law uses its names."""
    cost = change.cost
    name = change.adds
    if name:
        if name in scope.unused:
            cost -= 0.3
        elif isinstance(line.left, Name) and line.left.name == name and change.old is not line.left:
            cost += 0.4
        elif name in habits.given:
            cost += 0.15
    old = change.old
    if isinstance(old, Name) and isinstance(change.new, Name) and habits.counts[old.name] == 1:
        # Nothing else would use it.
        cost += 0.3
    new = change.new
    if (
        isinstance(new, Derivative)
        and isinstance(new.of, Name)
        and not isinstance(change.old, Derivative)
    ):
        cost += 0.12 if new.of.name in habits.derived else 0.0
    if isinstance(change.old, Name) and isinstance(new, Name):
        around = next(
            (
                node
                for side in (line.left, line.right)
                for node in walk(side)
                if isinstance(node, Binary)
                and (node.left is change.old or node.right is change.old)
            ),
            None,
        )
        if around is not None:
            left = around.left is change.old
            other = around.right if left else around.left
            if habits.use(new.name, around, other, left) in habits.uses:
                cost -= 0.2
    return replace(change, cost=cost)


def _disagreements(scope: Scope, left: Node, right: Node) -> list[Mismatch]:
    walk = Dimensions(scope.dimensions, said=scope.said)
    walk.sides(left, right)
    return walk.mismatches


def _edit(scope: Scope, line: EquationLine, change: _Change, familiar: float) -> Edit:
    text = scope.source.text
    start, end = line.place.start, line.place.end
    edited = text[start : change.place.start] + change.text + text[change.place.end : end]
    if line.label is not None:
        edited = edited[line.label.place.end - start :].lstrip().removeprefix(":")
    shown = " ".join(edited.split())
    return Edit(change.cost - familiar, change.place, change.text, shown, change.adds)


def _changes(scope: Scope, line: EquationLine, odd: tuple[Node, ...]) -> Iterator[_Change]:
    known = [
        name
        for name, measure in scope.dimensions.items()
        if measure is not None and name not in BUILT_IN
    ][:MOST_NAMES]
    for node in _nodes(line):
        if isinstance(node, Binary):
            yield from _of_operator(scope, node)
        elif isinstance(node, Name):
            yield from _of_name(scope, node, known)
        elif isinstance(node, Derivative):
            text = scope.text(node.of)
            yield _Change(
                0.95, node, node.of, node.place, f"({text})" if _is_sum(node.of) else text
            )
            yield from _of_derivative(scope, node, known)
        elif isinstance(node, Call) and node.function.name == "sqrt" and len(node.arguments) == 1:
            text = f"({scope.text(node.arguments[0])})"
            yield _Change(0.95, node, node.arguments[0], node.place, text)
    # A factor that stands in either product already would only cancel what is written there.
    there = {name for node in odd for name in _factors(node)}
    for node in odd:
        inside = node.of if isinstance(node, Negative) else node
        yield from _of_factor(scope, inside, [name for name in known if name not in there])
        call = Call(node.place, Name(node.place, "sqrt"), (inside,))
        yield _Change(1.2, inside, call, inside.place, f"sqrt({scope.text(inside)})")


def _factors(node: Node) -> Iterator[str]:
    """Yield the names that stand as factors or divisors of a product."""
    match node:
        case Name(_, name):
            yield name
        case Negative(_, of):
            yield from _factors(of)
        case Binary(_, "*" | "/", left, right):
            yield from _factors(left)
            yield from _factors(right)
        case Binary(_, "^", left, _):
            yield from _factors(left)


def _of_operator(scope: Scope, node: Binary) -> Iterator[_Change]:
    if node.operator in "*/":
        place = _sign(scope, node)
        if place is not None:
            other = "/" if node.operator == "*" else "*"
            yield _Change(0.75, node, replace(node, operator=other), place, other)
        return
    exponent = node.right
    if node.operator != "^" or not isinstance(exponent, Number) or exponent.unit is not None:
        return
    if not scope.text(exponent).isdigit():
        return
    for power in (2, 3, 4):
        if power != exponent.value:
            new = replace(node, right=replace(exponent, text=str(power), value=power))
            yield _Change(0.8, node, new, exponent.place, str(power))
    place = Place(node.place.path, node.left.place.end, exponent.place.end)
    if "(" not in scope.source.text[place.start : place.end]:
        yield _Change(0.85, node, node.left, place, "")


def _of_name(scope: Scope, node: Name, known: list[str]) -> Iterator[_Change]:
    place, own = node.place, scope.dimensions.get(node.name)
    if own is None:
        return
    if not own.is_none:
        for power in (2, 3, 4):
            new = Binary(place, "^", node, Number(place, str(power), power))
            yield _Change(0.8 + (power - 2) / 50, node, new, place, f"{node.name}^{power}")
    for variable in scope.depends.get(node.name, ()):
        for order, text in ((1, f"d{node.name}/d{variable}"), (2, f"d2{node.name}/d{variable}2")):
            new = Derivative(place, node, Name(place, variable), order)
            yield _Change(0.8 + 0.05 * order, node, new, place, text)
    for name in known:
        if name != node.name and scope.dimensions[name] != own:
            yield _Change(0.9, node, Name(place, name), place, name, name)


def _of_derivative(scope: Scope, node: Derivative, known: list[str]) -> Iterator[_Change]:
    inner = [part.name for part in walk(node.of) if isinstance(part, Name)]
    for name in dict.fromkeys(v for own in inner for v in scope.depends.get(own, ())):
        if name != node.by.name:
            new = replace(node, by=Name(node.by.place, name))
            yield _Change(0.85, node, new, node.by.place, name, name)
    if not isinstance(node.of, Name):
        return
    for order in {1, 2} - {node.order}:
        new = replace(node, order=order)
        yield _Change(0.8, node, new, node.place, write(new))
    place = node.of.place
    for name in known:
        if name != node.of.name and node.by.name in scope.depends.get(name, ()):
            new = replace(node, of=Name(place, name))
            yield _Change(0.9, node, new, place, name, name)


def _of_factor(scope: Scope, node: Node, known: list[str]) -> Iterator[_Change]:
    dearer = 0.5 if isinstance(node, Number) else 0.0
    for name in known:
        measure = scope.dimensions[name]
        if measure is None or measure.is_none:
            continue
        for power, more in ((1, 0.0), (2, 0.3)):
            factor: Node = Name(node.place, name)
            written = name
            if power != 1:
                factor = Binary(node.place, "^", factor, Number(node.place, str(power), power))
                written = f"{name}^{power}"
            new = Binary(node.place, "*", factor, node)
            cost = 1.0 + dearer + more
            if _is_sum(node):
                text = f"{written}*({scope.text(node)})"
                yield _Change(cost, node, new, node.place, text, name)
            else:
                place = _insertion(scope, node)
                yield _Change(cost, node, new, place, f"{written}*", name)
            place, text = _division(scope, node, written)
            new = Binary(node.place, "/", node, factor)
            yield _Change(cost + 0.1, node, new, place, text, name)


def _division(scope: Scope, node: Node, name: str) -> tuple[Place, str]:
    """Return the edit that divides by a name: one divisor more where there is one already."""
    if isinstance(node, Binary) and node.operator == "/":
        divisor, text = node.right.place, scope.source.text
        if isinstance(node.right, Name):
            return divisor, f"({name}*{scope.text(node.right)})"
        if isinstance(node.right, Binary) and node.right.operator == "*":
            if text[divisor.start - 1] == "(":
                return Place(divisor.path, divisor.start, divisor.start), f"{name}*"
            if text[divisor.start] == "(":
                return Place(divisor.path, divisor.start + 1, divisor.start + 1), f"{name}*"
    text = f"({scope.text(node)})/{name}" if _is_sum(node) else f"{scope.text(node)}/{name}"
    return node.place, text


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
            case Binary(_, "^", left, Number()):
                stack.append(left)
            case Binary(_, _, left, right):
                stack += [right, left]
            case Call(_, _, arguments):
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
    return [] if dimension.is_none else list(scope.alike.get(dimension, ()))
