"""Say what a unit is: its dimension, its exact size, its source and its other spellings."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lawc.units.listing import Description, describe, page, sections
from lawc.units.problem import UnitProblem


def command(
    text: Annotated[
        str | None, typer.Argument(help="Such as mmHg or 'J/(kg*K)'; all units if left out.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page of units.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a unit is; list all units where none is given."""
    if markdown:
        sys.stdout.write(page())
    elif text is None:
        _list()
    else:
        said = describe(text.strip().removeprefix("[").removesuffix("]") if _held(text) else text)
        if as_json:
            print(json.dumps(asdict(said), ensure_ascii=False, indent=2))
        elif isinstance(said, UnitProblem):
            sys.stderr.write(_refused(said))
        else:
            _show(said)
        if isinstance(said, UnitProblem):
            raise typer.Exit(1)


def _held(text: str) -> bool:
    """Whether a text stands in the brackets of a law: `[m/s]`, `[[in_i]]`, but not `[in_i]`."""
    text = text.strip()
    return text.startswith("[") and text.endswith("]") and isinstance(describe(text), UnitProblem)


def _list() -> None:
    console = Console(highlight=False)
    for title, entries in sections():
        console.print(f"\n{title}", style="bold", markup=False)
        console.print("  " + "  ".join(entry.symbols[0] for entry in entries), markup=False)


def _show(said: Description) -> None:
    console = Console(highlight=False)
    console.print(f"{said.text} = {said.value}", style="bold", markup=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in (
        ("measures", said.dimension),
        ("zero at", said.zero),
        ("also", "  ".join(said.spellings)),
        ("prefixes", " ".join(said.prefixes)),
        ("UCUM", said.ucum),
        ("QUDT", said.qudt),
        ("source", "\n".join(said.sources)),
    ):
        if value:
            table.add_row(f"  {name}", value.replace("[", "\\["))
    console.print(table)


def _refused(problem: UnitProblem) -> str:
    part = problem.part or problem.text
    words = {
        "ambiguous": f"`{part}` has more than one meaning",
        "unknown": f"there is no unit `{part}`",
        "offset": f"`{part}` has a zero of its own and cannot be part of this unit",
        "logarithm": f"`{part}` stands for a logarithm, which has no unit",
        "constant": f"`{part}` is a constant of nature, not a unit",
        "too large": f"`{problem.text[:40]}` is too large for a unit",
    }
    lines = [words.get(problem.kind, f"`{problem.text}` does not read as a unit")]
    lines += [f"  {problem.reason}"] if problem.reason else []
    lines += [f"  write {', '.join(problem.repaired)}"] if problem.repaired else []
    return "\n".join(lines) + "\n"
