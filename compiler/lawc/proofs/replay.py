"""Hold a case that was found against the exact evaluator, and make its numbers short.

Nothing that the solver says is shown before it was replayed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor

from lawc.decision.admission import admitted, fitting
from lawc.decision.decision import Decision, Port
from lawc.decision.exact import evaluate, take
from lawc.decision.formula import Formula
from lawc.decision.operations import DecisionError, truth
from lawc.decision.values import Value

Case = dict[str, Value]


def values_before(decision: Decision, given: Mapping[str, Value], step: int) -> Case | None:
    """Return what is known before a step, None where an earlier one already has no answer."""
    try:
        values = admitted(decision, given)
        for earlier in decision.steps[:step]:
            for name, (value, _) in take(earlier, values, decision.calendars).items():
                values[name] = fitting(decision.port(name), value)
    except DecisionError:
        return None
    return values


def refusal(decision: Decision, given: Mapping[str, Value], step: int) -> str | None:
    """Return why a step has no answer in a case that reaches it, None where it has one."""
    values = values_before(decision, given, step)
    if values is None:
        return None
    try:
        for name, (value, _) in take(decision.steps[step], values, decision.calendars).items():
            fitting(decision.port(name), value)
    except DecisionError as error:
        return str(error)
    return None


def holds(decision: Decision, values: Mapping[str, Value], condition: Formula) -> bool:
    """Return whether a condition holds for certain where these values are known."""
    try:
        return truth(evaluate(condition, values, decision.calendars)) == 1
    except DecisionError:
        return False


def shortened(decision: Decision, given: Case, still: Callable[[Case], bool]) -> Case:
    """Return a case of shorter numbers that still shows the same; `still` says whether it does."""
    best = dict(given)
    for port in decision.inputs:
        value = best[port.name]
        if port.choices or port.kind in ("yes/no", "date") or not isinstance(value, Fraction):
            continue
        for other in _shorter(port, value):
            changed = {**best, port.name: other}
            if other != value and still(changed):
                best = changed
                break
    return best


def _shorter(port: Port, value: Fraction) -> list[Fraction]:
    """Return rounder values near one, the roundest first; the value itself ends the list."""
    made: list[Fraction] = []
    for digits in range(-4, 9):
        unit = Fraction(10) ** -digits
        if port.step is not None and unit % port.step:
            break
        if unit > max(abs(value), 1):
            continue
        for near in (floor(value / unit) * unit, ceil(value / unit) * unit):
            made.append(near)
            if near == value:
                return made
    return made
