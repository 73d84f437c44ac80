"""Places to the positions that editors count in, and back.

A place counts characters of a text. The protocol counts lines from 0 and, unless both sides agree
on something else, UTF-16 code units in a line.
"""

from __future__ import annotations

from dataclasses import dataclass

from lawc.diagnostics.diagnostic import Source

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column as an editor counts them, both from 0."""

    line: int
    character: int


def position_at(source: Source, offset: int, encoding: str = UTF16) -> Position:
    """Return the position of a character offset; one beyond the text is its end."""
    offset = min(max(offset, 0), len(source.text))
    line, column = source.line_column(offset)
    start = source.line_starts[line - 1]
    return Position(line - 1, _units(source.text[start : start + column - 1], encoding))


def offset_at(source: Source, position: Position, encoding: str = UTF16) -> int:
    """Return the character offset of a position; one beyond a line or the text is its end."""
    if position.line >= len(source.line_starts):
        return len(source.text)
    start = source.line_starts[max(position.line, 0)]
    left = position.character
    for index, character in enumerate(source.line(max(position.line, 0) + 1)):
        if left <= 0:
            return start + index
        left -= _units(character, encoding)
    return start + len(source.line(max(position.line, 0) + 1))


def _units(text: str, encoding: str) -> int:
    if encoding == UTF32:
        return len(text)
    if encoding == UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(ord(character) > 0xFFFF for character in text)
