"""Find the plain lines of laws, a run of them at a time; they are most of all lines.

A header `law NAME@1.0.0`, lines of its head, a section alone on its line with the items below it,
indented as they should be: one match for each of these, where lines judged one by one cost five
times as much. Every other line, and every mistake, is left to blocks.py, which judges these lines
in the same way; the tests hold both equal.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import Word
from lawc.syntax.raw_blocks import Line, RawBlock, RawSection
from lawc.syntax.sections import HEAD_KEYS, OF_SYSTEMS, SECTIONS

KEYS = frozenset(SECTIONS)
LONGEST_KEY = max(map(len, SECTIONS))

# Lines are counted, since a pattern keeps room for each that it may have to give back.
_EMPTY = r"(?:[ ]*(?:#[^\n]*)?\n){0,20}"
# A line that begins with `|` continues the one before it, whatever its indentation.
_ITEMS = r"((?:    (?![ #|])[^\n]*[^ \n]\n){1,200})"
_HEADER = re.compile(rf"{_EMPTY}law ([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)@([0-9.]+)\n")
_HEAD_KEY = "|".join(key for key in HEAD_KEYS if key not in OF_SYSTEMS)
_HEAD = re.compile(rf"((?:  (?:{_HEAD_KEY})[ ][^\n]*[^ \n]\n){{1,200}})")
_KEY = "|".join(key for key in SECTIONS if key not in OF_SYSTEMS)
_SECTION = re.compile(rf"{_EMPTY}  ({_KEY})\n{_ITEMS}")
_MORE = re.compile(_ITEMS)


class PlainScanner:
    """Holds what has been found of a text without tabs, and reads on from a line that is plain.

    Attributes:
        block: The last block, and `section` its last section, if lines may still belong to them.
        last: Where a continued line is kept.
        level: How far its first line is indented.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.blocks: list[RawBlock] = []
        self.block: RawBlock | None = None
        self.section: RawSection | None = None
        self.last: list[Line] = []
        self.level = 0

    def plain(self, at: int) -> int:
        """Read a run of plain lines that begins where a line does.

        Returns:
            Where the line behind them begins; the same place where the first one is not plain.
        """
        block = self.block
        if block is not None and block.kind == "law":
            match = _SECTION.match(self.text, at)
            if match is not None:
                self.section = RawSection(match[1])
                block.sections.append(self.section)
                block.end = match.end(1)
                self.last, self.level = [], 2
                return self._items(block, self.section, match[2], match.start(2))
            match = _HEAD.match(self.text, at)
            if match is not None:
                self.section, self.last, self.level = None, block.head, 2
                return self._lines(block, block.head, match[1].split("\n")[:-1], at, 2)
            if self.section is not None:
                match = _MORE.match(self.text, at)
                if match is not None:
                    return self._items(block, self.section, match[1], at)
        match = _HEADER.match(self.text, at)
        return at if match is None else self._law(match)

    def _law(self, match: re.Match[str]) -> int:
        start, end = match.start(1) - len("law "), match.end() - 1
        place = Place(self.path, start, end)
        name = Word((self.path, *match.span(1)), match[1])
        version = Word((self.path, *match.span(2)), match[2])
        self.block = RawBlock(place, "law", name, version, end)
        self.blocks.append(self.block)
        self.section, self.last, self.level = None, [], 10_000
        return end + 1

    def _items(self, block: RawBlock, section: RawSection, run: str, at: int) -> int:
        """Keep the items of a run, up to a section that is indented as if it were one."""
        lines = run.split("\n")
        del lines[-1]
        if "#" in run or min(map(len, lines)) <= LONGEST_KEY + 4:
            keys = (number for number, line in enumerate(lines) if is_key(line))
            lines = lines[: next(keys, len(lines))]
        if lines:
            self.last, self.level = section.items, 4
        return self._lines(block, section.items, lines, at, 4)

    def _lines(
        self, block: RawBlock, kept: list[Line], lines: list[str], at: int, indent: int
    ) -> int:
        """Keep the lines of a run; return where it ends."""
        for line in lines:
            stop = at + len(line)
            kept.append(Line(at + indent, stop))
            at = stop + 1
        if lines:
            block.end = at - 1
        return at


def is_key(line: str) -> bool:
    """Return whether the name of a section is all that a line says."""
    return line.partition("#")[0].strip() in KEYS
