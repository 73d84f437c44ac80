"""Read the lines of `events`: `label: when CONDITION: x = 0 [m], dx/dt = -e*dx/dt`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.declarations import without_comments
from lawc.syntax.document import ChangeLine, EventLine, Word
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS
from lawc.syntax.tree import Node

STOP = "stop"

_HEAD = re.compile(rf"(?:([{LETTERS}][{LETTERS}_0-9-]*)[ ]*:[ ]*)?when\b")
_SIGN = re.compile(r":(?!=)|,")
_EXAMPLE = "write `bounce: when x <= 0 [m]: dx/dt = -e*dx/dt`, or `…: stop`"


def read_event(text: str, line: Line, scope: Scope) -> EventLine:
    """Return a line of `events`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = without_comments(text, line).rstrip(" ")
    place = Place(scope.path, line.start, line.start + len(part))
    head = _HEAD.match(part)
    if head is None:
        raise refusal("L0101", "this event does not say when it happens", place, help=_EXAMPLE)
    label = None
    if head[1]:
        label = Word(Place(scope.path, line.start, line.start + len(head[1])), head[1])
    signs = list(_outside(part, head.end()))
    colon = next((at for at, sign in signs if sign == ":"), None)
    if colon is None:
        raise refusal("L0101", "this event does not say what changes", place, help=_EXAMPLE)
    condition = _condition(text, line.start + head.end(), line.start + colon, place, scope)
    if part[colon + 1 :].strip(" ") == STOP:
        return EventLine(place, label, condition, ())
    commas = [at for at, sign in signs if sign == "," and at > colon]
    ends = [*commas, len(part)]
    changes = []
    for first, last in zip([colon, *commas], ends, strict=True):
        changes.append(_change(text, line.start + first + 1, line.start + last, place, scope))
    return EventLine(place, label, condition, tuple(changes))


def _outside(part: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the colons and commas of a line that stand in no bracket."""
    depth = 0
    for at in range(start, len(part)):
        if part[at] in "([":
            depth += 1
        elif part[at] in ")]":
            depth -= 1
        elif depth == 0 and _SIGN.match(part, at):
            yield at, part[at]


def _condition(text: str, start: int, end: int, place: Place, scope: Scope) -> Node:
    if not text[start:end].strip(" "):
        raise refusal("L0101", "this event does not say when it happens", place, help=_EXAMPLE)
    condition, *words = read_line(text, start, end, "valid", scope)
    if words:
        raise refusal("L0101", "words stand behind this condition", place, help=_EXAMPLE)
    return condition


def _change(text: str, start: int, end: int, place: Place, scope: Scope) -> ChangeLine:
    lead = len(text[start:end]) - len(text[start:end].lstrip(" "))
    written = text[start:end].strip(" ")
    if not written:
        raise refusal("L0101", "this event does not say what changes", place, help=_EXAMPLE)
    first = start + lead
    here = Place(scope.path, first, first + len(written))
    left, relation, right = read_line(text, first, here.end, "equation", scope)
    if relation != "=":
        raise refusal(
            "L0101",
            "a change gives a quantity its new value by `=`",
            here,
            help=_EXAMPLE,
        )
    return ChangeLine(here, left, right)
