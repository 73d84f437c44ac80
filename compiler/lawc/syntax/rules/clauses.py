"""Read the lines of `clauses`: `L2: except L1 when condition: y = value rounded up to 1 [km]`.

Colons divide a clause into its label, the case it is for, and what it says.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import MOST_TEXTS
from lawc.syntax.document import Word
from lawc.syntax.lines import each_of
from lawc.syntax.raw_blocks import Line
from lawc.syntax.refusal import refusal
from lawc.syntax.rules.document import (
    ClauseLine,
    RoundingText,
)
from lawc.syntax.rules.formulas import Cursor
from lawc.syntax.rules.indices import ELEMENT, element_text
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS
from lawc.syntax.tree import Name, Node

_LABEL = re.compile(rf"[ ]*([{LETTERS}][{LETTERS}_0-9.-]*)(?:\[([^\[\]\n]*)\])?[ ]*$")


_EXCEPT = re.compile(r"[ ]*except\b[ ]*")


_WHEN = re.compile(r"[ ]*when\b[ ]*")


_LABELS = re.compile(rf"([{LETTERS}][{LETTERS}_0-9.-]*)[ ]*(,|and\b)?[ ]*")


_SILENT = re.compile(rf"[ ]*({ELEMENT})[ ]+(?:is[ ]+)?not[ ]+applicable\b")


_QUOTED_OR_SIGN = re.compile(r'"[^"]*"|[()\[\]]|:(?!=)')


_CLAUSE_HELP = 'write `L1: y = value when condition "words"`, or `L2: except L1 when …: y = value`'


def read_clause(text: str, line: Line, scope: Scope) -> ClauseLine:
    """Return a line of `clauses`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = uncommented(text, line)
    place = Place(scope.path, line.start, line.start + len(part))
    pieces = _pieces(part)
    label = None
    each: tuple[tuple[Name, Node], ...] = ()
    match = _LABEL.match(part[pieces[0][0] : pieces[0][1]]) if len(pieces) > 1 else None
    if match is not None and match[1] not in ("when", "except"):
        start = line.start + pieces[0][0] + match.start(1)
        label = Word(Place(scope.path, start, start + len(match[1])), match[1])
        if match[2] is not None:
            each = each_of(label.text, match[2], line.start + match.start(2), scope)
        pieces = pieces[1:]
    defeats: tuple[Word, ...] = ()
    condition: Node | None = None
    if len(pieces) > 1:
        defeats, condition = _front(text, part, pieces[0], line, scope)
        pieces = pieces[1:]
    if len(pieces) > 1:
        start, _end = pieces[1]
        raise refusal(
            "L0101",
            "this clause has more colons than parts",
            Place(scope.path, line.start + start - 1, line.start + start),
            help=_CLAUSE_HELP,
        )
    first, last = pieces[0]
    _not_at_the_end(part, first, last, line, scope)
    silent = _SILENT.match(part, first, last)
    if silent is not None:
        start = line.start + silent.start(1)
        output = Name(Place(scope.path, start, start + len(silent[1])), element_text(silent[1]))
        start, value = line.start + silent.end(), None
        cursor = None
        if text[start : line.start + last].strip():
            cursor = Cursor(text, start, line.start + last, scope)
    else:
        cursor = Cursor(text, line.start + first, line.start + last, scope)
        output = cursor.name(_CLAUSE_HELP)
        if cursor.kind not in ("EQ", "DEFINE"):
            cursor.stop("`=`", _CLAUSE_HELP)
        cursor.at += 1
        value = cursor.value()
    rounding: RoundingText | None = None
    words = ""
    if cursor is not None:
        condition, rounding, words = _behind(cursor, condition, value is None)
    return ClauseLine(place, label, output, value, condition, defeats, rounding, words, each)


def _behind(
    cursor: Cursor, condition: Node | None, is_silent: bool
) -> tuple[Node | None, RoundingText | None, str]:
    """Read what stands behind the value of a clause: condition, rounding and words."""
    rounding: RoundingText | None = None
    while True:
        if cursor.is_word("when"):
            if condition is not None:
                cursor.stop("the end of the clause", "join the conditions with `and`")
            cursor.at += 1
            condition = cursor.value()
        elif cursor.is_word("rounded") and rounding is None and not is_silent:
            rounding = read_rounding(cursor)
        else:
            break
    words = cursor.words()
    if cursor.kind != "END" and cursor.at < len(cursor.tokens):
        cursor.stop(
            "an operator, `when`, `rounded`, words in quotation marks or the end", _CLAUSE_HELP
        )
    return condition, rounding, words


