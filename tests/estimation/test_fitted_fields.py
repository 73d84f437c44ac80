"""Parameters of laws of fields are found from observations, as closed forms say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import NotDeterminedError, Source
from lawc.estimation.models import Model
from lawc.knowledge.law import Law
from lawc.syntax.parsing import parse

HEAT = """law cooling-rod@1.0.0
  title   "A rod whose ends are held cold"
  status  draft

  symbols
    t : time                [1]  0 .. 1
    x : place               [1]  0 .. 1
    T : temperature (x, t)  [1]
    a : diffusivity         [1]  0.02 .. 0.5 log
    A : height              [1]  0.5 .. 4

  equations
    heat: ∂T/∂t = a*∂²T/∂x²

  initial
    T = A*sin(pi*x)  at t = 0

  boundary
    T = 0  at x = 0
    T = 0  at x = 1
"""

CHORD = """law loaded-chord@1.0.0
  title   "A chord under an even load"
  status  draft

  symbols
    x : place           [1]  0 .. 1
    u : deflection (x)  [1]
    k : tension         [1]  0.5 .. 5 log
    q : load            [1]  0.5 .. 5
    h : height          [1]  -1 .. 1

  equations
    balance: -k*d2u/dx2 = q

  boundary
    u = 0  at x = 0
    u = h  at x = 1
"""

BURNING = """law burning-slab@1.0.0
  title   "A slab that is warmed by what burns in it"
  status  draft

  symbols
    x : place            [1]  0 .. 1
    u : temperature (x)  [1]
    c : strength         [1]  0.1 .. 3

  equations
    bratu: d2u/dx2 + c*exp(u) = 0

  boundary
    u = 0  at x = 0
    u = 0  at x = 1
"""

SPREADING = """law spreading-kind@1.0.0
  title   "A kind that grows and spreads"
  status  draft

  symbols
    t : time            [1]  0 .. 1
    x : place           [1]  0 .. 1
    u : density (x, t)  [1]
    r : growth          [1]  0.5 .. 4

  equations
    growth: ∂u/∂t = 0.1*∂²u/∂x² + r*u*(1 - u)

  initial
    u = 0.5*sin(pi*x)  at t = 0

  boundary
    u = 0  at x = 0
    u = 0  at x = 1
"""


def law(text: str) -> Law:
    """Return the law of a text."""
    document, findings = parse(Source("knowledge/tests/fields.law", text))
    base, found = check([document])
    assert not [f for f in (*findings, *found) if f.is_error]
    return next(iter(base.laws.values()))


def model(text: str, signature: str, unknown: list[str]) -> Model:
    """Return what a law predicts and how that moves."""
    return Model(lawc.compile(law(text), signature).plan, unknown)


def spread(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places and times."""
    drawn = np.random.default_rng(seed).random((2, count))
    return drawn[0], drawn[1]


@settings(max_examples=2, deadline=None)
@given(a=st.floats(0.03, 0.4), height=st.floats(0.6, 3.5))
def test_a_cooling_rod_moves_with_its_parameters_as_fourier_says(a: float, height: float) -> None:
    x, t = spread(12, 1)
    columns = {"t": t, "x": x, "a": np.full(12, a), "A": np.full(12, height)}
    found, parts = model(HEAT, "t x a A -> T", ["a", "A"]).slopes(columns)
    truth = height * np.exp(-a * np.pi**2 * t) * np.sin(np.pi * x)
    assert found["T"] == pytest.approx(truth, abs=1e-5 * height)
    assert parts["T", "A"] == pytest.approx(truth / height, abs=1e-5)
    assert parts["T", "a"] == pytest.approx(-(np.pi**2) * t * truth, abs=1e-4 * height)


