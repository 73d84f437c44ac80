"""Turn a source into a document: every block, and every line that can be read.

A line that cannot be read costs one finding and nothing else: its block keeps the names it would
have declared, and all other lines are read, so that one run shows all that is to be mended.
"""

from __future__ import annotations

import gc
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from lawc.diagnostics.diagnostic import Diagnostic, Place, Source, in_order
from lawc.syntax.blocks import scan
from lawc.syntax.bounds import MOST_BYTES, MOST_FINDINGS, MOST_OF_RULES
from lawc.syntax.choices import words_of
from lawc.syntax.declarations import (
    indexed_in,
    names_of,
    plain_name,
    read_constant,
    read_declaration,
    read_import,
)
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    CoordinatesLine,
    Document,
    ExampleLine,
    HeadLine,
    ImportLine,
    UseLine,
)
from lawc.syntax.events import read_event
from lawc.syntax.examples import read_examples
from lawc.syntax.head import read_coordinates, read_head, unread
from lawc.syntax.lines import (
    is_table,
    read_boundary,
    read_check,
    read_condition,
    read_equation,
    read_region,
    read_valid,
)
from lawc.syntax.literate import fence_findings, only_fences
from lawc.syntax.raw_blocks import Line, RawBlock
from lawc.syntax.reactions import read_reaction
from lawc.syntax.refusal import UnreadableError, finding
from lawc.syntax.scope import Scope, scope
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.systems import read_connect, read_use
from lawc.syntax.tree import UnitText

if TYPE_CHECKING:
    from lawc.syntax.rules.blocks import RuleLines
    from lawc.syntax.rules.document import RuleSections

_NAME = re.compile(NAME)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
# All bytes of ASCII that can be seen, or that space is made of.
_SEEN = bytes((9, 10, *range(32, 127)))
_Item = TypeVar("_Item")


def read_source(shown_path: str, data: bytes) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Return the text of a file, or why it is none.

    Line ends become `\\n` and a byte order mark is dropped, so places count in the text returned.

    Args:
        shown_path: The file's name in messages.
        data: Its bytes.
    """
    start = Place(shown_path, 0, 0)
    if len(data) > MOST_BYTES:
        return None, (
            finding(
                "L0106",
                f"this file has {len(data):,} bytes, more than {MOST_BYTES:,}",
                start,
                help="divide it into several files",
            ),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        return None, (
            finding(
                "L0109",
                f"line {number} of this file is not UTF-8 text",
                start,
                notes=[f"byte {error.start + 1} is {data[error.start]:#04x}"],
                help="save the file in the encoding UTF-8",
            ),
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return Source(shown_path, text), ()
    composed = unicodedata.normalize("NFC", text)
    at = next(
        (i for i, (one, other) in enumerate(zip(text, composed, strict=False)) if one != other), 0
    )
    return Source(shown_path, composed), (
        finding(
            "L0109",
            f"`{composed[at]}` is written with several characters that make one",
            Place(shown_path, at, at + 1),
            help="save the file with composed characters (Unicode form NFC)",
        ),
    )


def parse(source: Source) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the document of a source, and all that is wrong with the text.

    Args:
        source: From `read_source`, or any text whose lines end in `\\n`.
    """
    # Nothing made here refers back to what made it, so the collector of cycles would go through
    # all of it, again and again, for a third of the time and to no end.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _parse(source)
    finally:
        if collecting:
            gc.enable()


def _parse(source: Source) -> tuple[Document, tuple[Diagnostic, ...]]:
    path, text = source.path, source.text
    fenced: list[Diagnostic] = []
    if path.endswith(".md"):
        fenced = fence_findings(text, path)
        text = only_fences(text)
    raw, findings = scan(text, path)
    findings += fenced
    hidden = None if _is_plain(text) else _HIDDEN.search(text)
    if hidden is not None:
        findings.append(_hidden(hidden, path))
    bounded = _in_bounds(raw, text, findings)
    reader = _Reader(source, text, findings)
    blocks = tuple(reader.block(block) for block in bounded if block.kind)
    return Document(source, blocks), _not_too_many(source, reader.findings)


