"""Read the plain lines, which are most of them: formulas, joined by the words of their form.

Whatever else a line has, a sum over a set, a raised digit, a comment, anything wrong, is left to
tokens and the table of the grammar, which also explain it; the tests hold both readings equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lawc.syntax.document import Word
from lawc.syntax.plain_checks import read_plain_claim, read_plain_example
from lawc.syntax.plain_formulas import EQUATING, OtherError, PlainLine
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope
from lawc.syntax.tokens import KEYWORDS, PIECES
from lawc.syntax.tree import Choice, Name, Node

MOST_PIECES = 100
"""Tokens and the gaps between them; no bound on depth or length of a line is within their reach."""
LONGEST = 2_000
_PIECE = re.compile(f"({PIECES})")


def read_plain_line(text: str, start: int, end: int, form: str, scope: Scope) -> Any:
    """Return the parts of a plain line as `table.read` returns them, or None for any other line.

    Args:
        text: The whole source.
        start: Offset of the first character of the formula.
        end: Offset behind its last one.
        form: One of `table.FORMS`.
        scope: The names of the block.
    """
    read = _FORMS.get(form)
    if read is None or scope.parts or end - start > LONGEST:
        return None
    shape = _SHAPES.get(form)
    if shape is not None:
        parts = shape(text, start, end, scope)
        if parts is not None:
            return parts
    pieces = _PIECE.split(text[start:end])
    if len(pieces) > MOST_PIECES or "".join(pieces[::2]).strip(" \t\n"):
        return None
    try:
        return read(PlainLine(text, start, pieces, KEYWORDS[form], scope))
    except (OtherError, UnreadableError):
        return None


def _equation(line: PlainLine) -> Any:
    left = line.value()
    relation = line.sign(EQUATING)
    return line.ended((left, relation, line.value()))


def _initial(line: PlainLine) -> Any:
    left = line.value()
    line.need("=")
    right = line.value()
    line.need("at")
    variable = line.name()
    line.need("=")
    return line.ended((left, "=", right, "at", variable, "=", line.value()))


def _valid(line: PlainLine) -> Any:
    condition = line.condition()
    word = line.pieces[line.at]
    if word[0] != '"':
        return line.ended((condition,))
    line.at += 2
    return line.ended((condition, word[1:-1]))


def _example(line: PlainLine) -> Any:
    quantity = line.name()
    line.need("=")
    value = line.value()
    tolerance = line.value() if line.take("within") else None
    given: list[tuple[Name, str, Node]] = []
    if line.take("given"):
        given.append(_setting(line))
        while line.take(","):
            given.append(_setting(line))
    return line.ended((quantity, "=", value, tolerance, tuple(given)))


def _setting(line: PlainLine) -> tuple[Name, str, Node]:
    name = line.name()
    line.need("=")
    return name, "=", line.value()


def _always(line: PlainLine) -> Any:
    claim = _claim(line, line.value())
    where: list[Node] = []
    if line.take("where"):
        where.append(line.condition())
        while line.take(","):
            where.append(line.condition())
    return line.ended((claim, tuple(where)))


def _claim(line: PlainLine, subject: Node) -> tuple[Any, ...]:
    for word in ("rises", "falls"):
        if line.take(word, "with"):
            return subject, word, "with", line.name()
    if line.take("is", "constant"):
        return subject, "is", "constant"
    if line.take("scales", "with"):
        by = line.name()
        line.need("^")
        return subject, "scales", "with", by, "^", line.sum(raised=True)
    if line.take("->"):
        value = line.value()
        line.need("as")
        by = line.name()
        line.need("->")
        return subject, "->", value, "as", by, "->", _target(line)
    if isinstance(subject, Choice):
        raise OtherError
    return (line.condition(subject),)


def _target(line: PlainLine) -> Node | Word:
    begin = line.offsets[line.at]
    for words in (("oo",), ("-", "oo")):
        if line.take(*words):
            return Word((line.path, begin, line.behind()), "".join(words))
    return line.value()


def _cell(line: PlainLine) -> Any:
    return line.ended(line.value())


_SHAPES: dict[str, Callable[[str, int, int, Scope], Any]] = {
    "example": read_plain_example,
    "always": read_plain_claim,
}
_FORMS: dict[str, Callable[[PlainLine], Any]] = {
    "equation": _equation,
    "initial": _initial,
    "valid": _valid,
    "example": _example,
    "always": _always,
    "cell": _cell,
}
