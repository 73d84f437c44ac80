"""The direction of what is decided in brackets of a whole amount, such as a tariff in euros.

Inside a bracket slopes decide; from one bracket to the next the last amount of the one and the
first of the other are answered exactly. Amounts between two whole ones do not occur, so that a
tariff which falls by a cent there, and only there, rises all the same.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np

from lawc.decision.decision import Decision, Port, decides, reads
from lawc.decision.exact import decide
from lawc.decision.formula import Apply, Formula, Named, Number, walk
from lawc.decision.operations import DecisionError
from lawc.decision.partial import needed
from lawc.decision.values import Value
from lawc.proofs.cutting import cut_at
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.slopes import Slopes
from lawc.proofs.steps import Definition, definitions

MOST_BRACKETS = 200
HALVINGS = 8


def direction_in_brackets(
    decision: Decision, known: dict[str, Definition], name: str, on: str, within: Range
) -> int | None:
    """Return 1 where a quantity rises with a whole amount, -1 where it falls, else None.

    Args:
        on: The amount; all else that the quantity depends on is decided by it.
        within: Bounds of the amount.
    """
    step = _lattice(known[on].value, decision.port(on)) if on in known else None
    if step is None or not (np.isfinite(within.low[0]) and np.isfinite(within.high[0])):
        return None
    part = needed(cut_at(decision, on), (name,))
    inputs = {port.name for port in part.inputs}
    read = frozenset().union(*map(reads, part.steps)) & inputs
    if read != {on} or not any(name in decides(s) for s in part.steps):
        return None
    first = math.ceil(Fraction(float(within.low[0])) / step)
    last = math.floor(Fraction(float(within.high[0])) / step)
    ends = sorted(_starts(part, on, step, first, last))
    if len(ends) > MOST_BRACKETS or first > last:
        return None
    stops = [start - 1 for start in ends[1:]] + [last]
    counts = [count for pair in zip(ends, stops, strict=True) for count in pair]
    values = [_at(part, name, on, count * step) for count in counts]
    if any(value is None for value in values):
        return None
    for way in (1, -1):
        if _keeps(values, way) and _slopes(part, name, on, step, ends, stops, way):
            return way
    return None


def _lattice(value: Formula, port: Port) -> Fraction | None:
    """Return what every value is a whole multiple of, by its rounding or its kind."""
    if port.kind in ("integer", "date"):
        return Fraction(1)
    match value:
        case Apply(operation, (_, Number(step))) if operation.startswith("round_") and step > 0:
            return step
    return None


def _starts(part: Decision, on: str, step: Fraction, first: int, last: int) -> set[int]:
    """Return the counts of steps at which brackets begin: at and behind each number compared."""
    made = {first}
    for definition in definitions(part).values():
        for node in walk(definition.value):
            match node:
                case Apply(
                    "less" | "less_equal" | "equal" | "min" | "max",
                    (Named(name), Number(value)) | (Number(value), Named(name)),
                ) if name == on:
                    # One step around each side, so that no bracket has an edge inside.
                    low = math.floor(value / step)
                    made.update(c for c in (low, low + 1) if first < c <= last)
    return made


def _at(part: Decision, name: str, on: str, amount: Fraction) -> Fraction | None:
    # What was an input before the cut is asked for and not read.
    given: dict[str, Value] = {port.name: _any(port) for port in part.inputs}
    try:
        value = decide(part, {**given, on: amount}).values[name]
    except DecisionError:
        return None
    return value if isinstance(value, Fraction) else None


def _any(port: Port) -> Fraction:
    low = Fraction(0) if port.low is None else port.low
    return low if port.high is None else min(low, port.high)


def _keeps(values: list[Fraction | None], way: int) -> bool:
    found = [value for value in values if value is not None]
    return all((b - a) * way >= 0 for a, b in pairwise(found))


def _slopes(
    part: Decision,
    name: str,
    on: str,
    step: Fraction,
    starts: list[int],
    stops: list[int],
    way: int,
) -> bool:
    """Whether slopes have one sign from the first to the last amount of each bracket."""
    known = definitions(part)
    low = np.array([_outward(count * step, -np.inf) for count in starts])
    high = np.array([_outward(count * step, np.inf) for count in stops])
    single = np.array([a == b for a, b in zip(starts, stops, strict=True)])
    low, high = low[~single], high[~single]
    others = {p.name: p for p in part.inputs if p.name != on}
    for _ in range(HALVINGS):
        if not len(low):
            return True
        box = {on: Range(low, high)}
        for other, port in others.items():
            there = np.full(len(low), float(_any(port)))
            box[other] = Range(there, there)
        made = Slopes(Bounds(box, known), known, on).of(Named(name))
        settled = (made.slope.low >= 0) if way > 0 else (made.slope.high <= 0)
        left = ~(settled & ~made.jumps)
        low, high = low[left], high[left]
        middle = low + (high - low) / 2
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return not len(low)


def _outward(value: Fraction, toward: float) -> float:
    near = float(value)
    return near if Fraction(near) == value else float(np.nextafter(near, toward))
