"""Lay out what is shown of a law or a rule: a heading, and what stands under it."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lawc.diagnostics.width import printable


def under(console: Console, heading: str, content: Table | Text | None) -> None:
    """Print a heading and what it is about; nothing where there is nothing."""
    if content is not None:
        console.print(Text(f"\n{heading}", "bold"))
        console.print(Padding(content, (0, 2), expand=False), crop=False)


def lines_under(console: Console, heading: str, lines: list[str]) -> None:
    """Print a heading and lines; nothing where there are none."""
    if lines:
        under(console, heading, Text("\n".join(printable(line) for line in lines)))
