"""Which version a change asks for: derived from what two states of a law say, not declared.

An answer that may differ, or that is no longer given, is a major change; one that is given to more
is a minor one; words alone are a patch.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import IntEnum

from lawc.analysis.digest import canonical, canonical_law
from lawc.knowledge.law import Law, Quantity, Status
from lawc.knowledge.writing import write_claim

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


class Bump(IntEnum):
    """How much a version must rise."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def changes(old: Law, new: Law) -> list[tuple[Bump, str]]:
    """Return what has changed between two states of a law, each with the bump that it asks for."""
    found: list[tuple[Bump, str]] = []
    if _bare(old) != _bare(new):
        found.append((Bump.MAJOR, "an equation, a condition or a constant changed"))
    for name, before in old.quantities.items():
        after = new.quantities.get(name)
        if after is None:
            found.append((Bump.MAJOR, f"`{name}` is gone"))
        else:
            found += _of_quantity(before, after)
    for name, after in new.quantities.items():
        if name not in old.quantities:
            bump = Bump.MINOR if after.default is not None or after.low is None else Bump.MAJOR
            found.append((bump, f"`{name}` is new"))
    valid = [{canonical(v.condition) for v in law.validity} for law in (old, new)]
    if valid[1] - valid[0]:
        found.append((Bump.MAJOR, "a condition of `valid` is new"))
    if valid[0] - valid[1]:
        found.append((Bump.MINOR, "a condition of `valid` is gone"))
    claims = [{write_claim(claim) for claim in law.claims} for law in (old, new)]
    if claims[0] != claims[1]:
        found.append((Bump.MINOR, "the claims changed"))
    if old.status is not new.status:
        retired = Status.RETIRED in (old.status, new.status)
        found.append((Bump.MAJOR if retired else Bump.MINOR, f"it is {new.status} now"))
    if not found and _words(old) != _words(new):
        found.append((Bump.PATCH, "its words changed"))
    return found


def required_bump(old: Law, new: Law) -> Bump:
    """Return how much the version must rise between two states of a law."""
    return max((bump for bump, _ in changes(old, new)), default=Bump.NONE)


def next_version(version: str, bump: Bump) -> str:
    """Return the least version that a bump asks for: `1.2.3` becomes `1.3.0` for a minor one."""
    match = _VERSION.fullmatch(version)
    major, minor, patch = map(int, match.groups()) if match else (0, 0, 0)
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


def _bare(law: Law) -> list[object]:
    """Return what a law says without its quantities and its domain."""
    return canonical_law(replace(law, quantities={}, validity=()))


def _of_quantity(before: Quantity, after: Quantity) -> list[tuple[Bump, str]]:
    name = before.name
    units = [(q.unit.dimension, q.unit.factor, q.unit.offset) for q in (before, after)]
    if units[0] != units[1]:
        return [(Bump.MAJOR, f"the unit of `{name}` changed")]
    if (before.depends, before.kind, before.choices) != (after.depends, after.kind, after.choices):
        return [(Bump.MAJOR, f"`{name}` is another kind of quantity")]
    found: list[tuple[Bump, str]] = []
    low = [float("-inf") if q.low is None else q.low for q in (before, after)]
    high = [float("inf") if q.high is None else q.high for q in (before, after)]
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


def _words(law: Law) -> tuple[object, ...]:
    words = tuple(q.words for q in law.quantities.values())
    return law.title, law.sources, law.notes, words, len(law.examples)


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else (0, 0, 0)
