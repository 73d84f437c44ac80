"""Read a small table of measurements: names, units and numbers, each checked.

A table is CSV; lines that start with `#` cite it. Its header gives each column a unit in brackets,
and a column in another unit of the same dimension is converted.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.project.shelves import library
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

MAX_ROWS = 5_000
MAX_BYTES = 1_000_000


class TableError(LawcError):
    """A table cannot be used; the text names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column that a table must have.

    Attributes:
        name: As in the header, before the bracket.
        unit: In which it is used; None for a label such as the number of a subject.
        low: The smallest value that makes sense, in that unit.
        above: Whether it must lie above `low` rather than at or above it.
    """

    name: str
    unit: str | None
    low: float = 0.0
    above: bool = False


@dataclass(frozen=True)
class Table:
    """Measurements, one row each.

    Attributes:
        name: File name.
        citation: The comment lines, joined.
        columns: Numbers by name, in the units of the fields; shape (n,).
        labels: Texts by name, for fields without unit.
    """

    name: str
    citation: str
    columns: Mapping[str, np.ndarray]
    labels: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        columns = (*self.columns.values(), *self.labels.values())
        return len(columns[0])


def shipped(name: str, fields: Sequence[Field]) -> Table:
    """Return a table that ships with lawc, from the checkout or the wheel."""
    file = library() / "examples" / "tables" / f"{name}.csv"
    return read(f"{name}.csv", file.read_text(encoding="utf-8"), fields)


def from_file(path: Path, fields: Sequence[Field]) -> Table:
    """Return the table in a user's file.

    Raises:
        TableError: There is no such file, it is too large, or its text is no such table.
    """
    return read(path.name, text_of(path), fields)


def text_of(path: Path) -> str:
    """Return the text of a user's file.

    Raises:
        TableError: There is no such file, it is too large, or it is not UTF-8.
    """
    if not path.is_file():
        raise TableError(f"there is no file {path}")
    if path.stat().st_size > MAX_BYTES:
        raise TableError(f"{path} is larger than {MAX_BYTES // 1000} kB, too much for this job")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TableError(f"{path} is not UTF-8 text") from problem


def header_names(text: str) -> tuple[str, ...]:
    """Return the names of the columns of a table, without units."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    cells = next(csv.reader(lines[:1]), [])
    return tuple(_name_and_unit(cell)[0] for cell in cells)


def read(name: str, text: str, fields: Sequence[Field]) -> Table:
    """Return the table in a text.

    Raises:
        TableError: A column or its unit is missing, or a value is not a number in its range.
    """
    numbered = list(enumerate(text.splitlines(), start=1))
    comments = [line[1:].strip() for _, line in numbered if line.startswith("#")]
    lines = [(at, line) for at, line in numbered if line.strip() and not line.startswith("#")]
    if not lines:
        raise TableError(f"{name} is empty")
    cells = [next(csv.reader([line])) for _, line in lines]
    header = [_name_and_unit(cell) for cell in cells[0]]
    if len({column for column, _ in header}) != len(header):
        raise TableError(f"{name}: two columns have the same name")
    positions = {column: at for at, (column, _) in enumerate(header)}
    rows = [(at, row) for (at, _), row in zip(lines[1:], cells[1:], strict=True)]
    if not 2 <= len(rows) <= MAX_ROWS:
        raise TableError(f"{name} has {len(rows)} rows; this job takes 2 to {MAX_ROWS}")
    for at, row in rows:
        if len(row) != len(header):
            raise TableError(f"{name}:{at}: expected {len(header)} values, got {len(row)}")
    columns, labels = {}, {}
    for wanted in fields:
        if wanted.name not in positions:
            expected = ", ".join(_heading(one) for one in fields)
            raise TableError(f"{name} has no column {wanted.name!r}; expected {expected}")
        place = positions[wanted.name]
        if wanted.unit is None:
            labels[wanted.name] = tuple(row[place].strip() for _, row in rows)
            continue
        factor = _factor(name, header[place][1], wanted)
        values = [_number(name, at, row[place], factor, wanted) for at, row in rows]
        columns[wanted.name] = np.array(values)
    return Table(name, " ".join(comments), columns, labels)


def _heading(field: Field) -> str:
    return field.name if field.unit is None else f"{field.name} [{field.unit}]"


def _name_and_unit(cell: str) -> tuple[str, str | None]:
    name, bracket, rest = cell.strip().partition("[")
    return name.strip(), rest.rstrip("] ").strip() if bracket else None


def _factor(name: str, unit: str | None, field: Field) -> float:
    """Return what a value is multiplied with to be in the unit of the field."""
    if unit is None:
        raise TableError(f"{name}: the column {field.name!r} needs its unit: {_heading(field)}")
    if unit == field.unit:
        return 1.0
    given, wanted = parse_unit(unit), parse_unit(field.unit or "")
    if not isinstance(given, Unit):
        raise TableError(f"{name}: the unit [{unit}] of {field.name!r} is not known")
    if not isinstance(wanted, Unit) or given.dimension != wanted.dimension:
        raise TableError(
            f"{name}: the column {field.name!r} is in [{unit}], expected [{field.unit}] or a unit "
            "that converts to it"
        )
    if given.offset or wanted.offset:
        raise TableError(f"{name}: [{unit}] does not convert to [{field.unit}] by a factor")
    return given.factor / wanted.factor


def _number(name: str, at: int, cell: str, factor: float, field: Field) -> float:
    try:
        value = float(cell)
    except ValueError:
        shown = cell.strip() or "nothing"
        raise TableError(
            f"{name}:{at}: expected a number for {field.name!r}, got {shown}"
        ) from None
    if not math.isfinite(value):
        raise TableError(f"{name}:{at}: {field.name!r} is {cell.strip()}, not a finite number")
    value *= factor
    if value < field.low or (field.above and value == field.low):
        rule = "above" if field.above else "at least"
        raise TableError(
            f"{name}:{at}: {field.name!r} is {cell.strip()}, it must be {rule} {field.low:g}"
        )
    return value
