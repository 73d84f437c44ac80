"""The cost of a block and its slope, written out in plain operations of torch.

Channels go through the layers, the tape makes rows of them, and what the cost says of them comes
back by formulas, not by autograd: with u = u₀ + δ, tanh(u) is Σ tₘ·δᵐ in the algebra of channels,
and moves with u by the channels of its slope, Σ (m+1)·tₘ₊₁·δᵐ. So there is one list of operations,
which runs as it is, a tile of points at a time, or is traced once and compiled whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lawc.backends.adjoint import bar, with_adjoint
from lawc.backends.collapsing import collapsed
from lawc.backends.operators import algebra
from lawc.backends.statement import Block, Statement
from lawc.forms.network import split
from lawc.forms.tape import Step, Tape, run
from lawc.forms.torch_table import TABLE, evaluate
from lawc.jets.closure import Partial
from lawc.jets.partials import partials

__all__ = ["Plan", "Tile", "cost_and_slope"]

Channels = list[Tensor | None]
"""By channel; None is zero everywhere."""
_Term = tuple[float, Tensor, Tensor]


class Tile(NamedTuple):
    """What a stretch of points gives, whatever the weights.

    Attributes:
        seen: Channels of the coordinates that are not zero everywhere: the value of shape
            (n, coordinates), others also (1, coordinates) where all points have the same.
        held: What the tape reads beside operators, each of shape (n,).
        counts: What the square of each row counts, each of shape (n,).
    """

    seen: list[Tensor]
    held: list[Tensor]
    counts: list[Tensor]


class Plan:
    """What follows from a block alone: channels, how they multiply, and the slope of its tape.

    Attributes:
        statement: What is zero.
        algebra: The channels that go through the layers.
        reads: Output number and channels, with numbers before them, of each operator.
        present: Which channels of the coordinates are not zero everywhere.
    """

    def __init__(self, block: Block) -> None:
        self.statement: Statement = block.statement
        self._collapsed = collapsed(self.statement)
        reads = self._collapsed.reads
        self.algebra = algebra([dict(read.operator) for read in reads], len(self.statement.inputs))
        self.reads = tuple(
            (read.output, parts) for read, parts in zip(reads, self.algebra.reads, strict=True)
        )
        channels = self._coordinates(block)
        self.present = tuple(k for k, channel in enumerate(channels) if channel is not None)
        held, factors = block.held, block.factors.square()
        self._whole = Tile(
            [channel for channel in channels if channel is not None],
            [held[name] for name in self._collapsed.held],
            [row.expand(len(block.points)) for row in factors],
        )

    @property
    def key(self) -> object:
        """What decides the operations: plans with equal keys do the same with their tiles."""
        flat = tuple(len(channel) == 1 for channel in self._whole.seen[1:])
        return (
            self.statement.sizes,
            self.reads,
            self.algebra.products,
            self.tape,
            self.present,
            flat,
        )

    @cached_property
    def powers(self) -> tuple[Mapping[int, tuple[tuple[int, int, float], ...]], ...]:
        """For each power of a change δ from the second: by channel, (i, j, c) of δᵢ and of the
        power before it at j."""
        before = set(range(1, len(self.algebra)))
        found: list[dict[int, tuple[tuple[int, int, float], ...]]] = []
        while True:
            # A square holds each product of two twice.
            once = not found
            made = {
                channel: tuple(
                    (i, j, 2 * c if once and i != j else c)
                    for i, j, c in terms
                    if j in before and (i <= j or not once)
                )
                for channel, terms in enumerate(self.algebra.products)
            }
            made = {channel: terms for channel, terms in made.items() if terms}
            if not made:
                return tuple(found)
            found.append(made)
            before = set(made)

    @cached_property
    def tape(self) -> Tape:
        """From operators, held columns and counts to the cost of a point."""
        tape = self._collapsed.tape
        counts = [f"count {row}" for row, _ in tape.outputs]
        before, more = len(tape.inputs), len(counts)

        def moved(register: int) -> int:
            return register if register < before else register + more

        steps = [Step(s.operation, tuple(map(moved, s.operands)), s.value) for s in tape.steps]
        total: int | None = None
        for row, (_, register) in enumerate(tape.outputs):
            here = before + more + len(steps)
            steps += [
                Step("square", (moved(register),)),
                Step("multiply", (here, before + row)),
            ]
            if total is None:
                total = here + 1
            else:
                steps.append(Step("add", (total, here + 1)))
                total = here + 2
        assert total is not None
        return Tape((*tape.inputs, *counts), tuple(steps), (("cost", total),))

    @cached_property
    def adjoint(self) -> Tape | None:
        """The same tape with the slope by the operators, where steps can say it."""
        return with_adjoint(self.tape, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """What the tape calls the operators."""
        return self.tape.inputs[: len(self.reads)]

    def tiles(self, length: int, padded: bool = False) -> list[Tile]:
        """Return all points of the block in stretches of a length.

        Args:
            length: Of each, except that the last may be shorter.
            padded: The last has the length too: its last point is repeated and counts nothing.
        """
        keep_freed_memory()
        count = len(self._whole.counts[0])
        starts = range(0, count, length)
        return [_stretch(self._whole, s, min(s + length, count), length, padded) for s in starts]

    def _coordinates(self, block: Block) -> Channels:
        """Return the channels of what the network sees."""
        statement, values = self.statement, block.points.values
        names = statement.inputs
        at = dict(zip(names, values.unbind(1), strict=True))

        def seen(columns: dict[str, Any]) -> Any:
            if statement.before is None:
                return torch.stack([columns[name] for name in names], dim=-1)
            given = [columns[name] for name in statement.before.inputs]
            made = run(statement.before, given, TABLE)
            return torch.stack([_wide(one, values) for one in made], dim=-1)

        wanted: dict[tuple[int, ...], Partial] = {
            index: tuple(sorted((n, o) for n, o in zip(names, index, strict=True) if o))
            for polynomial in self.algebra.basis
            for index in polynomial
        }
        with torch.no_grad():
            found = partials(seen, at, sorted(set(wanted.values())))
            channels: Channels = []
            for k, polynomial in enumerate(self.algebra.basis):
                total = sum(float(c) * found[wanted[index]] for index, c in polynomial.items())
                assert isinstance(total, Tensor)
                if k and bool((total == total[:1]).all()):
                    total = total[:1].clone()
                channels.append(total if k == 0 or bool(total.any()) else None)
        return channels


def keep_freed_memory() -> None:
    """Have the C library keep what tiles free: pages got anew took 40 % of a step.

    glibc gives back what is larger than the largest stretch freed so far, up to 32 MiB.
    """
    torch.empty(31 << 20, dtype=torch.uint8)


def cost_and_slope(plan: Plan, theta: Tensor, tile: Tile) -> tuple[Tensor, Tensor]:
    """Return the cost of a tile and its gradient by the weights, of shapes () and (P,)."""
    layers = split(theta, plan.statement.sizes)
    channels: Channels = [None] * len(plan.algebra)
    for k, channel in zip(plan.present, tile.seen, strict=True):
        channels[k] = channel
    taken: list[Channels] = []
    slopes: list[Channels] = []
    for matrix, offset in layers[:-1]:
        taken.append(channels)
        turned = matrix.t()
        before: Channels = [None if c is None else torch.mm(c, turned) for c in channels[1:]]
        first = channels[0]
        assert first is not None
        channels, slope = _activated(plan, [torch.addmm(offset, first, turned), *before])
        slopes.append(slope)
    taken.append(channels)
    cost, back = _told(plan, layers[-1], channels, tile)
    parts: list[Tensor] = []
    for number in reversed(range(len(layers))):
        matrix, offset = layers[number]
        of_matrix = _sum_of_products(back, taken[number], matrix)
        first = back[0]
        of_offset = torch.zeros_like(offset) if first is None else first.sum(0)
        parts += [of_offset, of_matrix.reshape(-1)]
        if number:
            told: Channels = [None if c is None else torch.mm(c, matrix) for c in back]
            # What is zero whatever the weights tells them nothing.
            wanted = [c is not None for c in taken[number - 1]]
            back = _returned(plan, told, slopes[number - 1], wanted)
    return cost, torch.cat(parts[::-1])


def _activated(plan: Plan, given: Channels) -> tuple[Channels, Channels]:
    """Return the channels of tanh and those of its slope."""
    value = given[0]
    assert value is not None
    order = len(plan.powers) + 1
    series = _tanh(value, order + 1)
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
                made[channel] = _total(some)
        powers.append(made)
    found: Channels = [series[0]]
    slopes: Channels = [series[1]]
    for k in range(1, len(given)):
        here = [(m, power[k]) for m, power in enumerate(powers, start=1) if k in power]
        found.append(_total([(1.0, series[m], p) for m, p in here]) if here else None)
        slopes.append(_total([(m + 1.0, series[m + 1], p) for m, p in here]) if here else None)
    return found, slopes


def _returned(plan: Plan, told: Channels, slopes: Channels, wanted: Sequence[bool]) -> Channels:
    """Return what the cost says of channels from what it says of those of tanh of them."""
    slope = slopes[0]
    assert slope is not None
    terms: list[list[_Term]] = [[] for _ in told]
    for k, (one, other) in enumerate(zip(told, slopes, strict=True)):
        if one is not None and other is not None:
            terms[0].append((1.0, one, other))
        if k and one is not None:
            terms[k].append((1.0, one, slope))
    for k, products in enumerate(plan.algebra.products):
        one = told[k]
        for i, j, c in products:
            other = slopes[j]
            if one is not None and other is not None:
                terms[i].append((c, one, other))
    return [
        _total(some) if some and want else None for some, want in zip(terms, wanted, strict=True)
    ]


def _told(
    plan: Plan, layer: tuple[Tensor, Tensor], channels: Channels, tile: Tile
) -> tuple[Tensor, Channels]:
    """Return the cost, and what it says of the channels of the network's outputs."""
    matrix, offset = layer
    turned = matrix.t()
    needed = {k for _, parts in plan.reads for k, _ in parts}
    outputs: dict[int, Tensor] = {}
    for k in sorted(needed):
        channel = channels[k]
        if channel is not None:
            made = torch.addmm(offset, channel, turned) if k == 0 else torch.mm(channel, turned)
            outputs[k] = made
    like = tile.counts[0]
    reads = []
    for output, parts in plan.reads:
        some = [c * outputs[k][:, output - 1] for k, c in parts if k in outputs]
        reads.append(_plus(some).expand_as(like) if some else torch.zeros_like(like))
    cost, said = _of_tape(plan, reads, [*tile.held, *tile.counts])
    columns: list[dict[int, list[Tensor]]] = [{} for _ in channels]
    for (output, parts), one in zip(plan.reads, said, strict=True):
        for k, c in parts:
            columns[k].setdefault(output, []).append(c * one)
    back: Channels = []
    for k, by_output in enumerate(columns):
        if k not in outputs:
            back.append(None)
            continue
        filled = [
            _plus(by_output[output]) if output in by_output else torch.zeros_like(like)
            for output in range(1, plan.statement.sizes[-1] + 1)
        ]
        back.append(torch.stack(filled, dim=1))
    return cost, back


