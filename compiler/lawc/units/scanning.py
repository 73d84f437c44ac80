"""Cut the text of a unit into tokens; refuse every character that no unit contains."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lawc.units.problem import RefusedError, UnitProblem


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text.

    `kind` is number, name, raised, times, over, power, open, close, sign, or end.
    """

    kind: str
    text: str
    start: int
    end: int


def scan(text: str) -> list[Token]:
    """Return the tokens of a text, the last one of kind `end`.

    Raises:
        RefusedError: a character has no place in a unit, or a power is written `**`.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = _PATTERN.match(text, position)
        if found is None:
            reason = "no unit contains this character"
            raise _malformed(text, position, position + 1, (), reason)
        kind = found.lastgroup or ""
        if found[0] == "**":
            raise _malformed(text, position, found.end(), ("^",), "a power is written `^`")
        if kind != "space":
            tokens.append(Token(kind, found[0], position, found.end()))
        position = found.end()
    return [*tokens, Token("end", "", len(text), len(text))]


def lowered(raised: str) -> str:
    """Return raised digits and signs as plain ones: `⁻²` as `-2`."""
    return raised.translate(_PLAIN_DIGITS)


def _malformed(
    text: str, start: int, end: int, candidates: tuple[str, ...], reason: str
) -> RefusedError:
    return RefusedError(UnitProblem("malformed", text, start, end, candidates, reason))


_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PLAIN_DIGITS = str.maketrans(_SUPERSCRIPT + "⁺⁻", "0123456789+-")
_LETTER = rf"(?:(?![{_SUPERSCRIPT}])[\w°%‰′″€£$¥℃℉])"
_PATTERN = re.compile(
    rf"""(?P<space>[ ]+)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>{_LETTER}+)
    |(?P<raised>[⁺⁻]?[{_SUPERSCRIPT}]+)
    |(?P<times>\*\*?|·|⋅)
    |(?P<over>/)
    |(?P<power>\^)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<sign>[+-])
    """,
    re.VERBOSE,
)
