"""Read laws and say what is wrong with them, all at once, each cause once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lawc.cli.checking import check


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
    status = check(
        paths,
        as_json=as_json,
        quick=quick,
        no_cache=no_cache,
        watch=watch,
        publish=publish,
    )
    if status:
        raise typer.Exit(status)
