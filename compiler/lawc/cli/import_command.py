"""Turn a file of another format into draft laws, and say what is wrong with them."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.diagnostics.diagnostic import LawcError
from lawc.diagnostics.frame import render, summary
from lawc.importers.formats import import_file
from lawc.importers.imported import MOST_BYTES, Imported
from lawc.pipeline.checking import check_text
from lawc.pipeline.imported_rules import without_dead_ends


def command(
    file: Annotated[Path, typer.Argument(help="A file of another format, such as model.cellml.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="A new .law or .rule file; printed if left out.")
    ] = None,
    units: Annotated[
        Path | None, typer.Option("--units", help="A table of units, for a table of formulas.")
    ] = None,
) -> None:
    """Turn a file of another format into draft laws.

    Raises:
        LawcError: The file cannot be read or understood, or the new file exists already.
    """
    if to is not None and (to.suffix not in (".law", ".rule") or to.exists()):
        problem = "exists already" if to.exists() else "does not end in .law or .rule"
        raise LawcError(f"{to} {problem}; name a new file that ends in .law or .rule")
    imported = import_file(file.name, _bytes(file), _bytes(units) if units is not None else None)
    suffix = ".rule" if imported.text.startswith("rule ") else ".law"
    if to is not None and imported.text and to.suffix != suffix:
        raise LawcError(
            f"{to} does not end in {suffix}, and {file.name} holds what such a file says"
        )
    shown = to.as_posix() if to is not None else f"{file.stem}{suffix}"
    if suffix == ".rule" and imported.text:
        imported = replace(imported, text=without_dead_ends(shown, imported.text))
    wrong = _report(imported, shown)
    if to is None:
        sys.stdout.write(imported.text)
    elif imported.text:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(imported.text, encoding="utf-8")
    if wrong or not imported.text:
        raise typer.Exit(1)


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as problem:
        raise LawcError(f"{file} cannot be read: {problem.strerror}") from problem


def _report(imported: Imported, shown: str) -> bool:
    """Print remarks and findings beside the text; return whether any of them is an error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for remark in imported.remarks:
        word, style = ("error", "bold red") if remark.is_error else ("note", "bold")
        console.print(f"[{style}]{word}[/]:", end=" ")
        console.print(str(remark), markup=False)
    if not imported.text:
        console.print("no law and no rule could be written")
        return True
    base = check_text(shown, imported.text)
    own = tuple(found for found in base.diagnostics if found.place.path == shown)
    if own:
        color = console.is_terminal and "NO_COLOR" not in os.environ
        sys.stderr.write(render(own, base.sources, color=color) + "\n")
    laws = sum(rule.place is not None and rule.place.path == shown for rule in base.rules.values())
    laws += sum(law.place is not None and law.place.path == shown for law in base.laws.values())
    console.print(summary(own, laws=laws), markup=False)
    return any(found.is_error for found in own) or any(r.is_error for r in imported.remarks)
