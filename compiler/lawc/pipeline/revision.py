"""Say which compiler this is, so that what another one found is not taken for its own."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

ROOMS = (
    *("diagnostics", "units", "project", "decision"),
    *("syntax", "knowledge", "analysis", "pipeline"),
)
"""What a verdict depends on."""

_DATA = (".py", ".lark", ".txt", ".toml", ".json")


@cache
def revision() -> str:
    """Return the digest of all files that decide what a check finds, and of what runs them."""
    made = sha256(f"{sys.version_info[:2]} {unicodedata.unidata_version}".encode())
    for room in ROOMS:
        for name, file in sorted(_below(files("lawc").joinpath(room), room)):
            made.update(f"\n{name}\n".encode())
            made.update(file.read_bytes())
    return made.hexdigest()


def _below(folder: Traversable, shown: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.name.endswith(_DATA):
            found.append((f"{shown}/{entry.name}", entry))
        elif entry.is_dir() and not entry.name.startswith("__"):
            found += _below(entry, f"{shown}/{entry.name}")
    return found
