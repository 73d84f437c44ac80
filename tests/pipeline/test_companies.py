"""Modules whose networks are likely alike are made in company, and no worker idles for it."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.artifact.store import load
from lawc.knowledge.law import Law
from lawc.pipeline import building
from lawc.pipeline.building import MOST_TOGETHER, Task, build, companies, tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.events import Event, Outcome, Progress
from lawc.training.recipe import Ladder, Recipe

signatures = st.sampled_from(["t a -> x", "t b -> y", "t a b -> x", "t -> x y"])
ladders = st.sampled_from([Ladder(), Ladder(widths=((4, 4),))])

LAW = """\
law {name}@1.0.0
  title   "Where a planet is"
  status  confirmed
  source  "J. Kepler, Epitome astronomiae Copernicanae (1621)"

  symbols
    M : mean anomaly      [1] 0.5 .. 1
    e : eccentricity      [1] 0.1 .. 0.3
    E : eccentric anomaly [1] 0 .. 2

  equations
    M = E - e*sin(E)/{number}

  checks
    always E {claim} 0
"""

RECIPE = """\
law = "a.{name}@1"
signature = "M e -> E"
tolerance = 0.2
[train]
seconds = 20
rows = 300
[ladder]
widths = [[4]]
"""


def task(name: str, signature: str, ladder: Ladder) -> Task:
    recipe = Recipe(law="physics.fall", signature=signature, ladder=ladder)
    return Task(name, recipe, cast(Law, None), Path(name), name)


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


def test_a_company_is_built_and_a_false_claim_in_it_stops_its_own_module_only(
    tmp_path: Path,
) -> None:
    for folder in ("knowledge", "modules"):
        (tmp_path / folder).mkdir()
    claims = {"one": ">=", "false": "<", "two": ">="}
    laws = [
        LAW.format(name=name, claim=claim, number=number)
        for number, (name, claim) in enumerate(claims.items(), start=1)
    ]
    (tmp_path / "knowledge" / "a.law").write_text("\n".join(laws), encoding="utf-8")
    for name in claims:
        (tmp_path / "modules" / f"{name}.toml").write_text(RECIPE.format(name=name))
    seen: list[Event] = []
    todo = tasks(tmp_path, demand(read_project(tmp_path)))
    states = {o.module: o.state for o in build(tmp_path, todo, jobs=1, report=seen.append)}
    assert states == {"one": "built", "false": "failed", "two": "built"}
    stages = [(e.module, e.stage) for e in seen if isinstance(e, Progress)]
    trained = [module for module, stage in stages if stage == "train"]
    assert {module for module, _ in stages[: stages.index((trained[0], "train"))]} == set(claims)
    for name, number in (("one", 1), ("two", 3)):
        found = float(load(tmp_path / "modules" / name)({"M": 0.7, "e": 0.2}).value)
        assert found - 0.2 * math.sin(found) / number == pytest.approx(0.7, rel=0.1)


DYING = """
import json, os, sys
from lawc.pipeline.events import Outcome, to_line
for line in sys.stdin:
    for order in json.loads(line):
        if order["module"] == "killer":
            os._exit(9)
        print(to_line(Outcome(order["module"], "built")), flush=True)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_takes_no_other_module_along(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worker(pool: building._Pool) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", DYING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    monkeypatch.setattr(building._Pool, "_worker", worker)
    names = ["a", "b", "killer", "c", "d"]
    todo = [task(name, "t a -> x", Ladder()) for name in names]
    todo += [task("alone", "t a b -> x", Ladder()), task("last", "t -> x y", Ladder())]
    found: dict[str, Outcome] = {}

    def tell(event: Event) -> None:
        assert isinstance(event, Outcome)
        assert event.module not in found
        found[event.module] = event

    building._Pool(tmp_path, workers).run(todo, tell)
    assert sorted(found) == sorted(t.module for t in todo)
    assert {name for name, outcome in found.items() if outcome.state == "failed"} == {"killer"}
    assert "ended with status 9" in found["killer"].message
