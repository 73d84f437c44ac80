"""Find what a misspelled unit may have been meant to be."""

from __future__ import annotations

import re

from lawc.units.table import entries, spellings

MOST = 3


def near_spellings(name: str) -> tuple[str, ...]:
    """Return up to three spellings close to an unknown one, the likeliest first."""
    found = [*_with_power(name)]
    if name.startswith("K") and "k" + name[1:] in spellings():
        found.append("k" + name[1:])
    found += [*_as_product(name), *_other_case(name), *_by_distance(name)]
    return tuple(dict.fromkeys(found))[:MOST]


def _with_power(name: str) -> list[str]:
    parts = re.fullmatch(r"([^\W\d]+?)([2-9])", name)
    return [f"{parts[1]}^{parts[2]}"] if parts and parts[1] in spellings() else []


def _as_product(name: str) -> list[str]:
    """`Nm` is not a unit of the list, but `N` and `m` are; of all splits the shortest tail."""
    usual = {entry.symbols[0] for entry in entries()} | {"kg", "kPa", "mm", "cm", "km", "kN"}
    if name.islower() or len(name) > 5:
        return []
    for cut in range(len(name) - 1, 0, -1):
        if name[:cut] in usual and name[cut:] in usual:
            return [f"{name[:cut]}*{name[cut:]}"]
    return []


def _other_case(name: str) -> list[str]:
    folded = name.casefold()
    return [known for known in spellings() if known.casefold() == folded]


def _by_distance(name: str) -> list[str]:
    # Among names of one or two letters everything is near to everything.
    if len(name) < 3:
        return []
    limit = 1 if len(name) < 6 else 2
    bare = {known for entry in entries() for known in entry.symbols + entry.names}
    scored = [
        (distance, known not in bare, abs(len(known) - len(name)), known)
        for known in spellings()
        if len(known) >= 2
        and abs(len(known) - len(name)) <= limit
        and len(set(known) ^ set(name)) <= 2 * limit
        and (distance := edits(name, known)) <= limit
    ]
    return [known for *_, known in sorted(scored)]


def edits(left: str, right: str) -> int:
    """Return how many letters are to be changed, put in, left out or swapped with a neighbour."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, before = before, row
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                best = min(best, above[j - 2] + 1)
            row.append(best)
    return row[-1]
