"""Read what a declaration says beside words, unit and range: a kind without a unit, a shape.

`yes/no`, `one of A, B, C`, `integer 1 .. 5`, `date` and `date 2000-01-01 .. 2100-12-31` stand
behind the words, where a number has its unit; `vector3` stands before the unit or behind it; `may
be unknown` ends the line.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.bounds import MOST_CHOICES, too_large
from lawc.syntax.days import day_of
from lawc.syntax.document import Word
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Date, Name, Node

SPECIAL = re.compile(
    r"\bmay be unknown\b|\bone of\b|\byes/no\b|\bvector[23]\b|\binteger\b"
    r"|\bdate[ ]*(?:=|$|[0-9])"
)
YES_NO = ("no", "yes")

_UNKNOWN = re.compile(r"[ ]may be unknown[ ]*$")
_SHAPE = re.compile(r"\bvector([23])[ ]*$")
_KIND = re.compile(
    r"\b(one of)[ ]+([^=]*)|\b(yes/no)(?=[ ]*(?:=|$))"
    r"|\b(integer)(?=[ ]*(?:=|$|[-0-9]))|(?<=[ ])(date)(?=[ ]*(?:=|$|[0-9]))"
)
_CHOICE = re.compile(r"[^\W_][\w.+-]*")
_DAYS = re.compile(r"[ ]*([0-9]+-[0-9]+-[0-9]+)[ ]*\.\.[ ]*([0-9]+-[0-9]+-[0-9]+)[ ]*(?==|$)")
_DEFAULT_DAY = re.compile(r"[ ]*=[ ]*([0-9]+-[0-9]+-[0-9]+)[ ]*$")
_DEFAULT = re.compile(r"=[ ]*([^\W_][\w.+-]*)[ ]*$")


@immutable
class Special:
    """The parts of a declaration, as offsets in its line.

    Attributes:
        words: Where the words end.
        tail: Where the unit, the range and the default begin.
        end: Where they end.
        default: One of the choices, where the default is a word.
        low, high: The first and the last day, where the range is of days.
    """

    words: int
    tail: int
    end: int
    kind: str = "number"
    choices: tuple[Word, ...] = ()
    shape: int = 1
    unknown: bool = False
    default: Node | None = None
    low: Node | None = None
    high: Node | None = None


def read_special(part: str, at: int, offset: int, tail: int, scope: Scope) -> Special:
    """Return the parts of a declaration that is more than words, unit, range and default.

    Args:
        part: The line, without comments.
        at: Where its words begin.
        offset: Where the line begins in the source.
        tail: Where the words would end in an ordinary declaration.
        scope: The names of the block.

    Raises:
        UnreadableError: L0101, the choices cannot be read.
    """
    end = len(part)
    unknown = _UNKNOWN.search(part, at)
    if unknown is not None:
        end = unknown.start()
        tail = min(tail, end)
    shape = _SHAPE.search(part, at, tail)
    if shape is not None:
        return Special(shape.start(), tail, end, shape=int(shape[1]), unknown=unknown is not None)
    kind = _KIND.search(part, at, end) if part.find("[", at, end) < 0 else None
    if kind is None:
        return Special(tail, tail, end, unknown=unknown is not None)
    word = kind[1] or kind[3] or kind[4] or kind[5]
    choices = _choices(part, kind.span(2), offset, scope) if kind[1] else ()
    default, behind = None, kind.end()
    if word in ("one of", "yes/no"):
        default, behind = _default(part, behind, end, offset, scope)
    low = high = None
    if word == "date" and (days := _DAYS.match(part, behind, end)) is not None:
        low, high = (_day(days[at], offset + days.start(at), scope) for at in (1, 2))
        behind = days.end()
    if word == "date" and (day := _DEFAULT_DAY.match(part, behind, end)) is not None:
        default, behind = _day(day[1], offset + day.start(1), scope), end
    return Special(
        kind.start(), behind, end, word, choices, 1, unknown is not None, default, low, high
    )


def _day(word: str, start: int, scope: Scope) -> Date:
    return Date(Place(scope.path, start, start + len(word)), day_of(word, start, scope))


def _choices(part: str, span: tuple[int, int], offset: int, scope: Scope) -> tuple[Word, ...]:
    found: list[Word] = []
    start = span[0]
    seen: set[str] = set()
    pieces = part[span[0] : span[1]].split(",")
    if len(pieces) > MOST_CHOICES:
        place = Place(scope.path, offset + span[0], offset + span[1])
        help = "write a number or an `integer` where there are so many"
        raise too_large(f"more than {MOST_CHOICES:,} choices stand here", place, help)
    for piece in pieces:
        word = piece.strip(" ")
        first = offset + start + len(piece) - len(piece.lstrip(" "))
        place = Place(scope.path, first, first + max(1, len(word)))
        if not _CHOICE.fullmatch(word):
            raise refusal(
                "L0101",
                f"`{word[:60]}` cannot be a choice" if word else "a choice is missing here",
                place,
                help="write single words with commas between them: `one of low, high, very-high`",
            )
        if word in seen:
            raise refusal(
                "L0101", f"the choice `{word}` stands here twice", place, help="remove one of them"
            )
        seen.add(word)
        found.append(Word(place, word))
        start += len(piece) + 1
    if len(found) < 2:
        raise refusal(
            "L0101",
            "one choice is none",
            found[0].place,
            help="write two or more with commas between them, as in `one of low, high`",
        )
    return tuple(found)


def _default(part: str, at: int, end: int, offset: int, scope: Scope) -> tuple[Node | None, int]:
    match = _DEFAULT.match(part, at, end)
    if match is None:
        return None, at
    place = Place(scope.path, offset + match.start(1), offset + match.end(1))
    return Name(place, match[1]), end
