"""A frozen rule that answers in words, without torch: the same manifest as its module.

A service that asks a rule now and then should not wait for a library of networks. What answers
is what answers in `FrozenModule.decide`, read by the same checks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from lawc.artifact import paths
from lawc.artifact.manifest import Manifest, ManifestError, read_manifest
from lawc.artifact.places import place_of
from lawc.deciding.answered import Answered, answered
from lawc.deciding.case import CaseAnswer, answer_case
from lawc.deciding.given import Given, gather
from lawc.decision.operations import DecisionError
from lawc.decision.restoring import from_json
from lawc.decision.rowwise import evaluator_of


class FrozenRule:
    """The decision of a frozen module of a rule: `decide` answers columns, `case` one case.

    Attributes:
        manifest: All that the module says about itself.
        decision: The rule as data, as of its day.
    """

    def __init__(self, manifest: Manifest) -> None:
        """Read the decision of a manifest.

        Raises:
            ValueError: It is of no rule, or the decision does not fit its ports.
        """
        if set(manifest.form) != {"kind", "decision"} or manifest.form["kind"] != "decision":
            raise ValueError(f"{manifest.name} is no rule; read it with lawc.module")
        self.manifest = manifest
        self.decision = from_json(manifest.form["decision"])
        names = tuple(port.name for port in self.decision.inputs)
        if names != tuple(port.name for port in manifest.inputs) or not {
            port.name for port in manifest.outputs
        } <= set(self.decision.outputs):
            raise ValueError(f"the form of {manifest.name} does not fit its ports")
        self._evaluator = evaluator_of(self.decision)

    def decide(self, columns: Given) -> Answered:
        """Return what the rule decides in each row, in words, and what spoke.

        Args:
            columns: Each input, as `RuleProgram.decide` takes them: words, dates, None where a
                value is unknown; a data frame will do.

        Raises:
            DomainError: A value is not what its quantity takes.
            ShapeError: A column is missing or has another shape.
        """
        values, masks, rows = gather(self.decision.inputs, columns)
        return answered(self.decision, self._evaluator(values, masks), rows)

    def case(self, given: Mapping[str, Any]) -> CaseAnswer:
        """Decide one case in exact arithmetic, and say why.

        Raises:
            DomainError: A value is not what its quantity takes.
            DecisionError: The case is not answered.
        """
        return answer_case(self.decision, given)

    def __repr__(self) -> str:
        law = self.manifest.law
        sides = (self.manifest.inputs, self.manifest.outputs)
        asked, told = (" ".join(port.name for port in ports) for ports in sides)
        return f"{self.manifest.name}: {asked} -> {told}, {law.identity}@{law.version}"


def rule(name: str | os.PathLike[str]) -> FrozenRule:
    """Return a frozen rule that answers at once: no torch is loaded.

    Args:
        name: As for `lawc.module`.

    Raises:
        LawcError: There is none; the text says which there are, or how to build it.
        ManifestError: There is one, but it cannot be trusted, or it is of no rule.
    """
    folder = place_of(name)
    try:
        return FrozenRule(read_manifest(_text(folder)))
    except (ValueError, DecisionError) as problem:
        raise ManifestError(f"{name}: {problem}") from problem


def _text(folder: Path | Traversable) -> bytes:
    """Return the manifest; a build may replace the folder between two looks."""
    problem: OSError | None = None
    for _ in range(3):
        place = paths.standing(folder) if isinstance(folder, Path) else folder
        try:
            return (place / paths.MANIFEST).read_bytes()
        except OSError as trouble:
            problem = trouble
    raise ManifestError(f"no frozen module in {folder}: {problem}") from problem
