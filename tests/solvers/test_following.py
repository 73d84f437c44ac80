"""Trajectories of many parameter sets are right, in generated C and without a compiler."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import read, runs
from scipy.linalg import expm

from lawc.lowering.tapes import tape
from lawc.native.compiling import SWITCH, available
from lawc.solvers import initial_value
from lawc.solvers.following import Followed, follower
from lawc.solvers.initial_value import MANY, integrate, largest
from lawc.solvers.trajectories import Array, End, Trajectories

pytestmark = pytest.mark.usefixtures("own_time")

LOTKA = {"x": "a*x - b*x*y", "y": "c*x*y - d*y"}
ROBERTSON = {
    "u": "-k1*u + k3*v*w",
    "v": "k1*u - k3*v*w - k2*v**2",
    "w": "k2*v**2",
}
LINEAR = {f"y{i}": " + ".join(f"a{i}{j}*y{j}" for j in range(3)) for i in range(3)}

needs_compiler = pytest.mark.skipif(not available(), reason="no C compiler")


@pytest.fixture(params=["compiled", "without a compiler"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "without a compiler":
        monkeypatch.setenv(SWITCH, "0")
    elif not available():
        pytest.skip("no C compiler")
    yield request.param


def followed(given_runs: Trajectories, moments: Array, rtol: float) -> Followed:
    """Follow in C, each trajectory to the same moments."""
    program = follower(given_runs.system)
    assert program is not None
    first = np.arange(len(given_runs) + 1) * len(moments)
    return program.follow(given_runs, first, np.tile(moments, len(given_runs)), rtol)


def marched(given_runs: Trajectories, moments: Array, rtol: float) -> Array:
    owner = np.repeat(np.arange(len(given_runs)), len(moments))
    return integrate(given_runs, owner, np.tile(moments, len(given_runs)), rtol).states


def lotka(count: int, seed: int = 0) -> Trajectories:
    rng = np.random.default_rng(seed)
    rates = {name: rng.uniform(0.5, 1.5, count) for name in "abcd"}
    start = {name: rng.uniform(0.5, 2, count) for name in "xy"}
    return runs(LOTKA, start, 10.0, **rates)


def apart(found: Array, truth: np.ndarray) -> float:
    """Return the largest difference relative to the largest value of each component."""
    return float((np.abs(found - truth).max(axis=1) / np.abs(truth).max(axis=1)).max())


@needs_compiler
@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    st.lists(st.floats(0.1, 1), min_size=3, max_size=3),
    st.sampled_from([1.0, 30.0, 1e4]),
    st.sampled_from([1e-6, 1e-9]),
)
def test_linear_systems_follow_the_matrix_exponential(
    entries: list[float], start: list[float], stiffness: float, rtol: float
) -> None:
    matrix = np.reshape(entries, (3, 3)) - 2 * np.eye(3)
    matrix[2] *= stiffness
    matrix[2, 2] = -2 * stiffness
    rates = {f"a{i}{j}": matrix[i, j] for i in range(3) for j in range(3)}
    initial = {f"y{i}": value for i, value in enumerate(start)}
    moments = np.array([0.0, 1e-4, 0.1, 0.37, 1.0])
    given_runs = runs(LINEAR, dict(initial), 4.0, **rates)
    truth = np.stack([expm(4 * matrix * s) @ start for s in moments], axis=1)
    found = followed(given_runs, moments, rtol).states
    assert apart(found, truth) < 300 * rtol
    plain = marched(given_runs, moments, rtol)
    assert apart(plain, truth) < 300 * rtol


def test_prey_and_predators_keep_their_invariant(way: str) -> None:
    given_runs = lotka(MANY)
    states = marched(given_runs, np.linspace(0, 1, 21), 1e-11).reshape(2, MANY, 21)
    x, y = states
    a, b, c, d = (given_runs.parameters[name][:, None] for name in "abcd")
    kept = c * x - d * np.log(x) + b * y - a * np.log(y)
    assert np.abs(kept - kept[:, :1]).max() < 1e-9


@needs_compiler
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9, 1e-11])
def test_errors_follow_the_tolerance(rtol: float) -> None:
    moments = np.linspace(0, 1, 33)
    exact = followed(lotka(50), moments, 1e-13).states
    assert apart(followed(lotka(50), moments, rtol).states, exact) < 30 * rtol


@needs_compiler
def test_stiff_reactions_over_eleven_decades_keep_their_sum() -> None:
    """Values at 1e11 s: Mazzia, Magherini, Test Set for Initial Value Problem Solvers (2008)."""
    given_runs = runs(ROBERTSON, {"u": 1.0, "v": 0.0, "w": 0.0}, 1e11, k1=0.04, k2=3e7, k3=1e4)
    moments = np.concatenate([[0.0], np.logspace(-16, 0, 40)])
    done = followed(given_runs, moments, 1e-11)
    assert np.abs(done.states.sum(axis=0) - 1).max() < 1e-13
    published = np.array([0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050])
    assert done.states[:, -1] == pytest.approx(published, rel=1e-6)
    assert done.steps[0] < 10_000


def test_stiff_reactions_are_solved_alike_by_all_means(way: str) -> None:
    given_runs = runs(ROBERTSON, {"u": 1.0, "v": 0.0, "w": 0.0}, 40.0, k1=0.04, k2=3e7, k3=1e4)
    states = marched(given_runs, np.array([1.0]), 1e-9)
    published = [0.7158270687194, 0.9185534764558e-5, 0.2841637457458]
    assert states[:, 0] == pytest.approx(published, rel=1e-7)


@needs_compiler
def test_a_relaxation_oscillator_ends_where_it_was_published() -> None:
    """Van der Pol's equation with 1e-6: the same test set, problem VDPOL, at 2."""
    rates = {"y": "z", "z": "((1 - y**2)*z - y)/e"}
    given_runs = runs(rates, {"y": 2.0, "z": 0.0}, 2.0, e=1e-6)
    states = followed(given_runs, np.array([1.0]), 1e-9).states[:, 0]
    assert states == pytest.approx([1.706167732170469, -0.8928097010247975], rel=1e-6)


