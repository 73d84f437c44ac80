"""Compose the systems of files, and read laws in full where somebody asks for them.

A law is read when it is asked for: a system uses a few laws of many files.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING

from lawc.analysis.checking import Known, compose
from lawc.analysis.register import Entry, faulty_among, first_of_each
from lawc.knowledge.law import Law
from lawc.pipeline.judging import Judge, elsewhere
from lawc.pipeline.memory import evidence_key
from lawc.pipeline.verdict import Judged, Verdict
from lawc.pipeline.world import World
from lawc.syntax.parsing import parse, read_source

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule


class Laws(MutableMapping[str, Law]):
    """The laws of the files of a world, each read when it is asked for.

    Attributes:
        used: The files that were read, in order, as they are called among all worlds.
    """

    def __init__(self, world: World, entries: Iterable[Entry]) -> None:
        """Take the laws of some of the blocks of a world."""
        first = first_of_each(entries)
        self._entries = {
            key: entry for key, entry in first.items() if entry.gist and entry.kind != "rule"
        }
        self._world = world
        self._judge = Judge(world.shelf)
        self._read: dict[str, dict[str, Law]] = {}
        self._systems: dict[str, Law] | None = None
        self.used: dict[str, None] = {}

    def __getitem__(self, key: str) -> Law:
        entry = self._entries[key]
        self.used[self._world.prefix + entry.path] = None
        if entry.kind == "system":
            if self._systems is None:
                known, _ = _compose(self._world)
                self._systems = {k.entry.identity: k.law for k in known if k.law is not None}
            return self._systems[key]
        if entry.path not in self._read:
            text = self._world.texts[entry.path]
            self._read[entry.path] = self._judge.laws(entry.path, text)[0]
        return self._read[entry.path][key]

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __setitem__(self, key: str, value: Law) -> None:
        raise TypeError("laws are read, not written")

    def __delitem__(self, key: str) -> None:
        """Leave a law out."""
        del self._entries[key]


def laws_of(world: World) -> Laws:
    """Return the laws of a world by identity, without those of the world above."""
    return Laws(world, [block.entry for block in world.blocks()])


def rules_of(world: World, identities: Iterable[str]) -> dict[str, Rule]:
    """Return rules of a world by identity, in this order; what is none is left out."""
    first = first_of_each([block.entry for block in world.blocks()])
    judge = Judge(world.shelf)
    read: dict[str, dict[str, Rule]] = {}
    found: dict[str, Rule] = {}
    for identity in identities:
        entry = first.get(identity)
        if entry is None or entry.kind != "rule" or not entry.gist:
            continue
        if entry.path not in read:
            read[entry.path] = judge.laws(entry.path, world.texts[entry.path])[1]
        found[identity] = read[entry.path][identity]
    return found


def composed(world: World) -> dict[str, Verdict]:
    """Return the verdict on the systems of each file that has some."""
    known, used = _compose(world)
    found: dict[str, Verdict] = {}
    for path, verdict in world.verdicts.items():
        if verdict.systems:
            blocks = tuple(_judged(k) for k in known if k.entry.path == path)
            mentioned = elsewhere(path, [f for block in blocks for f in block.findings])
            found[path] = Verdict((), (), (), (*used, *mentioned), (), blocks)
    return found


def _judged(known: Known) -> Judged:
    return Judged(
        known.entry, known.findings, evidence_key(known.law) if known.law is not None else ""
    )


def _compose(world: World) -> tuple[list[Known], list[str]]:
    """Return the systems of a world, and the files of the laws that they use."""
    entries: list[Entry] = [b.entry for v in world.verdicts.values() for b in v.blocks]
    faulty = faulty_among(entries)
    own = Laws(world, entries)
    worlds: list[Laws] = [own]
    if world.above is not None:
        older = laws_of(world.above)
        for key in faulty & older.keys():
            del older[key]
        worlds.append(older)
    sources = [
        source
        for path, verdict in world.verdicts.items()
        if verdict.systems
        for source, _ in (read_source(path, world.texts[path]),)
        if source is not None
    ]
    documents = [parse(source)[0] for source in sources]
    known = compose(documents, world.shelf, ChainMap(*worlds), faulty)
    return known, [path for laws in worlds for path in laws.used]
