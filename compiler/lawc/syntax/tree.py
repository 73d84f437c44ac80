"""Expressions as written: what the author typed, with a place on every node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from lawc.diagnostics.diagnostic import Place, placed
from lawc.diagnostics.immutable import immutable, later


@immutable
class Node:
    """A part of an expression and where it stands."""

    place: Place = later(converter=placed)


@immutable
class UnitText(Node):
    """What stands between brackets after a number or a declaration, unread."""

    text: str


@immutable
class Number(Node):
    """A literal, with its unit where one was written.

    Attributes:
        text: As written, such as `6.67430(15)e-11`.
        value: In the unit written.
        uncertainty: From brackets or `±`, in the unit written; zero where none was given.
    """

    text: str
    value: int | float
    unit: UnitText | None = None
    uncertainty: float = 0.0


@immutable
class Date(Node):
    """A day, `2024-07-01`, as its proleptic Gregorian number."""

    day: int


@immutable
class Name(Node):
    """A name, normalised to NFC."""

    name: str


@immutable
class Negative(Node):
    """A minus sign before an expression."""

    of: Node


@immutable
class Binary(Node):
    """Two operands and one of `+ - * / ^`, in ASCII whatever was typed."""

    operator: str
    left: Node
    right: Node


@immutable
class Call(Node):
    """A function and its arguments; `value(x, [u])` has a UnitText as its second one."""

    function: Name
    arguments: tuple[Node, ...]


@immutable
class Derivative(Node):
    """`dx/dt`, `d2x/dt2`, `∂u/∂t`, `d/dt(m*v)`: of an expression, by a name, to an order.

    A mixed one is a derivative of a derivative: `∂²u/∂x∂y` is the one by `x` of the one by `y`.
    """

    of: Node
    by: Name
    order: int


@immutable
class Comparison(Node):
    """A chain of comparisons kept as one node; operators in ASCII (`<=`, not `≤`)."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@immutable
class Logic(Node):
    """`and`, `or`, `not`."""

    operator: str
    operands: tuple[Node, ...]


@immutable
class Choice(Node):
    """`if … then … else …`."""

    condition: Node
    then: Node
    otherwise: Node


@immutable
class Index(Node):
    """`c[i]`, `D[i, j]`, `v[x]`: an element of an indexed quantity, a component of a vector."""

    of: Name
    indices: tuple[Node, ...]


@immutable
class Range(Node):
    """`1 .. 4`: the whole numbers that an index runs over."""

    low: Node
    high: Node


@immutable
class Fold(Node):
    """`sum(i in species: z[i]*c[i])`, or `product`: `over` is the name of a set, or a Range."""

    operator: str
    index: Name
    over: Node
    of: Node


@immutable
class Integral(Node):
    """`integral(f, x = a .. b)`; `by` need not be declared, since the integral binds it."""

    of: Node
    by: Name
    low: Node
    high: Node


@immutable
class Broken(Node):
    """What could not be read; the finding about it has been made."""


def parts(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of a node, in the order of reading."""
    read = _PARTS.get(type(node))
    return () if read is None else read(node)


# To look a class up takes a fraction of the time that matching a node against one after another
# does, and this is asked of every node, many times.
_PARTS: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {
    Binary: attrgetter("left", "right"),
    Negative: lambda node: (node.of,),
    Call: attrgetter("arguments"),
    Derivative: attrgetter("of", "by"),
    Comparison: attrgetter("operands"),
    Logic: attrgetter("operands"),
    Choice: attrgetter("condition", "then", "otherwise"),
    Index: lambda node: (node.of, *node.indices),
    Range: attrgetter("low", "high"),
    Fold: attrgetter("index", "over", "of"),
    Integral: attrgetter("of", "by", "low", "high"),
}


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(parts(current)))


def rebuild(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Return the tree in which each node that `change` answers for is replaced by its answer.

    `change` sees parents first; where it answers None the node stays and its parts are visited.
    A name that a node needs as such (the variable of a derivative) must be answered by a name.
    """
    answer = change(node)
    if answer is not None:
        return answer
    old = parts(node)
    new = tuple(rebuild(part, change) for part in old)
    if all(one is other for one, other in zip(old, new, strict=True)):
        return node
    return with_parts(node, new)


def with_parts(node: Node, inside: tuple[Node, ...]) -> Node:
    """Return a node of the same kind, at the same place, with other direct parts."""
    match node:
        case Negative(place, _):
            return Negative(place, *inside)
        case Binary(place, operator, _, _):
            return Binary(place, operator, *inside)
        case Call(place, function, _):
            return Call(place, function, inside)
        case Derivative(place, _, _, order):
            return Derivative(place, inside[0], _as_name(inside[1]), order)
        case Comparison(place, operators, _):
            return Comparison(place, operators, inside)
        case Logic(place, operator, _):
            return Logic(place, operator, inside)
        case Choice(place):
            return Choice(place, *inside)
        case Index(place):
            return Index(place, _as_name(inside[0]), inside[1:])
        case Range(place):
            return Range(place, *inside)
        case Fold(place, operator):
            return Fold(place, operator, _as_name(inside[0]), *inside[1:])
        case Integral(place, _, _, _, _):
            return Integral(place, inside[0], _as_name(inside[1]), *inside[2:])
    return node


def _as_name(node: Node) -> Name:
    if not isinstance(node, Name):
        raise TypeError(f"expected a name, got {type(node).__name__}")
    return node


def size(node: Node) -> int:
    """Return how many nodes a tree has when shared parts are counted each time they occur."""
    counted: dict[int, int] = {}
    stack = [node]
    while stack:
        current = stack[-1]
        waiting = [part for part in parts(current) if id(part) not in counted]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        counted[id(current)] = 1 + sum(counted[id(part)] for part in parts(current))
    return counted[id(node)]
