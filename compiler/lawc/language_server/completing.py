"""Offer what may be written at a place: symbols and functions, units, identities, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.distributions import FAMILIES
from lawc.knowledge.expression import FUNCTIONS
from lawc.knowledge.law import Status
from lawc.language_server.hovering import FUNCTION_WORDS
from lawc.language_server.project import block_at
from lawc.syntax.document import Document
from lawc.syntax.rules.clauses import MODES
from lawc.syntax.sections import (
    HEAD_KEYS,
    KINDS,
    RULE_HEAD_KEYS,
    RULE_SECTIONS,
    SECTIONS,
    TABLES,
)
from lawc.units.naming import name_dimension
from lawc.units.table import entries

_SYMBOL_SECTIONS = re.compile(r"^  (\w+)[ ]*(?:#.*)?$")
# The key of a table is followed by what it gives.
_SECTIONS_OF_RULES = re.compile(rf"^  ({'|'.join(TABLES)}|calendar)\b")
_IN_UNIT = re.compile(r"\[([^\[\]]*)$")
_IMPORT = re.compile(r"^\s*import[ ]+([\w.@-]*)$")
_IMPORTED = re.compile(r"^\s*import[ ]+([\w.-]+)(?:@[\w.]+)?[ ]*\([^()]*$")


class Kind(Enum):
    """What is offered, so that an editor can draw it."""

    SYMBOL = "symbol"
    CONSTANT = "constant"
    FUNCTION = "function"
    UNIT = "unit"
    KEYWORD = "keyword"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that may be written, and what it is."""

    text: str
    kind: Kind
    detail: str = ""


def complete(
    document: Document, base: KnowledgeBase, source: Source, offset: int
) -> tuple[Offer, ...]:
    """Return what may stand at an offset; an editor filters it by what is typed already."""
    number, column = source.line_column(min(offset, len(source.text)))
    before = source.line(number)[: column - 1]
    if "#" in before or before.count('"') % 2 == 1:
        return ()
    if _IN_UNIT.search(before) and not re.search(r"\w\[[^\[\]]*$", before):
        return tuple(_units())
    imported = _IMPORTED.match(before)
    if imported is not None:
        constants = base.constants.get(imported[1], {})
        return tuple(Offer(c.name, Kind.CONSTANT, c.words) for c in constants.values())
    if _IMPORT.match(before):
        return tuple(Offer(identity, Kind.BLOCK, "constants") for identity in base.constants)
    if re.match(r"^\s*status[ ]+\w*$", before):
        return tuple(Offer(str(status), Kind.KEYWORD) for status in Status)
    if re.match(r"^\w*$", before):
        return tuple(Offer(kind, Kind.KEYWORD, "begins a block") for kind in KINDS)
    if re.match(r"^  \w*$", before):
        words = (*HEAD_KEYS, *SECTIONS)
        if _in_rule(source, number):
            words = (*RULE_HEAD_KEYS, *RULE_SECTIONS)
        return tuple(Offer(word, Kind.KEYWORD) for word in words)
    section = _section(source, number)
    if section is None or section == "symbols":
        return ()
    return tuple(_formula(document, base, source, offset, section))


def _units() -> Iterator[Offer]:
    for entry in entries():
        measures = name_dimension(entry.dimension) or str(entry.dimension)
        for symbol in entry.symbols:
            yield Offer(symbol, Kind.UNIT, measures)


def _formula(
    document: Document, base: KnowledgeBase, source: Source, offset: int, section: str
) -> Iterator[Offer]:
    block = block_at(document, source, offset)
    if block is not None:
        for declaration in block.symbols:
            unit = f" [{declaration.unit.text}]" if declaration.unit is not None else ""
            for name in declaration.names:
                yield Offer(name.name, Kind.SYMBOL, declaration.words + unit)
            for choice in declaration.choices if block.kind == "rule" else ():
                yield Offer(choice.text, Kind.CONSTANT, declaration.words)
        for line in block.imports:
            constants = base.constants.get(line.identity.text.partition("@")[0], {})
            for name in line.names:
                constant = constants.get(name.name)
                yield Offer(name.name, Kind.CONSTANT, constant.words if constant else "")
    yield Offer("pi", Kind.CONSTANT, "3.14159…")
    for function in (*FUNCTIONS, "value"):
        yield Offer(function, Kind.FUNCTION, FUNCTION_WORDS.get(function, ""))
    words = {
        "checks": ("always", "example:", "rises with", "falls with", "is constant", "where"),
        "initial": ("at",),
        "clauses": ("when", "except", "not applicable", *(f"rounded {mode} to" for mode in MODES)),
        "sample": (*FAMILIES, "unknown"),
        **dict.fromkeys(TABLES, ("otherwise", "unknown", "not applicable")),
    }
    for word in (*words.get(section, ()), "if", "then", "else", "and", "or", "not"):
        yield Offer(word, Kind.KEYWORD)


def _section(source: Source, number: int) -> str | None:
    """Return the section in which a line stands: the last one that begins before it."""
    for line in range(number - 1, 0, -1):
        text = source.line(line)
        match = _SYMBOL_SECTIONS.match(text) or _SECTIONS_OF_RULES.match(text)
        if match is not None and match[1] in (*SECTIONS, *RULE_SECTIONS):
            return match[1]
        if text[:1].strip():
            return None
    return None


def _in_rule(source: Source, number: int) -> bool:
    """Return whether the block in which a line stands is a rule."""
    headers = (source.line(line) for line in range(number, 0, -1))
    header = next((text for text in headers if text[:1].strip(" #`~")), "")
    return header.startswith("rule ")
