"""Read a table of examples: one row an example, one column a quantity.

A cell holds a number in the unit of its column: the one in its heading, or else the declared one.
Every row is a line of its own, so a row that cannot be read costs one finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.document import ExampleLine
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tree import Name, Negative, Node, Number, UnitText

_ROW = re.compile(r"[^\n]+")
_CELL = re.compile(r"\|([^|\n]*)")
_HEADING = re.compile(
    rf"(->|→)?[ ]*({NAME})[ ]*(?:\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\])?[ ]*"
    r"(?:within[ ]+([^ |][^|\n]*?))?[ ]*$"
)


@immutable
class _Column:
    name: Name
    unit: UnitText | None
    is_answer: bool
    tolerance: Node | None


def read_examples(
    text: str, line: Line, scope: Scope, units: Mapping[str, UnitText]
) -> tuple[list[ExampleLine], list[Diagnostic]]:
    """Return the examples of a table, several for a row with several answers, and the findings.

    Args:
        text: The whole source.
        line: The item, from the word `examples` to the last row.
        scope: The names of the block.
        units: The unit of each declared quantity.

    Raises:
        UnreadableError: The heading cannot be read.
    """
    rows = [
        Line(match.start() + len(match[0]) - len(match[0].lstrip()), match.end())
        for match in _ROW.finditer(text, line.start, line.end)
        if match[0].strip() and not match[0].lstrip().startswith("#")
    ]
    if len(rows) < 3:
        raise refusal(
            "L0101",
            "this table of examples has no row" if len(rows) == 2 else "this table is empty",
            Place(scope.path, line.start, line.end),
            help="write a heading `| A | B | -> Y |` and below it one row for each example",
        )
    columns = _columns(text, rows[1], scope, units)
    examples: list[ExampleLine] = []
    findings: list[Diagnostic] = []
    for row in rows[2:]:
        try:
            examples.extend(_row(text, row, columns, scope))
        except UnreadableError as refused:
            findings.append(refused.finding)
    return examples, findings


def _cells(text: str, row: Line, scope: Scope) -> list[Line]:
    """Return the cells of a row, each without surrounding space."""
    end = row.end
    while text[end - 1] in " \t":
        end -= 1
    if text[row.start] != "|" or text[end - 1] != "|" or end - row.start < 2:
        raise refusal(
            "L0101",
            "a row of a table begins and ends with `|`",
            Place(scope.path, row.start, row.end),
            help="write `| 1 | 2 | 3 |`",
        )
    cells: list[Line] = []
    for match in _CELL.finditer(text, row.start, end - 1):
        inner = match[1]
        start = match.start(1) + len(inner) - len(inner.lstrip())
        cells.append(Line(start, start + len(inner.strip())))
    return cells


def _columns(text: str, row: Line, scope: Scope, units: Mapping[str, UnitText]) -> list[_Column]:
    columns: list[_Column] = []
    for cell in _cells(text, row, scope):
        match = _HEADING.match(text, cell.start, cell.end)
        if match is None:
            raise refusal(
                "L0101",
                "this heading names no quantity",
                Place(scope.path, cell.start, max(cell.end, cell.start + 1)),
                help="write `t`, `t [s]`, or for an answer `-> x within 1e-6`",
            )
        name = normal(match[2])
        unit = units.get(name)
        if match[3] is not None:
            unit = UnitText(Place(scope.path, *match.span(3)), match[3].strip())
        tolerance = None
        if match[4] is not None:
            tolerance = read_line(text, *match.span(4), "cell", scope)
        place = Place(scope.path, *match.span(2))
        columns.append(_Column(Name(place, name), unit, match[1] is not None, tolerance))
    if not any(column.is_answer for column in columns):
        raise refusal(
            "L0101",
            "no column of this table is an answer",
            Place(scope.path, row.start, row.end),
            help="write `->` before the name of what the law gives, as in `| t | -> x |`",
        )
    return columns


def _row(text: str, row: Line, columns: list[_Column], scope: Scope) -> list[ExampleLine]:
    cells = _cells(text, row, scope)
    place = Place(scope.path, row.start, row.end)
    if len(cells) != len(columns):
        raise refusal(
            "L0101",
            f"this row has {len(cells)} cells, and the heading has {len(columns)}",
            place,
            help="give every column one value",
        )
    values = [
        _value(text, cell, column, scope) for cell, column in zip(cells, columns, strict=True)
    ]
    given = tuple(
        (column.name, value)
        for column, value in zip(columns, values, strict=True)
        if not column.is_answer
    )
    return [
        ExampleLine(place, column.name, value, column.tolerance, given)
        for column, value in zip(columns, values, strict=True)
        if column.is_answer
    ]


def _value(text: str, cell: Line, column: _Column, scope: Scope) -> Node:
    """Return the number of a cell in the unit of its column, unless it has one of its own."""
    if cell.start == cell.end:
        raise refusal(
            "L0101",
            f"this cell of `{column.name.name}` is empty",
            Place(scope.path, cell.start, cell.start + 1),
            help="give every column one value",
        )
    value: Node = read_line(text, cell.start, cell.end, "cell", scope)
    number = value.of if isinstance(value, Negative) else value
    if not isinstance(number, Number):
        raise refusal(
            "L0101",
            "a cell of a table holds one number",
            value.place,
            help="work the value out, or write the case as `example: … given …`",
        )
    if number.unit is None:
        number = Number(number.place, number.text, number.value, column.unit, number.uncertainty)
    return Negative(value.place, number) if isinstance(value, Negative) else number
