"""Rows of a rule as a data set: inputs as they are distributed, what is decided, and what spoke.

Words and days stand as such; a number that is missing is NaN, and a column beside an answer says
whether it is unknown or not applicable.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.deciding.answered import ABSENT, Answered, answered, said
from lawc.deciding.drawing import Rows
from lawc.deciding.program import RuleProgram
from lawc.decision.decision import Port, formulas
from lawc.decision.formula import NotApplicable, walk
from lawc.lowering.datasets import GroupedSet, Progress, numerics
from lawc.lowering.parquet import Heading
from lawc.project.writing import whole

Array = NDArray[Any]

_GROUPS = 16
"""Groups of the population that are made and written at once."""


@dataclass(frozen=True)
class RuleDataSet(GroupedSet):
    """Rows of a program of a rule, and the file that they go to.

    Attributes:
        program: As of a day, where its rule has dates.
        rows: How many.
        seed: Of the sampler.
    """

    program: RuleProgram
    rows: int
    seed: int = 0

    @property
    def heading(self) -> Heading:
        """Columns, units, kinds, and what they are made from."""
        rule, program = self.program.rule, self.program
        ports = {port.name: port for port in (*program.inputs, *program.outputs)}
        kinds = {name: kind for name in self.names if (kind := _kind(ports.get(name)))}
        about = {
            "law": rule.identity,
            "version": rule.version,
            "digest": rule.digest,
            "signature": str(program.signature),
            "as_of": str(program.as_of or "any day"),
            "sample": "; ".join(one.text for one in rule.drawn) or "ranges and edges",
            "lawc": version("lawc"),
            "kind": "population",
            "seed": self.seed,
            "rows": self.rows,
            "reference": "exact columns",
            "numerics": numerics(),
        }
        units = {name: ports[name].unit if name in ports else "" for name in self.names}
        words = {name: port.words for name, port in ports.items() if port.words}
        return Heading(units, about, words, kinds)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        made = [port.name for port in self.program.inputs]
        traced = self._traced()
        for port in self.program.outputs:
            made.append(port.name)
            if self._may_lack and not _worded(port):
                made.append(f"{port.name} is")
            if port.name in traced:
                made.append(f"{port.name} because")
        return tuple(made)

    def parts(self, start: int = 0, done: int = 0) -> Iterator[tuple[Mapping[str, Any], int]]:
        """Yield groups of rows with answers, and the number of the group behind them.

        Raises:
            DecisionError, DomainError: As `RuleProgram.sample`.
        """
        groups = self.program.population().groups(self.seed, start)
        while done < self.rows:
            found: list[dict[str, Array]] = []
            have = 0
            while len(found) < _GROUPS and done + have < self.rows:
                found.append(self._table(next(groups)))
                have += len(next(iter(found[-1].values())))
                start += 1
            left = self.rows - done
            yield (
                {n: np.concatenate([part[n] for part in found])[:left] for n in self.names},
                start,
            )
            done += min(have, left)

    def write_csv(self, path: Path, progress: Progress | None = None) -> None:
        """Write the rows as a table of words, whole or not at all."""
        ports = {port.name: port for port in (*self.program.inputs, *self.program.outputs)}
        units = self.heading.units
        done = 0
        with whole(path) as fresh, fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(f"{n} [{units[n]}]" if units[n] else n for n in self.names)
            for table, _ in self.parts():
                cells = [map(_cell(ports.get(n)), column.tolist()) for n, column in table.items()]
                writer.writerows(zip(*cells, strict=True))
                done += len(next(iter(table.values())))
                (progress or (lambda _: None))(done)

    def _table(self, rows: Rows) -> dict[str, Array]:
        made = self.program.at(self.program.as_of)
        count = len(next(iter(rows.columns.values())))
        found = made.evaluator(rows.columns, rows.masks)
        answers = answered(made.decision, found, count, made.labels)
        table = {
            port.name: _column(port, rows.columns[port.name], rows.masks.get(port.name))
            for port in self.program.inputs
        }
        for port in self.program.outputs:
            name = port.name
            mask = answers.masks.get(name)
            table[name] = _column(port, answers.raw[name], mask)
            if f"{name} is" in self.names:
                words = np.array(["", *ABSENT.values()], dtype=object)
                table[f"{name} is"] = words[np.zeros(count, np.int64) if mask is None else mask]
            if f"{name} because" in self.names:
                table[f"{name} because"] = _why(answers, name)
        return table

    @property
    def _may_lack(self) -> bool:
        decision = self.program.decision
        silent = any(
            isinstance(node, NotApplicable)
            for step in decision.steps
            for formula in formulas(step)
            for node in walk(formula)
        )
        return silent or any(port.may_be_unknown for port in decision.inputs)

    def _traced(self) -> set[str]:
        return set(self.program.at(self.program.as_of).labels)


def _kind(port: Port | None) -> str:
    if port is None or _worded(port):
        return "word"
    return "date" if port.kind == "date" else ""


def _worded(port: Port) -> bool:
    return bool(port.choices) or port.kind == "yes/no"


def _column(port: Port, raw: Array, mask: Array | None) -> Array:
    if port.kind != "yes/no":
        column = said(port, raw, mask)
        return column if _kind(port) else np.asarray(column, np.float64)
    places = raw.astype(np.int64)
    if mask is not None:
        places = np.where(mask == 0, places, 1 + mask.astype(np.int64))
    return np.array(["no", "yes", *ABSENT.values()], dtype=object)[places]


def _why(answers: Answered, name: str) -> Array:
    if name in answers.because:
        return answers.why(name)
    return np.full(answers.rows, "", dtype=object)


def _cell(port: Port | None) -> Callable[[Any], Any]:
    is_whole = port is not None and port.kind == "integer"

    def written(value: Any) -> Any:
        if value is None or value != value:
            return ""
        return int(value) if is_whole else value

    return written
