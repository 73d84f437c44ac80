"""A closed form is exact to rounding everywhere, at equal rates and at resonance too."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from laws import (
    absorption,
    arrhenius,
    kepler,
    law,
    logistic,
    oscillator,
    robertson,
    saturable,
    substrate,
)

from lawc.forms.tape import Tape
from lawc.knowledge.law import Law
from lawc.lowering.closed_form import closed_form
from lawc.lowering.mpmath_table import evaluate as evaluate_exactly
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import inputs, reference, trajectory_scale

Columns = dict[str, np.ndarray]


def formula(one: Law, signature: str) -> tuple[Plan, Tape]:
    plan = make_plan(one, signature)
    found = closed_form(plan)
    assert found is not None
    return plan, found


def draw(plan: Plan, count: int, seed: int = 0) -> Columns:
    generator = np.random.default_rng(seed)
    columns: Columns = {}
    for name in plan.signature.inputs:
        quantity, u = plan.law.quantities[name], generator.random(count)
        low, high = quantity.low, quantity.high
        assert low is not None
        assert high is not None
        columns[name] = low * (high / low) ** u if quantity.log else low + (high - low) * u
    return columns


def worst(plan: Plan, tape: Tape, columns: Columns, digits: int = 50) -> float:
    """Return the largest error of float64 against many digits, relative to the peak."""
    si, _ = inputs(plan, columns)
    found = evaluate(tape, si)
    scale = trajectory_scale(plan, columns)
    largest = 0.0
    with mpmath.workdps(digits):
        for row in range(len(next(iter(si.values())))):
            exact = evaluate_exactly(tape, {name: float(v[row]) for name, v in si.items()})
            for name, value in exact.items():
                peak = scale[name][row] * plan.law.quantities[name].unit.factor
                largest = max(largest, abs(float(value - float(found[name][row]))) / peak)
    return largest


def nearly(columns: Columns, name: str, equal: np.ndarray, seed: int = 4) -> None:
    """Set a column to values that equal others exactly, or up to 1e-17 … 0.1 of them."""
    generator = np.random.default_rng(seed)
    size = 10.0 ** generator.uniform(-18, -1, len(equal))
    columns[name] = equal * (1 + size * generator.choice((-1.0, 0.0, 1.0), len(equal)))


def bateman(row: dict[str, float]) -> Any:
    """Return the textbook formula for two different rates, in SI, in many digits."""
    t, dose, share, ka = (mpmath.mpf(row[name]) for name in ("t", "D", "F", "ka"))
    volume, clearance = mpmath.mpf(row["V"]), mpmath.mpf(row["CL"])
    ke = clearance / volume
    if ka == ke:
        return share * dose / volume * ka * t * mpmath.exp(-ka * t)
    return share * dose * ka / volume / (ka - ke) * (mpmath.exp(-ke * t) - mpmath.exp(-ka * t))


def test_absorption_equals_the_textbook_formula_where_rates_coincide() -> None:
    plan, tape = formula(absorption(), "t D F ka V CL -> C")
    for equal in (False, True):
        columns = draw(plan, 300)
        if equal:
            nearly(columns, "CL", columns["ka"] * columns["V"])
        si, _ = inputs(plan, columns)
        found = evaluate(tape, si)["C"]
        peak = trajectory_scale(plan, columns)["C"] * 1e-3
        with mpmath.workdps(60):
            for row in range(300):
                exact = bateman({name: float(v[row]) for name, v in si.items()})
                assert abs(float(exact - float(found[row]))) <= 1e-14 * peak[row]


def test_the_oscillator_is_exact_at_resonance_and_without_damping() -> None:
    plan, tape = formula(oscillator(), "t m c k F0 w x0 -> x E")
    columns = draw(plan, 150)
    columns["c"] = np.minimum(columns["c"], 1.99 * np.sqrt(columns["m"] * columns["k"]))
    # A cosine of 3,000 turns has lost three digits before anything is computed.
    assert worst(plan, tape, columns) < 1e-11
    nearly(columns, "w", np.sqrt(columns["k"] / columns["m"]))
    columns["c"] = columns["c"] * 10.0 ** np.random.default_rng(1).uniform(-18, 0, 150)
    columns["c"][::3] = 0.0
    assert worst(plan, tape, columns) < 1e-11


@pytest.mark.parametrize(
    ("make", "signature", "limit"),
    [
        (logistic, "t r K N0 -> N", 1e-14),
        (substrate, "t S0 Vmax Km -> S", 1e-14),
        (arrhenius, "A Ea T -> k", 1e-13),
    ],
)
def test_classical_laws_are_exact(make, signature: str, limit: float) -> None:
    plan, tape = formula(make(), signature)
    columns = draw(plan, 200)
    assert worst(plan, tape, columns) < limit
    found = evaluate(tape, inputs(plan, columns)[0])
    for name, values in reference(plan, columns).items():
        factor = plan.law.quantities[name].unit.factor
        scale = trajectory_scale(plan, columns)[name]
        assert np.all(np.abs(found[name] / factor - values) <= 1e-8 * scale)


DECAY = "t [s] 0 .. 20\nx(t) [m]\nk [1/s] 0.1 .. 5\nw [1/s] 0.1 .. 9\nx0 [m] 0.5 .. 2"


@pytest.mark.parametrize(
    ("equations", "initial", "signature"),
    [
        ("e: D(x, t) = -k*x", "x = x0 @ t = 0", "t k x0 -> x"),
        ("e: D(x, t) = k - w*x", "x = 0 @ t = 0", "t k w -> x"),
        ("e: D(x, t) = k*exp(-w*t) - w*x", "x = x0 @ t = 0", "t k w x0 -> x"),
        ("e: D(x, t) = sin(w*t) - k*x", "x = x0 @ t = 0", "t k w x0 -> x"),
        ("e: D(x, t) = x0 - k*x^2", "x = 0 @ t = 0", "t k x0 -> x"),
        ("e: D(x, t) = -k*x^2", "x = x0 @ t = 0", "t k x0 -> x"),
        (
            "e: D(x, t, 2) + 0.5*D(x, t) + k*x = w",
            "x = 0 @ t = 0\nD(x, t, 1) = 1 @ t = 0",
            "t k w -> x",
        ),
        (
            "e: D(x, t, 2) + 9*D(x, t) + k*x = cos(w*t)",
            "x = 0 @ t = 0\nD(x, t, 1) = 1 @ t = 0",
            "t k w -> x",
        ),
        ("e: D(x, t) = -(k + exp(0.1*t))*x", "x = x0 @ t = 0", "t k x0 -> x"),
        ("e: D(x, t) = -k*x", "x = x0 @ t = 3", "t k x0 -> x"),
    ],
)
def test_a_formula_agrees_with_the_numerical_solution(
    equations: str, initial: str, signature: str
) -> None:
    plan, tape = formula(law(DECAY, equations, initial), signature)
    columns = draw(plan, 100)
    found = evaluate(tape, inputs(plan, columns)[0])["x"]
    scale = trajectory_scale(plan, columns)["x"]
    assert np.all(np.abs(found - reference(plan, columns)["x"]) <= 1e-7 * scale)


@pytest.mark.parametrize(
    ("make", "signature"),
    [
        (saturable, "t D F ka V Vmax Km -> C"),
        (robertson, "t k1 k2 k3 -> y1"),
        (kepler, "M e -> E"),
    ],
)
def test_a_law_without_a_closed_form_has_none(make, signature: str) -> None:
    assert closed_form(make_plan(make(), signature), seconds=5) is None


def test_a_wrong_formula_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    assert closed_form(plan) is not None
    broken = law(
        "t [s] 0 .. 20\nx(t) [m]\nk [1/s] 0.1 .. 5",
        "e: D(x, t) = -k*x^3 - x^2",
        "x = 1 @ t = 0",
    )
    assert closed_form(make_plan(broken, "t k -> x"), seconds=3) is None


def test_no_time_means_no_formula_and_no_waiting() -> None:
    hard = law(DECAY, "e: D(x, t) = sin(x*t) + k*x^3", "x = x0 @ t = 0")
    assert closed_form(make_plan(hard, "t k x0 -> x"), seconds=0.5) is None
