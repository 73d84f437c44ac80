"""Hold a rule against its own worked cases and proofs, as a part of the check.

Each case is answered exactly. What is found by proof comes with a case that was answered too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from functools import cache, partial

from lawc.decision.decision import Decision
from lawc.decision.exact import DecisionError, decide
from lawc.decision.values import Value
from lawc.diagnostics.diagnostic import CompileError, Diagnostic, Label, Place, in_order
from lawc.knowledge.as_of import change_days, decision_of
from lawc.knowledge.rule import Case, Rule
from lawc.knowledge.rule_words import said
from lawc.proofs.reporting import reports
from lawc.proofs.rules import prove_rule


def findings(rule: Rule) -> tuple[Diagnostic, ...]:
    """Return what the worked cases of a rule bring to light, and what is proved about it."""
    # Cases of one day are answered by one decision.
    on = cache(partial(decision_of, rule))
    worked = [found for case in rule.cases for found in _tried(rule, case, on)]
    return in_order([*worked, *reports(rule, prove_rule(rule))])


def try_case(rule: Rule, case: Case) -> Iterator[Diagnostic]:
    """Yield what a worked case and the rule disagree on."""
    return _tried(rule, case, partial(decision_of, rule))


def _tried(rule: Rule, case: Case, on: Callable[[int | None], Decision]) -> Iterator[Diagnostic]:
    place = case.place or rule.place or Place("", 0, 0)
    try:
        decision = on(case.day)
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
            _asked(rule, case),
        )


def _asked(rule: Rule, case: Case) -> str:
    """Return the day of a case where the rule is another one on other days."""
    if case.day is None or len(change_days(rule)) < 2:
        return ""
    return f"asked as of {date.fromordinal(case.day)}"


def agrees(expected: Value, found: Value, tolerance: Fraction) -> bool:
    """Return whether an answer is what a case expects."""
    if isinstance(expected, Fraction) and isinstance(found, Fraction):
        return abs(expected - found) <= tolerance
    return expected is found


def _spoke(decision: Decision, name: str, because: tuple[int, ...]) -> str:
    """Return the label of the row or clause that decided."""
    for step in decision.steps:
        rows = getattr(step, "rows", None) or getattr(step, "clauses", None)
        named = getattr(step, "outputs", None) or (getattr(step, "output", ""),)
        if name in named and rows and len(because) == 1:
            return f"`{rows[because[0]].label}`"
    return ""


def _finding(
    code: str, headline: str, place: Place, text: str, help: str, *notes: str
) -> Diagnostic:
    said = tuple(note for note in notes if note)
    return Diagnostic(code, headline, (Label(place, text),), said, (help,) if help else ())
