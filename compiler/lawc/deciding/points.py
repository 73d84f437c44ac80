"""Rows of inputs that lie near the edges of a decision: on its constants and one step beside them.

They try an evaluator or a frozen module where answers change. Each input is drawn by itself, half
of the time from the numbers with which cells and formulas compare it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.deciding.words import in_words
from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Decision, Interval, Port, Table, formulas
from lawc.decision.exact import decide
from lawc.decision.formula import Apply, Formula, Number, names, walk
from lawc.decision.operations import DecisionError
from lawc.decision.values import UNKNOWN, Absent, Value

FINEST = Fraction(1, 1000)
"""A step on a continuous scale, in its unit."""
FAR = Fraction(1_000_000)
"""Where a range has no end."""

Case = dict[str, Value]


def cases(decision: Decision, count: int, seed: int = 0) -> list[Case]:
    """Return cases that the decision answers, the same ones for a seed.

    Raises:
        DecisionError: Almost none of the cases is answered; the text is that of the last one.
    """
    drawing = Random(seed)
    edges = edges_of(decision)
    found: list[Case] = []
    refused: DecisionError | None = None
    for _ in range(4 * count):
        if len(found) == count:
            break
        case = {port.name: _drawn(port, edges[port.name], drawing) for port in decision.inputs}
        try:
            decide(decision, case)
        except DecisionError as problem:
            refused = problem
        else:
            found.append(case)
    if refused is not None and len(found) < count / 4:
        raise refused
    return found


def column_of(port: Port, values: list[Value]) -> NDArray[Any]:
    """Return exact values of a port as a column in words; a missing value is None, or NaN, NaT."""
    if port.kind in ("number", "integer"):
        amounts = [float("nan") if isinstance(v, Absent) else float(v) for v in values]
        return np.array(amounts, dtype=np.float64)
    words = [None if isinstance(v, Absent) else in_words(port, v) for v in values]
    if port.kind == "date":
        return np.array(words, dtype="datetime64[D]")
    if port.kind == "yes/no" and None not in words:
        return np.array(words, dtype=bool)
    return np.array(words, dtype=object)


def edges_of(decision: Decision) -> dict[str, list[Fraction]]:
    """Return for each input the numbers at which something may change, sorted."""
    found: dict[str, set[Fraction]] = defaultdict(set)
    for step in decision.steps:
        if isinstance(step, Table):
            for row in step.rows:
                for name, cell in zip(step.on, row.cells, strict=True):
                    if isinstance(cell, Interval):
                        found[name] |= {e for e in (cell.low, cell.high) if e is not None}
        for formula in formulas(step):
            for names_, number in _compared(formula):
                for name in names_:
                    found[name].add(number)
    return {port.name: sorted(found[port.name]) for port in decision.inputs}


def _compared(formula: Formula) -> Iterator[tuple[frozenset[str], Fraction]]:
    """Yield names and a number that one operation brings together."""
    for node in walk(formula):
        if isinstance(node, Apply) and len(node.parts) == 2:
            for this, other in (node.parts, node.parts[::-1]):
                if isinstance(this, Number) and not isinstance(other, Number):
                    yield names(other), this.value


def _drawn(port: Port, edges: list[Fraction], drawing: Random) -> Value:
    if port.may_be_unknown and drawing.random() < 0.15:
        return UNKNOWN
    low, high = bounds(port)
    low = -FAR if low is None else low
    high = FAR if high is None else high
    step = grain(port)
    inside = [edge for edge in (low, *edges, high) if low <= edge <= high]
    if drawing.random() < 0.5:
        value = drawing.choice(inside) + drawing.choice((-1, 0, 1)) * (step or FINEST)
    else:
        value = low + (high - low) * Fraction(drawing.randrange(10**6 + 1), 10**6)
    value = round(value / (step or FINEST)) * (step or FINEST)
    return min(max(value, low), high)
