"""Memberships and their averages with rows last: each operation runs along memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lawc.decision.soft.ramp import passed, slope_at


class _Lines(torch.autograd.Function):
    """Memberships between sorted edges: (n,) to (edges + 1, n); and how far each is passed."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, edges: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        u = (x[None] - edges[:, None]).mul_(slope).clamp_(-1, 1)
        s = passed(u)
        made = torch.empty(len(edges) + 1, len(x), dtype=x.dtype, device=x.device)
        torch.sub(1, s[0], out=made[0])
        torch.sub(s[:-1], s[1:], out=made[1:-1])
        made[-1] = s[-1]
        return made, u

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        # As an output, what is kept has a slope of its own: second derivatives stay true.
        ctx.save_for_backward(output[1], inputs[2])
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None, None]:
        grad, kept = grads
        u, slope = ctx.saved_tensors
        total: Tensor | None = None
        if grad is not None:
            total = ((grad[1:] - grad[:-1]) * slope_at(u)).sum(0) * slope
        if kept is not None:
            inside = (kept * (u.abs() < 1)).sum(0) * slope
            total = inside if total is None else total + inside
        return total, None, None


class _Average(torch.autograd.Function):
    """The average over cells of several axes of what a table holds for each of them."""

    generate_vmap_rule = True

    @staticmethod
    def forward(table: Tensor, *lines: Tensor) -> Tensor:
        weight = lines[0]
        for line in lines[1:]:
            weight = (weight[:, None] * line[None]).flatten(0, 1)
        return table.t() @ weight

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        table, *lines = ctx.saved_tensors
        pulled = (table @ grad).unflatten(0, [len(line) for line in lines])
        found: list[Tensor | None] = [None]
        for place, want in enumerate(ctx.needs_input_grad[1:]):
            part = pulled
            for other in range(len(lines) - 1, -1, -1):
                if want and other != place:
                    part = _folded(part, lines[other], other)
            found.append(part if want else None)
        return tuple(found)


def _folded(part: Tensor, line: Tensor, axis: int) -> Tensor:
    """Sum over an axis, each of its cells weighed by its membership."""
    total = part.select(axis, 0) * line[0]
    for cell in range(1, len(line)):
        total.addcmul_(part.select(axis, cell), line[cell])
    return total


def lines_between(x: Tensor, edges: Tensor, width: Tensor) -> Tensor:
    """Return memberships of x, shape (n,), between k sorted edges: shape (k + 1, n)."""
    return _Lines.apply(x, edges, 1 / width)[0]  # type: ignore[no-any-return]


def average(table: Tensor, lines: list[Tensor]) -> Tensor:
    """Return an average over cells.

    Args:
        table: What holds in each combination of cells, shape (cells, k); it has no gradient.
        lines: Memberships on each axis, shape (cells of it, n).

    Returns:
        Shape (k, n).
    """
    return _Average.apply(table, *lines)  # type: ignore[no-any-return]
