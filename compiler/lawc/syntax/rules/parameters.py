"""Read `parameters`: values by the day from which they are in force."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.raw_blocks import Line, RawSection
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.cells import read_answer, read_heading
from lawc.syntax.rules.document import (
    Cell,
    Column,
    ParametersSection,
    RowLine,
)
from lawc.syntax.rules.steps import head_of, header_of, reader_of, row_place, rows_of
from lawc.syntax.rules.tables import (
    RawTable,
    Report,
    check_width,
    cut,
)
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Name

_FROM_DATE = re.compile(r"from[ ]+([0-9-]+)$")


def read_parameters(
    text: str, section: RawSection, scope: Scope, report: Report
) -> ParametersSection | None:
    """Return `parameters`, or None where they cannot be read.

    Its rows are days with one column a parameter, or parameters with one column `from DAY` a day;
    the second is turned into the first.
    """
    raw = cut(text, section, scope, report)
    if raw is None:
        return None
    try:
        place, head = head_of(text, raw, section, scope)
        if head.strip(" :"):
            raise refusal(
                "L0101",
                "something stands behind `parameters`",
                place,
                help="write `parameters` alone on its line, and a table below it",
            )
        if any(_FROM_DATE.match(text[c.start : c.end]) for c in raw.rows[0].cells[1:]):
            return _turned(text, raw, place, scope, report)
        header = header_of(text, raw.rows[0], scope, set())
        if not any(column.name.name == "from" for column in header):
            raise refusal(
                "L0101",
                "no column of these parameters says from when they are in force",
                row_place(raw.rows[0], scope),
                help="write the column `from`, with a day such as `2024-01-01` in each row",
            )
    except UnreadableError as refused:
        report(raw.head, refused)
        return None
    rows = rows_of(text, raw, [reader_of(column) for column in header], scope, report)
    return None if rows is None else ParametersSection(place, header, rows)


def _turned(
    text: str, raw: RawTable, place: Place, scope: Scope, report: Report
) -> ParametersSection | None:
    """Return parameters that stand one a row, as those that stand one a column."""
    first = raw.rows[0]
    days: list[Cell] = []
    for cell in first.cells[1:]:
        match = _FROM_DATE.match(text, cell.start, cell.end)
        if match is None:
            raise refusal(
                "L0101",
                "this column is no `from` and its day",
                Place(scope.path, cell.start, max(cell.end, cell.start + 1)),
                help="write `from 2024-01-01`, or turn the table, with a column for each parameter",
            )
        days.append(read_answer(text, Line(*match.span(1)), scope))
    start = Place(scope.path, first.cells[0].start, max(first.cells[0].end, first.line.start + 1))
    header = [Column(start, Name(start, "from"))]
    columns: list[tuple[Cell, ...]] = []
    broken = False
    for row in raw.rows[1:]:
        try:
            check_width(row, first, scope)
            header.append(read_heading(text, row.cells[0], scope))
            columns.append(tuple(read_answer(text, cell, scope) for cell in row.cells[1:]))
        except UnreadableError as refused:
            report(row.line, refused)
            broken = True
    if broken:
        return None
    rows = tuple(
        RowLine(day.place, (day, *(column[at] for column in columns)))
        for at, day in enumerate(days)
    )
    return ParametersSection(place, tuple(header), rows)
