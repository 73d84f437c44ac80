"""Show a law: what it says, in which units and range, how it computes, and who confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lawc.cli.headings import lines_under, under
from lawc.diagnostics.diagnostic import LawcError
from lawc.diagnostics.width import printable
from lawc.knowledge.boxes import Box, BoxSetter, beside, symbol, text
from lawc.knowledge.law import Law, Quantity, Status
from lawc.knowledge.letters import RELATIONS
from lawc.knowledge.mathml import partial_names
from lawc.knowledge.page import document, range_of, value_of
from lawc.knowledge.reactions import Reaction
from lawc.knowledge.writing import write_boundary, write_claim, write_event, write_hole
from lawc.pipeline.facts import facts
from lawc.pipeline.finding import knowledge_around
from lawc.project import shelves
from lawc.units.naming import name_dimension

_COLOURS = {
    Status.CONFIRMED: "green",
    Status.EMPIRICAL: "blue",
    Status.CONTESTED: "yellow",
    Status.DRAFT: "dim",
    Status.RETIRED: "dim",
}


def command(
    identity: Annotated[
        str | None, typer.Argument(help="A law or rule; all are listed if left out.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with set formulas instead.")
    ] = None,
) -> None:
    """Show a law or a rule, or list all."""
    console = Console(highlight=False)
    if identity is None:
        _list(console)
        return
    base = knowledge_around()
    try:
        law = base[identity]
    except KeyError as problem:
        raise LawcError(problem.args[0]) from None
    if not isinstance(law, Law):
        showing = import_module("lawc.cli.show_rule")
        if html is None:
            showing.show_rule(console, law, base, _COLOURS[law.status])
        else:
            _write(console, html, showing.page_of(law))
        return
    told = facts(law, base, shelves.find_root(Path.cwd()))
    if html is None:
        _show(console, law, told)
        return
    _write(console, html, document(law, told))


def _write(console: Console, html: Path, text: str) -> None:
    try:
        html.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise LawcError(f"{html} cannot be written: {problem.strerror}") from problem
    console.print(f"wrote {html}", markup=False)


def _list(console: Console) -> None:
    table = Table("law", "title", "status", box=None, pad_edge=False)
    base = knowledge_around()
    for law in sorted((base[key] for key in base), key=lambda law: law.identity):
        name = Text(f"{law.identity}@{law.version}")
        status = Text(str(law.status), _COLOURS[law.status])
        table.add_row(name, Text(printable(law.title)), status)
    console.print(table)


def _show(console: Console, law: Law, told: Mapping[str, list[str]]) -> None:
    version = f"@{law.version}" if law.version else ""
    console.print(Text(law.identity + version, "bold"))
    title = Text(printable(law.title) + "  ")
    console.print(title.append(str(law.status), _COLOURS[law.status]))
    setter = BoxSetter(partial_names(law))
    formulas = []
    for e in law.equations:
        sign = text(f" {RELATIONS[e.relation.value]} ")
        formulas.append((e.label, beside(setter.of(e.left), sign, setter.of(e.right))))
    under(console, "equations", _labelled(formulas))
    lines_under(console, "reactions", [_reaction(reaction) for reaction in law.reactions])
    lines_under(console, "kept by every reaction", [str(kept) for kept in law.conserved])
    starts = [
        ("", beside(text(_start(c.quantity, c.order) + "("), setter.of(c.at), text(") = "),
                    setter.of(c.value)))
        for c in law.conditions
    ]  # fmt: skip
    under(console, "initial", _labelled(starts))
    lines_under(console, "region", [write_hole(hole) for hole in law.region])
    lines_under(console, "boundary", [write_boundary(b) for b in law.boundary])
    moves = next((c.variable for c in law.conditions), "t")
    lines_under(console, "events", [write_event(e, moves) for e in law.events])
    valid = [(v.words, setter.of(v.condition)) for v in law.validity]
    under(console, "valid where", _labelled(valid, behind=True))
    under(console, "symbols", _symbols(law))
    if any(q.unit.factor != 1 or q.unit.offset for q in law.quantities.values()):
        console.print(Padding(Text("numbers in the equations are in SI units", "dim"), (0, 2)))
    lines_under(console, "claims", [write_claim(claim) for claim in law.claims])
    lines_under(console, "examples", _counted(len(law.examples)))
    for heading, lines in told.items():
        lines_under(console, heading, lines)
    lines_under(console, "notes", list(law.notes))
    lines_under(console, "sources", list(law.sources))


def _labelled(rows: list[tuple[str, Box]], behind: bool = False) -> Table | None:
    """Return formulas in a column, each with its label on its baseline."""
    if not rows:
        return None
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    tall = any(len(box.lines) > 1 for _, box in rows)
    labels = any(label for label, _ in rows)
    for number, (label, box) in enumerate(rows):
        words = Text("\n" * box.baseline + printable(label), "dim")
        formula = Text(str(box), no_wrap=True, overflow="ignore")
        cells = ([formula, words] if behind else [words, formula]) if labels else [formula]
        table.add_row(*cells)
        if tall and number < len(rows) - 1:
            table.add_row(*("" for _ in cells))
    return table


def _symbols(law: Law) -> Table:
    table = Table("symbol", "what it is", "unit", "measures", "range", box=None, pad_edge=False)
    for quantity in law.quantities.values():
        depends = f"({', '.join(quantity.depends)})" if quantity.depends else ""
        unit = quantity.unit.text or "1" if quantity.kind == "number" else ""
        name = quantity.name if symbol(quantity.name) == quantity.name else symbol(quantity.name)
        cells = (name + depends, quantity.words, unit, _measures(quantity), range_of(quantity))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    for constant in law.constants.values():
        measures = name_dimension(constant.unit.dimension) or ""
        unit = constant.unit.text or "1"
        cells = (symbol(constant.name), constant.words, unit, measures, value_of(constant))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _measures(quantity: Quantity) -> str:
    return (name_dimension(quantity.dimension) or "") if quantity.kind == "number" else ""


def _counted(examples: int) -> list[str]:
    noun = "worked value" if examples == 1 else "worked values"
    return [f"{examples} {noun}"] if examples else []


def _start(name: str, order: int) -> str:
    return symbol(name) + "′" * order


def _reaction(reaction: Reaction) -> str:
    arrow = "⇌" if reaction.reversible else "→"
    return f"{reaction.label}: {_counts(reaction.consumed)} {arrow} {_counts(reaction.produced)}"


def _counts(counts: tuple[tuple[str, int | float], ...]) -> str:
    texts = [symbol(name) if count == 1 else f"{count:g} {symbol(name)}" for name, count in counts]
    return " + ".join(texts) or "∅"
