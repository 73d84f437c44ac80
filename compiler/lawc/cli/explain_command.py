"""Explain a diagnostic code: what it means, an example, and how to repair it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from lawc.diagnostics.codes import CODES, explain


def command(
    code: Annotated[
        str | None, typer.Argument(help="Such as L0203; all codes if left out.")
    ] = None,
) -> None:
    """Explain a diagnostic code; list all codes where none is given."""
    console = Console()
    if code is None:
        table = Table("code", "what it says", box=None, pad_edge=False)
        for name, title in CODES.items():
            table.add_row(name, title)
        console.print(table)
        return
    page = explain(code)
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        print(page)
