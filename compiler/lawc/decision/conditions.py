"""Cells and rows of a table as conditions on its quantities."""

from __future__ import annotations

from lawc.decision.decision import Cell, Interval, OneOf, Row, Test
from lawc.decision.formula import YES, Formula, Named, Number, apply, every, some


def cell_condition(cell: Cell, name: str) -> Formula:
    """Return when a cell on a quantity holds."""
    on = Named(name)
    match cell:
        case None:
            return YES
        case Test(condition):
            return condition
        case OneOf(values):
            return some(tuple(apply("equal", on, Number(value)) for value in sorted(values)))
        case Interval(low, high, low_open, high_open):
            ends: list[Formula] = []
            if low is not None:
                ends.append(apply("less" if low_open else "less_equal", Number(low), on))
            if high is not None:
                ends.append(apply("less" if high_open else "less_equal", on, Number(high)))
            return every(tuple(ends))


def row_condition(row: Row, on: tuple[str, ...]) -> Formula:
    """Return when all cells of a row hold; what `otherwise` leaves to others is not in it."""
    cells = zip(row.cells, on, strict=True)
    return every(tuple(cell_condition(cell, name) for cell, name in cells if cell is not None))
