"""Exact derivatives of a tanh network by its weights, row by row, without an autograd graph.

One backward sweep keeps the factors of each row instead of summing them: the derivative by a
matrix is the outer product of what comes back to a layer and what went into it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Layers = Sequence[tuple[Tensor, Tensor]]


def signals(layers: Layers, coordinates: Tensor) -> list[Tensor]:
    """Return what goes into each layer, (n, in), and last what comes out of the network."""
    found = [coordinates]
    for matrix, offset in layers[:-1]:
        found.append(torch.addmm(offset, found[-1], matrix.T).tanh_())
    matrix, offset = layers[-1]
    found.append(torch.addmm(offset, found[-1], matrix.T))
    return found


def gradient(layers: Layers, found: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Return the derivative of sum(weights * network), flat, (P,).

    Args:
        layers: Of the network.
        found: From `signals`.
        weights: Shape (n, m).
    """
    parts: list[Tensor] = []
    back = weights
    for number in range(len(layers) - 1, -1, -1):
        parts += [back.sum(0), (back.T @ found[number]).reshape(-1)]
        if number:
            back = (back @ layers[number][0]).mul_(1 - found[number].square())
    return torch.cat(parts[::-1])


def jacobian(
    layers: Layers, found: Sequence[Tensor], weights: Tensor, out: Tensor | None = None
) -> Tensor:
    """Return the derivative of each row of (weights * network).sum(1), shape (n, P).

    Args:
        layers: Of the network.
        found: From `signals`.
        weights: Shape (n, m).
        out: Memory to write to, shape (n, P).
    """
    rows = len(weights)
    size = sum(matrix.numel() + offset.numel() for matrix, offset in layers)
    result = weights.new_empty(rows, size) if out is None else out
    back, end = weights, size
    for number in range(len(layers) - 1, -1, -1):
        above, below = layers[number][0].shape
        result[:, end - above : end] = back
        end -= above
        target = result[:, end - above * below : end].view(rows, above, below)
        torch.mul(back[:, :, None], found[number][:, None, :], out=target)
        end -= above * below
        if number:
            back = (back @ layers[number][0]).mul_(1 - found[number].square())
    return result
