"""Which law replaces which: `supersedes` and `successor`, over the blocks of all files.

A law may replace an older version of itself, which stands no longer beside it. What is retired
says what to use instead, or is superseded by a law that says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from lawc.analysis.findings import finding, listed, quoted, warning
from lawc.analysis.register import Entry
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.spelling import nearest

_VERSION = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


def check_succession(
    entries: Mapping[str, Entry], beyond: Collection[str] = ()
) -> list[Diagnostic]:
    """Return what is wrong with what laws say of the laws before and behind them.

    Args:
        entries: Of the blocks that were read together, by identity.
        beyond: Identities of laws that were known before.
    """
    known = [key for key, entry in entries.items() if entry.kind in ("law", "rule", "system")]
    known += [key for key in beyond if key not in entries]
    findings: list[Diagnostic] = []
    newer: dict[str, str] = {}
    for key, entry in entries.items():
        for text, place in _lines(entry, "supersedes"):
            identity, _, version = text.partition("@")
            found = _find(identity, known)
            if len(found) != 1:
                findings.append(_unknown("L0608", identity, place, found, known))
            elif found[0] == key:
                findings += _itself(entry, version, place)
            else:
                newer.setdefault(found[0], key)
                findings += _older(entries.get(found[0]), key, version, place)
    findings += _circles(newer, entries)
    for entry in entries.values():
        if any(line[1] == "retired" and line[0] == "status" for line in entry.head):
            findings += _retired(entry, entries, newer, known)
    return findings


def _lines(entry: Entry, key: str) -> Iterable[tuple[str, Place]]:
    for word, text, start, end in entry.head:
        if word == key:
            yield text, Place(entry.path, start, end)


def _find(identity: str, known: Collection[str]) -> tuple[str, ...]:
    if identity in known:
        return (identity,)
    return tuple(key for key in known if key.endswith("." + identity))


def _unknown(
    code: str, identity: str, place: Place, found: tuple[str, ...], known: Collection[str]
) -> Diagnostic:
    if found:
        return finding(
            code,
            f"more than one law is called `{identity}`",
            place,
            help=f"write one of {listed(quoted(sorted(found)[:4]), 'or')}",
        )
    endings = {key.rpartition(".")[2]: key for key in sorted(known)}
    near = nearest(identity, tuple(known)) or endings.get(
        nearest(identity.rpartition(".")[2], tuple(endings)) or ""
    )
    return finding(
        code,
        f"there is no law `{identity}`",
        place,
        help=f"did you mean `{near}`?"
        if near
        else "write the identity of a law, such as `physics.mechanics.free-fall`",
    )


def _itself(entry: Entry, version: str, place: Place) -> list[Diagnostic]:
    own = next((text for word, text, _, _ in entry.head if word == "version"), "")
    if version and (not own or _numbers(version) < _numbers(own)):
        return []
    name = entry.identity.rpartition(".")[2]
    return [
        finding(
            "L0608",
            f"`{name}` supersedes itself",
            place,
            f"this is version {own}" if own else "",
            help="name an older version of it, or remove the line",
        )
    ]


def _older(old: Entry | None, key: str, version: str, place: Place) -> list[Diagnostic]:
    """Return a finding where the law that is replaced has no such version, or is still in force."""
    if old is None:
        return []
    own = next((text for word, text, _, _ in old.head if word == "version"), "")
    if version and own and _numbers(version) > (*_numbers(own), 0, 0)[:3]:
        return [
            finding(
                "L0608",
                f"there is no version {version} of `{old.identity}`",
                place,
                others=[(old.place, f"version {own}")],
                help=f"write `{old.identity}@{own}`",
            )
        ]
    status = next((text for word, text, _, _ in old.head if word == "status"), "")
    if status in ("", "retired"):
        return []
    return [
        warning(
            "L0608",
            f"`{old.identity}` is superseded and still `{status}`",
            old.place,
            help=f"write `status retired` there, and `successor {key}`",
        )
    ]


def _circles(newer: Mapping[str, str], entries: Mapping[str, Entry]) -> list[Diagnostic]:
    findings: list[Diagnostic] = []
    seen: set[str] = set()
    for start in newer:
        path = [start]
        while path[-1] in newer and newer[path[-1]] not in path and path[-1] not in seen:
            path.append(newer[path[-1]])
        end = newer.get(path[-1])
        if end in path and path[-1] not in seen:
            circle = path[path.index(end) :]
            seen.update(circle)
            places = [entries[key].place for key in circle if key in entries]
            findings.append(
                finding(
                    "L0608",
                    f"{listed(quoted(circle))} supersede each other",
                    places[0],
                    others=[(place, "") for place in places[1:]],
                    help="remove `supersedes` from the older one",
                )
            )
        seen.update(path)
    return findings


def _retired(
    entry: Entry, entries: Mapping[str, Entry], newer: Mapping[str, str], known: Collection[str]
) -> list[Diagnostic]:
    lines = list(_lines(entry, "successor"))
    if not lines and entry.identity not in newer:
        place = next(place for _, place in _lines(entry, "status"))
        return [
            finding(
                "L0609",
                f"`{entry.identity}` is retired and names no successor",
                place,
                help="write `successor ID` in its head, or `supersedes` in that of the new law",
            )
        ]
    findings = []
    for text, place in lines:
        identity = text.partition("@")[0]
        found = _find(identity, known)
        if len(found) != 1:
            findings.append(_unknown("L0609", identity, place, found, known))
        elif found[0] == entry.identity:
            findings.append(
                finding(
                    "L0609",
                    "a law is not its own successor",
                    place,
                    help="name the law that is used instead",
                )
            )
        elif _leads_back(entry.identity, found[0], entries, known):
            findings.append(
                finding(
                    "L0609",
                    f"`{found[0]}` is retired too, and leads back here",
                    place,
                    help="name a law that is in force",
                )
            )
    return findings


def _leads_back(
    start: str, onward: str, entries: Mapping[str, Entry], known: Collection[str]
) -> bool:
    seen = {start}
    while onward not in seen:
        seen.add(onward)
        entry = entries.get(onward)
        lines = list(_lines(entry, "successor")) if entry is not None else []
        found = _find(lines[0][0].partition("@")[0], known) if lines else ()
        if len(found) != 1:
            return False
        onward = found[0]
    return onward == start


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.match(version)
    return tuple(int(part or 0) for part in match.groups()) if match else (0, 0, 0)
