"""Play a page of the documentation in an empty folder: what it shows becomes what is printed.

Fences of `law`, `rule`, `csv`, `xml` and `toml` with a path are files, `diff` changes one, and
`console` holds commands. Python runs from fence to fence of a page; a fence of `text` behind one is
what it prints.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILES = ("law", "rule", "csv", "xml", "toml")


def play(page: str, folder: Path) -> str:
    """Return the page with the output of its commands and of its Python as it is printed here."""
    played: list[str] = []
    names: dict[str, object] = {}
    printed: str | None = None
    end = 0
    for fence in _FENCE.finditer(page):
        between = page[end : fence.start()]
        end = fence.end()
        kind, path, body = fence[1], fence[2].strip(), fence[3]
        answer, printed = None if between.strip() else printed, None
        shown = fence[0]
        if kind == "text" and answer is not None:
            shown = f"```text\n{answer}```"
        elif kind == "python":
            printed = executed(body, names, folder)
        elif kind in _FILES and path:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(body, encoding="utf-8")
        elif kind == "diff":
            file = folder / path
            file.write_text(changed(file.read_text(encoding="utf-8"), body), encoding="utf-8")
        elif kind == "console":
            lines = []
            for line in body.splitlines():
                if line.startswith("$ cd "):
                    folder /= line[5:]
                    lines.append(f"{line}\n")
                elif line.startswith("$ "):
                    lines.append(f"{line}\n{run(line[2:], folder)}")
            shown = f"```console\n{''.join(lines)}```"
        played += [between, shown]
    return "".join([*played, page[end:]])


def executed(body: str, names: dict[str, object], folder: Path) -> str:
    """Run some Python in a folder; return what it prints."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(body, names)  # noqa: S102
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())


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


def written(page: Path) -> None:
    """Play a page and write what is printed into it."""
    with tempfile.TemporaryDirectory() as folder:
        page.write_text(play(page.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        written(DOCS / name)
