"""Channels side by side in memory that every tile uses again.

What one tile leaves in the cache of the processor, the next one writes over; one matrix product
carries all channels of a layer; and nothing that has the size of a tile is made anew.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lawc.backends.passes import Place, Spare, passed
from lawc.backends.propagation import Channels, Plan, Tile
from lawc.forms.network import split
from lawc.forms.torch_table import TABLE

__all__ = ["Room", "Rooms"]

_ARITHMETIC = ("add", "subtract", "multiply", "divide", "negative", "square", "constant")
_STEADY = frozenset((*_ARITHMETIC, "exp", "sin", "cos", "tanh", "sinh", "cosh", "abs"))
"""Operations that take a number in a tensor as they take it alone."""


class Rooms:
    """Memory for the tiles of a plan: one room for each length of theirs."""

    def __init__(self, plan: Plan, tiles: Sequence[Tile]) -> None:
        self.plan = plan
        self.tiles = tiles
        like = tiles[0].seen[0]
        self.theta = like.new_empty(plan.statement.count)
        self.slope = torch.empty_like(self.theta)
        self.table = _table(plan, like)
        self.buffers = _Buffers(like)
        self.lock = threading.Lock()
        lengths = dict.fromkeys(len(tile.counts[0]) for tile in tiles)
        self.rooms = {n: Room(plan, self.theta, self.slope, self.buffers, n) for n in lengths}

    def cost_and_slope(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return the cost of all tiles, shape (), and its gradient by the weights, shape (P,)."""
        with self.lock:
            self.theta.copy_(theta)
            self.slope.zero_()
            cost = theta.new_zeros(())
            for tile in self.tiles:
                cost += passed(self.plan, self.rooms[len(tile.counts[0])], tile, self.table)
            return cost, self.slope.clone()


class _Buffers:
    """Flat memory by name, as long as the first that asks for it says."""

    def __init__(self, like: Tensor) -> None:
        self.like = like
        self.kept: dict[object, Tensor] = {}

    def __call__(self, name: object, *shape: int) -> Tensor:
        size = math.prod(shape)
        if name not in self.kept or len(self.kept[name]) < size:
            self.kept[name] = self.like.new_zeros(size)
        return self.kept[name][:size].view(shape)


