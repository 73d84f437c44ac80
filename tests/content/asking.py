"""Ask a shipped rule about one case, for tests of content."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from lawc.deciding.program import RuleProgram, compile_rule
from lawc.knowledge.rule import Rule

SEXES = {"F": "female", "M": "male", "Female": "female", "Male": "male"}


class Worked(NamedTuple):
    """A worked value of the table beside the checkout."""

    given: Mapping[str, Any]
    output: str
    printed: str


_PROGRAMS: dict[tuple[str, str], RuleProgram] = {}


def program(rule: Rule) -> RuleProgram:
    """Return the program of a rule; all that it decides from all that it reads."""
    key = (rule.identity, rule.digest)
    if key not in _PROGRAMS:
        _PROGRAMS[key] = compile_rule(rule, as_of="2024-07-01")
    return _PROGRAMS[key]


def ask(rule: Rule, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a rule answers one case, exactly; numbers as fractions."""
    return program(rule).case(given).values


def worked(material: Path, law: str) -> list[Worked]:
    """Return the worked values of a row of the content plan."""
    with (material / "content" / "worked_examples.csv").open(encoding="utf-8", newline="") as file:
        return [
            Worked(json.loads(row["inputs_json"]), row["output_name"], row["expected_value"])
            for row in csv.DictReader(file)
            if row["law_id"] == law
        ]


def agrees(answer: object, printed: str) -> bool:
    """Whether an answer is the printed number, to one part in a hundred million."""
    if not isinstance(answer, int | Fraction):
        return False
    expected = float(printed)
    return abs(float(answer) - expected) <= 1e-8 * max(1.0, abs(expected))
