"""Learn what comes first first: a time slab counts as its earlier ones are learned.

wₙ = exp(-ε Σ_{k<n} L_k), the sum strictly over earlier slabs. The network may not buy a small
residual late by a wrong course early, which is how evolutions are lost.

Source:
    S. Wang, S. Sankaran, P. Perdikaris, Comput. Methods Appl. Mech. Eng. 421 (2024) 116813.
"""

from __future__ import annotations

import torch
from torch import Tensor

SLABS = 16
STRENGTHS = (1e-2, 1e-1, 1e0, 1e1, 1e2)
"""Of ε, relative to the mean of squares at the start, from lenient to strict."""
LEARNED = 0.99
"""The least weight at which the next strength begins."""


def slab_losses(
    squares: Tensor, times: Tensor, low: float, high: float, slabs: int = SLABS
) -> Tensor:
    """Return the mean square of the residuals in each slab; an empty slab has none, 0.

    Args:
        squares: Of residuals, shape (n,).
        times: Of their points, shape (n,).
        low: The first moment.
        high: The last one.
        slabs: How many.
    """
    number = _numbers(times, low, high, slabs)
    total = torch.zeros(slabs, dtype=torch.float64).scatter_add_(0, number, squares.double().cpu())
    count = torch.zeros(slabs, dtype=torch.float64).scatter_add_(
        0, number, torch.ones(len(number), dtype=torch.float64)
    )
    return total / count.clamp(min=1.0)


def slab_weights(losses: Tensor, strength: float) -> Tensor:
    """Return the weight of each slab from the losses of the slabs before it."""
    earlier = torch.cat([losses.new_zeros(1), torch.cumsum(losses[:-1], 0)])
    return torch.exp(-strength * earlier)


def point_weights(weights: Tensor, times: Tensor, low: float, high: float) -> Tensor:
    """Return the weight of each point from those of the slabs."""
    number = _numbers(times, low, high, len(weights))
    return weights[number].to(times.dtype).to(times.device)


def _numbers(times: Tensor, low: float, high: float, slabs: int) -> Tensor:
    share = (times.double().cpu() - low) / (high - low)
    return (share * slabs).long().clamp(0, slabs - 1)
