"""Overlaps and gaps of a table by its boxes, without a solver.

The ends of all cells cut an axis into points and open pieces; a cell is a set of pieces, kept as
the bits of a number, and a row is a box of pieces. Two rows meet where they share a piece on each
axis. Rows that do not meet leave a gap exactly where their counts of pieces do not add up, and the
same count leads to it axis by axis.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor, prod

from lawc.decision.decision import Cell, Interval, OneOf, Port, Row, Table, Test
from lawc.diagnostics.immutable import immutable

PATIENCE = 200_000
"""Regions that a search for a gap among rows that overlap may look at."""


@immutable
class Piece:
    """A point, where both ends are the same, or what lies strictly between two ends."""

    low: Fraction | None
    high: Fraction | None

    @property
    def is_point(self) -> bool:
        """Whether it is one value."""
        return self.low is not None and self.low == self.high


@immutable
class Axis:
    """What a table looks at along one quantity: its pieces, from low to high."""

    name: str
    pieces: tuple[Piece, ...]
    step: Fraction | None = None

    def value(self, index: int) -> Fraction:
        """Return a plain value inside a piece."""
        piece = self.pieces[index]
        if piece.is_point:
            assert piece.low is not None
            return piece.low
        return _between(piece.low, piece.high, self.step)


@immutable
class Boxes:
    """A table as boxes.

    Attributes:
        rows: For each row the bits of its pieces on each axis; all bits where a cell is a formula.
        exact: Whether the box is all that the row asks; not for `otherwise`.
        takers: For each piece of each axis the rows whose boxes hold it, as the bits of a number.
    """

    axes: tuple[Axis, ...]
    rows: tuple[tuple[int, ...], ...]
    exact: tuple[bool, ...]
    takers: tuple[tuple[int, ...], ...]

    def point(self, place: tuple[int, ...]) -> dict[str, Fraction]:
        """Return plain values inside one piece of each axis."""
        return {axis.name: axis.value(i) for axis, i in zip(self.axes, place, strict=True)}


def boxes(table: Table, ports: tuple[Port, ...]) -> Boxes:
    """Return the boxes of a table on quantities with these ports, one for each name in `on`."""
    axes = tuple(
        _axis(port, [row.cells[place] for row in table.rows]) for place, port in enumerate(ports)
    )
    rows = tuple(
        tuple(_bits(axis, cell) for axis, cell in zip(axes, row.cells, strict=True))
        for row in table.rows
    )
    takers = tuple(_takers(axis, [row[i] for row in rows]) for i, axis in enumerate(axes))
    return Boxes(axes, rows, tuple(map(_is_exact, table.rows)), takers)


def _takers(axis: Axis, rows: list[int]) -> tuple[int, ...]:
    made = [0] * len(axis.pieces)
    for row, bits in enumerate(rows):
        for piece in _set(bits):
            made[piece] |= 1 << row
    return tuple(made)


def meetings(made: Boxes, among: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows whose boxes share a case, in the order of the first."""
    common = dict.fromkeys(among, -1)
    for place, there in enumerate(made.takers):
        for row in among:
            met = 0
            for piece in _set(made.rows[row][place]):
                met |= there[piece]
            common[row] &= met
    everyone = sum(1 << row for row in among)
    for row in among:
        later = (common[row] & everyone) >> (row + 1)
        for offset in _set(later):
            yield row, row + 1 + offset


def shared(made: Boxes, one: int, other: int) -> tuple[int, ...]:
    """Return a piece of each axis in the boxes of both rows."""
    pairs = zip(made.rows[one], made.rows[other], strict=True)
    return tuple(_lowest(a & b) for a, b in pairs)


def is_empty(made: Boxes, row: int) -> bool:
    """Whether a row holds nowhere in the declared ranges."""
    return any(bits == 0 for bits in made.rows[row])


def gap_between(made: Boxes, among: list[int]) -> tuple[int, ...] | None:
    """Return a piece of each axis that no row of these takes, where no two of them meet."""
    counts = {row: [bits.bit_count() for bits in made.rows[row]] for row in among}
    alive = {row: prod(c) for row, c in counts.items() if all(c)}
    full = prod(len(axis.pieces) for axis in made.axes)
    if sum(alive.values()) == full:
        return None
    found: list[int] = []
    for place, axis in enumerate(made.axes):
        full //= len(axis.pieces)
        covered = [0] * len(axis.pieces)
        for row, count in alive.items():
            each = count // counts[row][place]
            for piece in _set(made.rows[row][place]):
                covered[piece] += each
        piece = min(range(len(covered)), key=lambda i: (covered[i] >= full, i))
        found.append(piece)
        bit = 1 << piece
        alive = {
            row: count // counts[row][place]
            for row, count in alive.items()
            if made.rows[row][place] & bit
        }
    return tuple(found)


def gap_in(made: Boxes, among: list[int], inside: tuple[int, ...] | None = None) -> Search:
    """Search for a piece of each axis that no row takes, whether or not rows meet.

    Args:
        made: The table.
        among: Rows that may take it.
        inside: Bits of each axis to stay in; all where None.
    """
    whole = tuple((1 << len(axis.pieces)) - 1 for axis in made.axes)
    return Search(made, among, whole if inside is None else inside)


