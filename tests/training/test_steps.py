"""Derivatives of networks are exact, and the minimisers keep no step that does not help."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lawc.forms.network import count, initial, propagate, raw, split
from lawc.forms.tape import Step, Tape
from lawc.forms.torch_table import evaluate
from lawc.training import levenberg_marquardt
from lawc.training.broyden import Broyden
from lawc.training.budget import Budget
from lawc.training.fitting import CHUNK, Fit
from lawc.training.jacobian import gradient, jacobian, signals
from lawc.training.readout import Readout

AFTER = Tape(
    ("x", raw(1), raw(2)),
    (
        Step("exp", (0,)),
        Step("multiply", (1, 3)),
        Step("constant", (), 0.5),
        Step("subtract", (2, 5)),
        Step("sin", (6,)),
        Step("multiply", (4, 7)),
    ),
    (("u", 8), ("v", 7), ("still", 3)),
)


def fit(rows: int = 40, sizes: tuple[int, ...] = (2, 6, 5, 2), seed: int = 0) -> Fit:
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    readout = Readout(AFTER, {"x": random(rows)}, 2)
    return Fit(sizes, 2 * random(rows, 2) - 1, readout, random(rows, 3), random(rows, 3) + 0.5)


def long() -> Budget:
    return Budget(60.0)


@pytest.mark.parametrize("sizes", [(2, 1), (2, 4, 1), (3, 5, 4, 2)])
def test_the_jacobian_agrees_with_autograd(sizes: tuple[int, ...]) -> None:
    theta, n = initial(sizes, 2), 9
    coordinates, weights = torch.rand(n, sizes[0]).double(), torch.rand(n, sizes[-1]).double()
    layers = split(theta, sizes)
    ours = jacobian(layers, signals(layers, coordinates), weights)

    def weighted(t: torch.Tensor) -> torch.Tensor:
        return (propagate(split(t, sizes), coordinates) * weights).sum(1)

    theirs = torch.func.jacrev(weighted)(theta)
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    summed = gradient(layers, signals(layers, coordinates), weights)
    assert torch.allclose(summed, theirs.sum(0), rtol=1e-12, atol=1e-13)


def test_slopes_of_a_fit_agree_with_autograd_through_the_whole_tape() -> None:
    problem = fit()
    theta = initial(problem.sizes, 1)

    def residuals(t: torch.Tensor) -> torch.Tensor:
        said = propagate(split(t, problem.sizes), problem.coordinates)
        return (problem.readout(said) - problem.values) * problem.weights

    whole = torch.func.jacrev(residuals)(theta).reshape(-1, len(theta))
    flat = residuals(theta).reshape(-1)
    matrix, slope = problem.normal(theta)
    assert np.allclose(np.triu(matrix), np.triu((whole.T @ whole).numpy()), rtol=1e-10, atol=1e-12)
    assert np.allclose(slope, (whole.T @ flat).numpy(), rtol=1e-10, atol=1e-12)
    cost, down = problem.cost_and_slope(theta)
    assert cost == pytest.approx(float(flat.square().mean()))
    assert torch.allclose(down, 2 * whole.T @ flat / len(flat), rtol=1e-10, atol=1e-13)


def test_chunks_add_up_to_the_whole() -> None:
    problem = fit(rows=2 * CHUNK + 7)
    theta = initial(problem.sizes, 1)
    matrix, slope = problem.normal(theta)
    rows, residual = problem.rows(theta)
    assert np.allclose(np.triu(matrix), np.triu((rows.T @ rows).numpy()), rtol=1e-10)
    assert np.allclose(slope, (rows.T @ residual).numpy(), rtol=1e-9, atol=1e-10)


def test_splitting_a_tape_changes_no_answer_and_picking_rows_is_picking_answers() -> None:
    x, said = torch.rand(8).double(), torch.rand(8, 2).double()
    readout = Readout(AFTER, {"x": x}, 2)
    found = evaluate(AFTER, {"x": x, raw(1): said[:, 0], raw(2): said[:, 1]})
    whole = torch.stack([found[name] for name in ("u", "v", "still")], dim=1)
    assert torch.equal(readout(said), whole)
    chosen = torch.tensor([5, 2])
    assert torch.equal(readout.pick(chosen)(said[chosen]), whole[chosen])
    assert torch.equal(readout(said[3:6], slice(3, 6)), whole[3:6])


def test_every_kept_step_lowers_the_cost() -> None:
    problem, costs = fit(rows=400), []
    theta = initial(problem.sizes, 4)
    start = problem.cost(theta)

    def note(number: int, reached: torch.Tensor, cost: float) -> bool:
        assert cost == pytest.approx(problem.cost(reached))
        costs.append(cost)
        return False

    end = levenberg_marquardt.minimise(problem, theta, long(), steps=30, after_step=note)
    assert all(b < a for a, b in zip([start, *costs], costs, strict=False))
    assert end.cost == min(costs) < 0.8 * start


class Line:
    """A straight line through points, with an optional column that says nothing."""

    def __init__(self, dead: bool) -> None:
        x = torch.linspace(0, 1, 20, dtype=torch.float64)
        self.matrix = torch.stack([torch.ones_like(x), x] + [0 * x] * dead, dim=1)
        self.target = 3 - 2 * x

    def cost(self, theta: torch.Tensor) -> float:
        return float((self.matrix @ theta - self.target).square().sum())

    def rows(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.matrix, self.matrix @ theta - self.target

    def normal(self, theta: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        matrix, residual = self.rows(theta)
        return (matrix.T @ matrix).numpy(), (matrix.T @ residual).numpy()


@pytest.mark.parametrize("dead", [False, True])
def test_a_linear_problem_is_solved_even_with_a_parameter_that_does_nothing(dead: bool) -> None:
    start = torch.zeros(2 + dead, dtype=torch.float64)
    end = levenberg_marquardt.minimise(Line(dead), start, long(), steps=40)
    assert end.theta[:2].tolist() == pytest.approx([3, -2], abs=1e-8)


def test_a_spent_budget_ends_a_minimisation_at_once() -> None:
    problem = fit(rows=400)
    theta = initial(problem.sizes, 4)
    end = levenberg_marquardt.minimise(problem, theta, Budget(0.0))
    assert end.steps == 0 and torch.equal(end.theta, theta)


@given(st.integers(2, 8), st.integers(0, 1000))
def test_broyden_finds_the_bottom_of_any_bowl(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(size, size))
    bowl, bottom = root @ root.T + 0.1 * np.eye(size), generator.normal(size=size)

    def function(theta: np.ndarray) -> tuple[float, np.ndarray]:
        away = theta - bottom
        return float(away @ bowl @ away) / 2, bowl @ away

    search = Broyden(function, np.zeros(size))
    search.run(Budget(20.0), 200)
    assert search.theta == pytest.approx(bottom, abs=1e-4)


def test_broyden_walks_a_curved_valley_and_never_upwards() -> None:
    def valley(theta: np.ndarray) -> tuple[float, np.ndarray]:
        x, y = theta
        value = (1 - x) ** 2 + 100 * (y - x * x) ** 2
        return value, np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    costs: list[float] = []
    search = Broyden(valley, np.array([-1.2, 1.0]))
    search.run(Budget(20.0), 200, lambda number: costs.append(search.cost) or False)
    assert search.theta == pytest.approx([1, 1], abs=1e-6)
    assert all(b <= a for a, b in pairwise(costs))


def test_a_function_of_no_value_ends_the_search_where_it_is() -> None:
    search = Broyden(lambda theta: (np.inf, np.zeros_like(theta)), np.ones(3))
    assert search.run(Budget(5.0), 10) == 0


def test_weights_count_what_layers_hold() -> None:
    assert count((3, 20, 20, 20, 1)) == 941


def test_the_typical_error_is_that_of_the_worst_output() -> None:
    """A mean over outputs would let one that is wrong hide behind those that are right."""
    problem = fit()
    theta = initial(problem.sizes, 3)
    off = problem.deviations(theta).square().mean(0).sqrt()
    assert problem.typical(theta) == pytest.approx(float(off.max()))
    assert problem.typical(theta) > 1.01 * float(off.square().mean().sqrt())
