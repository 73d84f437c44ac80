"""The counts of laws, rules and claims that pages give are those of the library."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.project import shelves

ROOT = Path(__file__).parents[2]


def found(page: str, pattern: str) -> tuple[int, ...]:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    (match,) = re.finditer(pattern, text)
    return tuple(int(group) for group in match.groups())


def test_the_readme_counts_the_rules_and_their_claims(library: KnowledgeBase) -> None:
    claims = sum(len(rule.claims) for rule in library.rules.values())
    assert found("README.md", r"Of (\d+) claims of the (\d+) shipped rules") == (
        claims,
        len(library.rules),
    )


def test_the_readme_counts_the_modules_of_laws(library: KnowledgeBase) -> None:
    recipes = [
        tomllib.loads(file.read_text("utf-8"))["law"].partition("@")[0]
        for _, file in shelves.shelf(ROOT, "modules").files((".toml",))
    ]
    of_laws = sum(identity not in library.rules for identity in recipes)
    assert found("README.md", r"(\d+) modules of laws") == (of_laws,)


def test_the_page_on_rules_counts_those_in_force(library: KnowledgeBase) -> None:
    day = date(2024, 8, 1)
    in_force = 0
    for rule in library.rules.values():
        try:
            decision_of(rule, day)
        except CompileError:
            continue
        in_force += 1
    pattern = r"All (\d+) shipped rules that are in force on 2024-08-01"
    assert found("docs/rules.md", pattern) == (in_force,)
