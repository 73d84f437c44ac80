"""Solve a law of fields that is linear in them: random features and least squares.

Nothing is descended. Slopes of features are chosen by short trials, their number grows until what
is left at held-out points is small enough or falls no more. What is left there only guides the
choice; whether an answer is good is for the reference to say, on points of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lawc.lowering.demands import Part
from lawc.training.budget import Budget
from lawc.training.collocation import Sheet, Space, Task
from lawc.training.corner_functions import Harmonic
from lawc.training.random_features import draw, least_squares
from lawc.training.rough_places import rough_places

Array = NDArray[np.float64]

LADDER = (400, 640, 1000, 1600, 2500, 4000)
"""How many features are tried, one number after another."""

MOST = 4200
"""Weights of all fields together: more would take gigabytes."""

ROWS = 2.5
"""Points inside for each weight of a field."""

EDGE = 3.0
"""Weight of conditions beside equations."""

_TRIAL, _TRIALS_FOR_EACH = 160, 5
_REACH = 2.5
_HELD = 600
_FALLS = 0.5
_BETTER = 0.6
"""By how much other slopes must lower what is left of a trial: smoother ones win few functions,
and lose many, which they make alike."""
_SMOOTH = 1e-4
"""What a trial without such functions leaves where none are needed."""
_WORTH = 0.2
"""By how much functions of corners and holes must lower what is left, to be kept."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Functions and their weights.

    Attributes:
        space: The functions.
        weights: Shape (width, r): without sources, and for each source of size one.
        left: What is left of the demands at held-out points, beside the fields' usual size.
    """

    space: Space
    weights: Array
    left: float


@dataclass(frozen=True, eq=False)
class Choice:
    """What functions are drawn by.

    Attributes:
        reach: The largest slope along each variable.
        special: Functions of corners and holes.
        sizes: The usual size of each field.
    """

    reach: Array
    special: tuple[Harmonic, ...]
    sizes: tuple[float, ...]


def solve(task: Task, target: float, budget: Budget, seed: int) -> Iterable[Solution]:
    """Yield better and better solutions until the target, the budget or no gain ends it.

    Args:
        task: A linear law.
        target: What may be left at held-out points.
        budget: Of one core.
        seed: For functions and points.
    """
    choice = chosen(task, seed)
    best = math.inf
    stalled = 0
    for count in LADDER:
        width = (count + 1 + len(choice.special)) * task.fields
        if width > MOST and best < math.inf:
            return
        if best < math.inf and _seconds(width) > budget.seconds * (1.0 - budget.fraction):
            return
        found = solution(task, choice, count, seed)
        stalled = stalled + 1 if found.left > _FALLS * best else 0
        if found.left < best:
            best = found.left
            yield found
        if best <= target or stalled >= 2:
            return


def chosen(task: Task, seed: int) -> Choice:
    """Return slopes that short trials found best, one variable after another."""
    choice = Choice(np.full(len(task.scaled), _REACH), (), (1.0,) * task.fields)
    found = solution(task, choice, _TRIAL, seed)
    for _ in range(2 if task.fields > 1 else 1):
        choice = replace(choice, sizes=_sizes(task, found, seed))
        found = solution(task, choice, _TRIAL, seed)
    special = rough_places(task.ground)
    if special and found.left > _SMOOTH:
        rough = solution(task, replace(choice, special=special), _TRIAL, seed)
        smooth = solution(task, choice, _TRIAL + len(special), seed)
        if rough.left < _WORTH * smooth.left:
            # Steep functions are not needed for what the rough ones take.
            return replace(choice, special=special)
    best = found.left

    def tried(reach: Array) -> float:
        return solution(task, replace(choice, reach=reach), _TRIAL, seed).left

    for factors in _directions(len(choice.reach)):
        for way in (2.0, 0.5):
            moved = False
            for _ in range(_TRIALS_FOR_EACH):
                other = choice.reach * np.where(factors, way, 1.0)
                left = tried(other)
                if left >= _BETTER * best:
                    break
                best, moved = left, True
                choice = replace(choice, reach=other)
            if moved:
                break
    return choice


def solution(task: Task, choice: Choice, count: int, seed: int) -> Solution:
    """Return the least-squares solution over so many features."""
    features = draw(count, choice.reach, np.random.default_rng([seed, 0, count]))
    space = Space(task, features, choice.special, choice.sizes)
    sheets = _sheets(task, space, np.random.default_rng([seed, 1, count]))
    whole = assembled(space, sheets)
    weights = least_squares(whole, space.width)
    return Solution(space, weights, left_over(space, weights, held_out(task, seed)))


def assembled(space: Space, sheets: Sequence[Sheet], around: Array | None = None) -> Array:
    """Return rows and right sides of all demands, and room for the penalty below."""
    sides = 1 + (len(space.task.sources) if around is None else 0)
    total = sum(sheet.size for sheet in sheets)
    whole = np.zeros((total + space.width, space.width + sides), order="F")
    begin = 0
    for sheet in sheets:
        rows, right = space.rows(sheet, around)
        weight = 1.0 if sheet.demand.spot.is_inside else EDGE
        whole[begin : begin + sheet.size, : space.width] = weight * rows
        whole[begin : begin + sheet.size, space.width :] = weight * right
        begin += sheet.size
    return whole


def held_out(task: Task, seed: int, count: int = _HELD) -> list[Sheet]:
    """Return points that no solution is fitted to."""
    generator = np.random.default_rng([seed, 2])
    return [task.sheet(demand, count, generator) for demand in task.demands]


def left_over(
    space: Space, weights: Array, sheets: Sequence[Sheet], around: Array | None = None
) -> float:
    """Return the largest mean of what is left of a demand, beside the fields' usual size."""
    worst = 0.0
    for sheet in sheets:
        rows, right = space.rows(sheet, around)
        missed = rows @ weights - right
        for number, source in enumerate(space.task.sources if around is None else ()):
            missed[:, 0] += sheet.at.columns[source] * missed[:, number + 1]
        worst = max(worst, float(np.sqrt(np.mean(missed[:, 0] ** 2))))
    return worst if math.isfinite(worst) else math.inf


