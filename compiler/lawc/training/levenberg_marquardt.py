"""Least squares by Levenberg and Marquardt: Gauss–Newton steps, damped as their success allows.

The damping follows how well the quadratic model predicted the gain; measured against "divide by 5,
multiply by 4" it ends ten times lower in the same time. A step that does not lower the cost is
never kept.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from lawc.training.budget import Budget
from lawc.training.optimiser import Array, Objective, Optimiser, State, stored

LEAST_GAIN = 1e-4
FLOOR = 1e-10
"""Least damping weight of a parameter, relative to the largest one (of squares)."""

LEAST_DAMPING, MOST_DAMPING = 1e-15, 1e12


@runtime_checkable
class LeastSquares(Protocol):
    """Half of what a sum of squares must be able to tell."""

    def cost(self, theta: Tensor) -> float:
        """Return the sum of squared residuals."""
        ...

    def normal(self, theta: Tensor) -> tuple[Array, Array]:
        """Return JᵀJ, of which the upper triangle counts, and Jᵀr."""
        ...

    def rows(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return J, shape (n, P), and r, shape (n,)."""
        ...


@dataclass(frozen=True)
class Squares:
    """An objective as a sum of squares."""

    objective: Objective

    def cost(self, theta: Tensor) -> float:
        """Return the sum of squared residuals."""
        with torch.no_grad():
            return float(self.objective.residuals(self._cast(theta)).double().square().sum())

    def normal(self, theta: Tensor) -> tuple[Array, Array]:
        """Return JᵀJ, of which the upper triangle counts, and Jᵀr."""
        _, matrix, slope = self.objective.normal_equations(self._cast(theta))
        return matrix.double().cpu().numpy(), slope.double().cpu().numpy()

    def rows(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return J, shape (n, P), and r, shape (n,)."""
        with torch.no_grad():
            residuals = self.objective.residuals(self._cast(theta))
        jacobian = self.objective.jacobian(self._cast(theta))
        return jacobian.double().cpu(), residuals.double().cpu()

    def _cast(self, theta: Tensor) -> Tensor:
        return theta.to(self.objective.device, self.objective.dtype)


class Damped(Optimiser):
    """A minimisation by damped Gauss–Newton steps.

    Attributes:
        rejected: How many steps were tried in vain.
    """

    keeps = 50

    def __init__(
        self, problem: LeastSquares | Objective, theta: Array, *, damping: float = 1e-2
    ) -> None:
        self.theta = theta.copy()
        self.rejected = 0
        self._damping, self._growth = damping, 2.0
        self.replace(problem)

    def replace(self, objective: LeastSquares | Objective) -> None:
        """Go on with another sum of squares, nearly the same, and the damping learned so far."""
        self._problem = objective if isinstance(objective, LeastSquares) else Squares(objective)
        self.cost = self._problem.cost(torch.from_numpy(self.theta))

    def state(self) -> State:
        """Return parameters and damping."""
        numbers = np.array([self._damping, self._growth, float(self.rejected)])
        return {"theta": self.theta.copy(), "damping": numbers}

    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function."""
        self.theta = stored(state, "theta", *self.theta.shape)
        self._damping, self._growth, rejected = map(float, stored(state, "damping", 3))
        self.rejected = int(rejected)
        self.cost = self._problem.cost(torch.from_numpy(self.theta))

    @abstractmethod
    def _linearise(self) -> Array | None:
        """Prepare steps from here; return the slope Jᵀr, None where there is no step."""

    @abstractmethod
    def _solve(self, damping: float) -> tuple[Array, float]:
        """Return the damped step δ and what damping adds to its cost, λ‖Dδ‖²."""

    def _step(self) -> bool:
        slope = self._linearise() if self.cost > 0 else None
        if slope is None:
            self.why = "the slope is zero or no number"
            return False
        while True:
            change, kept = self._solve(self._damping)
            trial = self.theta + change
            reached = self._problem.cost(torch.from_numpy(trial))
            # What the model promised: -(2 gᵀδ + δᵀAδ), in terms of the damped equations.
            promised = kept - float(slope @ change)
            gain = (self.cost - reached) / promised if promised > 0 else -1.0
            if math.isfinite(reached) and reached < self.cost and gain > LEAST_GAIN:
                break
            self.rejected += 1
            self._damping, self._growth = self._damping * self._growth, self._growth * 2.0
            if self._damping > MOST_DAMPING:
                self._damping, self._growth = 1e-2, 2.0
                self.why = "no step lowers the cost"
                return False
        self.theta, self.cost = trial, reached
        shrink = max(1 / 3, 1 - (2 * gain - 1) ** 3)
        self._damping, self._growth = max(self._damping * shrink, LEAST_DAMPING), 2.0
        return True


class LevenbergMarquardt(Damped):
    """Damped steps from the normal equations; the damping knows the size of each column."""

    name = "levenberg_marquardt"

    def __init__(
        self, problem: LeastSquares | Objective, theta: Array, *, damping: float = 1e-2
    ) -> None:
        self._weight = np.zeros(len(theta))
        super().__init__(problem, theta, damping=damping)

    def state(self) -> State:
        """Return parameters, damping and the sizes of columns seen."""
        return {**super().state(), "weight": self._weight.copy()}

    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function."""
        self._weight = stored(state, "weight", *self._weight.shape)
        super().restore(state)

    def _linearise(self) -> Array | None:
        self._matrix, self._slope = self._problem.normal(torch.from_numpy(self.theta))
        if not np.isfinite(self._slope).all():
            return None
        self._weight = np.maximum(self._weight, np.diag(self._matrix))
        self._scale = np.maximum(self._weight, FLOOR * self._weight.max(initial=0.0))
        return self._slope if self._scale.any() and self._slope.any() else None

    def _solve(self, damping: float) -> tuple[Array, float]:
        """Return the damped step: by Cholesky, or by QR where squaring lost definiteness."""
        added = damping * self._scale
        change = _by_cholesky(self._matrix, added, -self._slope)
        if change is None or not np.isfinite(change).all():
            jacobian, residual = self._problem.rows(torch.from_numpy(self.theta))
            stacked = torch.cat([jacobian, torch.diag(torch.from_numpy(np.sqrt(added)))])
            target = torch.cat([-residual, residual.new_zeros(len(added))])
            solution = torch.linalg.lstsq(stacked, target[:, None], driver="gelsd").solution
            change = solution[:, 0].numpy()
        return change, float(change @ (added * change))


class GaussNewton(Damped):
    """Damped steps in the space of residuals, δ = -Jᵀ(JJᵀ + λI)⁻¹r: dear in rows, cheap in weights.

    It is the same step as that of the normal equations where damping treats all weights alike, so
    it serves where there are fewer rows than weights.
    """

    name = "gauss_newton"

    def _linearise(self) -> Array | None:
        jacobian, residual = self._problem.rows(torch.from_numpy(self.theta))
        self._jacobian, self._residual = jacobian.numpy(), residual.numpy()
        slope = self._jacobian.T @ self._residual
        if not np.isfinite(slope).all() or not slope.any():
            return None
        self._kernel = self._jacobian @ self._jacobian.T
        self._size = float(np.diag(self._kernel).max())
        return slope

    def _solve(self, damping: float) -> tuple[Array, float]:
        added = damping * self._size
        inner = _by_cholesky(self._kernel, added, -self._residual)
        if inner is None:
            values, vectors = scipy.linalg.eigh(self._kernel)
            inner = vectors @ ((vectors.T @ -self._residual) / (np.maximum(values, 0.0) + added))
        change = self._jacobian.T @ inner
        return change, added * float(change @ change)


def _by_cholesky(matrix: Array, added: Array | float, right: Array) -> Array | None:
    """Solve with this added to the diagonal; None where rounding lost definiteness."""
    damped = matrix.copy(order="F")
    damped[np.diag_indices_from(damped)] += added
    try:
        factor = scipy.linalg.cho_factor(damped, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    return scipy.linalg.cho_solve(factor, right, check_finite=False)


@dataclass(frozen=True)
class Descent:
    """Where a minimisation ended.

    Attributes:
        theta: The best parameters that were reached.
        cost: Sum of squares there.
        steps, rejected: How many steps were kept, and how many were tried in vain.
    """

    theta: Tensor
    cost: float
    steps: int
    rejected: int


def minimise(
    problem: LeastSquares,
    theta: Tensor,
    budget: Budget,
    *,
    steps: int = 100_000,
    damping: float = 1e-2,
    after_step: Callable[[int, Tensor, float], bool] | None = None,
) -> Descent:
    """Lower a sum of squares.

    Args:
        problem: What is minimised.
        theta: Where to start, shape (P,), float64.
        budget: When to stop at the latest.
        steps: How many steps to keep at most.
        damping: At the start, relative to the squares of the columns of J.
        after_step: Called with number, parameters and cost after each kept step; True ends it.
    """
    search = LevenbergMarquardt(problem, theta.numpy(), damping=damping)

    def tell(number: int) -> bool:
        if after_step is None:
            return False
        return after_step(number, torch.from_numpy(search.theta), search.cost)

    made = search.run(budget, steps, tell)
    return Descent(torch.from_numpy(search.theta), search.cost, made, search.rejected)
