"""Read `apportion seats[party] from house by votes[party]` and the lines below it."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import Word
from lawc.syntax.raw_blocks import Line, RawSection
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.clauses import uncommented
from lawc.syntax.rules.document import ApportionSection
from lawc.syntax.rules.formulas import Cursor
from lawc.syntax.rules.tables import Report
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tree import Name, Node

ROUNDINGS = ("down", "half-way", "up", "geometric", "harmonic", "largest remainders")
TIES = {"by lot": "lots", "by votes": "votes", "in order": "order"}

_ROUNDING = re.compile(r"rounding[ ]+(.*)$")
_LEAST = re.compile(r"at[ ]+least[ ]+(?=\S)")
_AMONG = re.compile(rf"among[ ]+({NAME})[ ]+where[ ]+(?=\S)")
_TIES = re.compile(r"ties[ ]+(.*)$")

_HELP = "write `apportion seats[party] from house by votes[party]`"
_ROUNDING_HELP = (
    "write `rounding half-way` (Sainte-Laguë), `down` (D'Hondt), `up` (Adams), `geometric` "
    "(Huntington and Hill), `harmonic` (Dean) or `largest remainders` (Hamilton)"
)
_LINES_HELP = (
    "below `apportion` stand `rounding half-way`, `at least 1`, "
    "`among party where votes[party] >= 0.05*all` and `ties by lot`"
)


def read_apportion(
    text: str, section: RawSection, scope: Scope, report: Report
) -> ApportionSection | None:
    """Return what is apportioned, by what and how, or None where it cannot be read."""
    assert section.header is not None
    header = section.header
    found: dict[str, object] = {}
    broken = False
    for line in section.items:
        try:
            key, value = _line(text, line, scope)
            if key in found:
                place = Place(scope.path, line.start, line.end)
                raise refusal("L0101", f"`{key}` stands twice here", place, help=_LINES_HELP)
            found[key] = value
        except UnreadableError as refused:
            report(line, refused)
            broken = True
    try:
        part = uncommented(text, header)
        place = Place(scope.path, header.start, header.start + len(part))
        cursor = Cursor(text, header.start + len("apportion"), place.end, scope)
        output = cursor.name(_HELP)
        if not cursor.word("from"):
            cursor.stop("`from`", _HELP)
        whole = cursor.sum()
        if not cursor.word("by"):
            cursor.stop("`by`", _HELP)
        by = cursor.sum()
        cursor.end()
        if "rounding" not in found and not broken:
            headline = "this `apportion` does not say how seats are rounded"
            raise refusal("L0101", headline, place, help=_ROUNDING_HELP)
    except UnreadableError as refused:
        report(header, refused)
        return None
    if broken:
        return None
    return ApportionSection(place, output, whole, by, **found)  # type: ignore[arg-type]


def _line(text: str, line: Line, scope: Scope) -> tuple[str, object]:
    part = uncommented(text, line)
    end = line.start + len(part)
    match = _ROUNDING.match(part)
    if match is not None:
        return "rounding", _one_of(match, ROUNDINGS, line, scope, _ROUNDING_HELP)
    match = _TIES.match(part)
    if match is not None:
        help = "write `ties by lot`, `ties by votes` or `ties in order`"
        return "ties", _one_of(match, tuple(TIES), line, scope, help)
    match = _LEAST.match(part)
    if match is not None:
        return "least", _value(text, line.start + match.end(), end, scope)
    match = _AMONG.match(part)
    if match is not None:
        start = line.start + match.start(1)
        over = Name(Place(scope.path, start, start + len(match[1])), normal(match[1]))
        return "among", (over, _value(text, line.start + match.end(), end, scope))
    headline = "this line does not say how something is apportioned"
    raise refusal("L0101", headline, Place(scope.path, line.start, end), help=_LINES_HELP)


def _one_of(
    match: re.Match[str], known: tuple[str, ...], line: Line, scope: Scope, help: str
) -> Word:
    place = Place(scope.path, line.start + match.start(1), line.start + match.end(1))
    written = " ".join(match[1].split())
    if written not in known:
        raise refusal("L0101", f"`{written[:40]}` is no way to do this", place, help=help)
    return Word(place, written)


def _value(text: str, start: int, end: int, scope: Scope) -> Node:
    cursor = Cursor(text, start, end, scope)
    value = cursor.value()
    cursor.end()
    return value
