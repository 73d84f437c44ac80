"""Write a file whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from lawc.diagnostics.diagnostic import LawcError


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8, so that a killed process leaves the old file or the new one.

    Raises:
        LawcError: The file cannot be written.
    """
    with whole(path) as fresh, fresh.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write beside a path; it takes the path's place where nothing went wrong.

    Raises:
        LawcError: The file cannot be written.
    """
    fresh = ""
    try:
        handle, fresh = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        yield Path(fresh)
        if path.exists():
            shutil.copymode(path, fresh)
        else:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(fresh, 0o666 & ~mask)
        os.replace(fresh, path)
    except OSError as problem:
        reason = problem.strerror or problem
        raise LawcError(f"{path} cannot be written: {reason}") from problem
    finally:
        if fresh:
            with suppress(OSError):
                os.unlink(fresh)
