"""Find the row of a table by index, not by scan.

The ends of all cells cut each axis into pieces; for each piece it is known which rows hold there,
as the bits of a whole number. Axes are merged into classes by tables of their pieces, as far as
such a table stays small: for most tables one gather leads from the pieces to the row. What cannot
be merged is intersected bit by bit when it is asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from lawc.decision.arrays import Arrays

SMALL, LARGE = 1 << 14, 1 << 17
WORD = 62
"""Bits of a word of a set of rows; no sign is touched."""

NONE, SEVERAL = -1, -2
Edge = float | int
Range = tuple[Edge | None, Edge | None]
"""From the first value that holds up to the first one beyond; None is no end."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a table, cut into pieces.

    Attributes:
        edges: The first value of each piece but the first.
        rows: For each piece, the rows that hold there, as bits.
        always: The rows that ask for nothing on this axis.
    """

    edges: tuple[Edge, ...]
    rows: tuple[int, ...]
    always: int
    _sorted: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sorted", np.asarray(self.edges))

    def pieces(self, xp: Arrays, values: Any) -> Any:
        """Return the place of the piece in which each value lies."""
        if len(self.edges) > 12:
            return xp.passed(xp.constant(self._sorted), values)
        count: Any = None
        for edge in self.edges:
            reached = xp.small(values >= edge)
            count = reached if count is None else count + reached
        return xp.full(values, 0) if count is None else xp.whole(count)


def axis(cells: Sequence[Sequence[Range] | None]) -> Axis:
    """Return an axis cut by the ends of the cells of all rows; None holds always."""
    always = sum(1 << row for row, ranges in enumerate(cells) if ranges is None)
    spans = [(row, ranges) for row, ranges in enumerate(cells) if ranges is not None]
    cuts = sorted(
        {end for _, ranges in spans for ends in ranges for end in ends if end is not None}
    )
    change = [0] * (len(cuts) + 2)
    for row, ranges in spans:
        for low, high in ranges:
            if low is not None and high is not None and low >= high:
                continue
            change[0 if low is None else bisect_left(cuts, low) + 1] ^= 1 << row
            change[len(cuts) + 1 if high is None else bisect_left(cuts, high) + 1] ^= 1 << row
    edges, rows, now = [], [always], 0
    now = change[0]
    rows[0] = always | now
    for place, cut in enumerate(cuts):
        now ^= change[place + 1]
        if (always | now) != rows[-1]:
            edges.append(cut)
            rows.append(always | now)
    return Axis(tuple(edges), tuple(rows), always)


@dataclass(frozen=True, slots=True)
class Classes:
    """Pieces of one axis, or classes of several that were merged by a table."""

    rows: tuple[int, ...]
    of: tuple[Classes, ...] = ()
    table: np.ndarray | None = None
    axis: int = -1

    def find(self, xp: Arrays, pieces: Sequence[Any]) -> Any:
        """Return the class in which each element lies."""
        if self.table is None:
            return pieces[self.axis]
        return xp.take(xp.constant(self.table), self.place(xp, pieces))

    def place(self, xp: Arrays, pieces: Sequence[Any]) -> Any:
        """Return the place in the table."""
        place = self.of[0].find(xp, pieces)
        for other in self.of[1:]:
            place = place * len(other.rows) + other.find(xp, pieces)
        return place


Find = Callable[[Arrays, Sequence[Any]], Any]
"""From the pieces on all axes to the row, NONE or SEVERAL."""


def row_finder(axes: Sequence[Axis], judge: Callable[[int], int], alone: bool) -> Find:
    """Return what finds rows.

    Args:
        judge: Says which row speaks, of a set given as bits: a row, SEVERAL or NONE.
        alone: Whether several rows may not speak, where `judge` is not asked; else the first does.
    """
    kept = [Classes(a.rows, axis=place) for place, a in enumerate(axes) if len(a.rows) > 1]
    common = -1
    for a in axes:
        if len(a.rows) == 1:
            common &= a.rows[0]
    if not kept:
        only = judge(common)
        return lambda xp, pieces: xp.full(pieces[0], only)
    kept = _merged(kept)
    if len(kept) == 1:
        rows = np.array([judge(bits & common) for bits in kept[0].rows], np.int64)
        top = kept[0]
        if top.table is None:
            return lambda xp, pieces: xp.take(xp.constant(rows), pieces[top.axis])
        direct = rows[top.table]
        return lambda xp, pieces: xp.take(xp.constant(direct), top.place(xp, pieces))
    return _intersecting(kept, common, alone)


def _merged(nodes: list[Classes]) -> list[Classes]:
    while len(nodes) > 1:
        nodes = sorted(nodes, key=lambda node: len(node.rows))
        limit = SMALL if len(nodes[0].rows) * len(nodes[1].rows) <= SMALL else LARGE
        count, size = 0, 1
        while count < len(nodes) and size * len(nodes[count].rows) <= limit:
            size *= len(nodes[count].rows)
            count += 1
        if count < 2:
            return nodes
        nodes = [_merge(tuple(nodes[:count])), *nodes[count:]]
    return nodes


def _merge(nodes: tuple[Classes, ...]) -> Classes:
    known: dict[int, int] = {}
    table: list[int] = []
    # All but the last are intersected once for each of their combinations.
    for first in product(*(node.rows for node in nodes[:-1])):
        bits = first[0]
        for other in first[1:]:
            bits &= other
        table.extend(known.setdefault(bits & last, len(known)) for last in nodes[-1].rows)
    return Classes(tuple(known), nodes, np.array(table, np.int64))


def _intersecting(nodes: list[Classes], common: int, alone: bool) -> Find:
    """Return what intersects sets of rows word by word."""
    words = -(-max(bits.bit_length() for node in nodes for bits in node.rows) // WORD)
    mask = (1 << WORD) - 1
    tables = [
        [
            np.array([(bits & common) >> (WORD * word) & mask for bits in node.rows], np.int64)
            for word in range(words)
        ]
        for node in nodes
    ]

    def find(xp: Arrays, pieces: Sequence[Any]) -> Any:
        classes = [node.find(xp, pieces) for node in nodes]
        row = xp.full(classes[0], NONE)
        for word in reversed(range(words)):
            left = xp.take(xp.constant(tables[0][word]), classes[0])
            for table, places in zip(tables[1:], classes[1:], strict=True):
                left = left & xp.take(xp.constant(table[word]), places)
            lowest = left & -left
            bit = xp.whole(xp.call("log2", xp.double(xp.larger(lowest, 1)))) + WORD * word
            found = left != 0
            if alone:
                several = (found & (row != NONE)) | (left != lowest)
                bit = xp.where(several, xp.full(bit, SEVERAL), bit)
            row = xp.where(found, bit, row)
        return row

    return find


def rows_of(bits: int) -> Iterable[int]:
    """Yield the places of the bits that are set, from low to high."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
