"""A law of fields is learned from what it says, and its module certified by the reference."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import torch

import lawc
from lawc.diagnostics.diagnostic import BuildError
from lawc.distillation.distil import distil
from lawc.lowering.program import Program
from lawc.lowering.statements import state
from lawc.training.checkpoint import CheckpointError
from lawc.training.fields import FieldTeacher, learn, problem_of
from lawc.training.judging import reference_rows
from lawc.training.recipe import Recipe, RecipeError, Train, read_recipe
from lawc.training.settings import Settings
from lawc.training.solved import Solved
from lawc.training.train import train

PLATE = """
law plate@1.0.0
  title   "A square plate that is heated inside"
  status  confirmed
  source  "L. C. Evans, Partial Differential Equations, 2nd ed., AMS 2010, section 2.2"

  symbols
    x, y : place         [mm] -10 .. 10
    u    : field (x, y)  [1]
    L    : half a side   [mm] = 10

  equations
    poisson: -L^2*(∂²u/∂x² + ∂²u/∂y²) = 2*pi^2*sin(pi*x/L)*sin(pi*y/L)

  boundary
    u = 0  at x = -10 [mm]
    u = 0  at x = 10 [mm]
    u = 0  at y = -10 [mm]
    u = 0  at y = 10 [mm]
"""

SHORT = Settings(seconds=60.0, points=200, steps=150)


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "plate.law").write_text(PLATE, encoding="utf-8")
    law = next(law for law in lawc.load(folder).laws.values() if law.name == "plate")
    return lawc.compile(law, "x y -> u")


def test_a_field_is_learned_from_its_equation_alone(plate: Program) -> None:
    teacher = learn(plate, (8, 8), SHORT)
    assert teacher.error < 5e-3
    x = torch.rand(200, dtype=torch.float64) * 0.02 - 0.01
    y = torch.rand(200, dtype=torch.float64) * 0.02 - 0.01
    said = teacher.form({"x": x, "y": y})["u"]
    exact = torch.sin(100 * math.pi * x) * torch.sin(100 * math.pi * y)
    assert float((said - exact).abs().max()) < 1e-2
    edge = teacher.form({"x": torch.full_like(y, 0.01), "y": y})["u"]
    assert float(edge.abs().max()) < 1e-14


def test_a_judge_sees_what_is_wrong(plate: Program) -> None:
    problem = problem_of(plate, state(plate, (4,)))
    assert problem.judge is not None
    zero = torch.zeros(17, dtype=torch.float64)
    errors = problem.judge(zero, 1)
    assert errors.l2["u"] == pytest.approx(1.0)
    given, truth, scales = reference_rows(plate, 1)
    worst = errors.worst_at
    assert errors.largest["u"] == pytest.approx(
        float((truth["u"].abs() / scales["u"]).max()), rel=1e-12
    )
    assert any(worst["x"] == x for x in given["x"].tolist())


def test_one_verb_trains_all_kinds_of_laws_and_a_field_becomes_a_certified_module(
    plate: Program, tmp_path: Path
) -> None:
    recipe = Recipe(
        law="plate",
        signature="x y -> u",
        tolerance=0.02,
        train=Train(seconds=60.0, points=200),
        ladder={"widths": [[8, 8]]},  # type: ignore[arg-type]
    )
    teacher = train(plate, recipe)
    assert isinstance(teacher, FieldTeacher)
    assert teacher.trained.accepted
    student = distil(teacher, recipe)
    assert student.form is teacher.form
    certificate = lawc.certify(student, points=512)
    assert certificate.grade == "C"
    assert teacher.error <= certificate.bound <= 0.02
    module = lawc.freeze(student, certificate, tmp_path / "plate")
    answer = module({"x": torch.tensor([5.0]), "y": torch.tensor([5.0])})
    assert float(answer.value) == pytest.approx(1.0, abs=0.02)
    assert abs(float(answer.value) - 1.0) <= float(answer.error) < 0.05
    with pytest.raises(BuildError, match=r"is off by .* of the scale at x = .*, asked for 1e-09"):
        distil(teacher, recipe, tolerance=1e-9)
    with pytest.raises(BuildError, match=r"plate has no closed form"):
        distil(plate, recipe, target="formula")


def test_a_recipe_says_how_a_field_is_trained_and_a_default_changes_no_key() -> None:
    text = 'law = "plate"\nsignature = "x y -> u"\n[train]\noptimiser = "lbfgs"\npoints = 500\n'
    recipe = read_recipe(text)
    assert recipe.train.optimiser == "lbfgs"
    told = recipe.to_json()["train"]
    assert told["optimiser"] == "lbfgs"
    assert "redraw" not in told
    plain = Recipe(law="plate", signature="x y -> u").to_json()["train"]
    assert set(plain) == {"seconds", "rows", "residual"}
    with pytest.raises(RecipeError, match=r"train\.optimiser"):
        read_recipe(text.replace("lbfgs", "hope"))


def test_a_field_goes_on_from_its_checkpoint(plate: Program, tmp_path: Path) -> None:
    kept = tmp_path / "plate.safetensors"
    whole = learn(plate, (4,), replace(SHORT, steps=60))
    learn(plate, (4,), replace(SHORT, steps=25), keep=kept)
    again = learn(plate, (4,), replace(SHORT, steps=60), keep=kept)
    assert again.trained.steps == whole.trained.steps
    with pytest.raises(CheckpointError, match="other settings"):
        learn(plate, (5,), replace(SHORT, steps=60), keep=kept)


def test_a_network_stands_in_for_least_squares_that_stand_still(
    plate: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(law="plate", signature="x y -> u", tolerance=0.05, train=Train(seconds=100.0))
    teacher = learn(plate, (8, 8), SHORT)
    still = Solved(teacher.form, plate, 0.5, 0.5, 0.5, 10.0, (0, 1, 2, 3), recipe)
    asked: list[float] = []

    def trained(program: Program, mine: Recipe, *rest: object) -> FieldTeacher:
        asked.append(mine.train.seconds)
        return teacher

    module = import_module("lawc.distillation.distil")
    monkeypatch.setattr(module, "solved", lambda *given: still)
    monkeypatch.setattr(module, "by_recipe", trained)
    assert distil(plate, recipe).form is teacher.form
    assert asked == [90.0]
    with pytest.raises(BuildError, match=r"least squares .* off .*; a network in their place: .*"):
        distil(plate, recipe, tolerance=1e-9)
    spent = replace(still, seconds=95.0)
    monkeypatch.setattr(module, "solved", lambda *given: spent)
    with pytest.raises(BuildError, match=r"least squares do not hold 5e-02 .* more seconds"):
        distil(plate, recipe)
    assert len(asked) == 2