class Search:
    """A search for a gap, axis by axis.

    Attributes:
        found: A piece of each axis that no row takes, None where there is none.
        decided: Whether the search came to its end.
    """

    def __init__(self, made: Boxes, among: list[int], inside: tuple[int, ...]) -> None:
        self._made = made
        self._inside = inside
        self._left = PATIENCE
        self._full: set[tuple[int, int]] = set()
        self.found: tuple[int, ...] | None = None
        self.decided = True
        # The axis with the fewest pieces first: many groups of rows are then met again.
        self._order = sorted(range(len(inside)), key=lambda p: inside[p].bit_count())
        if all(inside):
            active = sum(1 << row for row in among)
            found = self._look(0, active)
            if found is not None:
                self.found = tuple(found[place] for place in range(len(inside)))

    def _look(self, depth: int, active: int) -> dict[int, int] | None:
        if active == 0:
            return {place: _lowest(self._inside[place]) for place in self._order[depth:]}
        if depth == len(self._order) or (depth, active) in self._full:
            return None
        self._left -= 1
        if self._left < 0:
            self.decided = False
            return None
        place = self._order[depth]
        if depth + 1 == len(self._order):
            return self._left_over(place, active)
        groups: dict[int, int] = {}
        for piece in _set(self._inside[place]):
            groups.setdefault(active & self._made.takers[place][piece], piece)
        for there, piece in sorted(groups.items(), key=lambda pair: pair[0].bit_count()):
            below = self._look(depth + 1, there)
            if below is not None:
                below[place] = piece
                return below
            if not self.decided:
                return None
        self._full.add((depth, active))
        return None

    def _left_over(self, place: int, active: int) -> dict[int, int] | None:
        """Return a piece of the last axis that none of some rows holds."""
        left = self._inside[place]
        for row in _set(active):
            left &= ~self._made.rows[row][place]
            if not left:
                return None
        return {place: _lowest(left)}


def _axis(port: Port, cells: list[Cell]) -> Axis:
    if port.choices or port.kind == "yes/no":
        count = len(port.choices) or 2
        points = [Fraction(i) for i in range(count)]
        return Axis(port.name, tuple(Piece(p, p) for p in points), Fraction(1))
    ends: set[Fraction] = set()
    for cell in cells:
        if isinstance(cell, Interval):
            ends.update(end for end in (cell.low, cell.high) if end is not None)
        elif isinstance(cell, OneOf):
            ends.update(cell.values)
    low, high = port.low, port.high
    inner = {e for e in ends if (low is None or e >= low) and (high is None or e <= high)}
    inner.update(end for end in (low, high) if end is not None)
    step = port.step if port.kind == "number" else Fraction(1)
    marks = sorted(inner)
    pieces: list[Piece] = []
    if low is None:
        pieces.append(Piece(None, marks[0] if marks else None))
    for place, mark in enumerate(marks):
        if step is None or mark % step == 0:
            pieces.append(Piece(mark, mark))
        if place + 1 < len(marks):
            between = Piece(mark, marks[place + 1])
            if not _is_bare(between, step):
                pieces.append(between)
    if high is None and marks:
        pieces.append(Piece(marks[-1], None))
    return Axis(port.name, tuple(pieces), step)


def _is_bare(piece: Piece, step: Fraction | None) -> bool:
    """Whether no multiple of the step lies strictly inside."""
    if step is None or piece.low is None or piece.high is None:
        return False
    return (floor(piece.low / step) + 1) * step >= piece.high


def _bits(axis: Axis, cell: Cell) -> int:
    if cell is None or isinstance(cell, Test):
        return (1 << len(axis.pieces)) - 1
    pieces = axis.pieces
    if isinstance(cell, OneOf):
        return sum(1 << i for i, p in enumerate(pieces) if p.is_point and p.low in cell.values)
    # Pieces run from low to high, so that those inside follow each other.
    first = bisect_left(pieces, True, key=lambda piece: _is_above(cell, piece))
    last = bisect_left(pieces, True, key=lambda piece: not _is_below(cell, piece))
    return (1 << last) - (1 << first) if first < last else 0


def _is_above(cell: Interval, piece: Piece) -> bool:
    if cell.low is None or piece.low is None:
        return cell.low is None
    return piece.low > cell.low or (
        piece.low == cell.low and not (piece.is_point and cell.low_open)
    )


def _is_below(cell: Interval, piece: Piece) -> bool:
    if cell.high is None or piece.high is None:
        return cell.high is None
    return piece.high < cell.high or (
        piece.high == cell.high and not (piece.is_point and cell.high_open)
    )


def _between(low: Fraction | None, high: Fraction | None, step: Fraction | None) -> Fraction:
    """Return a short number strictly between two ends, a multiple of the step."""
    unit = step if step is not None else Fraction(1)
    if low is None and high is None:
        return Fraction(0)
    if low is None:
        assert high is not None
        return (ceil(high / unit) - 1) * unit
    if high is None:
        return (floor(low / unit) + 1) * unit
    middle = (low + high) / 2
    if step is not None:
        near = floor(middle / step) * step
        return near if near > low else near + step
    return shortest((3 * low + high) / 4, (low + 3 * high) / 4, middle)


def shortest(low: Fraction, high: Fraction, fallback: Fraction) -> Fraction:
    """Return the number with the fewest decimals between two ends, near their middle."""
    middle = (low + high) / 2
    for digits in range(-6, 13):
        unit = Fraction(10) ** -digits
        near = floor(middle / unit + Fraction(1, 2)) * unit
        if low <= near <= high:
            return near
    return fallback


def _is_exact(row: Row) -> bool:
    return not row.otherwise and not any(isinstance(cell, Test) for cell in row.cells)


def _set(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