def parse_only(source: Source, kind: str) -> Document:
    """Return the blocks of one kind; the others are not read, and nothing is reported."""
    text = only_fences(source.text) if source.path.endswith(".md") else source.text
    raw, findings = scan(text, source.path)
    reader = _Reader(source, text, findings)
    return Document(source, tuple(reader.block(block) for block in raw if block.kind == kind))


class _Reader:
    """Reads blocks; keeps the first finding of each line."""

    def __init__(self, source: Source, text: str, findings: Iterable[Diagnostic]) -> None:
        self.source = source
        self.text = text
        self.path = source.path
        self.findings = list(findings)
        self.reported = {source.line_column(finding.place.start)[0] for finding in self.findings}
        self.broken: list[Line] = []

    def block(self, raw: RawBlock) -> Block:
        """Return a block: first its names, then its lines, which the names help to read."""
        self.broken = []
        imports, uses, head, coordinates = self._head(raw)
        items: dict[str, list[Line]] = {}
        for section in raw.sections:
            items.setdefault(section.key, []).extend(section.items)
        names: set[str] = set()
        indexed: set[str] = set()
        for line in (*items.get("symbols", ()), *items.get("constants", ())):
            plain = plain_name(self.text, line)
            if plain:
                names.add(plain)
                continue
            named = names_of(self.text, line, self.path)
            names.update(name.name for name in named)
            indexed.update(name.name for name in indexed_in(self.text, line, named))
        imported = {name.name for line in imports for name in line.names}
        lost = {name for line in self.broken for name in self._names(line)}
        parts = (use.name.name for use in uses)
        known = scope(self.path, names | imported | lost, parts, indexed)
        if raw.kind == "rule":
            words = words_of(self.text, items.get("symbols", ()))
            known = replace(known, words=words)
        self.broken = []
        symbols = self._each(items.get("symbols"), read_declaration, known)
        constants = self._each(items.get("constants"), read_constant, known)
        declared = {name.name for line in self.broken for name in names_of(self.text, line, "")}
        self.broken = []
        equations = self._each(items.get("equations"), read_equation, known)
        reactions = self._each(items.get("reactions"), read_reaction, known)
        connections = self._each(items.get("connect"), read_connect, known)
        initial = self._each(items.get("initial"), read_condition, known)
        boundary = self._each(items.get("boundary"), read_boundary, known)
        events = self._each(items.get("events"), read_event, known)
        region = self._each(items.get("region"), read_region, known)
        valid = self._each(items.get("valid"), read_valid, known)
        lines = items.get("checks", []) if raw.kind != "rule" else []
        tables = [line for line in lines if is_table(self.text, line)]
        if tables:
            lines = [line for line in lines if not is_table(self.text, line)]
        checks = self._each(lines, read_check, known)
        rows: tuple[ExampleLine, ...] = ()
        if tables:
            units = {name.name: line.unit for line in symbols for name in line.names if line.unit}
            rows = self._tables(tables, known, units)
        always = tuple(check for check in checks if isinstance(check, AlwaysLine))
        rule: RuleSections | None = None
        if raw.kind == "rule":
            made: RuleLines = _rules().read_rule(self.text, raw, known, self._report)
            rule, rows, always = made.sections, made.examples, made.always
            self.broken += made.broken
        return Block(
            raw.place,
            raw.kind,
            raw.name,
            raw.version,
            head,
            imports,
            symbols,
            equations,
            initial,
            valid,
            (*(check for check in checks if isinstance(check, ExampleLine)), *rows),
            always,
            constants,
            frozenset(declared | lost),
            frozenset(name for line in self.broken for name in self._names(line)),
            self.text[raw.place.start : raw.end],
            reactions,
            uses,
            connections,
            boundary=boundary,
            region=region,
            coordinates=coordinates,
            events=events,
            rule=rule,
        )

    def _head(
        self, raw: RawBlock
    ) -> tuple[
        tuple[ImportLine, ...],
        tuple[UseLine, ...],
        tuple[HeadLine, ...],
        CoordinatesLine | None,
    ]:
        imports: list[ImportLine] = []
        uses: list[UseLine] = []
        head: list[HeadLine] = []
        coordinates: CoordinatesLine | None = None
        for line in raw.head:
            if raw.kind == "rule" and self.text.startswith("applies", line.start):
                continue
            try:
                if self.text.startswith("import", line.start):
                    imports.append(read_import(self.text, line, self.path))
                elif self.text.startswith("use", line.start):
                    uses.append(read_use(self.text, line, self.path))
                elif self.text.startswith("coordinates", line.start):
                    coordinates = read_coordinates(self.text, line, self.path)
                else:
                    head.extend(read_head(self.text, line, self.path))
            except UnreadableError as refused:
                if self.text.startswith(("import", "use"), line.start):
                    self.broken.append(line)
                elif not self.text.startswith("coordinates", line.start):
                    head.append(unread(self.text, line, self.path))
                self._report(line, refused)
        return tuple(imports), tuple(uses), tuple(head), coordinates

    def _each(
        self,
        lines: Iterable[Line] | None,
        read: Callable[[str, Line, Scope], _Item],
        known: Scope,
    ) -> tuple[_Item, ...]:
        """Return what can be read of the lines of a section."""
        if not lines:
            return ()
        found: list[_Item] = []
        for line in lines:
            if len(self.findings) > MOST_FINDINGS:
                self.broken.append(line)
                continue
            try:
                found.append(read(self.text, line, known))
            except UnreadableError as refused:
                self.broken.append(line)
                self._report(line, refused)
        return tuple(found)

    def _tables(
        self, lines: Iterable[Line], known: Scope, units: dict[str, UnitText]
    ) -> tuple[ExampleLine, ...]:
        """Return what can be read of the tables of examples, row by row."""
        found: list[ExampleLine] = []
        for line in lines:
            try:
                examples, findings = read_examples(self.text, line, known, units)
            except UnreadableError as refused:
                self.broken.append(line)
                self._report(line, refused)
            else:
                found.extend(examples)
                self.findings.extend(findings)
                if findings:
                    self.broken.append(line)
        return tuple(found)

    def _report(self, line: Line, refused: UnreadableError) -> None:
        """Keep a finding, unless the layout of the same line has been reported."""
        first, _ = self.source.line_column(line.start)
        last, _ = self.source.line_column(line.end)
        if self.reported.isdisjoint(range(first, last + 1)):
            self.findings.append(refused.finding)

    def _names(self, line: Line) -> list[str]:
        return [normal(match[0]) for match in _NAME.finditer(self.text, line.start, line.end)]


