"""Check files and keep what was found, so that the next check reads only what has changed.

An edit of an equation concerns its own file, and systems that use the law; an edit of a constant
those that import it (`world.py` says what holds how long). What stands between files is checked
anew each time, on the entries of their blocks.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from lawc.analysis.recorded import Record
from lawc.analysis.register import Entry, across, first_of_each
from lawc.analysis.succession import check_succession
from lawc.analysis.versions import check_versions
from lawc.diagnostics.diagnostic import Diagnostic, LawcError, Source, in_order
from lawc.knowledge.law import Law
from lawc.pipeline.memory import recall, remember
from lawc.pipeline.publishing import published
from lawc.pipeline.world import World
from lawc.project import shelves
from lawc.project.cache import Cache, Divided, Keeper
from lawc.project.seal import cache_folder
from lawc.project.shelves import RULE_SUFFIXES, is_library, knowledge_files

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

_LIBRARY = "<library>/"


@dataclass(frozen=True)
class Survey:
    """What a check found.

    Attributes:
        diagnostics: About the files asked for, by place.
        laws: Entries of the laws of these files that have no errors, by identity.
        evidence: The key of the examples and claims of each of these laws, where it has any.
    """

    diagnostics: tuple[Diagnostic, ...]
    laws: Mapping[str, Entry]
    evidence: Mapping[str, str]
    _world: World

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The texts of the files that findings point into."""
        read_source = import_module("lawc.syntax.parsing").read_source
        places = [label.place for found in self.diagnostics for label in found.labels]
        sources: dict[str, Source] = {}
        for path in dict.fromkeys(place.path for place in places):
            source, _ = read_source(path, self._world.text(path))
            sources[path] = source if source is not None else Source(path, "")
        return sources

    def stamp(self, path: str) -> str:
        """Return the digest of the bytes of a file."""
        return self._world.keys[path]

    def read(self, identities: Iterable[str]) -> dict[str, Law | Rule]:
        """Return laws and rules in full, by identity, in this order."""
        return _read(self._world, identities)


def keeper_of(paths: Sequence[Path] | None) -> Keeper | None:
    """Return what keeps verdicts in the project of files; None where there is no project.

    Those on the library are the same for all projects, and kept once for a user.
    """
    root = shelves.find_root(paths[0]) if paths else None
    if root is None:
        return None
    if is_library(root):
        # No library stands above it: what is kept of one would be forgotten as gone.
        return Cache(root)
    return Divided(_LIBRARY, Cache(cache_folder()), Cache(root))


def survey(
    paths: Sequence[Path] | None = None, *, keeper: Keeper | None = None, brief: bool = False
) -> Survey:
    """Return what is to be said of files, judged in the midst of their project and the library.

    Args:
        paths: Files and folders; None means the library.
        keeper: Keeps verdicts from one check to the next; nothing is kept where it is None.
        brief: Whether to leave out what only examples and claims need, and the digests of laws
            where nothing is published that they have to be held against.

    Raises:
        LawcError: A path does not exist, or is no knowledge file.
    """
    # Of what is made here nothing refers back to what made it, and most of it stays: the collector
    # of cycles would go through all of it, again and again, to no end.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _judged(paths, keeper, brief)
    finally:
        if collecting:
            gc.enable()


def _judged(paths: Sequence[Path] | None, keeper: Keeper | None, brief: bool) -> Survey:
    root = shelves.find_root(paths[0]) if paths else None
    named = dict(pair for path in paths or () for pair in shelves.files_at(path, root))
    if paths is not None and not named:
        asked = ", ".join(str(path) for path in paths)
        raise LawcError(f"there is no .law or .rule file at {asked}")
    kept = keeper.load() if keeper is not None else {}
    record = published(root if paths is not None else shelves.library())
    whole = not brief or bool(record)
    around = dict(knowledge_files(root)) if root is not None and paths is not None else {}
    library: World | None = None
    aside: list[str] = []
    if root is None or not is_library(root):
        shipped = dict(knowledge_files(shelves.library()))
        if paths is not None and not any(p.endswith(RULE_SUFFIXES) for p in (*named, *around)):
            # Nothing of a law can rest on a rule, and there are more of these to judge.
            aside = [path for path in shipped if path.endswith(RULE_SUFFIXES)]
        files = [(path, file) for path, file in shipped.items() if path not in aside]
        library = World(files, _LIBRARY, kept, whole=whole and paths is None)
    if paths is None and library is not None:
        own, above = library, None
        library.stand_below(None)
        library.judge()
    else:
        own, above = World([*named.items(), *around.items()], "", kept, whole=whole), library
        # Loaded only where there is something to judge: a check of what is known starts fast.
        crew = import_module("lawc.pipeline.workers") if own.unknown else None
        workers = crew.start(own.unknown) if crew is not None else []
        try:
            if library is not None:
                library.stand_below(None)
            own.stand_below(library)
            own.judge(workers, library.judge if library is not None else _nothing)
        finally:
            if crew is not None:
                crew.end(workers)
    if keeper is not None:
        worlds = [world for world in (own, above) if world is not None]
        keeper.store(
            {path: fresh for world in worlds for path, fresh in world.fresh.items()},
            # What was not asked this time is kept for those who ask it.
            [*(row for world in worlds for row in world.rows), *(_LIBRARY + p for p in aside)],
        )
    return _survey(own, above, named.keys() if paths is not None else own.texts.keys(), record)


