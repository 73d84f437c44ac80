"""Train a network on a law of fields by what the law says of it, judged by the reference.

No row of the reference is learned: equations and conditions alone lead the network, most conditions
hold by construction, and the reference only says when it is good enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from lawc.backends.statement import Points
from lawc.diagnostics.diagnostic import CompileError, LawcError
from lawc.forms.form import Form
from lawc.forms.network import Network, count
from lawc.forms.slabs import Slabs
from lawc.knowledge.law import Quantity
from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.lowering.statements import Sided, Stated, state
from lawc.training.budget import Progress, silent
from lawc.training.descent import ACCEPTANCE, LOOKING, Trained, descend
from lawc.training.device import require_device
from lawc.training.judging import Rows, field_judge, reference_rows
from lawc.training.leaving import TOO_SLOW, leaves
from lawc.training.marching import March, march
from lawc.training.paces import slabs_for
from lawc.training.problem import Problem, Site
from lawc.training.recipe import Recipe
from lawc.training.settings import Settings
from lawc.training.trouble import TrainingError

GOAL = 0.4
"""Share of the tolerance at which training is content and stops."""

SIDED = 0.25
"""Points on each side that is learned, for each one inside."""

Cut = tuple[Stated, int]
"""A law for a network for each slab of time, and how many slabs there are."""


@dataclass(frozen=True, eq=False)
class FieldTeacher:
    """A network that was trained on a law of fields.

    Attributes:
        program: The law and its domain.
        form: The network, with what is exact about it.
        trained: How it went.
        seeds: Seeds of all points on which anything was judged.
    """

    program: Program
    form: Network | Slabs
    trained: Trained
    seeds: tuple[int, ...]

    @property
    def error(self) -> float:
        """Largest error on fresh points, as a share of `program.scale`."""
        errors = self.trained.errors
        return math.inf if errors is None else max(errors.largest.values())


def learn(
    program: Program,
    widths: Sequence[int],
    settings: Settings | None = None,
    progress: Progress = silent,
    keep: Path | None = None,
    rows: Rows | None = None,
) -> FieldTeacher:
    """Train a network with these hidden widths.

    The seconds of the settings are those of training: the reference is asked before they begin.

    Args:
        program: A law of fields or states, with the ranges that count.
        widths: Of the hidden layers.
        settings: Method, time and points.
        progress: Told the share of the budget and the error against the reference.
        keep: A file for checkpoints; a training that was interrupted goes on from it.
        rows: What it is judged by; the law's reference where None.

    Raises:
        CompileError: The law cannot be stated for a network, or its time not be cut into slabs.
        TrainingError: No start led to a network; the text names the term and the points.
        CheckpointError: The file is of another training.
        DeviceError: The device of the settings is not on this machine.
    """
    how = settings or Settings()
    require_device(how.device, how.dtype)
    # Slabs and what was tried before them are judged by the same rows, asked once.
    asked = cache(rows or (lambda seed: reference_rows(program, seed)))
    is_cut = how.slabs is not None and how.slabs > 1
    stated = state(program, widths, march=is_cut)
    progress(0.0, None, "solving the reference that judges")
    asked(LOOKING + how.seed)
    if is_cut:
        return _marched(program, stated, how, progress, keep, asked)
    problem = problem_of(program, stated, asked)
    slabs = cut(program, widths, how)
    found = descend(problem, how, progress, keep, None if slabs is None else leaves(how.goal))
    alone = FieldTeacher(program, stated.network(found.theta), found, _seeds(how))
    if slabs is None or found.why != TOO_SLOW:
        return alone
    other = in_its_place(program, alone.form, slabs, how, progress, keep, asked, found.seconds)
    return other or alone


def cut(program: Program, widths: Sequence[int], how: Settings) -> Cut | None:
    """Return the law for slabs of time and how many they may be; None where it stays whole."""
    if how.slabs is not None or how.goal <= 0 or how.optimiser != "auto":
        return None
    if time_of(program) is None:
        return None
    try:
        stated = state(program, widths, march=True)
    except LawcError:
        return None
    number = slabs_for(program, stated)
    return None if number is None else (stated, number)


def in_its_place(
    program: Program,
    alone: Form,
    found: Cut,
    how: Settings,
    progress: Progress,
    keep: Path | None,
    rows: Rows,
    spent: float,
) -> FieldTeacher | None:
    """Return slabs of time, where they are nearer to the reference than one network that was left.

    Args:
        program: The law, with the ranges that count.
        alone: The network.
        found: What `cut` returned.
        how: As for the network; its seconds are those of both.
        progress: Told the share of the budget and the error of the slab.
        keep: The file of the network's checkpoint, beside which those of slabs lie.
        rows: What both are judged by.
        spent: Seconds that the network has taken.

    Raises:
        CheckpointError: The file of slabs is of another training.
    """
    stated, number = found
    beside = None if keep is None else keep.with_name(f"{keep.stem}.slabs{keep.suffix}")
    try:
        how = replace(how, slabs=number)
        marched = _marched(program, stated, how, progress, beside, rows, spent)
    except TrainingError:
        return None

    def seen(form: Form) -> float:
        # Chosen by the points that are looked at: those that accept choose nothing.
        return field_judge(lambda _: form, rows)(torch.zeros(1), LOOKING + how.seed).by(how.measure)

    return marched if seen(marched.form) < seen(alone) else None


def _marched(
    program: Program,
    stated: Stated,
    how: Settings,
    progress: Progress,
    keep: Path | None,
    rows: Rows,
    spent: float = 0.0,
) -> FieldTeacher:
    time = time_of(program)
    assert time is not None
    form, found = march(March(stated, rows, time, how, SIDED), progress, keep, spent)
    return FieldTeacher(program, form, found, _seeds(how))


def _seeds(how: Settings) -> tuple[int, ...]:
    return (LOOKING + how.seed, ACCEPTANCE + how.seed)


def by_recipe(
    program: Program,
    recipe: Recipe,
    progress: Progress = silent,
    seed: int = 0,
    keep: Path | None = None,
) -> FieldTeacher:
    """Train the largest network of a recipe's ladder on a law of fields.

    Args:
        program: The law, with the ranges that count.
        recipe: Tolerance, ladder, and how to train.
        progress: Told the share of the budget and the error against the reference.
        seed: The same seed draws the same points and starts.
        keep: A file for checkpoints; a training that was interrupted goes on from it.
    """
    return learn(program, *asked_of(program, recipe, seed), progress, keep)


def asked_of(program: Program, recipe: Recipe, seed: int = 0) -> tuple[tuple[int, ...], Settings]:
    """Return the hidden widths and the settings that a recipe asks for, for what is learned."""
    inputs = len(program.inputs)
    widths = max(recipe.ladder.widths, key=lambda w: count((inputs, *w, 1)))
    asked = recipe.train
    return widths, Settings(
        asked.optimiser,
        seconds=asked.seconds,
        goal=GOAL * recipe.tolerance,
        measure="largest",
        points=asked.points,
        redraw=asked.redraw,
        starts=asked.starts,
        causal=asked.causal,
        slabs=asked.slabs,
        dtype=torch.float32 if asked.dtype == "float32" else torch.float64,
        device=asked.device,
        seed=seed,
    )


def is_learned(program: Program, recipe: Recipe) -> bool:
    """Return whether a law is learned from what it says: of fields, or of states in slabs.

    Raises:
        CompileError: The recipe cuts the time of a law in which nothing moves.
    """
    plan, in_slabs = program.plan, (recipe.train.slabs or 1) > 1
    if in_slabs and plan.flow is None and plan.fields is None:
        raise CompileError(
            f"`slabs` cuts time, and nothing in {plan.law.identity} moves in time; remove it from "
            "the recipe"
        )
    return plan.fields is not None or in_slabs


def problem_of(program: Program, stated: Stated, rows: Rows | None = None) -> Problem:
    """Return what is trained: the equations inside, conditions at their places, and the judge."""
    inside = Site("interior", stated.inside, lambda n, seed: _inside(stated, n, seed))
    sided = [
        Site(one.name, one.statement, lambda n, seed, one=one: _sided(stated, one, n, seed), SIDED)
        for one in stated.sided
    ]
    judged = field_judge(stated.network, rows or (lambda seed: reference_rows(program, seed)))
    return Problem((inside, *sided), judged, time_of(program))


def _inside(stated: Stated, n: int, seed: int) -> Points:
    return stated.points(stated.inside_columns(n, seed))


def _sided(stated: Stated, one: Sided, n: int, seed: int) -> Points:
    return stated.points(stated.sided_columns(one, n, seed))


def time_of(program: Program) -> tuple[str, float, float] | None:
    """Return the input in which fields or states move, with its range in SI."""
    fields, flow = program.plan.fields, program.plan.flow
    moving = fields.time if fields is not None else flow.variable if flow is not None else None
    for quantity in program.inputs:
        low, high = quantity.low, quantity.high
        if quantity.name == moving and low is not None and high is not None:
            return (quantity.name, *_span(quantity, low, high))
    return None


def _span(quantity: Quantity, low: float, high: float) -> tuple[float, float]:
    ends = to_si((quantity,), {quantity.name: np.array([low, high])})[quantity.name]
    return float(ends[0]), float(ends[1])
