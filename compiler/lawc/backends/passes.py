"""The way of channels through the layers of a network and back, in plain operations of torch.

With u = u₀ + δ, tanh(u) is Σ tₘ·δᵐ in the algebra of channels, and its slope is 1 − tanh² there
too: what a layer gave is all that the way back needs. The operations are the same wherever the
channels lie: each in a tensor of its own, which a compiler likes to see (`Apart`), or side by side
in memory that is used again for each tile (`rooms`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lawc.backends.hyperbolic import hyperbolic
from lawc.backends.propagation import Channels, Plan, Tile, wide
from lawc.forms.network import split
from lawc.forms.tape import run
from lawc.forms.torch_table import TABLE, evaluate

__all__ = ["Apart", "Place", "Spare", "cost_and_slope", "passed"]

Spare = Callable[[], Tensor | None]
_Term = tuple[float, Tensor, Tensor]
aten = torch.ops.aten


class Place(ABC):
    """Where channels lie, and the matrix products of the layers between them.

    Layers are counted from 0. Slopes by the weights are gathered on the way back.
    """

    @abstractmethod
    def sums(self, number: int, channels: Channels) -> Channels:
        """Return the channels of what the neurons of a layer sum up, in memory to write on."""

    @abstractmethod
    def places(self, number: int) -> Channels:
        """Return where the channels of what a layer gives belong; None is anywhere."""

    @abstractmethod
    def places_back(self, number: int) -> Channels:
        """Return where what is said of the channels of a layer's sums belongs."""

    @abstractmethod
    def spare(self, number: int) -> Spare:
        """Return what gives memory, of the size of a channel of a layer, to use in between."""

    def tanh(self, value: Tensor) -> Tensor:
        """Return tanh of what neurons sum up, in its place."""
        return value.tanh_()

    @abstractmethod
    def outputs(self, channels: Channels) -> dict[int, Sequence[Tensor]]:
        """Return the outputs, each of shape (n,), of the channels that are read."""

    @abstractmethod
    def outwards(self, said: Mapping[int, Sequence[Tensor]], channels: Channels) -> Channels:
        """Gather the slope of the last layer; return what is said of the channels before it."""

    @abstractmethod
    def inwards(self, number: int, said: Channels, channels: Channels) -> Channels:
        """Gather the slope of a hidden layer; return what is said of the channels before it."""


class Apart(Place):
    """Each channel in a tensor of its own."""

    def __init__(self, plan: Plan, theta: Tensor) -> None:
        self.layers = split(theta, plan.statement.sizes)
        self.needed = plan.needed
        self.count = len(plan.algebra)
        self.parts: list[Tensor] = []

    @property
    def slope(self) -> Tensor:
        """What was gathered, flat."""
        return torch.cat(self.parts)

    def sums(self, number: int, channels: Channels) -> Channels:
        """Return the channels of a layer's sums, by a product each."""
        matrix, offset = self.layers[number]
        turned = matrix.t()
        first, *others = channels
        assert first is not None
        rest = [None if c is None else torch.mm(c, turned) for c in others]
        return [torch.addmm(offset, first, turned), *rest]

    def places(self, number: int) -> Channels:
        """Return where the channels of a layer lie: anywhere."""
        return [None] * self.count

    places_back = places

    def spare(self, number: int) -> Spare:
        """Return what gives no memory: new one is taken."""
        return _anywhere

    def tanh(self, value: Tensor) -> Tensor:
        """Return tanh in operations that a compiler joins to those around it."""
        return hyperbolic(value)

    def outputs(self, channels: Channels) -> dict[int, Sequence[Tensor]]:
        """Return the outputs that are read, by a product each."""
        matrix, offset = self.layers[-1]
        found: dict[int, Sequence[Tensor]] = {}
        for k in self.needed:
            channel = channels[k]
            if channel is not None:
                turned = channel.t()
                column = offset[:, None]
                made = torch.mm(matrix, turned) if k else torch.addmm(column, matrix, turned)
                found[k] = made.unbind(0)
        return found

    def outwards(self, said: Mapping[int, Sequence[Tensor]], channels: Channels) -> Channels:
        """Gather the slope of the last layer, and go before it, by a product each."""
        matrix = self.layers[-1][0]
        rows = [torch.stack(list(said[k])) if k in said else None for k in range(self.count)]
        self._gather(rows, channels, matrix)
        return [None if row is None else torch.mm(row.t(), matrix) for row in rows]

    def inwards(self, number: int, said: Channels, channels: Channels) -> Channels:
        """Gather the slope of a hidden layer, and go before it, by a product each."""
        matrix = self.layers[number][0]
        self._gather([None if c is None else c.t() for c in said], channels, matrix)
        if not number:
            return []
        return [None if c is None else torch.mm(c, matrix) for c in said]

    def _gather(self, rows: Channels, channels: Channels, matrix: Tensor) -> None:
        """Put the slope by a matrix and its offset before what was gathered."""
        total: Tensor | None = None
        for one, other in zip(rows, channels, strict=True):
            if one is None or other is None:
                continue
            if len(other) == 1 and one.shape[1] > 1:
                one = one.sum(1, keepdim=True)
            total = torch.mm(one, other) if total is None else total.addmm_(one, other)
        total = torch.zeros_like(matrix) if total is None else total
        first = rows[0]
        offset = matrix.new_zeros(len(matrix)) if first is None else first.sum(1)
        self.parts = [total.reshape(-1), offset, *self.parts]


