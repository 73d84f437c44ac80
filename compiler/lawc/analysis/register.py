"""What a check across files needs to know of a block: an entry, and no tree.

An entry is a few words, so that a file which has not changed need not be read again for the sake
of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lawc.analysis.constants import ConstantShelf, redefinitions
from lawc.analysis.identities import says_the_same, twice_named
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.knowledge.law import Law

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

Read = Callable[[Sequence[str]], Mapping[str, "Law | Rule"]]
"""Returns laws and rules in full, by identity."""


class Entry(NamedTuple):
    """A block of any file, as the others see it.

    Attributes:
        identity: Path and name.
        kind: `law`, `constants` or `system`.
        path, start, end: Of its name.
        gist: Equal wherever digests are; empty where it has an error, or is neither law nor rule.
        head: What its head says of status, version and succession: a word, a text, its place.
        digest: Of what it says; empty where the gist is, and in a brief check.
        mark: Of all that its version stands for; empty for drafts too.
    """

    identity: str
    kind: str
    path: str
    start: int
    end: int
    gist: str = ""
    head: tuple[tuple[str, str, int, int], ...] = ()
    digest: str = ""
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
    return {entry.identity for entry in first if entry.kind == "law" and not entry.gist}


def across(entries: Sequence[Entry], shelf: ConstantShelf, read: Read) -> list[Diagnostic]:
    """Return what is wrong between blocks: one identity twice, one content twice, two values.

    Args:
        entries: All blocks that were read together, in order.
        shelf: All constants.
        read: Is asked for the few whose gists are equal and whose digests are not known.
    """
    first = first_of_each(entries)
    findings = [
        twice_named(entry.identity, entry.place, first[entry.identity].place)
        for entry in entries
        if first[entry.identity] is not entry
    ]
    findings += redefinitions(c for key in shelf.blocks for c in shelf.blocks[key].values())
    return findings + _same_contents(first.values(), read)


def _same_contents(entries: Iterable[Entry], read: Read) -> list[Diagnostic]:
    """Return a finding for every law that says what an earlier one says."""
    alike: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.gist:
            alike.setdefault(entry.gist, []).append(entry)
    several = [entry for group in alike.values() if len(group) > 1 for entry in group]
    unknown = [entry.identity for entry in several if not entry.digest]
    laws = read(unknown) if unknown else {}
    first: dict[str, Entry] = {}
    findings: list[Diagnostic] = []
    for entry in several:
        earlier = first.setdefault(entry.digest or laws[entry.identity].digest, entry)
        if earlier is not entry:
            findings.append(
                says_the_same((entry.identity, entry.place), (earlier.identity, earlier.place))
            )
    return findings
