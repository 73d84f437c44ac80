"""What is asked, drawn and compared is the same in every process, however it orders its sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

SAID = """
from dataclasses import replace
import lawc
from lawc.decision.differing import compare, described
from lawc.distillation.rule_vectors import RuleVectors

rules = lawc.library().rules
for name in ("law.de.notice", "medicine.kidney.ckd-risk"):
    day = "2024-07-01" if rules[name].is_dated else None
    program = lawc.compile(rules[name], as_of=day)
    decision = program.decision
    print(program.ask({}), program.possible({}), RuleVectors(decision).digest)
    for drawn in (program.sample(40, seed=3), program.cover(40, seed=3)):
        print({key: column.tolist() for key, column in drawn.items()})
stage = decision.steps[0]
rows = (replace(stage.rows[0], answers=stage.rows[1].answers), *stage.rows[1:])
other = replace(decision, steps=(replace(stage, rows=rows), *decision.steps[1:]))
print([described(region, decision) for region in compare(decision, other).regions])
"""


def said(seed: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", SAID],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_order_of_sets_is_never_seen() -> None:
    first, second = said("1"), said("2")
    assert first == second
    assert first.count("\n") == 7
