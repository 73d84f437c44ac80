"""Read the sections of a rule that decide something: tables, grids, scales and scores."""

from __future__ import annotations

import re
from collections.abc import Callable

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.raw_blocks import Line, RawSection
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.cells import (
    read_answer,
    read_heading,
    read_test,
    read_words,
    write_test,
)
from lawc.syntax.rules.clauses import read_rounding
from lawc.syntax.rules.document import (
    Cell,
    Column,
    RowLine,
    ScaleSection,
    ScoreSection,
    TableSection,
)
from lawc.syntax.rules.formulas import Cursor
from lawc.syntax.rules.indices import ELEMENT, elements_in
from lawc.syntax.rules.tables import (
    RawRow,
    RawTable,
    Report,
    check_width,
    cut,
    head_text,
    read_row,
)
from lawc.syntax.scope import Scope
from lawc.syntax.sections import TEXT_COLUMNS
from lawc.syntax.tree import Name

ReadCell = Callable[[str, Line, Scope], Cell]

_LIST = rf"{ELEMENT}(?:[ ]*,[ ]*{ELEMENT})*"
_TABLE = re.compile(rf"[ ]*({_LIST})[ ]+by[ ]+({_LIST})(?:[ ]+(unique|first|any))?$")
_GRID = re.compile(rf"[ ]*({ELEMENT})[ ]+by[ ]+({ELEMENT})[ ]*,[ ]*({ELEMENT})$")
_SCALE = re.compile(rf"[ ]*({ELEMENT})[ ]+marginal[ ]+on[ ]+(?=\S)")
_SCORE = re.compile(rf"[ ]*({ELEMENT})$")

_TABLE_HELP = "write `table OUT by IN, IN`, and `first` or `any` at its end where rows may overlap"
_GRID_HELP = "write `grid OUT by A, B`"
_SCALE_HELP = "write `scale OUT marginal on X`, or `scale OUT marginal on X by K`"
_SCORE_HELP = "write `score OUT`"


def read_table(text: str, section: RawSection, scope: Scope, report: Report) -> TableSection | None:
    """Return `table OUT by IN` or `grid OUT by A, B`, or None where it cannot be read."""
    raw = cut(text, section, scope, report)
    if raw is None:
        return None
    try:
        place, head = head_of(text, raw, section, scope)
        match = (_GRID if section.key == "grid" else _TABLE).match(head)
        if match is None:
            help = _GRID_HELP if section.key == "grid" else _TABLE_HELP
            said = f"this `{section.key}` does not say what it gives"
            if section.key == "grid" and _TABLE.match(head):
                said, help = "a grid has two directions", f"{_GRID_HELP}, or a `table` by more"
            raise refusal("L0101", said, place, help=help)
        outputs = _names(match, 1, raw, scope)
        by = _names(match, 2, raw, scope)
        if section.key == "grid":
            by = (*by, *_names(match, 3, raw, scope))
            header = _grid_header(text, raw.rows[0], by[0], scope)
            policy = "unique"
        else:
            header = header_of(text, raw.rows[0], scope, {name.name for name in outputs})
            policy = match[3] or "unique"
            _same_columns(header, outputs, by, raw.rows[0], scope)
    except UnreadableError as refused:
        report(raw.head, refused)
        return None
    readers: list[ReadCell] = []
    inputs = {name.name for name in by}
    for at, column in enumerate(header):
        if section.key == "grid":
            readers.append(read_answer if at else read_test)
        elif column.name.name in inputs:
            readers.append(read_test)
        else:
            readers.append(read_words if column.name.name in TEXT_COLUMNS else read_answer)
    rows = rows_of(text, raw, readers, scope, report)
    if rows is None:
        return None
    return TableSection(place, section.key, outputs, by, policy, header, rows)


def read_scale(text: str, section: RawSection, scope: Scope, report: Report) -> ScaleSection | None:
    """Return `scale OUT marginal on X by K`, or None where it cannot be read."""
    raw = cut(text, section, scope, report)
    if raw is None:
        return None
    try:
        place, head = head_of(text, raw, section, scope)
        match = _SCALE.match(head)
        if match is None:
            headline = "this scale does not say what it gives, or on what"
            raise refusal("L0101", headline, place, help=_SCALE_HELP)
        start = raw.head.start
        cursor = Cursor(text, start + match.end(), start + len(head), scope)
        on = cursor.value()
        by = cursor.name(_SCALE_HELP) if cursor.word("by") else None
        rounding = read_rounding(cursor)
        cursor.end()
        header = header_of(text, raw.rows[0], scope, set())
        if not any(column.name.name == "rate" for column in header):
            raise refusal(
                "L0101",
                "no column of this scale is its rate",
                row_place(raw.rows[0], scope),
                help="write the columns `above` and `rate`",
            )
    except UnreadableError as refused:
        report(raw.head, refused)
        return None
    readers: list[ReadCell] = []
    for column in header:
        chooses = by is not None and column.name.name == by.name
        readers.append(read_test if chooses else reader_of(column))
    rows = rows_of(text, raw, readers, scope, report)
    if rows is None:
        return None
    output = _names(match, 1, raw, scope)[0]
    return ScaleSection(place, output, on, by, rounding, header, rows)


