"""Memberships and their averages with rows last: each operation runs along memory.

Averages are made for some rows after others, so that never as much is held as rows times cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from lawc.decision.soft.ramp import passed, slope_at

AT_ONCE = 2**18
"""Numbers that are made at once on a processor for rows and cells: 2 MiB in float64."""


class _Lines(torch.autograd.Function):
    """Memberships between sorted edges: (n,) to (edges + 1, n); and how far each is passed."""

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

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[Any, ...], *args: Any
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        x, edges, slope = args
        made = _Lines.apply(*_joined(info, in_dims[:1], (x,)), edges, slope)
        return tuple(_parted(info, one) for one in made), (1, 1)


class _Average(torch.autograd.Function):
    """The average over cells of several axes of what a table holds for each of them."""

    @staticmethod
    def forward(table: Tensor, *lines: Tensor) -> Tensor:
        made = []
        for some in _blocks(lines, len(table)):
            weight = some[0]
            for line in some[1:]:
                weight = (weight[:, None] * line).reshape(-1, line.shape[-1])
            made.append(table.t() @ weight)
        return _together(made)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        table, *lines = ctx.saved_tensors
        places = [place for place, want in enumerate(ctx.needs_input_grad[1:]) if want]
        made: list[list[Tensor]] = [[] for _ in places]
        for grad, *some in _blocks((grads[0], *lines), len(table)):
            cells = (table @ grad).reshape(*(len(line) for line in some), -1)
            for place, parts in zip(places, made, strict=True):
                part = cells
                for other in range(len(some) - 1, -1, -1):
                    if other != place:
                        part = _folded(part, some[other], other)
                parts.append(part)
        found: list[Tensor | None] = [None] * (1 + len(lines))
        for place, parts in zip(places, made, strict=True):
            found[1 + place] = _together(parts)
        return tuple(found)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Tensor, int]:
        table, *lines = args
        made = _Average.apply(table, *_joined(info, in_dims[1:], lines))
        return _parted(info, made), 1


def _blocks(rows: Sequence[Tensor], cells: int) -> Iterator[Sequence[Tensor]]:
    """Yield so few rows at once that numbers for each of their cells are few."""
    most = max(1, AT_ONCE // cells)
    if rows[0].shape[-1] <= most or rows[0].device.type != "cpu":
        yield rows
    else:
        yield from zip(*(one.split(most, -1) for one in rows), strict=True)


def _together(made: list[Tensor]) -> Tensor:
    return made[0] if len(made) == 1 else torch.cat(made, -1)


def _joined(info: Any, dims: Sequence[int | None], rows: Sequence[Tensor]) -> list[Tensor]:
    """Return rows with those of a batch one after another."""
    made = []
    for dim, one in zip(dims, rows, strict=True):
        first = one[None] if dim is None else one.movedim(dim, 0)
        first = first.expand(info.batch_size, *first.shape[1:])
        made.append(first.movedim(0, -2).flatten(-2))
    return made


def _parted(info: Any, rows: Tensor) -> Tensor:
    return rows.unflatten(1, (info.batch_size, -1))


def _folded(part: Tensor, line: Tensor, axis: int) -> Tensor:
    """Sum over an axis, each of its cells weighed by its membership."""
    total = part.select(axis, 0) * line[0]
    for cell in range(1, len(line)):
        total = torch.addcmul(total, part.select(axis, cell), line[cell])
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
