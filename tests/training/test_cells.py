"""A linear law is solved in cells where one set of functions does not follow it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.lowering.fields.parts import Place
from lawc.lowering.ground import Ground
from lawc.training.budget import Budget
from lawc.training.cells import Grid, divided
from lawc.training.collocation import Task
from lawc.training.expanding import form_of_cells
from lawc.training.frontal import Rows, solve_frontal
from lawc.training.linear_laws import Choice, solution

LAWS = """
law layer@1.0.0
  title   "A substance that is carried against a wall"
  status  draft

  symbols
    x  : place      [1]  0 .. 1
    u  : share (x)  [1]
    e  : spreading  [1] = 0.001

  equations
    balance: -e*∂²u/∂x² + ∂u/∂x = 1

  boundary
    u = 0  at x = 0
    u = 0  at x = 1

law drift@1.0.0
  title   "A wave that is carried round"
  status  draft

  symbols
    t  : time          [1]  0 .. 3
    x  : place         [1]  0 .. 1
    u  : share (x, t)  [1]

  equations
    drift: ∂u/∂t + ∂u/∂x = 0

  initial
    u = sin(2*pi*x)  at t = 0

  boundary
    u periodic in x

law bar@1.0.0
  title   "A plate with a corner cut out"
  status  draft

  symbols
    x, y : place         [1]  -1 .. 1
    u    : share (x, y)  [1]

  region
    cut: without box x = 0 .. 1, y = 0 .. 1

  equations
    balance: ∂²u/∂x² + ∂²u/∂y² = 0

  boundary
    u = x^2 - y^2  at x = -1
    u = x^2 - y^2  at x = 1
    u = x^2 - y^2  at y = -1
    u = x^2 - y^2  at y = 1
    u = x^2 - y^2  on cut
"""


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "cells.law").write_text(LAWS, encoding="utf-8")
    laws = {law.name: law for law in lawc.load(folder).laws.values()}
    asked = {"layer": "x -> u", "drift": "x t -> u", "bar": "x y -> u"}
    return {n: Task(lawc.compile(laws[n], s).plan) for n, s in asked.items()}


def choice(task: Task, reach: float = 3.0) -> Choice:
    return Choice(np.full(len(task.scaled), reach), (), (1.0,) * task.fields)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), cells=st.integers(1, 5), is_shared=st.booleans())
def test_blocks_are_solved_as_one_matrix_would_be(seed: int, cells: int, is_shared: bool) -> None:
    random = np.random.default_rng(seed)
    sizes = {k: int(random.integers(1, 5)) for k in range(cells)}
    if is_shared:
        sizes[-1] = 2
    rows = []
    for k in range(cells):
        for keys in ([k], [k, k + 1] if k + 1 < cells else [k], [k, -1] if is_shared else [k]):
            n = int(random.integers(3, 9))
            blocks = {key: random.standard_normal((n, sizes[key])) for key in keys}
            rows.append(Rows(blocks, random.standard_normal((n, 2))))
    found = solve_frontal(rows, sizes, 2)
    keys = list(sizes)
    whole = np.concatenate(
        [
            np.concatenate(
                [some.blocks.get(k, np.zeros((len(some.right), sizes[k]))) for k in keys], axis=1
            )
            for some in rows
        ]
    )
    right = np.concatenate([some.right for some in rows])
    truth = np.linalg.lstsq(whole, right, rcond=None)[0]
    ours = np.concatenate([found[k] for k in keys])
    assert np.allclose(whole.T @ (whole @ ours - right), 0.0, atol=1e-8)
    if np.linalg.cond(whole) < 1e6:
        assert np.allclose(ours, truth, atol=1e-8)


def test_a_layer_is_followed_by_cells_and_not_by_one_set_of_functions(
    tasks: dict[str, Task],
) -> None:
    task = tasks["layer"]
    x = np.linspace(0, 1, 2001)
    exact = x - (np.exp((x - 1) / 0.001) - np.exp(-1000.0)) / (1 - np.exp(-1000.0))
    *_, best = divided(task, choice(task), 1e-7, Budget(60.0), 0)
    form = form_of_cells(list(best.spaces), list(best.weights), best.cuts)
    ours = form({"x": torch.from_numpy(x)})["u"].numpy()
    assert len(best.spaces) > 1
    assert abs(ours - exact).max() < 1e-7
    alone = solution(task, choice(task, 20.0), 600, 0)
    said = form_of_cells([alone.space], [alone.weights], ((),))({"x": torch.from_numpy(x)})["u"]
    assert abs(said.numpy() - exact).max() > 1e-3


def test_neighbours_agree_and_time_may_be_cut(tasks: dict[str, Task]) -> None:
    task = tasks["drift"]
    axis = list(task.scaled).index("t")
    cuts = tuple((-0.5, 0.0, 0.5) if k == axis else () for k in range(2))
    found = Grid(task, cuts, choice(task), 1).solution(240)
    form = form_of_cells(list(found.spaces), list(found.weights), found.cuts)
    x, t = np.random.default_rng(3).random((2, 400)) * [[1.0], [3.0]]
    said = form({"x": torch.from_numpy(x), "t": torch.from_numpy(t)})["u"].numpy()
    assert abs(said - np.sin(2 * np.pi * (x - t))).max() < 1e-3
    for moment in (0.75, 1.5, 2.25):
        both = [
            form({"x": torch.from_numpy(x), "t": torch.full((400,), moment + step).double()})["u"]
            for step in (-1e-9, 1e-9)
        ]
        assert float((both[0] - both[1]).abs().max()) < 1e-3


def test_cells_in_two_directions_leave_out_what_is_no_region(tasks: dict[str, Task]) -> None:
    task = tasks["bar"]
    found = Grid(task, ((0.0,), (0.0,)), choice(task, 2.0), 0).solution(200)
    form = form_of_cells(list(found.spaces), list(found.weights), found.cuts)
    x, y = np.random.default_rng(3).random((2, 400)) * 2 - 1
    good = ~((x > 0) & (y > 0))
    said = form({"x": torch.from_numpy(x[good]), "y": torch.from_numpy(y[good])})["u"].numpy()
    assert abs(said - (x**2 - y**2)[good]).max() < 1e-5


def test_points_are_drawn_in_a_window(tasks: dict[str, Task]) -> None:
    ground: Ground = tasks["bar"].ground
    found = ground.columns(Place(), 200, np.random.default_rng(0), {"x": (0.5, 0.75)})
    assert found["x"].min() >= 0.0
    assert found["x"].max() <= 0.5
    assert found["y"].max() <= 0.0 + 1e-6
    rim = ground.columns(Place(rim="cut"), 200, np.random.default_rng(0), {"x": (0.5, 0.75)})
    assert rim["x"].max() <= 0.5 + 1e-9
