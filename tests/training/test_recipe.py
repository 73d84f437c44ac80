"""A recipe says what is wanted; what it says wrongly is named."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.training.recipe import LADDER, RecipeError, read_recipe

GOOD = 'law = "a.b.c@1"\nsignature = "x -> y"\n'


def test_law_and_signature_are_enough() -> None:
    recipe = read_recipe(GOOD)
    assert recipe.ladder.widths == LADDER
    assert 0 < recipe.tolerance <= 1e-3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("law = ", "not TOML"),
        ('law = "a"', "'signature' is missing"),
        (GOOD + "colour = 1", "unknown key 'colour'"),
        (GOOD + "[train]\nsecond = 1", "unknown key 'train.second'; known are seconds"),
        (GOOD + "[ladder]\nwidths = []", "ladder.widths"),
        (GOOD + "[ladder]\nwidths = [[0]]", "ladder.widths.0.0"),
        (GOOD + "[domain]\nx = [2, 1]", "the range of x is empty"),
        (GOOD + "[domain]\nx = [1, inf]", "domain.x.1"),
        ("tolerance = -1\n" + GOOD, "tolerance"),
        (GOOD + "[train]\nseconds = nan", "train.seconds"),
        (GOOD + '[train]\ndevice = "a card"', "train.device: expected a device such as cpu, cuda"),
        (GOOD + '[train]\ndevice = "cuda:"', "got 'cuda:'"),
        (GOOD + '[train]\ndevice = "cuda:1\\n"', "train.device"),
        (GOOD + "[train]\ndevice = 1", "train.device"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says.replace(".", r"\.")):
        read_recipe(text)


@given(st.sampled_from(["cuda", "mps", "xpu"]), st.none() | st.integers(0, 999))
def test_a_device_is_told_where_it_is_asked_for(kind: str, number: int | None) -> None:
    name = kind if number is None else f"{kind}:{number}"
    recipe = read_recipe(GOOD + f'[train]\ndevice = "{name}"\n')
    assert recipe.to_json()["train"]["device"] == name
    assert read_recipe(GOOD).on(name) == recipe
    # What is made by the processor has the key that it had before devices could be named.
    assert "device" not in read_recipe(GOOD).to_json()["train"]
    assert recipe.on("cpu").to_json() == read_recipe(GOOD).to_json()
    with pytest.raises(RecipeError, match=r"train\.device: expected a device"):
        recipe.on(f"{name}:0:0")


def test_reading_recipes_loads_no_torch() -> None:
    code = "import sys, lawc.training.recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
