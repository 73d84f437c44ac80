"""Take what a law asks for out of a table: columns in declared units, every row judged.

Nothing is repaired in silence. A value that is missing, of another dimension, or outside the range
for which the law is declared is named with its row, and refused unless the caller says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import DomainError, LawcError
from lawc.estimation.tables import Table
from lawc.knowledge.law import Law, Quantity
from lawc.lowering.numpy_table import Array
from lawc.units.naming import describe_dimension
from lawc.units.reading import UnitProblem, parse_unit
from lawc.units.unit import Unit

# A bound that was rounded when it was written down is not crossed by the last digit of a value.
_SLACK = 1e-9


@dataclass(frozen=True)
class Reading:
    """How a table is to be read.

    Attributes:
        columns: The column of a quantity, where it has another name.
        units: The unit of a quantity or of a column, where it is not the declared one.
        sigma: For each output its standard errors: a column, a number, or an array.
        weights: A column or an array by which squared residuals are multiplied.
        group: A column whose values part the rows into courses of their own.
        drop: Whether rows with missing values are left out; otherwise they are refused.
        outside: Whether inputs outside their declared range are taken all the same.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sigma: Any = None
    weights: Any = None
    group: str | None = None
    drop: bool = False
    outside: bool = False

    def column(self, quantity: str) -> str:
        """Return the column that holds a quantity."""
        return self.columns.get(quantity, quantity)


@dataclass(frozen=True)
class Observations:
    """Rows that are ready to be compared with a law, in declared units.

    Attributes:
        inputs: Known inputs, shape (n,).
        outputs: Measured outputs, shape (n,); NaN where one is missing.
        sigma: Standard errors of outputs, shape (n,), where they are given.
        weights: Factors of squared residuals, shape (n,).
        groups: Labels of the groups; empty without a group column.
        owner: Which group each row belongs to, shape (n,).
        row: Number of each row in the table, from 1.
        notes: What was left out, or is odd, in words.
    """

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]
    sigma: Mapping[str, Array]
    weights: Array | None
    groups: tuple[str, ...]
    owner: np.ndarray
    row: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    @property
    def values(self) -> int:
        """How many measured values there are."""
        return sum(int(np.isfinite(column).sum()) for column in self.outputs.values())


def observe(
    law: Law, table: Table, inputs: Sequence[str], outputs: Sequence[str], reading: Reading
) -> Observations:
    """Return the observations that a table holds for a law.

    Args:
        law: Whose quantities they are.
        table: As given.
        inputs, outputs: Quantities with a column.
        reading: Names and units of columns, errors, weights, groups.

    Raises:
        LawcError: A column or a unit does not fit, or a value is missing.
        DomainError: An input lies outside its declared range.
    """
    found = {name: _declared(law, table, name, reading) for name in (*inputs, *outputs)}
    sigma = _sigma(law, table, outputs, reading)
    weights = _extra(table, reading.weights, "weights")
    if weights is not None and not (weights[np.isfinite(weights)] >= 0).all():
        raise LawcError("weights are not negative; a row of the table holds a negative one")
    keep, notes = _complete(found, inputs, outputs, sigma, weights, reading)
    for name in inputs:
        if not reading.outside:
            _check_range(law.quantities[name], found[name], keep)
    notes += _strays(law, found, outputs, keep)
    groups, owner = _groups(table, reading.group)
    rows = np.flatnonzero(keep)
    used = np.unique(owner[rows])
    owner = np.searchsorted(used, owner[rows])
    return Observations(
        {name: found[name][rows] for name in inputs},
        {name: found[name][rows] for name in outputs},
        {name: values[rows] for name, values in sigma.items()},
        None if weights is None else weights[rows],
        tuple(groups[k] for k in used) if groups else (),
        owner,
        rows + 1,
        tuple(notes),
    )


def with_columns(law: Law, table: Table, reading: Reading) -> list[str]:
    """Return the quantities that have a column: the one they are given, or that of their name.

    A column that was given to another quantity is not also that of its own name.
    """
    taken = set(reading.columns.values())
    return [
        name
        for name in law.quantities
        if reading.column(name) in table.columns and (name in reading.columns or name not in taken)
    ]


