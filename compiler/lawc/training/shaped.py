"""A fit whose network's weights are tied to one another, or kept from one sign.

What is fitted are free numbers. A weight is one of them, or what softplus makes of it with a sign,
or zero; several weights may be the same one. So a network rises with a coordinate for any numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse
import torch
from torch import Tensor
from torch.nn import functional

from lawc.forms.network import count
from lawc.training.fitting import STEEP_COORDINATES, STEEPNESS, Array, Fit


@dataclass(frozen=True, eq=False)
class Shape:
    """From free numbers to the weights of a network.

    Attributes:
        place: Which number each weight is made of, shape (P,); -1 where it is zero.
        sign: 1 or -1 where it has that sign, 0 where it is as the number is, shape (P,).
        begin: How large each weight may be at the start, shape (P,).
    """

    place: Tensor
    sign: Tensor
    begin: Tensor

    @property
    def size(self) -> int:
        """How many numbers are free."""
        return int(self.place.max()) + 1

    def weights(self, numbers: Tensor) -> Tensor:
        """Return the weights, flat."""
        found = numbers[self.place.clamp(min=0)]
        found = torch.where(self.sign == 0, found, self.sign * functional.softplus(found))
        return torch.where(self.place < 0, 0.0, found)

    def slope(self, numbers: Tensor) -> scipy.sparse.csr_matrix:
        """Return how weights change with numbers, shape (P, size)."""
        found = numbers[self.place.clamp(min=0)]
        rate = torch.where(self.sign == 0, 1.0, self.sign * torch.sigmoid(found))
        used = (self.place >= 0).numpy()
        rows = np.flatnonzero(used)
        entries = rate.double().numpy()[used], (rows, self.place.numpy()[used])
        return scipy.sparse.csr_matrix(entries, shape=(len(used), self.size))

    def start(self, seed: int) -> Tensor:
        """Return random numbers to begin with."""
        generator = torch.Generator().manual_seed(seed)
        unit = torch.rand(self.size, generator=generator, dtype=torch.float64)
        used = self.place >= 0
        limit, sign = torch.zeros_like(unit), torch.zeros_like(unit)
        limit[self.place[used]], sign[self.place[used]] = self.begin[used], self.sign[used]
        size = (unit * limit).clamp(min=1e-6)
        return torch.where(sign == 0, (2 * unit - 1) * limit, torch.log(torch.expm1(size)))


@dataclass(frozen=True)
class Block:
    """One of several networks that stand side by side.

    Attributes:
        first: The first of its coordinates.
        signs: 1 or -1 for each coordinate with which it must rise or fall, 0 for the others.
        like: The number of the block whose weights it has; None where it has its own.
    """

    first: int
    signs: tuple[int, ...]
    like: int | None = None


def side_by_side(
    sizes: tuple[int, ...], widths: tuple[int, ...], blocks: tuple[Block, ...]
) -> Shape:
    """Return the shape of blocks with one output each, as one network.

    Args:
        sizes: Of the whole.
        widths: Hidden widths of one block.
        blocks: In the order of their outputs.
    """
    place = torch.full((count(sizes),), -1, dtype=torch.long)
    sign, begin = torch.zeros(count(sizes)).double(), torch.zeros(count(sizes)).double()
    free = start = 0
    for level, (before, after) in enumerate(pairwise(sizes)):
        matrices = place[start : start + before * after].view(after, before)
        signs = sign[start : start + before * after].view(after, before)
        limits = begin[start : start + before * after].view(after, before)
        offsets = place[start + before * after : start + (before + 1) * after]
        edges = begin[start + before * after : start + (before + 1) * after]
        start += (before + 1) * after
        for number, block in enumerate(blocks):
            inner = len(block.signs) if level == 0 else widths[level - 1]
            outer = widths[level] if level < len(widths) else 1
            left = block.first if level == 0 else number * inner
            rows, columns = slice(number * outer, (number + 1) * outer), slice(left, left + inner)
            if block.like is not None:
                twin = blocks[block.like]
                other = twin.first if level == 0 else block.like * inner
                same = slice(block.like * outer, (block.like + 1) * outer)
                matrices[rows, columns] = matrices[same, other : other + inner]
                offsets[rows] = offsets[same]
                signs[rows, columns] = signs[same, other : other + inner]
                limits[rows, columns] = limits[same, other : other + inner]
                edges[rows] = edges[same]
                continue
            matrices[rows, columns] = torch.arange(free, free + inner * outer).view(outer, inner)
            free += inner * outer
            offsets[rows] = torch.arange(free, free + outer)
            free += outer
            if level == 0:
                signs[rows, columns] = torch.tensor(block.signs).double()
            elif any(block.signs):
                signs[rows, columns] = 1.0
            limit, edge = (6.0 / (inner + outer)) ** 0.5, 0.5
            if level == 0 and inner <= STEEP_COORDINATES:
                limit, edge = STEEPNESS * limit, STEEPNESS * edge
            elif level > 0 and any(block.signs):
                # Of one sign they add up: as large as usual, all signals would be at their ends.
                limit, edge = 4.0 / inner, 1.0
            limits[rows, columns], edges[rows] = limit, edge
    return Shape(place, sign, begin)


@dataclass(frozen=True)
class ShapedFit(Fit):
    """A fit of the free numbers of a shape."""

    shape: Shape

    def pick(self, rows: Tensor) -> ShapedFit:
        """Return the fit of some of the rows."""
        return shaped(super().pick(rows), self.shape)

    def join(self, other: Fit) -> ShapedFit:
        """Return the fit of these rows and of another's."""
        return shaped(super().join(other), self.shape)

    def start(self, seed: int) -> Tensor:
        """Return random numbers to begin with."""
        return self.shape.start(seed)

    def weights_of(self, theta: Tensor) -> Tensor:
        """Return the weights of the network."""
        return self.shape.weights(theta)

    def deviations(self, theta: Tensor) -> Tensor:
        """Return weighted deviations, shape (n, m)."""
        return super().deviations(self.shape.weights(theta))

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the mean of squares and its gradient, flat."""
        cost, slope = super().cost_and_slope(self.shape.weights(theta))
        return cost, torch.from_numpy(self.shape.slope(theta).T @ slope.double().numpy())

    def normal(self, theta: Tensor) -> tuple[Array, Array]:
        """Return JᵀJ (upper triangle) and Jᵀr, chunk by chunk."""
        upper, slope = super().normal(self.shape.weights(theta))
        whole = np.triu(upper) + np.triu(upper, 1).T
        rates = self.shape.slope(theta)
        return np.asfortranarray(rates.T @ (rates.T @ whole).T), rates.T @ slope

    def rows(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return J, shape (n m, size), and r."""
        parts, residual = super().rows(self.shape.weights(theta))
        rates = self.shape.slope(theta)
        return torch.from_numpy(np.ascontiguousarray((rates.T @ parts.numpy().T).T)), residual

    @property
    def numbers(self) -> int:
        """How many numbers are fitted."""
        return self.shape.size


def shaped(fit: Fit, shape: Shape) -> ShapedFit:
    """Return a fit of free numbers instead of weights."""
    return ShapedFit(fit.sizes, fit.coordinates, fit.readout, fit.values, fit.weights, shape)
