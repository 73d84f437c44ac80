"""The whole road on published measurements: check, build, link, measure, and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.cli.watching import watch
from lawc.demo.run import run


def command(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A CSV table with the columns of one of the shipped ones."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the report and of the modules it builds.")
    ] = Path("report"),
) -> None:
    """Show on published measurements what a law adds to a network, and what it does not."""
    run(data, out, Console(highlight=False), watch)
