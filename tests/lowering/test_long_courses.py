"""A long undamped course is judged by a second solver that is exact enough to judge."""

from __future__ import annotations

import numpy as np
import pytest

from lawc.diagnostics.diagnostic import DomainError
from lawc.knowledge.law import Law
from lawc.lowering.courses import course
from lawc.lowering.planning import make_plan
from lawc.lowering.properties import drive, properties
from lawc.lowering.reference import inputs, reference
from lawc.lowering.verifying import verify
from lawc.pipeline.checking import read_library

SIGNATURE = "t m c k F0 w x0 -> x"
UNDAMPED = {"t": 60.0, "m": 0.28484, "c": 0.0, "k": 728.185, "F0": 0.0, "w": 1.0, "x0": -0.29155}
DECAYED = {"t": 2.0, "m": 0.21587, "c": 3.2675, "k": 287.71, "F0": 0.0, "w": 25.0, "x0": -0.47687}


@pytest.fixture(scope="module")
def oscillator() -> Law:
    return read_library()["damped-oscillator"]


def columns(row: dict[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in row.items()}


def test_three_thousand_radians_agree_with_the_cosine(oscillator: Law) -> None:
    found = reference(make_plan(oscillator, SIGNATURE), columns(UNDAMPED), rtol=1e-9)["x"][0]
    exact = UNDAMPED["x0"] * np.cos(np.sqrt(UNDAMPED["k"] / UNDAMPED["m"]) * UNDAMPED["t"])
    assert abs(found - exact) < 1e-7 * abs(UNDAMPED["x0"])


@pytest.mark.parametrize("off", [1e-5, -1e-3])
def test_a_course_that_is_off_is_still_refused(oscillator: Law, off: float) -> None:
    plan = make_plan(oscillator, SIGNATURE)
    given, _ = inputs(plan, columns(UNDAMPED))
    values = course(plan, given, 1e-9).values
    verify(plan, values, np.array([True]), 1e-9)
    wrong = {**values, "x": values["x"] + off * abs(UNDAMPED["x0"])}
    with pytest.raises(DomainError, match="disagree"):
        verify(plan, wrong, np.array([True]), 1e-9)


def test_a_claim_about_what_has_decayed_is_judged_on_its_whole_course(oscillator: Law) -> None:
    plan = make_plan(oscillator, SIGNATURE)
    (scaling,) = [p for p in properties(plan) if "scales with x0 ^ 1" in p.name]
    scaling.check(DECAYED)


def test_a_property_that_fails_is_reported_and_does_not_end_the_run(oscillator: Law) -> None:
    plan = make_plan(oscillator, SIGNATURE)
    (scaling,) = [p for p in properties(plan) if "scales with x0 ^ 1" in p.name]

    def refuse(state: object) -> str:
        raise DomainError("no answer here")

    broken = type(scaling)("broken", refuse)
    assert drive(plan, broken, 3) == "no answer here"


def test_a_state_whose_inputs_of_the_claim_lie_outside_their_ranges_says_nothing() -> None:
    """M follows from E here; at E = 0 it is far below the range that it is declared for."""
    plan = make_plan(read_library()["kepler-equation"], "e E -> M")
    (rises,) = [p for p in properties(plan) if "rises with M" in p.name]
    rises.check({"e": 1e-38, "E": 5e-119})
    rises.check({"e": 0.5, "E": 1.0})
