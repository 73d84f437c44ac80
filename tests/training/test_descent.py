"""Training on residuals ends with a small error against the reference, or says why not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.training import statements

from lawc.backends.choosing import choose
from lawc.backends.statement import Points
from lawc.forms.network import propagate, split
from lawc.training import checkpoint
from lawc.training.balance import balanced
from lawc.training.causality import point_weights, slab_losses, slab_weights
from lawc.training.checkpoint import CheckpointError
from lawc.training.descent import ACCEPTANCE, LOOKING, descend
from lawc.training.points import choose_points, density
from lawc.training.problem import Errors, blocks_of
from lawc.training.settings import SEEDS, Settings
from lawc.training.trouble import TrainingError, no_number, worst_term

ROOT = Path(__file__).parents[2]
_DAMAGED = {
    "method": 7, "start": -1, "steps": "many", "error": float("nan"), "why": None, "turns": 0.5,
    "weights": [], "history": [[1, 2]], "spent": float("nan"), "strength": None,
}  # fmt: skip
SHORT = Settings(seconds=60.0, points=60, redraw=60, steps=240)


def test_a_small_network_learns_a_decay_from_its_equation_alone() -> None:
    trained = descend(statements.decay(), replace(SHORT, goal=1e-5, steps=2_000))
    assert trained.accepted
    assert trained.errors is not None
    assert trained.errors.relative_l2 <= 1e-5
    assert trained.why == "the goal is reached"
    t = torch.linspace(0, 2, 50, dtype=torch.float64)
    found = 1 + t * _network(trained.theta, t)
    assert float((found - torch.exp(-t)).abs().max()) < 1e-4


def test_conditions_that_are_not_exact_are_learned_too_and_weighed() -> None:
    trained = descend(statements.string(), replace(SHORT, steps=400))
    assert trained.errors is not None
    assert trained.errors.relative_l2 < 1e-3


def test_balance_gives_slow_conditions_the_weight_that_makes_all_traces_equal() -> None:
    problem = statements.string()
    points = [site.draw(50, 1) for site in problem.sites]
    blocks = blocks_of(problem.sites, points, [(1.0,), (1.0,)])
    theta = descend(problem, replace(SHORT, steps=5)).theta
    weights = balanced(blocks, theta)
    assert weights[0] == (1.0,)
    weighed = choose(blocks_of(problem.sites, points, weights)).jacobian(theta).square().sum(1)
    inside, ends = weighed.split([50, 50])
    assert float(ends.sum()) == pytest.approx(float(inside.sum()), rel=1e-9)


def test_causes_are_learned_before_effects() -> None:
    trained = descend(statements.decay(), replace(SHORT, causal=True, steps=300))
    assert trained.errors is not None
    assert trained.errors.relative_l2 < 1e-4


@given(losses=st.lists(st.floats(0, 10), min_size=2, max_size=9), strength=st.floats(0.01, 100))
def test_a_slab_is_weighed_by_strictly_earlier_ones(losses: list[float], strength: float) -> None:
    weights = slab_weights(torch.tensor(losses, dtype=torch.float64), strength)
    assert float(weights[0]) == 1.0
    assert bool((weights[1:] <= weights[:-1]).all())
    raised = [*losses[:-1], losses[-1] + 1.0]
    assert torch.equal(slab_weights(torch.tensor(raised, dtype=torch.float64), strength), weights)


def test_every_moment_lies_in_one_slab() -> None:
    times = torch.tensor([0.0, 0.49, 0.5, 0.99, 1.0], dtype=torch.float64)
    squares = torch.tensor([1.0, 3.0, 5.0, 7.0, 9.0], dtype=torch.float64)
    assert slab_losses(squares, times, 0.0, 1.0, 2).tolist() == [2.0, 7.0]
    weights = torch.tensor([1.0, 0.5], dtype=torch.float64)
    assert point_weights(weights, times, 0.0, 1.0).tolist() == [1.0, 1.0, 0.5, 0.5, 0.5]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_points_are_likelier_where_the_law_is_broken_more(broken: list[float]) -> None:
    chances = density(torch.tensor(broken, dtype=torch.float64))
    assert bool((chances >= 1.0).all())
    order = torch.tensor(broken, dtype=torch.float64).argsort()
    assert bool((chances[order].diff() >= 0).all())


def test_a_residual_that_is_no_number_crowds_out_no_other_point() -> None:
    problem = statements.decay()
    pool = problem.sites[0].draw(100, 1)
    broken = torch.full((100,), 1.0, dtype=torch.float64)
    broken[3] = float("inf")
    broken[4] = float("nan")
    chosen = choose_points(pool, 50, broken, torch.Generator().manual_seed(1))
    assert len(chosen) == 50
    assert len(set(chosen.values[:, 0].tolist())) == 50


# What ends a training.


def test_a_term_that_is_no_number_is_named_with_its_points() -> None:
    with pytest.raises(TrainingError) as caught:
        descend(statements.undefined(), replace(SHORT, starts=2))
    text = str(caught.value)
    assert "grows is no number at" in text
    assert "of 60 points, at (x = 0." in text


def test_an_overflow_is_called_one() -> None:
    site = statements.decay().sites[0]
    objective = choose(blocks_of([site], [site.draw(20, 1)], [(1.0,)]))
    theta = torch.full((objective.count,), 1.7e308, dtype=torch.float64)
    theta[:-7] = 0.1
    text = no_number(objective, theta)
    assert text is not None
    assert text.startswith("falls overflows at 20 of 20 points, at (t = ")


def test_a_stall_names_the_term_that_is_broken_most() -> None:
    """A network of one unit cannot bend as a sine: the training ends by itself and says so."""
    problem = statements.string(sizes=(1, 1, 1))
    trained = descend(problem, replace(SHORT, redraw=20, steps=20_000, starts=1))
    assert not trained.accepted
    assert "gets nowhere: bends is broken most: " in trained.why
    assert "at (x = " in trained.why
    site = problem.sites[0]
    objective = choose(blocks_of([site], [site.draw(20, 1)], [(1.0,)]))
    assert worst_term(objective, trained.theta).startswith("bends is broken most")


def test_a_small_cost_does_not_make_a_module_accepted() -> None:
    """The judge knows better: here it holds another truth than the equation."""
    problem = statements.decay()

    def other(theta: torch.Tensor, seed: int) -> Errors:
        assert problem.judge is not None
        return Errors({"u": problem.judge(theta, seed).l2["u"] + 0.5}, {"u": 0.5})

    trained = descend(replace(problem, judge=other), replace(SHORT, goal=1e-2))
    assert trained.history[-1][2] < 1e-6
    assert not trained.accepted


def test_acceptance_sees_points_that_training_never_saw() -> None:
    problem, asked = statements.decay(), []

    def judge(theta: torch.Tensor, seed: int) -> Errors:
        asked.append(("judge", seed))
        assert problem.judge is not None
        return problem.judge(theta, seed)

    site = problem.sites[0]

    def draw(n: int, seed: int):
        asked.append(("draw", seed))
        return site.draw(n, seed)

    descend(replace(problem, sites=(replace(site, draw=draw),), judge=judge), SHORT)
    judged = [seed for who, seed in asked if who == "judge"]
    drawn = {seed for who, seed in asked if who == "draw"}
    assert judged[-1] not in drawn
    assert judged[-1] not in judged[:-1]
    assert not drawn & set(judged)


# What a checkpoint holds.

_KILLED = """
import sys, time
from pathlib import Path
from dataclasses import replace
from lawc.training import checkpoint
from lawc.training.descent import ACCEPTANCE, LOOKING, descend
from tests.training import statements
from tests.training.test_descent import LONG
kept = Path(sys.argv[1])
descend(statements.string(), LONG, lambda *_: time.sleep(0.05), kept)
"""

LONG = Settings(seconds=1e6, points=40, redraw=70, steps=240, save_every=0.0)


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = descend(statements.string(), LONG)
    kept = tmp_path / "training.safetensors"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    worker = subprocess.Popen([sys.executable, "-c", _KILLED, str(kept)], cwd=ROOT, env=environment)
    try:
        for _ in range(1_200):
            time.sleep(0.05)
            found = checkpoint.load(kept)
            if (found is not None and found[1]["steps"] >= 100) or worker.poll() is not None:
                break
    finally:
        worker.kill()
        worker.wait()
    found = checkpoint.load(kept)
    assert found is not None
    assert 0 < found[1]["steps"] < LONG.steps
    again = descend(statements.string(), LONG, keep=kept)
    assert again.steps == whole.steps
    assert torch.equal(again.theta, whole.theta)
    assert [row[2:] for row in again.history] == [row[2:] for row in whole.history]


def test_a_training_that_ended_is_not_made_again(tmp_path: Path) -> None:
    kept = tmp_path / "training.safetensors"
    first = descend(statements.decay(), SHORT, keep=kept)
    again = descend(statements.decay(), SHORT, keep=kept)
    assert torch.equal(first.theta, again.theta)
    assert again.steps == first.steps
    longer = descend(statements.decay(), replace(SHORT, steps=300), keep=kept)
    assert longer.steps == 300


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "training.safetensors"
    descend(statements.decay(), SHORT, keep=kept)
    with pytest.raises(CheckpointError, match="other settings"):
        descend(statements.string(), SHORT, keep=kept)
    kept.write_bytes(b"\x80\x04no tensors")
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        descend(statements.decay(), SHORT, keep=kept)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("facts", {key: value}) for key, value in _DAMAGED.items()),
        *((f"optimiser {name}", torch.zeros(3, 5)) for name in ("theta", "matrix", "flags")),
        ("optimiser mapped", torch.zeros(54, dtype=torch.float32)),
        ("optimiser theta", None),
        ("optimiser factor", None),
        ("best", torch.zeros(7, dtype=torch.float64)),
        ("points 0", torch.zeros(60, 2, dtype=torch.float64)),
        ("points 0", torch.zeros(60, 1, dtype=torch.int64)),
        ("points 0", torch.zeros(0, 1, dtype=torch.float64)),
        ("weights 0", torch.zeros(2, dtype=torch.float64)),
        ("generator", torch.zeros(3, dtype=torch.uint8)),
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, name: str, value: object) -> None:
    kept = tmp_path / "training.safetensors"
    asked = replace(SHORT, steps=60)
    descend(statements.decay(), asked, keep=kept)
    found = checkpoint.load(kept)
    assert found is not None
    arrays, facts = found
    assert "optimiser factor" in arrays
    if isinstance(value, dict):
        facts |= value
    elif isinstance(value, torch.Tensor):
        arrays[name] = value
    else:
        del arrays[name]
    checkpoint.save(kept, arrays, facts)
    with pytest.raises(CheckpointError, match="does not hold what it should"):
        descend(statements.decay(), asked, keep=kept)


def test_a_checkpoint_larger_than_a_training_is_not_read(tmp_path: Path) -> None:
    kept = tmp_path / "training.safetensors"
    with kept.open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(CheckpointError, match="no file of up to"):
        descend(statements.decay(), SHORT, keep=kept)


def test_a_checkpoint_of_another_domain_is_refused(tmp_path: Path) -> None:
    problem, kept = statements.decay(), tmp_path / "training.safetensors"
    descend(problem, SHORT, keep=kept)
    site = problem.sites[0]
    narrow = replace(site, draw=lambda n, seed: Points(0.5 * site.draw(n, seed).values))
    with pytest.raises(CheckpointError, match="other settings"):
        descend(replace(problem, sites=(narrow,)), SHORT, keep=kept)


def test_a_training_that_reached_its_goal_goes_on_for_a_smaller_one(tmp_path: Path) -> None:
    kept = tmp_path / "training.safetensors"
    asked = replace(SHORT, goal=1e-2, steps=2_000)
    first = descend(statements.decay(), asked, keep=kept)
    assert first.why == "the goal is reached"
    again = descend(statements.decay(), replace(asked, goal=1e-5), keep=kept)
    assert again.accepted
    assert again.steps > first.steps


def test_seconds_are_those_of_training_and_not_of_the_last_judgement() -> None:
    problem = statements.decay()

    def slow(theta: torch.Tensor, seed: int) -> Errors:
        assert problem.judge is not None
        until = time.thread_time() + (1.0 if seed >= ACCEPTANCE else 0.0)
        while time.thread_time() < until:
            pass
        return problem.judge(theta, seed)

    asked = replace(SHORT, steps=5)
    descend(problem, asked)
    assert descend(replace(problem, judge=slow), asked).seconds < 0.8


def test_points_to_choose_by_are_never_those_to_accept_by() -> None:
    assert LOOKING + SEEDS <= ACCEPTANCE
    assert ACCEPTANCE + SEEDS <= 900_000
    for seed in (-1, SEEDS):
        with pytest.raises(ValueError, match="expected a seed from 0"):
            replace(SHORT, seed=seed)


def test_float32_on_request() -> None:
    trained = descend(statements.decay(), replace(SHORT, dtype=torch.float32))
    assert trained.theta.dtype == torch.float64
    assert trained.errors is not None
    assert 1e-9 < trained.errors.relative_l2 < 1e-3


def _network(theta: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return propagate(split(theta, statements.SIZES), t[:, None])[:, 0]
