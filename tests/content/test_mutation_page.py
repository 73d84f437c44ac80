"""What the page on mutation scores shows is what lawc prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"


def printed(folder: Path, law: str) -> str:
    file = folder / "knowledge" / "physics" / "thrown.law"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(law, encoding="utf-8")
    command = [sys.executable, "-m", "lawc", "test", "--mutants", "knowledge/physics/thrown.law"]
    return subprocess.run([*command, "-j", "1"], cwd=folder, capture_output=True, text=True).stdout


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    blocks = re.findall(r"```(?:law)?\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    law, before, after = blocks[:3]
    shown = printed(tmp_path, law)
    assert shown.split() == before.split()
    given = re.search(r"`example: h = … \[m\] (given [^`]*)`", shown)
    assert given is not None
    better = f"{law}    example: h = -63.6 [m] within 1e-9 {given[1]}\n"
    assert printed(tmp_path, better).split() == after.split()
