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

from lawc.lowering.demands import Demand, Part
from lawc.lowering.ground import Columns
from lawc.training.budget import Budget
from lawc.training.collocation import Sheet, Space, Task
from lawc.training.corner_functions import Harmonic
from lawc.training.random_features import Features, draw, joined, least_squares
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
_STEPS, _HALVINGS, _SETTLED = 20, 4, 0.7
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
    choice = chosen(task, seed, budget)
    best, last = math.inf, None
    stalled = 0
    for count in LADDER:
        width = (count + 1 + len(choice.special)) * task.fields
        if width > MOST and best < math.inf:
            return
        if best < math.inf and _seconds(width) > budget.seconds * (1.0 - budget.fraction):
            return
        found = solution(task, choice, count, seed, last, budget)
        last = found if not task.is_linear and found.left <= best else last
        stalled = stalled + 1 if found.left > _FALLS * best else 0
        if found.left < best:
            best = found.left
            yield found
        if best <= target or stalled >= 2:
            return


def chosen(task: Task, seed: int, budget: Budget) -> Choice:
    """Return slopes that short trials found best, one variable after another."""
    choice = Choice(np.full(len(task.scaled), _REACH), (), (1.0,) * task.fields)
    found = solution(task, choice, _TRIAL, seed, budget=budget)
    for _ in range(2 if task.fields > 1 and task.is_linear else 1):
        choice = replace(choice, sizes=_sizes(task, found, seed))
        found = solution(task, choice, _TRIAL, seed, budget=budget)
    if not task.is_linear:
        # Each trial would be as many problems as Newton takes; features follow the fields instead.
        return choice
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
                if budget.is_over:
                    return choice
                other = choice.reach * np.where(factors, way, 1.0)
                left = tried(other)
                if left >= _BETTER * best:
                    break
                best, moved = left, True
                choice = replace(choice, reach=other)
            if moved:
                break
    return choice


