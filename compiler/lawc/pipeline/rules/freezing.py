"""From the certified form of a rule to a frozen module in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from lawc.artifact.manifest import Golden, LawRecord, Manifest, Port
from lawc.artifact.module import FrozenModule
from lawc.artifact.store import save
from lawc.certificate.certificate import Certificate
from lawc.certificate.rules import RuleStudent
from lawc.deciding.labels import told
from lawc.deciding.points import cases
from lawc.decision.admission import bounds
from lawc.decision.decision import Apportion, Decision, Scale, Score, Step, Table, decides
from lawc.decision.decision import Port as Quantity
from lawc.decision.values import Absent
from lawc.forms.tape import Tape
from lawc.knowledge.rule import Rule
from lawc.pipeline.accepting import demand_accepted
from lawc.pipeline.freezing import GOLDEN_POINTS, GOLDEN_SEED, version_of_lawc

_SHOWN = 40


def freeze_rule(
    student: RuleStudent,
    certificate: Certificate,
    folder: Path,
    *,
    name: str | None = None,
    provenance: Mapping[str, Any] | None = None,
    licence: str = "",
    build_key: str = "",
) -> FrozenModule:
    """Write the form of a rule and its certificate as a module, and return it as read back.

    The arguments are those of `freezing.freeze`. Ports are in declared units, since a rule
    compares in them.

    Raises:
        BuildError: The rule is neither confirmed nor empirical.
        ManifestError, DomainError: What was to be written does not read back.
    """
    rule, decision = student.program.rule, student.program.decision
    demand_accepted(rule)
    manifest = Manifest(
        name=name or "/".join(folder.parts[-2:]),
        lawc=version_of_lawc(),
        law=_record(rule, decision),
        inputs=tuple(_port(port) for port in decision.inputs),
        outputs=tuple(_port(decision.port(name)) for name in decision.outputs),
        valid=Tape(decision_names(decision), (), ()).to_json(),
        form=student.form.spec(),
        error=certificate.error.to_json(),
        certificate=certificate.to_json(),
        provenance={**(provenance or {}), **student.facts},
        licence=licence,
        golden=_golden(student, decision),
        build_key=build_key,
    )
    return save(folder, manifest, {})


def decision_names(decision: Decision) -> tuple[str, ...]:
    """Return the names of the inputs."""
    return tuple(port.name for port in decision.inputs)


def _record(rule: Rule, decision: Decision) -> LawRecord:
    lines = [line for step in decision.steps for line in _lines(decision, step)]
    return LawRecord(
        identity=rule.identity,
        version=rule.version,
        digest=rule.digest,
        title=rule.title,
        status=str(rule.status),
        sources=rule.sources,
        equations=(*lines[:_SHOWN], *(["…"] if len(lines) > _SHOWN else [])),
        valid=(),
    )


def _lines(decision: Decision, step: Step) -> list[str]:
    """Return a step for the card: what it decides, and what may speak in it."""
    names = ", ".join(decides(step))
    match step:
        case Table(_, on, rows):
            count, head = len(rows), f"{names} by {', '.join(on)}"
        case Scale(_, _, bands):
            count, head = sum(len(band.brackets) for band in bands), f"{names} by brackets"
        case Apportion(_, _, _, _, method):
            return [f"{names} apportioned, rounding {method}"]
        case Score(_, points):
            count, head = len(points), f"{names} by points"
        case _:
            count, head = len(step.clauses), f"{names} by clauses"
    return [head, *(f"  {told(decision, step, place)}" for place in range(count))]


def _port(port: Quantity) -> Port:
    low, high = bounds(port)
    known = low is not None and high is not None and low < high
    return Port(
        name=port.name,
        words=_words(port),
        unit=port.unit,
        low=float(low) if known and low is not None else None,
        high=float(high) if known and high is not None else None,
        log=port.log and low is not None and low > 0,
    )


def _words(port: Quantity) -> str:
    if port.kind == "number":
        return port.words
    kind = " | ".join(port.choices) if port.choices else port.kind
    return f"{port.words} ({kind})".strip()


def _golden(student: RuleStudent, decision: Decision) -> Golden:
    """Return cases near the edges with all facts known, and what the form says of them."""
    found = [
        case
        for case in cases(decision, 4 * GOLDEN_POINTS, GOLDEN_SEED)
        if not any(isinstance(value, Absent) for value in case.values())
    ][:GOLDEN_POINTS]
    inputs = {
        name: [float(case[name]) for case in found]  # type: ignore[arg-type]
        for name in decision_names(decision)
    }
    columns = {name: torch.tensor(values, dtype=torch.float64) for name, values in inputs.items()}
    answers = student.form(columns)
    return Golden(
        inputs=inputs,
        outputs={name: answers[name].nan_to_num().tolist() for name in decision.outputs},
    )
