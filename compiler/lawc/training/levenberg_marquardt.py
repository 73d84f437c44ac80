"""Least squares by Levenberg and Marquardt: Gauss–Newton steps, damped as their success allows.

The damping follows how well the quadratic model predicted the gain; measured against "divide by 5,
multiply by 4" it ends ten times lower in the same time. A step that does not lower the cost is
never kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawc.training.budget import Budget

Array = NDArray[np.float64]

LEAST_GAIN = 1e-4
FLOOR = 1e-10
"""Least damping weight of a parameter, relative to the largest one (of squares)."""

MOST_DAMPING = 1e12


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
    cost = problem.cost(theta)
    if not math.isfinite(cost):
        return Descent(theta, cost, 0, 0)
    weight = np.zeros(len(theta))
    growth, rejected, number = 2.0, 0, 0
    while number < steps and not budget.is_over and cost > 0:
        matrix, slope = problem.normal(theta)
        weight = np.maximum(weight, np.diag(matrix))
        scale = np.maximum(weight, FLOOR * weight.max(initial=0.0))
        if not scale.any() or not np.isfinite(slope).all():
            break
        while True:
            change = _solve(problem, theta, matrix, slope, damping * scale)
            trial = theta + torch.from_numpy(change)
            reached = problem.cost(trial)
            # What the model promised: -(2 gᵀδ + δᵀAδ), in terms of the damped equations.
            promised = float(change @ (damping * scale * change) - slope @ change)
            gain = (cost - reached) / promised if promised > 0 else -1.0
            if math.isfinite(reached) and reached < cost and gain > LEAST_GAIN:
                break
            rejected += 1
            damping, growth = damping * growth, growth * 2.0
            if damping > MOST_DAMPING or budget.is_over:
                return Descent(theta, cost, number, rejected)
        theta, cost = trial, reached
        damping = max(damping * max(1 / 3, 1 - (2 * gain - 1) ** 3), 1e-15)
        growth, number = 2.0, number + 1
        if after_step is not None and after_step(number, theta, cost):
            break
    return Descent(theta, cost, number, rejected)


def _solve(
    problem: LeastSquares, theta: Tensor, matrix: Array, slope: Array, damping: Array
) -> Array:
    """Return the damped step: by Cholesky, or by QR where squaring lost definiteness."""
    damped = matrix.copy(order="F")
    damped[np.diag_indices_from(damped)] += damping
    try:
        factor = scipy.linalg.cho_factor(damped, overwrite_a=True, check_finite=False)
        change = scipy.linalg.cho_solve(factor, -slope, check_finite=False)
    except np.linalg.LinAlgError:
        change = np.full(len(slope), np.nan)
    if np.isfinite(change).all():
        return change
    jacobian, residual = problem.rows(theta)
    stacked = torch.cat([jacobian, torch.diag(torch.from_numpy(np.sqrt(damping)))])
    target = torch.cat([-residual, residual.new_zeros(len(damping))])
    solution = torch.linalg.lstsq(stacked, target[:, None], driver="gelsd").solution
    return solution[:, 0].numpy()
