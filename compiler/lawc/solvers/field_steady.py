"""Fields at rest: Newton's method with an exact slope, and small steps in time where it fails."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.solvers.assembling import Assembly, Matrix
from lawc.solvers.factoring import factor
from lawc.solvers.field_problem import Array
from lawc.solvers.patience import look_at_clock

MOST_STEPS = 40
CLOSE = 1e-11
"""Size of the last step, relative to the largest value of a field."""
ROUNDED = 1e-8
"""Below it, steps that do not shrink any more are rounding."""


def rest(assembly: Assembly, start: Array | None = None) -> Array:
    """Return unknowns at which nothing remains of the equations.

    Args:
        assembly: The equations, which read no rate.
        start: A guess; nothing but what is fixed where there is none.

    Raises:
        DomainError: The equations have no single solution, or Newton's method finds none.
    """
    unknowns = assembly.start(0.0) if start is None else start.copy()
    numbers, values = assembly.fixed_values(0.0)
    unknowns[numbers] = values
    unknowns = unknowns[assembly.space.twin]
    still = np.zeros_like(unknowns)
    size = np.inf
    for _ in range(MOST_STEPS):
        look_at_clock()
        remains = assembly.residual(0.0, unknowns, still)
        slope, _ = assembly.slopes(0.0, unknowns, still)
        step = _solved(assembly, slope, -remains)
        before, size = size, relative(assembly, step, unknowns + step)
        if size < CLOSE or (size < ROUNDED and size > 0.1 * before):
            return (unknowns + step)[assembly.space.twin]
        unknowns, gained = _shortened(assembly, unknowns, step, remains, size)
        if not gained:
            break
    if size < ROUNDED:
        return unknowns[assembly.space.twin]
    raise DomainError(
        f"Newton's method ends {size:.1e} away from a solution; the equations may have none, or "
        "change too steeply"
    )


def relative(assembly: Assembly, step: Array, unknowns: Array) -> float:
    """Return the largest part of a step, relative to the largest value of its field.

    A field that is zero but for rounding is measured by what it is made of.
    """
    worst = 0.0
    least = assembly.problem.least.tolist()
    for number, (first, last) in enumerate(pairwise(assembly.space.starts.tolist())):
        size = max(np.abs(unknowns[first:last]).max(), least[number])
        moved = np.abs(step[first:last]).max()
        if not np.isfinite(moved):
            return np.inf
        worst = max(worst, moved / size if size > 0 else (0.0 if moved == 0 else 1.0))
    return float(worst)


def _shortened(
    assembly: Assembly, unknowns: Array, step: Array, remains: Array, size: float
) -> tuple[Array, bool]:
    """Return unknowns after a step that is as long as it brings them closer."""
    still = np.zeros_like(unknowns)
    before = float(np.linalg.norm(remains))
    share = 1.0
    while share > 1e-4:
        tried = (unknowns + share * step)[assembly.space.twin]
        with np.errstate(all="ignore"):
            after = float(np.linalg.norm(assembly.residual(0.0, tried, still)))
        # Near the end rounding decides, and a whole step is as good as any.
        if np.isfinite(after) and (after <= (1 - 0.1 * share) * before or size < 1e-7):
            return tried, True
        share /= 2
    return unknowns, False


def _solved(assembly: Assembly, matrix: Matrix, right: Array) -> Array:
    found = factor(matrix, assembly.order(matrix)).solve(right)
    if not np.isfinite(found).all():
        raise DomainError("the equations and conditions do not determine the fields")
    return found
