"""Read the short lines of rules: `soft`, `sample`, `calendar` and `applies`."""

from __future__ import annotations

import re

from lawc.decision.decision import WEEK
from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import Word
from lawc.syntax.grammar import END
from lawc.syntax.raw_blocks import Line, RawSection
from lawc.syntax.refusal import refusal
from lawc.syntax.rules.clauses import uncommented
from lawc.syntax.rules.document import (
    AppliesLine,
    CalendarLine,
    SampleLine,
    SoftLine,
)
from lawc.syntax.rules.formulas import Cursor
from lawc.syntax.rules.indices import ELEMENT, element_text
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Call, Date, Name, Node, UnitText

_APPLIES = re.compile(
    r"applies(?:[ ]+in[ ]+([^\W_][\w.-]*(?:[ ]*,[ ]*[^\W_][\w.-]*)*))?"
    r"(?:[ ]+from[ ]+([0-9-]+))?(?:[ ]+(?:to|until)[ ]+([0-9-]+))?[ ]*$"
)
_CALENDAR = re.compile(r"(holidays|weekend|known)\b[ ]*:?[ ]*")
_NAMED = re.compile(r"calendar[ ]+([^\W\d_][\w-]*)[ ]*$")
_DRAWN = re.compile(
    rf"[ ]*(?:value\([ ]*({ELEMENT})[ ]*,[ ]*\[([^\[\]]*)\][ ]*\)|({ELEMENT}))[ ]*~(?!=)[ ]*"
)

_SOFT_HELP = "write `stage: eGFR +/- 3 [mL/min]`"
_SAMPLE_HELP = (
    "write `income ~ normal(5e4 [USD], 2e4 [USD])`, or values with their weights: "
    "`status ~ single 3, joint 4`"
)
_APPLIES_HELP = "write `applies in US from 2024-01-01 to 2024-12-31`; each part may be left out"
_CALENDAR_HELP = (
    "write `holidays 2024-01-01, 2024-07-04`, `weekend saturday, sunday` or "
    "`known 2020-01-01 .. 2030-12-31`"
)


def read_soft(text: str, line: Line, scope: Scope) -> SoftLine:
    """Return `stage: eGFR +/- 3 [mL/min], ACR +/- 5 [mg/g]`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = uncommented(text, line)
    place = Place(scope.path, line.start, line.start + len(part))
    colon = part.find(":")
    match = re.fullmatch(rf"[ ]*({ELEMENT})[ ]*", part[:colon]) if colon >= 0 else None
    if match is None:
        raise refusal("L0101", "this line does not say what is blurred", place, help=_SOFT_HELP)
    start = line.start + match.start(1)
    output = Name(Place(scope.path, start, start + len(match[1])), element_text(match[1]))
    cursor = Cursor(text, line.start + colon + 1, line.start + len(part), scope)
    widths: list[tuple[Name, Node]] = []
    while True:
        name = cursor.name(_SOFT_HELP)
        cursor.sign("UNCERTAIN", "`+/-`", _SOFT_HELP)
        widths.append((name, cursor.sum()))
        if cursor.kind != "COMMA":
            break
        cursor.at += 1
    cursor.end()
    return SoftLine(place, output, tuple(widths))


def read_sample(text: str, line: Line, scope: Scope) -> SampleLine:
    """Return `income ~ normal(5e4 [USD], 2e4 [USD])`, or `status ~ single 3, joint 4`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = uncommented(text, line)
    place = Place(scope.path, line.start, line.start + len(part))
    match = _DRAWN.match(part)
    if match is None:
        headline = "this line does not say what is drawn, and how"
        raise refusal("L0101", headline, place, help=_SAMPLE_HELP)
    which = 1 if match[1] is not None else 3
    start, end = line.start + match.start(which), line.start + match.end(which)
    name = Name(Place(scope.path, start, end), element_text(match[which]))
    unit = None
    if match[2] is not None:
        start, end = line.start + match.start(2), line.start + match.end(2)
        unit = UnitText(Place(scope.path, start, end), match[2].strip())
    cursor = Cursor(text, line.start + match.end(), line.start + len(part), scope)
    if [token[0] for token in cursor.tokens[:2]] == ["NAME", "LPAR"]:
        family = cursor.sum()
        if not isinstance(family, Call):
            raise refusal(
                "L0101", "a family of distributions stands alone", place, help=_SAMPLE_HELP
            )
        unknown = None
        if cursor.kind == "COMMA":
            cursor.at += 1
            if not cursor.word("unknown"):
                cursor.stop(
                    "`unknown` and a share", "write `, unknown 0.1` for a tenth of the rows"
                )
            unknown = cursor.sum()
        cursor.end()
        return SampleLine(place, name, unit, family.function, family.arguments, (), unknown)
    shares: list[tuple[Node, Node]] = []
    while True:
        value = cursor.sum()
        if cursor.kind in ("COMMA", END):
            cursor.stop("its weight", _SAMPLE_HELP)
        shares.append((value, cursor.sum()))
        if cursor.kind != "COMMA":
            break
        cursor.at += 1
    cursor.end()
    return SampleLine(place, name, unit, shares=tuple(shares))


