"""Residuals by jets in eager torch: always there, on any device, in any dtype.

One pass of Taylor arithmetic gives all channels of `residuals`, which autograd sees through. Cost
and slope come from the fewest channels by formulas (`propagation`), in tiles that stay in the cache
of the processor, so that memory does not grow with the number of points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lawc.backends.passes import cost_and_slope
from lawc.backends.propagation import Plan
from lawc.backends.rooms import Rooms
from lawc.backends.statement import Block, Objective, Statement
from lawc.forms.network import propagate, split
from lawc.forms.tape import run
from lawc.forms.torch_table import TABLE, evaluate
from lawc.jets.jet import Jet
from lawc.jets.partials import partials

PIECE = 8192
"""Points whose residuals are evaluated at once."""
OfWeights = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From weights to a cost and the gradient of that."""
_NUMBERS = 1 << 22
"""Entries of a Jacobian that are found at once."""


class Eager(Objective):
    """An objective in eager torch; `residuals` may be differentiated again by autograd."""

    backend = "eager"

    @cached_property
    def _pieces(self) -> list[_Piece]:
        return [piece for block in self.blocks for piece in _pieces(block)]

    @cached_property
    def _work(self) -> list[OfWeights]:
        """Return what answers for each block."""
        plans = [Plan(block) for block in self.blocks]
        small = self.device.type == "cpu"
        return [_tiled(plan, plan.fitting if small else PIECE) for plan in plans]

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
        # Memory that stays must be writable later, whatever the mode of the first call.
        with torch.inference_mode(False), torch.no_grad():
            cost, slope = theta.new_zeros(()), theta.new_zeros(theta.shape)
            for answer in self._work:
                part, move = answer(theta)
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

    def normal_equations(self, theta: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the cost, JᵀJ of shape (P, P) and Jᵀr of shape (P,), piece by piece."""
        theta = self.checked(theta).detach()
        matrix, slope = theta.new_zeros(self.count, self.count), torch.zeros_like(theta)
        cost = 0.0
        for piece in self._pieces:
            with torch.no_grad():
                found = piece(theta).reshape(-1)
            part = piece.jacobian(theta).flatten(0, 1)
            matrix.addmm_(part.T, part)
            slope.addmv_(part.T, found)
            cost += float(found.square().sum())
        return cost, matrix, slope


def _tiled(plan: Plan, length: int) -> OfWeights:
    """Return the cost and slope of a plan, tile by tile."""
    tiles = plan.tiles(length)
    if len(plan.statement.sizes) > 2:
        return Rooms(plan, tiles).cost_and_slope

    def answer(theta: Tensor) -> tuple[Tensor, Tensor]:
        cost, slope = theta.new_zeros(()), torch.zeros_like(theta)
        for tile in tiles:
            part, move = cost_and_slope(plan, theta, tile)
            cost += part
            slope += move
        return cost, slope

    return answer


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
        statement = self.block.statement
        chunk = max(1, _NUMBERS // (len(statement.rows) * len(theta)))
        parts = [
            slopes_of_rows(
                statement, theta, values, {n: c[k : k + chunk] for n, c in self.held.items()}
            )
            for k in range(0, len(self.values), chunk)
            for values in [self.values[k : k + chunk]]
        ]
        return torch.cat(parts, dim=1) * self.factors[:, :, None]


def rows(statement: Statement, theta: Tensor, values: Tensor, held: Mapping[str, Tensor]) -> Tensor:
    """Return the rows of a statement without weights, shape (rows, n).

    Args:
        statement: What is zero.
        theta: Weights of the network, flat.
        values: Inputs, shape (n, inputs).
        held: What the rest of the split tape reads beside channels, each of shape (n,).
    """
    layers = split(theta, statement.sizes)
    return _rows(statement, lambda seen: propagate(layers, seen), values, held)


def slopes_of_rows(
    statement: Statement, theta: Tensor, values: Tensor, held: Mapping[str, Tensor]
) -> Tensor:
    """Return how each row at each point changes with each weight, shape (rows, n, P).

    Points do not mix, so one way back for each row gives what it says of each layer's sums at every
    point; with what the layer was given, that is the slope by its weights.
    """
    layers = split(theta.detach(), statement.sizes)
    given: list[Any] = []
    probes: list[Any] = []

    def network(hidden: Any) -> Any:
        for number, (matrix, offset) in enumerate(layers):
            given.append(hidden)
            hidden = functional.linear(hidden, matrix, offset)
            probes.append(_zero(hidden))
            hidden = hidden + probes[-1]
            hidden = torch.tanh(hidden) if number < len(layers) - 1 else hidden
        return hidden

    if not statement.channels:
        return values.new_zeros(len(statement.rows), len(values), len(theta))
    with torch.enable_grad():
        found = _rows(statement, network, values.detach(), held)
    leaves = [leaf for probe in probes for leaf in _tensors(probe)]
    slopes = []
    for row in found:
        back: list[Tensor] = [torch.zeros_like(leaf) for leaf in leaves]
        if row.requires_grad:
            back = list(
                torch.autograd.grad(
                    row.sum(), leaves, retain_graph=True, allow_unused=True, materialize_grads=True
                )
            )
        parts: list[Tensor] = []
        for one in given:
            coefficients = _tensors(one)
            says = [back.pop(0) for _ in coefficients]
            matrix = torch.einsum("no,ni->noi", says[0], coefficients[0].detach())
            for many, rest in zip(says[1:], coefficients[1:], strict=True):
                matrix = matrix + torch.einsum("cno,cni->noi", many, rest.detach())
            parts += [matrix.flatten(1), says[0]]
        slopes.append(torch.cat(parts, dim=1))
    return torch.stack(slopes)


def _zero(like: Any) -> Any:
    """Return a tensor or a jet of zeros by which one can differentiate."""
    zeros = [torch.zeros_like(one).requires_grad_() for one in _tensors(like)]
    return Jet(zeros[0], zeros[1], like.closure) if isinstance(like, Jet) else zeros[0]


def _tensors(given: Any) -> list[Tensor]:
    return [given.value, given.rest] if isinstance(given, Jet) else [given]


def _rows(
    statement: Statement,
    network: Callable[[Any], Any],
    values: Tensor,
    held: Mapping[str, Tensor],
) -> Tensor:
    def of_columns(columns: dict[str, Any]) -> Any:
        seen = list(columns.values())
        if statement.before is not None:
            made = run(statement.before, [columns[n] for n in statement.before.inputs], TABLE)
            seen = [_column(one, values) for one in made]
        return network(torch.stack(seen, dim=-1))

    columns = dict(zip(statement.inputs, values.unbind(1), strict=True))
    wanted = {channel.partial for channel in statement.channels.values()}
    found = partials(of_columns, columns, sorted(wanted)) if wanted else {}
    given = {
        name: found[channel.partial][:, channel.output - 1]
        for name, channel in statement.channels.items()
    }
    answer = evaluate(statement.split.rest, {**held, **given})
    # A tape that reads nothing answers one number for all points.
    made = [answer[name].to(values.dtype).expand(len(values)) for name in statement.rows]
    return torch.stack(made)


def _column(given: Any, values: Tensor) -> Any:
    """Return a coordinate as a column, also where it is one number."""
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=values.dtype, device=values.device).expand(len(values))


def _pieces(block: Block) -> list[_Piece]:
    held = block.held
    starts = range(0, len(block.points), PIECE)
    return [_Piece(block, slice(start, start + PIECE), held) for start in starts]
