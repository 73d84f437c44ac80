"""Keep a section of RESULTS.md."""

from __future__ import annotations

from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def keep(heading: str, text: str, path: Path = RESULTS) -> None:
    """Put a section in the place of the one with this heading, or at the end."""
    whole = path.read_text(encoding="utf-8")
    before, _, after = f"\n{whole}".partition(f"\n{heading}\n")
    _, found, rest = after.partition("\n## ")
    behind = f"\n## {rest}" if found else ""
    section = f"{heading}\n\n{text.strip()}\n"
    path.write_text(f"{before.strip()}\n\n{section}{behind}", encoding="utf-8")
