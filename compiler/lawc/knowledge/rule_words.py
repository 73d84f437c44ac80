"""Values of a rule in words: with their unit, as the word of a choice, as a date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value

DIGITS = 12


def said(value: Value, port: Port) -> str:
    """Return a value in the words of its quantity."""
    if value is UNKNOWN:
        return "unknown"
    if value is NOT_APPLICABLE:
        return "not applicable"
    assert isinstance(value, Fraction)
    match port.kind:
        case "one of":
            return port.choices[int(value)]
        case "yes/no":
            return "yes" if value else "no"
        case "date":
            return date.fromordinal(int(value)).isoformat()
    number = str(value) if value.denominator == 1 else f"{float(value):.{DIGITS}g}"
    return f"{number} [{port.unit}]" if port.unit else number


def said_case(case: Iterable[tuple[str, Value]], decision: Decision) -> str:
    """Return a case as `income = 100 [USD], status = joint`."""
    return ", ".join(f"{name} = {said(value, decision.port(name))}" for name, value in case)