def read_score(text: str, section: RawSection, scope: Scope, report: Report) -> ScoreSection | None:
    """Return `score OUT`, or None where it cannot be read."""
    raw = cut(text, section, scope, report)
    if raw is None:
        return None
    try:
        place, head = head_of(text, raw, section, scope)
        match = _SCORE.match(head)
        if match is None:
            raise refusal("L0101", "this score does not say what it gives", place, help=_SCORE_HELP)
        header = header_of(text, raw.rows[0], scope, set())
        for needed in ("points", "when"):
            if not any(column.name.name == needed for column in header):
                raise refusal(
                    "L0101",
                    f"no column of this score is `{needed}`",
                    row_place(raw.rows[0], scope),
                    help="write the columns `points` and `when`, and `label` for your own word",
                )
    except UnreadableError as refused:
        report(raw.head, refused)
        return None
    rows = rows_of(text, raw, [reader_of(column) for column in header], scope, report)
    if rows is None:
        return None
    return ScoreSection(place, _names(match, 1, raw, scope)[0], header, rows)


def reader_of(column: Column) -> ReadCell:
    """Return what reads the cells of a column that is no condition."""
    return read_words if column.name.name in TEXT_COLUMNS else read_answer


def head_of(text: str, raw: RawTable, section: RawSection, scope: Scope) -> tuple[Place, str]:
    """Return the place of a section's header, and what stands behind its key."""
    assert section.header is not None
    head = head_text(text, raw.head)
    end = max(raw.head.start + len(head), section.header.start + len(section.key))
    return Place(scope.path, section.header.start, end), head


def _names(match: re.Match[str], group: int, raw: RawTable, scope: Scope) -> tuple[Name, ...]:
    return elements_in(match[group], raw.head.start + match.start(group), scope.path)


def header_of(text: str, row: RawRow, scope: Scope, outputs: set[str]) -> tuple[Column, ...]:
    """Return the cells of a header, each name once."""
    found: list[Column] = []
    for cell in row.cells:
        column = read_heading(text, cell, scope)
        if any(column.name.name == other.name.name for other in found):
            raise refusal(
                "L0101",
                f"two columns are called `{column.name.name}`",
                column.place,
                help="join them, or name another quantity",
            )
        if column.name.name in outputs and not column.is_answer:
            column = Column(column.place, column.name, column.unit, True)
        found.append(column)
    return tuple(found)


def _grid_header(text: str, row: RawRow, down: Name, scope: Scope) -> tuple[Column, ...]:
    """Return the header of a grid: the name of what runs down, then when each column counts."""
    found = [read_heading(text, row.cells[0], scope)]
    if found[0].name.name != down.name:
        raise refusal(
            "L0101",
            f"this grid runs down by `{down.name}`, and its first column is `{found[0].name.name}`",
            found[0].place,
            help=f"write `{down.name}` there, or turn the order behind `by`",
        )
    for cell in row.cells[1:]:
        read = read_test(text, cell, scope)
        if not read.tests or read.negated:
            raise refusal(
                "L0101",
                "this column of a grid says no value",
                read.place,
                help="write a word, or a range such as `30 ..< 300`, in each cell of the header",
            )
        name = ", ".join(map(write_test, read.tests))
        found.append(Column(read.place, Name(read.place, name), tests=read.tests))
    return tuple(found)


def _same_columns(
    header: tuple[Column, ...],
    outputs: tuple[Name, ...],
    by: tuple[Name, ...],
    row: RawRow,
    scope: Scope,
) -> None:
    """Refuse a table whose columns are not those that its header line names."""
    columns = {column.name.name for column in header}
    for name in (*by, *outputs):
        if name.name not in columns:
            raise refusal(
                "L0101",
                f"this table has no column `{name.name}`",
                row_place(row, scope),
                help=f"add it, or remove `{name.name}` from the line of `table`",
            )
    named = {name.name for name in (*by, *outputs)} | {"from", "to", *TEXT_COLUMNS}
    for column in header:
        if column.name.name not in named:
            raise refusal(
                "L0101",
                f"the column `{column.name.name}` is not in the line of `table`",
                column.place,
                help=f"add `{column.name.name}` there, behind `by` where it is a condition",
            )


def rows_of(
    text: str, raw: RawTable, readers: list[ReadCell], scope: Scope, report: Report
) -> tuple[RowLine, ...] | None:
    """Return the rows below a header, or None where one of them cannot be read."""
    found: list[RowLine] = []
    broken = False
    tests = [reader is read_test for reader in readers]
    for row in raw.rows[1:]:
        try:
            found.append(_row(text, row, raw.rows[0], readers, tests, scope))
        except UnreadableError as refused:
            report(row.line, refused)
            broken = True
    return None if broken else tuple(found)


def _row(
    text: str,
    row: RawRow,
    header: RawRow,
    readers: list[ReadCell],
    tests: list[bool],
    scope: Scope,
) -> RowLine:
    first = row.cells[0]
    if not tests[0] or text[first.start : first.end] != "otherwise":
        check_width(row, header, scope)
        return read_row(row, readers, text, scope)
    cells = row.cells
    leading = tests.index(False) if False in tests else len(tests)
    if len(cells) == 1 + len(tests) - leading:
        # The word stands for all conditions at once.
        cells = (first,) * leading + cells[1:]
    check_width(RawRow(row.line, cells), header, scope)
    found: list[Cell] = []
    for cell, read, is_test in zip(cells, readers, tests, strict=True):
        written = text[cell.start : cell.end]
        place = Place(scope.path, cell.start, max(cell.end, cell.start + 1))
        if not is_test:
            found.append(read(text, cell, scope))
        elif written in ("otherwise", "", "-"):
            found.append(Cell(place, written))
        else:
            raise refusal(
                "L0101",
                "a condition stands behind `otherwise`, which takes all that is left",
                place,
                help="write `-` there, or write the row with conditions only",
            )
    return RowLine(Place(scope.path, row.line.start, row.line.end), tuple(found), True)


def row_place(row: RawRow, scope: Scope) -> Place:
    """Return the place of a row."""
    return Place(scope.path, row.line.start, row.line.end)