def cost_and_slope(plan: Plan, theta: Tensor, tile: Tile) -> tuple[Tensor, Tensor]:
    """Return the cost of a tile and its gradient by the weights, of shapes () and (P,)."""
    place = Apart(plan, theta)
    return passed(plan, place, tile, TABLE), place.slope


def passed(plan: Plan, place: Place, tile: Tile, table: Mapping[str, Any]) -> Tensor:
    """Return the cost of a tile, shape (); its slope is gathered where channels lie.

    Args:
        plan: What is done.
        place: Where, and with which weights.
        tile: The points.
        table: What carries out the steps of tapes.
    """
    hidden = len(plan.statement.sizes) - 2
    channels: Channels = [None] * len(plan.algebra)
    for k, channel in zip(plan.present, tile.seen, strict=True):
        channels[k] = channel
    taken = [channels]
    for number in range(hidden):
        sums = place.sums(number, taken[-1])
        taken.append(_activated(plan, sums, place, number))
    cost, said = _told(plan, place.outputs(taken[-1]), tile, table)
    told = place.outwards(said, taken[-1])
    for number in reversed(range(hidden)):
        # What is zero whatever the weights tells them nothing.
        wanted = [c is not None for c in taken[number]]
        back = _returned(
            plan, told, taken[number + 1], wanted, place.places_back(number), place.spare(number)
        )
        told = place.inwards(number, back, taken[number])
    return cost


def _activated(plan: Plan, given: Channels, place: Place, number: int) -> Channels:
    """Return the channels of tanh of a layer's sums, which are used up."""
    places, spare, value = place.places(number), place.spare(number), given[0]
    assert value is not None
    value = place.tanh(value)
    if not plan.powers:
        more = zip(given[1:], places[1:], strict=True)
        return [value, *(None if c is None else _sloped(c, value, where) for c, where in more)]
    series = _series(value, len(plan.powers) + 1, spare)
    powers: list[Mapping[int, Tensor]] = [
        {k: c for k, c in enumerate(given) if k and c is not None}
    ]
    steps = powers[0]
    for table in plan.powers:
        last = powers[-1]
        made: dict[int, Tensor] = {}
        for channel, terms in table.items():
            some = [(c, steps[i], last[j]) for i, j, c in terms if i in steps and j in last]
            if some:
                made[channel] = _total(some, spare())
        powers.append(made)
    found: Channels = [value]
    for k in range(1, len(given)):
        here = [(1.0, series[m], p[k]) for m, p in enumerate(powers, start=1) if k in p]
        found.append(_total(here, places[k]) if here else None)
    return found


def _returned(
    plan: Plan,
    told: Channels,
    made: Channels,
    wanted: Sequence[bool],
    places: Channels,
    spare: Spare,
) -> Channels:
    """Return what the cost says of channels from what it says, used up, of those of tanh of them.

    The channels of the slope but its value are −2·(y₀·yₖ + half of the products of the others).
    """
    value = made[0]
    assert value is not None
    halves = _half_squares(plan, told, made, spare)
    plain: list[_Term] = []
    terms: list[list[_Term]] = [[] for _ in told]
    for k, one in enumerate(told):
        if one is None:
            continue
        other = made[k]
        if k in halves:
            terms[0].append((-2.0, one, halves[k]))
        elif k and other is not None:
            plain.append((1.0, one, other))
        for i, j, c in plan.algebra.products[k]:
            if j in halves:
                terms[i].append((-2.0 * c, one, halves[j]))
    if plain:
        terms[0].append((-2.0, _total(plain, spare()), value))
    found: Channels = []
    # A channel is written over when it is done: later ones are of no lower degree, and only
    # channels of a higher degree than their own say anything of them.
    for k, (one, some) in enumerate(zip(told, terms, strict=True)):
        if not wanted[k] or (one is None and not some):
            found.append(None)
        elif one is None:
            found.append(_total(some, places[k]))
        else:
            found.append(_added(_sloped(one, value, None), some))
    return found


