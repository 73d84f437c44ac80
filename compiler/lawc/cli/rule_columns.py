"""Rows of a rule and what it decides of them, as a table of words."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

from lawc.deciding.program import compile_rule
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.rule import Rule
from lawc.project.writing import whole


def write_rule(
    rule: Rule, signature: str | None, day: date | None, rows: int, seed: int, path: Path
) -> list[str]:
    """Write sampled rows with answers and reasons; return the names of the columns.

    Raises:
        CompileError: The rule has dates and no day is given, or the signature does not fit.
        LawcError: The file has another ending than .csv.
    """
    if path.suffix != ".csv":
        raise LawcError(f"rows of a rule hold words; expected a file that ends in .csv, got {path}")
    program = compile_rule(rule, signature, day)
    inputs = program.sample(rows, seed)
    columns: dict[str, Any] = {**inputs, **program.decide(inputs).table()}
    units = {port.name: port.unit for port in (*program.inputs, *program.outputs)}
    titles = [f"{n} [{units[n]}]" if units.get(n) else n for n in columns]
    with whole(path) as fresh, fresh.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        cells = [map(_cell, column.tolist()) for column in columns.values()]
        writer.writerows(zip(*cells, strict=True))
    return list(columns)


def _cell(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else value
