"""An apportionment as a step: values that may be unknown or not applicable, and what spoke.

A member that certainly takes no part gets nothing, whatever else is unknown. Where nobody who takes
part has a vote there is nothing to hand out by, and the seats are not applicable. Seats for which
lots are drawn are unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from lawc.decision.apportioning import LOTS, OUT, NoSeatsError, apportioned
from lawc.decision.decision import Apportion
from lawc.decision.formula import Formula
from lawc.decision.operations import ONE, ZERO, DecisionError, shown, truth
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value

Because = tuple[int, ...]


def take_apportion(
    step: Apportion, read: Callable[[Formula], Value]
) -> dict[str, tuple[Value, Because]]:
    """Return what each member gets, and what gave it.

    Args:
        step: The step.
        read: Returns the value of a formula.

    Raises:
        DecisionError: What is handed out is no whole number, what all get at least is more than
            that, or votes lie below zero.
    """
    whole, least = read(step.whole), read(step.least)
    if NOT_APPLICABLE in (whole, least):
        return dict.fromkeys(step.outputs, (NOT_APPLICABLE, ()))
    takes = [truth(read(condition)) for condition in step.among]
    votes = [
        ZERO if part is ZERO else read(formula)
        for part, formula in zip(takes, step.by, strict=True)
    ]
    absent = [one is NOT_APPLICABLE for one in votes]
    takes = [ZERO if lost else part for lost, part in zip(absent, takes, strict=True)]
    if UNKNOWN in (whole, least, *takes, *votes):
        return {
            name: (NOT_APPLICABLE, ())
            if lost
            else (ZERO, (OUT,))
            if part is ZERO
            else (UNKNOWN, ())
            for name, lost, part in zip(step.outputs, absent, takes, strict=True)
        }
    numbers = [_number(one) for one in votes]
    for name, number in zip(step.outputs, numbers, strict=True):
        if number < 0:
            raise DecisionError(f"{name}: seats follow votes, and here they are {shown(number)}")
    try:
        found = apportioned(
            _whole(whole, "what is handed out"),
            numbers,
            [part is ONE or part == ONE for part in takes],
            step.method,
            _whole(least, "what each gets at least"),
            step.ties,
        )
    except NoSeatsError as problem:
        raise DecisionError(str(problem)) from None
    if found is None:
        return dict.fromkeys(step.outputs, (NOT_APPLICABLE, ()))
    return {
        name: (NOT_APPLICABLE, ())
        if lost
        else (UNKNOWN if spoke == LOTS else Fraction(count), (spoke,))
        for name, lost, count, spoke in zip(
            step.outputs, absent, found.counts, found.spoke, strict=True
        )
    }


def _number(value: Value) -> Fraction:
    return ZERO if isinstance(value, Absent) else value


def _whole(value: Value, what: str) -> int:
    assert isinstance(value, Fraction)
    if value.denominator != 1 or value < 0:
        raise DecisionError(f"{what} is a whole number from zero, and here it is {shown(value)}")
    return int(value)
