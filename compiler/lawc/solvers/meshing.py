"""Divide a shape into cells: lines, triangles or bricks.

A box without boxes is divided along their edges, and cells inside holes are left out. Around a
disk, points stand on rings whose distances grow with the radius; Delaunay's triangulation joins
them. Near corners triangles become smaller by a factor at each step, since a field is rough there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, KDTree

from lawc.diagnostics.diagnostic import CompileError
from lawc.solvers.field_problem import Array, Box, Disk, Shape

Cells = NDArray[np.int64]
NEAR = 1e-9


@dataclass(frozen=True)
class Grid:
    """Points, shape (dimension, n), and cells as columns of numbers of points.

    Attributes:
        corners: Points near which a field is rough, with the number of times that cells there
            are to be divided; shape (n, dimension).
        depths: For each corner, how often.
    """

    points: Array
    cells: Cells
    corners: Array
    depths: tuple[int, ...]


def divide(shape: Shape, parts: int, depth: int, layers: int = 0) -> Grid:
    """Return a shape divided into cells.

    Args:
        shape: What is divided.
        parts: Into how many parts the longest side of the box is divided.
        depth: How often cells at inward corners are divided; outward corners less often.
        layers: How often the outermost cells of a plane box are halved towards its ends, for
            fields that change steeply there.

    Raises:
        CompileError: Holes leave nothing, or a disk is cut by something else.
    """
    disks = [hole for hole in shape.holes if isinstance(hole, Disk)]
    if disks and shape.dimension != 2:
        raise CompileError("a round hole is divided in two dimensions only")
    lengths = np.subtract(shape.box.high, shape.box.low)
    size = float(lengths.max()) / parts
    axes = [_axis(shape, place, size) for place in range(shape.dimension)]
    if shape.dimension == 1:
        return _line(axes[0], depth)
    if layers and not disks:
        axes = [_graded(axis, layers) for axis in axes]
    kept = _kept(shape, axes)
    if not kept.any():
        raise CompileError("the holes leave nothing of the region")
    corners, depths = _corners(axes, kept, depth)
    if shape.dimension == 3:
        points, cells = _bricks(axes, kept)
        return Grid(points, cells, corners[:0], ())
    if disks:
        points, cells = _around(shape, disks, axes, kept, size, parts)
    else:
        points, cells = _triangles(axes, kept)
    return Grid(points, cells, corners, depths)


def smallest_gap(shape: Shape) -> float:
    """Return the least distance that cells must resolve: between disks, and to what is beside."""
    gaps = [float(np.subtract(shape.box.high, shape.box.low).max())]
    disks = [hole for hole in shape.holes if isinstance(hole, Disk)]
    gaps += [_room(shape, disk, disks) for disk in disks]
    return min(gaps)


def inside(shape: Shape, points: Array) -> NDArray[np.bool_]:
    """Return which points, shape (dimension, n), lie in a shape, its ends among them."""
    low, high = np.array(shape.box.low)[:, None], np.array(shape.box.high)[:, None]
    slack = NEAR * (high - low)
    good = np.asarray(np.logical_and(points >= low - slack, points <= high + slack).all(axis=0))
    for hole in shape.holes:
        if isinstance(hole, Disk):
            centre = np.array(hole.centre)[:, None]
            distance = np.sqrt(((points - centre) ** 2).sum(axis=0))
            good &= distance >= hole.radius * (1 - NEAR)
        else:
            first, last = np.array(hole.low)[:, None], np.array(hole.high)[:, None]
            # Where a hole reaches an end of the box, that end is none of the region.
            first = np.where(first <= low + slack, -np.inf, first + slack)
            last = np.where(last >= high - slack, np.inf, last - slack)
            good &= ~np.logical_and(points > first, points < last).all(axis=0)
    return good


def _axis(shape: Shape, place: int, size: float) -> Array:
    """Return the grid lines of one coordinate, those of box holes among them."""
    ends = {shape.box.low[place], shape.box.high[place]}
    for hole in shape.holes:
        if isinstance(hole, Box):
            ends |= {
                end
                for end in (hole.low[place], hole.high[place])
                if shape.box.low[place] < end < shape.box.high[place]
            }
    marks = sorted(ends)
    lines = [np.array(marks[:1])]
    least = 2 if len(marks) > 2 else 4
    for low, high in pairwise(marks):
        count = max(least, int(np.ceil((high - low) / size - 1e-6)))
        lines.append(np.linspace(low, high, count + 1)[1:])
    return np.concatenate(lines)


def _line(axis: Array, depth: int) -> Grid:
    """Return a line whose cells at both ends are divided further."""
    points = _graded(axis, depth)
    count = np.arange(len(points) - 1)
    return Grid(points[None], np.stack([count, count + 1]), np.zeros((0, 1)), ())


def _graded(axis: Array, depth: int) -> Array:
    """Return grid lines with further ones at both ends, each half as far from the end."""
    low, high = axis[0], axis[-1]
    first = low + (axis[1] - low) * 0.5 ** np.arange(depth, 0, -1)
    last = high - (high - axis[-2]) * 0.5 ** np.arange(1, depth + 1)
    return np.concatenate([axis[:1], first, axis[1:-1], last, axis[-1:]])


def _kept(shape: Shape, axes: list[Array]) -> NDArray[np.bool_]:
    """Return which cells of the grid lie outside box holes."""
    middles = [(axis[1:] + axis[:-1]) / 2 for axis in axes]
    kept = np.ones([len(m) for m in middles], dtype=bool)
    for hole in shape.holes:
        if isinstance(hole, Box):
            within = [
                (m > low) & (m < high)
                for m, low, high in zip(middles, hole.low, hole.high, strict=True)
            ]
            kept[np.ix_(*within)] = False
    return kept


def _corners(
    axes: list[Array], kept: NDArray[np.bool_], depth: int
) -> tuple[Array, tuple[int, ...]]:
    """Return corners of a plane region, and how deep cells are divided there."""
    if len(axes) != 2:
        return np.zeros((0, len(axes))), ()
    padded = np.pad(kept, 1)
    around = padded[1:, 1:].astype(int) + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]
    inward = np.argwhere(around == 3)
    outward = np.argwhere(around == 1)
    places = np.concatenate([inward, outward])
    points = np.stack([axes[0][places[:, 0]], axes[1][places[:, 1]]], axis=1)
    return points, (depth,) * len(inward) + (depth // 3,) * len(outward)


def _numbered(axes: list[Array]) -> tuple[Array, NDArray[np.int64]]:
    sizes = [len(axis) for axis in axes]
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")])
    return points, np.arange(points.shape[1]).reshape(sizes)


def _compact(points: Array, cells: Cells) -> tuple[Array, Cells]:
    """Return points without those that no cell uses."""
    used, renumbered = np.unique(cells, return_inverse=True)
    return points[:, used], renumbered.reshape(cells.shape)


def _triangles(axes: list[Array], kept: NDArray[np.bool_]) -> tuple[Array, Cells]:
    points, number = _numbered(axes)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    # Diagonals in turn, so that no direction is preferred.
    even = (np.indices(a.shape).sum(axis=0) % 2 == 0) & kept
    odd = kept & ~even
    cells = np.concatenate(
        [
            np.stack([a[even], b[even], c[even]]),
            np.stack([a[even], c[even], d[even]]),
            np.stack([a[odd], b[odd], d[odd]]),
            np.stack([b[odd], c[odd], d[odd]]),
        ],
        axis=1,
    )
    return _compact(points, cells)


def _bricks(axes: list[Array], kept: NDArray[np.bool_]) -> tuple[Array, Cells]:
    points, number = _numbered(axes)
    # The order of corners that the library of elements asks for.
    order = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1)]
    ends = {0: slice(None, -1), 1: slice(1, None)}
    cells = np.stack([number[tuple(ends[e] for e in corner)][kept] for corner in order])
    return _compact(points, cells)


def _room(shape: Shape, disk: Disk, disks: list[Disk]) -> float:
    """Return how far it is from a disk to what is beside it.

    Raises:
        CompileError: It touches something.
    """
    centre = np.array(disk.centre)
    gaps = [
        *(centre - np.array(shape.box.low) - disk.radius),
        *(np.array(shape.box.high) - centre - disk.radius),
        *(
            float(np.linalg.norm(centre - np.array(other.centre))) - disk.radius - other.radius
            for other in disks
            if other is not disk
        ),
    ]
    for hole in shape.holes:
        if isinstance(hole, Box):
            nearest = np.clip(centre, hole.low, hole.high)
            gaps.append(float(np.linalg.norm(centre - nearest)) - disk.radius)
    room = float(min(gaps))
    if room <= NEAR * disk.radius:
        raise CompileError(f"the disk `{disk.name}` touches or leaves the rest of the region")
    return room


def _around(
    shape: Shape,
    disks: list[Disk],
    axes: list[Array],
    kept: NDArray[np.bool_],
    size: float,
    parts: int,
) -> tuple[Array, Cells]:
    """Return triangles between box edges and disks."""
    walls, interior = _scattered(axes, kept)
    clouds = [walls]
    free = np.ones(interior.shape[1], dtype=bool)
    for disk in disks:
        rings, outermost, spacing = _rings(disk, _room(shape, disk, disks), size, parts)
        clouds.append(rings)
        centre = np.array(disk.centre)[:, None]
        distance = np.sqrt(((interior - centre) ** 2).sum(axis=0))
        free &= distance > outermost + 0.7 * min(spacing, size)
    near_walls, _ = KDTree(walls.T).query(interior.T)
    free &= near_walls > 0.45 * size
    points = np.concatenate([*clouds, interior[:, free]], axis=1)
    found = Delaunay(points.T).simplices.T
    middles = points[:, found].mean(axis=1)
    (ax, ay, bx, by) = (
        *(points[:, found[1]] - points[:, found[0]]),
        *(points[:, found[2]] - points[:, found[0]]),
    )
    flat = np.abs(ax * by - ay * bx) < 1e-6 * size**2 * min(1.0, (disks[0].radius / size) ** 2)
    cells = found[:, inside(shape, middles) & ~flat].astype(np.int64)
    # The longest edges of a disk must be its own chords.
    return _compact(points, cells)


def _scattered(axes: list[Array], kept: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return points on the edges of the box and its box holes, and staggered ones between."""
    points, number = _numbered(axes)
    padded = np.pad(kept, 1)
    around = padded[1:, 1:].astype(int) + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]
    on_wall = ((around > 0) & (around < 4)).ravel()
    shift = (np.diff(axes[0]).mean() / 2) * (np.indices(number.shape)[1].ravel() % 2)
    moved = points.copy()
    moved[0] = np.minimum(moved[0] + shift, axes[0][-1])
    between = (around == 4).ravel()
    return points[:, on_wall], moved[:, between]


