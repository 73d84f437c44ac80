"""Draw points of the unit cube, known by their number alone, in numpy.

Both sequences can be read from anywhere, so that parts of it are drawn side by side: scrambled
Sobol points by the Gray code of their number, independent ones by stepping PCG64 ahead. They are
the very numbers that scipy and numpy draw, and that generated C draws (`native/drawing.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.random import PCG64, Generator, default_rng
from numpy.typing import NDArray
from scipy.stats import qmc

from lawc.native.drawing import BITS, directions

Array = NDArray[np.float64]
Read = Callable[[Sequence[Array]], None]
"""Writes the next points, a column for each coordinate, in [0, 1)."""
Points = Callable[[int], Read]
"""Opens a sequence at one of its points."""
Draw = Callable[[int], Array]
"""Returns the next points, shape (n, coordinates)."""

_MOST_CORNERS = 4096
_TILE_BITS = 13
_TILE = 1 << _TILE_BITS
_ROWS = 1 << 11
"""Rows that PCG64 draws at once, which stay in the processor's nearest cache."""


def sobol(coordinates: int, seed: int) -> Points:
    """Return scrambled Sobol points."""
    known = directions(coordinates, seed) if coordinates else None
    if known is None:
        return lambda first: _by_scipy(coordinates, seed, first)
    numbers = known
    # The points of a tile are those of the first one, moved together.
    pattern = np.zeros((coordinates, 1), dtype=np.uint64)
    for bit in range(_TILE_BITS):
        pattern = np.hstack([pattern, pattern[:, ::-1] ^ numbers[:, bit : bit + 1]])

    def points(first: int) -> Read:
        at, numbers_of_tile = first, np.empty(_TILE, dtype=np.uint64)

        def read(columns: Sequence[Array]) -> None:
            nonlocal at
            done, rows = 0, len(columns[0])
            while done < rows:
                tile, begin = divmod(at, _TILE)
                count = min(_TILE - begin, rows - done)
                moved = _moved(numbers, tile << _TILE_BITS)
                for column, of_tile, by in zip(columns, pattern, moved, strict=True):
                    part = column[done : done + count]
                    number = numbers_of_tile[:count]
                    np.bitwise_xor(of_tile[begin : begin + count], by, out=number)
                    np.multiply(number.view(np.int64), 2.0**-BITS, out=part)
                at, done = at + count, done + count

        return read

    return points


def independent(coordinates: int, seed: int) -> Points:
    """Return independent points, evenly spread."""

    def points(first: int) -> Read:
        bits = PCG64(seed)
        # One draw of the generator makes one number.
        bits.advance(first * coordinates)
        generator, memory = Generator(bits), np.empty((_ROWS, coordinates))

        def read(columns: Sequence[Array]) -> None:
            for first in range(0, len(columns[0]), len(memory)):
                drawn = memory[: len(columns[0]) - first]
                generator.random(out=drawn)
                for number, column in enumerate(columns):
                    column[first : first + len(drawn)] = drawn[:, number]

        return read

    return points


SEQUENCES: Mapping[str, Callable[[int, int], Points]] = {"domain": sobol, "iid": independent}


def in_turn(points: Points, coordinates: int) -> Draw:
    """Return what draws the points of a sequence from its first one, as many as it is told."""
    read = points(0)

    def draw(size: int) -> Array:
        columns = np.empty((coordinates, size))
        if coordinates:
            read(list(columns))
        return columns.T

    return draw


def faces(dimensions: int, seed: int) -> Draw:
    """Return corners first, in random order where they are very many, then points on faces."""
    generator, inner = default_rng([seed, 2]), in_turn(sobol(dimensions, seed), dimensions)
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


def _by_scipy(coordinates: int, seed: int, first: int) -> Read:
    engine = qmc.Sobol(coordinates, scramble=True, bits=BITS, rng=default_rng(seed))
    # It warns of a first draw that is no power of two.
    kept = engine.random(1)
    # Drawn and dropped: the engine's own leap knows 32 bits only.
    for done in range(1, first, 1 << 20):
        engine.random(min(1 << 20, first - done))
    if first:
        kept = kept[:0]

    def read(columns: Sequence[Array]) -> None:
        nonlocal kept
        rows = len(columns[0])
        drawn = np.concatenate([kept, engine.random(max(0, rows - len(kept)))])
        kept = drawn[rows:]
        for number, column in enumerate(columns):
            column[:] = drawn[:rows, number]

    return read
