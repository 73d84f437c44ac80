"""Tables as instructions on columns: the row by the box index, then its answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision.arrays import (
    EXACTLY,
    KNOWN,
    NOTHING,
    UNSURE,
    Arrays,
    Cell,
    agreement,
    flagged,
    full_mask,
)
from lawc.decision.box_index import NONE, SEVERAL, Axis, Range, axis, row_finder, rows_of
from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.columns.limits import limits_of_row, lower_within
from lawc.decision.decision import Cell as TableCell
from lawc.decision.decision import Interval, OneOf, Port, Table, Test
from lawc.decision.exact import inside
from lawc.decision.kinds import Fixed, Kind, Real, Truth, either
from lawc.decision.registers import Operand, Register, ends, error_of
from lawc.decision.values import exact

Open = tuple[Any, tuple[int, ...], bool]
"""Rows with unknown values: their places, the rows that may speak, whether one surely does."""


def lower_table(
    made: FormulaColumns, step: Table, ports: Sequence[Port]
) -> tuple[list[Operand], Register]:
    """Return what a table decides, and the register of the row that spoke."""
    sources, axes, never = _axes(made, step)
    plain = sum(1 << place for place, row in enumerate(step.rows) if not row.otherwise)
    rest = next((place for place, row in enumerate(step.rows) if row.otherwise), NONE)
    axes.append(Axis((), (plain & ~never,), plain))
    within = [limits_of_row(row, step.on) for row in step.rows]
    answers = [
        [
            lower_within(made, row.answers[j], ends)
            for row, ends in zip(step.rows, within, strict=True)
        ]
        for j in range(len(step.outputs))
    ]
    same = [tuple(column[place] for column in answers) for place in range(len(step.rows))]

    def judge(bits: int) -> int:
        bits &= plain
        if not bits:
            return rest
        first = next(iter(rows_of(bits)))
        if step.policy == "first" or bits == 1 << first:
            return first
        agree = step.policy == "any" and all(same[row] == same[first] for row in rows_of(bits))
        return first if agree else SEVERAL

    registers = [register for register, _ in sources] or [made.like]
    cutters = [cut for _, cut in sources]
    find = row_finder(axes, judge, step.policy != "first")

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        pieces, mask, near = [], None, None
        for cell, cut in zip(cells, cutters, strict=False):
            found, close = cut.pieces(xp, cell)
            pieces.append(found)
            if close is not None:
                near = close if near is None else near | close
            if cell[1] is not None:
                mask = cell[1] if mask is None else xp.larger(mask, cell[1])
        row = find(xp, pieces or [cells[0][0]])
        bad = row < 0 if near is None else (row < 0) | near
        if mask is not None and near is not None:
            mask = xp.where(near, xp.full(mask, EXACTLY, small=True), mask)
        # A row that may speak beside unknown values is looked for again, below.
        return flagged(xp, (row, mask), bad, 0 * row)

    row = made.emit(("row", id(step)), Fixed(Fraction(1), 0, len(step.rows) - 1), run, *registers)

    def look(xp: Arrays, cells: list[Cell]) -> Cell:
        mask = cells[0][1]
        if mask is None:
            return [], None
        return _open(xp, mask, cells[1:], cutters, axes, step, same, plain, rest), None

    # Its column is a list of Open, which only `answers` and `because` read.
    opens = made.emit(("open", id(step)), Truth(), look, row, *registers)
    decided: list[Operand] = [
        _answers(made, step, j, column, row, opens, port)
        for j, (column, port) in enumerate(zip(answers, ports, strict=True))
    ]
    return decided, _because(made, step, row, opens)


class _Cut:
    """How the values of a register become pieces of an axis."""

    def __init__(self, of: Axis, kind: Kind) -> None:
        self.axis = of
        self.kind = kind
        self.below = np.array([-math.inf, *map(float, of.edges)])
        self.above = np.array([*map(float, of.edges), math.inf])
        self.lookup: np.ndarray | None = None
        if isinstance(kind, Fixed) and kind.high - kind.low < 1 << 16 and len(of.edges) > 1:
            counts = np.arange(kind.low, kind.high + 1)
            self.lookup = np.searchsorted(np.array(of.edges), counts, side="right").astype(np.int64)
            if kind.low == 0 and (self.lookup == counts).all():
                self.lookup = counts[:0]

    def pieces(self, xp: Arrays, cell: Cell) -> tuple[Any, Any]:
        """Return the piece of each value, and where a float is too near to an edge to tell."""
        value, _ = cell
        kind = self.kind
        if isinstance(kind, Truth):
            value = xp.whole(value)
            return (value if self.axis.edges else value * 0), None
        if self.lookup is not None:
            assert isinstance(kind, Fixed)
            if not len(self.lookup):
                return value, None
            return xp.take(xp.constant(self.lookup), value - kind.low if kind.low else value), None
        found = self.axis.pieces(xp, value)
        if isinstance(kind, Fixed) or kind.raw or not self.axis.edges:
            return found, None
        below, above = xp.constant(self.below), xp.constant(self.above)
        error = error_of(kind, value)
        near = (value - xp.take(below, found) > error) & (xp.take(above, found) - value > error)
        return found, ~near


def _axes(made: FormulaColumns, step: Table) -> tuple[list[tuple[Register, _Cut]], list[Axis], int]:
    """Return the registers that are asked, their axes, and the rows that never hold, as bits."""
    sources: list[tuple[Register, _Cut]] = []
    axes: list[Axis] = []
    never = 0
    tests: dict[Register, list[Sequence[Range] | None]] = {}
    for place, name in enumerate(step.on):
        operand = made.names[name]
        cells: list[Sequence[Range] | None] = []
        for number, row in enumerate(step.rows):
            cell = row.cells[place] if not row.otherwise else None
            if isinstance(cell, Test):
                holds = made.condition(made.lower(cell.condition))
                if isinstance(holds, Fraction):
                    never |= 0 if holds else 1 << number
                    cells.append(None)
                    continue
                tests.setdefault(holds, [None] * len(step.rows))[number] = ((1, None),)
                cells.append(None)
            elif cell is not None and isinstance(operand, Fraction):
                held = operand in cell.values if isinstance(cell, OneOf) else inside(cell, operand)
                never |= 0 if held else 1 << number
                cells.append(None)
            else:
                cells.append(None if cell is None else _ranges(cell, operand))
        if isinstance(operand, Register):
            made_axis = axis(cells)
            sources.append((operand, _Cut(made_axis, operand.kind)))
            axes.append(made_axis)
    for register, cells in tests.items():
        made_axis = axis(cells)
        sources.append((register, _Cut(made_axis, Truth())))
        axes.append(made_axis)
    return sources, axes, never


def _ranges(cell: TableCell, operand: Operand) -> Sequence[Range]:
    """Return where a cell holds, in counts or floats."""
    assert isinstance(operand, Register)
    kind = operand.kind if not isinstance(operand.kind, Truth) else Fixed(Fraction(1), 0, 1)
    if isinstance(cell, OneOf):
        found = [(_first(v, True, kind), _first(v, False, kind)) for v in sorted(cell.values)]
    else:
        assert isinstance(cell, Interval)
        low = kind.low if cell.low is None else _first(cell.low, not cell.low_open, kind)
        high = None if cell.high is None else _first(cell.high, cell.high_open, kind)
        found = [(low, high)]
    if isinstance(kind, Real):
        return [(None if low <= kind.low else low, high) for low, high in found]
    # What the column cannot be cuts nothing.
    return [
        (None if low <= kind.low else low, None if high is None or high > kind.high else high)
        for low, high in found
        if low <= kind.high and (high is None or high > kind.low)
    ]


def _first(end: Fraction, included: bool, kind: Fixed | Real) -> int | float:
    """Return the first value of a column that is at a number, if included, or beyond it."""
    if isinstance(kind, Fixed):
        count = end / kind.unit
        found = math.ceil(count) if included else math.floor(count) + 1
        return min(max(found, kind.low), kind.high + 1)
    near = float(end)
    at = exact(near) if kind.raw else end
    reached = at >= end if included else at > end
    return near if reached else math.nextafter(near, math.inf)


def _open(
    xp: Arrays,
    mask: Any,
    cells: list[Cell],
    cutters: list[_Cut],
    axes: list[Axis],
    step: Table,
    same: list[tuple[Operand, ...]],
    plain: int,
    rest: int,
) -> list[Open]:
    """Return which rows may speak where something asked for is unknown or not applicable."""
    places = ((mask == UNSURE) | (mask == NOTHING)).nonzero()
    places = places[0] if isinstance(places, tuple) else places[:, 0]
    if not len(places):
        return []
    columns = []
    for cell, cut in zip(cells, cutters, strict=True):
        part = cell[0][places], None if cell[1] is None else cell[1][places]
        found = cut.pieces(xp, part)[0]
        if part[1] is not None:
            found = xp.where(part[1] == UNSURE, found * 0 - 1, found)
            found = xp.where(part[1] == NOTHING, found * 0 - 2, found)
        columns.append(np.asarray(found.tolist()))
    combined, which = np.unique(np.stack(columns), axis=1, return_inverse=True)
    common = plain
    for other in axes[len(cutters) :]:
        common &= other.rows[0]
    found_open: list[Open] = []
    for number, pieces in enumerate(combined.T.tolist()):
        hits = maybe = common
        for piece, of in zip(pieces, axes, strict=False):
            if piece >= 0:
                hits, maybe = hits & of.rows[piece], maybe & of.rows[piece]
            else:
                hits &= of.always
                maybe = maybe & of.always if piece == -2 else maybe
        maybe &= ~hits
        found = list(rows_of(hits))
        if step.policy == "first":
            found = found[:1]
            maybe &= (1 << found[0]) - 1 if found else -1
        elif found:
            maybe = 0
        if not found and rest != NONE:
            found = [rest]
        candidates = tuple(sorted({*found, *rows_of(maybe)}))
        sure = not maybe
        several = len(found) > 1 and (
            step.policy == "unique" or any(same[row] != same[found[0]] for row in found)
        )
        if several or (not candidates and -2 not in pieces):
            candidates, sure = (NONE,), True
        chosen = (which.reshape(-1) == number).nonzero()[0]
        found_open.append((places[chosen.tolist()], candidates, sure))
    return found_open


def _answers(
    made: FormulaColumns,
    step: Table,
    column: int,
    answers: list[Operand],
    row: Register,
    opens: Register,
    port: Port,
) -> Register:
    """Return one output of a table."""
    kind, table, registers = one_kind(made, answers, port)
    where = {
        register: np.array([answer == register for answer in registers], bool)
        for register in dict.fromkeys(x for x in registers if x is not None)
    }
    reads = list(where)
    dtype = bool if isinstance(kind, Truth) else np.float64 if isinstance(kind, Real) else np.int64
    constants = np.array(table, dtype)
    slot = {register: place for place, register in enumerate(reads)}
    near = kind.absolute if isinstance(kind, Real) and not kind.raw else 0.0

    def answer(xp: Arrays, place: int, at: Any, cells: list[Cell]) -> Cell:
        register = registers[place]
        if register is None:
            value = xp.take(xp.constant(constants), xp.full(at, place))
            return value, xp.full(at, KNOWN, small=True)
        value, mask = cells[2 + slot[register]]
        return value[at], xp.full(at, KNOWN, small=True) if mask is None else mask[at]

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        places, absent = cells[0]
        value, mask = xp.take(xp.constant(constants), places), None
        for register, spoken in where.items():
            given, other = cells[2 + slot[register]]
            holds = xp.take(xp.constant(spoken), places)
            value = xp.where(holds, given, value)
            if other is not None:
                known = xp.full(other, KNOWN, small=True) if mask is None else mask
                mask = xp.where(holds, other, known)
        if absent is not None:
            mask = full_mask(xp, (value, mask))
            mask = xp.where(absent == KNOWN, mask, absent)
            mask = opened(xp, cells, value, mask)
        return value, mask

    def opened(xp: Arrays, cells: list[Cell], value: Any, mask: Any) -> Any:
        """Fill in rows in which more than one row of the table may speak."""
        for at, candidates, sure in cells[1][0]:
            if candidates == () or candidates[0] == NONE:
                mask[at] = EXACTLY if candidates else NOTHING
                continue
            found = answer(xp, candidates[0], at, cells)
            for other in () if sure else candidates[1:]:
                if answers[other] != answers[candidates[0]]:
                    found = agreement(xp, found, answer(xp, other, at, cells), near)
            value[at], mask[at] = found
        return mask

    return made.emit(("answers", id(step), column), kind, run, row, opens, *reads)


def one_kind(
    made: FormulaColumns, answers: list[Operand], port: Port
) -> tuple[Kind, list[Any], list[Register | None]]:
    """Return one kind for all answers, constants in it, and registers in it."""
    truths = [
        isinstance(x.kind, Truth) if isinstance(x, Register) else x in (0, 1) for x in answers
    ]
    if port.kind == "yes/no" and all(truths):
        registers = [x if isinstance(x, Register) else None for x in answers]
        return Truth(), [x == 1 for x in answers], registers
    numbers = [made.number(x) for x in answers]
    counts = made.aligned(*numbers)
    if counts is not None:
        unit, found = counts
        all_ends = [int(end / unit) for x in numbers for end in ends(x)]
        made_kind = Fixed(unit, min(all_ends), max(all_ends))
        table = [0 if isinstance(x, Register) else x for x in found]
        return made_kind, table, [x if isinstance(x, Register) else None for x in found]
    reals = [made.real(x) for x in numbers]
    kind = reals[0][0]
    for other, _ in reals[1:]:
        kind = either(kind, other)
    table = [0.0 if isinstance(x, Register) else x for _, x in reals]
    return kind, table, [x if isinstance(x, Register) else None for _, x in reals]


def _because(made: FormulaColumns, step: Table, row: Register, opens: Register) -> Register:
    """Return the row that spoke; -1 where that is open."""

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        places, mask = cells[0]
        if mask is not None:
            places = xp.where(mask == KNOWN, places, places * 0 - 1)
        for at, candidates, sure in cells[1][0]:
            if len(candidates) == 1 or (sure and candidates):
                places[at] = candidates[0]
        return places, None

    return made.emit(("because", id(step)), Fixed(Fraction(1), -1, len(step.rows)), run, row, opens)
