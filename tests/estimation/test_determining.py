"""What the data do not determine is refused, in the author's words and with what would help."""

from __future__ import annotations

import numpy as np
import pytest
from estimation_texts import DECAY, ENZYME, LINE, law
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc import NotDeterminedError

HEAD = """  symbols
    x  : place   [m]  0.1 .. 10
    y  : answer  [m]
    k1 : first   [1]  0.1 .. 10 log
    k2 : second  [1]  0.1 .. 10 log
    a  : third   [m]  -5 .. 5
    b  : fourth  [m]  -5 .. 5

  equations
    y = """
PLACES = np.linspace(0.2, 9, 30)
NOISE = 0.1 * np.random.default_rng(0).normal(size=30)


def only(formula: str, names: str) -> str:
    """Return the law with the parameters that its formula names."""
    lines = HEAD.splitlines()
    kept = [s for s in lines if ":" not in s or s.split()[0] in {"x", "y", *names.split()}]
    return "\n".join(kept) + f" {formula}\n"


@pytest.mark.parametrize(
    ("formula", "names", "combination"),
    [
        ("k1*k2*x", "k1 k2", "k1*k2"),
        ("k1/k2*x", "k1 k2", "k1/k2"),
        ("k1/k2^2*x", "k1 k2", "k1/k2^2"),
        ("sqrt(k1)*k2*x", "k1 k2", "k1*k2^2"),
        ("x + a + b", "a b", "a + b"),
        ("x + a - b", "a b", "b - a"),
        ("x*k1*exp(k2)", "k1 k2", "ln(k1)"),
    ],
)
def test_a_law_that_ties_parameters_is_refused_with_what_it_determines(
    formula: str, names: str, combination: str
) -> None:
    with pytest.raises(NotDeterminedError, match="but not") as refusal:
        lawc.fit(law(only(formula, names)), {"x": PLACES, "y": 3 * PLACES + NOISE}, names)
    assert any(combination in kept for kept in refusal.value.combinations)
    assert set(refusal.value.undetermined) == set(names.split())
    assert any("give a value to" in help_ for help_ in refusal.value.helps)


@settings(max_examples=8)
@given(p=st.integers(1, 3), q=st.integers(1, 3), seed=st.integers(0, 1000))
def test_every_product_of_powers_is_refused(p: int, q: int, seed: int) -> None:
    body = only(f"k1^{p}*k2^{q}*x", "k1 k2")
    generator = np.random.default_rng(seed)
    with pytest.raises(NotDeterminedError):
        lawc.fit(law(body), {"x": PLACES, "y": PLACES * generator.uniform(0.5, 2)}, "k1 k2")


def test_one_of_the_tied_parameters_may_be_given() -> None:
    body = only("k1*k2*x", "k1 k2").replace("10 log\n    k2", "10 log = 2\n    k2")
    found = lawc.fit(law(body), {"x": PLACES, "y": 3 * PLACES + NOISE}, "k2")
    assert found["k2"] == pytest.approx(1.5, rel=0.02)


def test_rows_at_one_place_do_not_determine_a_line_and_the_message_says_so() -> None:
    columns = {"x": np.full(10, 2.0), "y": np.arange(10.0)}
    with pytest.raises(NotDeterminedError, match="x is the same in all rows") as refusal:
        lawc.fit(law(LINE), columns, "a b")
    assert "observe at other values of x" in refusal.value.helps[0]


def test_another_output_that_would_help_is_named() -> None:
    body = """  symbols
    x  : place   [m]  0.1 .. 10
    y  : answer  [m]
    z  : other   [m]
    k1 : first   [1]  0.1 .. 10 log
    k2 : second  [1]  0.1 .. 10 log

  equations
    y = k1*k2*x
    z = k1*x
"""
    columns = {"x": PLACES, "y": 3 * PLACES + NOISE}
    with pytest.raises(NotDeterminedError, match="observe z as well"):
        lawc.fit(law(body), columns, "k1 k2")
    found = lawc.fit(law(body), {**columns, "z": 2 * PLACES + NOISE}, "k1 k2")
    assert found["k1"] == pytest.approx(2, rel=0.05)


