"""Show a law: what it says, in which units and range, how it computes, and who confirms it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lawc.knowledge.law import Law, Quantity
from lawc.knowledge.writing import write_claim, write_condition, write_equation, write_expression
from lawc.pipeline.finding import find_law, knowledge_around


def command(
    identity: Annotated[
        str | None, typer.Argument(help="A law; all laws are listed if left out.")
    ] = None,
) -> None:
    """Show a law, or list all laws."""
    console = Console(highlight=False)
    if identity is None:
        _list(console)
    else:
        _show(console, find_law(identity))


def _list(console: Console) -> None:
    table = Table("law", "title", "status", box=None, pad_edge=False)
    for law in sorted(knowledge_around().laws.values(), key=lambda law: law.identity):
        table.add_row(f"{law.identity}@{law.version}", law.title, str(law.status))
    console.print(table, markup=False)


def _show(console: Console, law: Law) -> None:
    console.print(f"{law.identity}@{law.version}", style="bold")
    console.print(f"{law.title} ({law.status})", markup=False)
    for source in law.sources:
        console.print(f"  {source}", style="dim", markup=False)
    for heading, lines in {
        "equations": [write_equation(equation) for equation in law.equations],
        "initial": [write_condition(condition) for condition in law.conditions],
        "valid": [write_expression(v.condition) for v in law.validity],
        "claims": [write_claim(claim) for claim in law.claims],
    }.items():
        if lines:
            console.print(f"\n{heading}", style="bold")
            for line in lines:
                console.print(f"  {line}", markup=False)
    table = Table("symbol", "what it is", "unit", "range", box=None, pad_edge=False)
    for quantity in law.quantities.values():
        depends = f"({', '.join(quantity.depends)})" if quantity.depends else ""
        table.add_row(
            quantity.name + depends, quantity.words, quantity.unit.text or "1", _range(quantity)
        )
    for constant in law.constants.values():
        unit = constant.unit
        table.add_row(
            constant.name, constant.words, unit.text or "1", f"{unit.from_si(constant.value):.15g}"
        )
    console.print("\nsymbols", style="bold")
    console.print(table, markup=False)


def _range(quantity: Quantity) -> str:
    if quantity.low is None or quantity.high is None:
        return ""
    text = f"{quantity.low:g} .. {quantity.high:g}" + (" log" if quantity.log else "")
    return text if quantity.default is None else f"{text} = {quantity.default:g}"
