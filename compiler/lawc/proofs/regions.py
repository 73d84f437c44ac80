"""The smallest box that we know to hold a region: declared ranges, cut by its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from lawc.decision.decision import Decision
from lawc.decision.formula import Apply, Formula, Named, Number
from lawc.proofs.intervals import Range
from lawc.proofs.logarithms import whole_range


def hull(decision: Decision, where: tuple[Formula, ...]) -> dict[str, Range]:
    """Return a range for each input outside of which nothing lies in the region."""
    box = {port.name: whole_range(port) for port in decision.inputs}
    for condition in where:
        for name, low, high in _bounds(condition):
            if name in box:
                box[name] = _cut(box[name], low, high)
    return box


def _bounds(condition: Formula) -> Iterator[tuple[str, Fraction | None, Fraction | None]]:
    """Yield what a condition says of single inputs: at least, at most."""
    match condition:
        case Apply("and", (first, second)):
            yield from _bounds(first)
            yield from _bounds(second)
        case Named(name):
            yield name, Fraction(1), None
        case Apply("not", (Named(name),)):
            yield name, None, Fraction(0)
        case Apply("less" | "less_equal", (Named(name), Number(value))):
            yield name, None, value
        case Apply("less" | "less_equal", (Number(value), Named(name))):
            yield name, value, None
        case Apply("equal", (Named(name), Number(value)) | (Number(value), Named(name))):
            yield name, value, value
        case _:
            return


def _cut(there: Range, low: Fraction | None, high: Fraction | None) -> Range:
    first, last = there.low, there.high
    if low is not None:
        first = np.maximum(first, _near(low, -np.inf))
    if high is not None:
        last = np.minimum(last, _near(high, np.inf))
    # An empty region has no case that could break a claim: any box will do.
    return Range(first, last) if bool(first[0] <= last[0]) else there


def _near(end: Fraction, outward: float) -> float:
    near = float(end)
    return near if Fraction(near) == end else float(np.nextafter(near, outward))
