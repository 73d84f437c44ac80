"""Systems in the order in which they use each other; what uses itself is reported once."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping

from lawc.analysis.constants import ConstantShelf
from lawc.analysis.findings import finding, quoted
from lawc.analysis.laws import know_law
from lawc.analysis.parts import LawShelf
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Law
from lawc.syntax.document import Block, UseLine

System = tuple[str, Block, Source]
"""The identity of a system, its block and where it stands."""


def know_systems(
    systems: Iterable[System],
    laws: MutableMapping[str, Law],
    faulty: Iterable[str],
    shelf: ConstantShelf,
) -> dict[str, tuple[Law | None, list[Diagnostic]]]:
    """Return each system as a law, None where it has an error, and what is wrong with it.

    Args:
        systems: Of all documents; of two with one identity only the first.
        laws: All laws that are known, by identity; it is not changed.
        faulty: Identities of laws that have findings of their own.
        shelf: All constants.
    """
    waiting = {identity: (block, source) for identity, block, source in systems}
    # Laws may be read as they are asked for, so they are not copied.
    known = LawShelf(ChainMap({}, laws), {*faulty, *waiting})
    done: dict[str, tuple[Law | None, list[Diagnostic]]] = {}
    uses = {identity: _uses(block, known) for identity, (block, _) in waiting.items()}
    while waiting:
        ready = [key for key in waiting if not uses[key].keys() & waiting.keys()]
        if not ready:
            circle = _circle(uses, waiting)
            done[circle[0]] = None, [_circular(circle, uses)]
            for key in circle[1:]:
                done[key] = None, []
            for key in circle:
                del waiting[key]
            continue
        for key in ready:
            block, source = waiting.pop(key)
            law, found = know_law(block, key, source, shelf, known)
            done[key] = law, found
            if law is not None:
                known.laws[key] = law
                known.faulty.discard(key)
    return done


def _uses(block: Block, shelf: LawShelf) -> dict[str, UseLine]:
    return {
        found: line
        for line in block.uses
        for found in shelf.find(line.identity.text.partition("@")[0])
    }


def _circle(uses: Mapping[str, Mapping[str, UseLine]], waiting: Mapping[str, object]) -> list[str]:
    """Return systems each of which uses the next, and the last the first."""
    path = [next(iter(waiting))]
    while True:
        onward = next(key for key in uses[path[-1]] if key in waiting)
        if onward in path:
            return path[path.index(onward) :]
        path.append(onward)


def _circular(circle: list[str], uses: Mapping[str, Mapping[str, UseLine]]) -> Diagnostic:
    pairs = list(zip(circle, [*circle[1:], circle[0]], strict=True))
    lines = [uses[one][other] for one, other in pairs]
    through = f" through {', '.join(quoted(circle[1:]))}" if len(circle) > 1 else ""
    return finding(
        "L0607",
        f"`{circle[0]}` uses itself{through}",
        lines[0].place,
        others=[(line.place, "and here") for line in lines[1:]],
        help="use a law in one of these places, so that the circle ends",
    )
