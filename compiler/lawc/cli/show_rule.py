"""Show a rule: what it needs, what it decides and how, what it claims, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lawc.cli.headings import lines_under, under
from lawc.diagnostics.width import printable
from lawc.knowledge.as_of import newest_decision
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Parameter, Rule
from lawc.knowledge.rule_page import document, kind_and_range
from lawc.pipeline.rules.texts import written_rule
from lawc.proofs.remainder import remainders
from lawc.proofs.rules import prove_rule, worst
from lawc.proofs.search import Limits
from lawc.proofs.verdict import Word
from lawc.units.naming import name_dimension

PATIENCE = 5.0
"""Seconds that proofs of claims may take before a rule is shown."""


def show_rule(console: Console, rule: Rule, base: KnowledgeBase, colour: str) -> None:
    """Print a rule as its author reads it."""
    version = f"@{rule.version}" if rule.version else ""
    console.print(Text(rule.identity + version, "bold"))
    console.print(Text(printable(rule.title) + "  ").append(str(rule.status), colour))
    set_by_date = {parameter.name for parameter in rule.parameters}
    decided = [rule.quantities[name] for name in rule.outputs]
    under(console, "needs", _table([rule.quantities[name] for name in rule.inputs]))
    under(console, "decides", _table(decided))
    under(console, "set by date", _table([rule.quantities[n] for n in sorted(set_by_date)]))
    lines_under(console, "in force", [_in_force(parameter, rule) for parameter in rule.parameters])
    lines_under(console, "applies", [str(applies) for applies in rule.applies])
    lines_under(console, "steps", written_rule(rule, base).steps())
    lines_under(console, "otherwise", list(_otherwise(rule)))
    lines_under(console, "claims", held(rule))
    lines_under(console, "distributed", [drawn.text for drawn in rule.drawn])
    noun = "worked case" if len(rule.cases) == 1 else "worked cases"
    lines_under(console, "examples", [f"{len(rule.cases)} {noun}"] if rule.cases else [])
    lines_under(console, "rests on", list(_constants(rule)))
    lines_under(console, "notes", list(rule.notes))
    lines_under(console, "sources", list(rule.sources))


def _otherwise(rule: Rule) -> Iterator[str]:
    """Yield what only `otherwise` decides, as of the newest day."""
    decision = newest_decision(rule)
    for left in () if decision is None else remainders(decision):
        yield f"{' and '.join(left.outputs)}:"
        yield from (f"  {line}" for line in left.told())


def page_of(rule: Rule) -> str:
    """Return a rule as an HTML document, with how its claims are held."""
    return document(rule, {"proofs": held(rule)} if rule.claims else {})


def held(rule: Rule) -> list[str]:
    """Return each claim and how it is held: proved, refuted, or not decided in time."""
    if not rule.claims:
        return []
    proofs = prove_rule(rule, Limits(), PATIENCE, every_day=True)
    lines: list[str] = []
    for claim in rule.claims:
        proved = worst(proofs.claims, claim)
        word = "not decided" if proved is None else _WORDS[proved.verdict.word]
        means = f" by {proved.verdict.means}" if proved is not None and word == "proved" else ""
        lines.append(f"always {claim.text}  ({word}{means})")
    return lines


_WORDS = {Word.PROVED: "proved", Word.REFUTED: "refuted", Word.UNKNOWN: "not decided"}


def _table(quantities: list[Quantity]) -> Table | None:
    if not quantities:
        return None
    table = Table("symbol", "what it is", "unit", "measures", "range", box=None, pad_edge=False)
    for quantity in quantities:
        number = quantity.kind == "number"
        unit = quantity.unit.text or "1" if number else ""
        measures = (name_dimension(quantity.dimension) or "") if number else ""
        cells = (quantity.name, quantity.words, unit, measures, kind_and_range(quantity))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _in_force(parameter: Parameter, rule: Rule) -> str:
    unit = rule.quantities[parameter.name].unit.text
    values = [
        f"{'none' if value is None else _number(value)} from {date.fromordinal(since)}"
        for since, value in parameter.values
    ]
    return f"{parameter.name}{f' [{unit}]' if unit else ''}: {', '.join(values)}"


def _number(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.12g}"


def _constants(rule: Rule) -> Iterator[str]:
    for name, value in rule.constants.items():
        yield f"{name} = {_number(value)}"
