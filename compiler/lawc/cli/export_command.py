"""Write laws in another format: as JSON, from which `lawc import` makes the same laws again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lawc.diagnostics.diagnostic import CheckError, LawcError
from lawc.diagnostics.frame import render
from lawc.export.formats import FORMATS, schema_text
from lawc.project import shelves
from lawc.project.writing import write_whole
from lawc.syntax.parsing import parse, read_source


def command(
    file: Annotated[
        Path | None, typer.Argument(help="A .law or .rule file, or a page of one.")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="The format: json.")] = "json",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; printed if left out.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="The JSON Schema of the format, instead of a file.")
    ] = False,
) -> None:
    """Export the laws of a file.

    Raises:
        LawcError: There is no such file or format.
        CheckError: A line of the file cannot be read.
    """
    if to not in FORMATS:
        raise LawcError(f"expected a format ({', '.join(FORMATS)}), got {to!r}")
    if schema == (file is not None):
        raise LawcError("expected a file, or --schema alone")
    text = schema_text() if file is None else _exported(file, to)
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text)


def _exported(file: Path, to: str) -> str:
    root = shelves.find_root(file)
    named = [] if file.is_dir() else list(shelves.files_at(file, root))
    if len(named) != 1:
        raise LawcError(f"expected one file, got the folder {file}")
    shown, content = named[0]
    source, findings = read_source(shown, content.read_bytes())
    if source is not None and not findings:
        document, findings = parse(source)
        if not findings:
            return FORMATS[to](document)
    sources = {shown: source} if source is not None else {}
    raise CheckError(findings, "\n" + render(findings, sources, color=False))
