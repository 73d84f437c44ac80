"""Fields that the reference found are put into cells, and held against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_linear_laws import law

import lawc
from lawc.lowering.program import Program
from lawc.training import from_reference
from lawc.training.budget import Budget
from lawc.training.collocation import Task
from lawc.training.expanding import form_of_cells
from lawc.training.from_reference import copied, is_copied
from lawc.training.recipe import Recipe, Train
from lawc.training.solved import solved

# exp(x)*cos(y) has no Laplacian, so it solves this law, whose square keeps it from being linear.
BENT = law(
    """
    x, y : place        [1] -1 .. 1
    u    : field (x, y) [1]
    w    : slope (x, y) [1]
    """,
    """
    bent: ∂²u/∂x² + ∂²u/∂y² = u^2 - (exp(x)*cos(y))^2
    slope: w := ∂u/∂x
    """,
    region="cut: without box x = 0.5 .. 1, y = 0 .. 1",
    boundary="""
    u = exp(x)*cos(y) at x = -1
    u = exp(x)*cos(y) at x = 1
    u = exp(x)*cos(y) at y = -1
    u = exp(x)*cos(y) at y = 1
    u = exp(x)*cos(y) on cut
    """,
)


@pytest.fixture(scope="module")
def bent() -> Program:
    return lawc.compile(BENT, "x y -> u")


@pytest.fixture(scope="module")
def cells(bent: Program) -> from_reference.Divided:
    return copied(bent, Task(bent.plan), 5e-5, Budget(8.0), 0)


def outside_the_cut(n: int) -> dict[str, np.ndarray]:
    x, y = np.random.default_rng(5).uniform(-1, 1, (2, n))
    good = (x < 0.5) | (y < 0)
    return {"x": x[good], "y": y[good]}


def test_a_copy_is_as_close_to_the_closed_form_as_was_asked(
    cells: from_reference.Divided,
) -> None:
    at = outside_the_cut(3_000)
    exact = np.exp(at["x"]) * np.cos(at["y"])
    form = form_of_cells(list(cells.spaces), list(cells.weights), cells.cuts)
    ours = form({name: torch.from_numpy(values) for name, values in at.items()})["u"].numpy()
    assert np.linalg.norm(ours - exact) < 3 * 5e-5 * np.linalg.norm(exact)
    assert np.abs(ours - exact).max() < 1e-3


def test_regions_are_cut_along_the_faces_of_their_boxes(cells: from_reference.Divided) -> None:
    assert 0.5 in cells.cuts[0]
    assert 0.0 in cells.cuts[1]


@settings(max_examples=20, deadline=None)
@given(y=st.floats(-0.99, 0.99))
def test_neighbours_agree_in_values_and_slopes(cells: from_reference.Divided, y: float) -> None:
    form = form_of_cells(list(cells.spaces), list(cells.weights), cells.cuts)
    step = 1e-4
    for cut in cells.cuts[0]:
        if cut >= 0.5 and y >= 0:
            continue
        x = torch.tensor([cut - 2 * step, cut - step, cut + step, cut + 2 * step]).double()
        u = form({"x": x, "y": torch.full_like(x, y)})["u"]
        size = float(np.exp(cut))
        # Across the cut the value goes on as on its sides.
        assert abs(float(u[2] - u[1]) - 2 * step * np.exp(cut) * np.cos(y)) < 1e-3 * size
        assert abs(float((u[3] - u[2]) - (u[1] - u[0])) / step) < 1e-2 * size


def test_only_fields_at_rest_over_places_are_copied(bent: Program) -> None:
    assert is_copied(Task(bent.plan))
    sloping = lawc.compile(BENT, "x y -> w")
    assert not is_copied(Task(sloping.plan))


CAVITY = """
law cavity@1.0.0
  title   "Flow in a box whose lid is drawn along"
  status  draft
  coordinates x, y

  symbols
    x, y : place            [1]  0 .. 1
    v    : velocity (x, y)  [1] vector2
    p    : pressure (x, y)  [1]

  equations
    motion: (v·∇)v = -∇p + 0.01*∇²v
    continuity: ∇·v = 0

  boundary
    v = vector(0, 0)            at x = 0
    v = vector(0, 0)            at x = 1
    v = vector(0, 0)            at y = 0
    v = vector(4*x*(1 - x), 0)  at y = 1
    p = 0                       at x = 0, y = 0
"""


def test_a_flow_that_newtons_method_misses_is_copied_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Newton's method makes one step, and cells are content with 2e-3, so that the test is short.
    monkeypatch.setattr("lawc.training.solved._SHARE", 0.0)
    monkeypatch.setattr("lawc.training.solved.SMALL", 20.0)
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "cavity.law").write_text(CAVITY, encoding="utf-8")
    flow = next(law for law in lawc.load(folder).laws.values() if law.name == "cavity")
    program = lawc.compile(flow, "x y -> v[x] v[y]")
    recipe = Recipe(
        law="tested", signature="x y -> v[x] v[y]", tolerance=1e-4, train=Train(seconds=30)
    )
    found = solved(program, recipe)
    assert found is not None
    assert found.copied
    assert "the reference's values" in found.facts["form"]
    assert found.typical < 5e-3
    # What goes through any section comes back through it.
    y = torch.linspace(0, 1, 2_001).double()
    for x in (0.2, 0.5, 0.8):
        said = found.form({"x": torch.full_like(y, x), "y": y})["v[x]"]
        assert abs(float(torch.trapezoid(said, y))) < 4e-3
