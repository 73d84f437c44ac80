"""Let one process at a time write a folder.

The lock belongs to an open file, so the system drops it when its process ends, however it ends.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lawc.diagnostics.diagnostic import LawcError

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(
    path: Path, *, patience: float = 3600.0, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock that a file stands for.

    Args:
        path: The lock file; it is made where it is missing, and stays.
        patience: Seconds to wait for another holder.
        waiting: Called once if somebody else holds it.

    Raises:
        LawcError: Somebody else still holds it after that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + patience
        told = False
        while not _try(handle):
            if waiting is not None and not told:
                waiting()
                told = True
            if time.monotonic() > deadline:
                raise LawcError(f"another build has held {path.name} for {patience:.0f} s")
            time.sleep(0.1)
        yield
    finally:
        os.close(handle)
