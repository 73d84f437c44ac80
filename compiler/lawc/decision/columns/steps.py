"""Clauses, scales and scores as instructions on columns, and what a port takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from lawc.decision.admission import bounds
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
    spread,
)
from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.columns.limits import limits, lower_within
from lawc.decision.columns.tables import one_kind
from lawc.decision.decision import Clauses, Port, Score
from lawc.decision.formula import YES, names
from lawc.decision.guards import guards
from lawc.decision.kinds import LIMIT, Fixed, Real, Truth
from lawc.decision.registers import Operand, Register, ends, error_of

ONE = Fraction(1)


def lower_clauses(made: FormulaColumns, step: Clauses, port: Port) -> tuple[Operand, Register]:
    """Return what clauses decide, and the register of the clause that spoke."""
    effective = guards(step)
    found = [
        (
            place,
            made.condition(made.lower(effective[clause.label])),
            lower_within(made, clause.value, limits(clause.condition)),
        )
        for place, clause in enumerate(step.clauses)
    ]
    found = [one for one in found if one[1] != 0]
    if len(step.clauses) == 1 and step.clauses[0].condition == YES:
        made.definitions[step.output] = step.clauses[0].value
    if len(found) == 1 and found[0][1] == 1:
        return found[0][2], _constant(made, found[0][0])
    if not found:
        return made.absent(made.like, EXACTLY), _constant(made, -1)
    kind, table, registers = one_kind(made, [value for _, _, value in found], port)
    conditions = [
        made.truth(bool(holds)) if isinstance(holds, Fraction) else holds for _, holds, _ in found
    ]
    values = [register for register in registers if register is not None]
    read = [made.names[name] for name in sorted(frozenset().union(*map(names, effective.values())))]
    asked = [operand for operand in read if isinstance(operand, Register)]
    places = [place for place, _, _ in found]
    surely_one = _surely_one(step)
    near = kind.absolute if isinstance(kind, Real) and not kind.raw else 0.0
    count = len(conditions)

    def candidates(cells: list[Cell]) -> list[Cell]:
        given = iter(cells[count:])
        return [
            (constant, None) if register is None else next(given)
            for constant, register in zip(table, registers, strict=True)
        ]

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        holds, options = cells[:count], candidates(cells)
        if any(mask is not None for _, mask in holds):
            return _unsure_clauses(xp, holds, options, cells[count + len(values) :], near)
        value, mask = spread(xp, options[-1], holds[0][0])
        for (truth, _), option in reversed(list(zip(holds[:-1], options[:-1], strict=True))):
            value = xp.where(truth, option[0], value)
            if option[1] is not None or mask is not None:
                mask = xp.where(truth, _mask(xp, option, truth), _mask(xp, (value, mask), truth))
        if surely_one:
            return value, mask
        spoke = xp.small(holds[0][0])
        for truth, _ in holds[1:]:
            spoke = spoke + xp.small(truth)
        several = spoke > 1
        if xp.any(several) and mask is None and not near:
            # Clauses that say the same are no conflict; the first of them is named.
            differ = several & False
            for (truth, _), option in zip(holds, options, strict=True):
                differ = differ | (truth & (option[0] != value))
            spoke = xp.where(several & ~differ, xp.full(value, 1, small=True), spoke)
        return _ruled(xp, (value, mask), spoke, cells[count + len(values) :])

    def because(xp: Arrays, cells: list[Cell]) -> Cell:
        value = xp.full(cells[0][0], -1)
        for (truth, mask), place in zip(cells, places, strict=True):
            known = truth if mask is None else truth & (mask == KNOWN)
            value = xp.where(known & (value < 0), place, value)
        if any(mask is not None for _, mask in cells):
            maybe = sum(xp.whole(full_mask(xp, cell) == UNSURE) for cell in cells)
            for (_, mask), place in zip(cells, places, strict=True):
                if mask is not None:
                    value = xp.where((value < 0) & (maybe == 1) & (mask == UNSURE), place, value)
        return value, None

    kinds = Fixed(ONE, -1, len(step.clauses))
    spoken = made.emit(("because", id(step)), kinds, because, *conditions)
    return made.emit(("clauses", id(step)), kind, run, *conditions, *values, *asked), spoken


def _surely_one(step: Clauses) -> bool:
    """Return whether exactly one clause speaks in every case, whatever the conditions are."""
    related = {frozenset((c.label, other)) for c in step.clauses for other in c.defeats}
    labels = [clause.label for clause in step.clauses]
    apart = all(
        frozenset((one, other)) in related for i, one in enumerate(labels) for other in labels[:i]
    )
    # Guards hold their own condition only once it is written; YES covers the rest.
    return apart and any(clause.condition == YES for clause in step.clauses)


def _ruled(xp: Arrays, cell: Cell, spoke: Any, asked: Sequence[Cell]) -> Cell:
    """Refuse rows in which not one clause speaks, but for what is not applicable."""
    bad = spoke != 1
    if not xp.any(bad):
        return cell
    value, mask = flagged(xp, (cell[0], None if cell[1] is None else cell[1] * (spoke == 1)), bad)
    for _, other in asked:
        if other is not None:
            nothing = (spoke == 0) & (other == NOTHING)
            mask = xp.where(nothing, xp.full(value, NOTHING, small=True), mask)
    return value, mask


def _unsure_clauses(
    xp: Arrays, holds: list[Cell], options: list[Cell], asked: list[Cell], near: float
) -> Cell:
    """Return what clauses say where it is unknown whether some of them speak."""
    like = holds[0][0]
    small = xp.small(like) * 0
    spoke, started = small, small != 0
    exactly = small != 0
    value, mask = spread(xp, options[0], like)
    mask = _mask(xp, (value, mask), like)
    agreed = value, mask
    for cell, option in zip(holds, options, strict=True):
        unsure = _mask(xp, cell, like)
        known = cell[0] & (unsure == KNOWN)
        maybe = unsure == UNSURE
        exactly = exactly | (unsure == EXACTLY)
        given = spread(xp, option, like)
        given = given[0], _mask(xp, given, like)
        value, mask = xp.where(known, given[0], value), xp.where(known, given[1], mask)
        both = agreement(xp, agreed, given, near)
        agreed = (
            xp.where(maybe, xp.where(started, both[0], given[0]), agreed[0]),
            xp.where(maybe, xp.where(started, both[1], given[1]), agreed[1]),
        )
        started = started | maybe
        spoke = spoke + xp.small(known)
    open_rows = (spoke == 0) & started
    value, mask = xp.where(open_rows, agreed[0], value), xp.where(open_rows, agreed[1], mask)
    value, mask = _ruled(xp, (value, mask), xp.where(open_rows, small + 1, spoke), asked)
    mask = _mask(xp, (value, mask), like)
    return value, xp.where(exactly, xp.full(like, EXACTLY, small=True), mask)


def _mask(xp: Arrays, cell: Cell, like: Any) -> Any:
    return xp.full(like, KNOWN, small=True) if cell[1] is None else cell[1]


def _constant(made: FormulaColumns, value: int) -> Register:
    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        return xp.full(cells[0][0], value), None

    return made.emit(("constant", value), Fixed(ONE, value, value), run, made.like)


def lower_score(made: FormulaColumns, step: Score) -> tuple[Operand, Register]:
    """Return the sum of points, and the lines that counted as the bits of a whole number."""
    found = [
        (place, made.condition(made.lower(p.when)), made.lower(p.points))
        for place, p in enumerate(step.points)
    ]
    total: Operand = sum(
        (p for _, c, p in found if c == 1 and isinstance(p, Fraction)), Fraction(0)
    )
    plain = [(c, p) for _, c, p in found if isinstance(c, Register) and isinstance(p, Fraction)]
    counts = made.aligned(*(p for _, p in plain))
    if plain and counts is not None and sum(abs(p) for _, p in plain) < LIMIT * counts[0]:
        total = made.add(total, _tally(made, plain, counts))
    elif plain:
        # Roots and the like have no unit in common, or their sum is more than 64 bits count.
        for holds, points in plain:
            total = made.add(total, made.where(holds, points, Fraction(0)))
    for _, holds, points in found:
        if isinstance(points, Register) and holds != 0:
            total = made.add(total, made.where(holds, made.number(points), Fraction(0)))
    asked = [(place, c) for place, c, _ in found if isinstance(c, Register)]
    always = sum(1 << place for place, c, _ in found if c == 1)
    few = len(step.points) < 63

    def because(xp: Arrays, cells: list[Cell]) -> Cell:
        value = xp.full(cells[0][0], always if few else -1)
        for first in range(0, len(step.points) if few else 0, 7):
            # Seven bits fit a small column without its sign.
            bits = xp.full(value, 0, small=True)
            for (place, _), (truth, mask) in zip(asked, cells, strict=False):
                if first <= place < first + 7:
                    counted = truth if mask is None else truth & (mask == KNOWN)
                    bits = bits + xp.small(counted) * (1 << place - first)
            value = value + xp.whole(bits) * (1 << first)
        return value, None

    reads = [c for _, c in asked] or [made.like]
    return total, made.emit(("because", id(step)), Fixed(ONE, -1, 2**62), because, *reads)


def _tally(
    made: FormulaColumns,
    plain: list[tuple[Register, Fraction]],
    counts: tuple[Fraction, Sequence[Register | int]],
) -> Register:
    """Return the sum of constant points, counted in as few bits as they need."""
    unit, found = counts
    points = [int(p) for p in found if isinstance(p, int)]
    low, high = sum(min(0, p) for p in points), sum(max(0, p) for p in points)
    few = max(-low, high) < 128

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        total: Any = None
        mask = None
        for (truth, absent), by in zip(cells, points, strict=True):
            if absent is not None and not by:
                # It adds nothing, known or not; only whether it counted is to be told.
                absent = xp.where(absent == EXACTLY, absent, absent * 0)
            counted = truth if absent is None else truth & (absent == KNOWN)
            part = xp.small(counted) if few else xp.whole(counted)
            part = part * by if by != 1 else part
            total = part if total is None else total + part
            if absent is not None:
                mask = absent if mask is None else xp.larger(mask, absent)
        return xp.whole(total), mask

    registers = [register for register, _ in plain]
    return made.emit(("tally", tuple(points)), Fixed(unit, low, high), run, *registers)


def fitted(made: FormulaColumns, port: Port, of: Operand) -> Operand:
    """Return a decided quantity, in which rows that its port does not take are done exactly."""
    low, high = bounds(port)
    step = port.step if port.kind != "number" else None
    step = ONE if port.kind != "number" and step is None else step
    if isinstance(of, Fraction):
        fits = (low is None or low <= of) and (high is None or of <= high)
        fits = fits and (step is None or (of / step).denominator == 1)
        if not fits:
            return made.absent(made.like, EXACTLY)
        return made.truth(bool(of)) if port.kind == "yes/no" else of
    if isinstance(of.kind, Truth):
        return of if port.kind == "yes/no" else fitted(made, port, made.number(of))
    if isinstance(of.kind, Real):
        if step is not None:
            whole = made.whole(made.divide(of, step))
            assert isinstance(whole, Register)
            return fitted(made, port, made.multiply(whole, step))
        return _real_fitted(made, of, of.kind, low, high)
    first, last = ends(of)
    if step is not None and (of.kind.unit / step).denominator != 1:
        whole = made.whole(made.multiply(of, 1 / step))
        return fitted(made, port, made.multiply(whole, step)) if isinstance(whole, Register) else of
    if step is not None:
        of = made.scaled(of, step)
    assert isinstance(of.kind, Fixed)
    unit = of.kind.unit
    least = of.kind.low if low is None or low <= first else math.ceil(low / unit)
    most = of.kind.high if high is None or high >= last else math.floor(high / unit)
    if (least, most) != (of.kind.low, of.kind.high):
        of = _limited(made, of, Fixed(unit, least, most))
    if port.kind == "yes/no":
        return made.strict("is not zero", Truth(), lambda xp, a: a != 0, of)
    return of


def _limited(made: FormulaColumns, of: Register, kind: Fixed) -> Register:
    """Return counts within ends; rows beyond are done exactly."""
    if kind.low > kind.high:
        return made.absent(made.like, EXACTLY)

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        value = cells[0][0]
        low, high = xp.ends(value)
        if low >= kind.low and high <= kind.high:
            return cells[0]
        return flagged(xp, cells[0], (value < kind.low) | (value > kind.high), kind.low)

    return made.emit(("limited", kind.low, kind.high), kind, run, of)


def _real_fitted(
    made: FormulaColumns, of: Register, kind: Real, low: Fraction | None, high: Fraction | None
) -> Operand:
    least = -math.inf if low is None or float(low) <= kind.low else float(low)
    most = math.inf if high is None or float(high) >= kind.high else float(high)
    if least == -math.inf and most == math.inf:
        return of
    ends_of = max(kind.low, least), min(kind.high, most)
    if not ends_of[0] <= ends_of[1]:
        return made.absent(made.like, EXACTLY)
    to = Real(*ends_of, kind.relative, kind.absolute, kind.raw)

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        value = cells[0][0]
        error = error_of(kind, value)
        bad = ~((value - error >= least) & (value + error <= most))
        return flagged(xp, cells[0], bad, ends_of[0])

    return made.emit(("limited", least, most), to, run, of)
