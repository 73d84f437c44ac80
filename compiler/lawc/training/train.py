"""Train networks on a program: rows of the reference, the exact part, one rung after another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from lawc.forms.network import Network, count, initial
from lawc.lowering.program import Program
from lawc.training import levenberg_marquardt
from lawc.training.attempt import STARTS, Attempt, Leave, RungTerms, attempt
from lawc.training.budget import Budget, Progress, silent
from lawc.training.courses import Left, Watch, in_slabs, put_away, take_up
from lawc.training.envelopes import Surround, choices, combined, sign_of, surround
from lawc.training.fields import FieldTeacher, by_recipe, is_learned
from lawc.training.fitting import Fit
from lawc.training.lawful import Lawful
from lawc.training.recipe import Recipe
from lawc.training.rows import Rows, around, drawn, even, joined
from lawc.training.smoothness import smoother
from lawc.training.together import ROWS as FIRST_ROWS
from lawc.training.together import Aim, aim, start_together

GOAL = 0.4
"""Share of the tolerance at which training is content and stops."""

ENOUGH = 0.7
"""Share of the tolerance at which a network holds it: a certificate sees more points and keeps a
margin."""

Measure = Literal["worst", "typical"]

SEEDS_PER_RUN = 8
LAST_SEED = 899_999
"""Certificates draw their points from the seeds above."""

_PILOT = 1_000
_FRESH = 4_096
_HUNTED, _NEIGHBOURS = 64, 12
_STEEP = 10.0
_TRIAL_WIDTHS, _TRIAL_STEPS = (10, 10), 40


@dataclass(frozen=True, eq=False)
class Workshop:
    """Everything that networks of one program share while they are fitted.

    Attributes:
        program: The law and its domain.
        recipe: Tolerance, ladder and budget.
        seed: All other seeds follow from it.
        budget: For everything that is made here.
        error: What counts as the error of a network: the `worst` over the domain, as a share of
            `program.scale`, or the `typical` one, the root of the mean square over that of the
            answers. Certificates know the worst only.
        begun: By layer sizes, weights that first steps with others have led to.
    """

    program: Program
    recipe: Recipe
    seed: int
    budget: Budget
    error: Measure = "worst"
    begun: dict[tuple[int, ...], torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.seed * SEEDS_PER_RUN <= LAST_SEED - SEEDS_PER_RUN:
            raise ValueError(
                f"expected a seed from 0 to {LAST_SEED // SEEDS_PER_RUN - 1}, got {self.seed}"
            )

    @property
    def goal(self) -> float:
        """The error at which training stops."""
        return GOAL * self.recipe.tolerance

    @property
    def enough(self) -> float:
        """The error at which a network holds the tolerance."""
        return ENOUGH * self.recipe.tolerance

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of all points that training and selection see."""
        first = self.seed * SEEDS_PER_RUN
        return tuple(range(first, first + SEEDS_PER_RUN))

    @cached_property
    def pool(self) -> Rows:
        """Rows to fit on."""
        rows = even(self.program, self.recipe.train.rows, self.seeds[0])
        if self.error == "typical":
            usual = drawn(self.program, self.recipe.train.rows, self.seeds[7], "domain")
            rows = joined(rows, usual)
            return rows.against(
                {n: size for n, size in self.typical.items() if n not in self.steep}
            )
        return rows

    @cached_property
    def fresh(self) -> Rows:
        """Rows that decide what is accepted; nothing is fitted on them."""
        if self.error == "typical":
            return self._usual.against(self.typical)
        return joined(
            even(self.program, _FRESH, self.seeds[1]),
            drawn(self.program, _FRESH, self.seeds[2], "domain"),
            drawn(self.program, _FRESH // 4, self.seeds[3], "faces"),
        )

    @cached_property
    def typical(self) -> dict[str, float]:
        """The root of the mean square of each output over the domain, SI."""
        return {name: root_mean_square(v) or 1.0 for name, v in self._usual.pilot.values.items()}

    @cached_property
    def steep(self) -> frozenset[str]:
        """Outputs whose typical size is that of a few large answers.

        They are fitted to an equal share of each answer, from which the typical error follows.
        """
        found = self._usual.pilot.values
        return frozenset(
            name
            for name, size in self.typical.items()
            if sign_of(found[name]) and size > _STEEP * np.median(np.abs(found[name]))
        )

    @cached_property
    def _usual(self) -> Rows:
        return drawn(self.program, 2 * _FRESH, self.seeds[2], "domain")

    @cached_property
    def around(self) -> Surround:
        """The exact part that a short trial of each choice found to be the easiest."""
        pilot = self.pool.pick(_spread(len(self.pool), _PILOT))
        open_to = smoother(self.program, pilot, choices(self.program, pilot.pilot))
        if len(open_to) == 1:
            return surround(self.program, pilot.pilot, open_to[0])
        budget = self.budget.part(0.1)
        costs = {}
        for number, choice in enumerate(open_to):
            around = surround(self.program, pilot.pilot, choice)
            fit = pilot.fit(around, self.sizes(around, _TRIAL_WIDTHS))
            reached = levenberg_marquardt.minimise(
                fit,
                initial(fit.sizes, self.seed),
                budget.part(1 / (len(open_to) - number)),
                steps=_TRIAL_STEPS,
            )
            left = torch.nan_to_num(fit.deviations(reached.theta).square().sum(0), nan=math.inf)
            costs[choice] = dict(zip(self.program.signature.outputs, left.tolist(), strict=True))
        return surround(self.program, pilot.pilot, combined(costs))

    def sizes(self, around: Surround, widths: Sequence[int]) -> tuple[int, ...]:
        """Return layer sizes for hidden widths."""
        return (len(around.before.outputs), *widths, len(self.program.signature.outputs))

    def weights(self, widths: Sequence[int]) -> int:
        """Return how many weights a network of these hidden widths has."""
        return count(self.sizes(self.around, widths))

    def fit_of(self, rows: Rows, sizes: tuple[int, ...]) -> Fit:
        """Return the sum of squares of a network on some rows."""
        return rows.fit(self.around, sizes)

    def fit_of_pool(self, sizes: tuple[int, ...]) -> Fit:
        """Return the sum of squares that is lowered."""
        return self.fit_of(self.pool, sizes)

    def fit(
        self,
        widths: Sequence[int],
        budget: Budget,
        *,
        share: float = 1.0,
        progress: Progress = silent,
        leave: Leave | None = None,
    ) -> Attempt:
        """Fit a network with these hidden widths.

        Args:
            widths: Of the hidden layers.
            budget: When to stop at the latest.
            share: The part of the budget by which it should hold, or be given up; 1 for all.
            progress: Told of the share of the budget and the error so far.
            leave: Says when another way is to be tried; not asked for the typical error.
        """
        sizes = self.sizes(self.around, widths)
        typical = self.error == "typical"
        extra = None
        if self.recipe.train.residual > 0:
            network = Network(
                self.around.before, sizes, self.around.after, initial(sizes, self.seed)
            )
            extra = Lawful(self.program, network, self.recipe.train.residual, self.seeds[4])
        return attempt(
            self.fit_of_pool(sizes),
            self.fit_of(self.fresh, sizes),
            self.goal,
            budget,
            self.seeds[5],
            rung=RungTerms(self.enough, share) if share < 1.0 else None,
            progress=progress,
            extra=extra,
            harder=None if typical else _Hunt(self, sizes),
            judge=Fit.typical if typical else Fit.worst,
            begin=self.begun.get(sizes),
            leave=None if typical else leave,
        )

    def again(self, recipe: Recipe, budget: Budget) -> Workshop:
        """Return a workshop with the same rows, tapes and starts, for another recipe or budget."""
        other = replace(self, recipe=recipe, budget=budget)
        for name in ("pool", "fresh", "around"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def network(self, found: Attempt) -> Network:
        """Return the form that an attempt ended with."""
        return Network(self.around.before, found.sizes, self.around.after, found.theta)


class _Hunt:
    """Look for worse points around the worst of those seen, the last finds included."""

    def __init__(self, workshop: Workshop, sizes: tuple[int, ...]) -> None:
        self._workshop, self._sizes = workshop, sizes
        self._rows = joined(workshop.pool, workshop.fresh)
        self._fit = workshop.fit_of(self._rows, sizes)
        self._generator = np.random.default_rng([workshop.seeds[6], 3])

    def __call__(self, theta: torch.Tensor) -> tuple[Fit, Fit] | None:
        """Return rows to fit and rows to look at."""
        workshop = self._workshop
        errors = self._fit.deviations(theta).abs().amax(dim=1).nan_to_num(posinf=math.inf)
        worst = errors.topk(min(_HUNTED, len(errors))).indices.numpy()
        found = around(
            workshop.program, self._rows.pick(worst).columns, _NEIGHBOURS, self._generator
        )
        if found is None or len(found) < 2:
            return None
        fit = workshop.fit_of(found, self._sizes)
        self._rows, self._fit = joined(self._rows, found), self._fit.join(fit)
        every = torch.arange(len(found))
        return fit.pick(every[::2]), fit.pick(every[1::2])


@dataclass(frozen=True, eq=False)
class Teacher:
    """The largest network of a ladder, fitted to a program.

    Attributes:
        form: The network.
        error: Largest error on fresh points, as a share of `program.scale`.
        found: How fitting it ended.
        workshop: What it was made with, for its students.
    """

    form: Network
    error: float
    found: Attempt
    workshop: Workshop

    @property
    def program(self) -> Program:
        """What it was trained on."""
        return self.workshop.program

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of all points that its training saw."""
        return self.workshop.seeds


def train(
    program: Program,
    recipe: Recipe,
    progress: Progress | None = None,
    seed: int = 0,
    error: Measure = "worst",
    keep: Path | None = None,
) -> Teacher | FieldTeacher:
    """Fit the largest network of a recipe's ladder.

    A law of fields is learned by what it says, and one of states whose time the recipe cuts into
    slabs; other laws from rows of their reference. A course that one network falls too slowly to
    follow is learned in slabs of time, if that is better.

    Args:
        program: The law, with the ranges that count.
        recipe: Tolerance, ladder and budget.
        progress: Told the share of the budget and the error against the reference.
        seed: The same seed draws the same rows and starts.
        error: Which error is to be small.
        keep: For what is learned so, a file for checkpoints: a training that was interrupted goes
            on from it to the same result.

    Raises:
        CheckpointError: The file is of another training.
        DomainError: The reference has no answer in half of the domain, or `valid` leaves nothing.
        TrainingError: No start led to a network; the text names the term and the points.
    """
    if is_learned(program, recipe):
        return by_recipe(program, recipe, progress or silent, seed, keep)
    workshop = Workshop(program, recipe, seed, Budget(recipe.train.seconds), error)
    tell, watch = progress or silent, Watch(program, recipe, workshop.budget, seed)
    left = take_up(keep, watch)
    if left is None:
        widths = max(recipe.ladder.widths, key=workshop.weights)
        found = workshop.fit(widths, workshop.budget.part(1.0), progress=tell, leave=watch)
        left = Left(workshop.network(found), found, workshop.budget.spent)
        if found.left:
            put_away(keep, watch, left)
    slabs = in_slabs(watch, left, tell, keep) if left.found.left else None
    return slabs or Teacher(left.form, left.found.error, left.found, workshop)


def begin_together(workshops: Sequence[Workshop]) -> None:
    """Make the first steps of all networks of like shape that some workshops will fit.

    Each workshop is left with starts that do not depend on the others, to rounding. They are not
    the ones that `fit` makes where there are none.
    """
    shapes: dict[tuple[int, ...], list[tuple[Workshop, Aim]]] = {}
    for workshop in workshops:
        rows = workshop.pool.pick(_spread(len(workshop.pool), FIRST_ROWS))
        for widths in workshop.recipe.ladder.widths:
            sizes = workshop.sizes(workshop.around, widths)
            found = aim(rows.fit(workshop.around, sizes))
            if found is not None:
                shapes.setdefault(sizes, []).append((workshop, found))
    for sizes, members in shapes.items():
        both = [(w, a, w.seeds[5] * STARTS + k) for w, a in members for k in range(STARTS)]
        begun = start_together([a for _, a, _ in both], [seed for _, _, seed in both])
        for number, (workshop, _) in enumerate(members):
            own = begun[number * STARTS : (number + 1) * STARTS]
            best = min(own, key=lambda started: started.cost)
            if math.isfinite(best.cost):
                workshop.begun[sizes] = best.theta


def root_mean_square(values: np.ndarray) -> float:
    """Return it for values of any size, also where their squares are no longer numbers."""
    size = float(np.abs(values).max(initial=0.0))
    return size * float(np.sqrt(np.mean(np.square(values / size)))) if size else 0.0


def _spread(size: int, wanted: int) -> np.ndarray:
    return np.arange(0, size, max(1, size // wanted))
