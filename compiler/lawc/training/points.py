"""Choose points where the law is broken most, by residual-weighted density.

Source:
    C. Wu, M. Zhu, Q. Tan, Y. Kartha, L. Lu, Comput. Methods Appl. Mech. Eng. 403 (2023) 115671,
    with k = c = 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lawc.backends.statement import Points, Statement
from lawc.forms.network import count
from lawc.training import checkpoint


def density(broken: Tensor) -> Tensor:
    """Return how likely each point should be, |r|/mean|r| + 1, from residuals of shape (n,).

    A residual that is no number counts as one of average size: such points are kept in sight, but
    do not crowd out all others.
    """
    sizes = broken.abs().double()
    known = torch.isfinite(sizes)
    mean = sizes[known].mean() if bool(known.any()) else sizes.new_tensor(0.0)
    if not float(mean) > 0:
        return torch.ones_like(sizes)
    return torch.where(known, sizes, mean) / mean + 1.0


def choose_points(
    pool: Points, count: int, broken: Tensor | None, generator: torch.Generator
) -> Points:
    """Return some points of a pool, those with large residuals likelier.

    Args:
        pool: To choose from.
        count: How many; all where the pool has no more.
        broken: Residuals at the pool's points, shape (n,); None for equal chances.
        generator: Decides.
    """
    if count >= len(pool):
        return pool
    chances = torch.ones(len(pool), dtype=torch.float64) if broken is None else density(broken)
    chosen = torch.multinomial(chances.cpu(), count, generator=generator).sort().values
    return pick(pool, chosen.to(pool.values.device))


def pick(points: Points, chosen: Tensor) -> Points:
    """Return the points of these numbers."""
    return Points(
        points.values[chosen],
        {name: column[chosen] for name, column in points.columns.items()},
        None if points.weights is None else points.weights[chosen],
    )


def cast(points: Points, dtype: torch.dtype, device: torch.device | str) -> Points:
    """Return the points in another dtype, on another device."""
    return Points(
        points.values.to(device, dtype),
        {name: column.to(device, dtype) for name, column in points.columns.items()},
        None if points.weights is None else points.weights.to(device, dtype),
    )


def weighted(points: Points, weights: Tensor | None) -> Points:
    """Return the same points with other weights."""
    return Points(points.values, points.columns, weights)


def kept_points(
    arrays: Mapping[str, Tensor],
    number: int,
    statement: Statement,
    dtype: torch.dtype,
    device: torch.device | str,
) -> Points:
    """Return the points of a statement as a checkpoint has them under a number.

    Raises:
        ValueError: They are lacking, or are not of this statement.
    """
    values = checkpoint.fitting(arrays, f"points {number}", dtype, -1, len(statement.inputs))
    size, weights = len(values), f"weights {number}"
    columns = {
        name: checkpoint.fitting(arrays, f"column {number} {name}", dtype, size)
        for name in statement.columns
    }
    mine = checkpoint.fitting(arrays, weights, dtype, size) if weights in arrays else None
    return cast(Points(values, columns, mine), dtype, device)


def most_bytes(sizes: Sequence[int], numbers: int) -> int:
    """Return what a checkpoint may have: a matrix, pairs of vectors, points, and a text.

    Args:
        sizes: Of the network's layers.
        numbers: Of all points together.
    """
    size = count(sizes)
    return 2**26 + 8 * (size * (size + 128) + numbers)
