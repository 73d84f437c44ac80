"""Choose the smallest form that holds a tolerance.

A law that can be written out becomes its formula and is never approximated. Otherwise networks of
a ladder are fitted, from small to large, until one holds the tolerance; a rung that will not get
there is left early, so that the time goes to the one that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from lawc.diagnostics.diagnostic import BuildError, LawcError
from lawc.distillation.keeping import SHARE, demand_sentences, kept
from lawc.distillation.student import Rung, Student
from lawc.forms.formula import Formula
from lawc.forms.network import Network
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone
from lawc.lowering.sampler import to_si
from lawc.training.attempt import Attempt
from lawc.training.budget import Budget, Progress, silent
from lawc.training.courses import Left, Watch, in_slabs, put_away, take_up
from lawc.training.device import require_device
from lawc.training.fields import FieldTeacher, by_recipe, is_learned
from lawc.training.recipe import Recipe
from lawc.training.rows import drawn
from lawc.training.solved import Solved, solved
from lawc.training.train import ENOUGH, Teacher, Workshop

Target = Literal["auto", "formula", "network"]

_LAST_RUNG = 0.4
"""Share of the time that is kept for the largest network."""

_LEAST_SHARE = 0.05
_WORTH_A_TRAINING = 0.2
"""Share of the seconds that least squares must leave for a network to be tried in their place."""

_FORMULA_ROWS = 512
_FORMULA_AGREES = 1e-6


def distil(
    source: Program | Teacher | FieldTeacher | Solved | Workshop,
    recipe: Recipe | None = None,
    *,
    target: Target = "auto",
    tolerance: float | None = None,
    progress: Progress | None = None,
    seed: int = 0,
    keep: Path | None = None,
) -> Student:
    """Return the smallest form that holds the tolerance.

    For a law of fields it is what least squares or a training on residuals made. A course that no
    network follows is learned in slabs of time, a small network each.

    Args:
        source: A program; a teacher whose rows are used again; or a workshop, whose rows and starts
            are.
        recipe: Ladder and budget; a teacher's or workshop's own by default.
        target: `formula` or `network` to allow nothing else. A network for a law with a closed
            form is made only where it is asked for.
        tolerance: Largest error as a share of `program.scale`; the recipe's by default.
        progress: Told the share of the budget and the error against the reference.
        seed: The same seed draws the same rows and starts.
        keep: A file for checkpoints, of what is learned from its equations.

    Raises:
        BuildError: No network of the ladder holds the tolerance; or a formula is asked for, but
            the law has no closed form, or it disagrees with the reference.
        DeviceError: A network is to be trained on a device that is not on this machine.
        DomainError: The reference has no answer in half of the domain, or `valid` leaves nothing.
    """
    program = source if isinstance(source, Program) else source.program
    tell = progress or silent
    if isinstance(source, Solved):
        kept = source.recipe if recipe is None else recipe
        return _solved(source, tolerance or kept.tolerance)
    if isinstance(source, FieldTeacher):
        return _of_fields(source, tolerance or (recipe or _plain(program)).tolerance)
    if target != "network":
        if program.closed_form is not None:
            return _formula(program, seed)
        if target == "formula":
            raise BuildError(f"{program.law.identity} has no closed form for {program.signature}")
    if recipe is None:
        recipe = _plain(program)
        if not isinstance(source, Program):
            recipe = source.workshop.recipe if isinstance(source, Teacher) else source.recipe
    if tolerance is not None:
        recipe = recipe.model_copy(update={"tolerance": tolerance})
    require_device(recipe.train.device)
    # A small network of a law of states is more compact than what least squares need.
    small = isinstance(source, Teacher) or program.plan.flow is not None
    found = None if small else solved(program, recipe, tell, seed)
    if found is not None:
        left = recipe.train.seconds - found.seconds
        if found.error <= recipe.tolerance or left < _WORTH_A_TRAINING * recipe.train.seconds:
            return _solved(found, recipe.tolerance)
        return _instead(found, recipe, left, tell, seed, keep)
    if is_learned(program, recipe):
        return _of_fields(by_recipe(program, recipe, tell, seed, keep), recipe.tolerance)
    budget = Budget(recipe.train.seconds)
    said = demand_sentences(program)
    if isinstance(source, Teacher):
        return _held(_students(source, recipe, budget, tell), source.workshop, said, tell)
    if isinstance(source, Workshop):
        workshop = source.again(recipe, budget)
    else:
        workshop = Workshop(program, recipe, seed, budget)
    return _held(_followed(workshop, tell, keep), workshop, said, tell)


def _held(
    student: Student, workshop: Workshop, said: Sequence[Monotone], tell: Progress
) -> Student:
    """Return a student that moves with its inputs as the law says, where one is found."""
    if not said or not isinstance(student.form, Network):
        return student
    seconds = SHARE * workshop.recipe.train.seconds

    def again(other: Workshop) -> tuple[Network, Student]:
        made = _student(small := other.again(other.recipe, Budget(seconds)), *_climb(small, tell))
        assert isinstance(made.form, Network)
        return made.form, made

    def changed(made: Student, form: Network, error: float) -> Student:
        rungs = (*made.ladder[:-1], replace(made.ladder[-1], error=error))
        return replace(made, form=form, error=error, ladder=rungs)

    found = kept(student.form, student, workshop, said, again, changed)
    return replace(found.made, built_in=found.built_in, covered=found.shares)


def _of_fields(teacher: FieldTeacher, allowed: float) -> Student:
    """Return the network of a law of fields, which nothing smaller replaces yet."""
    program = teacher.program
    trained, form = teacher.trained, teacher.form
    holds = teacher.error <= ENOUGH * allowed
    if not holds:
        worst = trained.errors.worst_at if trained.errors is not None else {}
        at = ", ".join(f"{name} = {value:.4g}" for name, value in worst.items())
        raise BuildError(
            f"the network of {program.law.identity} is off by {teacher.error:.2e} of the scale at "
            f"{at}, asked for {allowed:.0e}; training ended because {trained.why}"
        )
    rung = Rung(form.sizes[1:-1], form.size, teacher.error, trained.seconds, holds)
    return Student(form, program, "network", teacher.error, teacher.seeds, (rung,))


def _instead(
    found: Solved, recipe: Recipe, left: float, tell: Progress, seed: int, keep: Path | None
) -> Student:
    """Return a network for a linear law whose least squares stand still above the tolerance.

    Raises:
        BuildError: It is further off too; the text says what both reached.
    """
    rest = recipe.train.model_copy(update={"seconds": left})
    try:
        teacher = by_recipe(
            found.program, recipe.model_copy(update={"train": rest}), tell, seed, keep
        )
        return _of_fields(teacher, recipe.tolerance)
    except LawcError as trouble:
        try:
            return _solved(found, recipe.tolerance)
        except BuildError as refusal:
            raise BuildError(f"{refusal}; a network in their place: {trouble}") from trouble


def _formula(program: Program, seed: int) -> Student:
    """Return the exact form, after one more look at whether it is the law's answer."""
    assert program.closed_form is not None
    form = Formula(program.closed_form)
    rows = drawn(program, _FORMULA_ROWS, seed, "domain")
    with torch.no_grad():
        si = to_si(program.inputs, rows.columns)
        found = form({name: torch.from_numpy(values) for name, values in si.items()})
    error = 0.0
    for name, values in rows.pilot.values.items():
        shares = abs(found[name].numpy() - values) / rows.pilot.scales[name]
        # What is no number would pass for less than any error.
        error = max(error, float(np.nan_to_num(shares, nan=np.inf).max(initial=0.0)))
    if not error <= _FORMULA_AGREES:
        raise BuildError(
            f"the closed form of {program.law.identity} differs from the reference by {error:.1e}"
        )
    return Student(form, program, "formula", error, (seed,))


