"""Read laws and say what is wrong with them, all at once, each cause once."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from lawc.cli.rechecking import Rechecking
from lawc.diagnostics.diagnostic import Diagnostic, LawcError
from lawc.diagnostics.frame import render, summary
from lawc.diagnostics.record import record
from lawc.pipeline.publishing import SHOWN
from lawc.pipeline.publishing import publish as record_laws
from lawc.pipeline.survey import Survey, keeper_of, survey, with_evidence
from lawc.project import shelves
from lawc.project.cache import Keeper, Recent


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
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever a file changes.")
    ] = False,
    publish: Annotated[
        bool,
        typer.Option("--record", help="Record the versions in knowledge/versions.json."),
    ] = False,
) -> None:
    """Check laws: syntax, names, units, domains, structure, conditions, examples and claims.

    With --watch it ends at Ctrl-C, with the status of the last check. With --record what the laws
    say is recorded under their versions, unless there is an error, or a version that does not
    match; later checks derive from it how far a version must rise.
    """
    root = shelves.find_root(paths[0] if paths else Path.cwd())
    if not paths and root is not None:
        paths = [root / "knowledge"]
    memory = root / ".lawc" / "held.json" if root is not None and not no_cache else None
    keeper = None if no_cache else keeper_of(paths)
    if publish and (watch or quick or root is None):
        raise LawcError("recording takes a project, and a whole check: no --watch, no --quick")
    if watch:
        if as_json or not paths:
            raise LawcError("watching takes files or folders of a project, and shows no JSON")
        raise typer.Exit(_watch(paths, root, quick, keeper, memory))
    found = survey(paths, keeper=keeper)
    if not quick:
        found = _with_evidence(found, memory)
    if as_json:
        plain = record(found.diagnostics, found.sources)
        print(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        print(_shown(found))
    failed = any(diagnostic.is_error for diagnostic in found.diagnostics)
    if publish and root is not None:
        failed = failed or any(diagnostic.code == "L0610" for diagnostic in found.diagnostics)
        typer.echo(_recorded(found, root, failed), err=as_json)
    if failed:
        raise typer.Exit(1)


def _watch(
    paths: list[Path], root: Path | None, quick: bool, keeper: Keeper | None, memory: Path | None
) -> int:
    """Check at every change until somebody interrupts; return the status of the last check."""
    recent, tried = Recent(keeper), dict[tuple[str, str], tuple[Diagnostic, ...]]()
    places = [*paths, root / "knowledge"] if root is not None else paths
    rechecking = Rechecking(
        places,
        lambda: survey(paths, keeper=recent),
        None if quick else lambda found, tell: with_evidence(found, memory, tell, tried),
        _shown,
    )
    try:
        rechecking.run()
    except KeyboardInterrupt:
        print()
    return int(rechecking.errors)


def _shown(found: Survey) -> str:
    """Return the findings and the closing line."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    word = "law" if len(found.laws) == 1 else "laws"
    closing = f"{summary(found.diagnostics)}, {len(found.laws)} {word} checked"
    if not found.diagnostics:
        return closing
    return f"{render(found.diagnostics, found.sources, color=color)}\n{closing}"


def _recorded(found: Survey, root: Path, failed: bool) -> str:
    """Record what was found, and return what is to be said of it."""
    if failed:
        return f"{SHOWN} stays as it is: see the findings"
    count = record_laws(root, found.laws, found.read)
    if not count:
        return f"{SHOWN} stands"
    return f"{count} {'version' if count == 1 else 'versions'} recorded in {SHOWN}"


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
