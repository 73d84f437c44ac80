"""Keep what has been published of a project, in `knowledge/versions.json`.

The file is written when somebody asks for it, and belongs to the project as its laws do: it says
what a version has meant to those who use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.analysis.recorded import MAX_BYTES, UNRECORDED, Record, read_record
from lawc.analysis.register import Entry, Read
from lawc.analysis.versions import declared
from lawc.diagnostics.diagnostic import LawcError
from lawc.project.shelves import RECORD
from lawc.project.writing import write_whole

SHOWN = f"knowledge/{RECORD}"


def published(root: Traversable | None) -> Record:
    """Return the record of a project; an empty one where there is none.

    Raises:
        LawcError: The file is no record, or a link.
    """
    file = root / "knowledge" / RECORD if root is not None else None
    if file is None:
        return UNRECORDED
    if isinstance(file, Path):
        if file.is_symlink():
            raise LawcError(f"{SHOWN} is a symbolic link, and none is followed")
        if not file.exists():
            return UNRECORDED
        # A pipe or a device may bear the name; reading one could wait for ever.
        if not file.is_file():
            raise LawcError(f"{SHOWN} is no file")
        if file.stat().st_size > MAX_BYTES:
            raise LawcError(f"{SHOWN} has more than {MAX_BYTES} bytes")
    elif not file.is_file():
        return UNRECORDED
    try:
        return read_record(file.read_bytes(), SHOWN)
    except OSError as problem:
        raise LawcError(f"{SHOWN} cannot be read: {problem.strerror}") from problem


def publish(
    root: Path,
    entries: Mapping[str, Entry],
    read: Read,
) -> int:
    """Record laws as they are now, and return how many of them stood otherwise in the record.

    Drafts and laws without a version are not published. What was published and is no more stays in
    the record, so that its identity does not come back with a lower version.

    Args:
        root: Of the project.
        entries: Of laws in which the check found nothing that forbids it, by identity.
        read: Returns laws in full, by identity.

    Raises:
        LawcError: The record cannot be read or written.
    """
    record = published(root)
    todo = [
        identity
        for identity, entry in entries.items()
        if entry.mark
        and declared(entry)[0]
        and not record.is_as(identity, declared(entry)[0], entry.mark)
    ]
    if todo:
        write_whole(root / "knowledge" / RECORD, record.with_laws(read(todo)).text())
    return len(todo)
