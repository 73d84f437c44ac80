"""Every optimiser lowers a cost, keeps no failed step, and goes on from its state bit for bit."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.training import statements

from lawc.backends.choosing import choose
from lawc.backends.statement import Objective
from lawc.forms.network import initial
from lawc.training.broyden import Broyden, _family
from lawc.training.budget import Budget
from lawc.training.optimiser import Array
from lawc.training.problem import blocks_of
from lawc.training.settings import OPTIMISERS


def objective(points: int = 40, seed: int = 1) -> Objective:
    site = statements.decay().sites[0]
    return choose(blocks_of([site], [site.draw(points, seed)], [(1.0,)]))


def start() -> Array:
    return initial(statements.SIZES, 3).numpy()


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_an_optimiser_lowers_the_cost_of_an_objective(name: str) -> None:
    problem = objective(30)
    first = problem.cost_and_slope(torch.from_numpy(start()))[0]
    search = OPTIMISERS[name](problem, start())
    assert search.cost == pytest.approx(first)
    search.run(Budget(60.0), 40)
    assert search.cost < (0.9 if name == "adam" else 1e-2) * first
    assert search.cost == pytest.approx(
        problem.cost_and_slope(torch.from_numpy(search.theta))[0], rel=1e-9
    )


@pytest.mark.parametrize("name", sorted(set(OPTIMISERS) - {"adam"}))
def test_no_step_that_raises_the_cost_is_kept(name: str) -> None:
    search = OPTIMISERS[name](objective(30), start())
    costs = [search.cost]
    search.run(Budget(60.0), 25, lambda _: costs.append(search.cost) is not None)
    assert all(after < before for before, after in pairwise(costs))


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_a_state_that_was_put_away_leads_to_the_same_bits(name: str) -> None:
    problem, other = objective(30), objective(30, seed=2)
    whole = OPTIMISERS[name](problem, start())
    whole.run(Budget(60.0), 12)
    state = {key: value.copy() for key, value in whole.state().items()}
    whole.run(Budget(60.0), 9)
    whole.replace(other)
    whole.run(Budget(60.0), 5)

    again = OPTIMISERS[name](problem, start())
    again.restore(state)
    again.run(Budget(60.0), 9)
    again.replace(other)
    again.run(Budget(60.0), 5)
    assert np.array_equal(whole.theta, again.theta)
    assert whole.cost == again.cost


def test_the_two_damped_methods_agree_where_damping_treats_all_weights_alike() -> None:
    """By the identity (JᵀJ + λI)⁻¹Jᵀ = Jᵀ(JJᵀ + λI)⁻¹."""
    problem = objective(30)
    search = OPTIMISERS["gauss_newton"](problem, start())
    slope = search._linearise()  # type: ignore[attr-defined]
    change, kept = search._solve(1e-3)  # type: ignore[attr-defined]
    jacobian = problem.jacobian(torch.from_numpy(start())).numpy()
    added = 1e-3 * (jacobian @ jacobian.T).diagonal().max()
    matrix = jacobian.T @ jacobian + added * np.eye(len(change))
    assert np.allclose(change, np.linalg.solve(matrix, -slope), rtol=1e-6, atol=1e-9)
    assert kept == pytest.approx(added * change @ change)


@given(seed=st.integers(0, 10_000), size=st.integers(2, 12))
def test_a_broyden_update_satisfies_the_secant_equation_and_stays_positive(
    seed: int, size: int
) -> None:
    """Held against the update as published, written with whole matrices."""
    random = np.random.default_rng(seed)
    root = random.standard_normal((size, size))
    curved = root @ root.T / size + 0.1 * np.eye(size)

    def function(theta: Array) -> tuple[float, Array]:
        slope = curved @ theta + theta**3
        return float(0.5 * theta @ curved @ theta + 0.25 * (theta**4).sum()), slope

    search = Broyden(function, random.standard_normal(size))
    inverse: np.ndarray | None = None
    for _ in range(4):
        theta, slope = search.theta.copy(), search._slope.copy()
        if search._matrix is None:
            inverse = None
        if not search._step() or search._matrix is None:
            return
        step, turn = search.theta - theta, search._slope - slope
        along = turn @ step
        if inverse is None:
            inverse = np.eye(size) * (along / (turn @ turn))
            length = np.linalg.norm(step) / 0.1
        else:
            direction = -inverse @ slope
            length = (step @ direction) / (direction @ direction)
        mapped = inverse @ turn
        through = turn @ mapped
        b = float(-length * (slope @ step) / along)
        scale, share = _family(float(through / along), b, size)
        vector = step / along - mapped / through
        inverse = (
            inverse
            - np.outer(mapped, mapped) / through
            + share * through * np.outer(vector, vector)
        ) / scale + np.outer(step, step) / along
        upper = np.triu(search._factor * search._matrix)
        ours = upper + np.triu(upper, 1).T
        size_of = np.abs(inverse).max()
        assert np.allclose(ours, inverse, rtol=1e-6, atol=1e-8 * size_of)
        assert np.allclose(ours @ turn, step, rtol=1e-6, atol=1e-8 * np.abs(step).max())
        assert np.linalg.eigvalsh(ours).min() > -1e-10 * size_of


def test_an_update_between_curvatures_far_apart_has_a_scale_and_a_share() -> None:
    # As a training has met them.
    scale, share = _family(4.638085254880783e26, 1.0011831165482572, 21)
    assert 0 < scale <= 1
    assert math.isfinite(share)


@pytest.mark.parametrize("length", [1e-200, 1.0, 1e16, 1e200])
def test_curvatures_without_a_number_end_no_training(length: float) -> None:
    search = Broyden(lambda theta: (float(theta @ theta), 2 * theta), start())
    search._slope = np.ones_like(search.theta)
    search._matrix, search._factor = np.asfortranarray(np.eye(len(search.theta))), 1.0
    change = -search._slope
    search._learn(change, search._slope + change, length)
    assert search._matrix is None or np.isfinite(search._matrix).all()


def test_an_optimiser_whose_cost_is_no_number_says_so() -> None:
    search = Broyden(lambda theta: (float("inf"), np.zeros_like(theta)), start())
    assert search.run(Budget(60.0), 5) == 0
    assert search.why == "the cost is no number"
