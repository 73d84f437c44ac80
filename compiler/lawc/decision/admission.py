"""What a quantity of a decision takes: its range, its kind, its finest step."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.operations import ONE, ZERO, DecisionError, shown
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value


def admitted(decision: Decision, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for each input, checked.

    Raises:
        DecisionError: One is missing, or is not what its port takes, or there is no such input.
    """
    values: dict[str, Value] = {}
    for port in decision.inputs:
        value = given.get(port.name, UNKNOWN)
        if value is UNKNOWN and not port.may_be_unknown:
            raise DecisionError(f"expected a value for {port.name!r}, which may not be unknown")
        if value is NOT_APPLICABLE:
            raise DecisionError(f"expected a value for {port.name!r}, got {shown(value)}")
        values[port.name] = fitting(port, value, given=True)
    for name in given:
        if name not in values:
            raise DecisionError(f"{name!r} is no input of this decision")
    return values


def fitting(port: Port, value: Value, given: bool = False) -> Value:
    """Return a value that its port takes.

    A decided amount of money may be finer than the smallest coin, where no clause rounds it.

    Raises:
        DecisionError: It is out of range, or no value of that kind.
    """
    if isinstance(value, Absent):
        return value
    low, high = bounds(port)
    # Cross products of whole numbers: a comparison of Fractions asks first what the other side is.
    above, below = value.as_integer_ratio()
    if (low is not None and above * low.denominator < low.numerator * below) or (
        high is not None and above * high.denominator > high.numerator * below
    ):
        ends = " .. ".join("" if end is None else shown(end) for end in (low, high))
        raise DecisionError(f"{port.name} = {shown(value)} lies outside of {ends}")
    step = grain(port) if given or port.kind != "number" else None
    if step is not None and above * step.denominator % (below * step.numerator):
        raise DecisionError(f"{port.name} = {shown(value)} is no multiple of {shown(step)}")
    return value


def bounds(port: Port) -> tuple[Fraction | None, Fraction | None]:
    """Return the ends of what a port takes, by its range or by its kind."""
    if port.kind == "yes/no":
        return ZERO, ONE
    if port.kind == "one of":
        return ZERO, Fraction(len(port.choices) - 1)
    return port.low, port.high


def grain(port: Port) -> Fraction | None:
    """Return what every given value is a whole multiple of; None on a continuous scale."""
    return port.step if port.kind == "number" else (port.step or ONE)
