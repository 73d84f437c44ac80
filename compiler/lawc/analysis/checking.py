"""Documents to a knowledge base: every block is known by its identity, or its findings say why not.

A block is known by itself, given the shelf of all constants, since laws of any file may import
them; what stands between blocks is checked on their entries. So a file that has not changed need
not be read again. A law with an error is left out of the knowledge base; all findings of all files
come back at once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, MutableMapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from lawc.analysis.composites import know_systems
from lawc.analysis.constants import ConstantBlock, ConstantShelf, read_constants, shelve
from lawc.analysis.digest import gist
from lawc.analysis.identities import head_of, identity_of, version_findings
from lawc.analysis.laws import know_law
from lawc.analysis.published import mark
from lawc.analysis.recorded import UNRECORDED, Record
from lawc.analysis.register import Entry, across, faulty_among, first_of_each
from lawc.analysis.succession import check_succession
from lawc.analysis.versions import check_versions
from lawc.analysis.weighing import weighed
from lawc.diagnostics.diagnostic import Diagnostic, Source, in_order
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.syntax.document import Block, Document
from lawc.syntax.parsing import parse

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

MOST_WEIGHED = 10
"""Laws of a file whose repairs are tried before they are offered."""
LONGEST = 20_000
"""Letters of a law whose repairs are tried."""


@immutable
class Known:
    """A block: what others see of it, what is wrong with it, and the law or rule if it is one."""

    entry: Entry
    findings: tuple[Diagnostic, ...]
    law: Law | None = None
    rule: Rule | None = None


def check(
    documents: Sequence[Document],
    *,
    known: KnowledgeBase | None = None,
    record: Record = UNRECORDED,
) -> tuple[KnowledgeBase, tuple[Diagnostic, ...]]:
    """Return the knowledge that documents hold, and all that is wrong with them.

    Args:
        documents: As parsed; what could not be read has been reported by the parser.
        known: Knowledge that may be imported from. Its laws are part of the answer, unless a
            document has a law of the same identity.
        record: The laws that the project of these documents has published.

    Returns:
        The knowledge base, with the findings in it, and the findings by place. Laws with an error
        are not in it.
    """
    # Nothing made here refers back to what made it, so collecting cycles would be for nothing.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _check(documents, known, record)
    finally:
        if collecting:
            gc.enable()


def constants_of(document: Document) -> list[ConstantBlock]:
    """Return the blocks of constants of a document; findings about them come with `know`."""
    path = document.source.path
    found = []
    for block in document.blocks:
        if block.kind == "constants":
            identity = identity_of(path, block.name.text)
            constants, _ = read_constants(block, identity, document.source)
            version = block.version.text if block.version is not None else ""
            found.append(ConstantBlock(identity, version, constants, block.declared))
    return found


def know(document: Document, shelf: ConstantShelf, *, whole: bool = True) -> list[Known]:
    """Return every block of a document, each known by itself.

    Args:
        document: As parsed.
        shelf: All constants that a law may import.
        whole: Whether laws get their digests, and entries digests and marks.
    """
    path = document.source.path
    known: list[Known] = []
    weighing = 0
    for block in document.blocks:
        identity = identity_of(path, block.name.text)
        law: Law | None = None
        rule: Rule | None = None
        if block.kind == "constants":
            _, found = read_constants(block, identity, document.source)
            findings = [*version_findings(block), *found]
        elif block.kind == "law":
            law, findings = know_law(block, identity, document.source, shelf, whole=whole)
            if law is None and findings:
                weighing += 1
                findings = weighed(
                    block,
                    findings,
                    partial(_again, identity, path, shelf)
                    if weighing <= MOST_WEIGHED and len(block.text) <= LONGEST
                    else _never,
                )
        elif block.kind == "rule":
            # What serves rules is loaded only where one stands.
            know_rule = import_module("lawc.analysis.rules.checking").know_rule
            rule, findings = know_rule(block, identity, document.source, shelf)
        else:
            continue
        at = block.name.place
        entry = Entry(
            identity, block.kind, path, at.start, at.end, *_said(block, law or rule, whole=whole)
        )
        known.append(Known(entry, tuple(findings), law, rule))
    return known


def compose(
    documents: Sequence[Document],
    shelf: ConstantShelf,
    laws: MutableMapping[str, Law],
    faulty: Iterable[str],
) -> list[Known]:
    """Return the systems of documents, which use the laws of all.

    Args:
        documents: As parsed.
        shelf: All constants that a system may import.
        laws: All laws that are known, by identity; it is not changed.
        faulty: Identities of laws that have findings of their own.
    """
    found: dict[str, tuple[Block, Source]] = {}
    for document in documents:
        for block in document.blocks:
            if block.kind == "system":
                key = identity_of(document.source.path, block.name.text)
                found.setdefault(key, (block, document.source))
    if not found:
        return []
    systems = [(key, block, source) for key, (block, source) in found.items()]
    known = know_systems(systems, laws, faulty, shelf)
    composed = []
    # In the order of the text, whichever of them had to be known first.
    for key in found:
        law, findings = known[key]
        place = found[key][0].name.place
        said = _said(found[key][0], law, whole=True)
        entry = Entry(key, "system", place.path, place.start, place.end, *said)
        composed.append(Known(entry, tuple(findings), law))
    return composed


def _said(
    block: Block, known: Law | Rule | None, *, whole: bool
) -> tuple[str, tuple[tuple[str, str, int, int], ...], str, str]:
    """Return what an entry holds of a block, from its gist on."""
    head = head_of(block)
    if known is None:
        return "", head, "", ""
    short = gist(known) if isinstance(known, Law) else known.digest
    return (short, head, known.digest, mark(known)) if whole else (short, head, "", "")


def _laws(blocks: Sequence[Known]) -> dict[str, Law]:
    first = first_of_each(block.entry for block in blocks)
    return {
        b.entry.identity: b.law
        for b in blocks
        if b.law is not None and first[b.entry.identity] is b.entry
    }


def _rules(blocks: Sequence[Known]) -> dict[str, Rule]:
    first = first_of_each(block.entry for block in blocks)
    return {
        b.entry.identity: b.rule
        for b in blocks
        if b.rule is not None and first[b.entry.identity] is b.entry
    }


def _again(identity: str, path: str, shelf: ConstantShelf, text: str) -> list[Diagnostic] | None:
    """Return the findings of a block whose text was changed."""
    document, misread = parse(Source(path, text))
    if misread or len(document.blocks) != 1:
        return None
    return know_law(document.blocks[0], identity, document.source, shelf, mending=False)[1]


def _never(text: str) -> None:
    """Check nothing, where a file has more errors than anybody reads at once."""


def _check(
    documents: Sequence[Document], known: KnowledgeBase | None, record: Record
) -> tuple[KnowledgeBase, tuple[Diagnostic, ...]]:
    shelf = shelve(
        known.constants if known is not None else {},
        [block for document in documents for block in constants_of(document)],
    )
    blocks = [block for document in documents for block in know(document, shelf)]
    laws = dict(known.laws) if known is not None else {}
    faulty = faulty_among([block.entry for block in blocks])
    for key in faulty:
        laws.pop(key, None)
    laws |= _laws(blocks)
    blocks += compose(documents, shelf, laws, faulty)
    entries = [block.entry for block in blocks]
    first = first_of_each(entries)
    older = known if known is not None else ()
    own, rules = _laws(blocks), _rules(blocks)
    both = {**own, **rules}

    def read(identities: Sequence[str]) -> dict[str, Law | Rule]:
        return {identity: both[identity] for identity in identities}

    findings = [*across(entries, shelf, read), *check_succession(first, older)]
    for block in blocks:
        if first[block.entry.identity] is block.entry:
            findings += block.findings
    findings += check_versions(first, record, read)
    sources = {document.source.path: document.source for document in documents}
    every = in_order(findings)
    base = KnowledgeBase(
        {**(known.laws if known is not None else {}), **own},
        shelf.blocks,
        {**(known.sources if known is not None else {}), **sources},
        every,
        {**(known.rules if known is not None else {}), **rules},
    )
    return base, every