@needs_compiler
def test_what_depends_on_time_is_followed_through_a_stiff_stretch() -> None:
    """dy/dt = -k (y - cos t) - sin t has the solution cos t, however large k is."""
    given_runs = runs(
        {"y": "-k*(y - cos(t)) - sin(t)"}, {"y": 1.0}, 20.0, k=np.array([1.0, 1e3, 1e6])
    )
    moments = np.linspace(0, 1, 41)
    done = followed(given_runs, moments, 1e-9)
    assert np.abs(done.states - np.tile(np.cos(20 * moments), 3)).max() < 1e-7
    assert done.steps.max() < 20_000


@given(st.floats(0.1, 10), st.floats(0.1, 10))
@settings(max_examples=12, deadline=None)
def test_growth_of_second_order_leaves_every_bound_at_its_time(k: float, start: float) -> None:
    """dA/dt = k A^2 runs away at 1/(k A0)."""
    blow_up = 1 / (k * start)
    given_runs = runs({"A": "k*A**2"}, {"A": start}, 3 * blow_up, k=k)
    solved = integrate(given_runs, np.zeros(3, int), np.array([0.1, 0.3, 0.5]), 1e-11)
    assert solved.ends.reason[0] == End.RUNAWAY
    assert 3 * blow_up * solved.ends.time[0] == pytest.approx(blow_up, rel=1e-9)
    assert solved.states[0, 0] == pytest.approx(start / (1 - 0.3), rel=1e-9)
    assert solved.states[0, 1] == pytest.approx(start / (1 - 0.9), rel=1e-8)
    assert np.isnan(solved.states[0, 2])


@pytest.mark.parametrize(
    ("rates", "reason", "end"),
    [
        ({"A": "A**2"}, End.RUNAWAY, 1.0),
        ({"A": "A**2", "B": "-10.0**6*(B - A)"}, End.RUNAWAY, 1.0),
        ({"A": "-1/A"}, End.SINGULAR, 0.5),
        ({"A": "-2*sqrt(A)"}, End.NO_NUMBER, 1.0),
        ({"A": "900*A"}, End.RUNAWAY, None),
        ({"A": "10.0**9*B", "B": "-(10.0**9)*A"}, End.TOO_LONG, None),
        ({"A": "10.0**5*cos(10.0**8*t)"}, End.TOO_LONG, None),
    ],
)
def test_a_trajectory_that_cannot_go_on_ends_soon_and_says_where(
    rates: dict[str, str], reason: End, end: float | None
) -> None:
    if reason is End.TOO_LONG and not available():
        pytest.skip("without a compiler a long way takes long")
    given_runs = runs(rates, dict.fromkeys(rates, 1.0), 4.0)
    began = time.process_time()
    solved = integrate(given_runs, np.zeros(1, int), np.ones(1), 1e-10)
    assert time.process_time() - began < 2
    assert np.isnan(solved.states).all()
    assert solved.ends.reason[0] == reason
    if end is not None:
        assert 4 * solved.ends.time[0] == pytest.approx(end, rel=1e-4)


