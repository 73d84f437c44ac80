"""Curvature from the Jacobian, generated code for a fit, and what counts as its error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_steps import fit

from lawc.forms.network import initial
from lawc.training import levenberg_marquardt
from lawc.training.broyden import Broyden
from lawc.training.budget import Budget
from lawc.training.curvature import DAMPING, damped_inverse


@given(st.integers(1, 9), st.integers(0, 1000))
def test_a_damped_inverse_undoes_the_damped_matrix(size: int, seed: int) -> None:
    root = np.random.default_rng(seed).normal(size=(size + 2, size))
    matrix = root.T @ root
    found = damped_inverse(np.triu(matrix))
    assert found is not None
    whole = np.triu(found) + np.triu(found, 1).T
    damped = matrix + DAMPING * np.diag(np.diag(matrix))
    assert whole @ damped == pytest.approx(np.eye(size), abs=1e-8)


def test_a_matrix_of_nothing_or_of_no_number_has_no_inverse() -> None:
    assert damped_inverse(np.zeros((3, 3))) is None
    assert damped_inverse(np.full((2, 2), np.nan)) is None


def test_a_parameter_that_does_nothing_does_not_spoil_the_inverse() -> None:
    found = damped_inverse(np.diag([4.0, 0.0]))
    assert found is not None and found[0, 0] == pytest.approx(0.25, rel=2 * DAMPING)


@given(st.integers(2, 8), st.integers(0, 1000))
def test_a_search_that_knows_the_curvature_is_at_the_bottom_of_a_bowl_at_once(
    size: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(size, size))
    bowl, bottom = root @ root.T + 0.1 * np.eye(size), generator.normal(size=size)

    def function(theta: np.ndarray) -> tuple[float, np.ndarray]:
        away = theta - bottom
        return float(away @ bowl @ away) / 2, bowl @ away

    search = Broyden(function, np.zeros(size))
    inverse = np.asarray(np.linalg.inv(bowl), dtype=np.float64)
    search.curvature = lambda theta: inverse
    search.run(Budget(20.0), 3)
    assert search.theta == pytest.approx(bottom, abs=1e-7)


def test_a_curvature_that_leads_upwards_is_dropped_and_the_slope_is_followed() -> None:
    def bowl(theta: np.ndarray) -> tuple[float, np.ndarray]:
        return float(theta @ theta) / 2, theta.copy()

    search = Broyden(bowl, np.array([3.0, -1.0]))
    search.curvature = lambda theta: -np.eye(2)
    search.run(Budget(20.0), 60)
    assert search.theta == pytest.approx([0, 0], abs=1e-6)


def test_what_the_jacobian_tells_beats_a_blind_start_in_as_many_steps() -> None:
    problem = fit(rows=400)
    # What another network says can be learned without a rest.
    said = problem.deviations(initial(problem.sizes, 9)) / problem.weights + problem.values
    problem = replace(problem, values=said)
    start = initial(problem.sizes, 4)
    theta = levenberg_marquardt.minimise(problem, start, Budget(20.0), steps=10).theta
    reached = []
    for curvature in (None, problem.curvature):
        search = Broyden(
            lambda at: _numpy(*problem.cost_and_slope(torch.from_numpy(at))), theta.numpy()
        )
        search.curvature = curvature
        search.run(Budget(20.0), 60)
        reached.append(search.cost)
    assert reached[1] < reached[0]


@pytest.mark.parametrize("rows", [1, 23, 400])
def test_generated_code_says_what_torch_says_of_a_fit(rows: int) -> None:
    problem = fit(rows=rows).join(fit(rows=3, seed=1)).pick(torch.arange(rows + 2))
    if problem.quick is None:
        pytest.skip("there is no compiler here")
    theta = initial(problem.sizes, 2)
    plain = problem.pick(torch.arange(len(problem)))
    plain.__dict__["quick"] = None
    cost, slope = problem.cost_and_slope(theta)
    other, along = plain.cost_and_slope(theta)
    assert cost == pytest.approx(other, rel=1e-12)
    assert torch.allclose(slope, along, rtol=1e-10, atol=1e-14)


def test_the_typical_error_is_no_less_than_the_root_of_the_cost() -> None:
    problem = fit(rows=50)
    theta = initial(problem.sizes, 3)
    cost, outputs = problem.cost_and_slope(theta)[0], problem.values.shape[1]
    assert cost <= problem.typical(theta) ** 2 <= outputs * cost
    assert problem.typical(theta) <= problem.worst(theta)
    assert problem.typical(torch.full_like(theta, np.nan)) == np.inf


def _numpy(cost: float, slope: torch.Tensor) -> tuple[float, np.ndarray]:
    return cost, slope.numpy()
