"""The smallest box that we know to hold a region: declared ranges, cut by its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from lawc.decision.decision import Decision, Port
from lawc.decision.formula import Apply, Formula, Named, Number
from lawc.knowledge.rule import RuleClaim
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


def narrowed(decision: Decision, claim: RuleClaim) -> tuple[Decision, RuleClaim]:
    """Return a decision with narrower ranges, and a claim without the conditions that say so.

    Open ends are closed. So what holds there holds of the claim, but not the other way.
    """
    ports = {port.name: port for port in decision.inputs if not port.choices}
    left: list[Formula] = []
    for condition in claim.where:
        cut = _cut_by(ports, condition)
        if cut is None:
            left.append(condition)
        else:
            ports = cut
    inputs = tuple(ports.get(port.name, port) for port in decision.inputs)
    return replace(decision, inputs=inputs), replace(claim, where=tuple(left))


def _cut_by(ports: dict[str, Port], condition: Formula) -> dict[str, Port] | None:
    """Return ports cut by a condition that says nothing but between which numbers they lie."""
    made = dict(ports)
    if not _is_of_bounds(condition):
        return None
    for name, low, high in _bounds(condition):
        cut = _narrower(made[name], low, high) if name in made else None
        if cut is None:
            return None
        made[name] = cut
    return made


def _narrower(port: Port, low: Fraction | None, high: Fraction | None) -> Port | None:
    """Return a port that takes what lies between two ends too, None where nothing does."""
    if port.kind == "yes/no":
        return None
    first = [end for end in (port.low, low) if end is not None]
    last = [end for end in (port.high, high) if end is not None]
    made = replace(port, low=max(first, default=None), high=min(last, default=None))
    is_empty = made.low is not None and made.high is not None and made.low > made.high
    return None if is_empty else made


def _is_of_bounds(condition: Formula) -> bool:
    """Whether a condition says nothing but between which numbers inputs lie."""
    match condition:
        case Apply("and", (first, second)):
            return _is_of_bounds(first) and _is_of_bounds(second)
        case Apply("less" | "less_equal" | "equal", (Named(), Number()) | (Number(), Named())):
            return True
        case _:
            return False


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
