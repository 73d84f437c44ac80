"""Rows of inputs that lie near the edges of a decision: on its constants and one step beside them.

They try an evaluator or a frozen module where answers change. Each input is drawn by itself, half
of the time from the numbers with which cells and formulas compare it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from lawc.deciding.edges import edges, ends
from lawc.decision.admission import grain
from lawc.decision.decision import Decision, Port
from lawc.decision.exact import decide
from lawc.decision.operations import DecisionError
from lawc.decision.values import UNKNOWN, Value, exact

FINEST = Fraction(1, 1000)
"""A step on a continuous scale, in its unit."""

Case = dict[str, Value]


def cases(decision: Decision, count: int, seed: int = 0) -> list[Case]:
    """Return cases that the decision answers, the same ones for a seed.

    Raises:
        DecisionError: Almost none of the cases is answered; the text is that of the last one.
    """
    drawing = Random(seed)
    near = edges(decision)
    found: list[Case] = []
    refused: DecisionError | None = None
    for _ in range(4 * count):
        if len(found) == count:
            break
        case = {port.name: _drawn(port, near[port.name], drawing) for port in decision.inputs}
        try:
            decide(decision, case)
        except DecisionError as problem:
            refused = problem
        else:
            found.append(case)
    if refused is not None and len(found) < count / 4:
        raise refused
    return found


def box(port: Port, near: Sequence[Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """Return the ends between which a port is tried, and its finest step."""
    step = grain(port) or FINEST
    low, high = (exact(end) for end in ends(port, tuple(near)))
    return -(-low // step) * step, high // step * step, step


def _drawn(port: Port, near: Sequence[Fraction], drawing: Random) -> Value:
    if port.may_be_unknown and drawing.random() < 0.15:
        return UNKNOWN
    low, high, step = box(port, near)
    inside = [edge for edge in (low, *near, high) if low <= edge <= high]
    if drawing.random() < 0.5:
        value = drawing.choice(inside) + drawing.choice((-1, 0, 1)) * step
    else:
        value = low + (high - low) * Fraction(drawing.randrange(10**6 + 1), 10**6)
    return min(max(round(value / step) * step, low), high)
