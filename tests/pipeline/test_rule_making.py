"""A recipe of a rule becomes a module, as of its day, if the rule keeps its worked cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.deciding.hand_made import dated_tax, day, paper_tax

from lawc.artifact.store import load
from lawc.diagnostics.diagnostic import BuildError, CompileError
from lawc.knowledge.rule import Case, Rule
from lawc.pipeline.building import Task, tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.making import make
from lawc.training.recipe import Recipe, RecipeError, read_recipe

TEXT = """
law = "law.test.income-tax"
signature = "income -> tax"
as_of = 2024-07-01
"""


def case(tax: Fraction, **more: object) -> Case:
    return Case({"income": Fraction(50000)}, {"tax": tax}, day=day("2023-06-01"), **more)  # type: ignore[arg-type]


RIGHT = paper_tax(Fraction(50000), 2023)


def task(rule: Rule, recipe: Recipe, root: Path) -> Task:
    return Task("law/tax", recipe, rule, root / "law" / "tax", "key")


def test_a_recipe_of_a_rule_becomes_an_exact_module(tmp_path: Path) -> None:
    rule = replace(dated_tax(), cases=(case(RIGHT),))
    outcome = make(task(rule, read_recipe(TEXT), tmp_path), lambda event: None)
    assert (outcome.state, outcome.facts["grade"]) == ("built", "A")
    # No range of the tax is declared, so that nothing tells how many digits it needs.
    assert outcome.facts["bound"] == 2.0**-50
    module = load(tmp_path / "law" / "tax")
    assert module.manifest.build_key == "key"
    assert float(module({"income": 50000}).value) == float(paper_tax(Fraction(50000), 2024))
    assert module.decide({"income": [50000]}).why("tax").tolist() == ["above 27809"]


def test_a_rule_that_breaks_a_worked_case_is_not_built(tmp_path: Path) -> None:
    wrong = case(RIGHT + 1, label="Ms A")
    with pytest.raises(BuildError, match="Ms A comes out otherwise: tax is"):
        make(task(replace(dated_tax(), cases=(wrong,)), read_recipe(TEXT), tmp_path), print)
    near = case(RIGHT + 1, tolerance={"tax": Fraction(1)})
    make(task(replace(dated_tax(), cases=(near,)), read_recipe(TEXT), tmp_path), lambda e: None)


def test_a_day_outside_of_the_law_is_refused(tmp_path: Path) -> None:
    recipe = read_recipe(TEXT.replace("2024-07-01", "2030-01-01"))
    with pytest.raises(CompileError, match="not in force on 2030-01-01"):
        make(task(dated_tax(), recipe, tmp_path), lambda event: None)


def test_the_day_of_a_recipe_decides_what_is_made_and_no_day_changes_nothing() -> None:
    recipe = read_recipe(TEXT)
    assert recipe.as_of == date(2024, 7, 1)
    assert recipe.to_json()["as_of"] == "2024-07-01"
    assert "as_of" not in read_recipe(TEXT.replace("as_of = 2024-07-01", "")).to_json()
    with pytest.raises(RecipeError, match="as_of"):
        read_recipe(TEXT.replace("2024-07-01", '"July"'))


RULE = """rule swim@1.0.0
  title   "Who swims"
  status  confirmed
  source  "the board at the pool"

  symbols
    age  : age     integer 0 .. 120
    lane : lane    one of shallow, deep

  table lane by age
    | age    | lane    |
    | < 10   | shallow |
    | >= 10  | deep    |
"""


def test_a_recipe_in_a_project_may_name_a_rule(tmp_path: Path) -> None:
    for folder in ("knowledge", "rules", "modules/sport"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rules" / "sport.rule").write_text(RULE, encoding="utf-8")
    recipe = 'law = "sport.swim@1"\nsignature = "age -> lane"\n'
    (tmp_path / "modules" / "sport" / "swim.toml").write_text(recipe, encoding="utf-8")
    (found,) = tasks(tmp_path, demand(read_project(tmp_path)))
    assert isinstance(found.law, Rule) and not found.is_current
    make(found, lambda event: None)
    assert found.is_current
    lane = load(tmp_path / "modules" / "sport" / "swim").decide({"age": [9, 10]})["lane"]
    assert lane.tolist() == ["shallow", "deep"]
