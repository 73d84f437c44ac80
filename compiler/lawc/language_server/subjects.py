"""What stands at a place of a law: a symbol, a constant, a function, a unit, a block, a keyword.

Formulas that cannot be read are searched as text, since that is what they are while somebody
types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lawc.diagnostics.diagnostic import Place, Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.expression import FUNCTIONS
from lawc.knowledge.law import Constant
from lawc.language_server.project import block_at
from lawc.syntax.document import Block, ConstantLine, Declaration, Document
from lawc.syntax.spelling import NAME, normal

_NAME = re.compile(NAME)
_IDENTITY = re.compile(r"[A-Za-z0-9][\w-]*(?:\.[\w-]+)+(?:@[\w.]+)?")
_DERIVATIVE = re.compile(rf"(?:d|∂)(?:[2-9²³⁴-⁹])?({NAME})$")


@dataclass(frozen=True, slots=True)
class SymbolSubject:
    """A symbol of the law, and the line that declares it."""

    place: Place
    name: str
    declaration: Declaration


@dataclass(frozen=True, slots=True)
class ConstantSubject:
    """A constant that the law imports or a block of constants defines."""

    place: Place
    name: str
    constant: Constant


@dataclass(frozen=True, slots=True)
class FunctionSubject:
    """A function of the language."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class UnitSubject:
    """What stands between brackets behind a number or a declaration."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class BlockSubject:
    """The identity of another block, as an import or a reference writes it."""

    place: Place
    identity: str


Subject = SymbolSubject | ConstantSubject | FunctionSubject | UnitSubject | BlockSubject


def subject_at(
    document: Document, base: KnowledgeBase, source: Source, offset: int
) -> Subject | None:
    """Return what stands at an offset, or None where it means nothing by itself."""
    line_number, column = source.line_column(min(offset, len(source.text)))
    line, start = source.line(line_number), source.line_starts[line_number - 1]
    at = column - 1
    if _in_comment_or_text(line, at):
        return None
    unit = _unit(line, at)
    if unit is not None:
        first, text = unit
        return UnitSubject(Place(source.path, start + first, start + first + len(text)), text)
    for match in _IDENTITY.finditer(line):
        if match.start() <= at <= match.end():
            identity = match[0].partition("@")[0]
            if identity in base.laws or identity in base.constants:
                place = Place(source.path, start + match.start(), start + match.end())
                return BlockSubject(place, identity)
    block = block_at(document, source, offset)
    word = _word(line, at)
    if block is None or word is None:
        return None
    first, name = word
    return _named(
        block, base, normal(name), Place(source.path, start + first, start + first + len(name))
    )


def _named(block: Block, base: KnowledgeBase, name: str, place: Place) -> Subject | None:
    """Return what a name means in a block; `dx` and `d2x` are read as what they derive."""
    inner = _DERIVATIVE.match(name)
    for candidate in (name, inner[1] if inner else "", name.rstrip("23456789")):
        for declaration in block.symbols:
            if any(declared.name == candidate for declared in declaration.names):
                return SymbolSubject(place, candidate, declaration)
        found = _constant(block, base, candidate)
        if found is not None:
            return ConstantSubject(place, candidate, found)
    return FunctionSubject(place, name) if name in FUNCTIONS or name == "value" else None


def _constant(block: Block, base: KnowledgeBase, name: str) -> Constant | None:
    for line in block.imports:
        if any(imported.name == name for imported in line.names):
            identity = line.identity.text.partition("@")[0]
            return base.constants.get(identity, {}).get(name)
    if block.kind != "constants" or not _defines(block.constants, name):
        return None
    for contents in base.constants.values():
        constant = contents.get(name)
        if constant is not None and constant.place is not None:
            place = constant.place
            if place.path == block.place.path and place.start >= block.place.start:
                return constant
    return None


def _defines(lines: tuple[ConstantLine, ...], name: str) -> bool:
    return any(declared.name == name for line in lines for declared in line.names)


def _word(line: str, at: int) -> tuple[int, str] | None:
    for match in _NAME.finditer(line):
        if match.start() <= at <= match.end():
            return match.start(), match[0]
    return None


def _unit(line: str, at: int) -> tuple[int, str] | None:
    """Return where a bracket's content begins, and the content, if it holds a position."""
    opened = line.rfind("[", 0, at)
    closed = line.find("]", max(opened, 0))
    if opened < 0 or closed < at:
        return None
    before = line[:opened].rstrip()
    if before and opened == len(before) and (before[-1].isalpha() or before[-1] == "_"):
        # A bracket directly behind a name holds an index.
        return None
    text = line[opened + 1 : closed]
    return opened + 1 + len(text) - len(text.lstrip()), text.strip()


def _in_comment_or_text(line: str, at: int) -> bool:
    quotes = 0
    for character in line[:at]:
        if character == '"':
            quotes += 1
        elif character == "#" and quotes % 2 == 0:
            return True
    return quotes % 2 == 1
