"""Find a law or a rule by its identity: in the project around a folder, else in the library."""

from __future__ import annotations

from pathlib import Path

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import read_library, read_project
from lawc.project import shelves


def knowledge_around(folder: Path | None = None) -> KnowledgeBase:
    """Return the knowledge of the project at or above a folder, else the library's."""
    root = shelves.find_root(folder or Path.cwd())
    return read_library() if root is None else read_project(root)


def find_law(identity: str, folder: Path | None = None) -> Law:
    """Return a law by identity or by a unique ending of it, `damped-oscillator`.

    Raises:
        LawcError: There is none, or several, or it is a rule; the text names them.
    """
    found = find_knowledge(identity, folder)
    if not isinstance(found, Law):
        raise LawcError(f"{found.identity} is a rule; this is made for laws alone")
    return found


def find_knowledge(identity: str, folder: Path | None = None) -> Law | Rule:
    """Return a law or a rule by identity or by a unique ending of it.

    Raises:
        LawcError: There is none, or several; the text names them.
    """
    try:
        return knowledge_around(folder)[identity]
    except KeyError as problem:
        raise LawcError(problem.args[0]) from None