@needs_compiler
def test_one_bad_trajectory_leaves_its_neighbours_alone() -> None:
    start = np.array([1.0, np.nan, 1.0, 0.01])
    done = followed(runs({"A": "A**2"}, {"A": start}, 2.0), np.array([0.25, 1.0]), 1e-9)
    reasons = [End(int(reason)) for reason in done.ends.reason]
    assert reasons == [End.RUNAWAY, End.NO_START, End.RUNAWAY, End.ARRIVED]
    assert done.states[0, [0, 4, 6]] == pytest.approx([2.0, 2.0, 0.01 / (1 - 0.005)])
    assert np.isnan(done.states[0, [1, 2, 3, 5]]).all()


@needs_compiler
def test_the_largest_values_on_the_way_are_kept() -> None:
    given_runs = runs({"x": "w*v", "v": "-w*x"}, {"x": 0.0, "v": 3.0}, 10.0, w=np.full(5, 2.0))
    watched = given_runs.system.rates
    program = follower(given_runs.system, watched)
    assert program is not None
    none = np.zeros(6, dtype=np.int64)
    most = program.follow(given_runs, none, np.empty(0), 1e-6).most
    assert most == pytest.approx(np.full((2, 5), 6.0), rel=1e-2)


@needs_compiler
def test_threads_do_not_change_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = np.linspace(0, 1, 5)
    both = followed(lotka(300), moments, 1e-8).states
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert (followed(lotka(300), moments, 1e-8).states == both).all()


@needs_compiler
def test_stiff_trajectories_without_a_jacobian_are_finished_too() -> None:
    """Where a function has no derivative in the language, Radau takes over."""
    count = MANY + 3
    given_runs = runs({"y": "-k*(y - cos(t))"}, {"y": 0.0}, 2.0, k=np.full(count, 1e5))
    plain = replace(given_runs.system, slopes=None, entries=(), drift=None)
    given_runs = replace(given_runs, system=plain)
    states = marched(given_runs, np.array([0.5, 1.0]), 1e-9).reshape(count, 2)
    assert states == pytest.approx(np.tile(np.cos([1.0, 2.0]), (count, 1)), abs=2e-5)


@needs_compiler
def test_the_largest_values_of_stiff_trajectories_without_a_jacobian_are_left_to_others() -> None:
    """The largest y = sin t comes late, where an explicit method has long given up."""
    given_runs = runs({"y": "-k*(y - sin(t))"}, {"y": 0.0}, 1.5, k=np.full(MANY, 1e6))
    inputs = ("y", "t", *given_runs.system.parameters)
    watched = tape({"y": read("y")}, inputs, {})
    most = largest(given_runs, watched, 1e-6)
    assert most is not None
    assert most[0] == pytest.approx(np.sin(1.5), rel=1e-4)
    plain = replace(given_runs.system, slopes=None, entries=(), drift=None)
    assert largest(replace(given_runs, system=plain), watched, 1e-6) is None


def test_no_stiff_trajectory_runs_through_its_events(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Radau knows no events, so what is left for it ends instead."""
    monkeypatch.setattr(initial_value, "MAX_STEPS", 200)
    given_runs = runs({"y": "-k*(y - cos(t))"}, {"y": 0.0}, 2.0, k=1e6)
    inputs = ("y", "t", *given_runs.system.parameters)
    late = tape({"event 0": read("t - 1.5")}, inputs, {})
    plain = replace(
        given_runs.system, slopes=None, entries=(), drift=None, conditions=late, resets=(None,)
    )
    given_runs = replace(given_runs, system=plain)
    solved = integrate(given_runs, np.zeros(2, int), np.array([0.0, 1.0]), 1e-6)
    assert solved.states[0, 0] == 0
    assert np.isnan(solved.states[0, 1])
    assert solved.ends.reason[0] == End.TOO_LONG
    assert 0 < solved.ends.time[0] < 0.75
