"""Fit one network: Levenberg–Marquardt from several starts, then self-scaled Broyden.

What counts is the largest error on fresh points against the reference, never the cost: runs with a
tiny cost and errors of a hundred per cent exist. Every so many steps the rows are drawn anew, more
of them where the error is large, so that the worst places are learned and not just the many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lawc.training import levenberg_marquardt
from lawc.training.broyden import Array, Broyden
from lawc.training.budget import Budget, Progress, silent
from lawc.training.fitting import Fit

STARTS = 3
ROWS_PER_WEIGHT = 8
LEAST_ROWS, MOST_ROWS = 2_000, 12_000
REDRAW = 150
"""Steps between two draws; curvature that was learned outlives them."""

_FIRST_STEPS, _STEPS = 8, 40
_STALLED, _HOPELESS = 40, 12
_JUDGED, _DECLINE, _NEAR = 0.35, 3.0, 2.0

HARDER = 3
"""Draws between two looks for worse points around the worst ones."""

SURE = 3
"""How often worse points are sought around the best network before its error is believed."""

Harder = Callable[[Tensor], tuple[Fit, Fit] | None]
"""Given flat weights, rows to fit and rows to look at, where the error is large."""

Judge = Callable[[Fit, Tensor], float]
"""The error of a network on rows that are only looked at."""

Leave = Callable[[Sequence[tuple[float, float]], float], bool]
"""From seconds and least errors so far, and the share of the budget, whether to leave."""

Extra = Callable[[Tensor], tuple[float, Tensor]]
"""Another term of the cost: value and gradient at flat weights."""


@dataclass(frozen=True)
class RungTerms:
    """When a network of a ladder is given up, so that the time goes to a larger one.

    Attributes:
        enough: The error at which it holds.
        share: The part of the budget by which it should be there; near the end of the way it may
            go on, since the next network would begin anew.
    """

    enough: float
    share: float

    def is_lost(self, error: float, fraction: float, stalled: int) -> bool:
        """Return whether the usual decline will not bring an error down in time."""
        if error <= self.enough:
            return False
        part = fraction / self.share
        if part >= 1.0:
            return error > _NEAR * self.enough
        falls_short = part > _JUDGED and error > _NEAR * self.enough / part**_DECLINE
        return falls_short or stalled >= _HOPELESS


@dataclass(frozen=True)
class Attempt:
    """How fitting one network ended.

    Attributes:
        sizes: Layer sizes.
        theta: The weights with the least error, flat.
        error: What counts as the error on fresh points there, as a share of its scale.
        seconds: Of one core.
        history: Seconds and least error so far, at each look.
        left: Whether it was left for another way.
    """

    sizes: tuple[int, ...]
    theta: Tensor
    error: float
    seconds: float
    history: tuple[tuple[float, float], ...]
    left: bool = False


def attempt(
    pool: Fit,
    fresh: Fit,
    goal: float,
    budget: Budget,
    seed: int,
    *,
    rung: RungTerms | None = None,
    progress: Progress = silent,
    extra: Extra | None = None,
    harder: Harder | None = None,
    judge: Judge = Fit.worst,
    begin: Tensor | None = None,
    leave: Leave | None = None,
) -> Attempt:
    """Fit a network until its error on fresh points is at most the goal.

    Args:
        pool: Rows to draw from.
        fresh: Rows that are only looked at.
        goal: Largest error wanted, as a share of its scale.
        budget: When to stop at the latest.
        seed: Of the starts and the draws.
        rung: On what terms to give up early; None to use up the budget.
        progress: Told the share of the budget and the least error so far.
        extra: Another term of the cost, for the later steps.
        harder: Finds worse points; what it finds joins the rows of both kinds.
        judge: What counts as the error.
        begin: Weights that first steps have led to already; None makes them from several starts.
        leave: Says when this way leads nowhere and another one is to be tried.
    """
    run = _Run(pool, fresh, goal, budget, seed, rung, progress, harder, judge, leave)
    run.start(begin)
    if not run.is_done:
        run.go_on(extra)
    if not run.left:
        run.confirm()
    theta, history = pool.weights_of(run.best), tuple(run.history)
    return Attempt(pool.sizes, theta, run.error, budget.spent, history, run.left)


class _Run:
    def __init__(
        self,
        pool: Fit,
        fresh: Fit,
        goal: float,
        budget: Budget,
        seed: int,
        rung: RungTerms | None,
        progress: Progress,
        harder: Harder | None,
        judge: Judge,
        leave: Leave | None,
    ) -> None:
        self.harder, self.judge = harder, judge
        self.leave, self.left = leave, False
        self.pool, self.fresh, self.goal = pool, fresh, goal
        self.budget, self.seed = budget, seed
        self.rung, self.progress = rung, progress
        self.generator = torch.Generator().manual_seed(seed)
        wanted = ROWS_PER_WEIGHT * pool.numbers // pool.sizes[-1]
        self.rows = min(len(pool), max(LEAST_ROWS, min(MOST_ROWS, wanted)))
        self.best, self.error = pool.start(seed), math.inf
        self.confirmed: Tensor | None = None
        self.history: list[tuple[float, float]] = []
        self.lowest, self.stalled = math.inf, 0

    def start(self, begin: Tensor | None) -> None:
        """Take the best of several starts, or what is given, and make its first steps."""
        share = self.rung.share if self.rung is not None else 1.0
        if begin is None:
            begin = self.first(self.budget.part(0.03 * share))
        reached = levenberg_marquardt.minimise(
            self.draw(None, self.rows),
            begin,
            self.budget.part(0.08 * share),
            steps=_STEPS,
            damping=1e-3,
            after_step=lambda number, theta, _: number % 10 == 0 and self.look(theta),
        )
        self.look(reached.theta)

    def first(self, budget: Budget) -> Tensor:
        """Return the best of several starts after a few steps."""
        few = self.draw(None, min(self.rows, LEAST_ROWS))
        found = []
        for number in range(STARTS):
            theta = self.pool.start(self.seed * STARTS + number)
            found.append(levenberg_marquardt.minimise(few, theta, budget, steps=_FIRST_STEPS))
        return min(found, key=lambda d: d.cost if math.isfinite(d.cost) else math.inf).theta

    def go_on(self, extra: Extra | None) -> None:
        """Make cheap steps, on new rows every so often, until done."""
        search: Broyden | None = None
        theta, draws = self.best, 0
        while not self.is_done:
            draws += 1
            if draws % HARDER == 0:
                self.widen(theta)
            fit = self.draw(theta, self.rows)
            function = _function(fit, extra)
            if search is None:
                search = Broyden(function, theta.numpy())
            else:
                search.replace(function)
            search.curvature = fit.curvature
            made = search.run(self.budget, REDRAW)
            theta = torch.from_numpy(search.theta.copy())
            self.look(theta)
            if made == 0 and not self.budget.is_over:
                # Neither direction nor slope leads down on these rows: others may.
                self.stalled += _STALLED // 4
            if self.stalled >= _STALLED:
                break

    def confirm(self) -> None:
        """Hold the best network against the worst points that can be found around it."""
        if self.confirmed is not self.best and math.isfinite(self.error):
            for _ in range(SURE):
                self.widen(self.best)
            self.confirmed = self.best

    def widen(self, theta: Tensor) -> None:
        """Take in worse points; what was the best so far is held against them."""
        found = self.harder(theta) if self.harder is not None else None
        if found is not None:
            self.pool, self.fresh = self.pool.join(found[0]), self.fresh.join(found[1])
            self.error = self.judge(self.fresh, self.best)

    def draw(self, theta: Tensor | None, rows: int) -> Fit:
        """Return rows of the pool; those with a large error are likelier."""
        if rows >= len(self.pool):
            return self.pool
        if theta is None:
            chosen = torch.randperm(len(self.pool), generator=self.generator)[:rows]
        else:
            errors = self.pool.deviations(theta).abs().amax(dim=1)
            weights = (errors / errors.mean()).square() + 1.0
            weights = torch.nan_to_num(weights, nan=1.0, posinf=1.0)
            chosen = torch.multinomial(weights, rows, generator=self.generator)
        return self.pool.pick(chosen)

    def look(self, theta: Tensor) -> bool:
        """Note the error on fresh points; return whether the run is done."""
        error = self.judge(self.fresh, theta)
        if error < 0.98 * self.lowest:
            self.lowest, self.stalled = error, 0
        else:
            self.stalled += 1
        if error < self.error:
            self.best, self.error = theta.clone(), error
        if self.error <= self.goal:
            self.confirm()
        self.history.append((round(self.budget.spent, 3), self.error))
        self.progress(self.budget.fraction, self.error, f"{len(self.best)} weights")
        if self.leave is not None and not self.is_done:
            self.left = self.leave(self.history, self.budget.fraction)
        return self.is_done

    @property
    def is_done(self) -> bool:
        """Whether the goal is reached, the budget spent, or enough is out of reach."""
        if self.error <= self.goal or self.budget.is_over or self.left:
            return True
        return self.rung is not None and self.rung.is_lost(
            self.error, self.budget.fraction, self.stalled
        )


def _function(fit: Fit, extra: Extra | None) -> Callable[[Array], tuple[float, Array]]:
    def ask(values: Array) -> tuple[float, Array]:
        theta = torch.from_numpy(values)
        cost, slope = fit.cost_and_slope(theta)
        if extra is not None:
            more, steeper = extra(theta)
            cost, slope = cost + more, slope + steeper
        if not math.isfinite(cost) or not bool(torch.isfinite(slope).all()):
            return math.inf, np.zeros_like(values)
        return cost, slope.numpy()

    return ask
