"""Show a frozen module: what it answers, for which domain, how well, and on whose word."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from lawc.artifact.card import card
from lawc.artifact.finding import built, module


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
    page = card(frozen.manifest)
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        print(page)
    if verify:
        worst = frozen.verify()
        count = len(next(iter(frozen.manifest.golden.inputs.values()), []))
        console.print(f"{count} stored answers agree to {worst:.1e} of their size")
