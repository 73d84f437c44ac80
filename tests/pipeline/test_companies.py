"""Modules whose networks are likely alike are made in company, and no worker idles for it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from lawc.knowledge.law import Law
from lawc.pipeline.building import MOST_TOGETHER, Task, companies
from lawc.training.recipe import Ladder, Recipe

signatures = st.sampled_from(["t a -> x", "t b -> y", "t a b -> x", "t -> x y"])
ladders = st.sampled_from([Ladder(), Ladder(widths=((4, 4),))])


def task(name: str, signature: str, ladder: Ladder) -> Task:
    recipe = Recipe(law="physics.fall", signature=signature, ladder=ladder)
    return Task(name, Path(name), recipe, cast(Law, None), Path(name), name)


@given(st.lists(st.tuples(signatures, ladders), max_size=60), st.integers(1, 5))
def test_every_module_is_in_one_company_of_its_like(
    asked: list[tuple[str, Ladder]], workers: int
) -> None:
    todo = [task(str(n), *each) for n, each in enumerate(asked)]
    found = companies(todo, workers)
    assert sorted(t.module for company in found for t in company) == sorted(t.module for t in todo)
    for company in found:
        assert 1 <= len(company) <= MOST_TOGETHER
        shapes = {
            (t.recipe.ladder, *(len(side.split()) for side in t.recipe.signature.split("->")))
            for t in company
        }
        assert len(shapes) == 1


@given(st.integers(1, 40), st.integers(1, 8))
def test_like_modules_are_shared_among_all_workers(count: int, workers: int) -> None:
    todo = [task(str(n), "t a -> x", Ladder()) for n in range(count)]
    assert max(len(company) for company in companies(todo, workers)) <= -(-count // workers)
