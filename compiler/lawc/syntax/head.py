"""Read the lines between a header and the first section."""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import MOST_TEXTS, too_large
from lawc.syntax.document import CoordinatesLine, HeadLine, Word
from lawc.syntax.raw_blocks import Line
from lawc.syntax.refusal import refusal
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tree import Name

STATUSES = ("confirmed", "empirical", "contested", "draft", "retired")

SYSTEMS = ("cartesian", "cylindrical", "spherical")

_COORDINATES = re.compile(rf"coordinates[ ]+({NAME}(?:[ ]*,[ ]*{NAME})*)(?:[ ]+([a-z]+))?[ ]*$")
_NAME = re.compile(NAME)
_BARE_KEYS = frozenset(("status", "supersedes", "successor"))
# One word, or one text, behind a key: most lines of a head.
_PLAIN = re.compile(r'([a-z]+)[ ]+(?:([^\s#"]+)|"([^"]*)")')
_KEY = re.compile(r"[a-z]+")
_QUOTED = re.compile(r'"([^"]*)"')
_SPACE_OR_COMMENT = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE = re.compile(r"[^\s#\"]+")


def read_head(text: str, line: Line, path: str) -> tuple[HeadLine, ...]:
    """Return what a line of the head says; a `source` may hold several quoted texts.

    Raises:
        UnreadableError: The line cannot be read.
    """
    plain = _PLAIN.fullmatch(text, line.start, line.end)
    if plain is not None:
        group = 2 if plain[1] in _BARE_KEYS else 3
        words = plain[group]
        if words is not None:
            key = Word((path, *plain.span(1)), plain[1])
            return (HeadLine(key, Word((path, *plain.span(group)), " ".join(words.split()))),)
    match = _KEY.match(text, line.start, line.end)
    assert match is not None
    key = Word(Place(path, *match.span()), match[0])
    if key.text in _BARE_KEYS:
        return (HeadLine(key, _bare(text, key, line, path)),)
    values = _quoted(text, key, line, path)
    if key.text != "source" and len(values) > 1:
        joined = " ".join(value.text for value in values if value.text)
        values = [Word(values[0].place.through(values[-1].place), joined)]
    return tuple(HeadLine(key, value) for value in values)


def unread(text: str, line: Line, path: str) -> HeadLine:
    """Return a line that could not be read, with nothing behind its key: it is not missing."""
    match = _KEY.match(text, line.start, line.end)
    assert match is not None
    key = Word(Place(path, *match.span()), match[0])
    return HeadLine(key, Word(Place(path, key.place.end, key.place.end), ""))


def read_coordinates(text: str, line: Line, path: str) -> CoordinatesLine:
    """Return `coordinates r, theta spherical`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    end = line.start + len(text[line.start : line.end].split("#")[0].rstrip())
    place = Place(path, line.start, end)
    match = _COORDINATES.match(text, line.start, end)
    if match is None or (match[2] or SYSTEMS[0]) not in SYSTEMS:
        raise refusal(
            "L0101",
            "this line names no coordinates",
            place,
            help="write `coordinates x, y`, or `coordinates r, theta, phi spherical`; "
            "`cylindrical` is the third system",
        )
    names = tuple(
        Name(Place(path, *name.span()), normal(name[0]))
        for name in _NAME.finditer(text, *match.span(1))
    )
    system = Word(place, SYSTEMS[0])
    if match[2] is not None:
        system = Word(Place(path, *match.span(2)), match[2])
    return CoordinatesLine(place, names, system)


def _bare(text: str, key: Word, line: Line, path: str) -> Word:
    """Return the one word after `status` or `supersedes`."""
    start = _after(text, key.place.end, line)
    word = _BARE.match(text, start, line.end)
    example = (
        f"the words are {', '.join(STATUSES)}"
        if key.text == "status"
        else f"write `{key.text} physics.mechanics.free-fall@1.0.0`"
    )
    if word is None:
        stop = max(line.end, key.place.end)
        raise refusal(
            "L0101",
            f"one word without quotation marks stands behind `{key.text}`",
            Place(path, key.place.start, stop),
            help=example,
        )
    rest = _after(text, word.end(), line)
    if rest < line.end:
        raise refusal(
            "L0101",
            f"something stands behind `{key.text} {word[0][:60]}`",
            Place(path, rest, line.end),
            help="write explanations in `note`, in quotation marks",
        )
    return Word(Place(path, *word.span()), word[0])


def _quoted(text: str, key: Word, line: Line, path: str) -> list[Word]:
    """Return the texts in quotation marks behind a key, line ends in them made spaces."""
    found: list[Word] = []
    at = _after(text, key.place.end, line)
    while at < line.end:
        quoted = _QUOTED.match(text, at, line.end)
        if quoted is None:
            rest = Place(path, at, line.end)
            if text[at] == '"':
                raise refusal(
                    "L0101",
                    "a quotation mark opens this text and none closes it",
                    rest,
                    help="add `\"` at its end, and write quotations inside it with `'`",
                )
            raise refusal(
                "L0101",
                f"the words behind `{key.text}` stand in quotation marks",
                rest,
                help=f'write `{key.text} "…"`',
                repair=None if '"' in text[at : line.end] else f'"{text[at : line.end]}"',
            )
        if len(found) == MOST_TEXTS:
            raise too_large(
                f"more than {MOST_TEXTS} texts stand behind `{key.text}`",
                Place(path, at, line.end),
                "write them in several lines",
            )
        found.append(Word(Place(path, *quoted.span(1)), " ".join(quoted[1].split())))
        at = _after(text, quoted.end(), line)
    if not found:
        raise refusal(
            "L0101",
            f"nothing stands behind `{key.text}`",
            key.place,
            help=f'write `{key.text} "…"`',
        )
    return found


def _after(text: str, start: int, line: Line) -> int:
    space = _SPACE_OR_COMMENT.match(text, start, line.end)
    return space.end() if space else start
