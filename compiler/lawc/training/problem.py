"""What is trained on residuals: statements, where their points come from, and who judges.

Points for training and points for judging are drawn by different seeds, and the judge knows the
reference: a small residual proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from lawc.backends.choosing import choose
from lawc.backends.statement import Block, Points, Statement


@dataclass(frozen=True)
class Site:
    """A statement and where it is asked: inside the domain, or on a side of it.

    Attributes:
        name: What messages call it.
        statement: What is zero there.
        draw: Returns so many points for a seed.
        share: How many points it takes for each one inside.
        weights: What each row counts at the start; empty counts each as one.
    """

    name: str
    statement: Statement
    draw: Callable[[int, int], Points]
    share: float = 1.0
    weights: tuple[float, ...] = ()


Measure = Literal["l2", "largest"]


@dataclass(frozen=True)
class Errors:
    """How far a network is from the reference on some points.

    Attributes:
        l2: Norm of the error over the norm of the reference, by output.
        largest: Largest error over the largest value of the reference, by output.
        worst_at: Where the largest was seen.
    """

    l2: Mapping[str, float]
    largest: Mapping[str, float]
    worst_at: Mapping[str, float] = field(default_factory=dict)

    @property
    def relative_l2(self) -> float:
        """The largest of the outputs' norms; infinite where one is no number."""
        return _most(self.l2)

    def by(self, measure: Measure) -> float:
        """Return the largest of the outputs' errors in a measure; infinite where it is none."""
        return _most(self.l2 if measure == "l2" else self.largest)


def _most(values: Mapping[str, float]) -> float:
    return max(value if value == value else math.inf for value in values.values())


Judge = Callable[[Tensor, int], Errors]
"""Errors of flat weights on the points of a seed."""


@dataclass(frozen=True)
class Problem:
    """What to train.

    Attributes:
        sites: The first is the inside of the domain.
        judge: Holds weights against the reference; None where there is no reference.
        time: The input along which causes come before effects, with its range; None without one.
        begin: Weights of the first start; None draws them.
    """

    sites: tuple[Site, ...]
    judge: Judge | None = None
    time: tuple[str, float, float] | None = None
    begin: Tensor | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Layer sizes of the network."""
        return self.sites[0].statement.sizes

    @cached_property
    def told(self) -> str:
        """What is to be zero, and where, as text: a narrower domain draws other points."""
        told = []
        for site in self.sites:
            one = site.statement
            before = None if one.before is None else one.before.to_json()
            places = [[f"{value:.6g}" for value in row] for row in site.draw(4, 0).values.tolist()]
            told.append(str((one.tape.to_json(), before, dict(one.channels), one.inputs, places)))
        return "\n".join(told)


def judge_of(
    answers: Statement,
    draw: Callable[[int], tuple[Points, Mapping[str, Tensor]]],
) -> Judge:
    """Return a judge for a statement whose rows are the outputs.

    Args:
        answers: Gives the outputs instead of residuals.
        draw: Points for a seed and the reference there, by output; asked once for each seed.
    """
    known: dict[int, tuple[Points, Mapping[str, Tensor]]] = {}

    def judge(theta: Tensor, seed: int) -> Errors:
        if seed not in known:
            known[seed] = draw(seed)
        points, truth = known[seed]
        objective = choose([Block(answers, points)])
        found = objective.by_row(theta.to(points.values.dtype))
        l2, largest, worst = {}, {}, (0.0, 0)
        for name, values in truth.items():
            off = next(t for (_, row), t in found.items() if row == name).detach() - values
            off = torch.nan_to_num(off, nan=math.inf)
            size = float(values.abs().max()) or 1.0
            l2[name] = float(off.norm() / (values.norm() or 1.0))
            largest[name] = float(off.abs().max()) / size
            worst = max(worst, (largest[name], int(off.abs().argmax())))
        place = dict(zip(answers.inputs, points.values[worst[1]].tolist(), strict=True))
        return Errors(l2, largest, place)

    return judge


def blocks_of(
    sites: Sequence[Site], points: Sequence[Points], weights: Sequence[Sequence[float]]
) -> list[Block]:
    """Return the blocks of an objective."""
    return [
        Block(site.statement, where, tuple(weight), site.name)
        for site, where, weight in zip(sites, points, weights, strict=True)
    ]
