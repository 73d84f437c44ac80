"""Draw points of the unit cube, known by their number alone, in numpy.

Both sequences can be read from anywhere, so that parts of it are drawn side by side: scrambled
Sobol points by the Gray code of their number, independent ones by stepping PCG64 ahead. They are
the very numbers that scipy and numpy draw, and that generated C draws (`native/drawing.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import PCG64, Generator, default_rng
from numpy.typing import NDArray
from scipy.stats import qmc

from lawc.native.drawing import BITS, directions

Array = NDArray[np.float64]
Read = Callable[[int, Sequence[Array]], Iterator[int]]
"""Writes the points from a number on, a column for each coordinate, and tells which column is ready
as soon as it is; each thread needs its own."""
Draw = Callable[[int], Array]
"""Returns the next points, shape (n, coordinates)."""

_MOST_CORNERS = 4096
_TILE_BITS = 13
_TILE = 1 << _TILE_BITS
"""Points that numpy moves in one sweep: shorter tiles take it three times as long."""
_TILES = 1 << 2
_GROUP = _TILE * _TILES
_DRAWN = 1 << 15
"""Numbers that PCG64 draws at once, which stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Points:
    """A sequence of points of the unit cube, [0, 1) along each coordinate.

    Attributes:
        coordinates: How many.
        unit: What is read are multiples of it: a power of two, by which nothing is rounded.
        opened: Opens the sequence for a thread.
    """

    coordinates: int
    unit: float
    opened: Callable[[], Read]


def sobol(coordinates: int, seed: int) -> Points:
    """Return scrambled Sobol points."""
    known = directions(coordinates, seed) if coordinates else None
    if known is None:
        return Points(coordinates, 1.0, lambda: _by_scipy(coordinates, seed))
    numbers = known
    # The points of a tile are those of the first one, moved together; tiles of a group likewise.
    pattern = np.zeros((coordinates, 1), dtype=np.uint64)
    for bit in range(_TILE_BITS):
        pattern = np.hstack([pattern, pattern[:, ::-1] ^ numbers[:, bit : bit + 1]])
    still = _moved(numbers, 0)
    tiles = [_moved(numbers, tile << _TILE_BITS) ^ still for tile in range(_TILES)]
    between = np.stack(tiles, axis=1)[:, :, None]

    def opened() -> Read:
        moved = np.empty((_TILES, _TILE), dtype=np.uint64)
        counts = moved.reshape(-1).view(np.int64)

        def read(first: int, columns: Sequence[Array]) -> Iterator[int]:
            edges = list(_groups(first, len(columns[0])))
            bases = [_moved(numbers, group * _GROUP) for group, _, _, _ in edges]
            for number, column in enumerate(columns):
                for (_, begin, done, count), base in zip(edges, bases, strict=True):
                    some = slice(begin >> _TILE_BITS, (begin + count - 1 >> _TILE_BITS) + 1)
                    by = between[number, some] ^ base[number]
                    np.bitwise_xor(pattern[number], by, out=moved[some])
                    part = column[done : done + count]
                    np.copyto(part, counts[begin : begin + count], casting="unsafe")
                yield number

        return read

    return Points(coordinates, 2.0**-BITS, opened)


def independent(coordinates: int, seed: int) -> Points:
    """Return independent points, evenly spread."""

    def opened() -> Read:
        bits, at = PCG64(seed), 0
        rows = max(1, _DRAWN // max(1, coordinates))
        generator, memory = Generator(bits), np.empty((rows, coordinates))

        def read(first: int, columns: Sequence[Array]) -> Iterator[int]:
            nonlocal at
            # One draw of the generator makes one number.
            if first != at:
                bits.advance((first - at) * coordinates)
            at = first + len(columns[0])
            for begin in range(0, len(columns[0]), len(memory)):
                drawn = memory[: len(columns[0]) - begin]
                generator.random(out=drawn)
                for number, column in enumerate(columns):
                    column[begin : begin + len(drawn)] = drawn[:, number]
            yield from range(coordinates)

        return read

    return Points(coordinates, 1.0, opened)


SEQUENCES: Mapping[str, Callable[[int, int], Points]] = {"domain": sobol, "iid": independent}


def in_turn(points: Points) -> Draw:
    """Return what draws the points of a sequence from its first one, as many as it is told."""
    read, at = points.opened(), 0

    def draw(size: int) -> Array:
        nonlocal at
        columns = np.empty((points.coordinates, size))
        if points.coordinates:
            for number in read(at, list(columns)):
                columns[number] *= points.unit
        at += size
        return columns.T

    return draw


def faces(dimensions: int, seed: int) -> Draw:
    """Return corners first, in random order where they are very many, then points on faces."""
    generator, inner = default_rng([seed, 2]), in_turn(sobol(dimensions, seed))
    if 2**dimensions <= _MOST_CORNERS:
        corners = np.array(list(product((0.0, 1.0), repeat=dimensions)))
        corners = generator.permutation(corners)
    else:
        corners = generator.integers(0, 2, (_MOST_CORNERS, dimensions)).astype(np.float64)
    started = False

    def draw(size: int) -> Array:
        nonlocal started
        first = corners[: max(1, size // 2)] if not started else corners[:0]
        started = True
        points = inner(size - len(first)).copy()
        rows = np.arange(len(points))
        # Every face in turn, so that none is missed by chance.
        points[rows, (rows // 2) % dimensions] = rows % 2
        return np.concatenate([first, points])

    return draw


def _moved(numbers: NDArray[np.uint64], first: int) -> NDArray[np.uint64]:
    """Return by what all points of the tile that begins at a number are moved."""
    gray = first ^ first >> 1
    bits = [bit for bit in range(gray.bit_length()) if gray >> bit & 1]
    return np.bitwise_xor.reduce(numbers[:, [*bits, BITS]], axis=1)


def _groups(first: int, rows: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the groups of some points: number, first point in it, rows before it, and its rows."""
    done = 0
    while done < rows:
        group, begin = divmod(first + done, _GROUP)
        count = min(_GROUP - begin, rows - done)
        yield group, begin, done, count
        done += count


def _by_scipy(coordinates: int, seed: int) -> Read:
    engine, at = qmc.Sobol(coordinates, scramble=True, bits=BITS, rng=default_rng(seed)), 0

    def take(count: int) -> Array:
        nonlocal at
        # It warns of a first draw that is no power of two.
        first = engine.random(1) if at == 0 and count else np.empty((0, coordinates))
        at += count
        return np.concatenate([first, engine.random(count - len(first))])

    def read(first: int, columns: Sequence[Array]) -> Iterator[int]:
        nonlocal at
        if first < at:
            engine.reset()
            at = 0
        # Drawn and dropped: the engine's own leap knows 32 bits only.
        while at < first:
            take(min(1 << 20, first - at))
        drawn = take(len(columns[0]))
        for number, column in enumerate(columns):
            column[:] = drawn[:, number]
            yield number

    return read
