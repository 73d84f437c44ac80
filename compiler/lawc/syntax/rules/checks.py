"""Read the lines of `checks` of a rule: worked cases and claims."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import AlwaysLine, ExampleLine
from lawc.syntax.lines import ALWAYS, EXAMPLE, said, stretch
from lawc.syntax.raw_blocks import Line
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.cells import read_fact, read_heading, read_words
from lawc.syntax.rules.clauses import uncommented
from lawc.syntax.rules.document import CasesSection
from lawc.syntax.rules.formulas import Cursor
from lawc.syntax.rules.tables import (
    Report,
    check_width,
    cut_rows,
    read_row,
)
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Name, Node

_EXAMPLE_HELP = "write `example: Y = 3 [USD] within 0.01 given A = 1 [s] as of 2024-07-01`"


_BY_HELP = (
    "write `examples`, or `examples by party given house = 60 as of 2024-07-01` with a row for "
    "each party"
)
_SAME_WORDS = {
    "increases": "rises with", "grows": "rises with", "decreases": "falls with",
    "drops": "falls with", "declines": "falls with", "for": "where", "when": "where",
}  # fmt: skip
_ALWAYS_HELP = (
    "write a comparison, or `Y rises with X`, `Y falls with X`, `Y is constant`, "
    "`Y is continuous in X`, `Y scales with X ^ 2`"
)


def read_cases(text: str, line: Line, scope: Scope, report: Report) -> CasesSection | None:
    """Return the table under `examples`, or None where it cannot be read."""
    start = text.find("\n", line.start, line.end)
    head = Line(line.start + len("examples"), line.end if start < 0 else start)
    rows = cut_rows(text, Line(line.end if start < 0 else start, line.end), scope, report)
    if rows is None:
        return None
    place = Place(scope.path, line.start, line.end)
    try:
        by, given, day = _by(text, head, scope)
        if len(rows) < 2:
            raise refusal(
                "L0101",
                "this table of examples has no row" if rows else "this table is empty",
                place,
                help="write a heading `| A | -> Y |` and below it one row for each example",
            )
        header = tuple(read_heading(text, cell, scope) for cell in rows[0].cells)
        if not any(column.is_answer for column in header):
            raise refusal(
                "L0101",
                "no column of this table is an answer",
                Place(scope.path, rows[0].line.start, rows[0].line.end),
                help="write `->` before the name of what the rule gives, as in `| t | -> x |`",
            )
    except UnreadableError as refused:
        report(Line(line.start, rows[0].line.end if rows else line.end), refused)
        return None
    readers = [read_words if c.name.name == "label" else read_fact for c in header]
    found = []
    broken = False
    for row in rows[1:]:
        try:
            check_width(row, rows[0], scope)
            found.append(read_row(row, readers, text, scope))
        except UnreadableError as refused:
            report(row.line, refused)
            broken = True
    if broken and (by is not None or not found):
        return None
    return CasesSection(place, header, tuple(found), by, given, day)


def _by(
    text: str, head: Line, scope: Scope
) -> tuple[Name | None, tuple[tuple[Name, Node], ...], Node | None]:
    """Return what stands behind `examples`: `by party given house = 60 as of 2024-07-01`."""
    if not uncommented(text, head).strip():
        return None, (), None
    cursor = Cursor(text, head.start, head.end, scope)
    if not cursor.word("by"):
        cursor.stop("`by` or the end", _BY_HELP)
    by = cursor.name(_BY_HELP)
    given, day = _circumstances(cursor)
    if cursor.kind != "END" and cursor.at < len(cursor.tokens):
        cursor.stop("`given`, `as of`, a comma or the end", _BY_HELP)
    return by, given, day


def _circumstances(cursor: Cursor) -> tuple[tuple[tuple[Name, Node], ...], Node | None]:
    """Return what is given, and the day, which stands before it or behind."""
    given: list[tuple[Name, Node]] = []
    day = cursor.sum() if cursor.word("as", "of") else None
    if cursor.word("given"):
        given.append(_setting(cursor))
        while cursor.kind == "COMMA":
            cursor.at += 1
            given.append(_setting(cursor))
    if day is None and cursor.word("as", "of"):
        day = cursor.sum()
    return tuple(given), day


def read_rule_check(text: str, line: Line, scope: Scope) -> ExampleLine | AlwaysLine:
    """Return a line of `checks` of a rule that is no table.

    Raises:
        UnreadableError: The line cannot be read.
    """
    always = ALWAYS.match(text, line.start, line.end)
    if always is not None:
        return _always(text, line, always.end(), scope)
    example = EXAMPLE.match(text, line.start, line.end)
    if example is not None:
        return _example(text, line, example.end(), scope)
    raise refusal(
        "L0101",
        "a check begins with `example:`, `examples` or `always`",
        stretch(text, line, scope),
        help=_EXAMPLE_HELP,
    )


def _example(text: str, line: Line, start: int, scope: Scope) -> ExampleLine:
    cursor = Cursor(text, start, line.end, scope)
    quantity, value = _setting(cursor)
    tolerance = cursor.value() if cursor.word("within") else None
    given, day = _circumstances(cursor)
    if cursor.kind != "END" and cursor.at < len(cursor.tokens):
        cursor.stop("`within`, `given`, `as of`, a comma or the end", _EXAMPLE_HELP)
    place = stretch(text, line, scope)
    return ExampleLine(place, quantity, value, tolerance, given, day)


def _setting(cursor: Cursor) -> tuple[Name, Node]:
    name = cursor.name(_EXAMPLE_HELP)
    if cursor.kind == "NAME" and cursor.is_word("is"):
        cursor.stop("`=`", "write `name = value`")
    cursor.sign("EQ", "`=`", "write `name = value`")
    if cursor.kind == "NOT" and cursor.is_word("not", "applicable"):
        _, _, start, _ = cursor.tokens[cursor.at]
        cursor.at += 2
        return name, Name(cursor.place(start, cursor.tokens[cursor.at - 1][3]), "not applicable")
    return name, cursor.sum()


def _always(text: str, line: Line, start: int, scope: Scope) -> AlwaysLine:
    cursor = Cursor(text, start, line.end, scope)
    subject = cursor.value()
    form, by, value, jumps = "comparison", None, None, ()
    for verb in ("rises", "falls"):
        if cursor.word(verb, "with"):
            form, by = f"{verb} with", cursor.name(_ALWAYS_HELP)
    if cursor.word("scales", "with"):
        form, by = "scales with", cursor.name(_ALWAYS_HELP)
        cursor.sign("CARET", "`^`", _ALWAYS_HELP)
        value = cursor.sum()
    elif cursor.word("is", "constant"):
        form = "is constant"
    else:
        for shape in ("even", "odd", "continuous"):
            if cursor.word("is", shape, "in"):
                form, by = f"is {shape} in", cursor.name(_ALWAYS_HELP)
    if form == "is continuous in" and cursor.word("except", "at"):
        jumps = (cursor.sum(), *_more(cursor))
    where: tuple[Node, ...] = ()
    if cursor.word("where"):
        where = (cursor.value(), *_more_conditions(cursor))
    if cursor.kind == "NAME" and cursor.tokens[cursor.at][1] in _SAME_WORDS:
        _, word, begun, ended = cursor.tokens[cursor.at]
        raise refusal(
            "L0101",
            f"`{word}` is no word of a claim",
            cursor.place(begun, ended),
            help=f"write `{_SAME_WORDS[word]}`",
        )
    if cursor.kind != "END" and cursor.at < len(cursor.tokens):
        cursor.stop(
            "an operator, a comparison, a word of a claim, `where` or the end", _ALWAYS_HELP
        )
    place = stretch(text, line, scope)
    words = said(text, start, place.end)
    return AlwaysLine(place, form, subject, by, value, None, where, words, jumps)


def _more(cursor: Cursor) -> Sequence[Node]:
    found: list[Node] = []
    while cursor.kind == "COMMA":
        cursor.at += 1
        found.append(cursor.sum())
    return found


def _more_conditions(cursor: Cursor) -> Sequence[Node]:
    found: list[Node] = []
    while cursor.kind == "COMMA":
        cursor.at += 1
        found.append(cursor.value())
    return found
