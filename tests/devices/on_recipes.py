"""A recipe that names a device makes the module that the processor makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.training.test_slabs_of_time import FRONT, compiled

import lawc
from lawc.lowering.program import Program
from lawc.training.checkpoint import CheckpointError
from lawc.training.device import DeviceError, devices
from lawc.training.fields import FieldTeacher, learn
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.settings import Settings

CONFIRMED = FRONT.replace(
    "draft",
    'confirmed\n  source "R. A. Fisher, Ann. Eugenics 7 (1937) 355, equation 1"',
)
X = torch.linspace(0, 1, 33, dtype=torch.float64)
T = torch.linspace(0, 1, 33, dtype=torch.float64).flip(0)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(CONFIRMED, "x t -> u", tmp_path_factory.mktemp("front"))


def recipe(slabs: int) -> Recipe:
    # It ends by its goal at the first look, not by the clock: rounding grows with the steps.
    train = Train(seconds=1000.0, points=120, slabs=slabs)
    ladder = Ladder(widths=((7,),))
    return Recipe(law="front", signature="x t -> u", tolerance=0.5, train=train, ladder=ladder)


# In the second slab what was rounded otherwise has grown in twice as many steps.
@pytest.mark.parametrize(("slabs", "close"), [(1, 1e-6), (2, 5e-4)])
def test_a_recipe_is_followed_there_and_its_module_is_the_same(
    slabs: int, close: float, front: Program, place: torch.device, tmp_path: Path
) -> None:
    here = lawc.train(front, recipe(slabs))
    there = lawc.train(front, recipe(slabs), device=str(place))
    assert isinstance(here, FieldTeacher) and isinstance(there, FieldTeacher)
    assert there.trained.accepted and here.trained.accepted
    assert {buffer.device.type for buffer in there.form.buffers()} == {"cpu"}
    said, right = (one.form({"x": X, "t": T})["u"] for one in (there, here))
    assert float((said - right).abs().max()) < close
    student = lawc.distil(there, tolerance=0.5)
    module = lawc.freeze(student, lawc.certify(student, points=64), tmp_path / "front")
    told = json.loads((tmp_path / "front" / "manifest.json").read_text(encoding="utf-8"))
    assert str(place) not in json.dumps(told)
    assert module({"x": X, "t": T}).value.device.type == "cpu"


def test_a_checkpoint_is_that_of_a_device(
    front: Program, place: torch.device, tmp_path: Path
) -> None:
    kept = tmp_path / "front.safetensors"
    how = Settings(seconds=600.0, points=60, steps=20, device=str(place), slabs=2)
    learn(front, (4,), how, keep=kept)
    with pytest.raises(CheckpointError, match="other settings"):
        learn(front, (4,), replace(how, device="cpu"), keep=kept)


def test_what_is_not_here_is_told_with_what_is(front: Program, place: torch.device) -> None:
    assert devices()[0] == "cpu" and str(place) in devices()
    with pytest.raises(DeviceError, match=rf"'cuda:77'.*here are cpu, .*{place}"):
        lawc.train(front, recipe(1), device="cuda:77")
