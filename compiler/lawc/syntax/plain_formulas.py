"""Read the plain formulas, which are most of them, by the precedence of their signs.

Sums, products and powers of names, numbers, functions and derivatives, compared or joined into a
line by the words of its form, are read in one pass with a stack, at a third of the cost of tokens
and the table of the grammar. Whatever else a line has, a choice, a sum over a set, a raised digit,
a comment, anything wrong, is left to those, which also explain it; the tests hold both readings
equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import LARGEST_POWER, check_number
from lawc.syntax.derivatives import read_derivative
from lawc.syntax.operators import FOLDS
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope
from lawc.syntax.tokens import KEYWORDS, PIECES, SIGNS, check_name, derivatives_in
from lawc.syntax.tree import Binary, Call, Comparison, Name, Negative, Node, Number, UnitText

MOST_PIECES = 100
"""Tokens and the gaps between them; no bound on depth or length of a line is within their reach."""

LONGEST = 2_000

_PIECE = re.compile(f"({PIECES})")
_LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 5}
_LEVEL = {word: _LEVELS[sign] for word, (_, sign) in SIGNS.items() if sign in _LEVELS}
_OPENING = {"(": "(", **{word: "minus" for word, (_, sign) in SIGNS.items() if sign == "-"}}
# What waits on the stack is done first where its level is at least that of the next sign; a power
# waits for the power behind it, as in `2^3^2`. A bracket and a minus in front wait for their end.
_WAITING = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4, "minus": 3, "(": 0}
_RELATIONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_EQUATING = frozenset(("=", ":=", "~="))
_DIGITS = frozenset("0123456789")
_NEVER = frozenset('.["\n=*')


class _OtherError(Exception):
    """A line is not plain."""


def read_plain_formula(text: str, start: int, end: int, form: str, scope: Scope) -> Any:
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
    pieces = _PIECE.split(text[start:end])
    if len(pieces) > MOST_PIECES or "".join(pieces[::2]).strip(" \t\n"):
        return None
    try:
        return read(_Line(text, start, pieces, KEYWORDS[form], scope))
    except (_OtherError, UnreadableError):
        return None


class _Line:
    """A line cut into its gaps and tokens, in turn, with the token that is read next.

    Attributes:
        at: The number of the next piece.
        begin: Where the value read last begins, its brackets included.
    """

    __slots__ = (
        "at", "begin", "derivatives", "keywords", "offsets", "path", "pieces", "powers", "scope",
        "strange", "text",
    )  # fmt: skip

    def __init__(
        self,
        text: str,
        start: int,
        pieces: list[str],
        keywords: Mapping[str, str],
        scope: Scope,
    ) -> None:
        self.offsets = list(accumulate(map(len, pieces), initial=start))
        pieces.append("\n")
        self.pieces = pieces
        self.text = text
        self.keywords = keywords
        self.scope = scope
        self.path = scope.path
        self.strange = bool(scope.lookalikes)
        self.derivatives: dict[int, re.Match[str]] | None = None
        self.powers = 1.0
        self.at = 1
        self.begin = start

    def take(self, *words: str) -> bool:
        """Go on behind some words, if they are what stands next."""
        behind = self.at + 2 * len(words)
        if self.pieces[self.at : behind : 2] != [*words]:
            return False
        self.at = behind
        return True

    def need(self, *words: str) -> None:
        """Go on behind some words.

        Raises:
            _OtherError: They are not what stands next.
        """
        if not self.take(*words):
            raise _OtherError

    def sign(self, signs: frozenset[str]) -> str:
        """Return the sign that stands next, in its plain spelling, if it is one of some."""
        _, sign = SIGNS.get(self.pieces[self.at], ("", ""))
        if sign not in signs:
            raise _OtherError
        self.at += 2
        return sign

    def ended(self, parts: Any) -> Any:
        """Return the parts of a line, if nothing stands behind them."""
        if self.at < len(self.pieces) - 1:
            raise _OtherError
        return parts

    def behind(self) -> int:
        """Return the offset behind the token read last."""
        return self.offsets[self.at - 1]

    def name(self) -> Name:
        """Return the name that stands next."""
        word = self.pieces[self.at]
        if not word.isidentifier() or word in self.keywords:
            raise _OtherError
        begin, end = self.offsets[self.at : self.at + 2]
        if self.strange or not word.isascii():
            word = check_name(word, begin, self.scope)
        self.at += 2
        return Name(Place(self.path, begin, end), word)

    def condition(self, first: Node) -> Comparison:
        """Return the comparison of which the first value has been read."""
        begin = self.begin
        operators, operands = [self.sign(_RELATIONS)], [first, self.value()]
        while SIGNS.get(self.pieces[self.at], ("", ""))[1] in _RELATIONS:
            operators.append(self.sign(_RELATIONS))
            operands.append(self.value())
        return Comparison(Place(self.path, begin, self.behind()), tuple(operators), tuple(operands))

    def value(self, *, raised: bool = False) -> Node:
        """Return the sum that stands next; it may be an exponent."""
        pieces, offsets, path = self.pieces, self.offsets, self.path
        at = self.at
        # Operands, and where each begins; signs that wait for theirs, and where they began.
        values: list[Any] = []
        begins: list[int] = []
        waiting: list[str] = []
        opened: list[int] = []
        calls: list[tuple[Name, list[Node]] | None] = []
        while True:
            word = pieces[at]
            begin = offsets[at]
            if word[0] in _DIGITS:
                unit = None
                if pieces[at + 2][0] == "[":
                    at += 2
                    unit = _unit(pieces[at], offsets[at], path)
                value = _number(word, unit, begin, offsets[at + 1], path)
                if raised:
                    self._bound(value, pieces[at + 2])
            elif word in _OPENING:
                opened.append(begin)
                waiting.append(_OPENING[word])
                if word == "(":
                    calls.append(None)
                at += 2
                continue
            elif word in self.keywords or word in SIGNS or word[0] in _NEVER:
                raise _OtherError
            else:
                behind = pieces[at + 2]
                value = None
                if behind == "/" and word[0] == "d":
                    value, at = self._derivative(at)
                if value is None:
                    if self.strange or not word.isascii():
                        word = check_name(word, begin, self.scope)
                    value = Name(Place(path, begin, offsets[at + 1]), word)
                    if behind == "(":
                        if word in self.scope.names or word in FOLDS:
                            raise _OtherError
                        waiting.append("(")
                        opened.append(begin)
                        calls.append((value, []))
                        raised = False
                        at += 4
                        continue
            at += 2
            level = _LEVEL.get(pieces[at], 0)
            if not level and not waiting:
                self.at, self.begin = at, begin
                return value
            values.append(value)
            begins.append(begin)
            while True:
                behind = offsets[at - 1]
                while waiting and _WAITING[waiting[-1]] >= (level or 1):
                    operator = waiting.pop()
                    if operator == "minus":
                        begins[-1] = opened.pop()
                        values[-1] = Negative(Place(path, begins[-1], behind), values[-1])
                    else:
                        right = values.pop()
                        del begins[-1]
                        place = Place(path, begins[-1], behind)
                        values[-1] = Binary(place, operator, values[-1], right)
                if level:
                    operator = SIGNS[pieces[at]][1]
                    waiting.append(operator)
                    raised = operator == "^"
                    break
                if not waiting:
                    self.at, self.begin = at, begins[0]
                    return values[0]
                call = calls[-1]
                if pieces[at] == ")":
                    at += 2
                    del waiting[-1], calls[-1]
                    begins[-1] = opened.pop()
                    if call is not None:
                        place = Place(path, begins[-1], offsets[at - 1])
                        values[-1] = Call(place, call[0], (*call[1], values[-1]))
                    level = _LEVEL.get(pieces[at], 0)
                elif pieces[at] == "," and call is not None:
                    call[1].append(values.pop())
                    del begins[-1]
                    raised = False
                    break
                else:
                    raise _OtherError
            at += 2

    def _derivative(self, at: int) -> tuple[Any, int]:
        """Return the derivative that begins with a piece, None for a quotient, and its last piece.

        One begins with `dx/`; the other spellings have signs or gaps that are not plain.
        """
        if self.derivatives is None:
            self.derivatives = derivatives_in(self.text, self.offsets[0], self.offsets[-1])
        match = self.derivatives.get(self.offsets[at])
        token = read_derivative(match, self.scope) if match is not None else None
        if token is None:
            return None, at
        kind, value, _, end = token
        while self.offsets[at + 1] < end:
            at += 2
        if kind != "DERIVATIVE" or self.offsets[at + 1] != end:
            raise _OtherError
        return value, at

    def _bound(self, exponent: Number, behind: str) -> None:
        """Bound the product of all literal exponents, and so each power of a power."""
        self.powers *= max(1.0, exponent.value)
        if self.powers > LARGEST_POWER or behind == "^":
            raise _OtherError


def _number(text: str, unit: UnitText | None, start: int, end: int, path: str) -> Number:
    if len(text) > 4:
        check_number(text, start, path)
    if text.isdigit():
        return Number(Place(path, start, end), text, int(text), unit)
    if "(" in text:
        raise _OtherError
    return Number(Place(path, start, end), text, float(text), unit)


def _unit(bracket: str, start: int, path: str) -> UnitText:
    text = bracket[1:-1].strip()
    if not text:
        raise _OtherError
    start += bracket.index(text, 1)
    return UnitText(Place(path, start, start + len(text)), text)


def _equation(line: _Line) -> Any:
    left = line.value()
    relation = line.sign(_EQUATING)
    return line.ended((left, relation, line.value()))


def _initial(line: _Line) -> Any:
    left = line.value()
    line.need("=")
    right = line.value()
    line.need("at")
    variable = line.name()
    line.need("=")
    return line.ended((left, "=", right, "at", variable, "=", line.value()))


def _valid(line: _Line) -> Any:
    condition = line.condition(line.value())
    word = line.pieces[line.at]
    if word[0] != '"':
        return line.ended((condition,))
    line.at += 2
    return line.ended((condition, word[1:-1]))


def _example(line: _Line) -> Any:
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


def _setting(line: _Line) -> tuple[Name, str, Node]:
    name = line.name()
    line.need("=")
    return name, "=", line.value()


def _always(line: _Line) -> Any:
    claim = _claim(line, line.value())
    where: list[Node] = []
    if line.take("where"):
        where.append(line.condition(line.value()))
        while line.take(","):
            where.append(line.condition(line.value()))
    return line.ended((claim, tuple(where)))


def _claim(line: _Line, subject: Node) -> tuple[Any, ...]:
    for word in ("rises", "falls"):
        if line.take(word, "with"):
            return subject, word, "with", line.name()
    if line.take("is", "constant"):
        return subject, "is", "constant"
    if line.take("scales", "with"):
        by = line.name()
        line.need("^")
        return subject, "scales", "with", by, "^", line.value(raised=True)
    return (line.condition(subject),)


def _cell(line: _Line) -> Any:
    return line.ended(line.value())


_FORMS: dict[str, Callable[[_Line], Any]] = {
    "equation": _equation,
    "initial": _initial,
    "valid": _valid,
    "example": _example,
    "always": _always,
    "cell": _cell,
}
