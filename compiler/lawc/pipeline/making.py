"""One recipe to one frozen module: compile, distil, certify, freeze.

A closed form is frozen as it is. Otherwise networks are trained, smallest first, until one holds
the tolerance. What misses its tolerance fails, and the module that stood before still stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawc.certificate.certificate import Certificate
from lawc.certificate.certify import certify
from lawc.deciding.program import RuleProgram
from lawc.diagnostics.diagnostic import BuildError, LawcError
from lawc.distillation.distil import Student, distil
from lawc.knowledge.law import Law
from lawc.knowledge.rule import Rule
from lawc.lowering.claims import findings
from lawc.lowering.program import Program, compile_law
from lawc.pipeline.building import Task
from lawc.pipeline.events import Event, Outcome, Progress, Stage
from lawc.pipeline.freezing import freeze
from lawc.pipeline.rules.making import make_rule, prepare_rule
from lawc.training.budget import Budget
from lawc.training.checkpoint import discard
from lawc.training.fields import is_learned
from lawc.training.train import Workshop


@dataclass(frozen=True, eq=False)
class Prepared:
    """A task whose law is compiled.

    Attributes:
        program: What the module will answer.
        workshop: With rows and tapes for networks; None where the law has a closed form or is one
            of fields, and for a rule.
        seconds: What it has taken so far.
    """

    task: Task
    program: Program | RuleProgram
    workshop: Workshop | None
    seconds: float


def make(task: Task, report: Callable[[Event], None], kept: Path | None = None) -> Outcome:
    """Make the module of a task.

    Args:
        task: Its recipe and law.
        report: Called with each event.
        kept: A folder for checkpoints of long trainings; a build that was killed goes on there.

    Raises:
        LawcError: The module cannot be made, or misses its tolerance; the text gives the figure.
    """
    return finish(prepare(task, report), report, kept)


def prepare(task: Task, report: Callable[[Event], None]) -> Prepared:
    """Compile the law of a task.

    Raises:
        LawcError: It cannot be compiled, or its author claims what is false.
    """
    began = time.monotonic()
    report(Progress(task.module, "compile", 0.0, None, str(task.recipe.signature)))
    if isinstance(task.law, Rule):
        program = prepare_rule(task.law, task.recipe)
        return Prepared(task, program, None, time.monotonic() - began)
    _hold_claims(task.law)
    program = compile_law(task.law, task.recipe.signature)
    if task.recipe.domain:
        program = program.within(task.recipe.domain)
    workshop = None
    if program.closed_form is None and not is_learned(program, task.recipe):
        workshop = Workshop(program, task.recipe, 0, Budget(task.recipe.train.seconds))
    return Prepared(task, program, workshop, time.monotonic() - began)


def finish(
    prepared: Prepared, report: Callable[[Event], None], kept: Path | None = None
) -> Outcome:
    """Make the module of a task whose law is compiled: distil, certify, freeze.

    Args:
        prepared: The task.
        report: Called with each event.
        kept: A folder for checkpoints of trainings that a later build may go on with.

    Raises:
        LawcError: The module cannot be made, or misses its tolerance; the text gives the figure.
    """
    began = time.monotonic() - prepared.seconds
    task, program = prepared.task, prepared.program
    if isinstance(program, RuleProgram):
        facts = make_rule(program, task.recipe, task.folder, task.module, task.key, began)
        return Outcome(task.module, "built", facts=facts)
    keep = kept / f"{task.key}.safetensors" if kept is not None else None

    def tell(stage: Stage, fraction: float, detail: str = "", error: float | None = None) -> None:
        report(Progress(task.module, stage, fraction, error, detail))

    try:
        student = distil(
            prepared.workshop or program,
            task.recipe,
            progress=lambda fraction, error, detail: tell("train", fraction, detail, error),
            keep=keep,
        )
        certificate = certify(
            student.form,
            program,
            trained_on=student.seeds,
            progress=lambda fraction, what: tell("certify", fraction, what, student.error),
        )
        demand(certificate, task.recipe.tolerance, task.module)
    except LawcError:
        # It would end here again: only what was killed has something to go on with.
        _discard(keep)
        raise
    tell("freeze", 0.0)
    provenance = {
        "signature": task.recipe.signature,
        "tolerance": task.recipe.tolerance,
        "seconds": round(time.monotonic() - began, 2),
        **student.facts,
    }
    freeze(
        student.form,
        certificate,
        program,
        task.folder,
        name=task.module,
        provenance=provenance,
        licence=task.recipe.licence,
        build_key=task.key,
    )
    _discard(keep)
    return Outcome(task.module, "built", facts=_facts(program, student, certificate, provenance))


def _discard(keep: Path | None) -> None:
    if keep is not None:
        discard(keep)


def demand(certificate: Certificate, tolerance: float, name: str) -> None:
    """Refuse a form whose certified bound is above its tolerance.

    Raises:
        BuildError: It is; the text gives both figures and where the worst was seen.
    """
    if not certificate.bound <= tolerance:
        at = ", ".join(f"{key} = {value:.4g}" for key, value in certificate.worst_at.items())
        raise BuildError(
            f"{name} misses its tolerance: bound {certificate.bound:.2e} of the "
            f"{certificate.measure}, asked for {tolerance:.0e}; worst {certificate.worst:.2e} "
            f"at {at}"
        )


def _hold_claims(law: Law) -> None:
    false = [found for found in findings(law) if found.is_error]
    if false:
        raise BuildError(f"{law.identity}: {false[0].headline}; `lawc check` shows where")


def _facts(
    program: Program, student: Student, certificate: Certificate, provenance: dict[str, Any]
) -> dict[str, Any]:
    return {
        "form": student.form.spec()["kind"],
        "size": student.form.size,
        "grade": certificate.grade,
        "bound": certificate.bound,
        "kind": program.kind,
        "seconds": provenance["seconds"],
        "open": [n for n, how in (certificate.moves or {}).items() if how != "proved"],
    }
