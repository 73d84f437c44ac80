"""Read laws and say what is wrong with them, all at once, each cause once."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from lawc.diagnostics.frame import render, summary
from lawc.diagnostics.record import record
from lawc.pipeline.survey import Survey, survey, with_evidence
from lawc.project import shelves


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders; the project around here if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not calculate examples and claims.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Read all files anew, and keep nothing.")
    ] = False,
) -> None:
    """Check laws: syntax, names, units, domains, structure, conditions, examples and claims."""
    root = shelves.find_root(paths[0] if paths else Path.cwd())
    if not paths and root is not None:
        paths = [root / "knowledge"]
    found = survey(paths, keep=not no_cache)
    if not quick:
        memory = root / ".lawc" / "held.json" if root is not None and not no_cache else None
        found = _with_evidence(found, memory)
    if as_json:
        plain = record(found.diagnostics, found.sources)
        print(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        if found.diagnostics:
            print(render(found.diagnostics, found.sources, color=color))
        word = "law" if len(found.laws) == 1 else "laws"
        print(f"{summary(found.diagnostics)}, {len(found.laws)} {word} checked")
    if any(diagnostic.is_error for diagnostic in found.diagnostics):
        raise typer.Exit(1)


def _with_evidence(found: Survey, memory: Path | None) -> Survey:
    """Calculate examples and claims; a terminal shows the law at work."""
    if not sys.stderr.isatty():
        return with_evidence(found, memory)
    try:
        return with_evidence(found, memory, lambda law: _status(f"{law}: claims"))
    finally:
        _status("")


def _status(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write(f"\r\x1b[K{text[:width]}")
    sys.stderr.flush()
