"""First steps of many networks of one shape in one computation.

A small network leaves a processor mostly waiting: a step of one costs nearly as much in calls as a
step of sixteen. So networks of like shape are stacked, and a layer of all of them is one product.
They stay apart: each has its own rows, its own order of them and its own start, so that it ends
where it would end alone, to rounding, and one that fails takes no other along.

Each tape after a network is taken to what the network should say on its rows, once; that makes the
members alike, whatever their laws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from lawc.forms.network import initial
from lawc.training.fitting import Fit

BATCH = 256
ROWS = 2_048
STEPS = 300
FASTEST, SLOWEST = 1e-2, 1e-3
"""Steps of a parameter, at the beginning and at the end."""

LOOK = 64
"""Steps between two looks at all rows."""

_INVERSIONS, _FARTHEST, _CLOSE = 60, 1.0, 1e-8
_MEAN, _SQUARE, _FLOOR = 0.9, 0.99, 1e-12


@dataclass(frozen=True)
class Aim:
    """What a network should say on some rows.

    Attributes:
        sizes: Of its layers.
        coordinates: Shape (n, c).
        wanted: What it should say, shape (n, m).
        weights: How much a deviation of what it says counts, shape (n, m); zero where no word of
            the network gives the answer.
    """

    sizes: tuple[int, ...]
    coordinates: Tensor
    wanted: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Started:
    """Where first steps ended.

    Attributes:
        theta: The weights, flat, shape (P,).
        cost: Mean of the squared weighted deviations over the rows; infinite where it failed.
    """

    theta: Tensor
    cost: float


def aim(fit: Fit) -> Aim | None:
    """Return what the network of a fit should say, None where its outputs do not tell it apart."""
    if fit.values.shape[1] != fit.sizes[-1]:
        return None
    said = torch.zeros_like(fit.values)
    miss, slope = _answer(fit, said)
    if slope is None:
        return None
    for _ in range(_INVERSIONS):
        step = torch.nan_to_num(miss / slope, nan=0.0, posinf=0.0, neginf=0.0)
        said = said - step.clamp(-_FARTHEST, _FARTHEST)
        miss, slope = _answer(fit, said)
        assert slope is not None
    step = (miss / slope).abs()
    reached = (step <= _CLOSE * (1.0 + said.abs())) & torch.isfinite(said)
    weights = torch.where(reached, slope.abs(), torch.zeros_like(slope))
    size = weights.square().mean(0).sqrt()
    weights = weights / torch.where(size > 0, size, torch.ones_like(size))
    wanted = torch.where(reached, said, torch.zeros_like(said))
    return Aim(fit.sizes, fit.coordinates, wanted, weights)


def start_together(
    aims: Sequence[Aim], seeds: Sequence[int], steps: int = STEPS, batch: int = BATCH
) -> list[Started]:
    """Make the first steps of networks of one shape.

    Args:
        aims: One for each network, all of the same sizes.
        seeds: Of the start and of the order of rows of each.
        steps: How many.
        batch: Rows of each network in a step.

    Raises:
        ValueError: The shapes differ, or there is not one seed for each.
    """
    if len(seeds) != len(aims) or not aims:
        raise ValueError(f"expected one seed for each network, got {len(seeds)} for {len(aims)}")
    if any(other.sizes != aims[0].sizes for other in aims):
        raise ValueError(f"expected one shape, got {sorted({other.sizes for other in aims})}")
    sizes = aims[0].sizes
    members = [_rows(member, seed) for member, seed in zip(aims, seeds, strict=True)]
    orders = [torch.Generator().manual_seed(seed) for seed in seeds]
    # Coordinates, what is wanted and weights, (members, rows, …).
    whole = [torch.stack([member[k] for member in members]).float() for k in range(3)]
    # A start needs few digits; what follows it is float64.
    stack = _Stack(sizes, torch.stack([initial(sizes, seed) for seed in seeds]).float())
    best = _Best(len(aims))
    each, rows = max(1, ROWS // batch), whole
    for number in range(steps):
        if number % LOOK == 0:
            best.look(stack.theta, stack.costs(whole))
        if number % each == 0:
            shuffled = torch.stack([torch.randperm(ROWS, generator=order) for order in orders])
            rows = [_taken(table, shuffled) for table in whole]
        begin = (number % each) * batch
        part = [table[:, begin : begin + batch] for table in rows]
        share = number / max(1, steps - 1)
        pace = SLOWEST + (FASTEST - SLOWEST) * (1.0 + math.cos(math.pi * share)) / 2.0
        stack.step(part, pace)
    best.look(stack.theta, stack.costs(whole))
    return best.result()


class _Stack:
    """Networks of one shape, their weights side by side, and what Adam remembers of them."""

    def __init__(self, sizes: tuple[int, ...], theta: Tensor) -> None:
        self.sizes, self.theta = sizes, theta.clone()
        self.slope = torch.zeros_like(theta)
        self.layers, self.slopes = self._views(self.theta), self._views(self.slope)
        self.mean, self.square = torch.zeros_like(theta), torch.zeros_like(theta)
        self.root = torch.empty_like(theta)
        self.signals: list[Tensor] = []
        self.backs: list[Tensor] = []
        self.made = 0

    def _views(self, flat: Tensor) -> list[tuple[Tensor, Tensor]]:
        found, begin = [], 0
        for before, after in pairwise(self.sizes):
            end = begin + before * after
            matrix = flat[:, begin:end].view(-1, after, before)
            found.append((matrix, flat[:, end : end + after].unsqueeze(1)))
            begin = end + after
        return found

    def costs(self, rows: Sequence[Tensor]) -> Tensor:
        """Return the cost of each network."""
        coordinates, wanted, weights = rows
        said = self._signals(coordinates, self._rooms(coordinates))[-1]
        return ((said - wanted) * weights).square().mean(dim=(1, 2))

    def step(self, rows: Sequence[Tensor], pace: float) -> None:
        """Make a step of Adam with each network."""
        coordinates, wanted, weights = rows
        if not self.signals or self.signals[0].shape[1] != coordinates.shape[1]:
            # Every step uses them again: new memory is slower than what is done with it.
            self.signals = self._rooms(coordinates)
            self.backs = self._rooms(coordinates)
        found = self._signals(coordinates, self.signals)
        scale = 2.0 / (wanted.shape[1] * wanted.shape[2])
        back = torch.sub(found[-1], wanted, out=self.backs[-1])
        back.mul_(weights).mul_(weights).mul_(scale)
        for number in range(len(self.layers) - 1, -1, -1):
            matrix, offset = self.slopes[number]
            torch.bmm(back.mT, found[number], out=matrix)
            torch.sum(back, dim=1, keepdim=True, out=offset)
            if number:
                back = torch.bmm(back, self.layers[number][0], out=self.backs[number - 1])
                # No one asks for what the layer said any more: it becomes the slope of tanh.
                back.mul_(found[number].square_().neg_().add_(1.0))
        self.made += 1
        self.mean.lerp_(self.slope, 1.0 - _MEAN)
        self.square.mul_(_SQUARE).addcmul_(self.slope, self.slope, value=1.0 - _SQUARE)
        rest = math.sqrt(1.0 - _SQUARE**self.made)
        length = pace * rest / (1.0 - _MEAN**self.made)
        torch.sqrt(self.square, out=self.root)
        self.theta.addcdiv_(self.mean, self.root.add_(_FLOOR), value=-length)

    def _rooms(self, coordinates: Tensor) -> list[Tensor]:
        members, rows, _ = coordinates.shape
        return [coordinates.new_empty(members, rows, width) for width in self.sizes[1:]]

    def _signals(self, coordinates: Tensor, rooms: Sequence[Tensor]) -> list[Tensor]:
        found = [coordinates]
        last = len(self.layers) - 1
        for number, ((matrix, offset), room) in enumerate(zip(self.layers, rooms, strict=True)):
            torch.bmm(found[-1], matrix.mT, out=room).add_(offset)
            if number < last:
                # tanh x is 2/(1 + exp(-2x)) - 1, which torch has a tenth of the time for; it is
                # off by no more than rounding beside one.
                room.mul_(2.0).sigmoid_().mul_(2.0).sub_(1.0)
            found.append(room)
        return found


class _Best:
    """The best that was seen of each member."""

    def __init__(self, members: int) -> None:
        self.costs = [math.inf] * members
        self.thetas: list[Tensor | None] = [None] * members

    def look(self, theta: Tensor, costs: Tensor) -> None:
        for number, cost in enumerate(costs.tolist()):
            if self.thetas[number] is None or cost < self.costs[number]:
                self.thetas[number] = theta[number].double()
                self.costs[number] = cost if math.isfinite(cost) else math.inf

    def result(self) -> list[Started]:
        return [
            Started(theta, cost)
            for theta, cost in zip(self.thetas, self.costs, strict=True)
            if theta is not None
        ]


def _rows(member: Aim, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return as many rows as every member has, so that none depends on the others' number."""
    generator = torch.Generator().manual_seed(seed)
    have = len(member.coordinates)
    if have >= ROWS:
        chosen = torch.randperm(have, generator=generator)[:ROWS]
    else:
        chosen = torch.randint(have, (ROWS,), generator=generator)
    return member.coordinates[chosen], member.wanted[chosen], member.weights[chosen]


def _taken(table: Tensor, order: Tensor) -> Tensor:
    return torch.gather(table, 1, order.unsqueeze(2).expand(-1, -1, table.shape[2]))


def _answer(fit: Fit, said: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return weighted deviations and how each moves with its own output; None if not its own."""
    moving = said.detach().clone().requires_grad_()
    miss = (fit.readout(moving) - fit.values) * fit.weights
    slopes = []
    for output in range(miss.shape[1]):
        if not miss.requires_grad:
            return miss, None
        (back,) = torch.autograd.grad(miss[:, output].sum(), moving, retain_graph=True)
        others = torch.arange(miss.shape[1]) != output
        if bool(back[:, others].any()):
            return miss, None
        slopes.append(back[:, output])
    return miss.detach(), torch.stack(slopes, dim=1)