def check_names(law: Law, table: Table, reading: Reading) -> None:
    """Refuse names of columns and quantities that do not exist.

    Raises:
        LawcError: The first one, with those that do.
    """
    for quantity, column in reading.columns.items():
        if quantity not in law.quantities:
            raise LawcError(
                f"{law.identity} has no quantity {quantity!r}; it has {', '.join(law.quantities)}"
            )
        if column not in table.columns:
            raise LawcError(
                f"{table.shown}: no column {column!r} for {quantity}; there are "
                f"{', '.join(table.columns)}"
            )
    for name in reading.units:
        if name not in law.quantities and name not in table.columns:
            raise LawcError(
                f"a unit is given for {name!r}, which is neither a quantity nor a column"
            )


def _declared(law: Law, table: Table, name: str, reading: Reading) -> Array:
    """Return a column in the declared unit of its quantity."""
    column = reading.column(name)
    quantity = law.quantities[name]
    values = _coded(table, column, quantity)
    text = reading.units.get(name, reading.units.get(column, table.units.get(column)))
    if text is None:
        return values
    unit = _unit(text, column)
    if unit.dimension != quantity.unit.dimension:
        raise LawcError(
            f"column {column} is in [{unit.text or '1'}], {describe_dimension(unit.dimension)}; "
            f"{name} is declared in [{quantity.unit.text or '1'}], "
            f"{describe_dimension(quantity.unit.dimension)}"
        )
    if (unit.factor, unit.offset) == (quantity.unit.factor, quantity.unit.offset):
        return values
    si = values * unit.factor + unit.offset
    return (si - quantity.unit.offset) / quantity.unit.factor


def _coded(table: Table, column: str, quantity: Quantity) -> Array:
    """Return a column of numbers; words of a `one of` become their places."""
    if not quantity.choices:
        return table.numbers(column)
    places = {word: float(k) for k, word in enumerate(quantity.choices)}
    cells = [places.get(str(cell).strip(), cell) for cell in table.columns[column]]
    return Table({column: cells}).numbers(column)


def _unit(text: str, column: str) -> Unit:
    unit = parse_unit(text)
    if isinstance(unit, UnitProblem):
        near = f"; near to it: {', '.join(unit.candidates)}" if unit.candidates else ""
        why = f": {unit.reason}" if unit.reason else ""
        raise LawcError(f"the unit [{text}] of column {column} is not known{why}{near}")
    return unit


def _sigma(law: Law, table: Table, outputs: Sequence[str], reading: Reading) -> dict[str, Array]:
    """Return standard errors in declared units."""
    given = reading.sigma
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(outputs) > 1:
            raise LawcError(
                f"expected a standard error for each of {', '.join(outputs)}, got one for all"
            )
        given = {outputs[0]: given}
    found: dict[str, Array] = {}
    for name in outputs:
        if name not in given:
            raise LawcError(f"no standard error is given for {name}")
        values = _extra(table, given[name], f"standard errors of {name}")
        assert values is not None
        if isinstance(given[name], str):
            values = values * _scale_of(law, table, name, given[name], reading)
        if not (values[np.isfinite(values)] > 0).all():
            raise LawcError(f"standard errors are positive; those of {name} are not in each row")
        found[name] = values
    unused = sorted(set(given) - set(outputs))
    if unused:
        raise LawcError(f"standard errors are given for {', '.join(unused)}, which is no output")
    return found


def _scale_of(law: Law, table: Table, name: str, column: str, reading: Reading) -> float:
    """Return how many declared units of an output one unit of its standard errors is."""
    own = reading.units.get(column, table.units.get(column))
    shared = reading.units.get(name, reading.units.get(reading.column(name)))
    text = own or shared or table.units.get(reading.column(name))
    if text is None:
        return 1.0
    unit, declared = _unit(text, column), law.quantities[name].unit
    if unit.dimension != declared.dimension:
        raise LawcError(
            f"the standard errors of {name} are in [{unit.text or '1'}], "
            f"{describe_dimension(unit.dimension)}; {name} is declared in [{declared.text or '1'}]"
        )
    return unit.factor / declared.factor


