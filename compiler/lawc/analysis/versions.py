"""Which version a change asks for: derived from what two states of a law say, not declared.

An answer that may differ, or that is no longer given, is a major change; one that is given to more
is a minor one; words alone are a patch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import IntEnum

from lawc.analysis.findings import warning
from lawc.analysis.published import State, Symbol, state_of
from lawc.analysis.recorded import Record
from lawc.analysis.register import Entry, Read
from lawc.diagnostics.diagnostic import Applicability, Diagnostic, Place, Repair
from lawc.knowledge.law import Status
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

MOST_NAMED = 3

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_REST = {
    "constant": "a constant",
    "condition": "an initial condition",
    "boundary": "a condition at a boundary",
    "distributions": "a distribution",
    "event": "an event",
    "region": "a part of the region",
    "parameter": "a parameter",
    "applies": "where or when it applies",
    "calendar": "a calendar",
}


class Bump(IntEnum):
    """How much a version must rise."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def check_versions(
    entries: Mapping[str, Entry],
    record: Record,
    read: Read,
) -> list[Diagnostic]:
    """Return a warning for each law that has changed since its record and not risen enough.

    Drafts are not published, and laws with an error have other cares.

    Args:
        entries: Of the blocks that were read together, by identity.
        record: The published laws.
        read: Returns laws in full; it is asked for those only that are not as recorded.
    """
    if not record:
        return []
    changed = [
        identity
        for identity, entry in entries.items()
        if entry.mark
        and identity in record
        and not record.is_as(identity, declared(entry)[0], entry.mark)
    ]
    findings: list[Diagnostic] = []
    for identity, law in read(changed).items() if changed else ():
        old = record[identity]
        found = changes(old, state_of(law))
        bump = max((one for one, _ in found), default=Bump.NONE)
        version, place = declared(entries[identity])
        if not is_enough(old.version, version, bump):
            findings.append(_mismatch(entries[identity], old.version, version, place, found))
    return findings


def changes(old: State, new: State) -> list[tuple[Bump, str]]:
    """Return what has changed between two states of a law, each with the bump that it asks for."""
    found = _of_equations(old, new)
    rest = set(old.rest) ^ set(new.rest)
    kinds = dict.fromkeys(line.partition(" ")[0] for line in sorted(rest))
    found += [(Bump.MAJOR, f"{_REST.get(kind, 'a number')} changed") for kind in kinds]
    for name, before in old.symbols.items():
        after = new.symbols.get(name)
        if after is None:
            found.append((Bump.MAJOR, f"`{name}` is gone"))
        elif after != before:
            found += _of_symbol(name, before, after)
    for name, after in new.symbols.items():
        if name not in old.symbols:
            bump = Bump.MINOR if after.default is not None or after.low is None else Bump.MAJOR
            found.append((bump, f"`{name}` is new"))
    valid = [set(state.valid) for state in (old, new)]
    if valid[1] - valid[0]:
        found.append((Bump.MAJOR, "a condition of `valid` is new"))
    if valid[0] - valid[1]:
        found.append((Bump.MINOR, "a condition of `valid` is gone"))
    if set(old.claims) != set(new.claims):
        found.append((Bump.MINOR, "the claims changed"))
    if old.status is not new.status:
        retired = Status.RETIRED in (old.status, new.status)
        found.append((Bump.MAJOR if retired else Bump.MINOR, f"it is {new.status} now"))
    if not found and old.words != new.words:
        found.append((Bump.PATCH, "its words changed"))
    return found


def next_version(version: str, bump: Bump) -> str:
    """Return the least version that a bump asks for: `1.2.3` becomes `1.3.0` for a minor one."""
    major, minor, patch = _numbers(version)
    return {
        Bump.NONE: f"{major}.{minor}.{patch}",
        Bump.PATCH: f"{major}.{minor}.{patch + 1}",
        Bump.MINOR: f"{major}.{minor + 1}.0",
        Bump.MAJOR: f"{major + 1}.0.0",
    }[bump]


def is_enough(old: str, new: str, bump: Bump) -> bool:
    """Return whether a version has risen at least as far as a bump asks for."""
    least = next_version(old, bump)
    return _numbers(new) >= _numbers(least)


