"""Hold a rule against its own worked cases, each answered exactly, as a part of the check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.exact import DecisionError, decide
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value
from lawc.diagnostics.diagnostic import CompileError, Diagnostic, Label, Place, in_order
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.rule import Case, Rule

DIGITS = 12


def findings(rule: Rule) -> tuple[Diagnostic, ...]:
    """Return what the worked cases of a rule bring to light."""
    return in_order(found for case in rule.cases for found in try_case(rule, case))


def try_case(rule: Rule, case: Case) -> Iterator[Diagnostic]:
    """Yield what a worked case and the rule disagree on."""
    place = case.place or rule.place or Place("", 0, 0)
    try:
        decision = decision_of(rule, case.day)
        answers = decide(decision, case.given)
    except CompileError as problem:
        why = str(problem).removeprefix(f"{rule.identity} ").removeprefix(f"{rule.identity}: ")
        help = "write the day in a column `as of`" if case.day is None else ""
        yield _finding("L0716", "the rule cannot be asked this case", place, why, help)
        return
    except DecisionError as problem:
        yield _finding("L0716", "the rule does not answer this case", place, str(problem), "")
        return
    for name, expected in case.expected.items():
        port, found = decision.port(name), answers.values[name]
        if agrees(expected, found, case.tolerance.get(name, Fraction(0))):
            continue
        spoke = _spoke(decision, name, answers.because.get(name, ()))
        yield _finding(
            "L0715",
            f"this case expects another `{name}` than the rule answers",
            place,
            f"expected {said(expected, port)}, and the rule answers {said(found, port)}",
            "",
            f"{spoke} speaks" if spoke else "",
        )


def agrees(expected: Value, found: Value, tolerance: Fraction) -> bool:
    """Return whether an answer is what a case expects."""
    if isinstance(expected, Fraction) and isinstance(found, Fraction):
        return abs(expected - found) <= tolerance
    return expected is found


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


def _spoke(decision: Decision, name: str, because: tuple[int, ...]) -> str:
    """Return the label of the row or clause that decided."""
    for step in decision.steps:
        rows = getattr(step, "rows", None) or getattr(step, "clauses", None)
        named = getattr(step, "outputs", None) or (getattr(step, "output", ""),)
        if name in named and rows and len(because) == 1:
            return f"`{rows[because[0]].label}`"
    return ""


def _finding(
    code: str, headline: str, place: Place, text: str, help: str, note: str = ""
) -> Diagnostic:
    notes, helps = ((one,) if one else () for one in (note, help))
    return Diagnostic(code, headline, (Label(place, text),), notes, helps)
