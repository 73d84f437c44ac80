"""Write a table of samples with their reference answers, units and lineage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.diagnostics.diagnostic import LawcError
from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline.finding import find_law


def command(
    identity: Annotated[str, typer.Argument(help="A law.")],
    out: Annotated[Path, typer.Argument(help="A file that ends in .csv or .parquet.")],
    signature: Annotated[
        str | None, typer.Option("--signature", "-s", help='Such as "t m k -> x".')
    ] = None,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="How many.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the sampler.")] = 0,
) -> None:
    """Write samples of a law's domain with the answers of its reference.

    Raises:
        LawcError: The file has another ending.
    """
    if out.suffix not in {".csv", ".parquet"}:
        raise LawcError(f"expected a file that ends in .csv or .parquet, got {out}")
    law = find_law(identity)
    program = compile_law(law, signature or default_signature(law))
    console = Console(highlight=False)
    with console.status(f"{rows} rows of {law.identity}"):
        inputs = program.sample(rows, seed=seed)
        table = inputs | program.reference(inputs)
        if out.suffix == ".parquet":
            table.to_parquet(out)
        else:
            table.to_csv(out)
    console.print(f"{rows} rows, {', '.join(table)} → {out}", markup=False)