def _rings(disk: Disk, room: float, size: float, parts: int) -> tuple[Array, float, float]:
    """Return points on the rim and on rings around it, the last radius, and its spacing."""
    count = int(max(16, 2 * parts, np.ceil(2 * np.pi * disk.radius / size)))
    radius, rings = disk.radius, [disk.radius]
    while True:
        spacing = 2 * np.pi * radius / count
        radius += 0.87 * spacing
        if radius > disk.radius + 0.42 * room or spacing > size:
            break
        rings.append(radius)
    angles = 2 * np.pi * np.arange(count) / count
    clouds = [
        np.stack([r * np.cos(angles + turn), r * np.sin(angles + turn)])
        for r, turn in zip(rings, np.arange(len(rings)) % 2 * np.pi / count, strict=True)
    ]
    points = np.concatenate(clouds, axis=1) + np.array(disk.centre)[:, None]
    return points, rings[-1], 2 * np.pi * rings[-1] / count


def scattered(shape: Shape, count: int, seed: int = 0) -> Array:
    """Return points inside a shape, shape (dimension, count), the same for the same seed."""
    generator = np.random.default_rng(seed)
    low, high = np.array(shape.box.low)[:, None], np.array(shape.box.high)[:, None]
    found = np.zeros((shape.dimension, 0))
    for _ in range(200):
        points = low + (high - low) * generator.random((shape.dimension, 2 * count))
        found = np.concatenate([found, points[:, inside(shape, points)]], axis=1)
        if found.shape[1] >= count:
            return found[:, :count]
    raise CompileError("the holes leave next to nothing of the region")