def _half_squares(plan: Plan, told: Channels, made: Channels, spare: Spare) -> dict[int, Tensor]:
    """Return half of the channels of tanh²: those that say something of others, and those that are
    more than a product with the value."""
    value, products = made[0], plan.algebra.products
    assert value is not None
    told_of = [k for k, one in enumerate(told) if one is not None]
    needed = {j for k in told_of for _, j, _ in products[k]} | {k for k in told_of if products[k]}
    found: dict[int, Tensor] = {}
    for k in sorted(needed):
        some: list[_Term] = []
        mine = made[k]
        if mine is not None:
            some.append((1.0, value, mine))
        for i, j, c in products[k]:
            one, other = made[i], made[j]
            if i <= j and one is not None and other is not None:
                some.append((c / 2 if i == j else c, one, other))
        if some:
            found[k] = _total(some, spare())
    return found


def _told(
    plan: Plan, outputs: Mapping[int, Sequence[Tensor]], tile: Tile, table: Mapping[str, Any]
) -> tuple[Tensor, dict[int, list[Tensor]]]:
    """Return the cost, and what it says of the channels of each output, of shape (n,)."""
    like = tile.counts[0]
    reads: list[Tensor] = []
    for output, parts in plan.reads:
        some = [_times(c, outputs[k][output - 1]) for k, c in parts if k in outputs]
        reads.append(_plus(some).expand_as(like) if some else torch.zeros_like(like))
    cost, said = _of_tape(plan, reads, [*tile.held, *tile.counts], table)
    columns: dict[int, dict[int, list[Tensor]]] = {k: {} for k in outputs}
    for (output, parts), one in zip(plan.reads, said, strict=True):
        for k, c in parts:
            if k in columns:
                columns[k].setdefault(output, []).append(_times(c, one))
    count = plan.statement.sizes[-1]
    told = {
        k: [_plus(mine[o]) if o in mine else torch.zeros_like(like) for o in range(1, count + 1)]
        for k, mine in columns.items()
    }
    return cost, told


def _of_tape(
    plan: Plan, reads: list[Tensor], rest: list[Tensor], table: Mapping[str, Any]
) -> tuple[Tensor, list[Tensor]]:
    """Return the cost of all points, and what it says of each operator, of shape (n,)."""
    if plan.adjoint is not None:
        cost, *said = run(plan.adjoint, [*reads, *rest], table)
        return 0.5 * cost.sum(), [wide(one, rest[-1]) for one in said]
    with torch.enable_grad():
        leaves = [read.detach().requires_grad_() for read in reads]
        given = dict(zip(plan.tape.inputs, [*leaves, *rest], strict=True))
        cost = 0.5 * evaluate(plan.tape, given)["cost"].sum()
        said = torch.autograd.grad(cost, leaves, materialize_grads=True)
    return cost.detach(), list(said)


def _series(value: Tensor, order: int, spare: Spare) -> list[Tensor]:
    """Return the Taylor coefficients of tanh, whose value is given: y′ = 1 − y², order by order."""
    found = [value, _sloped(value.new_ones(1, 1), value, spare())]
    for k in range(1, order):
        pairs: list[_Term] = [(-2.0 / (k + 1), found[i], found[k - i]) for i in range((k + 1) // 2)]
        if k % 2 == 0:
            pairs.append((-1.0 / (k + 1), found[k // 2], found[k // 2]))
        found.append(_total(pairs, spare()))
    return found


def _sloped(given: Tensor, value: Tensor, place: Tensor | None) -> Tensor:
    """Return given·(1 − value²) in one pass, where what is given was if it is as large."""
    if given.shape == value.shape:
        place = given
    if place is None:
        return aten.tanh_backward(given, value)
    return aten.tanh_backward.grad_input(given, value, grad_input=place)


def _total(terms: Sequence[_Term], place: Tensor | None = None) -> Tensor:
    """Return a sum of products of two, each with a number before it."""
    number, one, other = terms[0]
    fits = place is not None and len(place) == max(len(one), len(other))
    total = torch.mul(one, other, out=place if fits else None)
    if number != 1:
        total = total.mul_(number)
    return _added(total, terms[1:])


def _added(total: Tensor, terms: Sequence[_Term]) -> Tensor:
    for number, one, other in terms:
        if total.shape[0] < max(one.shape[0], other.shape[0]):
            total = torch.addcmul(total, one, other, value=number)
        else:
            total = total.addcmul_(one, other, value=number)
    return total


def _anywhere() -> None:
    return None


def _plus(parts: Sequence[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _times(number: float, one: Tensor) -> Tensor:
    return one if number == 1.0 else number * one