def solution(
    task: Task,
    choice: Choice,
    count: int,
    seed: int,
    start: Solution | None = None,
    budget: Budget | None = None,
) -> Solution:
    """Return the least-squares solution over so many features.

    Args:
        task: The law.
        choice: What features are drawn by.
        count: How many.
        seed: For features and points.
        start: Where Newton's method starts, for a law that is not linear; half of the features
            are then made as steep as these fields are, where they are steep.
        budget: After which Newton's method makes no further step.
    """
    generator = np.random.default_rng([seed, 0, count])
    features = draw(count if start is None else count // 2, choice.reach, generator)
    if start is not None:
        features = joined(features, _steep(task, start, count - count // 2, generator))
    space = Space(task, features, choice.special, choice.sizes)
    sheets = _sheets(task, space, np.random.default_rng([seed, 1, count]), start)
    held = held_out(task, seed)
    if task.is_linear:
        weights = least_squares(assembled(space, sheets), space.width)
        return Solution(space, weights, left_over(space, weights, held))
    return _newton(space, sheets, held, start, budget)


def _newton(
    space: Space,
    sheets: Sequence[Sheet],
    held: Sequence[Sheet],
    start: Solution | None,
    budget: Budget | None,
) -> Solution:
    """Return what Newton's method ends with; each step is one problem of least squares."""
    around = None if start is None else (start.space, start.weights)
    best: Solution | None = None
    for _ in range(_STEPS):
        weights = least_squares(assembled(space, sheets, around), space.width)
        left = left_over(space, weights, held)
        for _ in range(_HALVINGS):
            if best is None or left < 2 * best.left:
                break
            # Too far: what is between the last fields and these is nearer to the law.
            weights = (weights + best.weights) / 2
            left = left_over(space, weights, held)
        around = (space, weights)
        if best is not None and left > _SETTLED * best.left:
            return best if best.left <= left else Solution(space, weights, left)
        best = Solution(space, weights, left)
        if budget is not None and budget.is_over:
            break
    assert best is not None
    return best


def assembled(
    space: Space, sheets: Sequence[Sheet], around: tuple[Space, Array] | None = None
) -> Array:
    """Return rows and right sides of all demands, and room for the penalty below."""
    sides = 1 + len(space.task.sources)
    total = sum(sheet.size for sheet in sheets)
    whole = np.zeros((total + space.width, space.width + sides), order="F")
    begin = 0
    for sheet in sheets:
        rows, right = space.rows(sheet, around)
        weight = 1.0 if sheet.demand.place.is_inside else EDGE
        whole[begin : begin + sheet.size, : space.width] = weight * rows
        whole[begin : begin + sheet.size, space.width :] = weight * right
        begin += sheet.size
    return whole


def held_out(task: Task, seed: int, count: int = _HELD) -> list[Sheet]:
    """Return points that no solution is fitted to."""
    generator = np.random.default_rng([seed, 2])
    return [task.sheet(demand, count, generator) for demand in task.demands]


def left_over(space: Space, weights: Array, sheets: Sequence[Sheet]) -> float:
    """Return the largest mean of what is left of a demand, beside the fields' usual size."""
    around = None if space.task.is_linear else (space, weights)
    worst = 0.0
    for sheet in sheets:
        rows, right = space.rows(sheet, around)
        missed = rows @ weights - right
        for number, source in enumerate(space.task.sources):
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


def _steep(task: Task, start: Solution, count: int, generator: Generator) -> Features:
    """Return features that follow the steep places of fields."""
    sheet = task.sheet(task.demands[0], 4 * count, generator)
    ways = np.zeros((sheet.size, len(task.scaled)))
    for number in range(task.fields):
        span = np.zeros_like(ways)
        for axis, name in enumerate(task.scaled):
            if name in sheet.at.stretch:
                slope = values(start.space, start.weights, sheet, Part(number, ((name, 1),)))
                span[:, axis] = slope / sheet.at.stretch[name]
        field = values(start.space, start.weights, sheet, Part(number))
        span /= (field.max() - field.min()) / 2 or 1.0
        steeper = np.linalg.norm(span, axis=1) > np.linalg.norm(ways, axis=1)
        ways[steeper] = span[steeper]
    steepness = np.linalg.norm(ways, axis=1)
    chance = steepness + 0.1 * steepness.mean() + 1e-12
    chosen_rows = generator.choice(sheet.size, count, p=chance / chance.sum())
    factor = generator.uniform(0.3, 2.5, (count, 1)) * generator.choice([-1.0, 1.0], (count, 1))
    turned = ways[chosen_rows] * factor + 0.3 * generator.standard_normal((count, ways.shape[1]))
    return Features(turned, -(turned * sheet.at.z[chosen_rows]).sum(axis=1))


def _sheets(task: Task, space: Space, generator: Generator, start: Solution | None) -> list[Sheet]:
    inside = int(ROWS * space.each)
    dimension = len(task.scaled)
    edge = int(3.0 * inside ** ((dimension - 1) / dimension)) if dimension > 1 else 1
    # Conditions on a face of few dimensions need no more points than functions can tell apart.
    edge = min(edge, inside)
    found = []
    for demand in task.demands:
        size = inside if demand.place.is_inside else edge
        if len(demand.place.pins) == dimension > 1:
            size = 1
        if demand.place.rim:
            size *= sum(hole.name == demand.place.rim for hole in task.ground.law.region)
        columns = task.ground.columns(demand.place, size, generator)
        if start is not None and demand.place.is_inside:
            columns = _where_steep(task, start, columns, demand, generator)
        found.append(task.sheet_of(demand, columns))
    return found


def _where_steep(
    task: Task, start: Solution, columns: Columns, demand: Demand, generator: Generator
) -> Columns:
    """Return points of which half stand where fields are steep."""
    size = len(columns[""])
    sheet = task.sheet(demand, 6 * size, generator)
    steepness = np.zeros(sheet.size)
    for number in range(task.fields):
        field = values(start.space, start.weights, sheet, Part(number))
        for name, stretch in sheet.at.stretch.items():
            slope = values(start.space, start.weights, sheet, Part(number, ((name, 1),)))
            steepness += np.abs(slope / stretch) / ((field.max() - field.min()) or 1.0)
    rows = generator.choice(sheet.size, size // 2, replace=False, p=steepness / steepness.sum())
    return {
        name: np.concatenate([values_[: size - size // 2], sheet.at.columns[name][rows]])
        for name, values_ in columns.items()
    }


def _directions(variables: int) -> Iterable[Array]:
    """Yield which slopes are changed together: all of them, then each."""
    yield np.ones(variables, dtype=bool)
    if variables > 1:
        for number in range(variables):
            yield np.arange(variables) == number


def _seconds(width: int) -> float:
    """Return about what one solution takes on one core."""
    return 0.05 + 7.0 * width**3 / 1.5e10
