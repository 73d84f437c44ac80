"""Find a case in which a condition holds, or show that there is none.

The inputs span a box. Where the condition holds on all of a box any case in it is one; where it
fails on all of it there is none; else the box is cut in two where a comparison is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.decision import Decision
from lawc.decision.exact import decide, evaluate
from lawc.decision.formula import Formula, names
from lawc.decision.operations import DecisionError, truth
from lawc.decision.partial import Box, best_cut, ground_of, halved, needed
from lawc.decision.reach import Cut, Reach, domain, middle
from lawc.decision.spreading import spread
from lawc.decision.values import UNKNOWN, Value, exact


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended.

    Attributes:
        case: A value for each input, under which the condition holds; None where none was found.
        proved: Whether that is the last word: a case was found, or there is none.
        boxes: How many boxes were looked at.
    """

    case: Mapping[str, Value] | None
    proved: bool
    boxes: int


def find(
    decision: Decision,
    goal: Formula,
    within: Mapping[str, Reach] | None = None,
    unknown: frozenset[str] = frozenset(),
    boxes: int = 300,
) -> Found:
    """Return a case in which a condition on inputs and decided quantities holds.

    Args:
        within: What inputs are to lie in; their declared ranges where left out.
        unknown: Inputs that are to be unknown in the case.
        boxes: How many boxes to look at.
    """
    asked = tuple(names(goal) - {port.name for port in decision.inputs})
    part = needed(decision, asked)
    box: Box = {port.name: (within or {}).get(port.name, domain(port)) for port in decision.inputs}
    waiting = [(box, 0)]
    count = 0
    settled = True
    while waiting and count < boxes:
        box, depth = waiting.pop()
        count += 1
        ground, _ = ground_of(part, box, unknown)
        held = spread(goal, ground)
        if not held.can_hold:
            continue
        case = _case(box, unknown)
        if holds(decision, case, goal):
            return Found(case, True, count)
        halves = None
        if held.can_fail or ground.refused:
            halves = _halves(box, ground.cuts, held.support)
        if halves is None or depth > _DEEPEST:
            settled = False
            continue
        # The half that the middle of the box is not in is looked at first.
        waiting += ((half, depth + 1) for half in halves)
    return Found(None, settled and not waiting, count)


_DEEPEST = 90


def holds(decision: Decision, case: Mapping[str, Value], goal: Formula) -> bool:
    """Return whether a condition holds in a case; not where the case has no answer."""
    try:
        values = decide(decision, case).values
        return truth(evaluate(goal, values, decision.calendars)) == 1
    except DecisionError:
        return False


def in_floats(case: Mapping[str, Value]) -> dict[str, Value]:
    """Return a case with each number as the decimal for which the nearest float stands."""
    return {
        name: exact(float(value)) if isinstance(value, Fraction) else value
        for name, value in case.items()
    }


def _case(box: Box, unknown: frozenset[str]) -> dict[str, Value]:
    case: dict[str, Value] = {}
    for name, reach in box.items():
        value = middle(reach)
        if isinstance(value, Fraction) and reach.spans:
            # A number that can be written down as a float stays one.
            rounded = exact(float(value))
            value = rounded if rounded in reach else value
        case[name] = UNKNOWN if name in unknown else value
    return case


def _halves(
    box: Box, cuts: Mapping[str, list[Cut]], support: frozenset[str]
) -> tuple[Box, Box] | None:
    for name in sorted(cuts, key=lambda name: (name not in support, -len(cuts[name]), name)):
        halves = best_cut(cuts[name], box, name) if name in box else None
        if halves is not None:
            return halves
    for name in sorted(support or box, key=lambda n: (bool(box[n].spans), n)):
        if all(s.low is not None and s.high is not None for s in box[name].spans):
            halves = halved(box, name)
            if halves is not None:
                return halves
    return None
