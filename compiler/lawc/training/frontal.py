"""Least squares whose rows speak of a few blocks of unknowns each, solved block after block.

A block is turned out by one orthogonal factorisation of all rows that speak of it; what is left of
these rows speaks of its neighbours. So the work grows with the number of blocks, and no matrix of
all unknowns is ever there.

Source:
    A. George, M. T. Heath, Linear Algebra Appl. 34 (1980) 69-83.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs, solve_triangular

from lawc.training.random_features import DAMPING

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows by the blocks that they speak of, and their right sides.

    Attributes:
        blocks: Shape (n, size of the block) each.
        right: Shape (n, r).
    """

    blocks: Mapping[int, Array]
    right: Array


def solve_frontal(rows: Sequence[Rows], sizes: Mapping[int, int], sides: int) -> dict[int, Array]:
    """Return for each block the weights that bring all rows closest to their right sides.

    Columns are brought to length one, and a penalty at the level of rounding keeps weights of
    columns that almost depend on one another small.

    Args:
        rows: All of them.
        sizes: Unknowns of each block; blocks are turned out by number, negative ones last.
        sides: Right sides of a row.

    Returns:
        Shape (size, r) each.
    """
    lengths = {key: np.zeros(size) for key, size in sizes.items()}
    for some in rows:
        for key, values in some.blocks.items():
            lengths[key] += np.einsum("ij,ij->j", values, values)
    lengths = {k: np.where(v > 0, np.sqrt(v), 1.0) for k, v in lengths.items()}
    damping = DAMPING * np.sqrt(sum(sizes.values()))
    waiting = [
        Rows({k: values / lengths[k] for k, values in some.blocks.items()}, some.right)
        for some in rows
    ]
    waiting += [
        Rows({key: damping * np.eye(size)}, np.zeros((size, sides))) for key, size in sizes.items()
    ]
    order = sorted(sizes, key=lambda key: (key < 0, key))
    place = {key: number for number, key in enumerate(order)}
    turned: list[tuple[int, list[int], Array]] = []
    for key in order:
        mine = [some for some in waiting if key in some.blocks]
        waiting = [some for some in waiting if key not in some.blocks]
        others = sorted({k for some in mine for k in some.blocks} - {key}, key=place.__getitem__)
        keys = [key, *others]
        whole = _stacked(mine, keys, sizes, sides)
        (factorise,) = get_lapack_funcs(("geqrf",), (whole,))
        packed = np.triu(factorise(whole, overwrite_a=True)[0][: whole.shape[1]])
        size = sizes[key]
        turned.append((key, others, packed[:size]))
        rest = packed[size:]
        if others and len(rest):
            waiting.append(_apart(rest[:, size:], others, sizes))
    known: dict[int, Array] = {}
    for key, others, packed in reversed(turned):
        size = sizes[key]
        right = packed[:, packed.shape[1] - sides :].copy()
        begin = size
        for other in others:
            right -= packed[:, begin : begin + sizes[other]] @ known[other]
            begin += sizes[other]
        known[key] = solve_triangular(packed[:, :size], right, check_finite=False)
    return {key: weights / lengths[key][:, None] for key, weights in known.items()}


def _stacked(
    mine: Sequence[Rows], keys: Sequence[int], sizes: Mapping[int, int], sides: int
) -> Array:
    starts, width = {}, 0
    for key in keys:
        starts[key] = width
        width += sizes[key]
    whole = np.zeros((sum(len(some.right) for some in mine), width + sides), order="F")
    begin = 0
    for some in mine:
        end = begin + len(some.right)
        for key, values in some.blocks.items():
            whole[begin:end, starts[key] : starts[key] + sizes[key]] = values
        whole[begin:end, width:] = some.right
        begin = end
    return whole


def _apart(rest: Array, keys: Sequence[int], sizes: Mapping[int, int]) -> Rows:
    blocks, begin = {}, 0
    for key in keys:
        blocks[key] = rest[:, begin : begin + sizes[key]]
        begin += sizes[key]
    return Rows(blocks, rest[:, begin:])
