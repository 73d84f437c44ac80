"""The verbs of the package: load, compile, train, distil, certify, freeze."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import overload

from lawc.artifact.module import FrozenModule
from lawc.certificate.certificate import Certificate
from lawc.certificate.certify import certify as _certify
from lawc.certificate.rules import RuleStudent, certify_rule, distil_rule
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.deciding.slicing import RuleSignature
from lawc.diagnostics.diagnostic import BuildError, CompileError, LawcError
from lawc.distillation.distil import Student
from lawc.distillation.distil import distil as _distil
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.knowledge.rule import Rule
from lawc.lowering.columns import Columns
from lawc.lowering.plan import Signature
from lawc.lowering.program import Program, compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline import checking
from lawc.pipeline import freezing as _freezing
from lawc.pipeline.finding import find_knowledge
from lawc.pipeline.rules.freezing import freeze_rule
from lawc.training.budget import Progress
from lawc.training.device import require_device
from lawc.training.fields import FieldTeacher
from lawc.training.recipe import Recipe, recipe_of
from lawc.training.solved import Solved, solved
from lawc.training.train import Teacher
from lawc.training.train import train as _train


def library() -> KnowledgeBase:
    """Return the knowledge that ships with lawc.

    Raises:
        CheckError: It has errors, which is a defect of lawc.
    """
    return checking.demand(checking.read_library())


def load(*paths: str | os.PathLike[str]) -> KnowledgeBase:
    """Return the knowledge of files and folders, beside that of the library.

    Args:
        paths: Files that end in .law, .rule, .law.md or .rule.md, and folders with such files.

    Raises:
        CheckError: A law has errors; `diagnostics` holds all of them.
        LawcError: A path does not exist.
    """
    if not paths:
        raise LawcError("expected a file or a folder of laws, as in load('knowledge')")
    base, _ = checking.read_paths([Path(path) for path in paths])
    return checking.demand(base)


def read_data(path: str | os.PathLike[str]) -> Columns:
    """Return the columns of a Parquet file that `lawc data` wrote, with units and lineage.

    Raises:
        LawcError: The file does not say what it is, or was changed or damaged.
    """
    return Columns.from_parquet(Path(path))


@overload
def compile(law: Law, signature: str | Signature | None = None) -> Program: ...
@overload
def compile(
    law: Rule, signature: str | RuleSignature | None = None, *, as_of: str | date | None = None
) -> RuleProgram: ...
@overload
def compile(
    law: str, signature: str | None = None, *, as_of: str | date | None = None
) -> Program | RuleProgram: ...
def compile(
    law: Law | Rule | str,
    signature: str | Signature | RuleSignature | None = None,
    *,
    as_of: str | date | None = None,
) -> Program | RuleProgram:
    """Return the program by which a law or a rule answers a signature.

    Args:
        law: From a knowledge base, or the identity of one that is found from the working folder.
        signature: Any direction that a law can be solved in, `t x0 m c k F0 w -> x`; of a rule
            what it decides from what is given, `eGFR ACR -> risk`. By default as it is written.
        as_of: The day of the question, for a rule with dates, `2024-07-01`; left out, questions
            bring their own.

    Raises:
        CompileError: The outputs are not determined, or the rule is not in force on that day; the
            text says what is missing.
        LawcError: No law or rule has that identity.
    """
    found = find_knowledge(law) if isinstance(law, str) else law
    if isinstance(found, Rule):
        text = signature if signature is None else str(signature)
        return compile_rule(found, text, as_of)
    if not isinstance(found, Law):
        given = type(found).__name__
        raise CompileError(f"expected a law, a rule or the identity of one, got {given}")
    if as_of is not None:
        raise CompileError(f"{found.identity} is a law and does not depend on the day")
    asked = str(signature) if isinstance(signature, RuleSignature) else signature
    return compile_law(found, asked if asked is not None else default_signature(found))


def train(
    program: Program,
    recipe: Recipe | None = None,
    *,
    tolerance: float = 1e-3,
    widths: tuple[int, ...] | None = None,
    seconds: float = 120.0,
    seed: int = 0,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    device: str | None = None,
) -> Teacher | FieldTeacher | Solved:
    """Return a network that was fitted to a program; a linear law is solved instead.

    Another law of fields, or of states whose time a recipe cuts into slabs, is learned from its
    equations and conditions; the reference only judges. Other states are fitted to their reference,
    and learned in slabs where one network falls too slowly.

    Args:
        program: The law and its domain.
        recipe: How, from `read_recipe`; its tolerance, ladder and seconds count then.
        tolerance: Largest error to aim at, as a share of `program.scale`.
        widths: Of the hidden layers; the largest of the usual ladder where None.
        seconds: To spend, on one core.
        seed: Of points and first weights.
        progress: Called with a fraction, the error on fresh points so far, and a few words.
        checkpoint: For a law that is learned so, a file that a killed training goes on from.
        device: For a law that is learned so, where residuals and slopes are computed, such as
            `cuda:1`; the recipe's where None.

    Raises:
        DeviceError: The device is not on this machine.
        RecipeError: The device is named as none is, or tolerance, widths or seconds cannot be
            followed.
        TrainingError: No start led to a network of a law that is learned so; the text names the
            term and the points.
    """
    asked = recipe or _recipe(program, tolerance, (widths,) if widths else None, seconds)
    if device is not None:
        asked = asked.on(device)
    require_device(asked.train.device)
    keep = Path(checkpoint) if checkpoint else None
    # Who names widths asks for a network, which a law of states can be fitted to.
    named = widths is not None and program.plan.flow is not None
    done = None if named else solved(program, asked, progress, seed)
    return done or _train(program, asked, progress, seed, keep=keep)


@overload
def distil(source: RuleProgram) -> RuleStudent: ...
@overload
def distil(
    source: Program | Teacher | FieldTeacher | Solved,
    *,
    tolerance: float = 1e-3,
    ladder: tuple[tuple[int, ...], ...] | None = None,
    seconds: float = 120.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Student: ...
def distil(
    source: Program | Teacher | FieldTeacher | Solved | RuleProgram,
    *,
    tolerance: float = 1e-3,
    ladder: tuple[tuple[int, ...], ...] | None = None,
    seconds: float = 120.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Student | RuleStudent:
    """Return the most compact form that holds a tolerance: a formula, else a small network.

    A rule is never approximated: its form is its decision, whatever the tolerance.

    Args:
        source: A program, or a teacher of it.
        tolerance: Largest error, as a share of `program.scale`.
        ladder: Hidden widths to choose from, from small to large.
        seconds: To spend on training, on one core.
        seed: Of points and first weights.
        progress: See `train`.

    Raises:
        BuildError: No network of the ladder holds the tolerance; the text gives the figures.
        RecipeError: The tolerance, the ladder or the seconds cannot be followed.
    """
    if isinstance(source, RuleProgram):
        return distil_rule(source)
    program = source if isinstance(source, Program) else source.program
    recipe = _recipe(program, tolerance, ladder, seconds)
    return _distil(source, recipe, progress=progress, seed=seed)


def certify(
    student: Student | Teacher | FieldTeacher | Solved | RuleStudent,
    program: Program | None = None,
    *,
    points: int | None = None,
) -> Certificate:
    """Return how far a form may be off its law, at points that its making never saw.

    Args:
        student: What is to be certified.
        program: Its law and domain; by default those it was made for.
        points: Independent random points to try.

    Raises:
        BuildError: Training saw the points of the certificate, or this is no student.
    """
    if isinstance(student, RuleStudent):
        return certify_rule(student, points)
    if not hasattr(student, "form"):
        raise BuildError(f"expected what `lawc.distil` returns, got {type(student).__name__}")
    return _certify(
        student.form, program or student.program, trained_on=student.seeds, points=points
    )


def freeze(
    student: Student | RuleStudent,
    certificate: Certificate,
    folder: str | os.PathLike[str],
    *,
    licence: str = "",
) -> FrozenModule:
    """Write a certified form as a frozen module and return it as read back.

    Args:
        student: What was certified.
        certificate: Of just this form.
        folder: `modules/<discipline>/<name>`; a module that stands there is replaced.
        licence: Under which it may be used.

    Raises:
        BuildError: These are no student and certificate.
        ManifestError, DomainError: What was to be written does not read back.
    """
    if isinstance(student, RuleStudent):
        return freeze_rule(student, certificate, Path(folder), licence=licence)
    if not hasattr(student, "form") or not isinstance(certificate, Certificate):
        given = f"{type(student).__name__} and {type(certificate).__name__}"
        raise BuildError(f"expected a student and its certificate, got {given}")
    return _freezing.freeze(
        student.form,
        certificate,
        student.program,
        Path(folder),
        provenance=student.facts,
        licence=licence,
    )


def _recipe(
    program: Program,
    tolerance: float,
    ladder: tuple[tuple[int, ...], ...] | None,
    seconds: float,
) -> Recipe:
    return recipe_of(
        {
            "law": program.law.identity,
            "signature": str(program.signature),
            "tolerance": tolerance,
            "train": {"seconds": seconds},
            "ladder": {"widths": ladder} if ladder else {},
        }
    )
