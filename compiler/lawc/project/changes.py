"""Notice that files of knowledge change, by looking at them again and again.

A look costs some microseconds a file, works on every file system, and needs nothing installed.
Files that are being written are let finish: a change counts once two looks in a row agree.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lawc.project.shelves import KNOWLEDGE_SUFFIXES, RECORD

PAUSE = 0.15
"""Seconds between two looks."""

SETTLED = 0.06
"""Seconds after which a file that was written is taken to be complete."""

PATIENCE = 1.0
"""Seconds after which files count as they are, though they never settle."""

Look = dict[str, tuple[int, int, int]]


def look(paths: Sequence[Path]) -> Look:
    """Return what tells whether a knowledge file at or below these paths is still the same."""
    found: Look = {}
    for path in paths:
        if path.is_dir():
            _below(str(path), found)
        else:
            _stamp(str(path), found)
    return found


def next_change(
    paths: Sequence[Path], before: Look, sleep: Callable[[float], None] = time.sleep
) -> Look:
    """Wait until a file has changed, appeared or gone, and return what is there then."""
    while True:
        started = time.monotonic()
        if look(paths) != before:
            return settled(paths, sleep)
        # A large project is looked at less often, so that watching costs little.
        sleep(max(PAUSE, min(0.4, 10 * (time.monotonic() - started))))


def settled(paths: Sequence[Path], sleep: Callable[[float], None] = time.sleep) -> Look:
    """Return what is there once nobody is writing any more."""
    deadline = time.monotonic() + PATIENCE
    now = look(paths)
    while time.monotonic() < deadline:
        sleep(SETTLED)
        before, now = now, look(paths)
        newest = max((changed for changed, _, _ in now.values()), default=0)
        # A second change within one tick of the clock of the file system leaves no trace.
        if now == before and not 0 <= time.time_ns() - newest < SETTLED * 1e9:
            break
    return now


def _below(folder: str, found: Look) -> None:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                _below(entry.path, found)
            elif entry.name.endswith((*KNOWLEDGE_SUFFIXES, RECORD)) and not entry.is_symlink():
                status = entry.stat(follow_symlinks=False)
                found[entry.path] = status.st_mtime_ns, status.st_size, status.st_ino
        except OSError:
            continue


def _stamp(path: str, found: Look) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return
    found[path] = status.st_mtime_ns, status.st_size, status.st_ino
