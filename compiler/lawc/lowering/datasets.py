"""Data sets of any length: rows made, written and sealed a group at a time.

A group is a file of its own beside the one to be, noted in a journal once it is on the disk. So
whatever ends the process, what is noted is whole; the same call goes on behind it and ends with
the same bytes as one that was never stopped. The groups become one file at the end, by a rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from platform import machine
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.lowering.columns import Columns
from lawc.lowering.parquet import Heading, read_heading, read_table, write_groups, write_table
from lawc.lowering.program import Program
from lawc.lowering.sampler import Array, stream
from lawc.native.compiling import available
from lawc.project.lock import locked
from lawc.project.writing import write_whole

Progress = Callable[[int], None]
"""Called with the number of rows that are done."""

# A group is what a stopped run loses, and what memory has to hold.
_GROUP = 1 << 18
_GROUP_OF_COURSES = 1 << 14
_SEALED = "sealed.json"
_JOURNAL = "journal"
_COMPARED = (
    "law", "version", "digest", "signature", "as_of", "sample", "kind", "seed", "rows", "lawc",
    "numerics",
)  # fmt: skip


class GroupedSet(ABC):
    """Rows that are made a group at a time, and the file that they go to."""

    rows: int

    @property
    @abstractmethod
    def heading(self) -> Heading:
        """Columns, units, and what they are made from."""

    @abstractmethod
    def parts(self, start: int = 0, done: int = 0) -> Iterator[tuple[Mapping[str, Any], int]]:
        """Yield groups of rows, and where the next one begins, as a group before said.

        Args:
            start: Where to begin.
            done: How many rows stand before it.
        """

    def write(self, path: Path, progress: Progress | None = None, *, anew: bool = False) -> int:
        """Write the set to a Parquet file and return how many rows an earlier call had done.

        Args:
            path: The file; a folder beside it holds what is done until all is.
            progress: Called as rows are done.
            anew: Whether to drop what an earlier call left, the file included.

        Raises:
            LawcError: The file, or what is left of an earlier call, is of another set; the text
                says what differs. Or another process writes it, or the disk is full.
        """
        told = progress or (lambda _: None)
        heading = self.heading
        folder = path.with_name(f".{path.name}.parts")
        if path.exists() and not anew:
            _same(path, read_heading(path).about, heading.about)
            shutil.rmtree(folder, ignore_errors=True)
            told(self.rows)
            return self.rows

        def busy() -> None:
            raise LawcError(f"another process writes {path}")

        try:
            with locked(folder / "lock", waiting=busy):
                if anew:
                    # Under the lock: parts of a process that still writes are not ours to drop.
                    path.unlink(missing_ok=True)
                    _drop(folder, {"lock"})
                return self._write(path, folder, heading, told)
        except OSError as problem:
            raise LawcError(f"{path} cannot be written: {problem.strerror or problem}") from problem

    def _write(self, path: Path, folder: Path, heading: Heading, told: Progress) -> int:
        parts = _begin(folder, path, heading)
        partly = replace(heading, about={k: v for k, v in heading.about.items() if k != "rows"})
        before = done = sum(part.rows for part in parts)
        told(done)
        start = parts[-1].following if parts else 0
        with (folder / _JOURNAL).open("ab") as journal:
            for arrays, following in self.parts(start, done):
                name = _part_name(len(parts))
                write_table(folder / name, partly, arrays)
                rows = len(next(iter(arrays.values())))
                part = Part(rows, following, _digest(folder / name))
                journal.write(part.line().encode())
                journal.flush()
                os.fsync(journal.fileno())
                parts.append(part)
                done += part.rows
                told(done)
        files = (folder / _part_name(number) for number in range(len(parts)))
        write_groups(path, heading, (_values(file) for file in files))
        shutil.rmtree(folder, ignore_errors=True)
        return before


@dataclass(frozen=True)
class DataSet(GroupedSet):
    """Rows of a program with the answers of its reference, and the file that they go to.

    Attributes:
        program: Whose inputs are sampled and answered.
        rows: How many.
        seed: Of the sampler.
        what: `domain` for scrambled Sobol points, `iid` for independent random ones.
    """

    program: Program
    rows: int
    seed: int = 0
    what: str = "domain"

    @property
    def group(self) -> int:
        """How many rows are made and written at once."""
        return _GROUP if self.program.variable is None else _GROUP_OF_COURSES

    @property
    def heading(self) -> Heading:
        """Columns, units, and what they are made from."""
        quantities = [*self.program.inputs, *self.program.outputs]
        about = self.program.lineage(
            kind=self.what,
            seed=self.seed,
            rows=self.rows,
            reference=self.program.kind,
            numerics=numerics(),
        )
        return Heading(
            {q.name: q.unit.text for q in quantities},
            about,
            {q.name: q.words for q in quantities if q.words},
        )

    def parts(self, start: int = 0, done: int = 0) -> Iterator[tuple[Mapping[str, Any], int]]:
        """Yield groups of rows as arrays; see `groups`."""
        for columns, following in self.groups(start, done):
            yield columns.arrays, following

    def groups(self, start: int = 0, done: int = 0) -> Iterator[tuple[Columns, int]]:
        """Yield groups of rows, and where in the sequence of points the next one begins.

        Args:
            start: Where to begin, as a group before said.
            done: How many rows stand before it.

        Raises:
            CompileError: An input has no declared range, or there is no input.
            DomainError: A row has no answer.
        """
        names = self.program.signature.inputs
        rest = {name: np.empty(0) for name in names}
        places = np.empty(0, dtype=np.int64)
        source = stream(self.program.plan, self.seed, what=self.what, start=start)
        while done < self.rows:
            size = min(self.group, self.rows - done)
            parts, where = [rest], [places]
            have = len(places)
            while have < size:
                drawn, point = next(source)
                parts.append(drawn)
                where.append(point)
                have += len(point)
            rest = {name: np.concatenate([part[name] for part in parts]) for name in names}
            places = np.concatenate(where)
            inputs = self.program.columns({name: rest[name][:size] for name in names})
            following = int(places[size - 1]) + 1
            rest, places = {name: rest[name][size:] for name in names}, places[size:]
            done += size
            yield inputs | self.program.reference(inputs), following


@dataclass(frozen=True)
class Part:
    """One group on the disk.

    Attributes:
        rows: How many.
        following: Where in the sequence of points the next group begins.
        digest: Of its file.
    """

    rows: int
    following: int
    digest: str

    def line(self) -> str:
        """Return it as a line of the journal."""
        return f"{self.rows} {self.following} {self.digest}\n"


def _begin(folder: Path, path: Path, heading: Heading) -> list[Part]:
    """Return the parts that are there, whole and noted; whatever else is there goes."""
    sealed = folder / _SEALED
    about = {key: heading.about[key] for key in _COMPARED if key in heading.about}
    if sealed.exists():
        try:
            found = json.loads(sealed.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise LawcError(f"{sealed} is damaged; --anew begins again")
        _same(path, found, about)
    parts = _noted(folder) if sealed.exists() else []
    for number, part in enumerate(parts):
        file = folder / _part_name(number)
        if not file.is_file() or _digest(file) != part.digest:
            parts = parts[:number]
            break
    kept = {_part_name(number) for number in range(len(parts))}
    _drop(folder, {*kept, _SEALED, "lock"})
    write_whole(folder / _JOURNAL, "".join(part.line() for part in parts))
    if not sealed.exists():
        write_whole(sealed, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    return parts


def _drop(folder: Path, kept: Container[str]) -> None:
    for file in folder.iterdir():
        if file.name not in kept:
            file.unlink()


def _noted(folder: Path) -> list[Part]:
    """Return what the journal says, up to a line that was not written to its end."""
    parts: list[Part] = []
    try:
        text = (folder / _JOURNAL).read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return parts
    for line in text.splitlines(keepends=True):
        words = line.split()
        if not line.endswith("\n") or len(words) != 3 or len(words[2]) != 64:
            break
        if not all(word.isdecimal() and len(word) < 20 for word in words[:2]):
            break
        parts.append(Part(int(words[0]), int(words[1]), words[2]))
    return parts


def _same(path: Path, found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    differing = [
        f"{key} {found.get(key, 'none')} there, {wanted[key]} here"
        for key in _COMPARED
        if key in wanted and str(found.get(key)) != str(wanted[key])
    ]
    if differing:
        raise LawcError(
            f"{path} was begun as another data set: {'; '.join(differing)}: name another file, "
            "or say --anew to drop what is there"
        )


def numerics() -> str:
    """Return what the last bit of an answer rests on."""
    by = "C" if available() else "no C"
    return f"numpy {np.__version__}, scipy {version('scipy')}, {by} on {machine()}"


def _values(file: Path) -> dict[str, Array]:
    return read_table(file)[1]


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _part_name(number: int) -> str:
    return f"part-{number:06d}.parquet"
