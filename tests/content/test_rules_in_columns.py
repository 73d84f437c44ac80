"""Every rule of the library says in columns what it says of single cases, beside every number."""

from __future__ import annotations

import random
from datetime import date

from tests.decision.test_whole_columns import agree, biased, constants

from lawc.decision.decision import Decision
from lawc.decision.exact import DecisionError, decide
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.rule import Rule
from lawc.pipeline.api import library

DAYS = (None, date(2024, 7, 1), date(2025, 9, 1), date(2020, 7, 1))


def in_force(rule: Rule) -> Decision | None:
    """The rule on a day on which it applies."""
    for day in DAYS:
        try:
            return decision_of(rule, day)
        except LawcError:
            continue
    return None


def test_rules_of_the_library_agree_in_columns() -> None:
    tried = rows = left = 0
    for name, rule in library().rules.items():
        decision = in_force(rule)
        if decision is None or not decision.inputs:
            continue
        numbers, source = constants(decision), random.Random(name)
        cases = []
        for _ in range(12):
            case = {port.name: biased(port, numbers, source) for port in decision.inputs}
            try:
                decide(decision, case)
                cases.append(case)
            except DecisionError:
                continue
        left += agree(decision, cases)
        rows += len(cases)
        tried += 1
    assert tried > 60
    # What floats cannot tell beside thresholds is little, even where all rows are beside one.
    assert left < rows / 20
