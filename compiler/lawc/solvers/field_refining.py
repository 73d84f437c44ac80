"""Solve a problem of fields on finer and finer cells until two of them agree.

Richardson's test: where a field is resolved, each division makes the difference between two
solutions smaller by the same factor, so the last difference bounds what is left. Space and time
are refined together. What cannot be resolved is refused with the figure that was reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.solvers.assembling import Assembly
from lawc.solvers.elements import Reading, Space
from lawc.solvers.field_motion import Course, motion
from lawc.solvers.field_problem import Array, Disk, Problem
from lawc.solvers.field_steady import rest
from lawc.solvers.meshing import scattered, smallest_gap
from lawc.solvers.patience import look_at_clock

PROBES = 400
TIMES = 12
PARTS = {1: 8, 2: 6, 3: 4}
LARGEST = {(1, False): 60_000, (2, False): 150_000, (3, False): 20_000}
LARGEST |= {(1, True): 6_000, (2, True): 30_000, (3, True): 8_000}
LAYERS = 3
"""Halvings of cells at ends where an outlet turns a flow, which takes a thin layer."""


@dataclass(frozen=True)
class Solution:
    """Fields that were solved.

    Attributes:
        estimate: What each field may be off, relative to its root mean square, now or at the start,
            or to what it is made of where that is far more.
        history: For each refinement the number of unknowns and the difference to the one before.
        sizes: What the estimates are relative to; empty where there is none.
        of_step: What a step in time may be off, relative to the largest value of a field.
    """

    problem: Problem
    space: Space
    unknowns: Array | Course
    estimate: tuple[float, ...]
    history: tuple[tuple[int, float], ...]
    of_step: float = 0.0
    sizes: tuple[float, ...] = ()

    def at(self, points: Array, times: Array | None) -> dict[tuple[int, int | None], Array]:
        """Return fields and their slopes at points inside the shape, shape (dimension, n)."""
        reading = self.space.read(points)
        found: dict[tuple[int, int | None], Array] = {}
        for field in range(len(self.problem.fields)):
            for place in (None, *range(len(self.problem.coordinates))):
                found[field, place] = read_state(self.unknowns, reading, field, times, place)
        return found


def solve(problem: Problem, accuracy: float, rough: float | None = None) -> Solution:
    """Return the fields of a problem.

    Args:
        problem: What is to be solved.
        accuracy: What a field may be off, relative to what `Solution` says.
        rough: What is accepted where the accuracy takes too many unknowns.

    Raises:
        DomainError: No division that is small enough shows the accuracy, or not in the time that
            is allowed.
    """
    points = scattered(problem.shape, PROBES)
    times, begin = None, problem.span[0]
    if problem.time is not None:
        end = problem.span[1]
        shares = np.arange(1, points.shape[1] + 1) % TIMES + 1
        times = begin + (end - begin) * shares / TIMES
    lower = [field in problem.lower for field in range(len(problem.fields))]
    dimension = problem.shape.dimension
    parts = smallest_parts(problem)
    before: Array | None = None
    differences: list[Array] = []
    history: list[tuple[int, float]] = []
    last: Solution | None = None
    of_step, known = 0.0, ()
    level = 0
    while True:
        look_at_clock()
        space = division(problem, parts, level)
        if space.size > LARGEST[dimension, problem.time is not None] and level > 1:
            break
        assembly = Assembly(problem, space)
        if problem.time is None:
            guess = _carried(last, space) if last is not None else None
            unknowns: Array | Course = rest(assembly, guess)
        else:
            of_step = max(1e-4 * 0.1**level, min(accuracy, 1e-2) * 0.01, 1e-10)
            unknowns = motion(assembly, of_step)
        reading = space.read(points)
        values = np.stack(
            [read_state(unknowns, reading, field, times, None) for field in range(len(lower))]
        )
        estimate: tuple[float, ...] = (np.inf,) * len(lower)
        if before is not None:
            sizes = np.sqrt((values**2).mean(axis=1))
            if times is not None:
                # What has died away is not followed to the last of its digits.
                begun = [
                    read_state(unknowns, reading, field, np.full_like(times, begin), None)
                    for field in range(len(lower))
                ]
                sizes = np.fmax(sizes, np.sqrt((np.stack(begun) ** 2).mean(axis=1)))
            sizes = np.fmax(sizes, problem.least)
            apart = np.sqrt(((values - before) ** 2).mean(axis=1))
            known = tuple(sizes.tolist())
            differences.append(apart / np.where(sizes > 0, sizes, 1.0))
            estimate = tuple(_estimate(differences).tolist())
            history.append((space.size, float(differences[-1].max())))
        else:
            history.append((space.size, float("nan")))
        last = Solution(problem, space, unknowns, estimate, tuple(history), of_step, known)
        # The largest of numpy's is not a number where one of them is none.
        if np.max(estimate) <= accuracy:
            return last
        before = values
        level += 1
        parts *= 2
    reached = float(np.max(last.estimate)) if last is not None else float("inf")
    if last is not None and rough is not None and reached <= rough:
        return last
    size = last.space.size if last is not None else 0
    raise DomainError(
        f"{size:,} unknowns leave an estimated error of {reached:.1e}, more than {accuracy:.0e}"
    )


def division(problem: Problem, parts: int, level: int) -> Space:
    """Return the space of a problem whose longest side has so many parts."""
    dimension = problem.shape.dimension
    depth, layers = (2 + 2 * level) if dimension == 1 else (4 + 3 * level), 0
    if problem.time is not None:
        layers = 2 + level
        round_ = any(isinstance(hole, Disk) for hole in problem.shape.holes)
        depth = depth if dimension == 1 or round_ else 0
    elif problem.lower and _is_turned(problem):
        layers = LAYERS
    lower = [field in problem.lower for field in range(len(problem.fields))]
    return Space(problem.shape, lower, parts, depth, problem.periodic, layers)


def _is_turned(problem: Problem) -> bool:
    """Return whether an end lets a flow through and holds its direction."""
    let_through = {flux.end for flux in problem.fluxes if flux.integrand.values}
    return any(fixed.end in let_through for fixed in problem.fixed)


def _estimate(differences: list[Array]) -> Array:
    """Return what is left after the last refinement: the difference over its observed shrinking.

    A factor is believed up to what half the order of the elements would give.
    """
    last = differences[-1]
    if len(differences) < 2:
        return last
    with np.errstate(all="ignore"):
        shrinking = np.where(last > 0, differences[-2] / last, 16.0)
    return last / np.clip(np.nan_to_num(shrinking, nan=1.0) - 1, 0.5, 7.0)


def smallest_parts(problem: Problem) -> int:
    """Return into how many parts the longest side of a region is divided at first."""
    dimension = problem.shape.dimension
    parts = PARTS[dimension]
    gap = smallest_gap(problem.shape)
    longest = max(np.subtract(problem.shape.box.high, problem.shape.box.low))
    return int(max(parts, min(64, np.ceil(2 * longest / gap)))) if gap < longest else parts


def _carried(solution: Solution, space: Space) -> Array | None:
    """Return the unknowns of a finer space that hold a coarser solution."""
    if not space.nodal(0) or not isinstance(solution.unknowns, np.ndarray):
        return None
    carried = np.zeros(space.size)
    for field in range(len(solution.problem.fields)):
        first, last = space.starts[field], space.starts[field + 1]
        reading: Reading = solution.space.read(space.places(field))
        carried[first:last] = reading.value(field, solution.unknowns)
    return carried


def read_state(
    unknowns: Array | Course, reading: Reading, field: int, times: Array | None, place: int | None
) -> Array:
    """Return the values of a field, or of its slope along a place, at points and their times."""
    if isinstance(unknowns, Course):
        assert times is not None
        return unknowns.read(reading, field, times, place)
    if place is None:
        return reading.value(field, unknowns)
    return reading.slope(field, place, unknowns)
