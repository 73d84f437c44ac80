"""Find the blocks of a text, their sections and the items of these, before any formula is read.

Indentation says what a line is: a header stands in column 1, a section or a line of the head is
indented once, an item twice, and what is indented further continues the line before it. A line
that is indented otherwise is reported and read as what it most resembles.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.bounds import MOST_BLOCKS, MOST_FINDINGS
from lawc.syntax.document import Word
from lawc.syntax.plain_blocks import LONGEST_KEY, PlainScanner, is_key
from lawc.syntax.raw_blocks import Line, RawBlock, RawSection
from lawc.syntax.refusal import finding
from lawc.syntax.sections import (
    HEAD_KEYS,
    KINDS,
    NOT_IN_RULES,
    OF_SYSTEMS,
    RULE_HEAD_KEYS,
    RULE_SECTIONS,
    SECTIONS,
    TABLES,
)
from lawc.syntax.spelling import nearest

_ONCE = frozenset((*SECTIONS, *HEAD_KEYS))
_ONLY_IN_RULES = frozenset((*RULE_SECTIONS, "applies")) - _ONCE
_OTHERWISE_CALLED = {
    **dict.fromkeys(
        ("parameters", "variables", "quantities", "units", "inputs", "outputs"), "symbols"
    ),
    **dict.fromkeys(("tests", "examples", "claims"), "checks"),
}
"""What others call the sections of a law."""
_WITH_SECTIONS = frozenset(("law", "system", "rule"))

_LINE = re.compile(r"^([ \t]*)([^ \t\n#](?:[^\n]*[^ \t\n])?)", re.MULTILINE)
_HEADER = re.compile(r"([^\s@]+)(?:[ ]+([^@#]*?))?[ ]*(?:@([^\s#]*)[ ]*)?(#.*)?$")
_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_FIRST_WORD = re.compile(r"[^\W\d][\w-]*")
_ITEM = re.compile(r"[:=<>≤≥]|\balways\b|\bexample|\bwhen\b|\bperiodic\b")


def scan(text: str, path: str) -> tuple[list[RawBlock], list[Diagnostic]]:
    """Return the blocks of a text and what is wrong with its layout, one finding a line."""
    return _Scanner(text, path).scan()


class _Scanner(PlainScanner):
    def __init__(self, text: str, path: str) -> None:
        super().__init__(text, path)
        self.findings: list[Diagnostic] = []

    def scan(self) -> tuple[list[RawBlock], list[Diagnostic]]:
        self._tabs()
        text, findings, blocks = self.text, self.findings, self.blocks
        tabs = "\t" in text
        at, stop = 0, len(text)
        while at < stop and len(findings) <= MOST_FINDINGS:
            if not tabs and len(blocks) <= MOST_BLOCKS:
                behind = self.plain(at)
                if behind > at:
                    at = behind
                    continue
            match = _LINE.search(text, at)
            if match is None:
                break
            if len(blocks) > MOST_BLOCKS:
                self._too_many()
                break
            start, end = match.span(2)
            indent = start - match.start()
            if tabs:
                indent += match[1].count("\t")
            if indent == 0:
                self._outermost(start, end)
            elif self.block is None:
                self._homeless(start, end)
            elif self.last and (indent >= self.level + 2 or text[start] == "|"):
                self.last[-1] = Line(self.last[-1].start, end)
            elif (
                indent == 4
                and self.section is not None
                and self.block.kind in _WITH_SECTIONS
                and not self._alone(start, end)
            ):
                # The commonest line, judged as `_indented` would.
                self.last = self.section.items
                self.last.append(Line(start, end))
                self.level = 4
            else:
                self._indented(indent, start, end)
            if self.block is not None:
                self.block.end = end
            at = text.find("\n", end) + 1 or stop
        return blocks, findings

    def _too_many(self) -> None:
        """Report the first block beyond the bound, and leave it and all that follows."""
        last = self.blocks.pop()
        headline = f"this file has more than {MOST_BLOCKS:,} blocks"
        help = "divide it into several files"
        self.findings.append(finding("L0106", headline, last.place, help=help))

    def _tabs(self) -> None:
        """Report the first tab; each stands for two spaces, so that the rest can be read."""
        at = self.text.find("\t")
        if at < 0:
            return
        number = self.text.count("\t")
        self._report(
            "a tab stands where spaces are expected",
            at,
            at + 1,
            "indent by two spaces for each level",
            [f"this file has {number} tabs"] if number > 1 else [],
        )

    def _outermost(self, start: int, end: int) -> None:
        """Read a line in column 1: a header, or something that lost its indentation."""
        word = self._word(start, end)
        once = word in _ONCE or self._of_rule(word)
        if once and self.block is not None:
            self._report(
                f"`{word}` stands in column 1",
                start,
                start + len(word),
                f"indent `{word}` by two spaces",
            )
            self._once(start, end, word)
            return
        if self.block is not None and self.section is not None and self._like_item(start, end):
            self._report(
                f"this line of `{self.section.key}` stands in column 1",
                start,
                end,
                "indent it by four spaces",
            )
            self._item(start, end)
            return
        self._header(start, end)

    def _header(self, start: int, end: int) -> None:
        """Read `law NAME@V`; an unknown kind hides its block, a strange name does not."""
        self.section, self.last, self.level = None, [], 10_000
        match = _HEADER.match(self.text, start, end)
        kind, name, version = match.group(1, 2, 3) if match else ("", None, None)
        stop = start + len(self.text[start:end].split("#")[0].rstrip()) if match else end
        place = Place(self.path, start, stop)
        known = kind
        if kind not in KINDS:
            guess = nearest(kind, KINDS)
            self._report(
                f"`{kind[:60]}` begins no block",
                start,
                start + len(kind) if kind else end,
                f"write `{guess}`" if guess else "a block begins with `law NAME@1.0.0`",
            )
            known = guess if guess in KINDS else ""
        elif not name or not _NAME.fullmatch(name):
            plain = "-".join(_NAME.findall((name or "").replace("_", "-"))).lower()
            self._report(
                "this block has no name" if not name else f"`{name[:60]}` cannot name a block",
                start,
                stop,
                f"join words with hyphens: `{kind} {plain or 'free-fall'}@1.0.0`",
            )
            name = plain or None
        label = Word(place, name or "unnamed")
        if match and match[2]:
            label = Word(Place(self.path, match.start(2), match.end(2)), name or "unnamed")
        number = None
        if match and version is not None:
            number = Word(Place(self.path, match.start(3), match.end(3)), version)
        self.block = RawBlock(place, known or "", label, number, end)
        self.blocks.append(self.block)

    def _homeless(self, start: int, end: int) -> None:
        """Report the first of the lines that stand before any header."""
        self._report(
            "this line stands before the header of a block",
            start,
            end,
            "begin a block in column 1, with `law NAME@1.0.0`",
        )
        self.block = RawBlock(
            Place(self.path, start, end), "", Word(Place(self.path, start, end), ""), None, end
        )

    def _indented(self, indent: int, start: int, end: int) -> None:
        """Read a section, a line of the head, or an item; judge an odd indentation."""
        if not self._readable():
            return
        assert self.block is not None
        word = self._word(start, end)
        if self.block.kind == "constants":
            self._in_constants(indent, word, start, end)
            return
        once = word in _ONCE or self._of_rule(word)
        if indent == 2 and (once or not self._like_item(start, end)):
            self._once(start, end, word)
            return
        alone = self._alone(start, end)
        if indent == 4 and not (alone or self.section is None):
            self._item(start, end)
            return
        before = len(self.findings)
        if alone or (once and (self.section is None or indent < 3)) or self.section is None:
            wanted = "two"
            self._once(start, end, word)
        else:
            wanted = "four"
            self._item(start, end)
        self.level = max(self.level, indent)
        if len(self.findings) == before:
            self._odd(indent, wanted, start, end)

    def _in_constants(self, indent: int, word: str, start: int, end: int) -> None:
        """Read a line of a block of constants, whose items are indented once."""
        assert self.block is not None
        follows = self.text[start + len(word) : end].lstrip(" ")[:1]
        if word in HEAD_KEYS and follows not in (":", ","):
            self.block.head.append(Line(start, end))
            self.last = self.block.head
        else:
            if not self.block.sections:
                self.block.sections.append(RawSection("constants"))
            self.last = self.block.sections[0].items
            self.last.append(Line(start, end))
        self.level = indent
        if indent != 2:
            self._odd(indent, "two", start, end)

    def _odd(self, indent: int, wanted: str, start: int, end: int) -> None:
        spaces = "1 space" if indent == 1 else f"{indent} spaces"
        self._report(
            f"this line is indented by {spaces}", start, end, f"indent it by {wanted} spaces"
        )

    def _once(self, start: int, end: int, word: str) -> None:
        """Read a line indented once, and its first word."""
        if not self._readable():
            return
        assert self.block is not None
        self.level = 2
        if self.block.kind == "rule":
            self._once_in_rule(start, end, word)
            return
        if word in OF_SYSTEMS and self.block.kind != "system":
            self._report(
                f"`{word}` stands in a `system`, and this is a `{self.block.kind}`",
                start,
                start + len(word),
                f"begin the block with `system {self.block.name.text}`, if it joins laws",
            )
        if word in HEAD_KEYS:
            self.section = None
            self.block.head.append(Line(start, end))
            self.last = self.block.head
            return
        self.last = []
        name = word if word in SECTIONS else self._section_meant(word, start, end)
        self.section = RawSection(name)
        if name in SECTIONS:
            self.block.sections.append(self.section)
        rest = self.text[start + len(word) : end].lstrip(" :")
        if word in SECTIONS and rest and not rest.startswith("#"):
            self._report(
                f"something stands behind `{word}`",
                end - len(rest),
                end,
                f"write `{word}` alone on its line, and its items below, indented by four spaces",
            )

    def _once_in_rule(self, start: int, end: int, word: str) -> None:
        """Read a line of a rule that is indented once; the header of a table says more."""
        assert self.block is not None
        if word in RULE_HEAD_KEYS:
            self.section = None
            self.block.head.append(Line(start, end))
            self.last = self.block.head
            return
        self.last = []
        name = word if word in RULE_SECTIONS else self._section_meant(word, start, end)
        self.section = RawSection(name, header=Line(start, end))
        if name in TABLES:
            # Its rows, and what its header goes on with, continue the line.
            self.last = self.section.items
            self.last.append(Line(start, end))
        (self.block.sections if name else self.block.lost).append(self.section)
        rest = self.text[start + len(word) : end].lstrip(" :")
        if word in ("symbols", "clauses", "soft", "sample", "checks") and rest and rest[0] != "#":
            self._report(
                f"something stands behind `{word}`",
                end - len(rest),
                end,
                f"write `{word}` alone on its line, and its items below, indented by four spaces",
            )

    def _of_rule(self, word: str) -> bool:
        """Return whether a word begins a line of a rule, and a rule is read."""
        return word in _ONLY_IN_RULES and self.block is not None and self.block.kind == "rule"

    def _section_meant(self, word: str, start: int, end: int) -> str:
        """Report what is no section of this kind of block; return the one that was meant."""
        assert self.block is not None
        is_rule = self.block.kind == "rule"
        sections, keys = (RULE_SECTIONS, RULE_HEAD_KEYS) if is_rule else (SECTIONS, HEAD_KEYS)
        shown = word or self.text[start:end].split(" ")[0][:40]
        headline = f"`{shown}` is not a section"
        guess = nearest(shown, (*sections, *keys)) or ""
        if not is_rule:
            guess = _OTHERWISE_CALLED.get(word, guess)
        help = f"write `{guess}`" if guess else f"the sections are {', '.join(sections)}"
        if word == "conditions" and not is_rule:
            help = (
                "write `initial` for what holds at one moment, `boundary` for what holds at a side"
            )
        if is_rule:
            help = NOT_IN_RULES.get(word, help)
            if word in _ONCE:
                kind = "system" if word in OF_SYSTEMS else "law"
                headline, guess = f"`{word}` stands in a `{kind}`, and this is a `rule`", ""
        self._report(headline, start, start + len(shown), help)
        return guess if guess in sections else ""

    def _item(self, start: int, end: int) -> None:
        """Read a line indented twice."""
        assert self.block is not None
        if not self._readable():
            return
        if self.section is None:
            self._report(
                "this line belongs to no section",
                start,
                end,
                f"begin one, indented by two spaces: {', '.join(SECTIONS)}",
            )
            return
        self.section.items.append(Line(start, end))
        self.last, self.level = self.section.items, 4

    def _readable(self) -> bool:
        """Return whether the lines of this block are read at all."""
        return self.block is not None and self.block.kind in KINDS

    def _alone(self, start: int, end: int) -> bool:
        """Return whether the name of a section is all that a line says."""
        if end - start > LONGEST_KEY and self.text.find("#", start, end) < 0:
            return False
        return is_key(self.text[start:end])

    def _like_item(self, start: int, end: int) -> bool:
        return bool(self.section and _ITEM.search(self.text, start, end)) and not re.match(
            r"(?:law|constants|rule|system)\b", self.text[start:end]
        )

    def _word(self, start: int, end: int) -> str:
        match = _FIRST_WORD.match(self.text, start, end)
        return match[0] if match else ""

    def _report(
        self, headline: str, start: int, end: int, help: str, notes: list[str] | None = None
    ) -> None:
        place = Place(self.path, start, end)
        self.findings.append(finding("L0105", headline, place, notes=notes or (), help=help))
