"""Elements of sets in rules: `votes[party]` where a name stands, and `clause[i in party]:`."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tree import Name

ELEMENT = rf"{NAME}(?:\[[^\[\]\n]*\])?"
"""A pattern of a name, or of an element of an indexed one, without groups."""


def element_text(written: str) -> str:
    """Return a name or an element in its one spelling: `c[A, 1]`."""
    base, bracket, inside = written.partition("[")
    if not bracket:
        return normal(written)
    pieces = inside.rstrip("] ").split(",")
    return f"{normal(base.rstrip())}[{', '.join(normal(piece.strip()) for piece in pieces)}]"


def elements_in(part: str, at: int, path: str) -> tuple[Name, ...]:
    """Return the names and elements of a list with commas, each with its place."""
    return tuple(
        Name(Place(path, at + match.start(), at + match.end()), element_text(match[0]))
        for match in _ELEMENT.finditer(part)
    )


_ELEMENT = re.compile(ELEMENT)
