"""Read what joins laws to a system: `use ID as name`, and the lines of `connect`."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.declarations import without_comments
from lawc.syntax.document import ConnectLine, UseLine, Word
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tokens import RESERVED
from lawc.syntax.tree import Name

_USE = re.compile(rf"use[ ]+([^\s()]+)[ ]+as[ ]+({NAME})$")
_USE_EXAMPLE = "write `use medicine.pharmacokinetics.iv-bolus@1 as pk`"


def read_use(text: str, line: Line, path: str) -> UseLine:
    """Return `use ID as name`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = without_comments(text, line).rstrip(" ")
    place = Place(path, line.start, line.start + len(part))
    match = _USE.match(part)
    if match is None:
        raise refusal(
            "L0101",
            "`use` names a law, and behind `as` what it is called here",
            place,
            help=_USE_EXAMPLE,
        )
    name = Name(
        Place(path, line.start + match.start(2), line.start + match.end(2)), normal(match[2])
    )
    if match[2] in RESERVED:
        raise refusal(
            "L0101", f"`{match[2]}` is a word of the language", name.place, help=_USE_EXAMPLE
        )
    start = line.start + match.start(1)
    identity = Word(Place(path, start, start + len(match[1])), match[1])
    return UseLine(place, identity, name)


def read_connect(text: str, line: Line, scope: Scope) -> ConnectLine:
    """Return `part.input = expression`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = without_comments(text, line).rstrip(" ")
    place = Place(scope.path, line.start, line.start + len(part))
    left, relation, right = read_line(text, line.start, line.end, "equation", scope)
    if not isinstance(left, Name) or relation not in ("=", ":="):
        raise refusal(
            "L0101",
            "a connection gives one input of a part its value",
            place,
            help="write `part.input = expression`",
        )
    return ConnectLine(place, left, right)
