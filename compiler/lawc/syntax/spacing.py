"""Space a formula as the shipped laws are spaced: `m*d2x/dt2 + c*dx/dt`, one way for all authors.

Only white space between signs is changed, so no sign, name or spelling of an author is lost.
Where a line would be too long it is continued: before a word that begins a part, behind a comma,
before a relation, before a term; outer parts before inner ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lawc.diagnostics.width import display_width
from lawc.syntax.spelling import LETTERS, NAME
from lawc.syntax.tokens import RESERVED

WIDTH = 100
"""Columns of a line, where it can be broken at all."""

_PIECE = re.compile(
    rf"(?P<NAME>{NAME})"
    r"|(?P<NUMBER>(?:[0-9]+\.(?!\.)[0-9]*(?:\([0-9]+\))?|[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<STRING>"[^"]*")'
    r"|(?P<BRACKET>\[[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*\])"
    r"|(?P<SIGN><=>|:=|~=|<=|>=|!=|->|\+/-|\.\.|==|[-+*/^(),=<>±≤≥≠≈·×⋅∙−→:;~])"
    r"|(?P<OTHER>[^ \t\n])"
)
_LABEL = re.compile(rf"\s*([{LETTERS}][{LETTERS}_0-9-]*(?:\[[^\[\]\n]*\])?)\s*:(?!=)")
_TIGHT = frozenset("*/^·×⋅∙")
_TERMS = frozenset("+-−")
_APART = frozenset(
    ["=", ":=", "~=", "~", "<", "<=", ">", ">=", "!=", "≠", "≤", "≥", "≈", "==", "->", "→", "<=>"]
)
_SPACED = _APART | {"..", "±", "+/-", ";"}
_WORDS = RESERVED | {"in", "rate", "log", "otherwise"}
_PI = frozenset({"pi", "π"})
_RANK = {"given": 0, "where": 0, "at": 0, ";": 0, "and": 1, "or": 1, "then": 1, "else": 1}
_INNER = 10
_LISTS = ("given", "where")


@dataclass(slots=True)
class Piece:
    """A name, number, sign or unit, and how it stands behind the piece before it.

    Attributes:
        kind: The group of the pattern that matched it.
        text: As typed; white space inside quotation marks is one space.
        gap: Whether a space stands before it.
        newline: Whether the author began a line with it.
        rank: How gladly a line is broken before it, small numbers first; None where it is not.
    """

    kind: str
    text: str
    gap: bool
    newline: bool
    rank: int | None = None


def pieces(text: str) -> list[Piece]:
    """Return the pieces of a formula without comments, spaced."""
    found: list[Piece] = []
    depth = 0
    end = 0
    sentence = False
    label = _LABEL.match(text)
    if label is not None:
        # A label may have hyphens, which are no minus.
        found.append(Piece("LABEL", f"{label[1]}:", False, False))
        end = label.end()
    for match in _PIECE.finditer(text, end):
        between = text[end : match.start()]
        piece = Piece(match.lastgroup or "", match[0], bool(between), "\n" in between)
        end = match.end()
        if piece.kind == "STRING":
            piece.text = f'"{" ".join(piece.text[1:-1].split())}"'
        elif piece.kind == "BRACKET":
            piece.text = f"[{piece.text[1:-1].strip()}]"
        if piece.text == ")":
            depth -= 1
        if found:
            # `scales with x0 ^ 1` is a sentence, in which the sign of the power stands apart.
            raised = sentence and depth == 0 and "^" in (piece.text, found[-1].text)
            unary = _is_unary(found)
            piece.gap = raised or _gap(found, piece, unary, depth)
            piece.rank = _rank(found[-1], piece, depth)
        else:
            piece.gap = False
        if piece.text == "(":
            depth += 1
        if piece.text == "scales":
            sentence = True
        elif piece.text == "where" or (sentence and len(found) > 1 and found[-1].text == "^"):
            sentence = False
        found.append(piece)
    return found


def joined(line: Sequence[Piece]) -> str:
    """Return pieces as one line."""
    return "".join(
        f" {piece.text}" if piece.gap and number else piece.text
        for number, piece in enumerate(line)
    )


def spaced(text: str) -> str:
    """Return a formula on one line."""
    return joined(pieces(text))


def by_lines(line: Sequence[Piece]) -> list[list[Piece]]:
    """Return the lines in which the author wrote the pieces."""
    rows: list[list[Piece]] = []
    for piece in line:
        if piece.newline or not rows:
            rows.append([])
        rows[-1].append(piece)
    return rows


def wrapped(line: Sequence[Piece], first: int, rest: int) -> list[str]:
    """Return pieces as lines that fit, as far as they can be broken.

    Args:
        line: The pieces.
        first: The column at which the first line begins.
        rest: The column at which the others begin.
    """
    lines: list[str] = []
    left, room, hang = list(line), WIDTH - first, 0
    while left:
        at = _break(left, room)
        lines.append(" " * hang + joined(left[:at]))
        if lines[1:] and left[0].text in _LISTS:
            # What a list goes on with stands below its first entry.
            hang = len(left[0].text) + 1
        left, room = left[at:], WIDTH - rest - hang
    return lines


def _break(line: list[Piece], room: int) -> int:
    """Return how many pieces the first line takes."""
    width = 0
    best: tuple[int, int] | None = None
    fallback = 0
    for at, piece in enumerate(line):
        if at and piece.gap and piece.rank is not None and width <= room:
            short = width < room // 4 and piece.rank > 0
            if short:
                fallback = fallback or at
            elif best is None or piece.rank <= best[0]:
                best = (piece.rank, at)
        width += display_width(piece.text) + (piece.gap and at > 0)
    if width <= room:
        return len(line)
    if best is not None:
        return best[1]
    later = (at for at, piece in enumerate(line) if at and piece.gap and piece.rank is not None)
    return fallback or next(later, len(line))


def _is_unary(before: list[Piece]) -> bool:
    """Return whether the last piece is a sign of what follows it, not an operation."""
    if before[-1].text not in _TERMS:
        return False
    return len(before) == 1 or not _ends_value(before[-2])


def _ends_value(piece: Piece) -> bool:
    if piece.kind == "NAME":
        return piece.text not in _WORDS
    return piece.kind in ("NUMBER", "BRACKET", "OTHER", "STRING") or piece.text == ")"


def _gap(found: list[Piece], piece: Piece, unary: bool, depth: int) -> bool:
    """Return whether a space stands between the last piece found and the next one."""
    before = found[-1]
    if before.kind == "LABEL":
        return True
    if unary or before.text == "(" or piece.text in (")", ",", ":"):
        return False
    if before.text in (",", ":"):
        return True
    if before.text in _TIGHT or piece.text in _TIGHT:
        return False
    if before.kind == "SIGN" and before.text != ")":
        return True
    if piece.text in _SPACED or piece.text in _TERMS:
        return True
    if piece.text == "(" and before.kind == "NAME":
        return before.text in _WORDS
    if piece.kind == "BRACKET" and before.kind in ("NUMBER", "NAME"):
        return before.kind == "NUMBER" or before.text in _PI
    if before.kind in ("BRACKET", "STRING") and piece.kind in ("NAME", "NUMBER", "STRING"):
        return True
    return piece.gap


def _rank(before: Piece, piece: Piece, depth: int) -> int | None:
    if piece.kind == "NAME" and piece.text in _RANK:
        rank = _RANK[piece.text]
    elif piece.text in (";",):
        rank = 0
    elif before.text in (",", ";") or piece.kind == "STRING":
        rank = 1
    elif piece.text in _APART:
        rank = 2
    elif piece.text in _TERMS and _ends_value(before):
        rank = 3
    else:
        return None
    return rank + _INNER * depth
