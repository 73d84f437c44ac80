"""Train a network on a law of fields by what the law says of it, judged by the reference.

No row of the reference is learned: equations and conditions alone lead the network, most conditions
hold by construction, and the reference only says when it is good enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lawc.backends.statement import Points
from lawc.forms.network import Network, count
from lawc.knowledge.law import Quantity
from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.lowering.statements import Sided, Stated, state
from lawc.training.budget import Progress, silent
from lawc.training.descent import ACCEPTANCE, LOOKING, Trained, descend
from lawc.training.problem import Errors, Judge, Problem, Site
from lawc.training.recipe import Recipe
from lawc.training.settings import Settings

GOAL = 0.4
"""Share of the tolerance at which training is content and stops."""
Judged = tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]
"""Inputs, outputs of the reference, and what an error of each is measured against, in SI."""
Rows = Callable[[int], Judged]
"""What a seed is judged by: those from `ACCEPTANCE` on accept, others choose."""

JUDGED = 2_000
"""Points on which the reference is asked."""
SIDED = 0.25
"""Points on each side that is learned, for each one inside."""


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
    form: Network
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
        program: A law of fields, with the ranges that count.
        widths: Of the hidden layers.
        settings: Method, time and points.
        progress: Told the share of the budget and the error against the reference.
        keep: A file for checkpoints; a training that was interrupted goes on from it.
        rows: What it is judged by; the law's reference where None.

    Raises:
        CompileError: The law is none of fields, or cannot be stated for a network.
        TrainingError: No start led to a network; the text names the term and the points.
        CheckpointError: The file is of another training.
    """
    stated = state(program, widths)
    how = settings or Settings()
    problem = problem_of(program, stated, rows)
    assert problem.judge is not None
    problem.judge(torch.zeros(stated.inside.count, dtype=torch.float64), LOOKING + how.seed)
    found = descend(problem, how, progress, keep)
    seeds = (LOOKING + how.seed, ACCEPTANCE + how.seed)
    return FieldTeacher(program, stated.network(found.theta), found, seeds)


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
    inputs = len(program.inputs)
    widths = max(recipe.ladder.widths, key=lambda w: count((inputs, *w, 1)))
    asked = recipe.train
    settings = Settings(
        asked.optimiser,
        seconds=asked.seconds,
        goal=GOAL * recipe.tolerance,
        measure="largest",
        points=asked.points,
        redraw=asked.redraw,
        starts=asked.starts,
        causal=asked.causal,
        dtype=torch.float32 if asked.dtype == "float32" else torch.float64,
        seed=seed,
    )
    return learn(program, widths, settings, progress, keep)


def problem_of(program: Program, stated: Stated, rows: Rows | None = None) -> Problem:
    """Return what is trained: the equations inside, conditions at their places, and the judge."""
    inside = Site("interior", stated.inside, lambda n, seed: _inside(stated, n, seed))
    sided = [
        Site(one.name, one.statement, lambda n, seed, one=one: _sided(stated, one, n, seed), SIDED)
        for one in stated.sided
    ]
    judged = field_judge(stated, rows or (lambda seed: reference_rows(program, seed)))
    return Problem((inside, *sided), judged, _time(program))


def field_judge(stated: Stated, rows: Rows) -> Judge:
    """Return what holds weights against rows of a reference; they are asked once for each seed."""
    known: dict[int, Judged] = {}

    def judge(theta: Tensor, seed: int) -> Errors:
        if seed not in known:
            known[seed] = rows(seed)
        given, truth, scales = known[seed]
        with torch.no_grad():
            said = stated.network(theta)(given)
        l2, largest, worst = {}, {}, (-1.0, 0)
        for name, values in truth.items():
            off = torch.nan_to_num((said[name] - values).abs(), nan=math.inf)
            share = off / scales[name]
            l2[name] = float(off.norm() / (values.norm() or 1.0))
            largest[name] = float(share.max())
            worst = max(worst, (largest[name], int(share.argmax())))
        return Errors(
            l2, largest, {name: float(column[worst[1]]) for name, column in given.items()}
        )

    return judge


def reference_rows(program: Program, seed: int, rows: int = JUDGED) -> Judged:
    """Return inputs, the reference and what an error is measured against, all in SI."""
    columns = program.sample(rows, seed)
    answers, scales = program.reference(columns), program.scale(columns)
    return (
        _tensors(to_si(program.inputs, columns)),
        _tensors(to_si(program.outputs, answers)),
        {
            q.name: torch.from_numpy(np.asarray(scales[q.name]) * q.unit.factor)
            for q in program.outputs
        },
    )


def split_rows(given: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> Rows:
    """Return rows of a table in SI, one half to choose by and the other half to accept by."""
    order = np.random.default_rng(0).permutation(len(next(iter(truth.values()))))
    halves = order[::2], order[1::2]
    sizes = {name: float(np.abs(values).max()) or 1.0 for name, values in truth.items()}

    def rows(seed: int) -> Judged:
        half = halves[int(seed >= ACCEPTANCE)]
        scales = {name: torch.full((len(half),), size).double() for name, size in sizes.items()}
        return (
            _tensors({name: values[half] for name, values in given.items()}),
            _tensors({name: values[half] for name, values in truth.items()}),
            scales,
        )

    return rows


def _inside(stated: Stated, n: int, seed: int) -> Points:
    return stated.points(stated.inside_columns(n, seed))


def _sided(stated: Stated, one: Sided, n: int, seed: int) -> Points:
    return stated.points(stated.sided_columns(one, n, seed))


def _time(program: Program) -> tuple[str, float, float] | None:
    """Return the input in which the fields move, with its range in SI."""
    fields = program.plan.fields
    for quantity in program.inputs:
        low, high = quantity.low, quantity.high
        moves = fields is not None and quantity.name == fields.time
        if moves and low is not None and high is not None:
            return (quantity.name, *_span(quantity, low, high))
    return None


def _span(quantity: Quantity, low: float, high: float) -> tuple[float, float]:
    ends = to_si((quantity,), {quantity.name: np.array([low, high])})[quantity.name]
    return float(ends[0]), float(ends[1])


def _tensors(columns: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(values)) for name, values in columns.items()}
