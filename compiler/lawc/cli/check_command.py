"""Read laws and say what is wrong with them, all at once, each cause once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.diagnostics.frame import render, summary
from lawc.diagnostics.record import record
from lawc.knowledge.law import Law
from lawc.pipeline.checking import read_library, read_paths
from lawc.pipeline.evidence import with_evidence
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
) -> None:
    """Check laws: syntax, names, units, domains, structure, conditions, examples and claims."""
    root = shelves.find_root(paths[0] if paths else Path.cwd())
    if not paths and root is not None:
        paths = [root / "knowledge"]
    base, named = read_paths(paths) if paths else (read_library(), None)
    if not quick:
        console = Console(stderr=True)
        memory = root / ".lawc" / "held.json" if root is not None else None
        with console.status("examples and claims") as status:
            base = with_evidence(
                base, named, memory=memory, tell=lambda law: status.update(f"{law}: claims")
            )
    errors = sum(found.is_error for found in base.diagnostics)
    if as_json:
        print(json.dumps(record(base.diagnostics, base.sources), indent=2, ensure_ascii=False))
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        if base.diagnostics:
            print(render(base.diagnostics, base.sources, color=color))
        laws = [law for law in base.laws.values() if named is None or _path(law) in named]
        word = "law" if len(laws) == 1 else "laws"
        print(f"{summary(base.diagnostics)}, {len(laws)} {word} checked")
    if errors:
        raise typer.Exit(1)


def _path(law: Law) -> str | None:
    return law.place.path if law.place is not None else None
