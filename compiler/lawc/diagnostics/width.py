"""Measure and clean text for a terminal.

What an author wrote may hold control characters or marks that turn the direction of writing;
shown raw they could rewrite the screen, so each is spelled out.
"""

from __future__ import annotations

import unicodedata

TAB = 4
_SPELLED_OUT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"})


def character_width(character: str) -> int:
    """Return the columns that a printable character takes: 0, 1 or 2."""
    if character < "\x7f":
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def display_width(text: str) -> int:
    """Return the columns that a printable text takes."""
    return len(text) if text.isascii() else sum(map(character_width, text))


def shown(character: str, column: int = 0) -> str:
    """Return what is printed for a character of a source at a display column."""
    if character == "\t":
        return " " * (TAB - column % TAB)
    if " " <= character < "\x7f":
        return character
    if unicodedata.category(character) in _SPELLED_OUT:
        return f"<U+{ord(character):04X}>"
    return character


def printable(text: str) -> str:
    """Return a text with everything spelled out that a terminal would act on."""
    return "".join(map(shown, text)) if not text.isascii() or not text.isprintable() else text
