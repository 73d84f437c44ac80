"""What stands in the formulas of a law, read once for all passes that ask."""

from __future__ import annotations

from collections.abc import Iterator

from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import (
    Binary,
    Derivative,
    Expression,
    Integral,
    MixedDerivative,
    Number,
    Symbol,
    parts,
)
from lawc.knowledge.expression import names as names_in
from lawc.knowledge.law import Equation


@immutable
class Contents:
    """The names and derivatives of an equation.

    Attributes:
        names: All names, also those under a derivative, in the order of reading.
        derivatives: In the order of reading; a mixed one counts in each of its variables.
        right: Whether a derivative stands on the right side.
        alone: The name that is the whole left side, or empty.
    """

    names: tuple[str, ...]
    derivatives: tuple[Derivative, ...]
    right: bool
    alone: str


def contents_of(equation: Equation) -> Contents:
    """Return what stands in an equation."""
    names: dict[str, None] = {}
    found: list[Derivative] = []
    _read(equation.left, names, found)
    before = len(found)
    _read(equation.right, names, found)
    left = equation.left
    alone = left.name if type(left) is Symbol else ""
    return Contents(tuple(names), tuple(found), len(found) > before, alone)


def _read(expression: Expression, names: dict[str, None], found: list[Derivative]) -> None:
    for node in _leaves(expression):
        if type(node) is Symbol:
            names[node.name] = None
        elif type(node) is Derivative:
            names[node.quantity] = None
            names[node.by] = None
            found.append(node)
        elif type(node) is MixedDerivative:
            names[node.quantity] = None
            for by, order in node.orders:
                names[by] = None
                found.append(Derivative(node.quantity, by, order))
        elif type(node) is Integral:
            inner: dict[str, None] = {}
            _read(node.of, inner, found)
            inside = names_in(node)
            names.update((name, None) for name in inner if name in inside)
            _read(node.low, names, found)
            _read(node.high, names, found)


def _leaves(expression: Expression) -> Iterator[Expression]:
    stack = [expression]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is Binary:
            stack.append(node.right)  # type: ignore[attr-defined]
            stack.append(node.left)  # type: ignore[attr-defined]
        elif kind is Symbol or kind is Derivative or kind is MixedDerivative or kind is Integral:
            yield node
        elif kind is not Number:
            stack.extend(reversed(parts(node)))
