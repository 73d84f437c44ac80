"""Train a law of fields or states slab after slab of time, each with a network of its own.

A slab begins with what the one before ended with, exactly and for any weights, so earlier times are
never spoilt by later ones. A finished slab is put away; what is being trained has a checkpoint of
its own, so that a march that was killed goes on to the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lawc.backends.statement import Points, Statement
from lawc.forms.network import count
from lawc.forms.slabs import SLOPES, Slabs
from lawc.forms.torch_table import evaluate
from lawc.lowering.statements import Stated
from lawc.training import checkpoint
from lawc.training.budget import Progress
from lawc.training.descent import ACCEPTANCE, Look, Trained, descend
from lawc.training.judging import Rows, field_judge
from lawc.training.problem import Problem, Site
from lawc.training.settings import Settings
from lawc.training.slab_statements import (
    Carried,
    Clock,
    Columns,
    Slab,
    carried_columns,
    cut,
    frame_of,
    in_all,
    in_slab,
    into,
)
from lawc.training.trouble import TrainingError

_PACES = 512
_FEWEST, _WIDEST, _MOST_DRAWN = 16, 64, 2_000_000
"""Points that a slab must have, how many more are drawn to fill it, and the end of that."""
GROWS, GROWS_FREELY = 10.0, 1e4
"""How much larger the error may be in the last slab than in the first: it is handed on. More where
nothing damps it: in courses, and where the slope is handed on, whose error grows with time."""
FIRST = 0.1
"""Share of the seconds that the first slab may have: it begins from nothing."""
HOPELESS = 0.5
"""An error of a slab, beside the scale, after which later ones would learn from nothing."""


@dataclass(frozen=True)
class March:
    """What is marched.

    Attributes:
        stated: The law, of what all networks say together.
        rows: What it is judged by.
        time: The input that is cut, with its range in SI.
        settings: Of all slabs together.
        share: Points on each side that is learned, for each one inside.
    """

    stated: Stated
    rows: Rows
    time: tuple[str, float, float]
    settings: Settings
    share: float

    @cached_property
    def slabs(self) -> tuple[Slab, ...]:
        """Where time is cut."""
        number, clock = self.stated.ansatz.clock(self.time[0])
        rates = evaluate(clock, self.stated.inside_columns(_PACES))["rate"]
        return cut(
            Clock(*self.time, number, clock, (float(rates.min()), float(rates.max()))),
            self.settings.slabs or 1,
        )

    @cached_property
    def carried(self) -> Carried:
        """Which outputs of the networks are handed on."""
        known = self.stated.ansatz.carried
        bounds = enumerate(self.stated.ansatz.bounds, start=1)
        return {number: known[name] for number, name in bounds if name in known}

    @property
    def grows(self) -> float:
        """How much larger the error may be in the last slab than in the first."""
        freely = self.stated.plan.fields is None or SLOPES in self.carried.values()
        return GROWS_FREELY if freely else GROWS

    def form(self, thetas: Sequence[Tensor]) -> Slabs:
        """Return the form of the networks of the first slabs."""
        around = self.stated.ansatz
        frame = frame_of(
            self.slabs[: len(thetas)], around.before, self.stated.sizes, around.after, self.carried
        )
        return Slabs(frame, torch.stack(list(thetas)))

    def problem(self, slab: Slab, ended: Sequence[Tensor], begin: Tensor | None) -> Problem:
        """Return what is trained in a slab, behind the networks of those before it."""
        stated = self.stated

        def site(name: str, statement: Statement, draw: _Draw, share: float = 1.0) -> Site:
            inner = in_slab(statement, slab, self.carried)
            behind = [(one.marks, theta) for one, theta in zip(self.slabs, ended, strict=False)]

            def points(n: int, seed: int) -> Points:
                plain = stated.points(_in(slab, draw, n, seed))
                before = stated.ansatz.before
                return carried_columns(inner, slab, plain, before, behind, self.carried)

            return Site(name, inner, points, share)

        sites = [site("interior", stated.inside, stated.inside_columns)]
        for one in stated.sided:
            sides: _Draw = lambda n, seed, one=one: stated.sided_columns(one, n, seed)  # noqa: E731
            sites.append(site(one.name, one.statement, sides, self.share))

        def form(theta: Tensor) -> Slabs:
            return self.form([*ended, in_all(theta, stated.sizes, slab)])

        judge = field_judge(form, lambda seed: self._rows_in(slab, seed))
        return Problem(tuple(sites), judge, (slab.time, slab.low, slab.high), begin)

    def _rows_in(self, slab: Slab, seed: int) -> Any:
        given, truth, scales = self.rows(seed)
        now, (low, high) = slab.reached(given), slab.marks
        mine = (now >= low) & (now <= high)
        if not bool(mine.any()):
            # The nearest moment stands for a slab that no row lies in.
            mine = (now - high).abs() == (now - high).abs().min()
        return tuple(
            {n: values[mine] for n, values in part.items()} for part in (given, truth, scales)
        )


_Draw = Callable[[int, int], Columns]


def _in(slab: Slab, draw: _Draw, n: int, seed: int) -> Columns:
    """Return n points of a slab.

    Raises:
        TrainingError: Hardly any inputs let the time come so far.
    """
    found, wanted, most = into(slab, draw(n, seed)), n, min(_WIDEST * n, _MOST_DRAWN // 4)
    while (have := len(found[slab.time])) < min(n, _FEWEST) or (have < n and wanted < most):
        wanted *= 4
        if wanted > _MOST_DRAWN:
            raise TrainingError(
                f"too few inputs let {slab.time} come as far as slab {slab.number + 1}; let fewer "
                "of them vary, or less, or cut time into fewer slabs"
            )
        found = into(slab, draw(wanted, seed))
    # Where few come so far each counts more than once.
    return {name: values.repeat(-(-n // have))[:n] for name, values in found.items()}


def march(
    what: March, progress: Progress, keep: Path | None = None, spent: float = 0.0
) -> tuple[Slabs, Trained]:
    """Train the network of each slab in turn.

    Args:
        what: The law and how it is cut.
        progress: Told the share of the budget and the error of the slab.
        keep: A file for finished slabs; the checkpoint of the open one lies beside it.
        spent: Seconds that something before it has taken.

    Raises:
        TrainingError: No start led to a network of the first slab.
        CheckpointError: The file is of another march.
    """
    run = _Run(what, progress, keep, spent)
    run.take_up()
    while not run.why and len(run.thetas) < len(what.slabs):
        run.step()
    return run.end()


class _Run:
    def __init__(self, what: March, progress: Progress, keep: Path | None, spent: float) -> None:
        self.what, self.progress, self.keep, self.before = what, progress, keep, spent
        self.thetas: list[Tensor] = []
        self.own: Tensor | None = None
        self.spent, self.steps, self.why = 0.0, 0, ""
        self.history: list[Look] = []

    def step(self) -> None:
        """Train the next slab and put it away."""
        what, settings, number = self.what, self.what.settings, len(self.thetas)
        slab, left = what.slabs[number], len(what.slabs) - number
        part = max(FIRST, 1 / left) if number == 0 else 1 / left
        seconds = max(1.0, settings.seconds - self.before - self.spent) * part
        share = what.grows ** (-(left - 1) / len(what.slabs))
        mine = replace(
            settings,
            seconds=seconds,
            steps=max(1, settings.steps // len(what.slabs)),
            goal=settings.goal * share,
            slabs=1,
        )
        problem = what.problem(slab, self.thetas, self.own)

        def tell(fraction: float, error: float | None, detail: str) -> None:
            whole = (number + fraction) / len(what.slabs)
            self.progress(whole, error, f"slab {number + 1} of {len(what.slabs)}, {detail}")

        place = None if self.keep is None else open_slab(self.keep, number)
        try:
            found = descend(problem, mine, tell, place)
        except TrainingError as trouble:
            text = f"between {slab.time} = {slab.low:.4g} and {slab.high:.4g}: {trouble}"
            if not self.thetas:
                raise TrainingError(text) from trouble
            self.why = text
            return
        self.own = found.theta
        self.thetas.append(in_all(found.theta, what.stated.sizes, slab))
        self.history += [
            (self.steps + n, round(self.before + self.spent + s, 3), cost, error)
            for n, s, cost, error in found.history
        ]
        self.steps, self.spent = self.steps + found.steps, self.spent + found.seconds
        error = math.inf if found.errors is None else found.errors.by(settings.measure)
        if error > HOPELESS:
            self.why = (
                f"between {slab.time} = {slab.low:.4g} and {slab.high:.4g} the error is "
                f"{error:.1e}: {found.why}"
            )
        self.put_away()
        if place is not None:
            place.unlink(missing_ok=True)

    def end(self) -> tuple[Slabs, Trained]:
        """Return all slabs, judged on points that nothing was chosen by."""
        what, settings = self.what, self.what.settings
        form = what.form(self.thetas)
        judge = field_judge(lambda theta: form, what.rows)
        errors = judge(self.thetas[0], ACCEPTANCE + settings.seed)
        accepted = errors.by(settings.measure) <= settings.goal
        why = self.why or ("the goal is reached" if accepted else "all slabs are trained")
        theta = torch.cat(self.thetas)
        spent = self.before + self.spent
        return form, Trained(theta, errors, accepted, self.steps, spent, tuple(self.history), why)

    def put_away(self) -> None:
        """Write what is finished."""
        if self.keep is not None:
            assert self.own is not None
            facts = {
                "spent": self.spent,
                "steps": self.steps,
                "why": self.why,
                "history": self.history,
                "march": self._told(),
            }
            arrays = {"thetas": torch.stack(self.thetas), "own": self.own}
            checkpoint.save(self.keep, arrays, facts)

    def take_up(self) -> None:
        """Read what is finished, if there is a file."""
        found = checkpoint.load(self.keep) if self.keep is not None else None
        if found is None:
            return
        arrays, facts = found
        if facts.get("march") != self._told():
            raise checkpoint.CheckpointError(f"{self.keep} is of a march with other settings")
        size = count(self.what.stated.sizes)
        try:
            known = checkpoint.matching(facts, {"spent": 0.0, "steps": 0, "why": ""})
            thetas = checkpoint.fitting(arrays, "thetas", torch.float64, -1, size)
            self.own = checkpoint.fitting(arrays, "own", torch.float64, size)
            self.history = [
                (int(n), float(s), float(c), float(e)) for n, s, c, e in facts["history"]
            ]
        except (LookupError, TypeError, ValueError) as problem:
            text = f"{self.keep} does not hold what it should: {problem}"
            raise checkpoint.CheckpointError(text) from problem
        self.spent, self.steps, self.why = known["spent"], known["steps"], known["why"]
        self.thetas = list(thetas)[: len(self.what.slabs)]

    def _told(self) -> str:
        """Return what must be the same for a march to be gone on with."""
        free = {"seconds": 0.0, "steps": 1, "goal": 0.0, "save_every": 0.0}
        settings = replace(self.what.settings, **free)  # type: ignore[arg-type]
        first = self.what.problem(self.what.slabs[0], (), None)
        return "\n".join([*(f"{n} {v}" for n, v in vars(settings).items()), first.told])


def open_slab(keep: Path, number: int) -> Path:
    """Return where the checkpoint of a slab that is being trained lies."""
    return keep.with_name(f"{keep.stem}.slab{number}{keep.suffix}")
