"""What a block is called, and whether its head says what it must."""

from __future__ import annotations

import re
from functools import lru_cache

from lawc.analysis.findings import finding, listed, quoted
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair
from lawc.knowledge.law import Status
from lawc.syntax.document import Block, HeadLine
from lawc.syntax.spelling import nearest

SHELVES = ("knowledge", "rules")
SUFFIXES = (".law.md", ".rule.md", ".law", ".rule")

_STATUS = {status.value: status for status in Status}
_STATUSES = tuple(_STATUS)
_SOURCED = (Status.CONFIRMED.value, Status.EMPIRICAL.value)
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


def identity_of(path: str, name: str) -> str:
    """Return the identity of a block: `physics.mechanics.fall` for `fall` in
    `knowledge/physics/mechanics.law`.
    """
    return ".".join([*_home(path), name])


@lru_cache(maxsize=256)
def _home(path: str) -> tuple[str, ...]:
    for suffix in SUFFIXES:
        if path.endswith(suffix):
            path = path[: -len(suffix)]
            break
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return tuple(parts[1:] if len(parts) > 1 and parts[0] in SHELVES else parts)


def version_findings(block: Block) -> list[Diagnostic]:
    """Return a finding where a declared version is not three numbers."""
    version = block.version
    if version is None or _VERSION.fullmatch(version.text):
        return []
    numbers = [*re.findall(r"\d+", version.text), "0", "0", "0"][:3]
    proposal = ".".join(str(int(n[:9])) for n in numbers) if any(numbers) else "1.0.0"
    return [
        finding(
            "L0605",
            f"a version is MAJOR.MINOR.PATCH, and `{version.text}` is not",
            version.place,
            help=f"write `{block.name.text}@{proposal}`",
        )
    ]


def head_findings(block: Block) -> list[Diagnostic]:
    """Return what the head of a law lacks."""
    lines: dict[str, HeadLine] = {}
    for line in block.head:
        lines.setdefault(line.key.text, line)
    findings = []
    for key in ("title", "status"):
        if key not in lines:
            help = (
                'write `title "…"`' if key == "title" else "write `status draft`, or a higher one"
            )
            findings.append(
                finding("L0604", f"this {block.kind} has no {key}", block.name.place, help=help)
            )
    status = lines.get("status")
    if status is None or not status.value.text:
        return findings
    known = _STATUSES
    if status.value.text not in known:
        near = nearest(status.value.text.lower(), known)
        findings.append(
            finding(
                "L0604",
                f"there is no status `{status.value.text}`",
                status.value.place,
                f"did you mean `{near}`?" if near else "",
                help=f"a {block.kind} is {listed(known, 'or')}",
                repairs=(Repair(status.value.place, near, f"write `{near}`"),) if near else (),
            )
        )
    elif status.value.text in _SOURCED and "source" not in lines:
        findings.append(
            finding(
                "L0604",
                f"a {block.kind} with the status `{status.value.text}` needs a source",
                block.name.place,
                f"this {block.kind} names none",
                others=[(status.value.place, "the status")],
                help='write `source "author, title, year"`, or the status `draft`',
            )
        )
    return findings


def status_of(block: Block) -> Status | None:
    """Return the declared status, or None where it is missing or unknown."""
    line = _first(block.head, "status")
    return _STATUS.get(line.value.text) if line is not None else None


def head_of(block: Block) -> tuple[tuple[str, str, int, int], ...]:
    """Return what a head says of version, status and succession: a word, a text, its place."""
    lines = [
        (line.key.text, line.value)
        for line in block.head
        if line.key.text in ("status", "supersedes", "successor")
    ]
    if block.version is not None:
        lines.append(("version", block.version))
    return tuple((key, word.text, at.start, at.end) for key, word in lines for at in (word.place,))


def head_texts(block: Block) -> dict[str, tuple[str, ...]]:
    """Return the values of all head lines, by their key."""
    texts: dict[str, tuple[str, ...]] = {}
    for line in block.head:
        key = line.key.text
        texts[key] = (*texts.get(key, ()), line.value.text)
    return texts


def twice_named(identity: str, place: Place, earlier: Place) -> Diagnostic:
    """Return the finding about two blocks with one identity."""
    return finding(
        "L0601",
        f"the identity `{identity}` is given twice",
        place,
        "here again",
        others=[(earlier, "first here")],
        help="give one of them another name; versions of a law follow each other, they do not "
        "stand side by side",
    )


def says_the_same(law: tuple[str, Place], earlier: tuple[str, Place]) -> Diagnostic:
    """Return the finding about a law that says what an earlier one says."""
    return finding(
        "L0601",
        f"{' and '.join(quoted((earlier[0], law[0])))} say the same",
        law[1],
        "equal in equations, units, domain and conditions",
        others=[(earlier[1], "first here")],
        help="keep one of them",
    )


def _first(head: tuple[HeadLine, ...], key: str) -> HeadLine | None:
    for line in head:
        if line.key.text == key:
            return line
    return None