def _solved(found: Solved, tolerance: float) -> Student:
    """Return the student of a linear law.

    Raises:
        BuildError: It is further off than the tolerance.
    """
    if not found.error <= tolerance:
        raise BuildError(
            f"least squares do not hold {tolerance:.0e} for {found.program.law.identity}: they "
            f"are {found.error:.1e} off after {found.seconds:.0f} s with {found.form.size} stored "
            "numbers; allow more seconds, a larger tolerance or a narrower domain"
        )
    return Student(found.form, found.program, "least squares", found.error, found.seeds)


def _followed(workshop: Workshop, progress: Progress, keep: Path | None) -> Student:
    """Return the first network that holds, or slabs of time where the last falls too slowly."""
    watch = Watch(workshop.program, workshop.recipe, workshop.budget, workshop.seed)
    left = take_up(keep, watch)
    if left is not None:
        rungs = (_rung(left.found.sizes[1:-1], left.found, workshop.enough),)
    else:
        best, rungs = _climb(workshop, progress, watch)
        if watch.found is None:
            return _student(workshop, best, rungs)
        left = Left(workshop.network(best), best, workshop.budget.spent)
        put_away(keep, watch, left)
    slabs = in_slabs(watch, left, progress, keep)
    if slabs is None:
        return _student(workshop, left.found, rungs, left.form)
    made = _of_fields(slabs, workshop.recipe.tolerance)
    return replace(made, seeds=(*workshop.seeds, *made.seeds), ladder=(*rungs, *made.ladder))


