"""Cut the text of a unit into tokens; refuse every character that no unit contains."""

from __future__ import annotations

import re

from lawc.diagnostics.immutable import immutable
from lawc.units.problem import RefusedError, UnitProblem


@immutable
class Token:
    """A piece of the text.

    `kind` is number, name, note, raised, times, over, power, root, open, close, sign, or end.
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
            raise _stray(text, position)
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


def _stray(text: str, position: int) -> RefusedError:
    reason = {
        "{": "a remark in braces is at most 40 letters, digits, signs and spaces",
        "}": "this brace was never opened",
        "[": "a bracket inside a unit encloses a code of UCUM, as in `mm[Hg]`",
        "]": "this bracket was never opened",
    }.get(text[position], "no unit contains this character")
    return _malformed(text, position, position + 1, (), reason)


def _malformed(
    text: str, start: int, end: int, candidates: tuple[str, ...], reason: str
) -> RefusedError:
    return RefusedError(UnitProblem("malformed", text, start, end, candidates, reason))


_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PLAIN_DIGITS = str.maketrans(_SUPERSCRIPT + "⁺⁻", "0123456789+-")
_LETTER = rf"(?:(?![{_SUPERSCRIPT}])[\w°%‰′″€£$¥₪₹₩₽₺₴₱฿₾₼֏₭℃℉℧])"
# A code of UCUM in brackets, `[in_i]`, `[ft_i'H2O]`, may follow letters: `mm[Hg]`.
_CODE = r"\[[A-Za-z0-9_'/ -]{1,24}\]"
_PATTERN = re.compile(
    rf"""(?P<space>[ ]+)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>lb-mol|[munµμ]?''|(?:{_LETTER}|{_CODE})+|'|\#)
    |(?P<note>\{{[A-Za-z0-9_ \#%.,:+*/^°'-]{{1,40}}\}})
    |(?P<raised>[⁺⁻]?[{_SUPERSCRIPT}]+)
    |(?P<times>\*\*?|·|⋅|\.)
    |(?P<over>/)
    |(?P<power>\^)
    |(?P<root>√)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<sign>[+-])
    """,
    re.VERBOSE,
)
