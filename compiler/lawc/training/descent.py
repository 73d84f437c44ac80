"""Train a network on residuals until its error against the reference is small, or say why not.

A training is a row of stretches of some steps. Between two of them it looks at the error on points
of its own and may be put away; every so many steps it draws new points. All that decides the course
is state, not the clock, so a training that was killed goes on to the same result; only the end of
its seconds is a matter of time. What is kept is the best seen by the judge, never by the cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lawc.backends.choosing import choose, for_rows
from lawc.backends.statement import Objective, Points
from lawc.forms.network import count, initial
from lawc.training import checkpoint
from lawc.training.balance import balanced
from lawc.training.budget import Budget, Progress, silent
from lawc.training.causality import LEARNED, STRENGTHS, point_weights, slab_losses, slab_weights
from lawc.training.optimiser import Optimiser, parameters, stored
from lawc.training.points import cast, choose_points, kept_points, most_bytes, weighted
from lawc.training.problem import Errors, Problem, blocks_of
from lawc.training.settings import OPTIMISERS, Settings
from lawc.training.trouble import TrainingError, no_number, worst_term

STRETCH = 50
"""Steps between two looks at the error."""
POOL = 6
"""Points to choose from, for each one that is taken."""
PATIENCE = 8
"""Draws without a better error after which a method gets nowhere."""
LOST = 30.0
"""A run whose error is so many times its best for a few looks has left the solution."""
_LOST_LOOKS = 6
_OPEN = ("the goal is reached", "the steps are made", "the time is spent")
MARGIN = 0.8
"""Share of the goal at which training stops: other points show a slightly larger error."""
SEEDS = 64
LAST_POINTS, LOOKING, ACCEPTANCE = 400_000, 500_000, 700_000
"""Seeds of points to train on lie below the first; of those that choose and accept, above.
Certificates draw from 900,000 on."""


Look = tuple[int, float, float, float]
"""Steps, seconds, cost and error."""


@dataclass(frozen=True)
class Trained:
    """How a training ended.

    Attributes:
        theta: The weights with the least error that was seen, flat, float64.
        errors: Of these on points that nothing was chosen by; None without a reference.
        accepted: Whether the goal is met there.
        steps: Of all starts.
        seconds: Of one core.
        history: Steps, seconds, cost and error, at each look.
        why: Why it ended.
    """

    theta: Tensor
    errors: Errors | None
    accepted: bool
    steps: int
    seconds: float
    history: tuple[Look, ...]
    why: str


Leave = Callable[[Sequence[Look], float], str]
"""From the looks so far and the share of the seconds that is spent, why to leave; empty to stay."""


def descend(
    problem: Problem,
    settings: Settings,
    progress: Progress = silent,
    keep: Path | None = None,
    leave: Leave | None = None,
) -> Trained:
    """Train a network on residuals.

    Args:
        problem: Statements, points and the judge.
        settings: Method, time and points.
        progress: Told the share of the budget and the error so far.
        keep: A file for checkpoints; where it holds one of this training, that is gone on with.
        leave: Says when this way leads nowhere and another one is to be tried.

    Raises:
        TrainingError: No start gave a finite cost; the text names the term and the points.
        CheckpointError: The file is no checkpoint of this training.
    """
    run = _Run(problem, settings, progress, keep, leave)
    run.take_up()
    while not run.why:
        run.stretch()
    run.put_away(at_once=True)
    return run.result()


class _Run:
    """State of a training; what `facts` and `arrays` name is all of it."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        progress: Progress,
        keep: Path | None,
        leave: Leave | None,
    ) -> None:
        self.problem, self.settings, self.progress, self.keep = problem, settings, progress, keep
        self.leave = leave
        self.budget, self.spent_before, self.saved = Budget(settings.seconds), 0.0, 0.0
        self.base = settings.seed * SEEDS
        self.inside = settings.inside(problem.sizes)
        rows = sum(self._count(n) * len(s.statement.rows) for n, s in enumerate(problem.sites))
        self.methods = settings.methods(problem.sizes, rows)
        self.generator = torch.Generator().manual_seed(self.base)
        self.optimiser: Optimiser | None = None
        self.objective: Objective | None = None
        self.best, self.error, self.why, self.trouble = self._start(0), math.inf, "", ""
        self.history: list[Look] = []
        self.start = self.method = self.draws = self.steps = self.since = 0
        self.lowest, self.waited, self.lost, self.turns, self.strength = math.inf, 0, 0, 0, 0
        self.unit = 0.0
        self.weights: list[tuple[float, ...]] = [
            site.weights or (1.0,) * len(site.statement.rows) for site in problem.sites
        ]

    def stretch(self) -> None:
        """Make some steps, on new points where it is time, and look."""
        if self.optimiser is None or self.since >= self.redraw or self.objective is None:
            self.draw()
        assert self.optimiser is not None
        if math.isfinite(self.optimiser.cost):
            steps = min(STRETCH, self.settings.steps - self.steps, self.redraw - self.since)
            made = self.optimiser.run(self.budget, steps)
            self.steps, self.since = self.steps + made, self.since + made
            self.look()
            stuck = made == 0 and not self.budget.is_over
        else:
            stuck = True
        self.decide(stuck)
        self.put_away()

    @property
    def redraw(self) -> int:
        """Steps for which points are kept."""
        if self.settings.redraw is not None:
            return self.settings.redraw
        return OPTIMISERS[self.methods[self.method]].keeps  # type: ignore[attr-defined]

    def draw(self) -> None:
        """Take new points and hand them to the optimiser."""
        theta = self._start(self.start) if self.optimiser is None else self._theta()
        sites = list(enumerate(self.problem.sites))
        self.points = [self._drawn(number, theta) for number, _ in sites]
        if self.settings.balance and len(sites) > 1 and self.draws % 4 == 0:
            blocks = blocks_of(self.problem.sites, self.points, self.weights)
            self.weights = balanced(blocks, theta.to(self.settings.device, self.settings.dtype))
        self._heed_causes(theta)
        self.objective = self._objective()
        values = theta.double().cpu().numpy()
        if self.optimiser is None:
            self.optimiser = OPTIMISERS[self.methods[self.method]](self.objective, values)
        else:
            self.optimiser.replace(self.objective)
        self.draws, self.since = self.draws + 1, 0

    def look(self) -> None:
        """Note the error on points that are only looked at."""
        assert self.optimiser is not None
        theta, cost = self._theta(), self.optimiser.cost
        error = cost
        if self.problem.judge is not None:
            seen = self.problem.judge(theta, LOOKING + self.settings.seed)
            error = seen.by(self.settings.measure)
        if error < self.error:
            self.best, self.error = theta, error
        self.lost = self.lost + 1 if error > LOST * self.lowest else 0
        if error < 0.98 * self.lowest:
            self.lowest, self.waited = error, 0
        elif self.since >= self.redraw:
            self.waited += 1
        self.history.append((self.steps, round(self.spent, 3), cost, error))
        detail = f"{self.optimiser.name}, {self.steps} steps"
        self.progress(min(1.0, self.spent / self.settings.seconds), self.error, detail)

    def decide(self, stuck: bool) -> None:
        """End, go on, change the method, or begin anew from another seed."""
        if self.problem.judge is not None and self.error <= MARGIN * self.settings.goal:
            self.why = _OPEN[0]
        elif self.steps >= self.settings.steps:
            self.why = _OPEN[1]
        elif self.spent >= self.settings.seconds or self.budget.is_over:
            self.why = _OPEN[2]
        elif self.leave is not None:
            before = self.spent_before / self.settings.seconds
            self.why = self.leave(self.history, before + (1 - before) * self.budget.fraction)
        if self.why:
            return
        assert self.optimiser is not None and self.objective is not None
        broken = not math.isfinite(self.optimiser.cost)
        if not (stuck or broken or self.waited >= PATIENCE or self.lost >= _LOST_LOOKS):
            return
        seen = parameters(self.optimiser.theta, self.objective)
        self.trouble = (no_number(self.objective, seen) if broken else None) or (
            f"{self.optimiser.name} gets nowhere: {worst_term(self.objective, seen)}"
        )
        self.turns += 1
        self.waited = self.lost = 0
        if stuck and not broken and self.since > 0:
            # On these points no step helps; on others one may.
            self.since = self.redraw
        if broken or self.turns >= 2 * len(self.methods):
            self._begin_anew()
        elif len(self.methods) > 1:
            self._change(self.best)

    def result(self) -> Trained:
        """Return the end, judged on points that nothing was chosen by."""
        if not math.isfinite(self.error):
            raise TrainingError(f"no start led to a network: {self.trouble or self.why}")
        # The last judgement may ask the reference anew, which is no training.
        errors, seconds = None, self.spent
        if self.problem.judge is not None:
            errors = self.problem.judge(self.best, ACCEPTANCE + self.settings.seed)
        measure = self.settings.measure
        accepted = errors is not None and errors.by(measure) <= self.settings.goal
        return Trained(
            self.best, errors, accepted, self.steps, seconds, tuple(self.history), self.why
        )

    @property
    def spent(self) -> float:
        """Seconds of one core, those before an interruption included."""
        return self.spent_before + self.budget.spent

    def _change(self, theta: Tensor) -> None:
        """Go on from the best with the next method."""
        self.method = (self.method + 1) % len(self.methods)
        assert self.objective is not None
        kind = OPTIMISERS[self.methods[self.method]]
        self.optimiser = kind(self.objective, theta.double().numpy())
        self.lowest = self.error
        self.since = self.redraw

    def _begin_anew(self) -> None:
        if self.start + 1 >= self.settings.starts:
            self.why = self.trouble
            return
        self.start, self.method, self.turns, self.strength = self.start + 1, 0, 0, 0
        self.optimiser, self.objective, self.lowest, self.unit = None, None, math.inf, 0.0

    def _start(self, number: int) -> Tensor:
        if number == 0 and self.problem.begin is not None:
            return self.problem.begin.clone()
        return initial(self.problem.sizes, self.base + number)

    def _theta(self) -> Tensor:
        assert self.optimiser is not None
        return torch.from_numpy(self.optimiser.theta.copy())

    def _count(self, number: int) -> int:
        return max(1, round(self.inside * self.problem.sites[number].share))

    def _drawn(self, number: int, theta: Tensor) -> Points:
        site, settings = self.problem.sites[number], self.settings
        wanted = self._count(number)
        adaptive = settings.adaptive and self.optimiser is not None
        seed = (self.base + self.draws * 7919 + number) % LAST_POINTS
        pool = site.draw(wanted * (POOL if adaptive else 1), seed)
        pool = cast(pool, settings.dtype, settings.device)
        if not adaptive or len(pool) <= wanted:
            return pool
        blocks = blocks_of([site], [pool], [self.weights[number]])
        found = for_rows(blocks, settings.backend).by_row(theta.to(settings.device, settings.dtype))
        broken = torch.stack([row.detach() for row in found.values()]).square().sum(0).sqrt()
        return choose_points(pool, wanted, broken, self.generator)

    def _objective(self) -> Objective:
        blocks = blocks_of(self.problem.sites, self.points, self.weights)
        return choose(blocks, self.settings.backend)

    def _heed_causes(self, theta: Tensor) -> None:
        """Weigh the points inside by how well the times before theirs are learned."""
        if not (self.settings.causal and self.problem.time) or self.strength >= len(STRENGTHS):
            return
        name, low, high = self.problem.time
        site, points = self.problem.sites[0], self.points[0]
        times = points.values[:, site.statement.inputs.index(name)]
        block = blocks_of([site], [weighted(points, None)], [self.weights[0]])
        found = for_rows(block, self.settings.backend).by_row(
            theta.to(self.settings.device, self.settings.dtype)
        )
        squares = torch.stack([row.detach() for row in found.values()]).square().sum(0)
        losses = slab_losses(squares, times, low, high)
        self.unit = self.unit or float(losses.mean()) or 1.0
        weights = slab_weights(losses / self.unit, STRENGTHS[self.strength])
        while float(weights.min()) > LEARNED and self.strength < len(STRENGTHS) - 1:
            self.strength += 1
            weights = slab_weights(losses / self.unit, STRENGTHS[self.strength])
        self.points[0] = weighted(points, point_weights(weights, times, low, high))

    _NUMBERS = (
        "start", "method", "draws", "steps", "since", "lowest", "waited", "lost", "turns",
        "strength", "unit", "error", "why", "trouble",
    )  # fmt: skip

    def put_away(self, at_once: bool = False) -> None:
        """Write a checkpoint, where it is time and there is a place for it."""
        if self.keep is None:
            return
        if not at_once and self.spent - self.saved < self.settings.save_every:
            return
        self.saved = self.spent
        arrays = {"best": self.best, "generator": self.generator.get_state()}
        if self.optimiser is not None and self.objective is not None:
            state = self.optimiser.state()
            arrays |= {f"optimiser {name}": torch.from_numpy(a.T) for name, a in state.items()}
            for number, points in enumerate(self.points):
                arrays[f"points {number}"] = points.values
                if points.weights is not None:
                    arrays[f"weights {number}"] = points.weights
                for name, column in points.columns.items():
                    arrays[f"column {number} {name}"] = column
        facts = {name: getattr(self, name) for name in self._NUMBERS}
        facts |= {"weights": self.weights, "history": self.history, "spent": self.spent}
        checkpoint.save(self.keep, arrays, {**facts, "settings": self._settings()})

    def take_up(self) -> None:
        """Read the checkpoint, if there is one."""
        sites = enumerate(self.problem.sites)
        points = sum(self._count(k) * (len(s.statement.tape.inputs) + 8) for k, s in sites)
        most = most_bytes(self.problem.sizes, points)
        found = checkpoint.load(self.keep, most) if self.keep is not None else None
        if found is None:
            return
        arrays, facts = found
        if facts.pop("settings", None) != self._settings():
            raise checkpoint.CheckpointError(f"{self.keep} is of a training with other settings")
        try:
            self._restore(arrays, facts)
        except (LookupError, TypeError, ValueError, RuntimeError, OverflowError) as problem:
            text = f"{self.keep} does not hold what it should: {problem}"
            raise checkpoint.CheckpointError(text) from problem
        if self.why in _OPEN and self.optimiser is not None:
            # With more seconds or steps, or for a smaller error, it may go on.
            self.why = ""
            self.decide(stuck=False)

    def _restore(self, arrays: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        known = {name: getattr(self, name) for name in self._NUMBERS}
        for name, value in checkpoint.matching(facts, known).items():
            setattr(self, name, value)
        self.weights = [tuple(map(float, weights)) for weights in facts["weights"]]
        if list(map(len, self.weights)) != [len(s.statement.rows) for s in self.problem.sites]:
            raise ValueError("expected a weight for each row")
        self.history = [(int(n), float(s), float(c), float(e)) for n, s, c, e in facts["history"]]
        self.spent_before = checkpoint.matching(facts, {"spent": 0.0})["spent"]
        self.budget = Budget(max(0.0, self.settings.seconds - self.spent_before))
        self.best = checkpoint.fitting(arrays, "best", torch.float64, count(self.problem.sizes))
        self.generator.set_state(arrays["generator"])
        self._rebuild(arrays)

    def _rebuild(self, arrays: Mapping[str, Tensor]) -> None:
        if "points 0" not in arrays:
            return
        self.points = [
            kept_points(arrays, k, site.statement, self.settings.dtype, self.settings.device)
            for k, site in enumerate(self.problem.sites)
        ]
        self.objective = self._objective()
        state = {
            name.removeprefix("optimiser "): array.numpy().T
            for name, array in arrays.items()
            if name.startswith("optimiser ")
        }
        kind = OPTIMISERS[self.methods[self.method]]
        self.optimiser = kind(self.objective, stored(state, "theta", count(self.problem.sizes)))
        self.optimiser.restore(state)

    def _settings(self) -> dict[str, Any]:
        """Return what must be the same for a training to be gone on with."""
        free = {"seconds": 0.0, "steps": 1, "goal": 0.0, "save_every": 0.0}
        settings = replace(self.settings, **free)  # type: ignore[arg-type]
        told = {name: str(value) for name, value in vars(settings).items() if name != "slabs"}
        return {**told, "sizes": str(self.problem.sizes), "problem": self.problem.told}
