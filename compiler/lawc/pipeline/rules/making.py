"""One recipe of a rule to one frozen module: compile as of its day, certify, freeze.

Nothing is trained, and the tolerance of the recipe plays no part: a rule is exact.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lawc.certificate.rules import certify_rule, distil_rule
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.deciding.properties import worked
from lawc.diagnostics.diagnostic import BuildError
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.rule import Rule
from lawc.pipeline.rules.freezing import freeze_rule
from lawc.training.recipe import Recipe


def prepare_rule(rule: Rule, recipe: Recipe) -> RuleProgram:
    """Return the program of a recipe, whose rule keeps its worked cases.

    Raises:
        BuildError: A worked case comes out otherwise, or the recipe asks for what rules lack.
        CompileError: The signature does not fit, or the rule is not in force on that day.
    """
    if recipe.domain:
        raise BuildError("a rule keeps its declared ranges; take `domain` from the recipe")
    hold_cases(rule)
    return compile_rule(rule, recipe.signature, recipe.as_of)


def hold_cases(rule: Rule) -> None:
    """Let a rule pass whose worked cases come out as written.

    Raises:
        BuildError: One does not.
    """
    for number, case in enumerate(rule.cases, start=1):
        problem = worked(case, decision_of(rule, case.day))
        if problem is not None:
            said = case.label or f"case {number}"
            raise BuildError(f"{rule.identity}: {said} comes out otherwise: {problem}")


def make_rule(
    program: RuleProgram, recipe: Recipe, folder: Path, name: str, key: str, began: float
) -> dict[str, Any]:
    """Freeze a rule and return what is said of it.

    Raises:
        BuildError: Its form answers otherwise than exact arithmetic.
    """
    student = distil_rule(program)
    certificate = certify_rule(student)
    seconds = round(time.monotonic() - began, 2)
    freeze_rule(
        student,
        certificate,
        folder,
        name=name,
        provenance={"signature": recipe.signature, "seconds": seconds},
        licence=recipe.licence,
        build_key=key,
    )
    return {
        "form": "decision",
        "size": 0,
        "grade": certificate.grade,
        "bound": certificate.bound,
        "kind": "rule",
        "seconds": seconds,
    }
