"""Keep one text for each file of a project between runs, in `.lawc/check.sqlite`.

The keeper is a convenience and never a reason to fail: where it cannot be opened, is damaged, or
holds what this user's lawc did not write, it is made anew, and where it cannot be written, nothing
is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

from lawc.diagnostics.immutable import immutable
from lawc.project.seal import own_key, seal

FOLDER = ".lawc"
NAME = "check.sqlite"
WAIT_SECONDS = 2.0
MOST_BYTES = 1 << 30
MOST_TEXT = 16 << 20
STEPS = 20_000_000
"""Steps of SQLite's machine after which a query is given up: far more than ours need."""

_TABLE = (
    "CREATE TABLE kept (path TEXT PRIMARY KEY, key TEXT NOT NULL, text TEXT NOT NULL,"
    " seal TEXT NOT NULL) WITHOUT ROWID"
)


@immutable
class Kept:
    """A text, and the key under which it holds."""

    key: str
    text: str


class Keeper(Protocol):
    """Keeps a text for each file, for a while."""

    def load(self) -> dict[str, Kept]:
        """Return what is kept, by path."""
        ...

    def store(self, fresh: Mapping[str, Kept], paths: Iterable[str]) -> None:
        """Keep texts for files, and forget all files but those with these paths."""
        ...


class Recent:
    """Keeps texts for as long as this process runs, over what another keeper keeps."""

    def __init__(self, below: Keeper | None = None) -> None:
        self._below = below
        self._kept = below.load() if below is not None else {}

    def load(self) -> dict[str, Kept]:
        """Return what is kept, by path."""
        return self._kept

    def store(self, fresh: Mapping[str, Kept], paths: Iterable[str]) -> None:
        """Keep texts for files, and forget all files but those with these paths."""
        paths = set(paths)
        if self._below is not None:
            self._below.store(fresh, paths)
        self._kept = {p: kept for p, kept in {**self._kept, **fresh}.items() if p in paths}


class Divided:
    """Keeps texts whose path begins in some way in one keeper, and all others in another."""

    def __init__(self, prefix: str, inside: Keeper, outside: Keeper) -> None:
        self._prefix = prefix
        self._inside = inside
        self._outside = outside

    def load(self) -> dict[str, Kept]:
        """Return what is kept, by path."""
        return {**self._outside.load(), **self._inside.load()}

    def store(self, fresh: Mapping[str, Kept], paths: Iterable[str]) -> None:
        """Keep texts for files, and forget all files but those with these paths."""
        paths = set(paths)
        inside = {path for path in {*paths, *fresh} if path.startswith(self._prefix)}
        for keeper, own in ((self._inside, inside), (self._outside, {*paths, *fresh} - inside)):
            keeper.store({path: fresh[path] for path in fresh.keys() & own}, paths & own)


class Cache:
    """The texts that are kept for the files of one project."""

    def __init__(self, root: Path) -> None:
        self._path = root / FOLDER / NAME
        self._secret = own_key()
        self._seen: set[str] = set()

    def load(self) -> dict[str, Kept]:
        """Return what is kept, by path; what is not ours to believe is left out."""
        if self._secret is None or not self._path.is_file():
            return {}
        try:
            with closing(self._open()) as connection:
                rows = connection.execute("SELECT path, key, text, seal FROM kept").fetchall()
        except (sqlite3.Error, OSError, ValueError, OverflowError, MemoryError) as problem:
            if not _is_busy(problem):
                self._discard()
            return {}
        kept: dict[str, Kept] = {}
        for row in rows:
            if not all(type(value) is str for value in row):
                continue
            path, key, text, sealed = row
            self._seen.add(path)
            if sealed == seal(self._secret, path, key, text):
                kept[path] = Kept(key, text)
        return kept

    def store(self, fresh: Mapping[str, Kept], paths: Iterable[str]) -> None:
        """Keep texts for files, and forget all files but those with these paths."""
        gone = self._seen.difference(paths)
        if self._secret is None or not (fresh or gone):
            return
        rows = [
            (path, kept.key, kept.text, seal(self._secret, path, kept.key, kept.text))
            for path, kept in fresh.items()
            if len(kept.text) <= MOST_TEXT
        ]
        for _ in range(2):
            try:
                with closing(self._open()) as connection, connection:
                    connection.executemany("REPLACE INTO kept VALUES (?, ?, ?, ?)", rows)
                    connection.executemany(
                        "DELETE FROM kept WHERE path = ?", [(path,) for path in gone]
                    )
            except (sqlite3.Error, OSError, ValueError, OverflowError) as problem:
                if _is_busy(problem):
                    return  # Another run keeps its own; this one is none the worse for it.
                self._discard()
            else:
                return

    def _open(self) -> sqlite3.Connection:
        """Return a connection to a database that has just our table.

        Raises:
            sqlite3.Error, OSError: There is none, and none can be made.
        """
        folder = self._path.parent
        for path in (folder, *self._files()):
            if path.is_symlink():
                raise OSError(f"{path} is a link")
        folder.mkdir(exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
            raise OSError(f"{self._path} is too large")
        connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_TEXT)
            connection.set_progress_handler(lambda: 1, STEPS)
            connection.execute("PRAGMA trusted_schema=OFF")
            found = connection.execute("SELECT sql FROM sqlite_master").fetchall()
            if not found:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1))
                connection.commit()
            elif found != [(_TABLE,)]:
                raise sqlite3.DatabaseError("this database has another form")
            connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _files(self) -> tuple[Path, ...]:
        return tuple(self._path.with_name(NAME + end) for end in ("", "-wal", "-shm", "-journal"))

    def _discard(self) -> None:
        if self._path.parent.is_symlink():
            return
        for path in self._files():
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue


def _is_busy(problem: Exception) -> bool:
    return isinstance(problem, sqlite3.OperationalError) and "locked" in str(problem)
