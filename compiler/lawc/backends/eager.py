"""Residuals by jets in eager torch: always there, on any device, in any dtype.

One pass of Taylor arithmetic gives all channels of `residuals`, which autograd sees through. Cost
and slope come from the fewest channels by formulas (`propagation`), in tiles that stay in the cache
of the processor, so that memory does not grow with the number of points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from lawc.backends.propagation import Plan, Tile, cost_and_slope
from lawc.backends.statement import Block, Objective, Statement
from lawc.forms.network import propagate, split
from lawc.forms.tape import run
from lawc.forms.torch_table import TABLE, evaluate
from lawc.jets.partials import partials

PIECE = 8192
"""Points whose residuals are evaluated at once."""
TILES: Mapping[str, int] = {"cpu": 512}
"""Points whose slope is found at once, by kind of device; elsewhere as many as residuals."""
_NUMBERS = 1 << 22
"""Entries of a Jacobian that are found at once."""


class Eager(Objective):
    """An objective in eager torch; `residuals` may be differentiated again by autograd."""

    backend = "eager"

    @cached_property
    def _pieces(self) -> list[_Piece]:
        return [piece for block in self.blocks for piece in _pieces(block)]

    @cached_property
    def _tiles(self) -> list[tuple[Plan, list[Tile]]]:
        plans = [Plan(block) for block in self.blocks]
        length = TILES.get(self.device.type, PIECE)
        return [(plan, plan.tiles(length)) for plan in plans]

    def residuals(self, theta: Tensor) -> Tensor:
        """Return all rows, weighted; autograd and torch.func see through."""
        self.checked(theta)
        parts: list[Tensor] = []
        for block in self.blocks:
            mine = [piece(theta) for piece in self._pieces if piece.block is block]
            parts += [torch.cat(rows) for rows in zip(*mine, strict=True)]
        return torch.cat(parts)

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the cost and its gradient by the weights."""
        theta = self.checked(theta).detach()
        cost, slope = theta.new_zeros(()), torch.zeros_like(theta)
        with torch.no_grad():
            for plan, tiles in self._tiles:
                for tile in tiles:
                    part, move = cost_and_slope(plan, theta, tile)
                    cost += part
                    slope += move
        return float(cost), slope

    def jacobian(self, theta: Tensor) -> Tensor:
        """Return how each of `residuals` changes with each weight, shape (m, P)."""
        self.checked(theta)
        parts: list[Tensor] = []
        for block in self.blocks:
            mine = [p.jacobian(theta.detach()) for p in self._pieces if p.block is block]
            whole = torch.cat(mine, dim=1)
            parts.append(whole.reshape(-1, self.count))
        return torch.cat(parts)

    def with_blocks(self, blocks: Sequence[Block]) -> Eager:
        """Return the same objective at other points or with other weights."""
        return Eager(blocks)


class _Piece:
    """A stretch of the points of a block, with what no channel reaches already evaluated."""

    def __init__(self, block: Block, place: slice, held: Mapping[str, Tensor]) -> None:
        self.block = block
        self.values = block.points.values[place]
        self.held = {name: column[place] for name, column in held.items()}
        factors = block.factors
        self.factors = factors if factors.shape[1] == 1 else factors[:, place]

    def __call__(self, theta: Tensor) -> Tensor:
        """Return the weighted rows, shape (rows, n)."""
        return rows(self.block.statement, theta, self.values, self.held) * self.factors

    def jacobian(self, theta: Tensor) -> Tensor:
        """Return shape (rows, n, P)."""
        statement, names = self.block.statement, list(self.held)

        def at(theta: Tensor, values: Tensor, *held: Tensor) -> Tensor:
            one = {name: column[None] for name, column in zip(names, held, strict=True)}
            return rows(statement, theta, values[None], one)[:, 0]

        sizes = (None, 0, *(0 for _ in names))
        chunk = max(1, _NUMBERS // (len(statement.rows) * len(theta)))
        found = torch.func.vmap(torch.func.jacrev(at), in_dims=sizes, chunk_size=chunk)(
            theta, self.values, *self.held.values()
        )
        return found.transpose(0, 1) * self.factors[:, :, None]


def rows(statement: Statement, theta: Tensor, values: Tensor, held: Mapping[str, Tensor]) -> Tensor:
    """Return the rows of a statement without weights, shape (rows, n).

    Args:
        statement: What is zero.
        theta: Weights of the network, flat.
        values: Inputs, shape (n, inputs).
        held: What the rest of the split tape reads beside channels, each of shape (n,).
    """
    layers = split(theta, statement.sizes)

    def network(columns: dict[str, Any]) -> Any:
        seen = list(columns.values())
        if statement.before is not None:
            made = run(statement.before, [columns[n] for n in statement.before.inputs], TABLE)
            seen = [_column(one, values) for one in made]
        return propagate(layers, torch.stack(seen, dim=-1))

    columns = dict(zip(statement.inputs, values.unbind(1), strict=True))
    wanted = {channel.partial for channel in statement.channels.values()}
    found = partials(network, columns, sorted(wanted)) if wanted else {}
    given = {
        name: found[channel.partial][:, channel.output - 1]
        for name, channel in statement.channels.items()
    }
    answer = evaluate(statement.split.rest, {**held, **given})
    return torch.stack([answer[name].to(values.dtype) for name in statement.rows])


def _column(given: Any, values: Tensor) -> Any:
    """Return a coordinate as a column, also where it is one number."""
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=values.dtype, device=values.device).expand(len(values))


def _pieces(block: Block) -> list[_Piece]:
    held = block.held
    starts = range(0, len(block.points), PIECE)
    return [_Piece(block, slice(start, start + PIECE), held) for start in starts]
