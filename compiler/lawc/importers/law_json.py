"""Take back laws that `lawc export` wrote as JSON; nothing is lost on the way."""

from __future__ import annotations

from lawc.export.json_form import SCHEMA_ID
from lawc.export.json_reading import UnfitError, read_json
from lawc.importers.imported import Imported, ImportRefusedError


def looks_like_laws(start: bytes) -> bool:
    """Return whether a file begins like laws in the JSON form."""
    return start.startswith(b"{") and SCHEMA_ID.rpartition(":")[0].encode() in start


def read_laws(name: str, data: bytes) -> Imported:
    """Return the text of laws in the JSON form.

    Raises:
        ImportRefusedError: The file is not in the form.
        CheckError: A formula in it cannot be read.
    """
    try:
        return Imported(read_json(name, data)[1])
    except UnfitError as problem:
        raise ImportRefusedError(str(problem)) from None
