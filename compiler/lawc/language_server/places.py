"""Find where something is declared, and what a text consists of."""

from __future__ import annotations

from dataclasses import dataclass

from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.base import KnowledgeBase
from lawc.language_server.subjects import BlockSubject, ConstantSubject, Subject, SymbolSubject
from lawc.syntax.document import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an outline: a block, and what it declares and states."""

    name: str
    detail: str
    kind: str
    place: Place
    parts: tuple[Entry, ...] = ()


def declared_at(subject: Subject, base: KnowledgeBase) -> Place | None:
    """Return where a subject is declared, or None where it is built in."""
    match subject:
        case SymbolSubject(_, name, declaration):
            return next((n.place for n in declaration.names if n.name == name), declaration.place)
        case ConstantSubject(_, _, constant):
            return constant.place
        case BlockSubject(_, identity):
            law = base.laws.get(identity)
            if law is not None:
                return law.place
            return next((c.place for c in base.constants[identity].values()), None)
    return None


def outline(document: Document) -> tuple[Entry, ...]:
    """Return the blocks of a document with their symbols and equations."""
    entries: list[Entry] = []
    for block in document.blocks:
        parts = [
            Entry(name.name, line.words, "symbol", line.place)
            for line in (*block.symbols, *block.constants)
            for name in line.names
        ]
        parts += [
            Entry(line.label.text, "", "equation", line.place)
            for line in block.equations
            if line.label is not None
        ]
        end = block.place.start + len(block.text)
        entries.append(
            Entry(
                block.name.text,
                block.kind,
                "block",
                Place(block.place.path, block.place.start, max(end, block.place.end)),
                tuple(parts),
            )
        )
    return tuple(entries)
