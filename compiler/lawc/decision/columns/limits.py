"""Lower a formula for the rows in which a condition holds: there its quantities have ends.

A polynomial of one bracket of a tariff fits 64 bits for the amounts of its bracket, and not for all
amounts. Other rows get the values of an end, which nobody reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.decision import Interval, Row
from lawc.decision.formula import Apply, Formula, Named, Number, names
from lawc.decision.kinds import Fixed, Real, real
from lawc.decision.registers import Operand, Register

Ends = tuple[Fraction | None, Fraction | None]


def limits(condition: Formula) -> dict[str, Ends]:
    """Return between which numbers the names of a condition lie where it holds."""
    found: dict[str, Ends] = {}
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case Apply("and", parts):
                waiting.extend(parts)
            case Apply("less" | "less_equal", (Named(name), Number(end))):
                _limit(found, name, None, end)
            case Apply("less" | "less_equal", (Number(end), Named(name))):
                _limit(found, name, end, None)
            case Apply("equal", (Named(name), Number(at)) | (Number(at), Named(name))):
                _limit(found, name, at, at)
    return found


def limits_of_row(row: Row, on: tuple[str, ...]) -> dict[str, Ends]:
    """Return between which numbers lies what the intervals of a row ask for."""
    found: dict[str, Ends] = {}
    for name, cell in zip(on, row.cells, strict=True):
        if isinstance(cell, Interval) and not row.otherwise:
            _limit(found, name, cell.low, cell.high)
    return found


def lower_within(made: FormulaColumns, formula: Formula, ends: Mapping[str, Ends]) -> Operand:
    """Return the operand of a formula in the rows in which names lie between these ends."""
    if not isinstance(formula, Apply):
        return made.lower(formula)
    needed = set(names(formula))
    for name in reversed(made.definitions):
        if name in needed:
            needed |= names(made.definitions[name])
    changed: dict[str, Operand] = {}
    for name in needed & ends.keys():
        operand = made.names[name]
        within = _within(made, operand, ends[name]) if isinstance(operand, Register) else operand
        if within != operand:
            changed[name] = within
    if not changed:
        return made.lower(formula)
    with made.renamed(changed):
        for name, definition in made.definitions.items():
            if name in needed and name not in changed and names(definition) & changed.keys():
                changed[name] = made.names[name] = made.lower(definition)
        return made.lower(formula)


def _limit(found: dict[str, Ends], name: str, low: Fraction | None, high: Fraction | None) -> None:
    least, most = found.get(name, (None, None))
    low = least if low is None or (least is not None and least > low) else low
    high = most if high is None or (most is not None and most < high) else high
    found[name] = low, high


def _within(made: FormulaColumns, of: Register, ends: Ends) -> Register:
    kind = of.kind
    low, high = ends
    if isinstance(kind, Fixed):
        first = kind.low if low is None else max(kind.low, math.ceil(low / kind.unit))
        last = kind.high if high is None else min(kind.high, math.floor(high / kind.unit))
        made_kind: Fixed | Real = Fixed(kind.unit, first, last)
    elif isinstance(kind, Real):
        first = kind.low if low is None else max(kind.low, math.nextafter(float(low), -math.inf))
        last = kind.high if high is None else min(kind.high, math.nextafter(float(high), math.inf))
        made_kind = real(first, last, kind.relative, kind.absolute, kind.raw)
    else:
        return of
    if first > last or (first, last) == (kind.low, kind.high):
        return of
    return made.strict(
        "within",
        made_kind,
        lambda xp, a, first, last: xp.smaller(xp.larger(a, first), last),
        of,
        first,
        last,
    )
