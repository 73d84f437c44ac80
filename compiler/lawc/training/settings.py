"""How a training on residuals goes: by which method, how long, on how many points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lawc.forms.network import count
from lawc.forms.slabs import MOST_SLABS
from lawc.training.broyden import Broyden
from lawc.training.first_order import Adam, Lbfgs
from lawc.training.levenberg_marquardt import GaussNewton, LevenbergMarquardt
from lawc.training.optimiser import Array, Objective, Optimiser
from lawc.training.problem import Measure

OPTIMISERS: dict[str, Callable[[Objective, Array], Optimiser]] = {
    "broyden": Broyden,
    "levenberg_marquardt": LevenbergMarquardt,
    "gauss_newton": GaussNewton,
    "lbfgs": Lbfgs,
    "adam": Adam,
}
"""By name; `auto` chooses among them and changes when one gets nowhere."""

MOST_BROYDEN, MOST_DAMPED = 2_500, 4_000
"""Weights up to which a matrix of their pairs is a good bargain, and one to factorise is borne."""

LEAST_POINTS, MOST_POINTS = 1_000, 10_000
POINTS_PER_WEIGHT = 2

SEEDS = 200_000
"""Seeds from which a training may follow: with more, points to choose by would be those to accept
by, or those of certificates."""


@dataclass(frozen=True)
class Settings:
    """How a training on residuals goes.

    Attributes:
        optimiser: `auto`, or a name of `OPTIMISERS`, which then is kept to.
        seconds: Of one core at most.
        steps: At most, all starts together.
        goal: Error at which training is content.
        measure: Which error: the relative `l2` norm, or the `largest` as a share of its scale.
        points: Inside the domain at a time; None for a number that suits the weights.
        redraw: Steps between two draws of points; None for what suits the method.
        adaptive: Whether points with large residuals are likelier.
        balance: Whether conditions that are not exact are weighed automatically.
        causal: Whether earlier times are learned first, where there is a time.
        slabs: Into how many slabs time is cut, each with a network of its own; 1 for one network,
            None for one where that reaches the goal and slabs where it does not.
        starts: From how many seeds it may begin, the first included.
        seed: All others follow from it.
        dtype: Of residuals and slopes; the steps themselves are float64.
        device: Of residuals and slopes.
        backend: That evaluates them; None for the fastest.
        save_every: Seconds between two checkpoints.
    """

    optimiser: str = "auto"
    seconds: float = 60.0
    steps: int = 1_000_000
    goal: float = 0.0
    measure: Measure = "l2"
    points: int | None = None
    redraw: int | None = None
    adaptive: bool = True
    balance: bool = True
    causal: bool = False
    slabs: int | None = None
    starts: int = 3
    seed: int = 0
    dtype: torch.dtype = torch.float64
    device: str = "cpu"
    backend: str | None = None
    save_every: float = 20.0

    def __post_init__(self) -> None:
        if self.optimiser not in ("auto", *OPTIMISERS):
            known = ", ".join(("auto", *OPTIMISERS))
            raise ValueError(f"expected an optimiser of {known}, got {self.optimiser!r}")
        if self.starts < 1 or self.steps < 1:
            raise ValueError("expected one start and one step at least")
        if not 0 <= self.seed < SEEDS:
            raise ValueError(f"expected a seed from 0 to {SEEDS - 1}, got {self.seed}")
        if any(number is not None and number < 1 for number in (self.points, self.redraw)):
            raise ValueError("expected one point and one step between draws at least")

        if self.slabs is not None and not 1 <= self.slabs <= MOST_SLABS:
            raise ValueError(f"expected 1 to {MOST_SLABS} slabs of time, got {self.slabs}")

    def methods(self, sizes: tuple[int, ...], rows: int) -> tuple[str, ...]:
        """Return the methods to try, in turn.

        Args:
            sizes: Of the network's layers.
            rows: How many residuals there are at a time.
        """
        if self.optimiser != "auto":
            return (self.optimiser,)
        weights = count(sizes)
        first = "broyden" if weights <= MOST_BROYDEN else "lbfgs"
        if rows < weights and rows <= MOST_DAMPED:
            return (first, "gauss_newton")
        return (first, "levenberg_marquardt") if weights <= MOST_DAMPED else (first, "adam")

    def inside(self, sizes: tuple[int, ...]) -> int:
        """Return how many points are taken inside at a time."""
        if self.points is not None:
            return self.points
        return min(MOST_POINTS, max(LEAST_POINTS, POINTS_PER_WEIGHT * count(sizes)))
