"""A course that one network does not follow is given slabs of time by itself, and no other is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from tests.training.test_slabs_of_states import LORENZ, PENDULUM, STRING
from tests.training.test_slabs_of_time import WAVES, compiled, marched

import lawc
from lawc.diagnostics.diagnostic import BuildError, DomainError
from lawc.distillation.distil import distil
from lawc.forms.slabs import Slabs
from lawc.lowering.program import Program
from lawc.lowering.statements import state
from lawc.training import courses, fields, marching
from lawc.training import train as training
from lawc.training.budget import Budget
from lawc.training.checkpoint import CheckpointError, load
from lawc.training.courses import FAR, Watch
from lawc.training.fields import FieldTeacher
from lawc.training.leaving import foreseen
from lawc.training.paces import MOST_OF_COURSES, slabs_for, sweeps
from lawc.training.recipe import read_recipe

SWING = """
law swing@1.0.0
  title   "A swing of one pace"
  status  draft

  symbols
    t : time           [s]    0 .. 40
    u : place (t)      [1]
    w : pace           [1/s]  1 .. 2

  equations
    motion: d2u/dt2 = -w^2*u

  initial
    u = 1            at t = 0 [s]
    du/dt = 0 [1/s]  at t = 0 [s]
"""

TEXT = """
law = "lorenz"
signature = "t -> x y z"
tolerance = 0.02
[train]
seconds = 60
rows = 2000
points = 120
[ladder]
widths = [[10]]
"""


@pytest.fixture(scope="module")
def lorenz(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(LORENZ, "t -> x y z", tmp_path_factory.mktemp("lorenz"))


class Spent(Budget):
    """A budget of which a share is spent, whatever the clock says."""

    def __init__(self, share: float) -> None:
        super().__init__(1.0)
        self.share = share

    @property
    def fraction(self) -> float:
        return self.share


@given(
    power=st.floats(0.0, 8.0),
    size=st.floats(1e-6, 1e3),
    share=st.floats(0.2, 1.0),
    looks=st.integers(1, 20),
)
def test_a_fall_by_a_power_of_time_is_foreseen(
    power: float, size: float, share: float, looks: int
) -> None:
    seen = [(k / (2 * looks), size * (k / (2 * looks)) ** -power) for k in range(1, 2 * looks + 1)]
    assert foreseen(seen, share) == pytest.approx(size * (1 / share) ** -power, rel=1e-9)


def test_what_was_no_number_yet_foresees_nothing() -> None:
    assert foreseen([], 0.5) == math.inf
    assert foreseen([(1.0, math.inf)], 0.5) == math.inf
    assert foreseen([(1.0, 0.0), (2.0, 0.0)], 0.5) == 0.0


@pytest.mark.parametrize("end", [20.0, 40.0, 160.0])
def test_slabs_of_a_course_are_the_sweeps_that_it_makes(end: float, tmp_path: Path) -> None:
    swing = compiled(SWING.replace("0 .. 40", f"0 .. {end}"), "t w -> u", tmp_path)
    # The fastest has the most: half its period is π/2.
    most = 2 * end / math.pi
    assert sweeps(swing) == pytest.approx(most, rel=0.1)
    stated = state(swing, (4,), march=True)
    assert slabs_for(swing, stated) == min(round(sweeps(swing)), MOST_OF_COURSES)


def test_a_string_of_ten_periods_has_a_slab_for_each_sweep(tmp_path: Path) -> None:
    text = STRING.replace("0 .. 3", "0 .. 20")
    string = compiled(text, "x t -> u", tmp_path)
    assert slabs_for(string, state(string, (4,), march=True)) in (20, 21, 22)


def test_a_course_that_hardly_moves_is_not_cut(tmp_path: Path) -> None:
    swing = compiled(SWING.replace("0 .. 40", "0 .. 0.5"), "t w -> u", tmp_path)
    assert slabs_for(swing, state(swing, (4,), march=True)) is None


@pytest.mark.parametrize(
    ("text", "signature", "freely"),
    [
        (LORENZ, "t -> x y z", True),
        (PENDULUM, "t w l -> u", True),
        (STRING, "x t -> u", True),
        (WAVES, "x t -> u v", False),
    ],
)
def test_early_slabs_are_learned_further_where_nothing_damps_an_error(
    text: str, signature: str, freely: bool, tmp_path: Path
) -> None:
    what = marched(compiled(text, signature, tmp_path), 3)
    assert what.grows == (marching.GROWS_FREELY if freely else marching.GROWS)


def test_only_what_stays_far_from_the_tolerance_is_left(lorenz: Program) -> None:
    recipe = read_recipe(TEXT)
    slow = [(k / 8, 0.9) for k in range(1, 9)]

    def leaves(seen: list[tuple[float, float]], whole: float, own: float = 0.5) -> bool:
        return Watch(lorenz, recipe, Spent(whole), 0)(seen, own)

    assert leaves(slow, 0.5)
    assert not leaves(slow, 0.3) and not leaves(slow, 0.9)
    assert not leaves(slow, 0.5, own=0.1)
    near = [(seconds, 0.9 * FAR * recipe.tolerance) for seconds, _ in slow]
    assert not leaves(near, 0.5)
    quick = [(seconds, 0.9 * 10.0 ** (-8 * seconds)) for seconds, _ in slow]
    assert not leaves(quick, 0.5)


@pytest.mark.parametrize("more", ["slabs = 1", 'optimiser = "lbfgs"'])
def test_who_says_how_is_not_overruled(lorenz: Program, more: str) -> None:
    recipe = read_recipe(TEXT.replace("points", f"{more}\npoints"))
    assert not Watch(lorenz, recipe, Spent(0.5), 0)([(0.5, 0.9), (1.0, 0.9)], 0.5)


def test_a_course_that_cannot_be_cut_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = compiled(LORENZ, "t -> x", tmp_path)
    asked: list[Program] = []

    def counted(program: Program, *rest: object) -> object:
        asked.append(program)
        return fields.cut(program, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(courses, "cut", counted)
    watch = Watch(alone, read_recipe(TEXT), Spent(0.5), 0)
    for _ in range(3):
        assert not watch([(0.5, 0.9), (1.0, 0.9)], 0.5)
    assert asked == [alone]


def test_a_lone_course_has_slabs_of_middling_networks(lorenz: Program, tmp_path: Path) -> None:
    ladder = "widths = [[20, 20], [4], [9, 9]]"
    recipe = read_recipe(TEXT.replace("widths = [[10]]", ladder))
    assert Watch(lorenz, recipe, Spent(0.5), 0).widths == (9, 9)
    family = compiled(PENDULUM, "t w l -> u", tmp_path)
    assert Watch(family, recipe, Spent(0.5), 0).widths == (20, 20)


def test_a_course_without_a_judge_is_not_left(
    lorenz: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(program: Program, seed: int) -> None:
        raise DomainError("the reference has no answer")

    monkeypatch.setattr(courses, "reference_rows", none)
    watch = Watch(lorenz, read_recipe(TEXT), Spent(0.5), 0)
    assert not watch([(0.5, 0.9), (1.0, 0.9)], 0.5)


def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one network as soon as it has been looked at."""
    monkeypatch.setattr(courses, "LEAVING", (0.0, 1.0))
    monkeypatch.setattr(courses, "_SEEN", 0.0)
    monkeypatch.setattr(courses, "FAR", 0.0)


