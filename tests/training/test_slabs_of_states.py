"""Courses and waves over long times are handed on with their slopes, slab after slab."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from tests.training.test_slabs_of_time import compiled, hold_alike, marched

import lawc
from lawc.diagnostics.diagnostic import CompileError
from lawc.distillation.distil import distil
from lawc.forms.network import count, initial
from lawc.forms.slabs import Slabs
from lawc.lowering.program import Program
from lawc.lowering.statements import state
from lawc.pipeline.building import Task
from lawc.pipeline.making import prepare
from lawc.training.fields import learn
from lawc.training.recipe import Recipe, read_recipe
from lawc.training.settings import Settings
from lawc.training.train import train

LORENZ = """
law lorenz@1.0.0
  title   "Convection of three modes"
  status  confirmed
  source  "E. N. Lorenz, J. Atmos. Sci. 20 (1963) 130, equations 25 to 27"

  symbols
    t : time            [1]  0 .. 2
    x : turning (t)     [1]
    y : difference (t)  [1]
    z : bending (t)     [1]

  equations
    turning: dx/dt = 10*(y - x)
    difference: dy/dt = x*(28 - z) - y
    bending: dz/dt = x*y - 8/3*z

  initial
    x = 1  at t = 0
    y = 1  at t = 0
    z = 1  at t = 0
"""

PENDULUM = """
law pendulum@1.0.0
  title   "A pendulum of any length"
  status  draft

  symbols
    t : time             [s]      0 .. 6
    u : angle (t)        [1]
    w : at the start     [1/s]    0.1 .. 0.5
    l : length           [m]      0.5 .. 1
    g : acceleration     [m/s^2]  = 9.81

  equations
    motion: d2u/dt2 = -g/l*sin(u)

  initial
    u = 1        at t = 0 [s]
    du/dt = w    at t = 0 [s]
"""

STRING = """
law string@1.0.0
  title   "A string that swings"
  status  draft

  symbols
    t : time                 [1]  0 .. 3
    x : place                [1]  0 .. 1
    u : displacement (x, t)  [1]

  equations
    motion: ∂²u/∂t² = ∂²u/∂x²

  initial
    u = sin(pi*x)             at t = 0
    ∂u/∂t = 2*pi*sin(2*pi*x)  at t = 0

  boundary
    u = 0  at x = 0
    u = 0  at x = 1
"""

OSCILLATOR = """
law oscillator@1.0.0
  title   "An oscillator of any stiffness, mass and factor"
  status  draft

  symbols
    t : time           [s]       0 .. 6
    u : place (t)      [1]
    k : stiffness      [kg/s^2]  1 .. 10 log
    m : mass           [kg]      1 .. 10 log
    p : factor         [1]       1 .. 10 log

  equations
    motion: d2u/dt2 = -k/m*p*sin(u)

  initial
    u = 1            at t = 0 [s]
    du/dt = 0 [1/s]  at t = 0 [s]
