"""A decision survives JSON, and JSON that is none is refused before anything evaluates it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.decision import Clause, Clauses, Decision
from lawc.decision.exact import decide
from lawc.decision.formula import Apply, Formula, Named, number
from lawc.decision.restoring import from_json
from lawc.decision.storing import to_json
from lawc.decision.verifying import verify

everything = pytest.mark.parametrize("name", sorted(SAMPLES))


@everything
def test_a_decision_survives_json(name: str) -> None:
    decision = SAMPLES[name].decision
    stored = json.dumps(to_json(decision), allow_nan=False)
    again = from_json(json.loads(stored))
    assert again == decision
    assert json.dumps(to_json(again)) == stored
    for given_values, _ in SAMPLES[name].cases:
        assert decide(again, given_values) == decide(decision, given_values)


def _paths(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    parts = enumerate(data) if isinstance(data, list) else ()
    if isinstance(data, dict):
        parts = data.items()
    for key, part in parts:
        found += _paths(part, (*at, key))
    return found


STORED = {name: to_json(sample.decision) for name, sample in SAMPLES.items()}
PATHS = {name: _paths(data) for name, data in STORED.items()}
junk = st.sampled_from(
    (None, True, -1, 10**9, 1.5, float("nan"), "", "x" * 5000, "1/0", "__import__", [], {}, [[[]]])
)


@given(data=st.data(), put=junk, name=st.sampled_from(sorted(SAMPLES)))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_spoilt_json_is_read_as_a_decision_or_refused_in_words(
    data: st.DataObject, put: Any, name: str
) -> None:
    spoilt = copy.deepcopy(STORED[name])
    *way, last = data.draw(st.sampled_from(PATHS[name]))
    place: Any = spoilt
    for key in way:
        place = place[key]
    place[last] = put
    try:
        read = from_json(spoilt)
    except ValueError as refused:
        assert str(refused)
    else:
        verify(read)


def test_a_formula_that_unfolds_without_end_is_refused() -> None:
    stored = copy.deepcopy(STORED["ckd-risk"])
    rows = [["number", "1"]]
    rows += [["add", "", i, i] for i in range(60)]
    stored["nodes"] = rows
    with pytest.raises(ValueError, match="at most 20000 nodes"):
        from_json(stored)
    stored["nodes"] = [["number", "1"], *(["negative", "", i] for i in range(1000))]
    with pytest.raises(ValueError, match="nested 400 deep"):
        from_json(stored)


@pytest.mark.parametrize("put", [["eval", "", 0], ["add", "", 0], ["add", "", 0, 99999], ["name"]])
def test_only_known_operations_on_earlier_nodes_are_read(put: list[Any]) -> None:
    stored = copy.deepcopy(STORED["ckd-risk"])
    stored["nodes"].append(put)
    with pytest.raises(ValueError, match=r"no operation|expected a whole number"):
        from_json(stored)


def _with(value: Formula, **more: Any) -> Decision:
    decision = SAMPLES["ckd-risk"].decision
    step = Clauses("stage", (Clause("L1", value),))
    return replace(decision, steps=(step, *decision.steps[1:]), **more)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (_with(Named("risk")), "reads what no earlier step decides"),
        (_with(Apply("power", (number(2), number(10**6)))), "an exponent is at most 64"),
        (_with(Apply("add", (number(2),))), "no operation on 1 parts"),
        (_with(number(0), outputs=("stage", "eGFR")), "outputs are decided by steps"),
        (_with(number(0), inputs=()), "reads what no earlier step decides"),
        (_with(Apply("is_business_day", (number(1),), "nowhere")), "names a calendar"),
    ],
)
def test_what_cannot_be_taken_literally_is_refused(decision: Decision, said: str) -> None:
    verify(SAMPLES["ckd-risk"].decision)
    with pytest.raises(ValueError, match=said):
        verify(decision)
