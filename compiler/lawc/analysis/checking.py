"""Documents to a knowledge base: every block is known by its identity, or its findings say why not.

Constants are read first, since laws of any file may import them. A law with an error is left out
of the knowledge base; all findings of all files come back at once.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence

from lawc.analysis.constants import ConstantShelf, read_constants, redefinitions
from lawc.analysis.identities import (
    identity_of,
    same_contents,
    twice_named,
    version_findings,
)
from lawc.analysis.laws import know_law
from lawc.diagnostics.diagnostic import Diagnostic, Place, Source, in_order
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Constant, Law
from lawc.syntax.document import Block, Document

Named = tuple[str, Block, Source]


def check(
    documents: Sequence[Document], *, known: KnowledgeBase | None = None
) -> tuple[KnowledgeBase, tuple[Diagnostic, ...]]:
    """Return the knowledge that documents hold, and all that is wrong with them.

    Args:
        documents: As parsed; what could not be read has been reported by the parser.
        known: Knowledge that may be imported from. Its laws are part of the answer, unless a
            document has a law of the same identity.

    Returns:
        The knowledge base, with the findings in it, and the findings by place. Laws with an error
        are not in it.
    """
    # Nothing made here refers back to what made it, so collecting cycles would be for nothing.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _check(documents, known)
    finally:
        if collecting:
            gc.enable()


def _check(
    documents: Sequence[Document], known: KnowledgeBase | None
) -> tuple[KnowledgeBase, tuple[Diagnostic, ...]]:
    findings: list[Diagnostic] = []
    named = _named(documents, findings)
    own: dict[str, dict[str, Constant]] = {}
    shelf = ConstantShelf(dict(known.constants) if known is not None else {})
    for identity, block, source in named:
        if block.kind == "constants":
            findings += version_findings(block)
            own[identity], found = read_constants(block, identity, source)
            findings += found
            shelf.blocks[identity] = own[identity]
            shelf.versions[identity] = block.version.text if block.version is not None else ""
            shelf.ghosts[identity] = block.declared
    findings += redefinitions(c for key in shelf.blocks for c in shelf.blocks[key].values())
    laws: dict[str, Law] = {}
    for identity, block, source in named:
        if block.kind == "law":
            law, found = know_law(block, identity, source, shelf)
            findings += found
            if law is not None:
                laws[identity] = law
    findings += same_contents(laws.values())
    sources = {document.source.path: document.source for document in documents}
    every = in_order(findings)
    base = KnowledgeBase(
        {**(known.laws if known is not None else {}), **laws},
        shelf.blocks,
        {**(known.sources if known is not None else {}), **sources},
        every,
    )
    return base, every


def _named(documents: Sequence[Document], findings: list[Diagnostic]) -> list[Named]:
    """Return the blocks by identity; of two with one identity only the first is kept."""
    named: list[Named] = []
    places: dict[str, Place] = {}
    for document in documents:
        for block in document.blocks:
            identity = identity_of(document.source.path, block.name.text)
            earlier = places.setdefault(identity, block.name.place)
            if earlier is block.name.place:
                named.append((identity, block, document.source))
            else:
                findings.append(twice_named(identity, block.name.place, earlier))
    return named