def test_values_at_ends_and_sources_move_a_chord_as_its_parabola_says() -> None:
    x, _ = spread(9, 2)
    columns = {"x": x, "k": np.full(9, 2.0), "q": np.full(9, 3.0), "h": np.full(9, 0.25)}
    found, parts = model(CHORD, "x k q h -> u", ["k", "q", "h"]).slopes(columns)
    bulge = x * (1 - x) / 2
    assert found["u"] == pytest.approx(bulge * 3 / 2 + 0.25 * x, abs=1e-10)
    assert parts["u", "k"] == pytest.approx(-bulge * 3 / 4, abs=1e-7)
    assert parts["u", "q"] == pytest.approx(bulge / 2, abs=1e-7)
    assert parts["u", "h"] == pytest.approx(x, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "signature", "name", "value"),
    [(BURNING, "x c -> u", "c", 2.0), (SPREADING, "t x r -> u", "r", 2.0)],
)
def test_what_is_not_linear_moves_as_the_reference_does(
    text: str, signature: str, name: str, value: float
) -> None:
    program = lawc.compile(law(text), signature)
    x, t = spread(8, 3)
    known = {"x": x, "t": t} if "t" in program.plan.signature.inputs else {"x": x}
    columns = {**known, name: np.full(8, value)}
    found, parts = Model(program.plan, [name]).slopes(columns)
    assert found["u"] == pytest.approx(program.reference(columns)["u"], abs=1e-5)
    more, less = (
        program.reference({**known, name: np.full(8, value + step)})["u"] for step in (0.02, -0.02)
    )
    assert parts["u", name] == pytest.approx((more - less) / 0.04, rel=1e-3, abs=1e-4)


def test_noise_is_covered_by_what_a_fit_says_of_itself() -> None:
    x, t = spread(60, 4)
    truth = 2 * np.exp(-0.1 * np.pi**2 * t) * np.sin(np.pi * x)
    outside = 0
    for seed in range(2):
        noise = 0.05 * np.random.default_rng(seed).normal(size=60)
        found = lawc.fit(law(HEAT), {"t": t, "x": x, "T": truth + noise}, "a A", starts=1)
        assert found.standard_errors["a"] < 0.02
        for name, value in {"a": 0.1, "A": 2.0}.items():
            low, high = found.intervals[name]
            outside += not low <= value <= high
    assert outside <= 1


def test_exact_observations_give_the_parameters_back() -> None:
    x, t = spread(30, 5)
    truth = 2 * np.exp(-0.1 * np.pi**2 * t) * np.sin(np.pi * x)
    found = lawc.fit(law(HEAT), {"t": t, "x": x, "T": truth}, "a A", starts=1)
    assert found["a"] == pytest.approx(0.1, rel=1e-4)
    assert found["A"] == pytest.approx(2.0, rel=1e-4)


def test_a_load_and_a_tension_are_not_told_apart() -> None:
    x, _ = spread(20, 6)
    with pytest.raises(NotDeterminedError, match=r"(q/k|k/q) but not") as refusal:
        lawc.fit(law(CHORD), {"x": x, "u": x * (1 - x), "h": np.zeros(20)}, "k q")
    assert set(refusal.value.undetermined) == {"k", "q"}


def test_a_rod_that_is_seen_at_its_start_only_does_not_tell_its_diffusivity() -> None:
    x, _ = spread(20, 7)
    table = {"t": np.zeros(20), "x": x, "T": 2 * np.sin(np.pi * x)}
    with pytest.raises(NotDeterminedError, match="a has no influence on what was measured"):
        lawc.fit(law(HEAT), table, "a A")


def test_what_ends_and_sources_give_moves_a_field_in_proportion() -> None:
    text = HEAT.replace("a*∂²T/∂x²", "a*∂²T/∂x² + A*x*t").replace("T = A*sin(pi*x)", "T = 0")
    text = text.replace("T = 0  at x = 1", "T = A*t  at x = 1")
    x, t = spread(8, 8)
    columns = {"t": t, "x": x, "a": np.full(8, 0.1), "A": np.full(8, 2.0)}
    found, parts = model(text, "t x a A -> T", ["A"]).slopes(columns)
    assert np.abs(found["T"]).max() > 0.1
    assert parts["T", "A"] == pytest.approx(found["T"] / 2, abs=1e-7)