def test_a_build_gives_slabs_to_a_course_that_was_left(
    lorenz: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early(monkeypatch)
    student = distil(lorenz, read_recipe(TEXT))
    assert isinstance(student.form, Slabs)
    assert [rung.holds for rung in student.ladder] == [False, True]

    def rate(_: float, at: np.ndarray) -> list[float]:
        x, y, z = at
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    t = np.linspace(0, 2, 41)
    truth = solve_ivp(rate, (0, 2), [1, 1, 1], method="DOP853", t_eval=t, rtol=1e-11, atol=1e-11).y
    said = student.form({"t": torch.from_numpy(t)})
    off = np.stack([said[name].numpy() for name in "xyz"]) - truth
    assert np.abs(off).max() < 0.02 * np.abs(truth).max()
    certificate = lawc.certify(student, points=64)
    assert student.error <= certificate.bound <= 0.02
    module = lawc.freeze(student, certificate, tmp_path / "lorenz")
    answer = module({"t": torch.tensor([1.5], dtype=torch.float64)}).value.reshape(-1)
    assert answer.tolist() == pytest.approx(truth[:, 30].tolist(), abs=0.5)


def test_a_build_that_was_killed_in_its_slabs_goes_on_with_them(
    lorenz: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early(monkeypatch)
    recipe, kept = read_recipe(TEXT), tmp_path / "lorenz.safetensors"
    calls = 0

    def killed(*given: object, real=marching.descend):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(marching, "descend", killed)
        with pytest.raises(KeyboardInterrupt):
            distil(lorenz, recipe, keep=kept)
    finished = load(tmp_path / "lorenz.slabs.safetensors")
    assert finished is not None

    def fitted(*given: object, **more: object) -> None:
        raise AssertionError("one network was fitted again")

    monkeypatch.setattr(training, "attempt", fitted)
    student = distil(lorenz, recipe, keep=kept)
    assert isinstance(student.form, Slabs)
    first = torch.cat([part.reshape(-1) for layer in student.form.layers(0) for part in layer])
    assert torch.equal(first, finished[0]["thetas"][0])
    # `train` goes on with the same.
    teacher = training.train(lorenz, recipe, keep=kept)
    assert isinstance(teacher, FieldTeacher) and isinstance(teacher.form, Slabs)
    with pytest.raises(CheckpointError, match="other settings"):
        distil(lorenz, recipe, keep=kept, seed=1)


@pytest.mark.parametrize("spoilt", ["theta", "bias0"])
def test_what_was_put_away_of_one_network_is_held_to_what_it_should_be(
    spoilt: str, lorenz: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early(monkeypatch)
    monkeypatch.setattr(courses, "in_its_place", lambda *given: None)
    kept = tmp_path / "lorenz.safetensors"
    alone = training.train(lorenz, read_recipe(TEXT), keep=kept)
    again = training.train(lorenz, read_recipe(TEXT), keep=kept)
    assert again.error == alone.error
    for name, values in alone.form.named_buffers():
        assert torch.equal(values, again.form.get_buffer(name))
    real = courses.checkpoint.load

    def without(path: Path) -> object:
        found = real(path)
        assert found is not None
        return {n: a for n, a in found[0].items() if n != spoilt}, found[1]

    monkeypatch.setattr(courses.checkpoint, "load", without)
    with pytest.raises(CheckpointError, match="does not hold what it should"):
        training.train(lorenz, read_recipe(TEXT), keep=kept)


@pytest.mark.parametrize("better", [True, False])
def test_the_better_of_the_two_is_returned(
    better: bool, lorenz: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    early(monkeypatch)
    real, made = fields._marched, list[FieldTeacher]()

    def marched_somehow(*given: Any) -> FieldTeacher:
        how = given[2] if better else replace(given[2], steps=1)
        made.append(real(given[0], given[1], how, *given[3:]))
        return made[-1]

    monkeypatch.setattr(fields, "_marched", marched_somehow)
    teacher = training.train(lorenz, read_recipe(TEXT))
    assert len(made) == 1
    assert (teacher is made[0]) == better
    if not better:
        assert teacher.error < made[0].error
        with pytest.raises(BuildError, match="no network of the ladder holds"):
            distil(lorenz, read_recipe(TEXT.replace("0.02", "1e-7")))
