"""Read the tables of rules: cut them into rows and cells, and read headers and cells.

A row that cannot be read costs one finding; its table is then left out, since a table with a row
too few would seem to have a gap.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.bounds import MOST_CELLS, MOST_COLUMNS, too_large
from lawc.syntax.declarations import without_comments
from lawc.syntax.raw_blocks import Line, RawSection
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.document import Cell, RowLine
from lawc.syntax.scope import Scope

Report = Callable[[Line, UnreadableError], None]

_BAR = re.compile(r'"[^"\n]*"|#[^\n]*|\|')


@immutable
class RawRow:
    """A row, cut into its cells, each without surrounding space."""

    line: Line
    cells: tuple[Line, ...]


@immutable
class RawTable:
    """What stands behind the key of a section and before its first row, and its rows."""

    head: Line
    rows: tuple[RawRow, ...]


def cut(text: str, section: RawSection, scope: Scope, report: Report) -> RawTable | None:
    """Return the rows of a section, or None where one of them cannot be cut.

    Args:
        text: The whole source.
        section: With its header line.
        scope: The names of the block.
        report: Keeps the finding about a row.
    """
    assert section.header is not None
    end = section.items[0].end
    first = _first_row(text, section.header, end)
    head = Line(section.header.start + len(section.key), first)
    bare = _first_line(text, section.header, end) if first == end else None
    if bare is not None:
        parts = re.split(r"\s{2,}|\t", text[bare.start : bare.end])
        shown = f"`| {' | '.join(parts)} |`" if len(parts) > 1 else "`| a | b |`"
        help = f"write {shown}, and every row like it"
        report(bare, _at("a row of a table begins and ends with `|`", scope, bare, help))
        return None
    if first == end:
        help = "write a header `| a | b |` and below it one row a line, indented by four spaces"
        report(section.header, _at("this table has no rows", scope, section.header, help))
        return None
    rows = cut_rows(text, Line(first, end), scope, report)
    if rows is not None and len(rows) < 2:
        help = "write one row a line below the header"
        report(head, _at("this table has a header and no row", scope, section.header, help))
        return None
    return None if rows is None else RawTable(head, rows)


def cut_rows(text: str, line: Line, scope: Scope, report: Report) -> tuple[RawRow, ...] | None:
    """Return the rows of a range of the text, or None where one of them cannot be cut."""
    found: list[RawRow] = []
    broken = False
    cells = 0
    at = line.start
    while at < line.end:
        stop = text.find("\n", at, line.end)
        stop = line.end if stop < 0 else stop
        row = _row(text, at, stop)
        at = stop + 1
        if row is None:
            continue
        if row.cells:
            cells += len(row.cells)
            found.append(row)
        else:
            broken = True
            help = "write `| 1 | 2 | 3 |`"
            report(
                row.line, _at("a row of a table begins and ends with `|`", scope, row.line, help)
            )
        if cells > MOST_CELLS or len(row.cells) > MOST_COLUMNS:
            broken = True
            large = len(row.cells) > MOST_COLUMNS
            report(
                row.line,
                too_large(
                    f"this table has more than {MOST_COLUMNS} columns"
                    if large
                    else f"this table has more than {MOST_CELLS:,} cells",
                    Place(scope.path, row.line.start, row.line.end),
                    "divide it into several tables",
                ),
            )
            break
    return None if broken else tuple(found)


def check_width(row: RawRow, header: RawRow, scope: Scope) -> None:
    """Refuse a row that has more cells or fewer than its header.

    Raises:
        UnreadableError: It has.
    """
    if len(row.cells) != len(header.cells):
        one = "cell" if len(row.cells) == 1 else "cells"
        raise _at(
            f"this row has {len(row.cells)} {one}, and the header has {len(header.cells)}",
            scope,
            row.line,
            "give every column a cell; `-` is a cell that holds always",
        )


def read_row(
    row: RawRow,
    readers: list[Callable[[str, Line, Scope], Cell]],
    text: str,
    scope: Scope,
) -> RowLine:
    """Return a row whose cells are read by these, one for each.

    Raises:
        UnreadableError: A cell cannot be read.
    """
    cells = tuple(read(text, cell, scope) for read, cell in zip(readers, row.cells, strict=True))
    return RowLine(Place(scope.path, row.line.start, row.line.end), cells)


def _first_row(text: str, header: Line, end: int) -> int:
    """Return where the first line begins that is a row; the end where there is none."""
    at = text.find("\n", header.start, end)
    while at >= 0:
        start = at + 1
        while start < end and text[start] in " \t":
            start += 1
        if start < end and text[start] == "|":
            return start
        at = text.find("\n", at + 1, end)
    return end


def _first_line(text: str, header: Line, end: int) -> Line | None:
    """Return the first line below a header that says something; None where there is none."""
    at = text.find("\n", header.start, end)
    while at >= 0:
        stop = text.find("\n", at + 1, end)
        line = Line(at + 1, end if stop < 0 else stop)
        said = head_text(text, line)
        if said.strip():
            indent = len(said) - len(said.lstrip())
            return Line(line.start + indent, line.start + len(said))
        at = stop
    return None


def _row(text: str, start: int, end: int) -> RawRow | None:
    """Return the row on a line, without cells where it is none; None where the line is empty."""
    bars: list[int] = []
    for match in _BAR.finditer(text, start, end):
        if match[0] == "|":
            bars.append(match.start())
        elif match[0][0] == "#":
            end = match.start()
            break
    while start < end and text[start] in " \t":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    if start == end:
        return None
    if len(bars) < 2 or bars[0] != start or bars[-1] != end - 1:
        return RawRow(Line(start, end), ())
    cells: list[Line] = []
    for one, other in itertools.pairwise(bars):
        inner = text[one + 1 : other]
        first = one + 1 + len(inner) - len(inner.lstrip(" \t"))
        last = first + len(inner.strip(" \t"))
        cells.append(Line(min(first, other), last if first < other else other))
    return RawRow(Line(start, end), tuple(cells))


def place_of(cell: Line, scope: Scope) -> Place:
    """Return the place of a cell, which may be empty."""
    return Place(scope.path, cell.start, max(cell.end, cell.start + 1))


def _at(headline: str, scope: Scope, line: Line, help: str) -> UnreadableError:
    return refusal("L0101", headline, Place(scope.path, line.start, line.end), help=help)


def head_text(text: str, head: Line) -> str:
    """Return what stands behind a key, on one line, without comments."""
    return without_comments(text, head).rstrip(" ")
