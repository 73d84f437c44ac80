"""What every optimiser can do: make steps, take another sample of its function, be put away.

An optimiser works on flat parameters in numpy float64, whatever computes its function. Its state is
arrays by name, so that a training that was killed goes on from a checkpoint to the same result, bit
for bit. A step that does not help is never kept.
"""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import line_search
from torch import Tensor

from lawc.training.budget import Budget

Array = NDArray[np.float64]
Function = Callable[[Array], tuple[float, Array]]
State = Mapping[str, Array]

SUFFICIENT, CURVATURE = 1e-4, 0.9
"""Of the strong conditions of Wolfe: of the decrease, and of the slope at the new place."""


class Objective(Protocol):
    """A sum of squares to lower.

    The cost is the sum of the squares of the residuals: weights and numbers of rows are in them.
    """

    @property
    def dtype(self) -> torch.dtype:
        """Of its parameters."""
        ...

    @property
    def device(self) -> torch.device:
        """Of its parameters."""
        ...

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the cost and its gradient, shape (P,)."""
        ...

    def residuals(self, theta: Tensor) -> Tensor:
        """Return the weighted residuals, shape (n,)."""
        ...

    def jacobian(self, theta: Tensor) -> Tensor:
        """Return their derivatives by the parameters, shape (n, P)."""
        ...

    def normal_equations(self, theta: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the cost, JᵀJ and Jᵀr."""
        ...


class Optimiser(ABC):
    """A minimisation that can be given another sample of the same function on its way.

    Attributes:
        theta: The parameters reached, shape (P,).
        cost: The value there.
        why: Why the last run ended early; empty where it made all its steps.
    """

    name: ClassVar[str]
    keeps: ClassVar[int] = 300
    """For how many steps its points should stay the same."""

    theta: Array
    cost: float
    why: str = ""

    @abstractmethod
    def replace(self, objective: Any) -> None:
        """Go on with another function, nearly the same, and what was learned so far."""

    @abstractmethod
    def _step(self) -> bool:
        """Make one step; return False, with `why`, where none helps."""

    @abstractmethod
    def state(self) -> State:
        """Return all that decides the steps to come, besides the function."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function.

        Raises:
            ValueError: It is no state of this method and these parameters.
        """

    def run(
        self, budget: Budget, steps: int, after_step: Callable[[int], bool] | None = None
    ) -> int:
        """Make up to so many steps; return how many were made, fewer where none helps any more.

        `after_step` is called with the number of steps so far; True ends the run.
        """
        self.why = ""
        for number in range(steps):
            if budget.is_over:
                self.why = "the time is spent"
                return number
            if not math.isfinite(self.cost):
                self.why = "the cost is no number"
                return number
            if not self._step():
                return number
            if after_step is not None and after_step(number + 1):
                return number + 1
        return steps


class SlopeOptimiser(Optimiser):
    """An optimiser that asks for cost and gradient only."""

    def __init__(self, objective: Objective | Function, theta: Array) -> None:
        self.theta = theta.copy()
        self.replace(objective)

    def replace(self, objective: Objective | Function) -> None:
        """Go on with another function, nearly the same, and the curvature learned so far."""
        self._function = objective if callable(objective) else function_of(objective)
        self._before: float | None = None
        self._known: tuple[bytes, float, Array] | None = None
        self.cost, self._slope = self._ask(self.theta)

    def restore(self, state: State) -> None:
        """Take up the parameters of a state; cost and slope follow from them."""
        self.theta = stored(state, "theta", *self.theta.shape)
        self.cost, self._slope = self._ask(self.theta)
        self._before = float(stored(state, "before")) if "before" in state else None

    def state(self) -> State:
        """Return the parameters, and the cost before the last step."""
        before = {} if self._before is None else {"before": np.array(self._before)}
        return {"theta": self.theta.copy(), **before}

    def _ask(self, theta: Array) -> tuple[float, Array]:
        key = theta.tobytes()
        if self._known is None or self._known[0] != key:
            cost, slope = self._function(theta)
            self._known = (key, cost, slope)
        return self._known[1], self._known[2]

    def _search(self, direction: Array) -> tuple[float, Array] | None:
        """Return how far to go along a direction, and the gradient there; None if nowhere."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # A search that finds no length says so in its answer.
            warnings.simplefilter("ignore")
            length, *_, slope = line_search(
                lambda theta: self._ask(theta)[0],
                lambda theta: self._ask(theta)[1],
                self.theta,
                direction,
                self._slope,
                self.cost,
                # The last gain tells how long a step to try: 1.05 evaluations a step, not 1.65.
                self._before,
                c1=SUFFICIENT,
                c2=CURVATURE,
                maxiter=20,
            )
        if length is None or slope is None:
            return None
        self._before = self.cost
        return float(length), slope


def function_of(objective: Objective) -> Function:
    """Return cost and gradient on numpy; what is no number is an infinite cost."""

    def ask(values: Array) -> tuple[float, Array]:
        cost, slope = objective.cost_and_slope(parameters(values, objective))
        found = slope.detach().double().cpu().numpy()
        if not math.isfinite(cost) or not np.isfinite(found).all():
            return math.inf, np.zeros_like(values)
        return float(cost), found

    return ask


def stored(state: State, name: str, *shape: int) -> Array:
    """Return a copy of an array of a state, which may come from a damaged file.

    Raises:
        ValueError: It is lacking, or of another shape or dtype.
    """
    values = state.get(name)
    if values is None or values.shape != shape or values.dtype != np.float64:
        found = "none" if values is None else f"{values.dtype} of shape {values.shape}"
        raise ValueError(f"expected float64 of shape {shape} for {name!r}, got {found}")
    return values.copy()


def parameters(values: Array, objective: Objective) -> Tensor:
    """Return parameters as an objective takes them."""
    return torch.from_numpy(values).to(objective.device, objective.dtype)