def _front(
    text: str, part: str, piece: tuple[int, int], line: Line, scope: Scope
) -> tuple[tuple[Word, ...], Node | None]:
    """Read `except L1, L2 when condition` or `when condition`."""
    at, end = piece
    defeats: list[Word] = []
    exception = _EXCEPT.match(part, at, end)
    if exception is not None:
        at = exception.end()
        while at < end and not _WHEN.match(part, at, end):
            match = _LABELS.match(part, at, end)
            if match is None:
                break
            start = line.start + match.start(1)
            defeats.append(Word(Place(scope.path, start, start + len(match[1])), match[1]))
            at = match.end()
        if not defeats:
            raise refusal(
                "L0101",
                "this clause does not say what it is an exception to",
                Place(scope.path, line.start + piece[0], line.start + end),
                help="name the label of the clause behind `except`, as in `except L1 when …`",
            )
    when = _WHEN.match(part, at, end)
    if when is None and part[at:end].strip():
        raise refusal(
            "L0101",
            "a clause begins with its label, `except` or `when`",
            Place(scope.path, line.start + at, line.start + end),
            help=_CLAUSE_HELP,
        )
    if when is None:
        return tuple(defeats), None
    cursor = Cursor(text, line.start + when.end(), line.start + end, scope)
    condition = cursor.value()
    cursor.end()
    return tuple(defeats), condition


def _not_at_the_end(part: str, first: int, last: int, line: Line, scope: Scope) -> None:
    """Refuse `except` and `when` that no colon divides from what they are before."""
    match = _EXCEPT.match(part, first, last) or _WHEN.match(part, first, last)
    if match is not None:
        raise refusal(
            "L0101",
            f"no colon stands between `{match[0].strip()} …` and what this clause says",
            Place(scope.path, line.start + first, line.start + last),
            help=_CLAUSE_HELP,
        )


def uncommented(text: str, line: Line) -> str:
    """Return a line as one string of the same length; `#` inside quotation marks stays."""
    part = text[line.start : line.end]
    if "#" in part:
        part = _STRING_OR_COMMENT.sub(
            lambda match: match[0] if match[0][0] == '"' else " " * len(match[0]), part
        )
    return part.replace("\n", " ").replace("\t", " ").rstrip(" ")


_STRING_OR_COMMENT = re.compile(r'"[^"]*"|#[^\n]*')


def _pieces(part: str) -> list[tuple[int, int]]:
    """Return the ranges between the colons of a line that stand in no bracket or quotation."""
    found: list[tuple[int, int]] = []
    depth = start = 0
    for match in _QUOTED_OR_SIGN.finditer(part):
        sign = match[0]
        if sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == ":" and depth <= 0:
            found.append((start, match.start()))
            start = match.end()
            if len(found) > MOST_TEXTS:
                break
    return [*found, (start, len(part))]


_MODES_BY_WORDS = {
    ("down",): "down",
    ("up",): "up",
    ("nearest",): "nearest",
    ("half", "even"): "half even",
    ("toward", "zero"): "toward zero",
    ("towards", "zero"): "toward zero",
    ("from", "zero"): "from zero",
}


MODES = tuple(dict.fromkeys(_MODES_BY_WORDS.values()))
_MODES_HELP = (
    "write `rounded down to 1 [USD]`; `up`, `nearest`, `half even`, `toward zero` and `from zero` "
    "are the other ways"
)


def read_rounding(cursor: Cursor) -> RoundingText | None:
    """Return `rounded down to 1 [USD]` where it comes next.

    Raises:
        UnreadableError: `rounded` comes next, and no step behind it.
    """
    first = cursor.at
    if not cursor.word("rounded"):
        return None
    cursor.began = cursor.at
    mode = next((mode for words, mode in _MODES_BY_WORDS.items() if cursor.word(*words)), None)
    if mode is None:
        cursor.stop("a way of rounding", _MODES_HELP)
    if not cursor.word("to"):
        cursor.stop("`to`", _MODES_HELP)
    step = cursor.sum()
    start, end = cursor.tokens[first][2], cursor.tokens[cursor.at - 1][3]
    return RoundingText(cursor.place(start, end), mode, step)
