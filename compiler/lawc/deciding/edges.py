"""Where the comparisons of a decision change, along each of its inputs, and the numbers beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import numpy as np

from lawc.deciding.goals import conditions
from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Decision, Port, Scale, formulas
from lawc.decision.formula import Apply, Formula, apply, walk
from lawc.decision.margins import linear
from lawc.decision.values import exact

FIRST_DAY, LAST_DAY = date(1970, 1, 1).toordinal(), date(2049, 12, 31).toordinal()
"""Between which days are drawn where none are declared."""

_COMPARED = ("less", "less_equal", "equal", "min", "max")


def edges(decision: Decision) -> dict[str, tuple[Fraction, ...]]:
    """Return by input, from low to high, the numbers at which a comparison with it changes."""
    inputs = {port.name: port for port in decision.inputs}
    found: dict[str, set[Fraction]] = {name: set() for name in inputs}

    def note(formula: Formula) -> None:
        edge = edge_of(formula)
        if edge is not None and edge[0] in inputs and admits(inputs[edge[0]], edge[1]):
            found[edge[0]].add(edge[1])

    for step in decision.steps:
        whole = [condition for _, condition in conditions(step)]
        for formula in (*whole, *formulas(step)):
            for node in walk(formula):
                if isinstance(node, Apply) and node.operation in _COMPARED:
                    note(node)
        if isinstance(step, Scale):
            for bands in step.bands:
                for bracket in bands.brackets:
                    note(apply("less", bracket.above, step.on))
    return {name: tuple(sorted(values)) for name, values in found.items()}


def edge_of(atom: Formula) -> tuple[str, Fraction] | None:
    """Return the name and the number that a comparison compares, where it is with one name."""
    if not isinstance(atom, Apply) or atom.operation not in _COMPARED:
        return None
    margin = linear(apply("subtract", *atom.parts))
    if margin is None:
        return None
    weights = {name: weight for name, weight in margin[0].items() if weight}
    if len(weights) != 1:
        return None
    ((name, weight),) = weights.items()
    return name, -margin[1] / weight


def admits(port: Port, value: Fraction) -> bool:
    """Return whether a number lies within what a port takes."""
    low, high = bounds(port)
    return (low is None or value >= low) and (high is None or value <= high)


def beside(port: Port, edge: Fraction) -> tuple[Fraction, ...]:
    """Return an edge and its neighbours on both sides that the port takes, at its finest step."""
    step = grain(port)
    if step is not None:
        low, high = math.floor(edge / step) * step, math.ceil(edge / step) * step
        near = (low - step, low, high, high + step) if low == high else (low, high)
    else:
        at = float(edge)
        near = tuple(
            exact(float(value))
            for value in (np.nextafter(at, -np.inf), at, np.nextafter(at, np.inf))
        )
    return tuple(dict.fromkeys(value for value in near if admits(port, value)))


def ends(port: Port, near: tuple[Fraction, ...]) -> tuple[float, float]:
    """Return the ends between which rows are drawn: as declared, or well around the edges."""
    low, high = bounds(port)
    if port.kind == "date":
        return float(FIRST_DAY if low is None else low), float(LAST_DAY if high is None else high)
    numbers = [float(value) for value in near]
    room = max([1.0, *map(abs, numbers)])
    first = float(low) if low is not None else min([0.0, *numbers]) - room
    last = float(high) if high is not None else max([0.0, *numbers]) + room
    return first, max(first, last)


Edges = Mapping[str, tuple[Fraction, ...]]
