"""What a text is cut into before any formula is read: lines, sections and blocks as ranges."""

from __future__ import annotations

from dataclasses import dataclass, field

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.document import Word


@immutable
class Line:
    """A line with its continuations, as a range of the text without surrounding space."""

    start: int
    end: int


@dataclass(slots=True)
class RawSection:
    """A section's key and its items, unread.

    Attributes:
        header: The line of the key, which says more in a rule: `table stage by eGFR`.
    """

    key: str
    items: list[Line] = field(default_factory=list)
    header: Line | None = None


@dataclass(slots=True)
class RawBlock:
    """A block's header and its lines, unread; `kind` is empty where nothing of it is to be read.

    Attributes:
        lost: Sections of a rule that nobody knows.
    """

    place: Place
    kind: str
    name: Word
    version: Word | None
    end: int
    head: list[Line] = field(default_factory=list)
    sections: list[RawSection] = field(default_factory=list)
    lost: list[RawSection] = field(default_factory=list)