def declared(entry: Entry) -> tuple[str, Place]:
    """Return the version of a law, and where it stands or else its name does."""
    for word, text, start, end in entry.head:
        if word == "version":
            return text, Place(entry.path, start, end)
    return "", entry.place


def _mismatch(
    entry: Entry, recorded: str, version: str, place: Place, found: list[tuple[Bump, str]]
) -> Diagnostic:
    name = entry.identity.rpartition(".")[2]
    bump = max((one for one, _ in found), default=Bump.NONE)
    right = next_version(recorded, bump)
    if found:
        said = f"a {bump.name.lower()} change since {recorded} asks for {right}"
        words = [words for _, words in sorted(found, key=lambda one: -one[0])]
        more = len(words) - MOST_NAMED
        words = [*words[:MOST_NAMED], *([_more(more)] if more > 0 else [])]
        note = "; ".join(words)
    else:
        said = f"version {recorded} is recorded, with the same content"
        note = ""
    # A law that has lost its version gets it behind its name.
    at = place if version else Place(place.path, place.end, place.end)
    return warning(
        "L0610",
        f"the version of `{name}` does not match the change"
        if found
        else f"the version of `{name}` is lower than the recorded one",
        place,
        said,
        note=note,
        help=f"write `{name}@{right}`",
        repairs=[Repair(at, right if version else f"@{right}", "", Applicability.SAFE)],
    )


def _more(count: int) -> str:
    return f"{count} more change{'s' if count > 1 else ''}"


def _of_equations(old: State, new: State) -> list[tuple[Bump, str]]:
    before, after = Counter(t for _, t in old.equations), Counter(t for _, t in new.equations)
    gone = [label for label, text in old.equations if text in before - after]
    come = [(label, text) for label, text in new.equations if text in after - before]
    found: list[tuple[Bump, str]] = []
    for label, text in come:
        what = f"the equation `{label}`" if label else "an equation"
        if label in gone:
            gone.remove(label)
            found.append((Bump.MAJOR, f"{what} changed"))
        else:
            # What defines a new quantity leaves the answers for all others as they are.
            defined = text.split(" ")[1] if text.startswith(":= ") else ""
            free = defined in new.symbols and defined not in old.symbols
            found.append((Bump.MINOR if free else Bump.MAJOR, f"{what} is new"))
    for label in gone:
        found.append(
            (Bump.MAJOR, f"the equation `{label}` is gone" if label else "an equation is gone")
        )
    return list(dict.fromkeys(found))


def _of_symbol(name: str, before: Symbol, after: Symbol) -> list[tuple[Bump, str]]:
    if before.unit != after.unit and not _are_alike(before.unit, after.unit):
        return [(Bump.MAJOR, f"the unit of `{name}` changed")]
    if (before.depends, before.kind, before.choices) != (after.depends, after.kind, after.choices):
        return [(Bump.MAJOR, f"`{name}` is another kind of quantity")]
    found: list[tuple[Bump, str]] = []
    low = [float("-inf") if s.low is None else s.low for s in (before, after)]
    high = [float("inf") if s.high is None else s.high for s in (before, after)]
    if low[1] > low[0] or high[1] < high[0]:
        found.append((Bump.MAJOR, f"the range of `{name}` is narrower"))
    elif low[1] < low[0] or high[1] > high[0]:
        found.append((Bump.MINOR, f"the range of `{name}` is wider"))
    if before.default != after.default:
        bump = Bump.MINOR if before.default is None else Bump.MAJOR
        found.append((bump, f"the default of `{name}` changed"))
    if before.log is not after.log:
        found.append((Bump.MINOR, f"`{name}` is sampled otherwise"))
    return found


def _are_alike(before: str, after: str) -> bool:
    """Return whether two texts of units mean the same."""
    units = [parse_unit(text) for text in (before, after)]
    sizes = {(u.dimension, u.factor, u.offset) for u in units if isinstance(u, Unit)}
    return len(sizes) == 1 and all(isinstance(u, Unit) for u in units)


def _numbers(version: str) -> tuple[int, int, int]:
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)