def test_a_parameter_without_influence_is_named() -> None:
    body = only("x*k1 + a*0", "k1 a")
    with pytest.raises(NotDeterminedError, match="a has no influence"):
        lawc.fit(law(body), {"x": PLACES, "y": 3 * PLACES + NOISE}, "k1 a")


def test_a_curve_that_is_still_straight_does_not_determine_where_it_bends() -> None:
    generator = np.random.default_rng(0)
    c = np.geomspace(1e-3, 0.1, 20)
    rate = 5 * c / (3 + c) * (1 + 0.03 * generator.normal(size=20))
    with pytest.raises(NotDeterminedError, match="larger values of V"):
        lawc.fit(law(ENZYME), {"c": c, "v": rate}, "V K", errors="relative")
    found = lawc.fit(law(ENZYME), {"c": c, "v": rate}, "V K", errors="relative", limits=True)
    assert "above" in found.open_ends.values()
    (low, high) = found.intervals["V"]
    assert 0.2 < low < 50
    assert np.isinf(high)
    assert not all(found.determined.values())


def test_a_curve_that_bends_does() -> None:
    generator = np.random.default_rng(0)
    c = np.geomspace(0.1, 50, 20)
    rate = 5 * c / (3 + c) * (1 + 0.03 * generator.normal(size=20))
    found = lawc.fit(law(ENZYME), {"c": c, "v": rate}, "V K", errors="relative")
    assert abs(found["K"] - 3) < 4 * found.standard_errors["K"]
    assert all(found.determined.values())


def test_two_answers_that_fit_equally_well_are_refused_and_a_range_settles_it() -> None:
    body = """  symbols
    t  : time    [s]    0 .. 100
    y  : answer  [V]
    ka : first   [1/s]  0.01 .. 10 log
    ke : second  [1/s]  0.01 .. 10 log

  equations
    y = 1 [V]*(exp(-ke*t) + exp(-ka*t))
"""
    time = np.linspace(0, 8, 30)
    columns = {"t": time, "y": np.exp(-0.3 * time) + np.exp(-2 * time) + 0.1 * NOISE}
    with pytest.raises(NotDeterminedError, match="two sets of values fit equally well"):
        lawc.fit(law(body), columns, "ka ke")
    valid = body + '\n  valid\n    ka > ke "the first is faster"\n'
    found = lawc.fit(law(valid), columns, "ka ke")
    assert found["ka"] == pytest.approx(2, rel=0.1)
    assert found["ke"] == pytest.approx(0.3, rel=0.1)


def test_a_bound_against_which_the_data_press_is_said() -> None:
    body = DECAY.replace("0.001 .. 10 log", "0.001 .. 0.5 log")
    time = np.linspace(0, 6, 25)
    found = lawc.fit(law(body), {"t": time, "y": 5 * np.exp(-0.7 * time) + NOISE[:25]}, "A k")
    assert found.stopped == {"k": pytest.approx(0.5)}
    assert np.isnan(found.standard_errors["k"])
    assert "stands at the end of its range" in repr(found)


def test_zero_is_a_physical_end_and_an_upper_limit_is_reported() -> None:
    body = LINE.replace("-1000 .. 1000\n    b", "0 .. 1000\n    b")
    generator = np.random.default_rng(5)
    x = np.linspace(-5, 5, 40)
    found = lawc.fit(law(body), {"x": x, "y": 0.05 + 2 * x + generator.normal(size=40)}, "a b")
    assert found.determined["b"]
    assert found.open_ends.get("a", "below") == "below"


def test_fewer_values_than_parameters_are_refused() -> None:
    with pytest.raises(NotDeterminedError, match="1 measured value cannot determine 2"):
        lawc.fit(law(LINE), {"x": [1.0], "y": [2.0]}, "a b")
    with pytest.raises(NotDeterminedError, match="none is left to judge"):
        lawc.fit(law(LINE), {"x": [1.0, 2.0], "y": [2.0, 3.0]}, "a b")
    found = lawc.fit(law(LINE), {"x": [1.0, 2.0], "y": [2.0, 3.0]}, "a b", sigma=0.1)
    assert found["b"] == pytest.approx(1)
