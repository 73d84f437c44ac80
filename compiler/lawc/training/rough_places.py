"""Find corners and holes of a region in a plane, and the functions that fields need there.

Only for fields at rest on two coordinates whose shape no parameter moves. Around a hole go the
powers that it sends out, and those of its mirror images in near walls.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from lawc.knowledge.expression import names
from lawc.lowering.ground import Columns, Ground
from lawc.training.corner_functions import Harmonic, around_corner, around_hole

CORNER_POWERS = 6
HOLE_POWERS = 10
_LEAST_POWERS = 3


def rough_places(ground: Ground) -> tuple[Harmonic, ...]:
    """Return the functions for a region's corners and holes, none where it is not of that kind."""
    problem, law = ground.problem, ground.law
    if problem.time is not None or len(problem.coordinates) != 2:
        return ()
    if set(ground.scaled()) != set(problem.coordinates):
        return ()
    dimensions = {law.quantities[name].dimension for name in problem.coordinates}
    if len(dimensions) > 1:
        return ()
    sides = [side for pair in ground.ends.values() for side in pair]
    if any(names(side) - ground.fixed.keys() for side in sides):
        return ()
    return (*_corners(ground), *_holes(ground))


def _corners(ground: Ground) -> list[Harmonic]:
    x, y = ground.problem.coordinates
    box = [[_number(ground, side) for side in ground.ends[name]] for name in (x, y)]
    unit = min(high - low for low, high in box)
    grid = [set(box[0]), set(box[1])]
    for hole in ground.law.region:
        if hole.shape == "box":
            bounds = {name: (low, high) for name, low, high in hole.bounds}
            for axis, name in enumerate((x, y)):
                grid[axis] |= {_number(ground, side) for side in bounds.get(name, ())}
    periodic = {line.variable for line in ground.problem.boundary if line.is_periodic}
    found: list[Harmonic] = []
    for corner in product(sorted(grid[0]), sorted(grid[1])):
        if periodic:
            break
        inner = _quadrants(ground, (x, y), corner, unit, box)
        if len(inner) not in (1, 3):
            continue
        if len(inner) == 1:
            bisector = math.pi / 4 + inner[0] * math.pi / 2
        else:
            outer = ({0, 1, 2, 3} - set(inner)).pop()
            bisector = math.pi / 4 + (outer + 2) * math.pi / 2
        opening = len(inner) * math.pi / 2
        # The angle jumps behind the corner; that half line must not come into the region again.
        behind = np.linspace(1e-3, 4.0, 400)[:, None] * np.array(
            [[-math.cos(bisector), -math.sin(bisector)]]
        )
        points = np.array(corner) + behind * max(high - low for low, high in box)
        if _within(ground, (x, y), points, box).any():
            continue
        found += around_corner((x, y), corner, bisector, opening, unit, CORNER_POWERS)
    return found


def _quadrants(
    ground: Ground,
    axes: tuple[str, str],
    corner: tuple[float, float],
    unit: float,
    box: list[list[float]],
) -> list[int]:
    """Return which of the four quadrants around a point belong to the region."""
    turns = math.pi / 4 + np.arange(4) * math.pi / 2
    points = np.array(corner) + 1e-5 * unit * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.flatnonzero(_within(ground, axes, points, box)).tolist()


def _within(
    ground: Ground, axes: tuple[str, str], points: np.ndarray, box: list[list[float]]
) -> np.ndarray:
    columns: Columns = {"": np.zeros(len(points)), axes[0]: points[:, 0], axes[1]: points[:, 1]}
    good = ground.inside(columns)
    for axis in range(2):
        good &= (points[:, axis] >= box[axis][0]) & (points[:, axis] <= box[axis][1])
    return good


def _holes(ground: Ground) -> list[Harmonic]:
    x, y = ground.problem.coordinates
    disks = [hole for hole in ground.law.region if hole.shape != "box"]
    box = [[_number(ground, side) for side in ground.ends[name]] for name in (x, y)]
    placed: dict[tuple[float, float], tuple[float, int]] = {}
    for hole in disks:
        at = dict(hole.centre)
        centre = (_number(ground, at[x]), _number(ground, at[y]))
        assert hole.radius is not None
        radius = _number(ground, hole.radius)
        images = [
            [(centre[axis], 1.0)]
            + [
                (2 * wall - centre[axis], radius / abs(2 * (wall - centre[axis])))
                for wall in box[axis]
                if abs(wall - centre[axis]) > radius
            ]
            for axis in range(2)
        ]
        for (first, near), (second, close) in product(*images):
            # What an image sends into the region dies out with its distance.
            share = min(near, close)
            powers = HOLE_POWERS if share == 1.0 else round(HOLE_POWERS * min(1.0, 3.2 * share))
            if powers >= _LEAST_POWERS:
                placed.setdefault((first, second), (radius, powers))
    return [
        harmonic
        for centre, (radius, powers) in placed.items()
        for harmonic in around_hole((x, y), centre, radius, powers)
    ]


def _number(ground: Ground, side: object) -> float:
    return float(ground.value(side, ground.middle)[0])  # type: ignore[arg-type]
