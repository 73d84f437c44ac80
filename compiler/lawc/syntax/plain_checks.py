"""Read the plain lines of `checks`, which are most of them, by one pattern for each shape.

Worked examples whose values are numbers, and sentences that name two quantities or hold one of
them against a number, at a third of what their tokens cost. What differs in the least is left to
these; the tests hold all readings equal.
"""

from __future__ import annotations

import re
from typing import Any

from lawc.syntax.bounds import LARGEST_POWER
from lawc.syntax.plain_declarations import NUMBER, WORD, read_number
from lawc.syntax.scope import Scope
from lawc.syntax.tokens import KEYWORDS
from lawc.syntax.tree import Comparison, Name, Node, UnitText

# Nothing here is read twice, so that a long line takes time in proportion to its length.
_NAME = f"({WORD})"
_GAP = r"[ \n]*+"
_NUMBER = f"(-?)({NUMBER})"
_VALUE = rf"{_NUMBER}{_GAP}(?:(\[)[ ]*+([^\[\]\s#]++)[ ]*+\]{_GAP})?"
_EXAMPLE = re.compile(
    rf"{_NAME}{_GAP}={_GAP}{_VALUE}(?:within[ \n]++{_VALUE})?(?:(given)[ \n]++|\Z)"
)
_SETTING = re.compile(rf"{_GAP}{_NAME}{_GAP}={_GAP}{_VALUE}(?:(,)|\Z)")
_CLAIM = re.compile(
    rf"{_NAME}(?:[ \n]++(rises|falls)[ \n]++with[ \n]++{_NAME}\Z"
    rf"|[ \n]++scales[ \n]++with[ \n]++{_NAME}{_GAP}\^{_GAP}{_NUMBER}\Z"
    rf"|{_GAP}([<>]=?){_GAP}(?:{_NAME}\Z|{_VALUE}\Z))"
)
_IN_EXAMPLES = frozenset(KEYWORDS["example"])
_IN_CLAIMS = frozenset(KEYWORDS["always"])


def read_plain_example(text: str, start: int, end: int, scope: Scope) -> Any:
    """Return the parts of a plain example as `table.read` does, or None for any other line."""
    match = _EXAMPLE.match(text, start, end)
    if match is None or scope.lookalikes or match[1] in _IN_EXAMPLES:
        return None
    path = scope.path
    quantity = Name((path, *match.span(1)), match[1])
    value = _value(match, 2, path)
    tolerance = None if match[7] is None else _value(match, 6, path)
    given: list[tuple[Name, str, Node]] = []
    more = match[10]
    while more is not None:
        match = _SETTING.match(text, match.end(), end)
        if match is None or match[1] in _IN_EXAMPLES:
            return None
        setting = Name((path, *match.span(1)), match[1])
        given.append((setting, "=", _value(match, 2, path)))
        more = match[6]
    return quantity, "=", value, tolerance, tuple(given)


def read_plain_claim(text: str, start: int, end: int, scope: Scope) -> Any:
    """Return the parts of a plain `always` sentence, or None for any other line."""
    match = _CLAIM.match(text, start, end)
    if match is None or scope.lookalikes or not _IN_CLAIMS.isdisjoint(match.group(1, 3, 4, 8)):
        return None
    path = scope.path
    subject = Name((path, *match.span(1)), match[1])
    if match[2] is not None:
        return (subject, match[2], "with", Name((path, *match.span(3)), match[3])), ()
    if match[4] is not None:
        if float(match[6]) > LARGEST_POWER:
            return None
        by = Name((path, *match.span(4)), match[4])
        return (subject, "scales", "with", by, "^", read_number(match, 5, path)), ()
    other: Node
    if match[8] is not None:
        other = Name((path, *match.span(8)), match[8])
    else:
        other = _value(match, 9, path)
    compared = Comparison((path, match.start(1), match.end()), (match[7],), (subject, other))
    return (compared,), ()


def _value(match: re.Match[str], sign: int, path: str) -> Node:
    """Return the number whose sign is one group of a match, and whose unit may be the fourth."""
    inner = match[sign + 3]
    if inner is None:
        return read_number(match, sign, path)
    start, end = match.span(sign + 3)
    behind = match.string.index("]", end) + 1
    return read_number(match, sign, path, UnitText((path, start, end), inner), behind)
