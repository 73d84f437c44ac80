"""Read the lines of `equations`, `initial`, `valid` and `checks`."""

from __future__ import annotations

import re
from typing import Any

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import (
    AlwaysLine,
    BoundaryLine,
    ConditionLine,
    EquationLine,
    ExampleLine,
    RegionLine,
    ValidLine,
    Word,
)
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS, NAME, normal
from lawc.syntax.tree import Name, Node, Number, Range

_LABEL = re.compile(rf"([{LETTERS}][{LETTERS}_0-9-]*)(?:\[([^\[\]\n]*)\])?[ ]*:(?!=)[ ]*")
_EACH = re.compile(
    rf"[ ]*({NAME})[ ]+in[ ]+(?:({NAME})|(-?[0-9]+)[ ]*\.\.[ ]*(-?[0-9]+))[ ]*(?:,|$)"
)
_COMMENT = re.compile(r"[ \t]*#[^\n]*")
ALWAYS = re.compile(r"always\b[ \n]*")
EXAMPLE = re.compile(r"example\b[ ]*:?[ \n]*")
_DISTRIBUTED = re.compile(r"~(?!=)")

_FORMS = {
    "is": "is constant",
    "rises": "rises with",
    "falls": "falls with",
    "scales": "scales with",
    "->": "tends to",
}


def read_equation(text: str, line: Line, scope: Scope) -> EquationLine:
    """Return an equation, one for each element of a set, or `quantity ~ distribution`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    start = line.start
    label = None
    each: tuple[tuple[Name, Node], ...] = ()
    match = _LABEL.match(text, line.start, line.end)
    if match is not None:
        label = Word((scope.path, *match.span(1)), match[1])
        start = match.end()
        if match[2] is not None:
            each = each_of(match[1], match[2], match.start(2), scope)
    place = stretch(text, line, scope)
    tilde = text.find("~", start, place.end) >= 0
    sign = _DISTRIBUTED.search(text, start, place.end) if tilde else None
    if sign is not None:
        left = read_line(text, start, sign.start(), "cell", scope)
        right = read_line(text, sign.end(), line.end, "cell", scope)
        return EquationLine(place, label, "~", left, right, each)
    left, relation, right = read_line(text, start, line.end, "equation", scope)
    return EquationLine(place, label, relation, left, right, each)


def read_condition(text: str, line: Line, scope: Scope) -> ConditionLine:
    """Return `left = right at t = 0 [s]`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    left, _, right, _, variable, _, at = _read(text, line, line.start, "initial", scope)
    return ConditionLine(stretch(text, line, scope), left, right, variable, at)


def read_boundary(text: str, line: Line, scope: Scope) -> BoundaryLine:
    """Return `left = right at x = 1 [m]` or `T periodic in x`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    parts = _read(text, line, line.start, "boundary", scope)
    place = stretch(text, line, scope)
    if len(parts) == 4:
        field, _, _, variable = parts
        return BoundaryLine(place, field, None, variable, None)
    if len(parts) == 5:
        left, _, right, _, part = parts
        return BoundaryLine(place, left, right, part=Word(part.place, part.name))
    left, _, right, _, variable, _, at, *more = parts
    further = tuple((name, value) for name, _, value in more[1]) if more else ()
    return BoundaryLine(place, left, right, variable, at, None, further)


def read_region(text: str, line: Line, scope: Scope) -> RegionLine:
    """Return `name: without box x = a .. b, …` or `name: without disk at x = a, … radius r`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    match = _LABEL.match(text, line.start, line.end)
    if match is None or match[2] is not None:
        raise refusal(
            "L0101",
            "a part of a region has a name in front of it",
            stretch(text, line, scope),
            help="write `hole: without disk at x = 0 [m], y = 0 [m] radius 1 [m]`",
        )
    label = Word(Place(scope.path, *match.span(1)), normal(match[1]))
    if "-" in label.text:
        raise refusal(
            "L0101",
            f"`{label.text[:60]}` cannot name a part of a region",
            label.place,
            help=f"write `{label.text[:60].replace('-', '_')}`",
        )
    _, shape, *parts = _read(text, line, match.end(), "region", scope)
    word = Word(shape.place, shape.name)
    place = stretch(text, line, scope)
    if word.text == "box":
        bounds = tuple((name, low, high) for name, _, low, _, high in parts[0])
        return RegionLine(place, label, word, bounds)
    _, centre, _, radius = parts
    middle = tuple((name, value) for name, _, value in centre)
    return RegionLine(place, label, word, (), middle, radius)


