"""Files to checked knowledge: read, parse, check; all findings of all files, once.

A project sees the library that ships with lawc as if it stood beside it, so that a law may import
`physics.constants`; findings are reported for the project's own files only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.analysis.checking import check
from lawc.analysis.recorded import UNRECORDED, Record
from lawc.diagnostics.diagnostic import (
    CheckError,
    Diagnostic,
    LawcError,
    Source,
    in_order,
)
from lawc.diagnostics.frame import render
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.publishing import published
from lawc.project import shelves
from lawc.project.shelves import is_library, knowledge_files
from lawc.syntax.document import Document
from lawc.syntax.parsing import parse, read_source

Files = Iterable[tuple[str, Traversable]]


@dataclass(frozen=True)
class Texts:
    """What was read: documents, the sources behind them, and what could not be read."""

    documents: tuple[Document, ...]
    sources: dict[str, Source]
    findings: tuple[Diagnostic, ...]


def read(files: Files) -> Texts:
    """Read and parse files; a file that is not text is a finding, not an exception."""
    documents: list[Document] = []
    sources: dict[str, Source] = {}
    findings: list[Diagnostic] = []
    for shown, file in files:
        if shown in sources:
            continue
        try:
            data = file.read_bytes()
        except OSError as problem:
            raise LawcError(f"{shown} cannot be read: {problem.strerror}") from problem
        source, found = read_source(shown, data)
        findings.extend(found)
        sources[shown] = source if source is not None else Source(shown, "")
        if source is None:
            continue
        document, found = parse(source)
        documents.append(document)
        findings.extend(found)
    return Texts(tuple(documents), sources, tuple(findings))


def read_library() -> KnowledgeBase:
    """Return the checked knowledge that ships with lawc, with its findings."""
    library = shelves.library()
    return _checked(read(knowledge_files(library)), None, published(library))


def read_project(root: Traversable | None = None) -> KnowledgeBase:
    """Return the checked knowledge of a project, with its findings; None means the library.

    Laws of the library stand in the knowledge base too, under their own identities, unless the
    project has a law or constants of the same identity.
    """
    if root is None or is_library(root):
        return read_library()
    return _checked(read(knowledge_files(root)), read_library(), published(root))


def read_paths(paths: Sequence[Path]) -> tuple[KnowledgeBase, frozenset[str]]:
    """Return the knowledge base around these paths, and the shown paths of the files named.

    Findings are those of the named files; what they import is read from their project and from
    the library.

    Raises:
        LawcError: A path does not exist or is no knowledge file.
    """
    root = shelves.find_root(paths[0]) if paths else None
    named = [pair for path in paths for pair in shelves.files_at(path, root)]
    if not named:
        asked = ", ".join(str(path) for path in paths)
        raise LawcError(f"there is no .law or .rule file at {asked}")
    shown = {path for path, _ in named}
    around = list(knowledge_files(root)) if root is not None else []
    library = None if root is not None and is_library(root) else read_library()
    base = _checked(read([*named, *around]), library, published(root))
    kept = tuple(found for found in base.diagnostics if found.place.path in shown)
    return replace(base, diagnostics=kept), frozenset(shown)


def check_text(shown: str, text: str, beside: KnowledgeBase | None = None) -> KnowledgeBase:
    """Return the knowledge of a text that is no file yet, with its findings.

    Args:
        shown: Its name in messages, from which its identities come.
        text: The text.
        beside: Knowledge that it may import from; the library where None.
    """
    source, unread = read_source(shown, text.encode())
    if source is None:
        return KnowledgeBase({}, {}, {shown: Source(shown, "")}, unread)
    document, misread = parse(source)
    texts = Texts((document,), {shown: source}, (*unread, *misread))
    return _checked(texts, read_library() if beside is None else beside)


def demand(base: KnowledgeBase) -> KnowledgeBase:
    """Return the knowledge base if it has no errors.

    Raises:
        CheckError: It has; the text shows them all, the attribute `diagnostics` holds them.
    """
    errors = tuple(found for found in base.diagnostics if found.is_error)
    if errors:
        raise CheckError(errors, "\n" + render(errors, base.sources, color=False))
    return base


def _checked(
    texts: Texts, library: KnowledgeBase | None, record: Record = UNRECORDED
) -> KnowledgeBase:
    base, findings = check(texts.documents, known=library, record=record)
    laws, constants, sources = dict(base.laws), dict(base.constants), dict(texts.sources)
    rules = dict(base.rules)
    if library is not None:
        laws = {**library.laws, **laws}
        rules = {**library.rules, **rules}
        constants = {**library.constants, **constants}
        sources = {**library.sources, **sources}
    every = in_order([*texts.findings, *findings])
    return KnowledgeBase(laws, constants, sources, every, rules)
