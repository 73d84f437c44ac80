"""A certificate bounds every error that can be found, and a planted fault shows in it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from lawc.certificate.certify import SEEDS, certify
from lawc.certificate.measuring import against_solver, answers
from lawc.diagnostics.diagnostic import BuildError
from lawc.distillation.distil import distil
from lawc.forms.formula import Formula
from lawc.forms.tape import Step, Tape
from lawc.forms.torch_table import evaluate
from lawc.lowering.program import Program, compile_law
from lawc.lowering.sampler import to_si
from lawc.pipeline.checking import check_text, read_library
from lawc.pipeline.making import demand
from lawc.training.recipe import Ladder, Recipe, Train


@pytest.fixture(scope="module")
def pendulum() -> Program:
    return compile_law(read_library().law("pendulum-period"), "L theta -> T")


@pytest.fixture(scope="module")
def decay() -> Program:
    return compile_law(read_library().law("first-order-decay"), "t k c0 -> c")


def test_a_formula_is_grade_a_and_its_bound_is_rounding(pendulum: Program) -> None:
    certificate = certify(distil(pendulum).form, pendulum)
    assert certificate.grade == "A"
    assert certificate.worst <= certificate.bound < 1e-12
    assert sum(certificate.points.values()) > 500


def test_the_error_that_is_stated_holds_at_points_that_nobody_tried(pendulum: Program) -> None:
    form = distil(pendulum).form
    certificate = certify(form, pendulum)
    columns = dict(pendulum.sample(500, seed=77, what="iid"))
    si = {n: torch.as_tensor(v) for n, v in to_si(pendulum.inputs, columns).items()}
    said = {n: torch.as_tensor(v) for n, v in answers(form, pendulum, columns).items()}
    bounds = evaluate(certificate.error, {**si, **said})
    found = against_solver(form, pendulum, columns)
    assert (found.error["T"] <= bounds["T"].numpy() + 1e-15 * np.abs(said["T"].numpy())).all()


def test_a_small_network_is_grade_c_and_its_bound_covers_fresh_points(decay: Program) -> None:
    recipe = Recipe(
        law=decay.law.identity,
        signature=str(decay.signature),
        tolerance=0.05,
        train=Train(seconds=20, rows=2000),
        ladder=Ladder(widths=((6,), (8, 8))),
    )
    student = distil(decay, recipe, target="network")
    certificate = certify(student.form, decay, trained_on=student.seeds, points=1000)
    assert certificate.grade == "C"
    assert not set(student.seeds) & set(certificate.seeds.values())
    fresh = against_solver(student.form, decay, dict(decay.sample(1000, seed=78, what="iid")))
    assert float(np.max(fresh.shares)) <= certificate.bound
    assert 0 < certificate.exceedance < 0.02


BALANCE = """\
law balance@1.0.0
  title   "A force and what it displaces, in both directions"
  status  draft

  symbols
    f : force         [1]   0 .. 3
    y : displacement  [mm]  -2 .. 2

  equations
    balance: value(y, [mm])^3 + value(y, [mm]) + sinh(value(y, [mm])) = f - 1.5
"""


def test_the_error_of_a_value_that_changes_its_sign_holds_where_it_is_nothing() -> None:
    program = compile_law(check_text("tests.law", BALANCE).law("tests.balance"), "f -> y")
    recipe = Recipe(
        law=program.law.identity, signature="f -> y", tolerance=1e-2, train=Train(seconds=20)
    )
    student = distil(program, recipe)
    certificate = certify(student.form, program)
    assert certificate.measure == "largest value over the domain"
    away = np.concatenate([np.linspace(-1.5, 1.5, 999), np.geomspace(1e-12, 1, 99)])
    columns = {"f": 1.5 + away}
    si = {n: torch.as_tensor(v) for n, v in to_si(program.inputs, columns).items()}
    said = {n: torch.as_tensor(v) for n, v in answers(student.form, program, columns).items()}
    stated = evaluate(certificate.error, {**si, **said})["y"].numpy()
    found = against_solver(student.form, program, columns)
    assert (found.error["y"] <= stated).all()
    assert found.shares.max() <= certificate.bound


def test_training_on_the_points_of_the_certificate_is_refused(pendulum: Program) -> None:
    with pytest.raises(BuildError, match="training saw the points"):
        certify(distil(pendulum).form, pendulum, trained_on=[SEEDS["iid"]])


@pytest.mark.parametrize("factor", [1.001, 1 + 1e-5, float("nan")])
def test_a_formula_that_is_not_the_laws_is_refused_with_the_figure(
    decay: Program, factor: float
) -> None:
    form = distil(decay).form
    assert isinstance(form, Formula)
    name, register = form.tape.outputs[0]
    size = len(form.tape.inputs) + len(form.tape.steps)
    steps = (*form.tape.steps, Step("constant", (), factor), Step("multiply", (register, size)))
    wrong = Formula(Tape(form.tape.inputs, steps, ((name, size + 1),)))
    with pytest.raises(BuildError, match="is not that of"):
        certify(wrong, decay)


def test_a_bound_above_the_tolerance_is_refused_with_both_figures(decay: Program) -> None:
    certificate = dataclasses.replace(certify(distil(decay).form, decay), bound=2e-3)
    with pytest.raises(BuildError, match=r"bound 2\.00e-03 .* asked for 1e-06"):
        demand(certificate, 1e-6, "chemistry/decay")