"""

QUICK = Settings(seconds=600.0, points=120, steps=2400, goal=1e-9, redraw=200)


@pytest.fixture(scope="module")
def lorenz(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(LORENZ, "t -> x y z", tmp_path_factory.mktemp("lorenz"))


@pytest.fixture(scope="module")
def pendulum(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(PENDULUM, "t w l -> u", tmp_path_factory.mktemp("pendulum"))


@pytest.fixture(scope="module")
def string(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(STRING, "x t -> u", tmp_path_factory.mktemp("string"))


@pytest.mark.parametrize("name", ["lorenz", "pendulum", "string"])
def test_what_a_slab_is_trained_on_is_the_residual_of_all_slabs_together(
    name: str, request: pytest.FixtureRequest
) -> None:
    program = request.getfixturevalue(name)
    hold_alike(program, marched(program, 3))


def test_starts_with_slopes_hold_for_any_weights(pendulum: Program, string: Program) -> None:
    w, length = torch.rand(2, 7, dtype=torch.float64)
    given = {"w": 0.1 + w, "l": 0.5 + length}
    x = torch.linspace(0, 1, 7, dtype=torch.float64)
    for seed in range(3):
        what = marched(pendulum, 4)
        form = what.form(
            list(
                initial((count(what.stated.sizes) - 1, 4), seed).reshape(4, -1)[
                    :, : count(what.stated.sizes)
                ]
            )
        )
        near = [form({**given, "t": torch.full_like(w, k * 1e-5)})["u"] for k in range(3)]
        slope = (-3 * near[0] + 4 * near[1] - near[2]) / 2e-5
        assert torch.equal(near[0], torch.ones_like(w))
        assert torch.allclose(slope, given["w"], atol=1e-6)
        what = marched(string, 2)
        form = what.form([initial(what.stated.sizes, seed + k) for k in range(2)])
        near = [form({"x": x, "t": torch.full_like(x, k * 1e-5)})["u"] for k in range(3)]
        slope = (-3 * near[0] + 4 * near[1] - near[2]) / 2e-5
        assert torch.allclose(near[0], torch.sin(math.pi * x), atol=1e-14)
        assert torch.allclose(slope, 2 * math.pi * torch.sin(2 * math.pi * x), atol=1e-5)


def test_slabs_are_even_in_the_time_that_the_law_counts(pendulum: Program) -> None:
    what = marched(pendulum, 3)
    # Short pendulums swing faster: their slabs are shorter.
    slowest, fastest = what.slabs[0].clock.rates
    assert fastest / slowest == pytest.approx(math.sqrt(2), rel=0.02)
    for slab in what.slabs:
        points = what.problem(slab, [], None).sites[0].draw(200, 3).values
        swings = points[:, 0] * torch.sqrt(9.81 / points[:, 2])
        share = swings / (6 * math.sqrt(9.81 / 0.5))
        assert float(share.min()) > slab.number / 3 - 1e-9
        assert float(share.max()) < (slab.number + 1) / 3 + 1e-9


def test_every_point_lies_in_its_slab_however_fast_its_time_runs(tmp_path: Path) -> None:
    what = marched(compiled(OSCILLATOR, "t k m p -> u", tmp_path), 8)
    # One in five thousand comes as far as the last slab, and some faster than any looked at.
    for slab, wanted in ((what.slabs[6], 2400), (what.slabs[7], 40_000)):
        points = what.problem(slab, [], None).sites[0].draw(wanted, 3)
        assert len(points) == wanted
        given = dict(zip(what.stated.inside.inputs, points.values.unbind(1), strict=True))
        now = slab.reached(given)
        assert float(now.min()) > slab.marks[0] - 1e-9
        assert float(now.max()) < slab.marks[1] + 1e-9


def test_slabs_follow_a_chaotic_course(lorenz: Program, tmp_path: Path) -> None:
    teacher = learn(lorenz, (10,), replace(QUICK, steps=4800, slabs=8))
    assert isinstance(teacher.form, Slabs)

    def rate(_: float, at: np.ndarray) -> list[float]:
        x, y, z = at
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    t = np.linspace(0, 2, 41)
    truth = solve_ivp(rate, (0, 2), [1, 1, 1], method="DOP853", t_eval=t, rtol=1e-11, atol=1e-11).y
    said = teacher.form({"t": torch.from_numpy(t)})
    off = np.stack([said[name].numpy() for name in "xyz"]) - truth
    assert np.abs(off).max() < 2e-3 * np.abs(truth).max()
    recipe = Recipe(law="lorenz", signature="t -> x y z", tolerance=0.01)
    student = distil(teacher, recipe)
    module = lawc.freeze(student, lawc.certify(student, points=64), tmp_path / "lorenz")
    answer = module({"t": torch.tensor([1.5], dtype=torch.float64)}).value.reshape(-1)
    assert answer.tolist() == pytest.approx(truth[:, 30].tolist(), abs=0.1)


def test_slabs_follow_a_string_by_value_and_slope(string: Program) -> None:
    def known(seed: int):  # type: ignore[no-untyped-def]
        generator = torch.Generator().manual_seed(seed)
        x, t = torch.rand(2, 400, generator=generator, dtype=torch.float64)
        t, pi = 3 * t, math.pi
        u = torch.sin(pi * x) * torch.cos(pi * t) + torch.sin(2 * pi * x) * torch.sin(2 * pi * t)
        return {"x": x, "t": t}, {"u": u}, {"u": torch.full_like(u, 2.0)}

    teacher = learn(string, (10, 10), replace(QUICK, points=250, slabs=3), rows=known)
    assert teacher.error < 5e-3


@pytest.mark.parametrize(
    ("text", "signature", "says"),
    [
        (LORENZ, "t -> x", r"slabs of time are made for .*lorenz: .*ask for all states"),
        (
            LORENZ.replace("0 .. 2", "1e-3 .. 2 log").replace("t = 0", "t = 1e-3"),
            "t -> x y z",
            r"not run in decades",
        ),
        (LORENZ.replace("0 .. 2", "-0.1 .. 2"), "t -> x y z", r"its range begins elsewhere"),
        (
            PENDULUM.replace("d2u/dt2 = -g/l*sin(u)", "d3u/dt3 = -1 [1/s^3]*u*l/(1 [m])").replace(
                "du/dt = w    at t = 0 [s]",
                "du/dt = w    at t = 0 [s]\n    d2u/dt2 = 0 [1/s^2]  at t = 0 [s]",
            ),
            "t w l -> u",
            r"u is of order 3 in t, and value and slope are handed on, no more",
        ),
    ],
)
def test_what_cannot_be_cut_says_why(text: str, signature: str, says: str, tmp_path: Path) -> None:
    program = compiled(text, signature, tmp_path)
    with pytest.raises(CompileError, match=says):
        state(program, (4,), march=True)


def test_a_recipe_that_cuts_time_where_nothing_moves_is_refused() -> None:
    law = lawc.library()["physics.mechanics.pendulum-period"]
    program = lawc.compile(law, "L theta -> T")
    assert isinstance(program, Program)
    recipe = read_recipe(
        f'law = "{law.identity}"\nsignature = "L theta -> T"\n[train]\nslabs = 4\n'
    )
    with pytest.raises(CompileError, match=r"nothing in .* moves in time; remove it"):
        train(program, recipe)


def test_a_recipe_may_cut_the_time_of_states(lorenz: Program) -> None:
    text = (
        'law = "lorenz"\nsignature = "t -> x y z"\n[train]\nseconds = 1\nslabs = 4\npoints = 50\n'
    )
    teacher = train(lorenz, read_recipe(text + "[ladder]\nwidths = [[5]]\n"))
    assert isinstance(teacher.form, Slabs)


@pytest.mark.parametrize("slabs", [1, 4])
def test_a_build_draws_rows_only_for_what_is_fitted_to_them(
    lorenz: Program, slabs: int, tmp_path: Path
) -> None:
    text = f'law = "lorenz"\nsignature = "t -> x y z"\n[train]\nslabs = {slabs}\n'
    task = Task("lorenz", read_recipe(text), lorenz.law, tmp_path, "")
    assert (prepare(task, lambda _: None).workshop is None) is (slabs > 1)
