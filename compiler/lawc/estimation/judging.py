"""Judge a minimum: how sure it is, whether another one is as good, where it is open.

A parameter whose profile does not close inside its declared range is not determined, with two
exceptions that are reported instead: zero is a physical end, and a bound against which the data
press is a finding about the law or its range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lawc.diagnostics.diagnostic import NotDeterminedError
from lawc.estimation.problems import Problem
from lawc.estimation.profiles import Scale, reach
from lawc.estimation.searching import Minimum
from lawc.lowering.numpy_table import Array

_SAME = 1e-3
_SHARE = 1e-2
_EQUAL = 1e-6


def covariance_of(best: Minimum, variance: float) -> Array:
    """Return the covariance of the parameters from the Fisher information, zero at a bound."""
    moving = np.flatnonzero(best.stopped == 0)
    covariance = np.zeros((len(best.theta),) * 2)
    if moving.size:
        block = best.matrix[:, moving]
        norms = np.linalg.norm(block, axis=0)
        _, s, vt = np.linalg.svd(block / norms, full_matrices=False)
        half = vt.T / s
        covariance[np.ix_(moving, moving)] = half @ half.T / np.outer(norms, norms) * variance
    return covariance


def errors_of(best: Minimum, covariance: Array, variance: float) -> Array:
    """Return standard errors; at a bound that of the parameter if the bound were not there."""
    found = np.sqrt(np.diag(covariance))
    for k in np.flatnonzero(best.stopped):
        size = np.linalg.norm(_apart(best, int(k)))
        found[k] = np.sqrt(variance) / size if size > 0 else 0.0
    return found


def _apart(best: Minimum, position: int) -> Array:
    """Return how a parameter moves residuals in ways that those inside their ranges cannot."""
    column = best.matrix[:, position]
    moving = np.flatnonzero(best.stopped == 0)
    if not moving.size:
        return column
    block = best.matrix[:, moving]
    q, _ = np.linalg.qr(block / np.linalg.norm(block, axis=0))
    return column - q @ (q.T @ column)


def _pressed(best: Minimum, position: int, variance: float) -> bool:
    """Return whether the data press against a bound by a standard error or more."""
    apart = _apart(best, position)
    size = np.linalg.norm(apart)
    return bool(abs(apart @ best.residual) >= np.sqrt(variance) * size) if size > 0 else False


def differ(problem: Problem, one: Minimum, other: Minimum) -> bool:
    """Return whether two minima are at different parameters.

    Different means by more than a share of the value, and by more than a share of what the data
    leave open: a value that is zero within its error has no digits to compare.
    """
    size = np.maximum(np.abs(one.theta), np.abs(other.theta))
    degrees = max(problem.observed.values - len(problem.parameters), 1)
    variance = 1.0 if problem.observed.sigma else other.rss / degrees
    with np.errstate(all="ignore"):
        errors = errors_of(other, covariance_of(other, variance), variance)
    open_ = np.where(np.isfinite(errors), _SHARE * errors, 0.0)
    apart = np.abs(one.theta - other.theta)
    return bool((apart > np.maximum(_SAME * size, open_)).any())


def rivals(problem: Problem, best: Minimum, others: Sequence[Minimum], scale: Scale) -> list[str]:
    """Refuse a second answer that fits as well; return words on one that fits nearly as well."""
    for other in others:
        told = "; and ".join(
            ", ".join(
                f"{p.name} = {v:.6g}"
                for p, v in zip(problem.parameters, minimum.theta, strict=True)
            )
            for minimum in (best, other)
        )
        if other.rss <= best.rss * (1 + _EQUAL) + 1e-300:
            raise NotDeterminedError(
                f"two sets of values fit equally well: {told}; narrow a range, or state under "
                "`valid` which of them counts",
                undetermined=tuple(parameter.name for parameter in problem.parameters),
                helps=("narrow a range", "state under `valid` which of them counts"),
            )
        rise = np.sqrt(max(other.rss - best.rss, 0.0) / max(scale.variance, 1e-300))
        if rise <= scale.threshold:
            return [f"another answer fits nearly as well, with rss {other.rss:.6g}: {told}"]
    return []


def open_ends(
    problem: Problem, best: Minimum, scale: Scale, profile: bool
) -> tuple[dict[str, str], dict[str, tuple[float, float]]]:
    """Return on which sides the profile of a parameter does not close, and where it does."""
    ends: dict[str, str] = {}
    reached: dict[str, tuple[float, float]] = {}
    measured = sum(float(np.sum((v * w) ** 2)) for _, v, w in problem.kept.values())
    for k, parameter in enumerate(problem.parameters):
        if best.rss <= 1e-22 * measured:
            # Without residuals there is no scale to judge a rise by, and nothing to doubt.
            reached[parameter.name] = (float(best.theta[k]), float(best.theta[k]))
            continue
        low, high = (reach(problem, best, k, side, scale, profile) for side in (-1, 1))
        if low.closed != high.closed and not profile:
            # A limit is worth its figure: the side that closes is followed to its end.
            low = reach(problem, best, k, -1, scale, True) if low.closed else low
            high = reach(problem, best, k, 1, scale, True) if high.closed else high
        reached[parameter.name] = (
            low.end if low.closed else -np.inf,
            high.end if high.closed else np.inf,
        )
        open_ = [word for word, side in (("below", low), ("above", high)) if not side.closed]
        if open_:
            ends[parameter.name] = " or ".join(open_)
    return ends, reached


def refuse_open(
    problem: Problem, best: Minimum, ends: Mapping[str, str], variance: float, limits: bool
) -> None:
    """Refuse parameters that the data leave open, unless a physical end or a real stop is there."""
    parameters_ = {parameter.name: k for k, parameter in enumerate(problem.parameters)}
    left = []
    for name, side in ends.items():
        k = parameters_[name]
        if best.stopped[k] and side != "below or above" and _pressed(best, k, variance):
            continue
        if side == "below" and problem.parameters[k].low == 0:
            continue
        left.append((name, side))
    if not left or (limits and all(side != "below or above" for _, side in left)):
        return
    told = "; ".join(_open(problem, best, parameters_[name], side) for name, side in left)
    one = all(side != "below or above" for _, side in left)
    helps = ["observe more, or at values where it counts", f"give a value to {left[0][0]}"]
    if one:
        helps.append("ask for limits")
    raise NotDeterminedError(
        f"the data do not determine {', '.join(name for name, _ in left)}: {told}"
        f"{_traded(problem, best)}; " + "; or ".join(helps),
        undetermined=tuple(name for name, _ in left),
        helps=tuple(helps),
    )


def _open(problem: Problem, best: Minimum, position: int, side: str) -> str:
    """Say in which direction nothing stops a parameter."""
    parameter = problem.parameters[position]
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    ends = {"below": parameter.low, "above": parameter.high}
    if side not in ends:
        return f"any {parameter.name} of its range fits as well as {best.theta[position]:.4g}{unit}"
    if best.stopped[position]:
        bound = f"{best.theta[position]:g}{unit}"
        return f"nothing but the end of its range, {bound}, stops {parameter.name}"
    smaller = "smaller" if side == "below" else "larger"
    end = f", down to {ends[side]:g}" if side == "below" else f", up to {ends[side]:g}"
    far = end if np.isfinite(ends[side]) else ""
    return (
        f"{smaller} values of {parameter.name} than {best.theta[position]:.4g}{unit}{far} fit too"
    )


def _traded(problem: Problem, best: Minimum) -> str:
    """Say which parameters make up for each other, where two or three of them do."""
    moving = np.flatnonzero((best.stopped == 0) & (best.theta != 0))
    if len(moving) < 2:
        return ""
    block = best.matrix[:, moving] * best.theta[moving]
    change = np.linalg.svd(block, full_matrices=False)[2][-1]
    part = np.flatnonzero(np.abs(change) > 0.2 * np.max(np.abs(change)))
    if not 2 <= len(part) <= 3:
        return ""
    names = [problem.parameters[moving[k]].name for k in part]
    others = " and ".join(
        f"{100 * change[k] / change[part[0]]:+.3g} % of {name}"
        for name, k in zip(names[1:], part[1:], strict=True)
    )
    return f"; there 100 % more of {names[0]} goes with {others}"
