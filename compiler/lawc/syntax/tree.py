"""Expressions as written: what the author typed, with a place on every node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lawc.diagnostics.diagnostic import Place


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression and where it stands."""

    place: Place


@dataclass(frozen=True, slots=True)
class UnitText(Node):
    """What stands between brackets after a number or a declaration, unread."""

    text: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, normalised to NFC."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """A minus sign before an expression."""

    of: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands and one of `+ - * / ^`, in ASCII whatever was typed."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function and its arguments; `value(x, [u])` has a UnitText as its second one."""

    function: Name
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    """`dx/dt`, `d2x/dt2`, `∂u/∂t`, `d/dt(m*v)`: of an expression, by a name, to an order."""

    of: Node
    by: Name
    order: int


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A chain of comparisons kept as one node; operators in ASCII (`<=`, not `≤`)."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or`, `not`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`if … then … else …`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """What could not be read; the finding about it has been made."""


def parts(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of a node, in the order of reading."""
    match node:
        case Negative(_, of):
            return (of,)
        case Binary(_, _, left, right):
            return (left, right)
        case Call(_, _, arguments):
            return arguments
        case Derivative(_, of, by, _):
            return (of, by)
        case Comparison(_, _, operands) | Logic(_, _, operands):
            return operands
        case Choice(_, condition, then, otherwise):
            return (condition, then, otherwise)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(parts(current)))
