"""Linear laws of time alone are solved by least squares, and held against their closed forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from test_linear_laws import law

import lawc
from lawc.knowledge.law import Law
from lawc.lowering.fields.flows import as_fields
from lawc.training.recipe import Recipe, Train
from lawc.training.solved import Solved, solved, task_of
from lawc.training.train import Teacher

Columns = Mapping[str, NDArray[np.float64]]

TIME = "t : time [1] 0 .. 3\n"
DECAY = law(
    TIME + "x0 : start [1] 0.5 .. 2\nx : amount (t) [1]",
    "dx/dt = -1.3*x",
    initial="x = x0 at t = 0",
)
OSCILLATOR = law(
    TIME + "x0 : start [1] -1 .. 1\nv0 : speed [1] -1 .. 1\nx : place (t) [1]\nv : motion (t) [1]",
    "motion: d2x/dt2 = -4*x\nspeed: v := dx/dt",
    initial="x = x0 at t = 0\ndx/dt = v0 at t = 0",
)
CHAIN = law(
    TIME + "a : first (t) [1]\nb : second (t) [1]",
    "da/dt = -2*a\ndb/dt = 2*a - b + t",
    initial="a = 1 at t = 0\nb = 0 at t = 0",
)
RATE = law(
    TIME + "k : rate [1] 0.5 .. 1.5\nx : amount (t) [1]",
    "dx/dt = -k*x + 1",
    initial="x = 3 at t = 0",
)
LOGISTIC = law(TIME + "x : amount (t) [1]", "dx/dt = x*(1 - x)", initial="x = 0.1 at t = 0")
BEAM = law(
    "x : place [1] 0 .. 1\nu : height (x) [1]",
    "bending: d⁴u/dx⁴ = 24",
    boundary="u = 0 at x = 0\ndu/dx = 0 at x = 0\nu = 0 at x = 1\ndu/dx = 0 at x = 1",
)


def decay(c: Columns) -> Columns:
    return {"x": c["x0"] * np.exp(-1.3 * c["t"])}


def oscillator(c: Columns) -> Columns:
    phase = 2 * c["t"]
    return {
        "x": c["x0"] * np.cos(phase) + c["v0"] / 2 * np.sin(phase),
        "v": c["v0"] * np.cos(phase) - 2 * c["x0"] * np.sin(phase),
    }


def chain(c: Columns) -> Columns:
    t = c["t"]
    return {"a": np.exp(-2 * t), "b": -2 * np.exp(-2 * t) + 3 * np.exp(-t) + t - 1}


def rate(c: Columns) -> Columns:
    return {"x": 1 / c["k"] + (3 - 1 / c["k"]) * np.exp(-c["k"] * c["t"])}


def recipe(one: Law, signature: str, tolerance: float, seconds: float = 20.0) -> Recipe:
    train = Train(seconds=seconds)
    return Recipe(law=one.identity, signature=signature, tolerance=tolerance, train=train)


@pytest.mark.parametrize(
    ("one", "signature", "truth", "allowed"),
    [
        (DECAY, "t x0 -> x", decay, 1e-11),
        (OSCILLATOR, "t x0 v0 -> x v", oscillator, 1e-11),
        (CHAIN, "t -> a b", chain, 1e-11),
        (RATE, "t k -> x", rate, 1e-7),
    ],
    ids=["decay", "oscillator", "chain", "rate"],
)
def test_the_answer_is_the_closed_form(
    one: Law, signature: str, truth: Callable[[Columns], Columns], allowed: float
) -> None:
    program = lawc.compile(one, signature)
    found = solved(program, recipe(one, signature, 10 * allowed))
    assert found is not None
    columns = program.sample(400, seed=77)
    said = found.form({name: torch.from_numpy(values) for name, values in columns.items()})
    for name, values in truth(columns).items():
        assert np.abs(said[name].numpy() - values).max() <= allowed * np.abs(values).max()


def test_starts_and_drives_are_added_up_not_learned() -> None:
    task = task_of(lawc.compile(OSCILLATOR, "t x0 v0 -> x"))
    assert task is not None
    assert set(task.sources) == {"x0", "v0"}
    assert list(task.scaled) == ["t"]
    assert task.fields == 1


def test_a_boundary_value_problem_of_one_coordinate_is_solved() -> None:
    program = lawc.compile(BEAM, "x -> u")
    task = task_of(program)
    assert task is not None and task.is_linear


def test_what_is_not_linear_or_varies_in_many_ways_is_left_to_training() -> None:
    assert as_fields(lawc.compile(LOGISTIC, "t -> x").plan) is not None
    assert task_of(lawc.compile(LOGISTIC, "t -> x")) is None
    many = law(
        TIME + "k : rate [1] 0.5 .. 1.5\nc : damping [1] 0.1 .. 1\nx : place (t) [1]",
        "d2x/dt2 = -k*x - c*dx/dt",
        initial="x = 1 at t = 0\ndx/dt = 0 at t = 0",
    )
    assert task_of(lawc.compile(many, "t k c -> x")) is None


def test_training_solves_unless_a_network_is_asked_for() -> None:
    program = lawc.compile(DECAY, "t x0 -> x")
    assert isinstance(lawc.train(program, tolerance=1e-6, seconds=10), Solved)
    assert isinstance(lawc.train(program, tolerance=1e-2, seconds=3, widths=(8, 8)), Teacher)
