"""Show a frozen module: what it answers, for which domain, how well, and on whose word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from lawc.artifact.card import card
from lawc.artifact.finding import module
from lawc.artifact.manifest import LawRecord
from lawc.artifact.places import built
from lawc.diagnostics.diagnostic import LawcError
from lawc.pipeline.facts import slips
from lawc.pipeline.finding import find_law
from lawc.project import shelves


def command(
    name: Annotated[
        str | None, typer.Argument(help="Such as medicine/absorption; all are listed if left out.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Ask the stored questions again.")
    ] = False,
) -> None:
    """Show a frozen module, or list those that stand."""
    console = Console(highlight=False)
    if name is None:
        for found in sorted(set(built())):
            console.print(found, markup=False)
        return
    frozen = module(name)
    page = card(frozen.manifest) + _checks(frozen.manifest.law)
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        print(page)
    if verify:
        worst = frozen.verify()
        count = len(next(iter(frozen.manifest.golden.inputs.values()), []))
        console.print(f"{count} stored answers agree to {worst:.1e} of their size")


def _checks(record: LawRecord) -> str:
    """Return what the checks of a module's law are worth, where the law stands as it was."""
    try:
        law = find_law(record.identity)
    except LawcError:
        return ""
    if law.digest != record.digest:
        return ""
    lines = slips(law, shelves.find_root(Path.cwd()))
    return "\n## What the checks of its law notice\n\n" + "".join(f"- {x}\n" for x in lines)
