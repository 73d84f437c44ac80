"""Rows of a rule and what it decides of them, as a table of words."""

from __future__ import annotations

import csv
from collections.abc import Callable
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
    ports = (*program.inputs, *program.outputs)
    units = {port.name: port.unit for port in ports}
    titles = [f"{n} [{units[n]}]" if units.get(n) else n for n in columns]
    with whole(path) as fresh, fresh.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        counts = {port.name for port in ports if port.kind == "integer"}
        cells = [map(_cell(n in counts), column.tolist()) for n, column in columns.items()]
        writer.writerows(zip(*cells, strict=True))
    return list(columns)


def _cell(is_whole: bool) -> Callable[[Any], Any]:
    def written(value: Any) -> Any:
        if value is None or value != value:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return int(value) if is_whole else value

    return written
