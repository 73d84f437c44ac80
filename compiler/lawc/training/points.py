"""Choose points where the law is broken most, by residual-weighted density.

Source:
    C. Wu, M. Zhu, Q. Tan, Y. Kartha, L. Lu, Comput. Methods Appl. Mech. Eng. 403 (2023) 115671,
    with k = c = 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lawc.backends.statement import Points


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
