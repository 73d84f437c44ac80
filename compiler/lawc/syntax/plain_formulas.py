"""Read plain formulas by the precedence of their signs, in one pass with a stack.

Sums, products and powers of names, numbers, functions and derivatives, comparisons of them, and
choices among them, at a third of the cost of tokens and the table of the grammar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from lawc.syntax.bounds import LARGEST_POWER, LONGEST_NUMBER, check_number
from lawc.syntax.derivatives import read_derivative
from lawc.syntax.operators import FOLDS
from lawc.syntax.scope import Scope
from lawc.syntax.tokens import SIGNS, check_name, derivatives_in
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
)

_LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 5}
_LEVEL = {word: _LEVELS[sign] for word, (_, sign) in SIGNS.items() if sign in _LEVELS}
_OPENING = {"(": "(", **{word: "minus" for word, (_, sign) in SIGNS.items() if sign == "-"}}
# What waits on the stack is done first where its level is at least that of the next sign; a power
# waits for the power behind it, as in `2^3^2`. A bracket and a minus in front wait for their end.
_WAITING = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4, "minus": 3, "(": 0}
_RELATIONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
EQUATING = frozenset(("=", ":=", "~="))
_DIGITS = frozenset("0123456789")
_NEVER = frozenset('.["\n=*')


class OtherError(Exception):
    """A line is not plain; it is left to the grammar."""


class PlainLine:
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

    def take(self, word: str, then: str = "") -> bool:
        """Go on behind a word, or behind it and another, if that is what stands next."""
        if self.pieces[self.at] != word:
            return False
        if not then:
            self.at += 2
            return True
        if self.pieces[self.at + 2] != then:
            return False
        self.at += 4
        return True

    def need(self, word: str) -> None:
        """Go on behind a word.

        Raises:
            OtherError: It is not what stands next.
        """
        if self.pieces[self.at] != word:
            raise OtherError
        self.at += 2

    def sign(self, signs: frozenset[str]) -> str:
        """Return the sign that stands next, in its plain spelling, if it is one of some."""
        _, sign = SIGNS.get(self.pieces[self.at], ("", ""))
        if sign not in signs:
            raise OtherError
        self.at += 2
        return sign

    def ended(self, parts: Any) -> Any:
        """Return the parts of a line, if nothing stands behind them."""
        if self.at < len(self.pieces) - 1:
            raise OtherError
        return parts

    def behind(self) -> int:
        """Return the offset behind the token read last."""
        return self.offsets[self.at - 1]

    def name(self) -> Name:
        """Return the name that stands next."""
        at = self.at
        word = self.pieces[at]
        if not word.isidentifier() or word in self.keywords:
            raise OtherError
        begin = self.offsets[at]
        if self.strange or not word.isascii():
            word = check_name(word, begin, self.scope)
        self.at = at + 2
        return Name((self.path, begin, self.offsets[at + 1]), word)

    def condition(self, first: Node | None = None) -> Node:
        """Return comparisons joined by `and`, and these by `or`; the first value may be read."""
        begin = self.offsets[self.at] if first is None else self.begin
        either: list[Node] = []
        while True:
            start = begin if not either else self.offsets[self.at]
            both = [self._comparison(self.sum() if first is None else first)]
            first = None
            while self.take("and"):
                both.append(self._comparison(self.sum()))
            either.append(self._joined("and", both, start))
            if not self.take("or"):
                return self._joined("or", either, begin)

    def _joined(self, word: str, parts: list[Node], begin: int) -> Node:
        if len(parts) == 1:
            return parts[0]
        return Logic((self.path, begin, self.behind()), word, tuple(parts))

    def _comparison(self, first: Node) -> Node:
        """Return the comparison of which the first value has been read."""
        begin = self.begin
        operators, operands = [self.sign(_RELATIONS)], [first, self.sum()]
        while SIGNS.get(self.pieces[self.at], ("", ""))[1] in _RELATIONS:
            operators.append(self.sign(_RELATIONS))
            operands.append(self.sum())
        return Comparison((self.path, begin, self.behind()), tuple(operators), tuple(operands))

    def value(self) -> Node:
        """Return the sum that stands next, or the choice."""
        if self.pieces[self.at] != "if":
            return self.sum()
        begin = self.offsets[self.at]
        self.at += 2
        condition = self.condition()
        self.need("then")
        then = self.value()
        self.need("else")
        otherwise = self.value()
        self.begin = begin
        return Choice((self.path, begin, self.behind()), condition, then, otherwise)

    def sum(self, *, raised: bool = False) -> Node:
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
                raise OtherError
            else:
                behind = pieces[at + 2]
                value = None
                if behind == "/" and word[0] == "d":
                    value, at = self._derivative(at)
                if value is None:
                    if self.strange or not word.isascii():
                        word = check_name(word, begin, self.scope)
                    value = Name((path, begin, offsets[at + 1]), word)
                    if behind == "(":
                        if word in self.scope.names or word in FOLDS:
                            raise OtherError
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
                        values[-1] = Negative((path, begins[-1], behind), values[-1])
                    else:
                        right = values.pop()
                        del begins[-1]
                        place = (path, begins[-1], behind)
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
                        place = (path, begins[-1], offsets[at - 1])
                        values[-1] = Call(place, call[0], (*call[1], values[-1]))
                    level = _LEVEL.get(pieces[at], 0)
                elif pieces[at] == "," and call is not None:
                    call[1].append(values.pop())
                    del begins[-1]
                    raised = False
                    break
                else:
                    raise OtherError
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
            raise OtherError
        return value, at

    def _bound(self, exponent: Number, behind: str) -> None:
        """Bound the product of all literal exponents, and so each power of a power."""
        self.powers *= max(1.0, exponent.value)
        if self.powers > LARGEST_POWER or behind == "^":
            raise OtherError


def _number(text: str, unit: UnitText | None, start: int, end: int, path: str) -> Number:
    if len(text) > LONGEST_NUMBER:
        raise OtherError
    if text.isdigit():
        return Number((path, start, end), text, int(text), unit)
    if "(" in text:
        raise OtherError
    value = float(text)
    # What is written small or large enough to become nothing or infinite is told there.
    if not 0 < value < math.inf:
        check_number(text, start, path)
    return Number((path, start, end), text, value, unit)


def _unit(bracket: str, start: int, path: str) -> UnitText:
    text = bracket[1:-1].strip()
    if not text:
        raise OtherError
    start += bracket.index(text, 1)
    return UnitText((path, start, start + len(text)), text)
