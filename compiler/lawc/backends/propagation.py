"""What follows from a block for its cost and slope: channels, how they multiply, and its tape.

Channels go through the layers (`passes`), the tape makes rows of them, and what the cost says of
them comes back by formulas, not by autograd. So there is one list of operations, which runs as it
is, a tile of points at a time, or is traced once and compiled whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lawc.backends.adjoint import with_adjoint
from lawc.backends.collapsing import collapsed
from lawc.backends.operators import algebra
from lawc.backends.statement import Block, Statement
from lawc.forms.tape import Step, Tape, run
from lawc.forms.torch_table import TABLE
from lawc.jets.closure import Partial
from lawc.jets.partials import partials

__all__ = ["Channels", "Plan", "Tile", "keep_freed_memory", "wide"]

Channels = list[Tensor | None]
"""By channel; None is zero everywhere."""


FEWEST, MOST = 256, 1024
"""Points of a tile on a processor: of less, starting operations takes longer than they do."""
_CACHE = 4 << 20
"""Bytes that the channels of a tile may take."""


class Tile(NamedTuple):
    """What a stretch of points gives, whatever the weights.

    Attributes:
        seen: Channels of the coordinates that are not zero everywhere: the value of shape
            (n, coordinates), others also (1, coordinates) where all points have the same.
        held: What the tape reads beside operators, each of shape (n,).
        counts: Twice what the square of each row counts, each of shape (n,): what the cost says of
            a row is this times the row.
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
        held, counts = block.held, 2 * block.factors.square()
        self._whole = Tile(
            [channel for channel in channels if channel is not None],
            [held[name] for name in self._collapsed.held],
            [row.expand(len(block.points)) for row in counts],
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
    def fitting(self) -> int:
        """A power of two: points whose channels in all layers fit into a processor's cache."""
        widths = sum(self.statement.sizes[1:-1])
        each = max(1, widths * len(self.algebra) * self._whole.seen[0].element_size())
        length = FEWEST
        while length < MOST and 2 * length * each <= _CACHE:
            length *= 2
        return length

    @cached_property
    def alive(self) -> tuple[tuple[int, ...], ...]:
        """The channels that are not zero everywhere: of the coordinates, then of each layer."""
        found = [self.present]
        for _ in self.statement.sizes[1:-1]:
            given = last = {k for k in found[-1] if k}
            made = {0, *given}
            for table in self.powers:
                last = {
                    k
                    for k, terms in table.items()
                    if any(i in given and j in last for i, j, _ in terms)
                }
                made |= last
            found.append(tuple(sorted(made)))
        return tuple(found)

    @cached_property
    def tape(self) -> Tape:
        """From operators, held columns and counts to the cost of a point, twice."""
        tape = self._collapsed.tape
        count = len(tape.outputs)
        steps = _moved(tape.steps, len(tape.inputs), count)
        outputs = tuple((n, r if r < len(tape.inputs) else r + count) for n, r in tape.outputs)
        bars = tuple(f"bar {name}" for name, _ in outputs)
        return _with_cost(Tape((*tape.inputs, *bars), steps, outputs), count)

    @cached_property
    def adjoint(self) -> Tape | None:
        """The same tape with the slope by the operators after it, where steps can say it."""
        tape = with_adjoint(self._collapsed.tape, self.names)
        return None if tape is None else _with_cost(tape, len(self._collapsed.tape.outputs))

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """The channels of the outputs that operators read."""
        return tuple(sorted({k for _, parts in self.reads for k, _ in parts}))

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
            return torch.stack([wide(one, values) for one in made], dim=-1)

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


def wide(given: Any, like: Tensor) -> Any:
    """Return a column as it is, and a number as one."""
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=like.dtype, device=like.device).expand(len(like))


def _with_cost(tape: Tape, rows: int) -> Tape:
    """Return a tape of rows and their slope with twice the cost in the place of the rows.

    Args:
        tape: Rows first among its outputs; its last inputs are what the cost says of each row, and
            no step of a row reads them. The new tape has there what each row counts.
        rows: Their number.
    """
    inputs = len(tape.inputs)
    first = inputs - rows
    registers = [register for _, register in tape.outputs[:rows]]
    after = max(inputs - 1, *registers) + 1
    places = {first + k: after + k for k in range(rows)}

    def moved(register: int) -> int:
        return places.get(register, register if register < after else register + rows)

    steps = list(tape.steps[: after - inputs])
    steps += [Step("multiply", (register, first + k)) for k, register in enumerate(registers)]
    steps += [
        Step(step.operation, tuple(map(moved, step.operands)), step.value)
        for step in tape.steps[after - inputs :]
    ]
    total = -1
    for k, register in enumerate(registers):
        steps.append(Step("multiply", (register, after + k)))
        last = inputs + len(steps) - 1
        if k:
            steps.append(Step("add", (total, last)))
        total = inputs + len(steps) - 1
    slopes = tuple((name, moved(register)) for name, register in tape.outputs[rows:])
    return Tape(tape.inputs, tuple(steps), (("cost", total), *slopes))


def _moved(steps: Sequence[Step], after: int, by: int) -> tuple[Step, ...]:
    """Return steps whose registers from some on have moved."""
    return tuple(
        Step(s.operation, tuple(r if r < after else r + by for r in s.operands), s.value)
        for s in steps
    )
