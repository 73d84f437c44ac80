"""What drawn cases show of a decision is what the solver would have said of it."""

from __future__ import annotations

import pytest
from tests.decision.samples import SAMPLES
from tests.proofs.random_rules import RandomRule

from lawc.decision.decision import Clauses, Decision, Table
from lawc.decision.exact import decide
from lawc.proofs.checking import check_decision
from lawc.proofs.shown import Shown


def faults(decision: Decision) -> set[tuple[object, ...]]:
    found = check_decision(decision)
    return {(one.fault, one.step, one.rows, one.name) for one in found}


@pytest.mark.parametrize("seed", range(40))
def test_faults_are_the_same_where_no_case_shows_anything(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = RandomRule(seed).decision
    found = faults(decision)
    for name in ("speaks", "holds", "changes"):
        monkeypatch.setattr(Shown, name, lambda *_: False)
    assert faults(decision) == found


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_shown_to_speak_speaks_in_a_case(name: str) -> None:
    decision = SAMPLES[name].decision
    view = Shown(decision, 1.0)
    spoke = {
        (out, place)
        for given, answers in view.cases
        if answers is not None
        for out, places in decide(decision, given).because.items()
        for place in places
    }
    assert view._spoke <= spoke
    assert any(isinstance(step, Table | Clauses) for step in decision.steps) <= bool(spoke)
