"""Every recipe names a law or a rule that ships, and a signature that it can answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from lawc.deciding.program import compile_rule
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.lowering.planning import make_plan
from lawc.training.recipe import Recipe, read_recipe

ROOT = Path(__file__).parents[2]
RECIPES = tuple(sorted((ROOT / "modules").glob("*/*.toml")))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recipe_can_be_planned(library: KnowledgeBase, path: Path) -> None:
    recipe = read(path)
    identity, _, major = recipe.law.partition("@")
    law = library[identity]
    assert law.version.startswith(f"{major}.")
    assert (law.discipline, law.name) == (path.parent.name, path.stem)
    assert 0 < recipe.tolerance <= 1e-3
    if isinstance(law, Rule):
        program = compile_rule(law, recipe.signature, recipe.as_of)
        assert str(program.signature) == recipe.signature
        return
    plan = make_plan(law, recipe.signature)
    for name, (low, high) in recipe.domain.items():
        quantity = law.quantities[name]
        assert name in plan.signature.inputs
        assert quantity.low is not None
        assert quantity.high is not None
        assert quantity.low <= low < high <= quantity.high


def test_a_recipe_that_trains_says_for_how_long() -> None:
    trained = {path.stem for path in RECIPES if "train" in read(path).model_fields_set}
    assert trained == {"absorption-saturable", "sir"}


def read(path: Path) -> Recipe:
    return read_recipe(path.read_text(encoding="utf-8"))
