"""The tutorial is true: played in an empty folder, each command prints what the page shows.

`python tests/content/test_tutorial.py` plays it and writes what is printed into the page.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def play(page: str, folder: Path) -> str:
    """Return the page with the output of its commands as it is printed here."""

    here = [folder]

    def step(match: re.Match[str]) -> str:
        folder = here[0]
        kind, path, body = match[1], match[2].strip(), match[3]
        if kind == "law":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(body, encoding="utf-8")
        elif kind == "diff":
            file = folder / path
            file.write_text(changed(file.read_text(encoding="utf-8"), body), encoding="utf-8")
        elif kind == "console":
            printed = ""
            for line in body.splitlines():
                if line.startswith("$ cd "):
                    here[0] = here[0] / line[5:]
                    printed += f"{line}\n"
                elif line.startswith("$ "):
                    printed += f"{line}\n{run(line[2:], here[0])}"
            return f"```console\n{printed}```"
        return match[0]

    return _FENCE.sub(step, page)


def changed(text: str, body: str) -> str:
    """Return a text after a block of changes: lines with `-` give way to those with `+`."""
    old: list[str] = []
    new: list[str] = []
    for line in [*body.splitlines(), "-"]:
        if line.startswith("-") and new:
            before, after = "\n".join(old), "\n".join(new)
            assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times"
            text = text.replace(before, after)
            old, new = [], []
        (old if line.startswith("-") else new).append(line[1:])
    return text


def run(command: str, folder: Path) -> str:
    """Return what a command prints, on its standard output and then its standard error."""
    program, *arguments = shlex.split(command)
    assert program == "lawc"
    ran = subprocess.run(
        [sys.executable, "-m", "lawc", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    lines = (ran.stdout + ran.stderr).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def test_every_answer_on_the_page_is_what_is_printed(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    played = play(page, tmp_path)
    for shown, printed in zip(page.splitlines(), played.splitlines(), strict=False):
        assert printed == shown
    assert played == page


def test_the_page_ends_with_a_confirmed_law_without_findings(tmp_path: Path) -> None:
    play(PAGE.read_text(encoding="utf-8"), tmp_path)
    file = tmp_path / "settling" / "knowledge" / "physics" / "settling.law"
    assert "status  confirmed" in file.read_text(encoding="utf-8")
    assert run(f"lawc check {file}", tmp_path).startswith("no findings")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(play(PAGE.read_text(encoding="utf-8"), Path(name)), encoding="utf-8")