def values(space: Space, weights: Array, sheet: Sheet, part: Part) -> Array:
    """Return a part of a field at points, sources added up, shape (n,)."""
    found = space.values(sheet.at, part, weights)
    total = found[:, 0].copy()
    for number, source in enumerate(space.task.sources):
        total += sheet.at.columns[source] * found[:, number + 1]
    return total


def _sizes(task: Task, found: Solution, seed: int) -> tuple[float, ...]:
    sheet = held_out(task, seed)[0]
    sizes = []
    for number in range(task.fields):
        field = values(found.space, found.weights, sheet, Part(number))
        sizes.append(float(np.sqrt(np.mean(field**2))) or 1.0)
    return tuple(sizes)


def _sheets(task: Task, space: Space, generator: Generator) -> list[Sheet]:
    inside = int(ROWS * space.each)
    dimension = len(task.scaled)
    edge = int(3.0 * inside ** ((dimension - 1) / dimension)) if dimension > 1 else 1
    # Conditions on a face of few dimensions need no more points than functions can tell apart.
    edge = min(edge, inside)
    found = []
    for demand in task.demands:
        size = inside if demand.spot.is_inside else edge
        if demand.spot.further and len(demand.spot.further) + 1 == dimension:
            size = 1
        if demand.spot.rim:
            size *= sum(hole.name == demand.spot.rim for hole in task.ground.law.region)
        found.append(task.sheet(demand, size, generator))
    return found


def _directions(variables: int) -> Iterable[Array]:
    """Yield which slopes are changed together: all of them, then each."""
    yield np.ones(variables, dtype=bool)
    if variables > 1:
        for number in range(variables):
            yield np.arange(variables) == number


def _seconds(width: int) -> float:
    """Return about what one solution takes on one core."""
    return 0.05 + 7.0 * width**3 / 1.5e10
