"""Reactions as known: who is used up, who is made, how fast; and the sums that they keep."""

from __future__ import annotations

from dataclasses import field

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Expression

Counts = tuple[tuple[str, int | float], ...]
"""Quantities, each with how many of it take part."""


@immutable
class Reaction:
    """One reaction.

    Attributes:
        label: The author's, or `reaction-1` and so on.
        consumed: What stands before the arrow.
        produced: What stands behind it; a catalyst stands on both sides.
        rate: The whole rate from left to right, mass action written out.
        back: The whole rate from right to left, None where there is none or `rate` is the net one.
    """

    label: str
    consumed: Counts
    produced: Counts
    rate: Expression
    back: Expression | None = None
    reversible: bool = False
    place: Place | None = field(default=None, compare=False)

    @property
    def net(self) -> dict[str, int | float]:
        """How many of each quantity one turn of the reaction makes; those it changes only."""
        change: dict[str, int | float] = {}
        for name, count in self.produced:
            change[name] = change.get(name, 0) + count
        for name, count in self.consumed:
            change[name] = change.get(name, 0) - count
        return {name: count for name, count in change.items() if count}


@immutable
class ConservedSum:
    """A sum of quantities, each times a whole number, that no reaction changes."""

    weights: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        text = ""
        for name, weight in self.weights:
            term = name if abs(weight) == 1 else f"{abs(weight)}*{name}"
            sign = "-" if weight < 0 else "+"
            if not text:
                text = f"-{term}" if weight < 0 else term
            else:
                text += f" {sign} {term}"
        return text
