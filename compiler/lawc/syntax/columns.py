"""Set items in columns: declarations, constants, conditions and tables of one section together.

A column is as wide as its widest cell, but a cell that is much wider than people read at a
glance stands out instead of pushing all others away.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection, Sequence

from lawc.diagnostics.width import display_width
from lawc.syntax.spacing import WIDTH, joined, pieces, spaced

_TAIL = re.compile(
    r"\[|=(?![A-Za-z])|\bone\s+of\b|\byes/no\b|\bvector[23]\b|\bmay be unknown\b"
    r"|\bdate\s*(?:=|$|[0-9]{4}-)|\blog\s*=|\binteger(?=\s*(?:=|$|[-0-9]))"
)
_BRACKETS = r"\[[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*\]"
_MEASURE = re.compile(rf"(?:vector[23]\s*)?{_BRACKETS}(?:\s*vector[23]\b)?")
_SHAPE = re.compile(r"(?<=vector[23])(?=\[)")
_KIND = re.compile(r"one\s+of\b|yes/no|date\b|integer\b")
_COMMA = re.compile(r"\s*,\s*")
_UNKNOWN = re.compile(r"(?<=\S) may be unknown$")
_LAST_WORD = re.compile(r"\S+\s*$")
_LISTED = re.compile(r"\(([^()]*)\)$")
_UNIT = re.compile(_BRACKETS)
_GAP = re.compile(r"\s+")
_CELLS = re.compile(r"\|")

_WIDEST_NAMES = 16
_WIDEST_WORDS = 62
_WIDEST_UNIT = 24
_WIDEST_CONDITION = 48

Rows = list[str]


def declarations(items: Sequence[str], known: Collection[str]) -> list[Rows]:
    """Return lines of `symbols`: names, words, unit, range.

    Args:
        items: The lines, each without comments.
        known: The names that the block declares, which may be listed behind the words.
    """
    cells = [_declaration(item, known) for item in items]
    names = _column([name for name, _, _, _ in cells], _WIDEST_NAMES)
    heads = [f"{_pad(name, names)} : {words}" for name, words, _, _ in cells]
    words = _column([h for h, c in zip(heads, cells, strict=True) if c[2]], _WIDEST_WORDS)
    units = _column([unit for _, _, unit, rest in cells if rest], _WIDEST_UNIT)
    rows: list[Rows] = []
    for head, (_, _, unit, rest) in zip(heads, cells, strict=True):
        line = head
        if unit:
            line = f"{_pad(head, words)}  {unit}"
        if rest:
            # A minus hangs in the gap, so that the digits of a column stand below each other.
            gap = " " if rest[0] in "-−" else "  "
            line += " " * max(0, units - display_width(unit)) + gap + rest
        rows.append(_folded(line, f"{head}  {unit}  {rest}".rstrip()))
    return rows


def constants(items: Sequence[str]) -> list[Rows]:
    """Return lines of a block of constants: names, words, value."""
    cells: list[tuple[str, str, str]] = []
    for item in items:
        names, _, rest = item.partition(":")
        words, equals, value = rest.partition("=")
        tail = f"= {spaced(value)}" if equals else ""
        cells.append((spaced(names), " ".join(words.split()), tail))
    names = _column([name for name, _, _ in cells], _WIDEST_NAMES)
    heads = [f"{_pad(name, names)} : {words}" for name, words, _ in cells]
    words = _column(heads, _WIDEST_WORDS)
    return [
        _folded(f"{_pad(head, words)} {tail}".rstrip(), f"{head} {tail}".rstrip())
        for head, (_, _, tail) in zip(heads, cells, strict=True)
    ]


def split_before(word: Callable[[str, str], bool], items: Sequence[str]) -> list[Rows]:
    """Return lines in two columns, the second of which begins at a piece.

    Args:
        word: Whether a piece of this kind and text begins the second column.
        items: The lines, each without comments.
    """
    cells: list[tuple[str, str]] = []
    for item in items:
        line = pieces(item)
        depth, at = 0, len(line)
        for number, piece in enumerate(line):
            depth += (piece.text == "(") - (piece.text == ")")
            if number and depth == 0 and word(piece.kind, piece.text):
                at = number
        cells.append((joined(line[:at]), joined(line[at:])))
    column = _column([left for left, right in cells if right], _WIDEST_CONDITION)
    return [[f"{_pad(left, column)}  {right}" if right else left] for left, right in cells]


def table(rows: Sequence[str]) -> Rows:
    """Return the rows of a table with their cells below each other; comments stay between them."""
    cut = [
        [spaced(cell) for cell in _CELLS.split(row.strip())[1:-1]] if row.strip()[:1] == "|" else []
        for row in rows
    ]
    columns = max((len(cells) for cells in cut), default=0)
    widths = [
        max((display_width(cells[at]) for cells in cut if at < len(cells)), default=0)
        for at in range(columns)
    ]
    return [
        "| " + " | ".join(_pad(c, w) for c, w in zip(cells, widths, strict=False)) + " |"
        if cells
        else row.strip()
        for cells, row in zip(cut, rows, strict=True)
    ]


def _declaration(item: str, known: Collection[str]) -> tuple[str, str, str, str]:
    """Return names, words, unit or kind, and what follows."""
    names, _, rest = item.partition(":")
    at = _tail(rest)
    words = _LISTED.sub(lambda match: _depends(match, known), " ".join(rest[:at].split()))
    tail = rest[at:].strip()
    unit = _MEASURE.match(tail)
    if unit is not None:
        measure = _SHAPE.sub(" ", spaced(unit[0]))
        return spaced(names), words, measure, _unknown_apart(spaced(tail[unit.end() :]))
    if _KIND.match(tail):
        # The words of a choice may have hyphens, which are no minus.
        return spaced(names), words, _unknown_apart(_COMMA.sub(", ", " ".join(tail.split()))), ""
    return spaced(names), words, "", _unknown_apart(spaced(tail))


def _unknown_apart(text: str) -> str:
    return _UNKNOWN.sub("  may be unknown", text)


def _tail(rest: str) -> int:
    """Return where the words of a declaration end."""
    match = _TAIL.search(rest)
    end = match.start() if match else len(rest)
    dots = rest.find("..", 0, end)
    if dots < 0:
        return end
    low = _LAST_WORD.search(rest[max(0, dots - 80) : dots])
    return max(0, dots - 80) + low.start() if low else dots


def _depends(match: re.Match[str], known: Collection[str]) -> str:
    """Space a list of names; other words in brackets are left as they are."""
    listed = [name.strip() for name in match[1].split(",")]
    return f"({', '.join(listed)})" if all(name in known for name in listed) else match[0]


def _column(cells: Sequence[str], widest: int) -> int:
    """Return the width of a column; wider cells than the widest allowed one stand out."""
    return max((w for w in map(display_width, cells) if w <= widest), default=0)


def _pad(text: str, width: int) -> str:
    return text + " " * max(0, width - display_width(text))


def _folded(line: str, plain: str) -> Rows:
    """Return a line, continued where it is too long even without its columns."""
    if display_width(line) + 4 <= WIDTH:
        return [line]
    if display_width(plain) + 4 <= WIDTH:
        return [plain]
    # A unit is one word; white space in it must not become the end of a line.
    held = _UNIT.sub(lambda match: match[0].replace(" ", "\0"), plain)
    rows = textwrap.wrap(
        _GAP.sub(" ", held), WIDTH - 6, break_long_words=False, break_on_hyphens=False
    )
    return [row.replace("\0", " ") for row in rows]
