"""A table of formulas to laws: a row is a law, with its output, its formula and its variables.

The columns are `Filename` (or `id`), `Output`, `Formula`, and for each variable `v1_name`,
`v1_low`, `v1_high`; `Name` gives a title. Units stand in a second table, with a row for each
variable: its name, words for it, and a column for each unit that holds its exponent.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lawc.importers.drafting import Draft, Symbol, write_draft
from lawc.importers.formulas import names_in, translate
from lawc.importers.imported import Imported, ImportRefusedError, Remark
from lawc.importers.naming import block_name, safe_names
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

MOST_ROWS = 20_000
MOST_VARIABLES = 99

Row = Mapping[str, str]

UNIT_COLUMNS = {"T": "K"}
"""Columns of a table of units that are named for what they measure: T is a temperature."""

_FAMILIAR = ("N", "Pa", "W", "C", "A", "F", "J")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a table of units says about a variable: words for it, and its unit."""

    words: str
    unit: str


def looks_like_formulas(start: bytes) -> bool:
    """Return whether a file begins with a row of titles that a table of formulas has."""
    titles = start.split(b"\n", 1)[0].decode("utf-8", "replace").lower()
    cells = {cell.strip(' "\r') for cell in titles.split(",")}
    return {"formula", "output"} <= cells


def read_formulas(name: str, data: bytes) -> Imported:
    """Return the laws of a table without units; the checker infers what it can."""
    return read_formulas_with_units(name, data, b"")


def read_formulas_with_units(name: str, data: bytes, units: bytes) -> Imported:
    """Return the laws of a table, in units that a second table gives.

    Raises:
        ImportRefusedError: One of the tables cannot be read.
    """
    meanings = read_units(units) if units.strip() else {}
    texts: list[str] = []
    remarks: list[Remark] = []
    used: set[str] = set()
    for number, row in enumerate(_rows(data), 2):
        identity = row.get("filename") or row.get("id") or f"row-{number}"
        try:
            draft = _draft(row, identity, f"{name}, row {identity}", meanings, used)
        except ImportRefusedError as problem:
            remarks.append(Remark(f"row {identity[:40]}", str(problem), is_error=True))
            continue
        texts.append(write_draft(draft))
    return Imported("\n".join(texts), tuple(remarks))


def read_units(data: bytes) -> dict[str, Meaning]:
    """Return what a table of units says: a name, words, and an exponent in each further column.

    Raises:
        ImportRefusedError: A column is no unit, or a cell is no small fraction.
    """
    rows = _cells(data)
    titles = [UNIT_COLUMNS.get(title, title) for title in (rows[0][2:] if rows else ())]
    columns = [(at, title) for at, title in enumerate(titles, 2) if _is_unit(title)]
    if not columns:
        raise ImportRefusedError("a table of units has a name, words, and a column for each unit")
    return {
        row[0]: Meaning(row[1], _unit([(title, row[at]) for at, title in columns if at < len(row)]))
        for row in rows[1:]
        if len(row) > 2 and row[0]
    }


def _unit(factors: Sequence[tuple[str, str]]) -> str:
    parts = [(title, _exponent(cell)) for title, cell in factors if cell]
    text = product([(title, power) for title, power in parts if power])
    unit = parse_unit(text)
    if not isinstance(unit, Unit):
        raise ImportRefusedError(f"{text[:60]} is no unit")
    for known in _FAMILIAR:
        familiar = parse_unit(known)
        assert isinstance(familiar, Unit)
        if (familiar.dimension, familiar.factor) == (unit.dimension, unit.factor):
            return known
    return text


def product(factors: Sequence[tuple[str, Fraction]]) -> str:
    """Return units with their exponents as one text, `kg*m^2/s^2`; `1` where there is none."""
    above = "*".join(_power(unit, power) for unit, power in factors if power > 0)
    below = [_power(unit, -power) for unit, power in factors if power < 0]
    return "/".join([above or "1", *below])


def _power(unit: str, power: Fraction) -> str:
    if power == 1:
        return unit
    return f"{unit}^{power}" if power.denominator == 1 else f"{unit}^({power})"


def _exponent(cell: str) -> Fraction:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not abs(value) <= 64:
        raise ImportRefusedError(f"{cell[:40]} is no exponent of a unit")
    return Fraction(value).limit_denominator(12)


def _is_unit(title: str) -> bool:
    return bool(title) and isinstance(parse_unit(title), Unit)


def _draft(
    row: Row, identity: str, source: str, meanings: Mapping[str, Meaning], used: set[str]
) -> Draft:
    output, formula = row.get("output", ""), row.get("formula", "")
    if not output or not formula:
        raise ImportRefusedError("it has no output or no formula")
    ranges = _ranges(row)
    names = dict.fromkeys([output, *names_in(formula), *ranges])
    ours = safe_names(names)
    symbols = tuple(
        _symbol(name, ours[name], meanings, ranges.get(name, ("", ""))) for name in names
    )
    notes = [f"Its name in the table is {name}." for name, own in ours.items() if name != own]
    title = row.get("name") or f"Formula {identity}"
    block, number = block_name(identity), 2
    while block in used:
        block, number = f"{block_name(identity)}-{number}", number + 1
    used.add(block)
    equation = f"{ours[output]} = {translate(formula, ours)}"
    return Draft(block, title, (source,), symbols, (equation,), notes=tuple(notes))


def _symbol(
    name: str, own: str, meanings: Mapping[str, Meaning], limits: tuple[str, str]
) -> Symbol:
    meaning = meanings.get(name, Meaning(name, "")) if meanings else Meaning(name, "")
    return Symbol(own, meaning.words, meaning.unit or None, low=limits[0], high=limits[1])


def _ranges(row: Row) -> dict[str, tuple[str, str]]:
    ranges: dict[str, tuple[str, str]] = {}
    for number in range(1, MOST_VARIABLES + 1):
        name = row.get(f"v{number}_name", "")
        if name:
            ranges[name] = _limits(row.get(f"v{number}_low", ""), row.get(f"v{number}_high", ""))
    return ranges


def _limits(low: str, high: str) -> tuple[str, str]:
    if not low or not high:
        return "", ""
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (math.nan, math.nan)
    if not all(math.isfinite(bound) for bound in bounds) or bounds[0] > bounds[1]:
        raise ImportRefusedError(f"{low[:40]} to {high[:40]} is no range")
    return number(bounds[0]), number(bounds[1])


def number(value: float) -> str:
    """Return a number as people write it, exactly."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _rows(data: bytes) -> list[Row]:
    cells = _cells(data)
    titles = [title.lower() for title in cells[0]]
    if len(set(titles)) != len(titles):
        raise ImportRefusedError("two columns of the table have one title")
    return [dict(zip(titles, row, strict=False)) for row in cells[1:] if any(row)]


def _cells(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ImportRefusedError(f"byte {problem.start + 1} of the table is not UTF-8") from None
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), strict=True):
            rows.append([cell.strip() for cell in row])
            if len(rows) > MOST_ROWS:
                raise ImportRefusedError(f"a table has at most {MOST_ROWS:,} rows")
    except csv.Error as problem:
        raise ImportRefusedError(f"the table cannot be read: {problem}") from None
    if not rows:
        raise ImportRefusedError("the table is empty")
    return rows
