"""Columns of values with masks, and the logic of masks; numpy here, torch by another `Arrays`.

A mask is None where all is known, else int8: 0 known, 1 unknown, 2 not applicable, 3 to be done
exactly, row by row, since a float was too near to an edge or an operation has no result. Of
several parts that are all needed the largest counts. Values under a mask are arbitrary, but within
the ends of their kind, so that indexing by them is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any
"""Of numpy or torch."""

Cell = tuple[Array, Array | None]
"""A column and its mask."""

KNOWN, UNSURE, NOTHING, EXACTLY = 0, 1, 2, 3


class Arrays:
    """What columns need beyond operators, in numpy."""

    def where(self, condition: Array, yes: Array, no: Array) -> Array:
        """Choose element by element; numbers beside columns are of their kind."""
        kinds = {np.asarray(x).dtype for x in (yes, no) if isinstance(x, np.ndarray | float)}
        kinds = kinds or {np.dtype(np.int64)}
        kind = kinds.pop()
        if kinds or condition.dtype != np.bool_:
            return np.where(condition, yes, no)
        # By bits: where conditions change from row to row, a branch costs three times as much.
        if kind == np.float64:
            one, two = (np.asarray(x, np.float64).view(np.int64) for x in (yes, no))
            return (self._by_bits(condition, one ^ two, np.int64) ^ two).view(np.float64)
        if kind == np.bool_:
            return ((yes ^ no) & condition) ^ no
        if kind.kind != "i":
            return np.where(condition, yes, no)
        made = self._by_bits(condition, yes - no, kind)
        made += no
        return made

    def _by_bits(self, condition: Array, value: Array, kind: Any) -> Array:
        """Return a value where a condition holds, else zero."""
        made = (-condition.view(np.int8)).astype(kind)
        made &= value
        return made

    def larger(self, a: Array, b: Array) -> Array:
        """Return the larger of each pair; one may be a plain number."""
        return np.maximum(a, b)

    def smaller(self, a: Array, b: Array) -> Array:
        """Return the smaller of each pair; one may be a plain number."""
        return np.minimum(a, b)

    def whole(self, a: Array) -> Array:
        """Return as int64."""
        return a.astype(np.int64)

    def small(self, a: Array) -> Array:
        """Return truths as int8 or anything as int8."""
        return a.view(np.int8) if a.dtype == np.bool_ else a.astype(np.int8)

    def double(self, a: Array) -> Array:
        """Return as float64."""
        return a.astype(np.float64)

    def full(self, like: Array, value: int, small: bool = False) -> Array:
        """Return a column of one whole number; int8 if small, else int64."""
        return np.full(len(like), value, np.int8 if small else np.int64)

    def yes(self, like: Array, value: bool) -> Array:
        """Return a column of one truth."""
        return np.full(len(like), value)

    def any(self, a: Array) -> bool:
        """Return whether any is true."""
        return bool(a.any())

    def ends(self, a: Array) -> tuple[float, float]:
        """Return the least and the largest; NaN where there is one."""
        return a.min(), a.max()

    def take(self, table: Array, places: Array) -> Array:
        """Return elements of a table by place."""
        return table.take(places)

    def passed(self, edges: Array, a: Array) -> Array:
        """Return how many of the sorted edges each value has reached, as int64."""
        return edges.searchsorted(a, side="right")

    def constant(self, table: np.ndarray) -> Array:
        """Return a constant table where the columns are."""
        return table

    def divide(self, a: Array, by: int, into: Array) -> None:
        """Put a quotient into floats."""
        np.divide(a, by, out=into)

    def quotient(self, a: Array, by: int, most: int) -> Array:
        """Return a quotient rounded down; no number here is larger than `most`."""
        return a // by

    def same(self, a: Array, b: Array) -> bool:
        """Return whether columns are equal in all rows."""
        return bool((a == b).all())

    def empty(self, count: int, kind: str, place: Any) -> Array:
        """Return a column to be filled, of a place such as a device."""
        return np.empty(count, kind)

    def places(self, a: Array) -> list[int]:
        """Return where truths are yes."""
        return a.nonzero()[0].tolist()

    def is_truth(self, a: Array) -> bool:
        """Return whether a column is one of truths."""
        return a.dtype == np.bool_

    def is_float(self, a: Array) -> bool:
        """Return whether a column is one of floats."""
        return a.dtype.kind == "f"

    def call(self, name: str, *of: Array) -> Array:
        """Return `exp`, `log`, `log10`, `log2`, `sqrt`, `power`, `floor`, `rint`, `isfinite`."""
        return getattr(np, name)(*of)


def joined(xp: Arrays, cells: Sequence[Cell]) -> Array | None:
    """Return the mask of what needs all of these."""
    mask = None
    for _, other in cells:
        if other is not None:
            mask = other if mask is None else xp.larger(mask, other)
    return mask


def full_mask(xp: Arrays, cell: Cell) -> Array:
    """Return the mask of a column, made if it has none."""
    return xp.full(cell[0], KNOWN, small=True) if cell[1] is None else cell[1]


def spread(xp: Arrays, cell: Cell, like: Array) -> Cell:
    """Return a constant as a column, and a column as it is."""
    value, mask = cell
    if isinstance(value, bool):
        return xp.yes(like, value), mask
    if isinstance(value, float):
        return xp.double(xp.full(like, 0)) + value, mask
    return (xp.full(like, value) if isinstance(value, int) else value), mask


def flagged(xp: Arrays, cell: Cell, bad: Array, safe: Any = None) -> Cell:
    """Mark rows to be done exactly, and put a safe value there where one is given."""
    if not xp.any(bad):
        return cell
    value, mask = cell
    if safe is not None:
        value = xp.where(bad, safe, value)
    if mask is not None:
        # What is absent already has no value to go wrong.
        bad = bad & ((mask == KNOWN) | (mask == EXACTLY))
    return value, xp.where(bad, xp.full(value, EXACTLY, small=True), full_mask(xp, cell))


def as_condition(xp: Arrays, cell: Cell) -> Cell:
    """Return truths in which what is not applicable is no."""
    value, mask = cell
    if mask is None:
        return cell
    nothing = mask == NOTHING
    return value & ~nothing, xp.where(nothing, xp.full(value, KNOWN, small=True), mask)


def unsure(cell: Cell) -> Array:
    """Return where a condition holds or is to be done exactly."""
    return cell[0] if cell[1] is None else cell[0] | (cell[1] == EXACTLY)


def negation(xp: Arrays, cell: Cell) -> Cell:
    """Return yes for no."""
    return ~cell[0], cell[1]


def conjunction(xp: Arrays, left: Cell, right: Cell) -> Cell:
    """Return whether both hold; what the left one decides needs no right one."""
    if left[1] is None and right[1] is None:
        return left[0] & right[0], None
    one, two = full_mask(xp, left), full_mask(xp, right)
    no_left = ~left[0] & (one == KNOWN)
    no_right = ~right[0] & (two == KNOWN) & (one != EXACTLY)
    mask = xp.where(no_left | no_right, xp.full(one, KNOWN, small=True), xp.larger(one, two))
    return left[0] & right[0] & ~(no_left | no_right), mask


def disjunction(xp: Arrays, left: Cell, right: Cell) -> Cell:
    """Return whether one of both holds; what the left one decides needs no right one."""
    if left[1] is None and right[1] is None:
        return left[0] | right[0], None
    return negation(xp, conjunction(xp, negation(xp, left), negation(xp, right)))


def chosen(xp: Arrays, condition: Cell, yes: Cell, no: Cell, near: float = 0.0) -> Cell:
    """Return one of two columns; where the condition is unknown, what both say.

    Args:
        near: Floats as close as this may be equal or not, so that it is to be done exactly.
    """
    holds, unsure = condition
    value = xp.where(holds, yes[0], no[0])
    mask = None
    if yes[1] is not None or no[1] is not None:
        mask = xp.where(holds, full_mask(xp, yes), full_mask(xp, no))
    if unsure is None:
        return value, mask
    mask = full_mask(xp, (value, mask))
    both, agreed = agreement(xp, yes, no, near)
    value = xp.where(unsure == UNSURE, both, value)
    mask = xp.where(unsure == UNSURE, agreed, mask)
    return value, xp.where(unsure == EXACTLY, unsure, mask)


def agreement(xp: Arrays, one: Cell, other: Cell, near: float = 0.0) -> tuple[Array, Array]:
    """Return what two possible answers agree on, else unknown."""
    a, b = full_mask(xp, one), full_mask(xp, other)
    close = None
    if near:
        close = abs(one[0] - other[0]) <= near
        same = close & False
    else:
        same = one[0] == other[0]
    same = (same & (a == KNOWN) & (b == KNOWN)) | ((a == b) & (a == NOTHING))
    mask = xp.where(same, a, xp.full(a, UNSURE, small=True))
    exactly = (a == EXACTLY) | (b == EXACTLY)
    if close is not None:
        exactly = exactly | (close & (a == KNOWN) & (b == KNOWN))
    return one[0], xp.where(exactly, xp.full(a, EXACTLY, small=True), mask)
