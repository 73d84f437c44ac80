"""Cut a file into what a formatter moves as one: headers, keys, items, comments, and the rest.

Every line of the text belongs to exactly one element, so that nothing can be lost. What the
scanner does not know, and lines that cannot be read, are elements that stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from lawc.diagnostics.diagnostic import Source
from lawc.syntax.choices import words_of
from lawc.syntax.raw_blocks import Line, RawBlock
from lawc.syntax.sections import TABLES

_STRING_OR_COMMENT = re.compile(r'"[^"]*"|#[^\n]*')
_COMMENT = re.compile(r"#[^\n]*")


class Kind(Enum):
    """What an element is."""

    OUTSIDE = "a line of a page around the fences"
    HEADER = "the header of a block"
    HEAD = "a line of the head"
    KEY = "the name of a section"
    ITEM = "a line of a section"
    COMMENT = "a comment on a line of its own"
    KEPT = "a line that stays as it is"


@dataclass(slots=True)
class Element:
    """Lines that belong together.

    Attributes:
        lines: As they stand in the text.
        blanks: Empty lines before it.
        key: The section of an item, the first word of a line of the head.
        group: Items of one section have one number.
        run: Items between which no empty line stands have one number.
        names: The names that its block declares, and `c[` for each that a bracket may follow.
        words: The choices of a rule that are no names by their letters; None in a law.
        out: The lines that will stand for it; those of the text until it has been formatted.
    """

    kind: Kind
    lines: list[str]
    blanks: int = 0
    key: str = ""
    group: int = 0
    run: int = 0
    names: Collection[str] = ()
    words: frozenset[str] | None = None
    out: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its lines as one text."""
        return "\n".join(self.lines)

    @property
    def level(self) -> int:
        """The column of its first sign."""
        if self.kind in (Kind.HEAD, Kind.KEY):
            return 2
        if self.kind is Kind.ITEM:
            return 2 if self.key == "constants" else 4
        return 0


def elements(
    source: Source,
    inside: Collection[int] | None,
    blocks: list[RawBlock],
    names: list[Collection[str]],
    broken: Collection[int],
) -> list[Element]:
    """Return the elements of a text, in order, without its empty lines.

    Args:
        source: The text.
        inside: Numbers of the lines that stand in fences; None where the text has none.
        blocks: As the scanner found them.
        names: The names that each block declares, and `c[` for each that a bracket may follow.
        broken: Numbers of lines that have a finding.
    """
    lines = source.text.split("\n")
    owner = _owners(source, blocks, names)
    strange = _not_understood(source, blocks)
    found: list[Element] = []
    number, blanks = 0, 0
    while number < len(lines):
        line = lines[number]
        if inside is not None and number + 1 not in inside:
            found.append(Element(Kind.OUTSIDE, [line], blanks, out=[line]))
            number, blanks = number + 1, 0
            continue
        if not line.strip():
            number, blanks = number + 1, blanks + 1
            continue
        last, element = owner.get(number, (number, Element(Kind.KEPT, [])))
        if number not in owner and number not in strange and line.lstrip().startswith("#"):
            element = Element(Kind.COMMENT, [])
        covered = range(number + 1, last + 2)
        if any(at in broken or (inside is not None and at not in inside) for at in covered):
            element.kind = Kind.KEPT
        element.lines = lines[number : last + 1]
        element.out = list(element.lines)
        element.blanks = blanks
        found.append(element)
        number, blanks = last + 1, 0
    return found


def _not_understood(source: Source, blocks: list[RawBlock]) -> set[int]:
    """Return the numbers of the lines of blocks of which nothing is read, from 0."""
    found: set[int] = set()
    starts = [source.line_column(block.place.start)[0] - 1 for block in blocks]
    ends = [*starts[1:], len(source.line_starts)]
    for block, start, end in zip(blocks, starts, ends, strict=False):
        if not block.kind:
            found.update(range(start, end))
    return found


def _owners(
    source: Source, blocks: list[RawBlock], names: list[Collection[str]]
) -> dict[int, tuple[int, Element]]:
    """Return, by the number of its first line, each element that the scanner knows."""
    owner: dict[int, tuple[int, Element]] = {}
    group = 0
    words: frozenset[str] | None = None

    def own(line: Line, kind: Kind, key: str, known: Collection[str]) -> None:
        first, last = source.line_column(line.start)[0], source.line_column(line.end)[0]
        element = Element(kind, [], key=key, group=group, names=known, words=words)
        owner[first - 1] = (last - 1, element)

    for block, known in zip(blocks, names, strict=True):
        if not block.kind:
            continue
        words = _words(source.text, block)
        own(Line(block.place.start, block.place.end), Kind.HEADER, block.kind, known)
        for line in block.head:
            own(line, Kind.HEAD, source.text[line.start : line.end].split(None, 1)[0], known)
        for section in block.sections:
            group += 1
            if section.key in TABLES:
                # Its rows go on with the line of its header.
                own(section.items[0], Kind.KEY, section.key, known)
                continue
            if section.header is not None:
                own(section.header, Kind.KEY, section.key, known)
            for line in section.items:
                own(line, Kind.ITEM, section.key, known)
        keys = {section.key for section in block.sections}
        first = source.line_column(block.place.start)[0]
        for number in range(first, source.line_column(block.end)[0]):
            line = source.line(number + 1)
            word = line.split("#")[0].strip().rstrip(":").strip()
            if number not in owner and word in keys and line[0] in " \t":
                owner[number] = (number, Element(Kind.KEY, [], key=word, names=known))
    return owner


def _words(text: str, block: RawBlock) -> frozenset[str] | None:
    if block.kind != "rule":
        return None
    symbols = (line for s in block.sections if s.key == "symbols" for line in s.items)
    return words_of(text, symbols)


def without_comment(text: str, *, quoted: bool) -> tuple[str, str]:
    """Return a line without the comment behind it, and the comment.

    Args:
        text: One line.
        quoted: Whether `#` between quotation marks begins no comment.
    """
    pattern = _STRING_OR_COMMENT if quoted else _COMMENT
    for match in pattern.finditer(text):
        if match[0].startswith("#"):
            return text[: match.start()].rstrip(), match[0].rstrip()
    return text.rstrip(), ""
