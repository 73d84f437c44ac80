"""What a check across files needs to know of a block: an entry, and no tree.

An entry is a few words, so that a file which has not changed need not be read again for the sake
of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lawc.analysis.constants import ConstantShelf, redefinitions
from lawc.analysis.identities import same_contents, twice_named
from lawc.diagnostics.diagnostic import Diagnostic, Place


@dataclass(frozen=True, slots=True)
class Entry:
    """A block of any file, as the others see it.

    Attributes:
        identity: Path and name.
        kind: `law` or `constants`.
        place: Of its name.
        digest: Of what a law says; empty where it has an error, or is no law.
    """

    identity: str
    kind: str
    place: Place
    digest: str = ""


def first_of_each(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return the entries by identity; of several with one identity the first one counts."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.identity, entry)
    return first


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
    known = [entry for entry in first.values() if entry.digest]
    return findings + same_contents((e.identity, e.digest, e.place) for e in known)
