"""How a module's files lie in its folder, and how a folder is replaced without a moment of loss.

A new folder is written beside the old one, forced to the disk and renamed into place. POSIX cannot
replace a folder that holds files in one step, so the old one first steps aside to `.NAME.old`; a
reader that finds no folder reads that one, and the next writer puts it back. Whatever moment a
build is killed at, one complete module can be read.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
CARD = "card.md"


def standing(folder: Path) -> Path:
    """Return the folder to read: the named one, or the old one that stepped aside for it."""
    aside = _aside(folder)
    return aside if not (folder / MANIFEST).is_file() and aside.is_dir() else folder


def recover(folder: Path) -> None:
    """Put back what an interrupted replacement left aside, and drop what it left half done."""
    aside = _aside(folder)
    if aside.is_dir():
        if (folder / MANIFEST).is_file():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
    if folder.parent.is_dir():
        for left in folder.parent.glob(f".{folder.name}.new-*"):
            shutil.rmtree(left, ignore_errors=True)


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold just these files; at every moment either all old or all new ones stand.

    One writer at a time is the caller's duty (`project.lock`).
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    fresh = folder.parent / f".{folder.name}.new-{uuid.uuid4().hex[:12]}"
    fresh.mkdir()
    try:
        for name, data in files.items():
            with (fresh / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _sync(fresh)
        if folder.exists():
            folder.rename(_aside(folder))
        fresh.rename(folder)
        _sync(folder.parent)
        shutil.rmtree(_aside(folder), ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_build_key(folder: Path) -> str | None:
    """Return the key of the module that stands in a folder, or None where none does.

    It reads text only, so that a build with nothing to do is quick.
    """
    try:
        manifest = json.loads((standing(folder) / MANIFEST).read_bytes())
        weights = standing(folder) / WEIGHTS
        complete = not manifest["weights"] or weights.is_file()
        key = manifest["build_key"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return key if complete and isinstance(key, str) else None


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.old"


def _sync(folder: Path) -> None:
    # Windows cannot open a folder; its renames are journalled anyway.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
