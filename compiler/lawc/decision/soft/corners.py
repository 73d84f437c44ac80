"""Corners with cheap slopes: the larger and smaller of two, and sums of ramps.

At a corner the slope is the mean of those on its two sides, however the corner is written. Signs
and sums run along memory, where comparisons and selections by a truth would not: so the way back
costs about as much as the way there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Extreme(torch.autograd.Function):
    """The larger of two for a side of 1, the smaller for a side of -1."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor, b: Tensor, side: float) -> Tensor:
        return torch.maximum(a, b) if side > 0 else torch.minimum(a, b)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        a, b, ctx.side = inputs
        ctx.save_for_backward(a, b)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (grad,) = grads
        a, b = ctx.saved_tensors
        half = 0.5 * grad
        moved = half * torch.sign(a.detach() - b.detach())
        found: list[Tensor | None] = [None, None]
        if ctx.needs_input_grad[0]:
            found[0] = torch.add(half, moved, alpha=ctx.side).sum_to_size(a.shape)
        if ctx.needs_input_grad[1]:
            found[1] = torch.sub(half, moved, alpha=ctx.side).sum_to_size(b.shape)
        return found[0], found[1], None


class _Ramps(torch.autograd.Function):
    """A sum of ramps, each with a rise of its own above an edge of its own."""

    @staticmethod
    def forward(x: Tensor, edges: tuple[float, ...], rises: tuple[float, ...]) -> Tensor:
        total = torch.zeros_like(x)
        for edge, rise in zip(edges, rises, strict=True):
            total = total.add_((x - edge).clamp_(min=0), alpha=rise)
        return total

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        x, ctx.edges, ctx.rises = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,) = grads
        x = ctx.saved_tensors[0].detach()
        slope = torch.full_like(x, sum(ctx.rises) / 2)
        for edge, rise in zip(ctx.edges, ctx.rises, strict=True):
            slope = slope.add_((x - edge).sign_(), alpha=rise / 2)
        return grad * slope, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Tensor, int]:
        return _Ramps.apply(*args), in_dims[0]


def larger(a: Tensor, b: Tensor) -> Tensor:
    """Return the larger of each pair; shapes broadcast."""
    return _Extreme.apply(a, b, 1.0)  # type: ignore[no-any-return]


def smaller(a: Tensor, b: Tensor) -> Tensor:
    """Return the smaller of each pair; shapes broadcast."""
    return _Extreme.apply(a, b, -1.0)  # type: ignore[no-any-return]


def ramps(x: Tensor, edges: tuple[float, ...], rises: tuple[float, ...]) -> Tensor:
    """Return the sum of `rise * max(0, x - edge)` over pairs of an edge and a rise."""
    return _Ramps.apply(x, edges, rises)  # type: ignore[no-any-return]
