"""Make good what coarse cells are off: move a minimum to where the reference would put it.

A search solves fields on one division into cells. What that division is off at the best parameters
is the reference, which refines until it is as exact as it says and is held against the law, less
the prediction; added to every prediction it leaves derivatives as they were. The minimum moves by
little, and again by much less, so that two or three references serve a whole search.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.estimation.problems import Problem
from lawc.estimation.searching import Minimum, descend, settle
from lawc.lowering.reference import reference

_ROUNDS = 3
_STILL = 0.02
"""What a parameter may still move, in standard errors."""
_TOLD = 0.2
"""From where on it is told."""


def corrected(problem: Problem, best: Minimum) -> tuple[Problem, Minimum, list[str]]:
    """Return the problem and its minimum as the reference has them, and what is to be noted.

    Raises:
        DomainError: The reference has no solution there, or it does not satisfy the law.
    """
    plan = problem.model.plan
    units = {name: plan.law.quantities[name].unit for name in plan.signature.outputs}
    plain = replace(problem, model=problem.model.corrected({}))
    moved = np.zeros(len(best.theta))
    for _ in range(_ROUNDS):
        answers = reference(plan, problem.columns(best.theta))
        coarse = plain.predicted(best.theta)
        off = {n: _off(n, answers[n], coarse[n]) * units[n].factor for n in coarse}
        problem = replace(problem, model=problem.model.corrected(off))
        after = settle(problem, best.theta) or descend(problem, best.theta)
        if after is None:
            break
        moved = np.abs(after.theta - best.theta) / _errors(problem, after)
        best = after
        if moved.max(initial=0.0) <= _STILL:
            break
    names = [p.name for p, share in zip(problem.parameters, moved, strict=True) if share > _TOLD]
    told = f"what the solver of fields is off still moves {', '.join(names)} by "
    return problem, best, [told + f"{moved.max():.1f} standard errors"] if names else []


def _off(name: str, answers: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Return what a prediction is off, and nothing where neither has an answer."""
    lost = np.isnan(answers) & ~np.isnan(coarse)
    if lost.any():
        raise DomainError(f"the reference has no {name} in {int(lost.sum())} of {len(lost)} rows")
    return np.nan_to_num(answers - coarse)


def _errors(problem: Problem, minimum: Minimum) -> np.ndarray:
    """Return standard errors, infinite for parameters that stand still."""
    spread = np.full(len(minimum.theta), np.inf)
    moving = np.array([k for k in problem.free if minimum.stopped[k] == 0], dtype=int)
    dof = max(len(minimum.residual) - len(moving), 1)
    variance = 1.0 if problem.observed.sigma else minimum.rss / dof
    inverse = np.linalg.pinv(minimum.matrix[:, moving].T @ minimum.matrix[:, moving])
    spread[moving] = np.sqrt(np.maximum(np.diag(inverse) * variance, 1e-300))
    return spread
