"""An equation is solved for any of its quantities, on the branch that the ranges mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import arrhenius, kepler, law, pendulum

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law
from lawc.lowering.plan import Assignment
from lawc.lowering.planning import make_plan
from lawc.lowering.points import sample
from lawc.lowering.reference import reference

ROUND_TRIPS = {
    "arrhenius": (arrhenius(), "k", ("A", "Ea", "T")),
    "kepler": (kepler(), "M", ("E", "e")),
    "michaelis": (
        law(
            "v [] \nVmax [] 1 .. 100 log\nS [] 0.01 .. 10 log\nKm [] 0.1 .. 1 log",
            "rate: v = Vmax*S/(Km + S)",
        ),
        "v",
        ("Vmax", "S", "Km"),
    ),
    "hill": (
        law(
            "E []\nEmax [] 1 .. 100\nC [] 0.1 .. 10 log\nK [] 0.1 .. 10 log\nn [] 0.5 .. 3",
            "effect: E = Emax*(C/K)^n/(1 + (C/K)^n)",
        ),
        "E",
        ("Emax", "C"),
    ),
    "radiation": (
        law("P []\nT [K] 100 .. 3000\nS [K] 100 .. 3000", "net: P = 5.67e-8*(T^4 - S^4)"),
        "P",
        ("T", "S"),
    ),
    "clausius": (
        law(
            "P [] 1 .. 1e9 log\nP0 [] 1e3 .. 1e6 log\nH [] 1e4 .. 6e4\n"
            "T [K] 250 .. 600\nT0 [K] 250 .. 600",
            "vapour: ln(P/P0) = -(H/8.314)*(1/T - 1/T0)",
        ),
        "P",
        ("P0", "H", "T", "T0"),
    ),
    "thiele": (law("f []\np [] 0.05 .. 20 log", "slab: f = tanh(p)/p"), "f", ("p",)),
    "diode": (
        law(
            "V []\nI [] 1e-6 .. 1 log\nIs [] 1e-9 .. 1e-6 log\nRs [] 1 .. 100 log",
            "diode: V = I*Rs + 0.025*ln(I/Is + 1)",
        ),
        "V",
        ("I", "Is", "Rs"),
    ),
}


def columns(one: Law, count: int = 200, seed: int = 3) -> dict[str, np.ndarray]:
    ranged = [name for name, q in one.quantities.items() if q.low is not None]
    si = sample(one, ranged, count, seed, {})
    return {
        name: (values - one.quantities[name].unit.offset) / one.quantities[name].unit.factor
        for name, values in si.items()
    }


@pytest.mark.parametrize(
    ("name", "unknown"),
    [(name, unknown) for name, (_, _, unknowns) in ROUND_TRIPS.items() for unknown in unknowns],
)
def test_solving_back_gives_what_one_started_from(name: str, unknown: str) -> None:
    one, result, _ = ROUND_TRIPS[name]
    others = [q for q in one.quantities if q not in (result, unknown)]
    forward = make_plan(one, f"{' '.join([*others, unknown])} -> {result}")
    given_columns = {q: v for q, v in columns(one).items() if q != result}
    answer = reference(forward, given_columns)[result]
    back = make_plan(one, f"{' '.join([*others, result])} -> {unknown}")
    known = {q: v for q, v in given_columns.items() if q != unknown} | {result: answer}
    found = reference(back, known, strict=False)[unknown]
    # A saturated law keeps no trace of what it was saturated by; there the law still holds.
    again = reference(forward, {**given_columns, unknown: found}, strict=False)[result]
    good = np.isfinite(found)
    assert good.mean() > 0.95
    np.testing.assert_allclose(again[good], answer[good], rtol=1e-9, atol=1e-12)
    near = np.abs(found - given_columns[unknown]) <= 1e-6 * np.abs(given_columns[unknown])
    assert near.mean() > 0.9


def formula(symbols: str, equation: str, signature: str):
    (step,) = make_plan(law(symbols, f"e: {equation}"), signature).before
    return step


def test_the_declared_range_chooses_the_branch() -> None:
    down = formula("y [] 0 .. 4\nx [] -2 .. -0.1", "y = x^2", "y -> x")
    up = formula("y [] 0 .. 4\nx [] 0.1 .. 2", "y = x^2", "y -> x")
    assert isinstance(down, Assignment)
    assert isinstance(up, Assignment)
    assert down != up


@pytest.mark.parametrize(
    ("symbols", "equation"),
    [
        ("y [] 0 .. 4\nx [] -2 .. 2", "y = x^2"),
        ("y [] 0 .. 1\nx [] 0 .. 3.14", "y = sin(x)"),
        ("y [] \nx [] -3 .. 3", "y = x^4 - x^2"),
    ],
)
def test_two_values_inside_the_range_are_refused(symbols: str, equation: str) -> None:
    with pytest.raises(CompileError, match="values of x inside its range"):
        formula(symbols, equation, "y -> x")


def test_an_intermediate_quantity_need_not_be_solved_for_alone() -> None:
    plan = make_plan(pendulum(), "L T -> a")
    forward = make_plan(pendulum(), "L a -> T")
    angles = np.linspace(2, 169, 30)
    period = reference(forward, {"L": np.full(30, 0.7), "a": angles})["T"]
    found = reference(plan, {"L": np.full(30, 0.7), "T": period})["a"]
    np.testing.assert_allclose(found, angles, rtol=1e-9)


def test_an_unknown_without_formula_and_range_is_named() -> None:
    with pytest.raises(CompileError, match="declare `x` with"):
        formula("y [] 0 .. 1\nx []", "y = x + sin(x)*exp(x)", "y -> x")


@given(st.floats(0.01, 6.27), st.floats(0, 0.95))
def test_the_root_of_keplers_equation_satisfies_it(anomaly: float, eccentricity: float) -> None:
    plan = make_plan(kepler(), "M e -> E")
    found = float(reference(plan, {"M": anomaly, "e": eccentricity})["E"])
    assert found - eccentricity * np.sin(found) == pytest.approx(anomaly, abs=4e-15)
