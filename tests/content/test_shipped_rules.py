"""Rules of nature and medicine are whole: cases reach every row, and nothing gaps or clashes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lawc.decision.decision import Clauses, Score, Step, Table, decides
from lawc.decision.exact import decide
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.proofs.checking import check_decision

SHELF = Path(__file__).parents[2] / "rules"
DAY = date(2024, 7, 1).toordinal()
DISCIPLINES = ("biology", "chemistry", "medicine")


def identities() -> Iterator[str]:
    for discipline in DISCIPLINES:
        for path in sorted((SHELF / discipline).glob("*.rule")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("rule "):
                    name = line.removeprefix("rule ").partition("@")[0]
                    yield f"{discipline}.{path.stem}.{name}"


IDENTITIES = tuple(identities())


def _speakers(step: Step) -> list[str]:
    """Labels of what can speak in a step; a scale is one sum."""
    match step:
        case Table(_, _, rows):
            return [row.label for row in rows]
        case Score(_, points):
            return [point.label or str(place) for place, point in enumerate(points)]
        case Clauses(_, clauses):
            return [clause.label for clause in clauses]
        case _:
            return []


def _asked(rule: Rule) -> int | None:
    return DAY if rule.is_dated else None


def test_all_blocks_of_the_shelf_are_rules(library: KnowledgeBase) -> None:
    assert len(IDENTITIES) >= 71
    assert set(IDENTITIES) <= set(library.rules)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_rule_says_where_it_comes_from_and_shows_cases(
    identity: str, library: KnowledgeBase
) -> None:
    rule = library.rules[identity]
    assert rule.sources
    assert len(rule.cases) >= 4


@pytest.mark.parametrize("identity", IDENTITIES)
def test_every_row_and_clause_speaks_in_a_case(identity: str, library: KnowledgeBase) -> None:
    rule = library.rules[identity]
    decision = decision_of(rule, _asked(rule))
    heard: list[set[int]] = [set() for _ in decision.steps]
    for case in rule.cases:
        because = decide(decision, case.given).because
        for step, places in zip(decision.steps, heard, strict=True):
            places.update(because.get(decides(step)[0], ()))
    silent = [
        f"{decides(step)[0]}: {label}"
        for step, places in zip(decision.steps, heard, strict=True)
        for place, label in enumerate(_speakers(step))
        if place not in places
    ]
    assert silent == []


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_rule_has_no_gap_clash_or_dead_row(identity: str, library: KnowledgeBase) -> None:
    rule = library.rules[identity]
    assert check_decision(decision_of(rule, _asked(rule))) == ()
