"""Train, distil, certify and freeze the modules that are out of date; leave the others alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.cli.watching import outcome_line, watch
from lawc.diagnostics.diagnostic import LawcError
from lawc.pipeline.building import build, tasks
from lawc.pipeline.checking import demand, read_project
from lawc.project import shelves


def command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Such as medicine/absorption or medicine; or all.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes; one a core by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Outcomes as JSON.")] = False,
) -> None:
    """Build the modules of the project around the working folder.

    Raises:
        LawcError: There is no project here.
    """
    root = shelves.find_root(Path.cwd())
    if root is None:
        raise LawcError("there is no knowledge/ here or above; `lawc new DIR` makes a project")
    todo = tasks(root, demand(read_project(root)), names or ())
    console = Console(highlight=False, stderr=as_json)
    with watch(console, len(todo)) as report:
        outcomes = build(root, todo, jobs=jobs, report=report)
    if as_json:
        print(
            json.dumps(
                [
                    {"module": o.module, "state": o.state, "message": o.message, **o.facts}
                    for o in outcomes
                ],
                indent=1,
            )
        )
    else:
        current = sum(outcome.state == "current" for outcome in outcomes)
        for outcome in outcomes:
            if outcome.state != "current":
                console.print(outcome_line(outcome), markup=False)
        failed = sum(outcome.state == "failed" for outcome in outcomes)
        console.print(
            f"{len(outcomes) - current - failed} built, {current} up to date, {failed} failed"
        )
    if any(outcome.state == "failed" for outcome in outcomes):
        raise typer.Exit(1)
