"""Mutation scores: what the checks of a law are worth, and where that is remembered.

A score belongs to what a law and its checks say, so it is remembered by digest: in `.lawc/` of a
project, and for the laws that ship with lawc in `knowledge/mutation.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Severity
from lawc.knowledge.law import Law
from lawc.project import shelves

REVISION = 1
"""Raised when other mutants are made, or judged in another way, than before."""

GOAL = 0.95
"""What a confirmed law that ships must reach."""

MEMORY = "mutation.json"
MAX_REMEMBERED = 10_000


class Fate(StrEnum):
    """What became of a mutant."""

    CHECKER = "checker"
    EXAMPLE = "example"
    CLAIM = "claim"
    EQUIVALENT = "equivalent"
    TIME = "out of time"
    BROKEN = "not judged"
    SURVIVED = "survived"


KILLED = (Fate.CHECKER, Fate.EXAMPLE, Fate.CLAIM)


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant.

    Attributes:
        number: Of the mutant, in the order of the law's text.
        kind: What was done, in words.
        text: The slip in one line.
        start, end: Its place in the source.
        fate: Who noticed.
        by: The code of a finding, or the example or claim that failed.
    """

    number: int
    kind: str
    text: str
    start: int
    end: int
    fate: Fate
    by: str = ""


@dataclass(frozen=True)
class Score:
    """The mutation score of a law.

    Attributes:
        law: Identity.
        path: Of its source, as shown.
        verdicts: One for each mutant, in the order of the text.
        advice: What would kill survivors, in sentences; an example that is proposed is to be
            worked out by another route before it is written down.
    """

    law: str
    path: str
    verdicts: tuple[Verdict, ...]
    advice: tuple[str, ...] = ()

    def count(self, *fates: Fate, kind: str | None = None) -> int:
        """Return how many mutants had one of these fates; all where none is named."""
        return sum((not fates or v.fate in fates) and kind in (None, v.kind) for v in self.verdicts)

    @property
    def counted(self) -> int:
        """Mutants that say something else than the law."""
        return self.count() - self.count(Fate.EQUIVALENT)

    @property
    def share(self) -> float:
        """Killed mutants of those that say something else; one where there are none."""
        return self.count(*KILLED) / self.counted if self.counted else 1.0

    @property
    def strict_share(self) -> float:
        """The same without symbols of another dimension, which dimensions nearly always see."""
        kept = [v for v in self.verdicts if v.kind != "symbol of another dimension"]
        return replace(self, verdicts=tuple(kept)).share if kept else 1.0

    @property
    def by_dimensions(self) -> float:
        """Which share the checker alone finds."""
        return self.count(Fate.CHECKER) / self.counted if self.counted else 1.0

    @property
    def survivors(self) -> tuple[Verdict, ...]:
        """Mutants that nothing noticed."""
        return tuple(v for v in self.verdicts if v.fate is Fate.SURVIVED)

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain values; killed mutants are counted only."""
        kept = [asdict(v) for v in self.verdicts if v.fate not in KILLED]
        killed: dict[str, dict[str, int]] = {}
        for v in self.verdicts:
            if v.fate in KILLED:
                fates = killed.setdefault(v.kind, {})
                fates[v.fate] = fates.get(v.fate, 0) + 1
        return {
            "law": self.law,
            "path": self.path,
            "score": round(self.share, 4),
            "killed": killed,
            "others": kept,
            "advice": list(self.advice),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Score:
        """Return a score as it was written down; the texts of killed mutants are not kept.

        Raises:
            ValueError, KeyError, TypeError: It is no score.
        """
        others = [Verdict(**{**v, "fate": Fate(v["fate"])}) for v in data["others"]]
        killed = [
            Verdict(-1, kind, "", 0, 0, Fate(fate))
            for kind, fates in data["killed"].items()
            for fate, count in fates.items()
            for _ in range(min(int(count), MAX_REMEMBERED))
        ]
        return cls(data["law"], data["path"], (*killed, *others), tuple(data["advice"]))


def survivors_found(score: Score) -> tuple[Diagnostic, ...]:
    """Return L0504 for each place of a law at which slips would go unnoticed."""
    places: dict[tuple[int, int], list[Verdict]] = {}
    for verdict in score.survivors:
        places.setdefault((verdict.start, verdict.end), []).append(verdict)
    return tuple(
        Diagnostic(
            "L0504",
            "a slip here would go unnoticed",
            (Label(Place(score.path, *place), found[0].text),),
            notes=(*(f"nor would it be noticed if {other.text}" for other in found[1:]),),
            severity=Severity.WARNING,
        )
        for place, found in places.items()
    )


def score_of(law: Law, root: Path | None = None) -> Score | None:
    """Return the remembered score of a law, None where its mutants were not judged.

    Args:
        law: As it stands now; a score of an earlier text does not count.
        root: The project; by default the one around the current folder. Scores of laws that
            ship with lawc are known without one.
    """
    return Memory(root or shelves.find_root(Path.cwd())).score_of(law)


class Memory:
    """Scores by what laws say, of a project and of the library."""

    def __init__(self, root: Path | None) -> None:
        self._file = root / ".lawc" / MEMORY if root is not None else None
        shipped = shelves.library() / "knowledge" / MEMORY
        self._shipped = _read(shipped)
        self._own = _read(self._file) if self._file is not None else {}

    def score_of(self, law: Law) -> Score | None:
        """Return the remembered score of a law, None where there is none."""
        key = key_of(law)
        for scores in (self._own, self._shipped):
            try:
                return Score.from_json(scores[key])
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
        return None

    def remember(self, pairs: Iterable[tuple[Law, Score]]) -> None:
        """Write scores down in the project, the latest last."""
        for law, score in pairs:
            key = key_of(law)
            self._own.pop(key, None)
            self._own[key] = score.to_json()
        if self._file is not None:
            kept = list(self._own.items())[-MAX_REMEMBERED:]
            # A project that cannot be written to is judged anew each time.
            write_scores(self._file, dict(kept))


def write_scores(path: Path, scores: Mapping[str, Any]) -> None:
    """Write scores by key to a file, in one step; nothing where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(scores, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return


def key_of(law: Law) -> str:
    """Return what a score belongs to: all that a law and its checks say."""
    said = [replace(claim, place=None) for claim in law.claims]
    worked = [replace(example, place=None) for example in law.examples]
    text = f"{REVISION}\n{law.identity}\n{law.digest}\n{said!r}\n{worked!r}"
    return hashlib.sha256(text.encode()).hexdigest()


def _read(file: Traversable) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
