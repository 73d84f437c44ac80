"""Find unknown parameters of a law from observations, and say how well they are known."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.diagnostics.diagnostic import LawcError
from lawc.estimation.fitting import fit
from lawc.knowledge.law import Law
from lawc.pipeline.checking import demand, read_paths
from lawc.pipeline.finding import find_law

Pairs = list[str] | None


def command(
    identity: Annotated[str, typer.Argument(help="A law, or a .law file that holds one.")],
    table: Annotated[Path, typer.Argument(help="A file that ends in .csv, .tsv or .parquet.")],
    unknown: Annotated[
        str | None,
        typer.Option(
            "--unknown",
            "-u",
            help='Parameters to be found, "k T0"; all without a column or a default if left out.',
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", help="What was measured, where the law gives more.")
    ] = None,
    column: Annotated[
        Pairs, typer.Option("--column", "-c", help="QUANTITY=COLUMN, where names differ.")
    ] = None,
    unit: Annotated[
        Pairs, typer.Option("--unit", help="COLUMN=UNIT, where it is not the declared one.")
    ] = None,
    where: Annotated[
        Pairs, typer.Option("--where", "-w", help="COLUMN=VALUE: only rows that have it.")
    ] = None,
    errors: Annotated[
        str, typer.Option("--errors", help="absolute, relative, or log.")
    ] = "absolute",
    sigma: Annotated[
        Pairs,
        typer.Option("--sigma", help="A column of standard errors, or OUTPUT=COLUMN for several."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", help="A column that weighs squared residuals.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="A column that parts rows into courses.")
    ] = None,
    each: Annotated[
        str | None, typer.Option("--each", help="Unknown parameters that differ between groups.")
    ] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Leave out rows with missing values.")
    ] = False,
    keep_outside: Annotated[
        bool, typer.Option("--keep-outside", help="Take inputs outside their declared range.")
    ] = False,
    start: Annotated[Pairs, typer.Option("--start", help="PARAMETER=NUMBER to begin with.")] = None,
    starts: Annotated[
        int | None, typer.Option("--starts", min=1, help="How many searches to make.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the points to begin with.")] = 0,
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals.")] = 0.95,
    profile: Annotated[
        bool, typer.Option("--profile", help="Take intervals from profiles of the misfit.")
    ] = False,
    limits: Annotated[
        bool, typer.Option("--limits", help="Report what is bounded on one side only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit a law to a table.

    Raises:
        LawcError: A column does not fit, or the data do not determine a parameter.
    """
    law = _law(identity)
    console = Console(highlight=False, stderr=as_json)
    with console.status(f"{law.identity} and {table.name}"):
        estimate = fit(
            law,
            table,
            unknown,
            outputs=output,
            columns=_pairs(column, "--column"),
            units=_pairs(unit, "--unit"),
            where=_pairs(where, "--where"),
            errors=errors,
            sigma=_sigma(sigma),
            weights=weights,
            group=group,
            each=each or (),
            missing="drop" if drop_missing else "refuse",
            outside="keep" if keep_outside else "refuse",
            start=_numbers(start),
            starts=starts,
            seed=seed,
            confidence=confidence,
            profile=profile,
            limits=limits,
        )
    if as_json:
        sys.stdout.write(json.dumps(estimate.to_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        console.print(estimate)


def _law(identity: str) -> Law:
    if not identity.endswith(".law"):
        return find_law(identity)
    path = Path(identity)
    base, shown = read_paths([path])
    demand(base)
    found = [law for law in base.laws.values() if law.place is not None and law.place.path in shown]
    if len(found) != 1:
        told = ", ".join(law.identity for law in found) or "none"
        raise LawcError(f"expected a file with one law, {identity} holds {told}")
    return found[0]


def _pairs(given: Pairs, option: str) -> dict[str, str]:
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise LawcError(f"expected {option} NAME=VALUE, got {text!r}")
        found[name.strip()] = value.strip()
    return found


def _sigma(given: Pairs) -> str | dict[str, str] | None:
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    return _pairs(given, "--sigma")


def _numbers(given: Pairs) -> dict[str, float]:
    found = {}
    for name, text in _pairs(given, "--start").items():
        try:
            found[name] = float(text)
        except ValueError:
            raise LawcError(f"expected --start {name}=NUMBER, got {text!r}") from None
    return found
