"""Find the choices of a rule before its formulas are read, since they decide what a hyphen is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lawc.syntax.raw_blocks import Line
from lawc.syntax.spelling import NAME

_ONE_OF = re.compile(r"\bone of[ ]+([^=\n#]*)")
_PLAIN = re.compile(NAME)
_UNKNOWN = re.compile(r"\bmay be unknown[ ]*$")


def words_of(text: str, lines: Iterable[Line]) -> frozenset[str]:
    """Return the choices that lines of `symbols` declare and that are no names by their letters."""
    found: set[str] = set()
    for line in lines:
        match = _ONE_OF.search(text, line.start, line.end)
        if match is not None:
            choices = _UNKNOWN.sub("", match[1].rstrip()).split(",")
            found.update(choice.strip() for choice in choices)
    return odd_words(found)


def odd_words(words: Iterable[str]) -> frozenset[str]:
    """Return those of some choices that are no names by their letters."""
    return frozenset(word for word in words if word and not _PLAIN.fullmatch(word))
