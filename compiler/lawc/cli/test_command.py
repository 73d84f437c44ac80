"""Test laws by property: examples, claims and equations on states that hypothesis draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.knowledge.law import Law
from lawc.pipeline.checking import demand, read_library, read_paths
from lawc.pipeline.finding import find_law
from lawc.pipeline.testing import Tested, try_law


def command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Laws, files or folders; the library if left out.")
    ] = None,
    states: Annotated[
        int, typer.Option("--states", "-n", min=1, help="States to draw for each property.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Test the properties of laws and print which held, on how many states."""
    console = Console(highlight=False, stderr=as_json)
    results: list[Tested] = []
    for law in _laws(names or []):
        with console.status(law.identity):
            tested = try_law(law, states)
        results.extend(tested)
        console.print(law.identity, style="bold")
        for result in tested:
            mark = "✓" if result.problem is None else "✗"
            console.print(f"  {mark} {result.name}", markup=False)
            if result.problem is not None:
                console.print(f"      {result.problem}", style="red", markup=False)
    failed = sum(result.problem is not None for result in results)
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=1, ensure_ascii=False))
    console.print(f"{len(results) - failed} properties hold, {failed} do not")
    if failed:
        raise typer.Exit(1)


def _laws(names: list[str]) -> list[Law]:
    if not names:
        return list(demand(read_library()).laws.values())
    files = [Path(name) for name in names if Path(name).exists()]
    found = []
    if files:
        base, paths = read_paths(files)
        demand(base)
        found += [law for law in base.laws.values() if law.place and law.place.path in paths]
    others = [name for name in names if not Path(name).exists()]
    if others:
        found += [find_law(name) for name in others]
    return found
