"""The reference satisfies the law, agrees with published values, and fails by name."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import absorption, arrhenius, kepler, law, oscillator, pendulum, robertson, saturable
from scipy.special import ellipk

from lawc.diagnostics.diagnostic import DomainError, ShapeError
from lawc.lowering import verifying
from lawc.lowering.plan import Plan
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference, trajectory_scale

Columns = dict[str, np.ndarray]


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


def test_robertsons_problem_has_its_published_solution() -> None:
    plan = make_plan(robertson(), "t k1 k2 k3 -> y1 y2 y3")
    found = reference(plan, {"t": 40.0, "k1": 0.04, "k2": 3e7, "k3": 1e4})
    assert found["y1"] == pytest.approx(0.7158270687, abs=2e-10)
    assert found["y2"] == pytest.approx(9.185534765e-06, rel=2e-9)
    assert found["y3"] == pytest.approx(0.2841637457, abs=2e-10)


def test_stiff_trajectories_conserve_mass_over_seven_decades_of_time() -> None:
    plan = make_plan(robertson(), "t k1 k2 k3 -> y1 y2 y3")
    columns = draw(plan, 40)
    columns["t"] = 10 ** np.linspace(-2, 5, 40)
    found = reference(plan, columns)
    np.testing.assert_allclose(sum(found.values()), 1.0, atol=1e-12)
    assert all((values >= 0).all() for values in found.values())


def test_the_undriven_oscillator_swings_and_fades_as_known() -> None:
    plan = make_plan(oscillator(), "t m c k F0 w x0 -> x E")
    columns = draw(plan, 60) | {"F0": np.zeros(60)}
    columns["c"] = np.minimum(columns["c"], 1.9 * np.sqrt(columns["m"] * columns["k"]))
    m, c, k, t, x0 = (columns[name] for name in ("m", "c", "k", "t", "x0"))
    decay = c / (2 * m)
    turn = np.sqrt(k / m - decay**2)
    wanted = x0 * np.exp(-decay * t) * (np.cos(turn * t) + decay / turn * np.sin(turn * t))
    np.testing.assert_allclose(reference(plan, columns)["x"], wanted, atol=1e-8)


def test_energy_is_constant_without_drive_and_damping() -> None:
    plan = make_plan(oscillator(), "t m c k F0 w x0 -> E")
    columns = draw(plan, 40) | {"F0": np.zeros(40), "c": np.zeros(40)}
    start = columns["k"] / 2 * columns["x0"] ** 2
    np.testing.assert_allclose(reference(plan, columns)["E"], start, rtol=1e-7)


def test_units_are_those_that_were_declared() -> None:
    plan = make_plan(pendulum(), "L a -> T")
    found = reference(plan, {"L": np.array([2.5]), "a": np.array([60.0])})["T"]
    assert found == pytest.approx(4 * np.sqrt(2.5 / 9.80665) * ellipk(0.25), rel=1e-14)
    warm = law("T [degC] 0 .. 50\nS [degC]", "shift: S = T + 10")
    assert reference(make_plan(warm, "T -> S"), {"T": 20.0})["S"] == pytest.approx(30.0)


def test_a_single_value_gives_a_single_value() -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    one = {"t": 2.0, "D": 320.0, "F": 1.0, "ka": 1.5, "V": 30.0, "CL": 3.0}
    found = reference(plan, one)["C"]
    assert found.shape == ()
    column = reference(plan, {name: np.full(3, value) for name, value in one.items()})["C"]
    np.testing.assert_array_equal(column, np.full(3, found))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12))
def test_a_row_does_not_feel_its_neighbours(order: list[int], kept: int) -> None:
    plan = make_plan(saturable(), "t D F ka V Vmax Km -> C")
    columns = draw(plan, 12)
    whole = reference(plan, columns)["C"]
    chosen = np.array(order[:kept])
    part = reference(plan, {name: values[chosen] for name, values in columns.items()})["C"]
    scale = trajectory_scale(plan, columns)["C"]
    assert np.all(np.abs(part - whole[chosen]) <= 1e-12 * scale[chosen])


def test_rows_of_one_trajectory_agree_with_rows_alone() -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    one = {name: np.repeat(values, 25) for name, values in draw(plan, 8).items()}
    one["t"] = np.random.default_rng(1).random(200) * 24
    one["t"][::25] = 0.0
    together = reference(plan, one)["C"]
    # A different seventh digit of the dose makes each row a trajectory of its own.
    alone = dict(one) | {"D": one["D"] * (1 + 1e-13 * np.arange(200))}
    scale = trajectory_scale(plan, one)["C"]
    assert np.all(np.abs(reference(plan, alone)["C"] - together) <= 1e-9 * scale)
    assert np.all(together[::25] == 0)


def test_time_may_run_backwards() -> None:
    plan = make_plan(
        law("t [s] -5 .. 5\nx(t) [m]\nk [1/s] 0.1 .. 1", "e: D(x, t) = k*x", "x = 1 @ t = 0"),
        "t k -> x",
    )
    t = np.linspace(-5, 5, 11)
    found = reference(plan, {"t": t, "k": np.full(11, 0.7)})["x"]
    np.testing.assert_allclose(found, np.exp(0.7 * t), rtol=1e-9)
    scale = trajectory_scale(plan, {"t": t, "k": np.full(11, 0.7)})["x"]
    np.testing.assert_allclose(scale, np.exp(3.5), rtol=1e-5)


def test_ten_thousand_saturable_absorptions_take_less_than_half_a_minute() -> None:
    plan = make_plan(saturable(), "t D F ka V Vmax Km -> C")
    columns = draw(plan, 10_000)
    start = time.process_time()
    found = reference(plan, columns)["C"]
    assert time.process_time() - start < 30
    assert found.shape == (10_000,)
    assert (found >= -1e-11 * trajectory_scale(plan, columns)["C"]).all()


def test_the_scale_is_the_peak_of_the_whole_trajectory() -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    columns = draw(plan, 50)
    ka, ke = columns["ka"], columns["CL"] / columns["V"]
    peak_time = np.minimum(np.log(ka / ke) / (ka - ke), 24.0)
    peak = reference(plan, columns | {"t": peak_time})["C"]
    np.testing.assert_allclose(trajectory_scale(plan, columns)["C"], peak, rtol=1e-2)
    later = columns | {"t": columns["t"] * 0.5}
    np.testing.assert_array_equal(
        trajectory_scale(plan, columns)["C"], trajectory_scale(plan, later)["C"]
    )


def test_the_scale_of_an_algebraic_law_is_its_value() -> None:
    plan = make_plan(arrhenius(), "A Ea T -> k")
    columns = draw(plan, 20)
    np.testing.assert_allclose(
        trajectory_scale(plan, columns)["k"], reference(plan, columns)["k"], rtol=1e-15
    )


def test_a_row_without_a_root_is_named_with_its_values() -> None:
    plan = make_plan(kepler(), "M e -> E")
    columns = {"M": np.array([1.0, 9.0, 2.0]), "e": np.array([0.5, 0.25, 0.1])}
    with pytest.raises(
        DomainError, match=r"E has no single value in 1 of 3 rows, first at M = 9 \[rad\], e = 0.25"
    ):
        reference(plan, columns)
    found = reference(plan, columns, strict=False)["E"]
    assert np.isnan(found).tolist() == [False, True, False]


def test_several_roots_are_no_answer() -> None:
    plan = make_plan(law("y [] 1 .. 6\nx [] -2 .. 2", "cubic: y = x^3 - x + sin(x)/10"), "y -> x")
    found = reference(plan, {"y": np.array([0.0, 5.0])}, strict=False)["x"]
    assert np.isnan(found).tolist() == [True, False]


def test_a_pole_is_not_taken_for_a_root() -> None:
    plan = make_plan(law("y [] 1 .. 2\nx [] -3 .. 2", "pole: y = 1/x + sin(x)/50"), "y -> x")
    found = float(reference(plan, {"y": 1.5}, strict=False)["x"])
    assert np.isnan(found) or 1 / found + np.sin(found) / 50 == pytest.approx(1.5)


def test_a_solution_that_ends_is_named_and_spares_its_neighbours() -> None:
    plan = make_plan(
        law("t [s] 0 .. 5\nx(t) [m]\nx0 [m] 0.1 .. 1", "e: D(x, t) = x^2", "x = x0 @ t = 0"),
        "t x0 -> x",
    )
    columns = {"t": np.array([1.0, 3.0, 2.0]), "x0": np.array([0.5, 0.5, 0.25])}
    with pytest.raises(DomainError, match=r"x has no single value in 1 of 3 rows, first at t = 3"):
        reference(plan, columns)
    found = reference(plan, columns, strict=False)["x"]
    np.testing.assert_allclose(found[[0, 2]], [1.0, 0.5], rtol=1e-9)


def test_shapes_and_missing_columns_are_named() -> None:
    plan = make_plan(arrhenius(), "A Ea T -> k")
    with pytest.raises(ShapeError, match='a column "Ea"'):
        reference(plan, {"A": 1.0, "T": 300.0})
    with pytest.raises(ShapeError, match=r'got \(3, 1\) for "T"'):
        reference(plan, {"A": np.ones(3), "Ea": np.ones(3), "T": np.ones((3, 1))})


def test_answers_that_cannot_be_held_against_the_law_are_refused() -> None:
    plan = make_plan(kepler(), "M e -> E")
    equations = verifying.balances(plan)
    values = {"M": np.array([0.0, 1.0]), "e": np.array([0.5, 0.0]), "E": np.array([0.0, 1.0])}
    verifying.balance(plan, values, 2, equations)
    some = {**values, "E": np.array([np.nan, 1.0])}
    verifying.balance(plan, some, 2, equations)
    none = {**values, "E": np.array([np.nan, np.inf])}
    with pytest.raises(DomainError, match="its terms are no numbers in any row"):
        verifying.balance(plan, none, 2, equations)


def test_no_rows_give_no_rows() -> None:
    for one, signature in (
        (arrhenius(), "A Ea T -> k"),
        (kepler(), "M e -> E"),
        (saturable(), "t D F ka V Vmax Km -> C"),
    ):
        plan = make_plan(one, signature)
        empty = {name: np.empty(0) for name in plan.signature.inputs}
        (output,) = plan.signature.outputs
        assert reference(plan, empty)[output].shape == (0,)
        assert trajectory_scale(plan, empty)[output].shape == (0,)


def test_a_solution_that_misses_the_law_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    columns = draw(plan, 5)
    original = verifying._rates

    def wrong(*arguments):
        return {name: values * 1.01 for name, values in original(*arguments).items()}

    monkeypatch.setattr(verifying, "_rates", wrong)
    with pytest.raises(DomainError, match=r"misses `gut` of test.law by [0-9.]+e-03"):
        reference(plan, columns)


def test_a_second_solver_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    columns = draw(plan, 5)
    monkeypatch.setattr(verifying, "AGREEMENT", 1e-16)
    with pytest.raises(DomainError, match="two solvers disagree on"):
        reference(plan, columns)


def test_a_row_with_several_roots_names_them() -> None:
    plan = make_plan(law("y [] 1 .. 6\nx [m] -2 .. 2", "cubic: y = x^3 - x + sin(x)/10"), "y -> x")
    with pytest.raises(DomainError, match=r"three solutions lie in the range of x: x = -0.956\d+"):
        reference(plan, {"y": np.array([5.0, 0.0])})
    with pytest.raises(DomainError, match="no value of x in its range satisfies its equation"):
        reference(plan, {"y": np.array([9.0])})