def _extra(table: Table, given: Any, what: str) -> Array | None:
    """Return a column that is no quantity: by name, as a number, or as an array."""
    if given is None:
        return None
    if isinstance(given, str):
        if given not in table.columns:
            raise LawcError(
                f"no column {given!r} for the {what}; there are {', '.join(table.columns)}"
            )
        return table.numbers(given)
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise LawcError(f"expected {what} as a column, a number or an array of numbers") from None
    if values.ndim == 0:
        return np.full(len(table), float(values))
    if values.shape != (len(table),):
        raise LawcError(f"expected {what} of shape ({len(table)},), got {values.shape}")
    return values


def _complete(
    found: Mapping[str, Array],
    inputs: Sequence[str],
    outputs: Sequence[str],
    sigma: Mapping[str, Array],
    weights: Array | None,
    reading: Reading,
) -> tuple[np.ndarray, list[str]]:
    """Return which rows are used; a row that lacks only some of its outputs is."""
    measured = {n: ~np.isfinite(found[n]) for n in outputs}
    needed = [(reading.column(n), ~np.isfinite(found[n])) for n in inputs]
    if weights is not None:
        needed.append(("the weights", ~np.isfinite(weights)))
    # Where an output was not measured, nobody asks for its error.
    needed += [
        (f"the standard errors of {n}", ~np.isfinite(v) & ~measured[n]) for n, v in sigma.items()
    ]
    lacking = [*needed, *((reading.column(n), gap) for n, gap in measured.items())]
    gaps = [(name, np.flatnonzero(gap) + 1) for name, gap in lacking if gap.any()]
    told = "; ".join(f"{name} in {_rows(rows)}" for name, rows in gaps)
    if gaps and not reading.drop:
        raise LawcError(
            f"values are missing: {told}; ask for rows with missing values to be dropped, "
            "or complete them"
        )
    keep = ~np.logical_and.reduce(list(measured.values()))
    for _, gap in needed:
        keep &= ~gap
    notes = [f"left out, since values are missing: {told}"] if gaps else []
    idle = np.zeros(len(keep), dtype=bool) if weights is None else weights == 0
    if idle.any():
        # It says nothing of the law, and would count among the values that judge the fit.
        notes.append(f"left out, since the weight is zero: {_rows(np.flatnonzero(idle) + 1)}")
    return keep & ~idle, notes


def _check_range(quantity: Quantity, values: Array, keep: np.ndarray) -> None:
    low, high = quantity.low, quantity.high
    span = abs(high - low) if low is not None and high is not None else 0.0
    outside = np.zeros(len(values), dtype=bool)
    if low is not None:
        outside |= values < low - _SLACK * max(abs(low), span)
    if high is not None:
        outside |= values > high + _SLACK * max(abs(high), span)
    rows = np.flatnonzero(outside & keep)
    if rows.size:
        unit = f" [{quantity.unit.text}]" if quantity.unit.text else ""
        raise DomainError(
            f"{quantity.name} = {values[rows[0]]:.6g}{unit} in {_rows(rows + 1)} lies outside the "
            f"declared range {low if low is not None else '-oo'} .. "
            f"{high if high is not None else 'oo'}; is the unit right? leave such rows out, or "
            "declare a wider range"
        )


def _strays(
    law: Law, found: Mapping[str, Array], outputs: Sequence[str], keep: np.ndarray
) -> list[str]:
    """Name measured outputs outside their range: noise may do that, a wrong unit does it often."""
    notes = []
    for name in outputs:
        try:
            _check_range(
                law.quantities[name], np.nan_to_num(found[name], nan=_inner(law, name)), keep
            )
        except DomainError as finding:
            notes.append(str(finding).partition(";")[0])
    return notes


def _inner(law: Law, name: str) -> float:
    quantity = law.quantities[name]
    return next((end for end in (quantity.low, quantity.high) if end is not None), 0.0)


def _groups(table: Table, column: str | None) -> tuple[list[str], np.ndarray]:
    if column is None:
        return [], np.zeros(len(table), dtype=int)
    if column not in table.columns:
        raise LawcError(f"no column {column!r} to group by; there are {', '.join(table.columns)}")
    cells = [str(cell).strip() for cell in table.columns[column]]
    labels = list(dict.fromkeys(cells))
    place = {label: k for k, label in enumerate(labels)}
    return labels, np.array([place[cell] for cell in cells])


def _rows(rows: np.ndarray) -> str:
    shown = ", ".join(str(int(row)) for row in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"
