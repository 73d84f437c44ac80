"""Read the cells of tables: headings, conditions, answers and what a worked case gives."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.building import BUILDERS
from lawc.syntax.raw_blocks import Line
from lawc.syntax.refusal import refusal
from lawc.syntax.rules.document import Cell, CellTest, Column
from lawc.syntax.rules.formulas import Cursor, read_value
from lawc.syntax.rules.indices import element_text
from lawc.syntax.rules.tables import place_of
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import NAME
from lawc.syntax.tokens import check_name
from lawc.syntax.tree import Date, Name, Negative, Node, Number, UnitText
from lawc.syntax.writing import write_sum

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


_PLAIN_TEST = re.compile(
    r"(>=|<=|>|<)[ ]*([0-9]{1,15}(?:\.[0-9]{1,15})?)"
    r"|([0-9]{1,15}(?:\.[0-9]{1,15})?)[ ]*(<?\.\.<?)[ ]*([0-9]{1,15}(?:\.[0-9]{1,15})?)"
)


_BEHIND = (
    r"[ ]*(?:\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\])?[ ]*"
    r"(?:within[ ]+([^ |][^|\n]*?))?[ ]*$"
)
_HEADING = re.compile(rf"(->|→)?[ ]*(as of|{NAME}){_BEHIND}")
_ELEMENT_HEADING = re.compile(rf"(->|→)?[ ]*({NAME}\[[^\[\]\n]*\]){_BEHIND}")


_RESERVED_IN_TABLES = frozenset(("if", "then", "else", "and", "or", "not"))


_DASHED = re.compile(rf"({_NUMBER.pattern})[ ]*(?:[-–—]|to)[ ]*({_NUMBER.pattern})")


_OPEN_END = re.compile(rf"({_NUMBER.pattern})[ ]*\+")


_BOTH = re.compile(rf"(>=?)[ ]*({_NUMBER.pattern})[ ]*(?:and|,)?[ ]*(<=?)[ ]*({_NUMBER.pattern})")


_NOT = re.compile(r"not\b(?![ ]+applicable\b)[ ]*")


NOT_APPLICABLE = "not applicable"


def read_heading(text: str, cell: Line, scope: Scope) -> Column:
    """Return a cell of a header: `age`, `income [EUR]`, `-> tax within 0.01`.

    Raises:
        UnreadableError: It names nothing.
    """
    match = _ELEMENT_HEADING.match(text, cell.start, cell.end) if scope.indexed else None
    if match is None or match[2].partition("[")[0] not in scope.indexed:
        match = _HEADING.match(text, cell.start, cell.end)
    if match is None:
        raise refusal(
            "L0101",
            "this heading names no quantity",
            place_of(cell, scope),
            help="write `age`, `income [USD]`, or for an answer `-> tax within 0.01`",
        )
    unit = None
    if match[3] is not None:
        inner = match[3]
        offset = match.start(3) + len(inner) - len(inner.lstrip())
        unit = UnitText(Place(scope.path, offset, offset + len(inner.strip())), inner.strip())
    tolerance = read_value(text, *match.span(4), scope) if match[4] is not None else None
    place = Place(scope.path, *match.span(2))
    name = element_text(match[2])
    if not name.isascii() and "[" not in name:
        name = check_name(name, place.start, scope)
    return Column(place, Name(place, name), unit, match[1] is not None, (), tolerance)


def read_answer(text: str, cell: Line, scope: Scope) -> Cell:
    """Return a cell that gives a value: a number, a word, a day, a formula.

    Raises:
        UnreadableError: It cannot be read.
    """
    return Cell(place_of(cell, scope), text[cell.start : cell.end], value=_value(text, cell, scope))


def read_fact(text: str, cell: Line, scope: Scope) -> Cell:
    """Return a cell of a worked case, `2.5 within 0.1`, a word, a number or a day.

    Raises:
        UnreadableError: It cannot be read, or is something to be worked out.
    """
    written = text[cell.start : cell.end]
    place = place_of(cell, scope)
    if " within " not in written:
        value = _value(text, cell, scope)
        tolerance = None
    else:
        cursor = Cursor(text, cell.start, cell.end, scope)
        value = cursor.value()
        tolerance = cursor.value() if cursor.word("within") else None
        cursor.end()
    number = value.of if isinstance(value, Negative) else value
    if number is not None and not isinstance(number, Number | Name | Date):
        raise refusal(
            "L0101",
            "a cell of a worked case holds one number, word or day",
            place,
            help="work the value out and write it",
        )
    return Cell(place, written, value=value, tolerance=tolerance)


def read_words(text: str, cell: Line, scope: Scope) -> Cell:
    """Return a cell of text that nobody reads but people."""
    written = text[cell.start : cell.end]
    if len(written) > 1 and written[0] == written[-1] == '"':
        written = written[1:-1]
    return Cell(place_of(cell, scope), written)


def read_test(text: str, cell: Line, scope: Scope) -> Cell:
    """Return a cell that says when its row hits: `>= 90`, `60 ..< 90`, `G1, G2`, `not G1`, `-`.

    Raises:
        UnreadableError: It cannot be read.
    """
    written = text[cell.start : cell.end]
    place = place_of(cell, scope)
    if written in ("", "-"):
        return Cell(place, written)
    negated = _NOT.match(written)
    if negated is None:
        plain = _plain_test(written, cell, scope)
        if plain is not None:
            return Cell(place, written, (plain,))
    start = cell.start + (negated.end() if negated is not None else 0)
    _check_range(text[start : cell.end], start, scope)
    cursor = Cursor(text, start, cell.end, scope)
    tests = [_test(cursor)]
    while cursor.kind == "COMMA":
        cursor.at += 1
        tests.append(_test(cursor))
    if cursor.kind != "END" and cursor.at < len(cursor.tokens):
        cursor.stop(
            "a comma or the end of the cell",
            "write `>= 90`, `60 ..< 90`, or several with commas between them",
        )
    return Cell(place, written, tuple(tests), negated is not None)


def write_test(test: CellTest) -> str:
    """Return a test as text: `< 30`, `30 ..< 300`, `G1`."""
    if test.high is None:
        low = write_sum(test.low)
        return low if test.relation == "=" else f"{test.relation} {low}"
    dots = ("<" if test.low_open else "") + ".." + ("<" if test.high_open else "")
    return f"{write_sum(test.low)} {dots} {write_sum(test.high)}"


def _value(text: str, cell: Line, scope: Scope) -> Node | None:
    written = text[cell.start : cell.end]
    if written in ("", "-"):
        return None
    place = place_of(cell, scope)
    if written == NOT_APPLICABLE or written in scope.words:
        return Name(place, written)
    if _NUMBER.fullmatch(written):
        return BUILDERS["number"](scope.path, [written], cell.start, cell.end)
    if _PLAIN_NAME.fullmatch(written) and written not in _RESERVED_IN_TABLES:
        return Name(place, written)
    return read_value(text, cell.start, cell.end, scope)


def _plain_test(written: str, cell: Line, scope: Scope) -> CellTest | None:
    """Return a test of the commonest forms, read by one pattern."""
    place = place_of(cell, scope)
    is_name = _PLAIN_NAME.fullmatch(written) and written not in _RESERVED_IN_TABLES
    if is_name or written == NOT_APPLICABLE or written in scope.words:
        return CellTest(place, "=", Name(place, written))
    match = _PLAIN_TEST.fullmatch(written)
    if match is None:
        return None
    number = BUILDERS["number"]

    def end(group: int) -> Node:
        start, stop = match.span(group)
        return number(scope.path, [match[group]], cell.start + start, cell.start + stop)

    if match[1] is not None:
        return CellTest(place, match[1], end(2))
    dots = match[4]
    return CellTest(place, "..", end(3), end(5), dots[0] == "<", dots[-1] == "<")


def _test(cursor: Cursor) -> CellTest:
    """Return one of the alternatives of a cell."""
    first = cursor.at
    relations = {"EQ": "=", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
    relation = relations.get(cursor.kind)
    if relation is not None:
        cursor.at += 1
        low = cursor.sum()
        return CellTest(_through(cursor, first), relation, low)
    low = cursor.sum()
    low_open = cursor.kind == "LT"
    cursor.at += low_open
    if cursor.kind != "DOTS":
        if low_open:
            cursor.at -= 1
        return CellTest(_through(cursor, first), "=", low)
    cursor.at += 1
    high_open = cursor.kind == "LT"
    cursor.at += high_open
    high = cursor.sum()
    return CellTest(_through(cursor, first), "..", low, high, low_open, high_open)


def _through(cursor: Cursor, first: int) -> Place:
    return cursor.place(cursor.tokens[first][2], cursor.tokens[cursor.at - 1][3])


def _check_range(written: str, start: int, scope: Scope) -> None:
    """Refuse `60-89` and its like, which another reading would make a number."""
    place = Place(scope.path, start, start + len(written))
    dashed = _DASHED.fullmatch(written)
    if dashed is not None:
        raise refusal(
            "L0101",
            f"`{written}` does not say whether its ends belong to it",
            place,
            notes=["a value between two rows would hit none of them"],
            help=f"write `{dashed[1]} .. {dashed[2]}` with both ends, "
            f"or `{dashed[1]} ..< {dashed[2]}` without the upper one",
        )
    above = _OPEN_END.fullmatch(written)
    if above is not None:
        raise refusal(
            "L0101",
            f"`{written}` is no condition",
            place,
            help=f"write `>= {above[1]}`",
            repair=f">= {above[1]}",
        )
    both = _BOTH.fullmatch(written)
    if both is not None:
        lower = "<" if both[1] == ">" else ""
        upper = "<" if both[3] == "<" else ""
        meant = f"{both[2]} {lower}..{upper} {both[4]}"
        raise refusal(
            "L0101",
            "two conditions stand in this cell, and both are to hold",
            place,
            help=f"write the range `{meant}`",
            repair=meant,
        )