def _nothing() -> None:
    """Do nothing: no world stands above this one."""


Tried = dict[tuple[str, str], tuple[Diagnostic, ...]]
"""What examples and claims brought to light, by their key and the digest of their file."""


def with_evidence(
    found: Survey,
    memory: Path | None,
    tell: Callable[[str], None] = lambda identity: None,
    tried: Tried | None = None,
) -> Survey:
    """Return a survey with what the examples and claims of its laws bring to light.

    Args:
        found: Laws that have an error are not calculated.
        memory: A file that remembers what held; nothing is remembered where it is None.
        tell: Called with the identity of each law that is calculated.
        tried: Remembers findings too, for as long as somebody holds it.
    """
    tried = {} if tried is None else tried
    known = recall(memory)
    errors: dict[str, list[int]] = {}
    for diagnostic in found.diagnostics:
        if diagnostic.is_error:
            errors.setdefault(diagnostic.place.path, []).append(diagnostic.place.start)
    asked = [
        identity
        for identity, key in found.evidence.items()
        if key not in known and not _any_within(errors, found.laws[identity])
    ]
    if not asked:
        return found
    keys = {i: (found.evidence[i], found.stamp(found.laws[i].path)) for i in asked}
    todo = [identity for identity in asked if keys[identity] not in tried]
    held: list[str] = []
    try:
        if todo:
            calculate = import_module("lawc.pipeline.evidence").calculate
            for identity, law in found.read(todo).items():
                tell(identity)
                tried[keys[identity]] = calculate(law)
                if not tried[keys[identity]]:
                    held.append(keys[identity][0])
    finally:
        # What held is remembered even where somebody interrupts.
        if held:
            remember(memory, [*known, *held])
    new = [diagnostic for identity in asked for diagnostic in tried[keys[identity]]]
    return replace(found, diagnostics=in_order([*found.diagnostics, *new]))


def _any_within(errors: Mapping[str, list[int]], entry: Entry) -> bool:
    return any(entry.start <= at < entry.end for at in errors.get(entry.path, ()))


def _read(world: World, identities: Iterable[str]) -> dict[str, Law | Rule]:
    composing = import_module("lawc.pipeline.composing")
    asked = tuple(identities)
    rules = composing.rules_of(world, asked)
    laws = composing.laws_of(world)
    return {key: rules[key] if key in rules else laws[key] for key in asked}


def _survey(own: World, above: World | None, named: Collection[str], record: Record) -> Survey:
    blocks = own.blocks()
    entries = [block.entry for block in blocks]
    first = first_of_each(entries)
    findings = [found for verdict in own.verdicts.values() for found in verdict.findings]
    findings += across(entries, own.shelf, partial(_read, own))
    beyond = [block.entry for block in above.blocks()] if above is not None else []
    findings += check_succession(first, {e.identity for e in beyond if e.kind != "constants"})
    laws: dict[str, Entry] = {}
    evidence: dict[str, str] = {}
    for block, entry in zip(blocks, entries, strict=True):
        if first[entry.identity] is not entry:
            continue
        findings += block.findings
        if entry.gist and entry.path in named:
            laws[entry.identity] = entry
            if block.evidence:
                evidence[entry.identity] = block.evidence
    findings += check_versions(laws, record, partial(_read, own))
    shown = in_order(found for found in findings if found.place.path in named)
    return Survey(shown, laws, evidence, own)
