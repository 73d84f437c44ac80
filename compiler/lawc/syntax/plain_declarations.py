"""Read the plain declarations, which are most of them, by one pattern.

A third of all lines say `m : mass [kg] 0.1 .. 10 log`. Read as one pattern they cost a quarter of
what tokens and the table of the grammar cost. What differs in the least, in a comment, a bound that
is calculated, a letter that is not ASCII, is left to those; the tests hold both readings equal.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import Declaration
from lawc.syntax.raw_blocks import Line
from lawc.syntax.scope import Scope
from lawc.syntax.tokens import RESERVED
from lawc.syntax.tree import Name, Negative, Node, Number, UnitText

WORD = "[A-Za-z_][A-Za-z_0-9]*+"
NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?"
# Nothing here is read twice, so that a long line takes time in proportion to its length.
_PLAIN = re.compile(
    rf"({WORD}(?:[ ]*+,[ ]*+{WORD})*+)[ ]*+:[ ]*+"
    r"([A-Za-z ,'-]*+)"
    rf"(?:\([ ]*+({WORD}(?:[ ]*+,[ ]*+{WORD})*+)[ ]*+\)[ ]*+)?"
    r"\[([^\[\]\n#]++)\][ ]*+"
    rf"(?:(-?)({NUMBER})[ ]*+\.\.[ ]*+(-?)({NUMBER})[ ]*+)?"
    r"(log)?[ ]*+"
    rf"(?:=[ ]*+(-?)({NUMBER})[ ]*+)?"
)
_NAME = re.compile(WORD)
_SPECIAL = frozenset(("may", "one", "integer", "date", "vector", "yes", "log"))
_LETTERS = re.compile("[A-Za-z]++")
_BUILT_IN = frozenset(("pi", *RESERVED))


def read_plain(text: str, line: Line, scope: Scope) -> Declaration | None:
    """Return a plain declaration, or None where a line is not one, or has something wrong."""
    match = _PLAIN.fullmatch(text, line.start, line.end)
    if match is None:
        return None
    named, words, depending, unit, _, low, _, high, log, _, default = match.groups()
    apart = words.split()
    meaning = " ".join(apart)
    # Hyphens and commas stand between words too.
    if not "".join(apart).isalpha():
        apart = _LETTERS.findall(words)
    if not _SPECIAL.isdisjoint(apart):
        return None
    path = scope.path
    if "," in named:
        names = _names(text, path, *match.span(1))
    else:
        names = (Name(Place(path, *match.span(1)), named),)
    own = [name.name for name in names]
    if not _BUILT_IN.isdisjoint(own):
        return None
    depends: tuple[Name, ...] = ()
    if depending is not None:
        depends = _names(text, path, *match.span(3))
        if not any(name.name in scope.names and name.name not in own for name in depends):
            return None
    inner = unit.strip()
    if not inner:
        return None
    offset = match.start(4) + len(unit) - len(unit.lstrip())
    end = line.end
    while text[end - 1] == " ":
        end -= 1
    return Declaration(
        Place(path, line.start, end),
        names,
        meaning,
        depends,
        UnitText((path, offset, offset + len(inner)), inner),
        None if low is None else read_number(match, 5, path),
        None if high is None else read_number(match, 7, path),
        log is not None,
        None if default is None else read_number(match, 10, path),
    )


def _names(text: str, path: str, start: int, end: int) -> tuple[Name, ...]:
    return tuple(
        Name(Place(path, *name.span()), name[0]) for name in _NAME.finditer(text, start, end)
    )


def read_number(
    match: re.Match[str], sign: int, path: str, unit: UnitText | None = None, end: int | None = None
) -> Node:
    """Return the number whose sign is one group of a match, and whose digits are the next.

    Args:
        match: A match of a pattern with `(-?)(NUMBER)`.
        sign: The group of the sign.
        path: The source's path, for places.
        unit: What stands in brackets behind the digits.
        end: Offset behind these brackets.
    """
    start, behind = match.span(sign + 1)
    end = behind if end is None else end
    written = match[sign + 1]
    value = int(written) if written.isdigit() else float(written)
    number = Number((path, start, end), written, value, unit)
    return Negative((path, match.start(sign), end), number) if match[sign] else number
