"""Read observations: columns by name, whatever they come in.

A file's header may carry units, `t [h]`, as the tables that lawc writes do. Cells are kept as they
stand; what they mean is decided where a quantity asks for them.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import LawcError, ShapeError
from lawc.lowering.columns import Columns
from lawc.lowering.numpy_table import Array
from lawc.lowering.parquet import read_foreign

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "."))
"""How tables say that a value is missing, in lower case."""

_HEADER = re.compile(r"^(?P<name>.*?)\s*\[(?P<unit>[^\[\]]*)\]\s*$")


@dataclass(frozen=True)
class Table:
    """Columns of equal length, as given.

    Attributes:
        columns: Cells by column: arrays, or texts from a file.
        units: The unit of a column, where the table says one.
        shown: What to call it in messages.
    """

    columns: Mapping[str, Sequence[Any] | np.ndarray]
    units: Mapping[str, str] = field(default_factory=dict)
    shown: str = "the observations"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def numbers(self, name: str) -> Array:
        """Return a column as float64; a missing value is NaN.

        Raises:
            LawcError: A cell is no number; the text names the row.
        """
        cells = self.columns[name]
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
            return cells.astype(np.float64)
        found = np.empty(len(cells))
        for row, cell in enumerate(cells):
            found[row] = self._number(name, row, cell)
        return found

    def matching(self, where: Mapping[str, Any]) -> Table:
        """Return the rows whose cells equal the given values, as numbers or as texts.

        Raises:
            LawcError: A column does not exist, or no row is left.
        """
        if not where:
            return self
        keep = np.ones(len(self), dtype=bool)
        for name, value in where.items():
            if name not in self.columns:
                raise LawcError(f"there is no column {name!r}; {_having(self.columns)}")
            keep &= np.array([_same(cell, value) for cell in self.columns[name]], dtype=bool)
        if not keep.any():
            wanted = ", ".join(f"{name} = {value}" for name, value in where.items())
            raise LawcError(f"no row of {self.shown} has {wanted}")
        return self.rows(np.flatnonzero(keep))

    def rows(self, chosen: np.ndarray) -> Table:
        """Return some rows."""
        columns = {
            name: cells[chosen] if isinstance(cells, np.ndarray) else [cells[k] for k in chosen]
            for name, cells in self.columns.items()
        }
        return Table(columns, self.units, self.shown)

    def _number(self, name: str, row: int, cell: Any) -> float:
        if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
            return np.nan
        try:
            return float(cell)
        except (TypeError, ValueError):
            raise LawcError(
                f"row {row + 1} of column {name} holds {str(cell)[:40]!r}, which is no number"
            ) from None


def read_table(source: Any) -> Table:
    """Return the table of a path, a data frame, columns of a program, or a mapping.

    Raises:
        LawcError: A file cannot be read, or has another ending than .csv, .tsv or .parquet.
        ShapeError: Columns differ in length.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, str | os.PathLike):
        return _checked(_file(Path(source)))
    if isinstance(source, Columns):
        return Table(dict(source.arrays), {n: u for n, u in source.units.items() if u})
    try:
        names = [str(name) for name in source]
        columns = {str(name): _cells(source[name]) for name in source}
    except TypeError:
        raise LawcError(
            "expected observations as a path, a data frame or a mapping from names to columns, "
            f"got {type(source).__name__}"
        ) from None
    if len(set(names)) != len(names):
        raise LawcError("two columns have the same name")
    said = getattr(source, "attrs", {})
    units = said.get("units", {}) if isinstance(said, Mapping) else {}
    return _checked(Table(columns, {n: u for n, u in units.items() if u and n in columns}))


def _cells(column: Any) -> Sequence[Any] | np.ndarray:
    cells = np.asarray(column)
    if cells.ndim == 0:
        cells = cells.reshape(1)
    if cells.ndim != 1:
        raise ShapeError(f"expected a column of shape (n,), got {cells.shape}")
    return cells


def _checked(table: Table) -> Table:
    sizes = {name: len(cells) for name, cells in table.columns.items()}
    if len(set(sizes.values())) > 1:
        # A single value stands for all rows, as a parameter that was held does.
        longest = max(sizes.values())
        if set(sizes.values()) != {1, longest}:
            told = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise ShapeError(f"columns differ in length: {told}")
        columns = {n: np.broadcast_to(np.asarray(c), (longest,)) for n, c in table.columns.items()}
        return Table(columns, table.units, table.shown)
    if not len(table):
        raise LawcError(f"{table.shown} {'has' if table.shown.count('.') else 'have'} no rows")
    return table


def _file(path: Path) -> Table:
    try:
        match path.suffix.lower():
            case ".csv":
                return _text(path, ",")
            case ".tsv" | ".tab":
                return _text(path, "\t")
            case ".parquet":
                columns, units = read_foreign(path)
                return Table(columns, units, path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise LawcError(f"{path} cannot be read: {why}") from problem
    raise LawcError(f"expected a file that ends in .csv, .tsv or .parquet, got {path}")


def _text(path: Path, delimiter: str) -> Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    if not rows:
        raise LawcError(f"{path} is empty")
    header, *body = rows
    names, units = [], {}
    for cell in header:
        found = _HEADER.match(cell)
        names.append((found["name"] if found else cell).strip())
        if found:
            units[names[-1]] = found["unit"]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LawcError(f"two columns of {path} are named {twice!r}")
    for number, row in enumerate(body, start=1):
        if len(row) != len(names):
            raise LawcError(f"row {number} of {path} has {len(row)} cells, its header {len(names)}")
    columns = {name: [row[k] for row in body] for k, name in enumerate(names)}
    return Table(columns, units, path.name)


def _same(cell: Any, value: Any) -> bool:
    if isinstance(cell, str) and isinstance(value, str) and cell.strip() == value.strip():
        return True
    try:
        return float(cell) == float(value)
    except (TypeError, ValueError):
        return str(cell).strip() == str(value).strip()


def _having(columns: Mapping[str, Any]) -> str:
    return f"there are {', '.join(columns)}" if columns else "there are none"