def read_applies(text: str, line: Line, scope: Scope) -> AppliesLine:
    """Return `applies in US from 2024-01-01 to 2024-12-31`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = uncommented(text, line)
    place = Place(scope.path, line.start, line.start + len(part))
    match = _APPLIES.match(part)
    if match is None or not any(match.groups()):
        raise refusal(
            "L0101", "this line does not say where a rule applies, or when", place,
            help=_APPLIES_HELP,
        )  # fmt: skip
    word = None
    if match[1] is not None:
        start = line.start + match.start(1)
        word = Word(Place(scope.path, start, start + len(match[1])), match[1])
    days = [
        None
        if match[group] is None
        else _only_day(text, line.start + match.start(group), line.start + match.end(group), scope)
        for group in (2, 3)
    ]
    return AppliesLine(place, word, *days)


def calendar_name(text: str, section: RawSection, scope: Scope) -> Word | None:
    """Return the name behind `calendar`, if one is there.

    Raises:
        UnreadableError: Something else is there.
    """
    assert section.header is not None
    part = uncommented(text, section.header).rstrip(" :")
    if part == "calendar":
        return None
    match = _NAMED.match(part)
    if match is None:
        place = Place(scope.path, section.header.start, section.header.start + len(part))
        help = "write `calendar`, or `calendar NAME`"
        raise refusal("L0101", "one name at most stands behind `calendar`", place, help=help)
    start = section.header.start + match.start(1)
    return Word(Place(scope.path, start, start + len(match[1])), match[1])


def read_calendar(text: str, line: Line, scope: Scope, name: Word | None) -> CalendarLine:
    """Return a line of `calendar`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = uncommented(text, line)
    place = Place(scope.path, line.start, line.start + len(part))
    match = _CALENDAR.match(part)
    if match is None:
        headline = "a line of `calendar` begins with `holidays`, `weekend` or `known`"
        raise refusal("L0101", headline, place, help=_CALENDAR_HELP)
    key = Word(Place(scope.path, line.start, line.start + len(match[1])), match[1])
    cursor = Cursor(text, line.start + match.end(), line.start + len(part), scope)
    values: list[Node] = []
    while True:
        first = cursor.at
        value = cursor.sum()
        is_day = isinstance(value, Date)
        if key.text == "weekend":
            is_day = isinstance(value, Name) and value.name.lower() in WEEK
        if not is_day:
            cursor.at = first
            cursor.stop("a day", _CALENDAR_HELP)
        values.append(value)
        separator = "DOTS" if key.text == "known" and len(values) == 1 else "COMMA"
        if cursor.kind != separator or (key.text == "known" and len(values) == 2):
            break
        cursor.at += 1
    if key.text == "known" and len(values) != 2:
        cursor.stop("`..` and the last day", _CALENDAR_HELP)
    cursor.end()
    return CalendarLine(place, key, tuple(values), name)


def _only_day(text: str, start: int, end: int, scope: Scope) -> Node:
    cursor = Cursor(text, start, end, scope)
    day = cursor.sum()
    cursor.end()
    if not isinstance(day, Date):
        raise refusal("L0101", "this is no day", day.place, help=_APPLIES_HELP)
    return day
