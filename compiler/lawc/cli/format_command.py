"""Write laws in the one layout: columns, spacing, continued lines; comments stay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lawc.diagnostics.diagnostic import LawcError
from lawc.project import shelves
from lawc.project.writing import write_whole
from lawc.syntax.formatting import Formatted, formatted
from lawc.syntax.parsing import read_source


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders; the project around here if left out."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which files would change.")
    ] = False,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="From standard input to standard output.")
    ] = False,
) -> None:
    """Format laws.

    Raises:
        LawcError: There is no such file, or it cannot be written.
    """
    if stdin:
        name = paths[0].as_posix() if paths else "standard-input.law"
        result, before = _read(name, sys.stdin.buffer.read())
        _tell(name, result)
        if not check:
            sys.stdout.write(result.text)
        if result.refusal or (check and result.text != before):
            raise typer.Exit(1)
        return
    root = shelves.find_root(paths[0] if paths else Path.cwd())
    if not paths:
        if root is None:
            raise LawcError("there is no project here; name a file or a folder")
        paths = shelves.written_shelves(root)
    changed, refused, same = 0, 0, 0
    for shown, file in (pair for path in paths for pair in shelves.files_at(path, root)):
        result, before = _read(shown, file.read_bytes())
        _tell(shown, result)
        if result.refusal:
            refused += 1
        elif result.text == before:
            same += 1
        else:
            changed += 1
            print(f"{'would change' if check else 'formatted'} {shown}")
            if not check and isinstance(file, Path):
                write_whole(file.resolve(), result.text)
    word = "would change" if check else "formatted"
    print(f"{changed} {word}, {same} as they should be, {refused} left alone")
    if refused or (check and changed):
        raise typer.Exit(1)


def _read(shown: str, data: bytes) -> tuple[Formatted, str]:
    """Return a text in its layout, and as it was."""
    source, findings = read_source(shown, data)
    if source is None or findings:
        text = data.decode("utf-8", errors="replace")
        return Formatted(text, "it is not UTF-8 text in the normal form NFC"), text
    # Other line ends and a byte order mark are changes too.
    return formatted(source), data.decode("utf-8")


def _tell(shown: str, result: Formatted) -> None:
    if result.refusal:
        print(f"left alone {shown}: {result.refusal}", file=sys.stderr)
    elif result.unread:
        lines = "a line that" if result.unread == 1 else f"{result.unread} lines that"
        print(f"note {shown}: {lines} cannot be read: left as typed", file=sys.stderr)