def _rules() -> Any:
    """Return what reads rules; files of laws do without it, and are checked the faster."""
    return import_module("lawc.syntax.rules.blocks")


def _is_plain(text: str) -> bool:
    """Return whether all of a text is ASCII that can be seen; faster than a search for others."""
    return text.isascii() and not text.encode("ascii").translate(None, _SEEN)


def _hidden(match: re.Match[str], path: str) -> Diagnostic:
    return finding(
        "L0109",
        f"a character that cannot be seen stands here: U+{ord(match[0]):04X}",
        Place(path, *match.span()),
        help="remove it",
    )


def _in_bounds(raw: list[RawBlock], text: str, findings: list[Diagnostic]) -> Sequence[RawBlock]:
    """Return the blocks without the rules that end too far down; report the first of these."""
    if len(text) <= MOST_OF_RULES:
        return raw
    # A formula of a rule costs more than one of a law.
    beyond = [block for block in raw if block.kind == "rule" and block.end > MOST_OF_RULES]
    if beyond:
        headline = f"this rule ends beyond character {MOST_OF_RULES:,} of its file"
        help = "divide the file into several"
        findings.append(finding("L0106", headline, beyond[0].place, help=help))
    return [block for block in raw if block.kind != "rule" or block.end <= MOST_OF_RULES]


def _not_too_many(source: Source, findings: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings in order; where reading was given up, the last one says so."""
    ordered = in_order(findings)
    if len(ordered) <= MOST_FINDINGS:
        return ordered
    more = finding(
        "L0106",
        f"more than {MOST_FINDINGS} lines of this file cannot be read",
        ordered[MOST_FINDINGS].place,
        help="mend the first ones, then check again",
    )
    return (*ordered[:MOST_FINDINGS], more)
