"""The partial derivatives that must be known together.

A derivative of a product or of a function of functions speaks of all lower ones, so a set of
partial derivatives is closed downwards before anything is computed. The tables of which pairs
multiply to which follow from the set alone and are made once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

Partial = tuple[tuple[str, int], ...]
"""Variables with their orders, each of one or more, sorted by name; empty for the value itself."""

Index = tuple[int, ...]
"""The order in each variable of a closure."""


def partial(**orders: int) -> Partial:
    """Return a partial derivative: `partial(x=2, t=1)` is ∂³/∂t∂x²."""
    return tuple(sorted((name, order) for name, order in orders.items() if order))


@dataclass(frozen=True)
class Closure:
    """A set of partial derivatives that holds all lower ones of each.

    Attributes:
        variables: By what is differentiated.
        indices: All of the set, by total order: the value first, then the first derivatives.
    """

    variables: tuple[str, ...]
    indices: tuple[Index, ...]

    @property
    def order(self) -> int:
        """The highest total order."""
        return sum(self.indices[-1])

    def __len__(self) -> int:
        return len(self.indices)

    def index(self, wanted: Partial) -> int:
        """Return where a partial derivative stands among the indices.

        Raises:
            KeyError: It is not in the set.
        """
        orders = dict(wanted)
        key = tuple(orders.pop(name, 0) for name in self.variables)
        if orders:
            raise KeyError(wanted)
        return _positions(self)[key]

    def seed(self, variable: str) -> int:
        """Return where the first derivative by a variable stands."""
        return self.index(((variable, 1),))

    def factorial(self, position: int) -> int:
        """Return what a Taylor coefficient is multiplied by to be the derivative."""
        return math.prod(math.factorial(order) for order in self.indices[position])


@cache
def closure(wanted: Collection[Partial]) -> Closure:
    """Return the least closed set that holds what is wanted.

    Args:
        wanted: A tuple or a frozen set.

    Raises:
        ValueError: An order is not a whole number of one or more, or nothing is differentiated.
    """
    variables = tuple(sorted({name for one in wanted for name, _ in one}))
    if not variables:
        raise ValueError("expected at least one derivative")
    found: set[Index] = set()
    for one in wanted:
        if any(order < 1 for _, order in one):
            raise ValueError(f"expected orders of one or more, got {one}")
        orders = dict(one)
        found |= set(itertools.product(*(range(orders.get(v, 0) + 1) for v in variables)))
    return Closure(variables, tuple(sorted(found, key=lambda index: (sum(index), index))))


@cache
def _positions(known: Closure) -> dict[Index, int]:
    return {index: position for position, index in enumerate(known.indices)}


Pairs = tuple[tuple[int, int], ...]


@cache
def products(known: Closure) -> tuple[Pairs, ...]:
    """Return, for each index, the pairs of proper parts that add up to it.

    Neither part is the value: what the value contributes is one multiplication of all at once. A
    pair and its mirror image are both listed.
    """
    return tuple(_parts(known, index) for index in known.indices)


def _parts(known: Closure, index: Index) -> Pairs:
    positions = _positions(known)
    lower = itertools.product(*(range(order + 1) for order in index))
    pairs = []
    for one in lower:
        other = tuple(whole - part for whole, part in zip(index, one, strict=True))
        if any(one) and any(other):
            pairs.append((positions[one], positions[other]))
    return tuple(sorted(pairs))


@cache
def starts(known: Closure) -> tuple[int, ...]:
    """Return where the indices of each total order begin, and where the last ones end."""
    orders = [sum(index) for index in known.indices]
    return (*(orders.index(order) for order in range(orders[-1] + 1)), len(orders))