def read_valid(text: str, line: Line, scope: Scope) -> ValidLine:
    """Return a condition and what the author calls it.

    Raises:
        UnreadableError: The line cannot be read.
    """
    condition, *words = _read(text, line, line.start, "valid", scope)
    return ValidLine(stretch(text, line, scope), condition, " ".join(" ".join(words).split()))


def is_table(text: str, line: Line) -> bool:
    """Return whether a line of `checks` begins a table of examples."""
    return text.startswith("examples", line.start)


def read_check(text: str, line: Line, scope: Scope) -> ExampleLine | AlwaysLine:
    """Return a line of `checks`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    always = ALWAYS.match(text, line.start, line.end)
    if always is not None:
        return _always(text, line, always, scope)
    example = EXAMPLE.match(text, line.start, line.end)
    if example is not None:
        return _example(text, line, example, scope)
    raise refusal(
        "L0101",
        "a check begins with `example:` or `always`",
        stretch(text, line, scope),
        help="write `example: Y = 3 [m] within 1e-6 given A = 1 [s]`, or `always Y rises with A`",
    )


def _example(text: str, line: Line, match: re.Match[str], scope: Scope) -> ExampleLine:
    """Return `example: Y = value within tolerance given A = …`, whose first word was matched."""
    parts = _read(text, line, match.end(), "example", scope)
    quantity, _, value, tolerance, settings = parts
    given = tuple((name, value) for name, _, value in settings)
    return ExampleLine(stretch(text, line, scope), quantity, value, tolerance, given)


def _always(text: str, line: Line, match: re.Match[str], scope: Scope) -> AlwaysLine:
    """Return an `always` sentence, whose first word was matched."""
    claim, where = _read(text, line, match.end(), "always", scope)
    place = stretch(text, line, scope)
    words = said(text, match.end(), place.end)
    subject, *rest = claim
    form = _FORMS[rest[0]] if rest else "comparison"
    by = value = towards = None
    if form == "tends to":
        _, value, _, by, _, towards = rest
    elif form == "scales with":
        _, _, by, _, value = rest
    elif form in ("rises with", "falls with"):
        _, _, by = rest
    elif len(rest) > 2:
        form = f"is {rest[1]} in"
        by = rest[3]
        value = rest[5] if len(rest) > 5 else None
    return AlwaysLine(place, form, subject, by, value, towards, where, words)


def each_of(label: str, inside: str, at: int, scope: Scope) -> tuple[tuple[Name, Node], ...]:
    """Return the indices that a line holds for, from the brackets behind its label.

    Args:
        label: Of the line.
        inside: What stands between the brackets.
        at: Where that begins in the source.
        scope: The names of the block.

    Raises:
        UnreadableError: It says no index.
    """
    found: list[tuple[Name, Node]] = []
    read = 0
    while read < len(inside) or not inside.strip():
        one = _EACH.match(inside, read)
        if one is None:
            raise refusal(
                "L0101",
                "these brackets say no index and what it runs over",
                Place(scope.path, at - 1, at + len(inside) + 1),
                help=f"write `{label}[i in set]:` or `{label}[i in 1 .. 4]:`",
            )
        name = Name(_inside(one, 1, at, scope), normal(one[1]))
        over: Node
        if one[2] is not None:
            over = Name(_inside(one, 2, at, scope), normal(one[2]))
        else:
            low, high = (
                Number(_inside(one, group, at, scope), one[group], int(one[group]))
                for group in (3, 4)
            )
            over = Range(low.place.through(high.place), low, high)
        found.append((name, over))
        read = one.end()
    return tuple(found)


def _inside(match: re.Match[str], group: int, offset: int, scope: Scope) -> Place:
    return Place(scope.path, offset + match.start(group), offset + match.end(group))


def _read(text: str, line: Line, start: int, form: str, scope: Scope) -> Any:
    return read_line(text, start, line.end, form, scope)


def said(text: str, start: int, end: int) -> str:
    """Return a range of a text as one line, without comments."""
    part = text[start:end]
    return " ".join((_COMMENT.sub("", part) if "#" in part else part).split())


def stretch(text: str, line: Line, scope: Scope) -> Place:
    """Return the place of a line without a comment behind it."""
    end = line.end
    if text.find("#", line.start, end) >= 0:
        last = text.rfind("\n", line.start, end) + 1
        comment = text.find("#", max(last, line.start), end)
        # A quotation may hold the sign of a comment.
        if comment >= 0 and text.count('"', line.start, comment) % 2 == 0:
            end = comment
            while text[end - 1] in " \t\n":
                end -= 1
    return Place(scope.path, line.start, end)
