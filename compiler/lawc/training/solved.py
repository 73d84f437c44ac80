"""Train a linear law of fields: least squares, and acceptance by the reference.

The answer is a form like any other. What its equations leave at held-out points guides how many
functions it has; its error is measured against the reference, at points that nothing else saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.form import Form
from lawc.lowering.fields.flows import as_fields
from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.training.budget import Budget, Progress, silent
from lawc.training.cells import divided
from lawc.training.collocation import Space, Task
from lawc.training.expanding import form_of, form_of_cells
from lawc.training.from_reference import copied, is_copied
from lawc.training.linear_laws import Choice, solve
from lawc.training.recipe import Recipe

GOAL = 0.4
"""Share of the tolerance at which an answer is good enough."""

SMALL = 1e-2
"""What may be left of the equations, as a share of the tolerance, before the reference is asked."""

SEEDS = 4
_FRESH, _FACES = 2_048, 512
_SHARE = 0.5
"""Of the seconds, for one set of functions: descent or cells must have time left."""
CELL_REACH = 3.0
"""The largest slope of functions, over half a cell."""
_FALLS, _STALLED = 0.8, 2
MOST_VARIED = 2
"""What varies in a law of states, time among it and sources left out."""
_SETS = 4
"""Sets of parameters that are solved anew for acceptance."""


@dataclass(frozen=True, eq=False)
class Solved:
    """What least squares made of a linear law.

    Attributes:
        form: With its weights.
        program: What it answers.
        error: Largest error on fresh points, as a share of `program.scale`.
        typical: Relative L2 of all outputs on the same points.
        left: What is left of the equations at held-out points.
        seconds: Of one core, without the reference.
        seeds: Seeds of all points that its making saw.
        recipe: What was asked.
        copied: Whether the form says what the reference said, and not what the equations say.
    """

    form: Form
    program: Program
    error: float
    typical: float
    left: float
    seconds: float
    seeds: tuple[int, ...]
    recipe: Recipe
    copied: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """What a card says about its making, as JSON."""
        what = "the reference's values by " if self.copied else ""
        return {
            "form": f"{what}least squares over {self.form.size} stored numbers",
            "error_on_fresh_points": self.error,
            "left_of_equations": self.left,
            "training_seeds": list(self.seeds),
        }


def task_of(program: Program) -> Task | None:
    """Return a law of fields, or of states, that least squares solve, None for others.

    It is linear in its fields, or it is at rest and nothing but places vary: then Newton's method
    makes it a few linear ones. A law of states is linear in them, and little varies but time:
    functions in many variables would need to be too many.
    """
    plan = program.plan if program.plan.flow is None else as_fields(program.plan)
    problem = None if plan is None else plan.fields
    if plan is None or problem is None or not problem.quantities:
        return None
    task = Task(plan)
    try:
        if not task.scaled:
            return None
        if program.plan.flow is not None:
            return task if task.is_linear and len(task.scaled) <= MOST_VARIED else None
        at_rest = problem.time is None and set(task.scaled) == set(problem.coordinates)
        return task if task.is_linear or at_rest else None
    except CompileError:
        return None


def solved(
    program: Program, recipe: Recipe, progress: Progress | None = None, seed: int = 0
) -> Solved | None:
    """Return the answer of a linear law, None where the law is another one.

    The answer of a law that is not linear, or of states, counts only where it holds the tolerance.
    Where Newton's method does not solve a law at rest, its reference's fields are put into cells.

    Args:
        program: The law, with the ranges that count.
        recipe: Tolerance and budget.
        progress: Told the share of the budget and the error against the reference.
        seed: The same seed draws the same functions and points.

    Raises:
        DomainError: The reference has no answer in half of the domain.
    """
    task = task_of(program)
    if task is None:
        return None
    # Descent must have time left for a law that Newton's method does not solve.
    seeds = tuple(range(seed * SEEDS, (seed + 1) * SEEDS))
    run = _Run(task, program, recipe, progress or silent, seeds)
    first = run.take(_whole(task, recipe, run.budget.part(_SHARE), seeds[0]))
    cuttable = task.is_linear and program.plan.flow is None
    if first is not None and cuttable and run.best_error > GOAL * recipe.tolerance:
        choice = Choice(
            np.full(len(task.scaled), CELL_REACH), first.space.special, first.space.sizes
        )
        target = SMALL * recipe.tolerance
        run.take(_in_cells(task, choice, target, run.budget.part(1.0), seeds[0]))
    if not task.is_linear and run.best_error > recipe.tolerance and is_copied(task):
        return _copied(run)
    best = run.best
    if best is None:
        return None
    # What is no law of fields can also be learned from its reference.
    sure = task.is_linear and program.plan.flow is None
    return best if sure or best.error <= recipe.tolerance else None


def _copied(run: _Run) -> Solved:
    """Return the reference's fields in cells, or what Newton's method found if that is closer."""
    task, recipe, newton = run.task, run.recipe, run.best
    again = _Run(task, run.program, recipe, run.progress, run.seeds)
    run.program.reference(run.program.sample(1, seed=run.seeds[1]), strict=False)
    # Seconds are those of making: whatever the reference took, cells have theirs.
    again.budget = Budget(max(0.0, recipe.train.seconds - run.spent))
    again.take(_from_reference(run, again.budget))
    assert again.best is not None
    found = replace(again.best, copied=True, seconds=run.spent + again.spent)
    # Where a field has no bound the worst error tells chance: pressures in corners, for one.
    return found if newton is None or found.typical < newton.typical else newton


def _from_reference(run: _Run, budget: Budget) -> Iterator[_Answer]:
    goal = SMALL * run.recipe.tolerance
    found = copied(run.program, run.task, goal, budget, run.seeds[0])
    form = form_of_cells(list(found.spaces), list(found.weights), found.cuts)
    detail = f"the reference's fields in {len(found.spaces)} cells"
    yield _Answer(form, found.spaces[0], found.left, detail)


@dataclass(frozen=True, eq=False)
class _Answer:
    """A form, its functions, and what it leaves of the equations."""

    form: Form
    space: Space
    left: float
    detail: str


class _Run:
    """Holds one answer after another against the reference."""

    def __init__(
        self,
        task: Task,
        program: Program,
        recipe: Recipe,
        progress: Progress,
        seeds: tuple[int, ...],
    ) -> None:
        self.task, self.program, self.recipe, self.progress = task, program, recipe, progress
        self.seeds, self.budget = seeds, Budget(recipe.train.seconds)
        self.best: Solved | None = None
        self.spent = 0.0

    @property
    def best_error(self) -> float:
        """The least error so far."""
        return np.inf if self.best is None else self.best.error

    def take(self, answers: Iterable[_Answer]) -> _Answer | None:
        """Return the last answer, once one is good enough or no more is gained."""
        begun, stalled, last = self.budget.spent, 0, None
        for answer in answers:
            self.spent += self.budget.spent - begun
            last = answer
            error, typical = accepted(answer.form, self.program, self.seeds[1:])
            self.progress(self.budget.fraction, error, answer.detail)
            # The reference has an error of its own: below it more functions show nothing more.
            stalled = stalled + 1 if error > _FALLS * self.best_error else 0
            if error < self.best_error:
                self.best = Solved(
                    answer.form,
                    self.program,
                    error,
                    typical,
                    answer.left,
                    self.spent,
                    self.seeds,
                    self.recipe,
                )
            if error <= GOAL * self.recipe.tolerance or stalled >= _STALLED:
                break
            begun = self.budget.spent
        else:
            self.spent += self.budget.spent - begun
        return last


def _whole(task: Task, recipe: Recipe, budget: Budget, seed: int) -> Iterator[_Answer]:
    for found in solve(task, SMALL * recipe.tolerance, budget, seed):
        form = form_of(found.space, found.weights)
        yield _Answer(form, found.space, found.left, f"{found.space.width} functions")


def _in_cells(
    task: Task, choice: Choice, target: float, budget: Budget, seed: int
) -> Iterator[_Answer]:
    for found in divided(task, choice, target, budget, seed):
        form = form_of_cells(list(found.spaces), list(found.weights), found.cuts)
        width = sum(space.width for space in found.spaces)
        detail = f"{width} functions in {len(found.spaces)} cells"
        yield _Answer(form, found.spaces[0], found.left, detail)


def accepted(form: Form, program: Program, seeds: tuple[int, ...]) -> tuple[float, float]:
    """Return the largest error and the relative L2 against the reference on fresh points."""
    parts = [
        program.sample(_FRESH, seed=seeds[0], what="domain"),
        program.sample(_FACES, seed=seeds[1], what="faces"),
    ]
    columns = {q.name: np.concatenate([p[q.name] for p in parts]) for q in program.inputs}
    fields = program.plan.fields
    if fields is not None and fields.exact is None:
        # Each set of parameters is solved anew; a few of them have to do.
        for name in fields.parameters:
            columns[name] = np.resize(columns[name][:_SETS], len(columns[name]))
    truth = program.reference(columns, strict=False)
    good = np.all([np.isfinite(truth[q.name]) for q in program.outputs], axis=0)
    columns = {name: values[good] for name, values in columns.items()}
    scales = program.scale(columns)
    si = {n: torch.from_numpy(v) for n, v in to_si(program.inputs, columns).items()}
    with torch.no_grad():
        answers = form(si)
    worst, missed, whole = 0.0, 0.0, 0.0
    for quantity in program.outputs:
        ours = (answers[quantity.name].numpy() - quantity.unit.offset) / quantity.unit.factor
        off = np.abs(ours - truth[quantity.name][good])
        scale = scales[quantity.name]
        worst = max(worst, float(np.nan_to_num(off / scale, nan=np.inf).max()))
        missed += float(np.sum((off / scale) ** 2))
        whole += float(np.sum((truth[quantity.name][good] / scale) ** 2))
    return worst, float(np.sqrt(missed / whole)) if whole else float(np.sqrt(missed))
