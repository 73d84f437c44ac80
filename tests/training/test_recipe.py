"""A recipe says what is wanted; what it says wrongly is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says.replace(".", r"\.")):
        read_recipe(text)


def test_reading_recipes_loads_no_torch() -> None:
    code = "import sys, lawc.training.recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