class Room(Place):
    """Where the channels of tiles of one length lie.

    Args:
        plan: What is done.
        theta: Where the weights stand, flat.
        slope: Where their slopes are gathered, flat.
        buffers: Memory.
        length: Points of a tile.
    """

    def __init__(
        self, plan: Plan, theta: Tensor, slope: Tensor, buffers: _Buffers, length: int
    ) -> None:
        sizes = plan.statement.sizes
        self.count = len(plan.algebra)
        self.needed = plan.needed
        self.layers = split(theta, sizes)
        self.turned = [matrix.t() for matrix, _ in self.layers]
        self.slopes = split(slope, sizes)
        self.buffers = buffers
        self.spares: dict[int, list[Tensor]] = {}
        self.ones = slope.new_ones(length)
        alive = plan.alive
        self.given = [_Stack(self.count, ())]
        self.said = [_Stack(self.count, ())]
        for number, width in enumerate(sizes[1:-1], start=1):
            shape = len(alive[number]), length, width
            self.given.append(_Stack(self.count, alive[number], buffers(number, *shape)))
            whole = buffers(("said", number % 2), *shape)
            self.said.append(_Stack(self.count, alive[number], whole))
        last = self.given[-1]
        self.read = [k for k in self.needed if k in last.numbers]
        if self.read:
            numbers = [k for k in last.numbers if self.read[0] <= k <= self.read[-1]]
            outputs = sizes[-1]
            self.whole = buffers("outputs", outputs, len(numbers) * length)
            rows = self.whole.view(outputs, len(numbers), length)
            self.rows = {k: rows[:, j].unbind(0) for j, k in enumerate(numbers)}
            self.value = rows[:, 0] if numbers[0] == 0 else None
            self.offset = self.layers[-1][1][:, None]
            self.zero = slope.new_zeros(length)
            start = last.numbers.index(numbers[0])
            self.end = last.part(start, start + len(numbers))
            self.back = self.said[-1].part(start, start + len(numbers))
            self.across = self.end.t()
            self.down = self.whole.t()
            self.numbers = numbers

    def sums(self, number: int, channels: Channels) -> Channels:
        """Return the channels of a layer's sums, by one product where all channels go on."""
        turned, offset = self.turned[number], self.layers[number][1]
        to, before = self.given[number + 1], self.given[number]
        first, found = channels[0], list(to.parts)
        assert first is not None
        value = to.parts[0]
        assert value is not None
        torch.addmm(offset, first, turned, out=value)
        if number and before.numbers == to.numbers and len(to.numbers) > 1:
            torch.mm(before.rest, turned, out=to.rest)
            return found
        for k, channel in enumerate(channels[1:], start=1):
            place = to.parts[k]
            if channel is None:
                found[k] = None
            elif place is not None and len(channel) == len(place):
                torch.mm(channel, turned, out=place)
            else:
                found[k] = torch.mm(channel, turned)
        return found

    def places(self, number: int) -> Channels:
        """Return where the channels of a layer lie: in its stack."""
        return self.given[number + 1].parts

    def places_back(self, number: int) -> Channels:
        """Return where what is said of them lies, beside what they say."""
        return self.said[number + 1].parts

    def spare(self, number: int) -> Spare:
        """Return what gives memory that layers and tiles share."""
        buffers, shape = self.buffers, (len(self.ones), self.layers[number][0].shape[0])
        known = self.spares.setdefault(number, [])
        count = 0

        def memory() -> Tensor:
            nonlocal count
            if count == len(known):
                known.append(buffers(("spare", count), *shape))
            count += 1
            return known[count - 1]

        return memory

    def outputs(self, channels: Channels) -> dict[int, Sequence[Tensor]]:
        """Return the outputs that are read, by one product."""
        if not self.read:
            return {}
        torch.mm(self.layers[-1][0], self.across, out=self.whole)
        if self.value is not None:
            self.value.add_(self.offset)
        return {k: self.rows[k] for k in self.read}

    def outwards(self, said: Mapping[int, Sequence[Tensor]], channels: Channels) -> Channels:
        """Gather the slope of the last layer, and go before it, by one product."""
        if not self.read:
            return [None] * self.count
        nothing = [self.zero] * len(self.layers[-1][0])
        by_channel = [said.get(k, nothing) for k in self.numbers]
        rows = [row for output in zip(*by_channel, strict=True) for row in output]
        torch.stack(rows, out=self.whole.view(len(rows), -1))
        matrix, offset = self.slopes[-1]
        matrix.addmm_(self.whole, self.end)
        if self.value is not None:
            offset.addmv_(self.value, self.ones)
        torch.mm(self.down, self.layers[-1][0], out=self.back)
        return [part if k in said else None for k, part in enumerate(self.said[-1].parts)]

    def inwards(self, number: int, said: Channels, channels: Channels) -> Channels:
        """Gather the slope of a hidden layer, and go before it, by one product of all."""
        matrix, offset = self.slopes[number]
        first = said[0]
        if first is not None:
            offset.addmv_(first.t(), self.ones)
        mine, below = self.said[number + 1], self.given[number]
        told = [k for k, one in enumerate(said) if one is not None]
        if number and tuple(told) == mine.numbers == below.numbers:
            matrix.addmm_(mine.across, below.all)
            torch.mm(mine.all, self.layers[number][0], out=self.said[number].all)
            return self.said[number].parts
        for one, other in zip(said, channels, strict=True):
            if one is None or other is None:
                continue
            if len(other) == 1 and len(one) > 1:
                one = one.sum(0, keepdim=True)
            matrix.addmm_(one.t(), other)
        if not number:
            return []
        found: Channels = [None] * self.count
        for k in told:
            one, place = said[k], self.said[number].parts[k]
            assert one is not None and place is not None
            found[k] = torch.mm(one, self.layers[number][0], out=place)
        return found


class _Stack:
    """Channels of a layer one after another.

    Attributes:
        numbers: Which ones.
        parts: Each of shape (n, width), by number; None for others.
        all: The same as rows of a matrix.
        across: That matrix, turned.
        rest: The matrix of all but the value.
    """

    def __init__(self, count: int, numbers: tuple[int, ...], whole: Tensor | None = None) -> None:
        self.numbers = numbers
        self.parts: Channels = [None] * count
        if whole is not None:
            for k, part in zip(numbers, whole.unbind(0), strict=True):
                self.parts[k] = part
            self.whole = whole
            self.all = whole.view(-1, whole.shape[-1])
            self.across = self.all.t()
            self.rest = whole[1:].view(-1, whole.shape[-1])

    def part(self, start: int, end: int) -> Tensor:
        """Return some channels as rows of a matrix."""
        return self.whole[start:end].view(-1, self.whole.shape[-1])


def _table(plan: Plan, like: Tensor) -> Mapping[str, Any]:
    """Return what carries out tapes; a number that is made once needs no cast at each step."""
    tape = plan.adjoint
    if tape is None or not {step.operation for step in tape.steps} <= _STEADY:
        return TABLE
    kept: dict[float, Tensor] = {}

    def constant(value: float) -> Tensor:
        if value not in kept:
            kept[value] = like.new_tensor(value)
        return kept[value]

    return {**TABLE, "constant": constant}
