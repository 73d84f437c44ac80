"""Find the parameters at which the sum of squared residuals is least.

Parameters that enter linearly are solved for at each step of the others (variable projection), so
that a poor start for them does no harm. Then all move together, in a trust region inside the
declared ranges, and the last digits come from Gauss and Newton. A search that has not arrived says
so: it is judged by the part of the residual that parameters could still remove, not by the reason
for which a solver stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import qmc

from lawc.estimation.problems import Problem
from lawc.lowering.numpy_table import Array
from lawc.lowering.points import spread

ARRIVED = 1e-5
"""Largest share of the residual in the directions of the parameters, at a minimum."""
_TIGHT = 1e-14
_TIGHT_OF_COURSES = 1e-9
_TIGHT_OF_FIELDS = 1e-6
# All parameters move together afterwards, so that the first part need not be exact.
_ROUGH = 1e-8
_SCREENED = 128
_ROWS = 200_000
_SCREENED_COURSES = 64
_SCREENED_FIELDS = 8
_POLISH = 40
_SETTLED = 8
# What is left of a residual then raises the misfit by a millionth.
_NEARLY = 1e-3
_NEAR = 1e-9


@dataclass(frozen=True)
class Minimum:
    """Where a search ended.

    Attributes:
        theta: All parameters, in declared units.
        residual: There, shape (values,).
        matrix: Derivatives of residuals by all parameters.
        stopped: For each parameter -1 or 1 where it ends at its lower or upper bound, else 0.
        offset: The share of the residual that free parameters could still remove.
        start: Where the search began.
    """

    theta: Array
    residual: Array
    matrix: Array
    stopped: np.ndarray
    offset: float
    start: Array

    @property
    def rss(self) -> float:
        """The sum of squared residuals."""
        return float(self.residual @ self.residual)

    @property
    def arrived(self) -> bool:
        """Whether it is a minimum, and not just where a solver gave up."""
        return self.offset <= ARRIVED


def search(problem: Problem, starts: Sequence[Array]) -> list[Minimum]:
    """Return where searches end, the best first; starts without an answer drop out.

    Args:
        problem: What is minimised.
        starts: Vectors of all parameters, in declared units.
    """
    found = []
    for start in starts:
        minimum = descend(problem, problem.filled(start))
        if minimum is not None:
            found.append(minimum)
    return sorted(found, key=lambda minimum: minimum.rss)


def descend(problem: Problem, start: Array) -> Minimum | None:
    """Return where the search from one start ends, None where the law has no answer there."""
    theta = _inside(problem, start)
    if problem.linear.size:
        theta = _projected(problem, theta)
    if not np.isfinite(problem.residuals(theta)).all():
        return None
    theta = _together(problem, theta)
    return _finished(problem, _polished(problem, theta, _POLISH), start)


def settle(problem: Problem, start: Array) -> Minimum | None:
    """Return the minimum next to a start that is nearly there, None where steps do not arrive."""
    theta = _inside(problem, start)
    if not np.isfinite(problem.residuals(theta)).all():
        return None
    minimum = _finished(problem, _polished(problem, theta, _SETTLED, 1e-8), start)
    return minimum if minimum is not None and minimum.offset <= _NEARLY else None


def _finished(problem: Problem, theta: Array, start: Array) -> Minimum | None:
    residual, matrix = problem.matrix(theta)
    if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
        return None
    stopped = _stopped(problem, theta, residual, matrix)
    if stopped.any():
        # A search comes near a bound; what it says is that the bound is where it would end.
        theta = np.where(stopped < 0, problem.bounds[0], theta)
        theta = np.where(stopped > 0, problem.bounds[1], theta)
        residual, matrix = problem.matrix(theta)
        if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
            return None
    offset = _offset(problem, residual, matrix, stopped)
    return Minimum(theta, residual, matrix, stopped, offset, start)


def draw_starts(problem: Problem, count: int, stated: Array | None, seed: int) -> list[Array]:
    """Return where to begin: what is stated, then the best of many points of the ranges.

    Args:
        problem: Its ranges count; a parameter without one is drawn over six decades, or around
            the stated value.
        count: How many starts.
        stated: Values to begin with, NaN where none is stated.
        seed: Of the points.
    """
    many = _SCREENED if problem.model.plan.flow is None else _SCREENED_COURSES
    many = _SCREENED_FIELDS if problem.model.dear else many
    size = len(problem.parameters)
    sobol = qmc.Sobol(size, scramble=True, rng=seed).random(max(many, 2))
    points = np.empty_like(sobol)
    for k, parameter in enumerate(problem.parameters):
        known = stated is not None and np.isfinite(stated[k])
        bounded = np.isfinite(parameter.low) and np.isfinite(parameter.high)
        if known and not bounded:
            assert stated is not None
            # Within a factor of ten, of the same sign.
            points[:, k] = stated[k] * 10 ** (2 * sobol[:, k] - 1)
        else:
            unit = parameter.quantity.unit
            points[:, k] = (spread(parameter.quantity, sobol[:, k]) - unit.offset) / unit.factor
    points = np.stack([problem.filled(_inside(problem, point)) for point in points])
    chosen = [] if stated is None else [np.where(np.isfinite(stated), stated, points[0])]
    costs, points = _screen(problem, points)
    for k in np.argsort(costs):
        if len(chosen) >= count or not np.isfinite(costs[k]):
            break
        chosen.append(points[k])
    return chosen


def _screen(problem: Problem, points: Array) -> tuple[Array, Array]:
    """Return the misfit at each point, with linear parameters at their best there."""
    size = max(1, _ROWS // len(problem.observed))
    found = [_screened(problem, points[k : k + size]) for k in range(0, len(points), size)]
    return np.concatenate([costs for costs, _ in found]), np.concatenate([p for _, p in found])


def _screened(problem: Problem, points: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        if not problem.linear.size:
            residuals = problem.residuals_of_many(points)
        else:
            residuals, matrices = problem.matrices(points)
            points = points.copy()
            for k in range(len(points)):
                block = matrices[k][:, problem.linear]
                if not (np.isfinite(residuals[k]).all() and np.isfinite(block).all()):
                    continue
                move = _solved(block, -residuals[k])
                points[k, problem.linear] += move
                residuals[k] += block @ move
                points[k] = _inside(problem, points[k])
        costs = np.sum(residuals**2, axis=1)
    return np.where(np.isfinite(costs), costs, np.inf), points


def _inside(problem: Problem, theta: Array) -> Array:
    """Return the nearest point that is strictly inside the ranges."""
    low, high = problem.bounds
    theta = np.array(theta, dtype=np.float64)
    for k in problem.free:
        edge = _NEAR * (high[k] - low[k]) if np.isfinite(high[k] - low[k]) else 0.0
        if problem.parameters[k].log:
            inner = (low[k] * (1 + _NEAR), high[k] * (1 - _NEAR))
        else:
            inner = (low[k] + edge, high[k] - edge)
        theta[k] = np.clip(theta[k], *inner)
    return theta


def _to_search(problem: Problem, theta: Array, chosen: np.ndarray) -> Array:
    log = np.array([problem.parameters[k].log for k in chosen], dtype=bool)
    values = theta[chosen]
    return np.where(log, np.log(np.where(log, values, 1.0)), values)


def _from_search(problem: Problem, theta: Array, chosen: np.ndarray, z: Array) -> Array:
    log = np.array([problem.parameters[k].log for k in chosen], dtype=bool)
    full = theta.copy()
    with np.errstate(over="ignore"):
        full[chosen] = np.where(log, np.exp(np.where(log, z, 0.0)), z)
    low, high = problem.bounds
    full[chosen] = np.clip(full[chosen], low[chosen], high[chosen])
    return full


def _limits(problem: Problem, chosen: np.ndarray) -> tuple[Array, Array]:
    low, high = problem.bounds
    return _to_search(problem, low, chosen), _to_search(problem, high, chosen)


def _tangent(problem: Problem, theta: Array, chosen: np.ndarray, matrix: Array) -> Array:
    """Return the derivatives by the variables of the search."""
    log = np.array([problem.parameters[k].log for k in chosen], dtype=bool)
    return matrix[:, chosen] * np.where(log, theta[chosen], 1.0)


def _least(fun: Any, jac: Any, z: Array, limits: tuple[Array, Array], tight: float) -> Array:
    with np.errstate(all="ignore"):
        try:
            # No limit on the gradient: its size depends on the units of the residual.
            never: Any = None
            found = least_squares(
                fun,
                z,
                jac=jac,
                bounds=limits,
                method="trf",
                x_scale="jac",
                ftol=tight,
                xtol=tight,
                gtol=never,
                max_nfev=600,
            )
        except (ValueError, np.linalg.LinAlgError):
            # No finite value to begin with, or a matrix without one: the start is where it ends.
            return z
    return found.x


def _tight(problem: Problem) -> float:
    """Return how far a solver is to go: no answer is smooth beyond its own tolerance."""
    if problem.model.exact:
        return _TIGHT
    return _TIGHT_OF_FIELDS if problem.model.dear else _TIGHT_OF_COURSES


def _projected(problem: Problem, theta: Array) -> Array:
    """Move the parameters that are not linear, with the linear ones at their best (Kaufman)."""
    linear = problem.linear
    others = np.array([k for k in problem.free if k not in set(linear.tolist())], dtype=int)

    def best(point: Array) -> tuple[Array, Array, Array]:
        residual, matrix = problem.matrix(point)
        block = matrix[:, linear]
        if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
            return point, np.full_like(residual, np.nan), matrix
        move = _solved(block, -residual)
        point = point.copy()
        point[linear] += move
        return point, residual + block @ move, matrix

    if not others.size:
        return _inside(problem, best(theta)[0])

    def fun(z: Array) -> Array:
        return best(_from_search(problem, theta, others, z))[1]

    def jac(z: Array) -> Array:
        point = best(_from_search(problem, theta, others, z))[0]
        matrix = problem.matrix(point)[1]
        q, _ = np.linalg.qr(_unit_columns(matrix[:, linear])[0])
        slopes = _tangent(problem, point, others, matrix)
        return slopes - q @ (q.T @ slopes)

    z = _to_search(problem, theta, others)
    z = _least(fun, jac, z, _limits(problem, others), _ROUGH)
    point = best(_from_search(problem, theta, others, z))[0]
    return _inside(problem, point) if np.isfinite(point).all() else theta


def _together(problem: Problem, theta: Array) -> Array:
    chosen = problem.free
    if not chosen.size:
        return theta

    def fun(z: Array) -> Array:
        return problem.residuals(_from_search(problem, theta, chosen, z))

    def jac(z: Array) -> Array:
        point = _from_search(problem, theta, chosen, z)
        return _tangent(problem, point, chosen, problem.matrix(point)[1])

    z = _least(
        fun, jac, _to_search(problem, theta, chosen), _limits(problem, chosen), _tight(problem)
    )
    return _from_search(problem, theta, chosen, z)


def _polished(problem: Problem, theta: Array, steps: int, enough: float = 0.0) -> Array:
    """Take steps of Gauss and Newton while they lower the misfit, or hold it within rounding.

    Where a drop is `enough`, a step that lowers the misfit by a smaller share is the last.
    """
    residual, matrix = problem.matrix(theta)
    for _ in range(steps):
        if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
            break
        moving = _moving(problem, theta, residual, matrix)
        if not moving.size:
            break
        step = np.zeros_like(theta)
        step[moving] = _solved(matrix[:, moving], -residual)
        size = np.max(np.abs(step) / np.maximum(np.abs(theta), 1e-300))
        cost = float(residual @ residual)
        further = _lower(problem, theta, step, cost)
        if further is None:
            break
        theta = further
        residual, matrix = problem.matrix(theta)
        if size < _tight(problem) or (enough and cost - residual @ residual < enough * cost):
            break
    return theta


def _lower(problem: Problem, theta: Array, step: Array, cost: float) -> Array | None:
    """Return where a step, or a part of it, does not raise the misfit; None where none does."""
    low, high = problem.bounds
    for _ in range(12):
        further = np.clip(theta + step, low, high)
        residual = problem.residuals(further)
        if np.isfinite(residual).all() and residual @ residual <= cost * (1 + _tight(problem)):
            return further
        step = step / 2
    return None


def _moving(problem: Problem, theta: Array, residual: Array, matrix: Array) -> np.ndarray:
    """Return the free parameters that no bound holds back."""
    held = _stopped(problem, theta, residual, matrix) != 0
    return np.array([k for k in problem.free if not held[k]], dtype=int)


def _stopped(problem: Problem, theta: Array, residual: Array, matrix: Array) -> np.ndarray:
    """Return where the misfit would fall further beyond a bound."""
    low, high = problem.bounds
    slope = residual @ matrix
    stopped = np.zeros(len(theta), dtype=int)
    for k in problem.free:
        wide = high[k] - low[k]
        edge = 1e-6 * (wide if np.isfinite(wide) else max(abs(theta[k]), 1e-300))
        if problem.parameters[k].log:
            edge = 1e-6 * theta[k]
        if theta[k] <= low[k] + edge and slope[k] > 0:
            stopped[k] = -1
        elif theta[k] >= high[k] - edge and slope[k] < 0:
            stopped[k] = 1
    return stopped


def _offset(problem: Problem, residual: Array, matrix: Array, stopped: np.ndarray) -> float:
    """Return how much of the residual lies in directions that free parameters can move it."""
    size = np.linalg.norm(residual)
    moving = [k for k in problem.free if stopped[k] == 0]
    if not moving or size == 0:
        return 0.0
    block, _ = _unit_columns(matrix[:, moving])
    u, s, _ = np.linalg.svd(block, full_matrices=False)
    seen = u[:, s > 1e-10 * max(s[0], 1e-300)]
    # A law that fits to rounding leaves no residual whose direction means anything.
    measured = max(np.linalg.norm(target * weight) for _, target, weight in problem.kept.values())
    if size <= 1e-11 * measured:
        return 0.0
    return float(np.linalg.norm(seen.T @ residual) / size)


def _unit_columns(matrix: Array) -> tuple[Array, Array]:
    norms = np.linalg.norm(matrix, axis=0)
    norms = np.where(norms > 0, norms, 1.0)
    return matrix / norms, norms


def _solved(matrix: Array, target: Array) -> Array:
    """Return the least-squares solution, with columns brought to one size."""
    block, norms = _unit_columns(matrix)
    return np.linalg.lstsq(block, target, rcond=1e-13)[0] / norms
