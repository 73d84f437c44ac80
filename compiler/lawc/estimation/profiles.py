"""How far a parameter may move before the misfit, with all others at their best, gives it away.

The profile of a parameter is a curve: its value against the least misfit that the others then
reach. Where the curve rises past the threshold of the confidence asked for, the interval ends;
where it stays below up to the end of the declared range, the observations set no limit there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lawc.estimation.problems import Problem
from lawc.estimation.searching import Minimum, descend, settle
from lawc.lowering.numpy_table import Array

_DOUBLINGS = 14
_CLOSE = 1e-3
_STEPS = 24


@dataclass(frozen=True)
class Reach:
    """One side of a profile.

    Attributes:
        end: Where the profile passes the threshold; the bound, or infinity, where it does not.
        closed: Whether it passes it.
    """

    end: float
    closed: bool


@dataclass(frozen=True)
class Scale:
    """What a rise of the misfit is measured by.

    Attributes:
        variance: Of a residual.
        threshold: The quantile that a signed root of the rise may reach.
        errors: Standard errors of all parameters.
        covariance: Of all parameters, zero for those at a bound.
    """

    variance: float
    threshold: float
    errors: Array
    covariance: Array


def reach(
    problem: Problem, best: Minimum, position: int, side: int, scale: Scale, exact: bool
) -> Reach:
    """Return where the profile of a parameter ends on one side.

    Args:
        problem: What was minimised.
        best: Its minimum.
        position: Of the parameter.
        side: -1 or 1.
        scale: Of residuals and of parameters.
        exact: Whether the end is wanted, or only whether there is one.

    Returns:
        The end; a bracket's outer end where only its existence was asked for.
    """
    start = best.theta[position]
    parameter = problem.parameters[position]
    bound = parameter.low if side < 0 else parameter.high
    if (bound - start) * side <= 0:
        return Reach(bound, False)
    step = 1.2 * scale.threshold * scale.errors[position]
    if not (np.isfinite(step) and step > 0):
        step = 1e-3 * max(abs(start), 1e-300)
    near, near_rise = start, 0.0
    warm = best.theta
    for _ in range(_DOUBLINGS):
        far = _moved(start, side * step, parameter.log)
        if (far - bound) * side >= 0:
            far = bound
        minimum = _held(problem, position, far, warm, scale)
        rise = _rise(minimum, best, scale)
        if rise > scale.threshold:
            if not exact:
                return Reach(far, True)
            end = _between(problem, best, position, (near, far), (near_rise, rise), warm, scale)
            return Reach(end, True)
        if far == bound:
            return Reach(bound, False)
        if minimum is not None:
            near, near_rise, warm = far, rise, minimum.theta
        step *= 2
    return Reach(side * np.inf, False)


def _moved(start: float, step: float, log: bool) -> float:
    if log:
        # The same step on the logarithmic scale, on which such a parameter is searched.
        return float(start * np.exp(np.clip(step / start, -700, 700)))
    return start + step


def _rise(minimum: Minimum | None, best: Minimum, scale: Scale) -> float:
    """Return the signed root of how much the misfit rose; no answer counts as a rise."""
    if minimum is None:
        return np.inf
    return float(np.sqrt(max(minimum.rss - best.rss, 0.0) / scale.variance))


def _held(
    problem: Problem, position: int, value: float, warm: Array, scale: Scale
) -> Minimum | None:
    """Return the minimum with one parameter held, from what is best nearby."""
    held = problem.holding(position, value)
    start = warm.copy()
    if scale.errors[position] > 0:
        slope = scale.covariance[position] / scale.errors[position] ** 2
        start = warm + slope * (value - warm[position])
    near = settle(held, held.filled(start))
    if near is not None:
        return near
    found = [descend(held, held.filled(start))]
    if found[0] is None or not found[0].arrived:
        found.append(descend(held, held.filled(warm)))
    kept = [minimum for minimum in found if minimum is not None]
    return min(kept, key=lambda minimum: minimum.rss) if kept else None


def _between(
    problem: Problem,
    best: Minimum,
    position: int,
    ends: tuple[float, float],
    rises: tuple[float, float],
    warm: Array,
    scale: Scale,
) -> float:
    """Return where the rise equals the threshold, between a value below and one above it."""
    (low, high), (below, above) = ends, rises
    target = scale.threshold
    for _ in range(_STEPS):
        share = (target - below) / (above - below) if np.isfinite(above) else 0.5
        middle = low + (high - low) * float(np.clip(share, 0.05, 0.95))
        minimum = _held(problem, position, middle, warm, scale)
        rise = _rise(minimum, best, scale)
        if abs(rise - target) <= _CLOSE * target:
            return middle
        if rise < target:
            low, below = middle, rise
            warm = minimum.theta if minimum is not None else warm
        else:
            high, above = middle, rise
        if abs(high - low) <= 1e-6 * max(abs(high), abs(low)):
            break
    return low + (high - low) * (target - below) / (above - below) if np.isfinite(above) else low
