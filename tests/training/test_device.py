"""A device that is not on this machine is refused before anything is trained."""

from __future__ import annotations

import pytest
import torch
from tests.training.programs import program, recipe

import lawc
from lawc.distillation.distil import distil
from lawc.training.device import DeviceError, devices, require_device
from lawc.training.recipe import RecipeError

SIR = "biology.epidemics.sir"
CARDS = torch.cuda.device_count()
NONE_SUCH = f"cuda:{CARDS + 7}"
ABSENT = pytest.mark.parametrize("name", [NONE_SUCH, "nonesuch", *([] if CARDS else ["cuda"])])


@ABSENT
def test_a_device_that_is_not_here_is_refused_with_those_that_are(name: str) -> None:
    says = rf"on device '{name}', which this machine does not give .*; here are cpu.*leave it out"
    with pytest.raises(DeviceError, match=says):
        require_device(name)
    asked = recipe(SIR).on(name)
    with pytest.raises(DeviceError, match=says):
        lawc.train(program(SIR), asked)
    with pytest.raises(DeviceError, match=says):
        lawc.train(program(SIR), device=name)
    with pytest.raises(DeviceError, match=says):
        distil(program(SIR), asked)


def test_every_device_that_is_told_holds_numbers() -> None:
    assert devices()[0] == "cpu"
    for name in devices():
        require_device(name, torch.float32)
    require_device("cpu")


def test_an_argument_names_a_device_as_a_recipe_does() -> None:
    with pytest.raises(RecipeError, match=r"train\.device: expected a device such as cpu"):
        lawc.train(program(SIR), device="Card 1")


def test_a_formula_needs_no_device() -> None:
    law = "biology.enzymes.michaelis-menten"
    assert distil(program(law), recipe(law).on(NONE_SUCH)).target == "formula"