def _climb(
    workshop: Workshop, progress: Progress, watch: Watch | None = None
) -> tuple[Attempt, tuple[Rung, ...]]:
    """Try the ladder upwards, to the first network that holds; the last one may be left."""
    ladder = sorted(workshop.recipe.ladder.widths, key=workshop.weights)
    budget, rungs = workshop.budget, list[Rung]()
    best: Attempt | None = None
    for number, widths in enumerate(ladder):
        left = len(ladder) - number
        if rungs and budget.is_over:
            break
        found = workshop.fit(
            widths,
            budget.part(1.0),
            share=_share(1.0 - budget.fraction, left),
            progress=_within(budget, widths, progress),
            leave=watch if left == 1 else None,
        )
        rungs.append(_rung(widths, found, workshop.enough))
        if best is None or found.error < best.error:
            best = found
        if rungs[-1].holds:
            break
    assert best is not None
    return best, tuple(rungs)


def _share(remaining: float, left: int) -> float:
    """Return which part of what remains a rung gets when so many are left, itself included."""
    if left == 1:
        return 1.0
    spare = max(0.0, remaining - _LAST_RUNG) / (left - 1)
    return max(_LEAST_SHARE, spare / max(remaining, 1e-9))


def _students(teacher: Teacher, recipe: Recipe, budget: Budget, progress: Progress) -> Student:
    """Try networks smaller than the teacher; it stays where none of them holds."""
    old = teacher.workshop
    # Rows and tapes are what the teacher was made with.
    workshop = old.again(recipe, budget)
    size = teacher.form.size
    ladder = sorted(
        (w for w in recipe.ladder.widths if workshop.weights(w) < size), key=workshop.weights
    )
    rungs = list[Rung]()
    for number, widths in enumerate(ladder):
        if budget.is_over:
            break
        found = workshop.fit(
            widths,
            budget.part(1.0),
            share=0.9 / (len(ladder) - number),
            progress=_within(budget, widths, progress),
        )
        rungs.append(_rung(widths, found, workshop.enough))
        if rungs[-1].holds:
            return _student(workshop, found, tuple(rungs))
    rungs.append(_rung(teacher.found.sizes[1:-1], teacher.found, workshop.enough))
    return _student(workshop, teacher.found, tuple(rungs))


def _student(
    workshop: Workshop, found: Attempt, rungs: tuple[Rung, ...], form: Network | None = None
) -> Student:
    """Return the student of an attempt, whose form is made here if it is not given.

    Raises:
        BuildError: It is further off than the tolerance.
    """
    program, tolerance = workshop.program, workshop.recipe.tolerance
    if not found.error <= tolerance:
        tried = "; ".join(
            f"{' × '.join(map(str, rung.widths))}: {rung.error:.1e} in {rung.seconds:.0f} s"
            for rung in rungs
        )
        raise BuildError(
            f"no network of the ladder holds {tolerance:.0e} for {program.law.identity}: {tried}; "
            "allow more seconds, larger networks or a narrower domain"
        )
    form = form or workshop.network(found)
    return Student(form, program, "network", found.error, workshop.seeds, rungs)


def _rung(widths: tuple[int, ...], found: Attempt, enough: float) -> Rung:
    return Rung(tuple(widths), len(found.theta), found.error, found.seconds, found.error <= enough)


def _within(budget: Budget, widths: tuple[int, ...], progress: Progress) -> Progress:
    """Return a progress that tells of the whole budget while one rung is fitted."""
    layers = " × ".join(map(str, widths))

    def tell(fraction: float, error: float | None, detail: str) -> None:
        progress(budget.fraction, error, f"network {layers}")

    return tell


def _plain(program: Program) -> Recipe:
    return Recipe(law=program.law.identity, signature=str(program.signature))
