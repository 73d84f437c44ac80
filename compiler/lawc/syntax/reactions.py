"""Read the lines of `reactions`: `label: A + 2 B -> C ; rate k`.

The sides of a reaction are no formula: `2 B` is two of B, and a plus stands between substances.
What stands behind `rate` is a formula, and read as one.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.declarations import without_comments
from lawc.syntax.document import ReactionLine, Substance, Word
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS, NAME
from lawc.syntax.tokens import RESERVED, check_name
from lawc.syntax.tree import Name, Node

LARGEST_COUNT = 64
MOST_SUBSTANCES = 64

_LABEL = re.compile(rf"([{LETTERS}][{LETTERS}_0-9-]*)[ ]*:(?!=)[ ]*")
_ARROW = re.compile(r"<=>|<->|⇌|⇄|↔|->|→")
_OTHER_ARROW = re.compile(r"<-|=>|⟶|⇒|=")
_SUBSTANCE = re.compile(
    rf"[ ]*(?P<count>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)?[ ]*(?P<times>[*·])?[ ]*(?P<name>{NAME})[ ]*"
)
_NOTHING = re.compile(r"[ ]*(?:0|∅|nothing)[ ]*")
_RATE = re.compile(r"[ ]*rate\b[ ]*(=(?!=))?")
_EXAMPLE = "write `r1: A + 2 B -> C ; rate k`"


def read_reaction(text: str, line: Line, scope: Scope) -> ReactionLine:
    """Return a line of `reactions`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = without_comments(text, line).rstrip(" ")
    place = Place(scope.path, line.start, line.start + len(part))
    label, at = None, 0
    match = _LABEL.match(part)
    if match is not None:
        label = Word(Place(scope.path, line.start, line.start + len(match[1])), match[1])
        at = match.end()
    stop = part.find(";", at)
    arrow = _ARROW.search(part, at, stop if stop >= 0 else len(part))
    if arrow is None:
        raise _no_arrow(part, at, stop, line, scope)
    if stop < 0:
        raise refusal(
            "L0101",
            "this reaction does not say how fast it is",
            place,
            help=_EXAMPLE + ", or `; rate = …` with the whole rate",
        )
    reversible = arrow[0] not in ("->", "→")
    left = _side(part, at, arrow.start(), line, scope)
    right = _side(part, arrow.end(), stop, line, scope)
    if not left and not right:
        raise refusal("L0101", "nothing becomes nothing in this reaction", place, help=_EXAMPLE)
    whole, rates = _rates(text, part, stop + 1, line, scope)
    most = 2 if reversible else 1
    if len(rates) > most or (reversible and not whole and len(rates) < 2):
        raise _count(len(rates), reversible, place)
    return ReactionLine(place, label, left, right, reversible, whole, rates)


def _no_arrow(part: str, at: int, stop: int, line: Line, scope: Scope) -> UnreadableError:
    end = stop if stop >= 0 else len(part)
    other = _OTHER_ARROW.search(part, at, end)
    if other is not None:
        place = Place(scope.path, line.start + other.start(), line.start + other.end())
        return refusal(
            "L0101",
            f"`{other[0]}` is no arrow of a reaction",
            place,
            help="write `->` for one direction, `<=>` for both",
        )
    # Behind a label there may be nothing, and the line may be the last one.
    first = min(at, max(end - 1, 0))
    place = Place(scope.path, line.start + first, line.start + max(first + 1, end))
    return refusal("L0101", "this reaction has no arrow", place, help=_EXAMPLE)


def _side(part: str, start: int, end: int, line: Line, scope: Scope) -> tuple[Substance, ...]:
    """Return the substances between two offsets of a line; a doubled one is counted together."""
    sole = _NOTHING.fullmatch(part, start, end)
    if sole is not None and sole[0].strip(" ") not in scope.names:
        return ()
    found: list[Substance] = []
    at = start
    for piece in part[start:end].split("+"):
        found.append(_substance(part, at, at + len(piece), line, scope))
        at += len(piece) + 1
    if len(found) > MOST_SUBSTANCES:
        raise refusal(
            "L0106",
            f"a side of this reaction has more than {MOST_SUBSTANCES} substances",
            Place(scope.path, line.start + start, line.start + end),
            help="divide it into several reactions",
        )
    return tuple(found)


def _substance(part: str, start: int, end: int, line: Line, scope: Scope) -> Substance:
    match = _SUBSTANCE.fullmatch(part, start, end)
    shown = part[start:end].strip(" ")
    first = start + len(part[start:end]) - len(part[start:end].lstrip(" "))
    place = Place(scope.path, line.start + first, line.start + first + max(1, len(shown)))
    if match is None:
        raise refusal(
            "L0101",
            f"`{shown[:60]}` is no substance" if shown else "a substance is missing here",
            place,
            help="write a declared name, with its count before it, as in `2 B`; "
            "a charge is part of the name: `Ca_2plus`"
            if shown
            else "write `0` for nothing, or remove the `+`",
        )
    word = match["name"]
    offset = line.start + match.start("name")
    name_place = Place(scope.path, offset, offset + len(word))
    if word in RESERVED:
        raise refusal("L0101", f"`{word}` is a word of the language", name_place, help=_EXAMPLE)
    name = Name(name_place, check_name(word, offset, scope))
    written = match["count"] or "1"
    count: int | float = int(written) if written.isdigit() and len(written) < 5 else float(written)
    if not 0 < count <= LARGEST_COUNT:
        raise refusal(
            "L0106",
            f"a substance takes part up to {LARGEST_COUNT} times in one reaction, and once at least"
            if count
            else f"none of `{word}` takes part",
            place,
            help="write the reaction in smaller numbers, or leave the substance out",
        )
    return Substance(place, count, name)


def _rates(
    text: str, part: str, start: int, line: Line, scope: Scope
) -> tuple[bool, tuple[Node, ...]]:
    """Return whether the whole rate is given, and the rates."""
    match = _RATE.match(part, start)
    if match is None:
        place = Place(scope.path, line.start + start - 1, line.start + len(part))
        given = part[start:].strip(" ")
        bare = 0 < len(given) <= 40 and "rate" not in given
        help = f"write `; rate {given}`" if bare else _EXAMPLE
        raise refusal("L0101", "`rate` stands behind the `;` of a reaction", place, help=help)
    rates: list[Node] = []
    at, depth = match.end(), 0
    for offset in range(match.end(), len(part) + 1):
        letter = part[offset] if offset < len(part) else ","
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and (depth <= 0 or offset == len(part)):
            rates.append(read_line(text, line.start + at, line.start + offset, "cell", scope))
            at = offset + 1
    return match[1] is not None, tuple(rates)


def _count(given: int, reversible: bool, place: Place) -> UnreadableError:
    if not reversible:
        return refusal(
            "L0101",
            f"this reaction goes one way and has {given} rates",
            place,
            help="write `<=>` for a reaction that goes both ways, or keep one rate",
        )
    return refusal(
        "L0101",
        f"a reaction that goes both ways has two rates, and {given} "
        + ("is" if given == 1 else "are")
        + " given",
        place,
        help="write `; rate forward, back`, or `; rate = …` with the net rate",
    )