def _of_tape(plan: Plan, reads: list[Tensor], rest: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Return the cost of all points, and what it says of each operator, of shape (n,)."""
    like = rest[-1]
    if plan.adjoint is not None:
        names = [name for name, _ in plan.adjoint.outputs]
        found = dict(zip(names, run(plan.adjoint, [*reads, *rest, 1.0], TABLE), strict=True))
        said = [found.get(bar(name), 0.0) for name in plan.names]
        return found["cost"].sum(), [_wide(one, like) for one in said]
    with torch.enable_grad():
        leaves = [read.detach().requires_grad_() for read in reads]
        given = dict(zip(plan.tape.inputs, [*leaves, *rest], strict=True))
        cost = evaluate(plan.tape, given)["cost"].sum()
        said = torch.autograd.grad(cost, leaves, materialize_grads=True)
    return cost.detach(), list(said)


def _tanh(value: Tensor, order: int) -> list[Tensor]:
    """Return the Taylor coefficients of tanh: y′ = 1 − y², order by order."""
    found = [torch.tanh(value)]
    found.append(torch.addcmul(torch.ones_like(value), found[0], found[0], value=-1))
    for k in range(1, order):
        pairs: list[_Term] = [(-2.0 / (k + 1), found[i], found[k - i]) for i in range((k + 1) // 2)]
        if k % 2 == 0:
            pairs.append((-1.0 / (k + 1), found[k // 2], found[k // 2]))
        found.append(_total(pairs))
    return found


def _total(terms: Sequence[_Term]) -> Tensor:
    """Return a sum of products of two, each with a number before it."""
    number, one, other = terms[0]
    total = one * other
    if number != 1:
        total = total.mul_(number)
    for number, one, other in terms[1:]:
        if total.shape[0] < max(one.shape[0], other.shape[0]):
            total = torch.addcmul(total, one, other, value=number)
        else:
            total = total.addcmul_(one, other, value=number)
    return total


def _sum_of_products(back: Channels, taken: Channels, matrix: Tensor) -> Tensor:
    """Return Σ over channels of backᵀ·taken, of the shape of the layer's matrix."""
    total: Tensor | None = None
    for one, other in zip(back, taken, strict=True):
        if one is None or other is None:
            continue
        if len(other) == 1 and len(one) > 1:
            one = one.sum(0, keepdim=True)
        total = torch.mm(one.t(), other) if total is None else total.addmm_(one.t(), other)
    return torch.zeros_like(matrix) if total is None else total


def _plus(parts: Sequence[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _stretch(whole: Tile, start: int, end: int, length: int, padded: bool) -> Tile:
    missing = length - (end - start) if padded else 0

    def cut(given: Tensor, repeated: bool = True) -> Tensor:
        part = given[start:end]
        if missing:
            more = part[-1:] if repeated else torch.zeros_like(part[-1:])
            part = torch.cat((part, more.expand(missing, *part.shape[1:])))
        return part.contiguous()

    value, *others = whole.seen
    return Tile(
        [cut(value), *(one if len(one) == 1 else cut(one) for one in others)],
        [cut(column) for column in whole.held],
        [cut(column, repeated=False) for column in whole.counts],
    )


def _wide(given: Any, like: Tensor) -> Any:
    """Return a column as it is, and a number as one."""
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=like.dtype, device=like.device).expand(len(like))
