"""The command `check` behind its words: check, and print what was found.

It stands apart from the library of the command line, which takes longer to load than an unchanged
project takes to check.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from lawc.cli.rechecking import Rechecking
from lawc.diagnostics.diagnostic import Diagnostic, LawcError
from lawc.diagnostics.frame import render, summary
from lawc.diagnostics.record import record
from lawc.pipeline.publishing import SHOWN
from lawc.pipeline.publishing import publish as record_laws
from lawc.pipeline.survey import Survey, keeper_of, survey, with_evidence
from lawc.project import shelves
from lawc.project.cache import Keeper, Recent


def check(
    paths: list[Path] | None = None,
    *,
    as_json: bool = False,
    quick: bool = False,
    no_cache: bool = False,
    watch: bool = False,
    publish: bool = False,
) -> int:
    """Check laws and print what was found; return the status of the command.

    Args:
        paths: Files and folders; the project around here where there are none.
        as_json: Print the findings as JSON.
        quick: Do not calculate examples and claims.
        no_cache: Read all files anew, and keep nothing.
        watch: Check again whenever a file changes.
        publish: Record what the laws say under their versions.
    """
    root = shelves.find_root(paths[0] if paths else Path.cwd())
    if not paths and root is not None:
        paths = shelves.written_shelves(root)
    memory = root / ".lawc" / "held.json" if root is not None and not no_cache else None
    keeper = None if no_cache else keeper_of(paths)
    if publish and (watch or quick or root is None):
        raise LawcError("recording takes a project, and a whole check: no --watch, no --quick")
    if watch:
        if as_json or not paths:
            raise LawcError("watching takes files or folders of a project, and shows no JSON")
        return _watch(paths, root, quick, keeper, memory)
    found = survey(paths, keeper=keeper, brief=quick)
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
        print(_recorded(found, root, failed), file=sys.stderr if as_json else sys.stdout)
    return int(failed)


def _watch(
    paths: list[Path], root: Path | None, quick: bool, keeper: Keeper | None, memory: Path | None
) -> int:
    """Check at every change until somebody interrupts; return the status of the last check."""
    recent, tried = Recent(keeper), dict[tuple[str, str], tuple[Diagnostic, ...]]()
    places = [*paths, *shelves.written_shelves(root)] if root is not None else paths
    rechecking = Rechecking(
        places,
        lambda: survey(paths, keeper=recent, brief=quick),
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
    rules = sum(entry.kind == "rule" for entry in found.laws.values())
    closing = f"{summary(found.diagnostics)}, {_counted(len(found.laws) - rules, rules)} checked"
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


def _counted(laws: int, rules: int) -> str:
    """Return how many laws and rules there are, in words; rules alone where there are no laws."""
    said = [] if rules and not laws else [f"{laws} {'law' if laws == 1 else 'laws'}"]
    if rules:
        said.append(f"{rules} {'rule' if rules == 1 else 'rules'}")
    return " and ".join(said)
