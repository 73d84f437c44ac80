"""A mutation score says which slips in a law its checks would notice, and is honest about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.refusing import refusal
from lawc.pipeline import mutant_judge
from lawc.pipeline.checking import read_library, read_paths
from lawc.pipeline.mutant_judge import Judge
from lawc.pipeline.mutant_pool import Place, scores
from lawc.pipeline.mutant_worker import verdict_on
from lawc.pipeline.mutation import GOAL, KILLED, Fate, Memory, Score, score_of, survivors_found
from lawc.syntax.parsing import parse
from scoring import score_here

THROWN = """\
law thrown@1.0.0
  title   "Height of a thrown body"
  status  confirmed
  source  "G. Galilei, Discorsi (1638)"

  symbols
    t : time                        [s]      1 .. 10
    v : speed upwards at the start  [m/s]    1 .. 50
    g : acceleration                [m/s^2]  1 .. 30
    h : height                      [m]

  equations
    height: h = v*abs(t) - g*t^2/2

  valid
    v < 5*g*t  "slow"

  checks
    example: h = 15 [m] given t = 3 [s], v = 20 [m/s], g = 10 [m/s^2]
"""
BLIND = THROWN.replace("h = 15 [m] given t = 3 [s], v = 20 ", "h = -45 [m] given t = 3 [s], v = 0 ")
CLAIMED = BLIND + "    always h rises with v\n"


@pytest.fixture(scope="module")
def library() -> KnowledgeBase:
    return read_library()


def known(text: str) -> tuple[Law, KnowledgeBase]:
    document, unread = parse(Source("knowledge/physics/thrown.law", text))
    base, found = check([document])
    assert not unread
    assert not any(one.is_error for one in found)
    return base["physics.thrown.thrown"], base


def texts(score: Score, *fates: Fate) -> set[str]:
    return {verdict.text for verdict in score.verdicts if verdict.fate in fates}


def test_an_example_with_terms_of_one_size_notices_every_slip() -> None:
    score = score_here(*known(THROWN))
    assert texts(score, Fate.SURVIVED) == set()
    assert score.share == score.strict_share == 1
    assert score.by_dimensions < 1


def test_what_answers_the_same_in_the_whole_domain_counts_for_nothing() -> None:
    score = score_here(*known(THROWN))
    assert texts(score, Fate.EQUIVALENT) == {"`abs(t)` became `t`"}
    assert score.counted == score.count() - 1


def test_an_example_that_is_blind_to_a_term_lets_its_slips_survive() -> None:
    score = score_here(*known(BLIND))
    assert texts(score, Fate.SURVIVED) >= {
        "`v*abs(t)` became `-(v*abs(t))`",
        "`v*abs(t)` became `2*(v*abs(t))`",
    }
    assert score.share < GOAL
    assert [one.code for one in survivors_found(score)] == ["L0504"] * len(survivors_found(score))


def test_a_claim_notices_what_an_example_does_not() -> None:
    blind, claimed = score_here(*known(BLIND)), score_here(*known(CLAIMED))
    assert texts(claimed, Fate.CLAIM) >= {"`v*abs(t)` became `-(v*abs(t))`"}
    assert texts(claimed, *KILLED) > texts(blind, *KILLED)


def test_the_example_that_is_proposed_notices_the_survivors() -> None:
    law, base = known(BLIND)
    score = score_here(law, base)
    proposal = next(line for line in score.advice if line.startswith("`example:"))
    given = proposal.split("given ")[1].split("`")[0]
    value = proposal.split("lawc gives ")[1].rstrip(")")
    better = score_here(*known(f"{BLIND}    example: h = {value} within 1e-6 given {given}\n"))
    assert better.share == 1


def test_a_condition_on_the_wrong_side_is_noticed_by_an_example_inside_it() -> None:
    sides = {v.fate for v in score_here(*known(THROWN)).verdicts if "turned" in v.kind}
    assert sides == {Fate.EXAMPLE}
    unsaid = THROWN.replace("example: h = 15 [m] given", "example: h = 15 [m] within 99 [m] given")
    assert score_here(*known(unsaid)).count(Fate.EXAMPLE, kind="condition turned round") == 1


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "knowledge" / "physics"
    folder.mkdir(parents=True)
    (folder / "thrown.law").write_text(BLIND, encoding="utf-8")
    yield tmp_path


def test_processes_judge_as_one_process_does_and_the_score_is_remembered(project: Path) -> None:
    file = project / "knowledge" / "physics" / "thrown.law"
    base, _ = read_paths([file])
    law = base["physics.thrown.thrown"]
    assert score_of(law, project) is None
    seen: list[int] = []
    (score,) = scores(
        [law],
        base,
        Place(files=(str(file),)),
        jobs=2,
        memory=Memory(project),
        tell=lambda law, done, total: seen.append(total - done),
    )
    assert score == score_here(law, base)
    assert sorted(seen) == list(range(score.count()))
    remembered = score_of(law, project)
    assert remembered is not None
    assert remembered.share == score.share
    assert remembered.survivors == score.survivors
    assert remembered.advice == score.advice
    # Whoever changes a check asks for a new judgement.
    assert score_of(replace(law, examples=()), project) is None


def test_a_mutant_that_takes_too_long_is_no_kill(project: Path) -> None:
    file = project / "knowledge" / "physics" / "thrown.law"
    head, rest = BLIND.split("  equations")
    line = "  equations\n    height: h = v*t\n\n  checks" + rest.split("checks")[1]
    unused = head.replace("    g : acceleration                [m/s^2]  1 .. 30\n", "")
    file.write_text(unused + line.replace(", g = 10 [m/s^2]", "").replace("-45", "0"), "utf-8")
    base, _ = read_paths([file])
    law = base["physics.thrown.thrown"]
    (score,) = scores([law], base, Place(files=(str(file),)), jobs=2, seconds=0.0)
    late = score.count(Fate.TIME)
    assert late > 0
    assert score.count(*KILLED) == score.counted - late
    assert score.share < 1


def test_a_defect_of_ours_is_no_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    judge = Judge(*known(THROWN))
    monkeypatch.setattr(mutant_judge, "check", fail)
    verdict = verdict_on(judge, 0)
    assert verdict.fate is Fate.BROKEN
    assert Score("physics.thrown.thrown", "", (verdict,)).share == 0


def test_a_score_that_is_no_score_is_forgotten(project: Path) -> None:
    law, base = known(THROWN)
    memory = Memory(project)
    memory.remember([(law, score_here(law, base))])
    file = project / ".lawc" / "mutation.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    for broken in ("[]", "{", json.dumps({key: {"law": 1} for key in data})):
        file.write_text(broken, encoding="utf-8")
        assert Memory(project).score_of(law) is None


def test_a_confirmed_law_of_the_shelf_that_is_written_out_notices_nearly_every_slip(
    library: KnowledgeBase,
) -> None:
    low = {
        law.identity: score.survivors
        for law in library.laws.values()
        if not refusal(law)
        if not any(quantity.depends for quantity in law.quantities.values())
        if (score := score_here(law, library)).share < GOAL or score.strict_share < GOAL
    }
    assert low == {}


def test_the_scores_that_ship_reach_the_goal(library: KnowledgeBase) -> None:
    memory = Memory(None)
    found = [score for law in library.laws.values() if (score := memory.score_of(law))]
    assert [score.law for score in found if score.share < GOAL] == []
