"""Write a table of samples with their reference answers, units and lineage."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lawc.deciding.program import compile_rule
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.rule import Rule
from lawc.lowering.columns import titles
from lawc.lowering.datasets import DataSet
from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline.finding import find_knowledge
from lawc.pipeline.rules.data import RuleDataSet
from lawc.project.writing import whole


def command(
    identity: Annotated[str, typer.Argument(help="A law or a rule.")],
    signature: Annotated[
        str | None, typer.Argument(help='Such as "t m k -> x"; as it is written if left out.')
    ] = None,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="How many.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the sampler.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A file that ends in .parquet or .csv.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Drop what is there, whatever it is.")
    ] = False,
    as_of: Annotated[
        datetime | None, typer.Option(help="The day of a rule with dates.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Write samples of a law's domain with the answers of its reference.

    A run that was stopped goes on where the same command is given again. Of a rule, inputs are
    distributed as it says, and beside what it decides stands which row or clause spoke.

    Raises:
        LawcError: The file has another ending, or is of another data set.
    """
    law = find_knowledge(identity)
    path = out or Path(f"{law.identity.rpartition('.')[2]}.parquet")
    if path.suffix not in {".csv", ".parquet"}:
        raise LawcError(f"expected a file that ends in .parquet or .csv, got {path}")
    if isinstance(law, Rule):
        program = compile_rule(law, signature, as_of.date() if as_of else None)
        data = RuleDataSet(program, rows, seed)
    elif as_of is not None:
        raise LawcError(f"{law.identity} is a law and does not depend on the day")
    else:
        data = DataSet(compile_law(law, signature or default_signature(law)), rows, seed)
    console = Console(stderr=True, highlight=False)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        task = progress.add_task(law.identity, total=rows)

        def done(number: int) -> None:
            progress.update(task, completed=number)

        try:
            if path.suffix != ".csv":
                before = data.write(path, done, anew=anew)
            elif isinstance(data, RuleDataSet):
                before = 0
                data.write_csv(path, done)
            else:
                before = _write_csv(data, path, done)
        except KeyboardInterrupt:
            kept = path.suffix == ".parquet"
            sys.stderr.write("stopped" + "; the same command goes on from here" * kept + "\n")
            raise SystemExit(130) from None
    names = ", ".join(data.heading.units)
    already = f", {before} of them already there" if before else ""
    print(f"{rows} rows{already}: {names} → {path}")


def _write_csv(data: DataSet, path: Path, done: Callable[[int], None]) -> int:
    """Write the groups one after another; whole or not at all."""
    with whole(path) as fresh, fresh.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        number = 0
        for columns, _ in data.groups():
            if not number:
                writer.writerow(titles(columns))
            writer.writerows(zip(*(v.tolist() for v in columns.values()), strict=True))
            number += len(columns)
            done(number)
    return 0
