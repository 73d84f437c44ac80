"""Draw the labels of one line below it.

The label that ends last has its text beside its marks; the texts of the others hang below,
each on a line of its own, tied to its marks by a bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lawc.diagnostics.immutable import immutable
from lawc.diagnostics.width import character_width, display_width, printable, shown

ELLIPSIS = "…"
Row = list[tuple[str, bool | None]]
"""Pieces of a line below: text, and whether it belongs to a primary label (None: blank)."""


@immutable
class Mark:
    """A label within a line: character columns from 0, its text, and its rank."""

    start: int
    end: int
    text: str
    primary: bool


_LONGEST = 4_000
"""Characters of a line that are looked at; a terminal shows far fewer."""


def draw_labels(line: str, marks: Sequence[Mark], room: int) -> tuple[str, list[Row]]:
    """Return the line as shown in `room` columns, and the rows that label it."""
    line, marks = _near(line, marks)
    pieces, columns = _laid_out(line)
    placed = sorted(
        {
            Mark(
                columns[min(mark.start, len(line))],
                max(columns[min(mark.end, len(line))], columns[min(mark.start, len(line))] + 1),
                printable(mark.text),
                mark.primary,
            )
            for mark in marks
        },
        key=lambda mark: (mark.start, mark.end, mark.text),
    )
    first, last = _window(placed, columns[-1], room)
    text = _cut(pieces, first, last)
    shift = first - (first > 0)
    moved = [
        Mark(
            max(mark.start - shift, 0),
            max(min(mark.end, last + 1) - shift, max(mark.start - shift, 0) + 1),
            mark.text,
            mark.primary,
        )
        for mark in placed
    ]
    return text, _rows(moved)


def visible(line: str, room: int) -> str:
    """Return a line without labels as shown in `room` columns."""
    line = line[:_LONGEST]
    pieces, columns = _laid_out(line)
    return _cut(pieces, 0, min(columns[-1], room - 1) if columns[-1] > room else columns[-1])


def _near(line: str, marks: Sequence[Mark]) -> tuple[str, Sequence[Mark]]:
    """Return the part of a very long line around its chief label, and the labels moved with it."""
    if len(line) <= _LONGEST:
        return line, marks
    chief = next((mark for mark in marks if mark.primary), marks[0])
    first = max(0, min(chief.start - _LONGEST // 4, len(line) - _LONGEST))
    moved = [
        Mark(
            min(max(mark.start - first, 0), _LONGEST),
            min(max(mark.end - first, 0), _LONGEST),
            mark.text,
            mark.primary,
        )
        for mark in marks
    ]
    before = ELLIPSIS if first else ""
    after = ELLIPSIS if first + _LONGEST < len(line) else ""
    part = before + line[first + len(before) : first + _LONGEST - len(after)] + after
    return part, moved


def _laid_out(line: str) -> tuple[list[str], list[int]]:
    """What is printed for each character, and the display column where each begins."""
    pieces: list[str] = []
    columns = [0]
    for character in line:
        piece = shown(character, columns[-1])
        pieces.append(piece)
        columns.append(columns[-1] + display_width(piece))
    return pieces, columns


def _window(marks: Sequence[Mark], length: int, room: int) -> tuple[int, int]:
    """The display columns of the line that are shown: all, or those around the labels."""
    if length <= room:
        return 0, length
    chief = next((mark for mark in marks if mark.primary), marks[0])
    left, right = min(mark.start for mark in marks), max(mark.end for mark in marks)
    if right - left > room - 2:
        left, right = chief.start, min(chief.end, chief.start + room - 2)
    spare = room - 2 - (right - left)
    first = max(left - spare // 2, 0)
    last = min(first + room - 2, length)
    return max(min(first, length - room + 1), 0), last


def _cut(pieces: Iterable[str], first: int, last: int) -> str:
    column, kept, total = 0, [], 0
    for piece in pieces:
        for character in piece:
            if first <= column < last or (column == last and character_width(character) == 0):
                kept.append(character)
            column += character_width(character)
        total = column
    return (ELLIPSIS if first else "") + "".join(kept) + (ELLIPSIS if last < total else "")


def _rows(marks: Sequence[Mark]) -> list[Row]:
    inline = max(marks, key=lambda mark: (mark.end, mark.start))
    hanging = [mark for mark in marks if mark is not inline and mark.text]
    underline = _Canvas()
    # A shorter mark inside a longer one stays visible; of equal ones the primary does.
    for mark in sorted(marks, key=lambda mark: (mark.start - mark.end, mark.primary)):
        underline.write(mark.start, ("^" if mark.primary else "-") * (mark.end - mark.start), mark)
    if inline.text:
        underline.write(inline.end + 1, inline.text, inline)
    rows = [underline.row()]
    hanging.sort(key=lambda mark: mark.start)
    if hanging:
        rows.append(_bars(hanging).row())
    while hanging:
        mark = hanging.pop()
        canvas = _bars([other for other in hanging if other.start < mark.start])
        canvas.write(mark.start, mark.text, mark)
        rows.append(canvas.row())
    return rows


def _bars(marks: Iterable[Mark]) -> _Canvas:
    canvas = _Canvas()
    for mark in marks:
        canvas.write(mark.start, "|", mark)
    return canvas


class _Canvas:
    """A row that is written at display columns; a later writing covers an earlier one."""

    def __init__(self) -> None:
        self.cells: dict[int, tuple[str, bool]] = {}

    def write(self, column: int, text: str, mark: Mark) -> None:
        for character in text:
            width = character_width(character)
            if width == 0 and column > 0 and (column - 1) in self.cells:
                before, primary = self.cells[column - 1]
                self.cells[column - 1] = (before + character, primary)
                continue
            self.cells[column] = (character, mark.primary)
            if width == 2:
                self.cells[column + 1] = ("", mark.primary)
            column += max(width, 1)

    def row(self) -> Row:
        row: Row = []
        for column in range(max(self.cells, default=-1) + 1):
            piece, primary = self.cells.get(column, (" ", None))
            if row and row[-1][1] is primary:
                row[-1] = (row[-1][0] + piece, primary)
            else:
                row.append((piece, primary))
        return row
