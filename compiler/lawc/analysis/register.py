"""What a check across files needs to know of a block: an entry, and no tree.

An entry is a few words, so that a file which has not changed need not be read again for the sake
of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lawc.analysis.constants import ConstantShelf, redefinitions
from lawc.analysis.identities import says_the_same, twice_named
from lawc.diagnostics.diagnostic import Diagnostic, Place


class Entry(NamedTuple):
    """A block of any file, as the others see it.

    Attributes:
        identity: Path and name.
        kind: `law`, `constants` or `system`.
        path, start, end: Of its name.
        digest: Of what a law says; empty where it has an error, or is no law.
        head: What its head says of status, version and succession: a word, a text, its place.
        mark: Of all that its version stands for; empty for drafts, and where the digest is.
    """

    identity: str
    kind: str
    path: str
    start: int
    end: int
    digest: str = ""
    head: tuple[tuple[str, str, int, int], ...] = ()
    mark: str = ""

    @property
    def place(self) -> Place:
        """Where its name stands."""
        return Place(self.path, self.start, self.end)


def first_of_each(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return the entries by identity; of several with one identity the first one counts."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.identity, entry)
    return first


def faulty_among(entries: Iterable[Entry]) -> set[str]:
    """Return the identities of laws that have errors."""
    first = first_of_each(entries).values()
    return {entry.identity for entry in first if entry.kind == "law" and not entry.digest}


def across(entries: Sequence[Entry], shelf: ConstantShelf) -> list[Diagnostic]:
    """Return what is wrong between blocks: one identity twice, one content twice, two values.

    Args:
        entries: All blocks that were read together, in order.
        shelf: All constants.
    """
    first = first_of_each(entries)
    findings = [
        twice_named(entry.identity, entry.place, first[entry.identity].place)
        for entry in entries
        if first[entry.identity] is not entry
    ]
    findings += redefinitions(c for key in shelf.blocks for c in shelf.blocks[key].values())
    return findings + _same_contents(first.values())


def _same_contents(entries: Iterable[Entry]) -> list[Diagnostic]:
    """Return a finding for every law that says what an earlier one says."""
    first: dict[str, Entry] = {}
    findings: list[Diagnostic] = []
    for entry in entries:
        if entry.digest:
            earlier = first.setdefault(entry.digest, entry)
            if earlier is not entry:
                findings.append(
                    says_the_same((entry.identity, entry.place), (earlier.identity, earlier.place))
                )
    return findings
