"""What a law says of a network, as data that any backend can evaluate.

A network gives outputs; the law reads some of their partial derivatives, the *channels*; a tape
turns channels, inputs and further columns into rows that are zero where the law holds. What no
channel reaches is the same for every network and is evaluated once for a set of points.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Self

import torch
from torch import Tensor

from lawc.forms.network import count, raw
from lawc.forms.tape import Step, Tape, validate
from lawc.forms.torch_table import evaluate
from lawc.jets.closure import Partial

__all__ = ["Block", "Channel", "Objective", "Points", "Split", "Statement", "split_tape"]


class Channel(NamedTuple):
    """A partial derivative of an output of the network.

    Attributes:
        output: Its number, 1 for the first, as in `forms.network.raw`.
        partial: By names of inputs; the empty tuple is the output itself.
    """

    output: int
    partial: Partial


@dataclass(frozen=True, eq=False)
class Statement:
    """What a law says of a tanh network of these layer sizes.

    Attributes:
        sizes: Of the layers, inputs first and outputs last; the weights are one flat tensor as in
            `forms.network`.
        inputs: Names of what the points give and what is differentiated by.
        channels: What the tape reads of the network, by the names that it uses.
        tape: From channels, inputs and other columns to rows; each row is zero where the law holds.
        before: From inputs to the coordinates that the network sees; None where they are the inputs
            themselves. Derivatives are by the inputs all the same.
    """

    sizes: tuple[int, ...]
    inputs: tuple[str, ...]
    channels: Mapping[str, Channel]
    tape: Tape
    before: Tape | None = None

    def __post_init__(self) -> None:
        validate(self.tape)
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"expected at least two layer sizes, got {self.sizes}")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError(f"inputs have different names, got {self.inputs}")
        if self.before is not None:
            validate(self.before)
            unknown = sorted(set(self.before.inputs) - set(self.inputs))
            if unknown:
                raise ValueError(f"the tape before the network reads {unknown[0]!r}, no input")
        coordinates = len(self.inputs) if self.before is None else len(self.before.outputs)
        if coordinates != self.sizes[0]:
            raise ValueError(f"expected {self.sizes[0]} coordinates, got {coordinates}")
        if not self.tape.outputs:
            raise ValueError("expected a row at least, got a tape without outputs")
        channels: dict[str, Channel] = {}
        for name, (output, wanted) in self.channels.items():
            if not 1 <= output <= self.sizes[-1]:
                raise ValueError(f"{name!r} is of output {output} of {self.sizes[-1]}")
            if name in self.inputs:
                raise ValueError(f"{name!r} names an input and a channel")
            if any(order < 1 for _, order in wanted) or tuple(sorted(dict(wanted))) != tuple(
                variable for variable, _ in wanted
            ):
                raise ValueError(f"expected sorted names with orders of one or more, got {wanted}")
            for variable, _ in wanted:
                if variable not in self.inputs:
                    raise ValueError(f"{name!r} is a derivative by {variable!r}, no input")
            channels[name] = Channel(output, tuple(wanted))
        object.__setattr__(self, "channels", channels)

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the rows."""
        return tuple(name for name, _ in self.tape.outputs)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that the tape reads beside channels and inputs."""
        known = {*self.channels, *self.inputs}
        return tuple(name for name in self.tape.inputs if name not in known)

    @property
    def count(self) -> int:
        """The number of weights of the network."""
        return count(self.sizes)

    @cached_property
    def split(self) -> Split:
        """The tape in two: what no channel reaches, and the rest."""
        return split_tape(self.tape, frozenset(self.channels))


@dataclass(frozen=True, eq=False)
class Points:
    """Where a statement is asked.

    Attributes:
        values: Inputs, shape (n, number of inputs), of the dtype and on the device of everything.
        columns: What the tape reads beside, each of shape (n,).
        weights: What each point counts, shape (n,); None counts each as one.
    """

    values: Tensor
    columns: Mapping[str, Tensor] = field(default_factory=dict)
    weights: Tensor | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise ValueError(f"expected shape (n, inputs), got {tuple(self.values.shape)}")
        rows = len(self.values)
        given = {**self.columns} | ({} if self.weights is None else {"weights": self.weights})
        for name, column in given.items():
            if column.shape != (rows,):
                raise ValueError(f"expected shape ({rows},), got {tuple(column.shape)} for {name}")

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Block:
    """A statement at its points: the equations inside, or a condition on a side.

    Its cost is `Σ_rows weight · mean over points of (point's weight · row²)`.

    Attributes:
        statement: What is zero.
        points: Where.
        weights: What each row counts, in the order of the rows; empty counts each as one.
        name: What messages call it.
    """

    statement: Statement
    points: Points
    weights: tuple[float, ...] = ()
    name: str = "interior"

    def __post_init__(self) -> None:
        statement, points = self.statement, self.points
        if not len(points):
            raise ValueError(f"expected points for {self.name!r}, got none")
        if points.values.shape[1] != len(statement.inputs):
            raise ValueError(
                f"expected {len(statement.inputs)} inputs, got {points.values.shape[1]}"
            )
        missing = sorted(set(statement.columns) - set(points.columns))
        if missing:
            raise ValueError(f"the tape of {self.name!r} reads {missing[0]!r}, which nothing gives")
        if self.weights and len(self.weights) != len(statement.rows):
            raise ValueError(f"expected {len(statement.rows)} weights, got {len(self.weights)}")
        if any(weight < 0 for weight in self.weights):
            raise ValueError(f"expected weights of zero or more, got {self.weights}")

    @property
    def held(self) -> dict[str, Tensor]:
        """What the rest of the tape reads beside channels, each of shape (n,)."""
        statement, points = self.statement, self.points
        given = dict(zip(statement.inputs, points.values.unbind(1), strict=True))
        # A column stands behind an input of its name.
        given = {**points.columns, **given}
        with torch.no_grad():
            found = evaluate(statement.split.first, {**given, _ANY: points.values[:, 0]})
        kept = {name: given[name] for name in statement.split.rest.inputs if name in given}
        return {**kept, **{n: t.expand(len(points)).contiguous() for n, t in found.items()}}

    @property
    def factors(self) -> Tensor:
        """The square roots of what residuals count, shape (rows, n) or (rows, 1)."""
        values = self.points.values
        weights = self.weights or (1.0,) * len(self.statement.rows)
        rows = torch.tensor(weights, dtype=torch.float64, device=values.device)
        factors = (rows / len(values))[:, None]
        if self.points.weights is not None:
            factors = factors * self.points.weights.to(torch.float64)
        return factors.sqrt().to(values.dtype)


class Objective(ABC):
    """What training minimises: the cost of some blocks as a function of one flat tensor of weights.

    The cost is the sum of squares of `residuals`. All tensors have the dtype and the device of the
    points, which are those of every block.

    Attributes:
        blocks: Statements at points; their networks have the same sizes.
        backend: What evaluates it: eager, compiled or kernel.
    """

    backend: str

    def __init__(self, blocks: Sequence[Block]) -> None:
        if not blocks:
            raise ValueError("expected a block at least")
        self.blocks = tuple(blocks)
        first = self.blocks[0]
        for block in self.blocks[1:]:
            if block.statement.sizes != first.statement.sizes:
                raise ValueError(
                    f"expected networks of one shape, got {first.statement.sizes} and "
                    f"{block.statement.sizes}"
                )
            one, other = first.points.values, block.points.values
            if one.dtype != other.dtype or one.device != other.device:
                raise ValueError("expected points of one dtype and device")
        self.sizes = first.statement.sizes
        self.dtype = first.points.values.dtype
        self.device = first.points.values.device

    @property
    def count(self) -> int:
        """The number of weights of the network."""
        return count(self.sizes)

    @property
    def names(self) -> tuple[tuple[str, str, int], ...]:
        """Block, row and number of points of each stretch of `residuals`."""
        return tuple(
            (block.name, row, len(block.points))
            for block in self.blocks
            for row in block.statement.rows
        )

    @abstractmethod
    def residuals(self, theta: Tensor) -> Tensor:
        """Return all rows, weighted so that the cost is the sum of their squares.

        Returns:
            Block by block, in each row by row, in each point by point: shape (m,).
        """

    @abstractmethod
    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the cost and its gradient by the weights, shape (P,)."""

    @abstractmethod
    def jacobian(self, theta: Tensor) -> Tensor:
        """Return how each of `residuals` changes with each weight, shape (m, P)."""

    def with_blocks(self, blocks: Sequence[Block]) -> Self:
        """Return the same objective at other points or with other weights."""
        return type(self)(blocks)

    @abstractmethod
    def normal_equations(self, theta: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the cost, JᵀJ of shape (P, P) and Jᵀr of shape (P,); J is never whole."""

    def by_row(self, theta: Tensor) -> dict[tuple[str, str], Tensor]:
        """Return the rows without their weights, each of shape (n,), by block and row."""
        plain = [
            replace(block, weights=(), points=replace(block.points, weights=None))
            for block in self.blocks
        ]
        parts = self.with_blocks(plain).residuals(theta).split([n for _, _, n in self.names])
        return {
            (block, row): part * len(part) ** 0.5
            for (block, row, _), part in zip(self.names, parts, strict=True)
        }

    def checked(self, theta: Tensor) -> Tensor:
        """Return the weights as they are.

        Raises:
            ValueError: They do not fit the network, or are of another dtype or device.
        """
        if theta.shape != (self.count,):
            raise ValueError(f"expected shape ({self.count},), got {tuple(theta.shape)} for theta")
        if theta.dtype != self.dtype or theta.device != self.device:
            raise ValueError(
                f"expected theta of {self.dtype} on {self.device}, got {theta.dtype} on "
                f"{theta.device}"
            )
        return theta


class Split(NamedTuple):
    """A tape in two.

    Attributes:
        first: What no channel reaches, to the names that the rest reads.
        rest: From channels, inputs, columns and those names to the rows.
    """

    first: Tape
    rest: Tape


_ANY = raw(0)
"""An input that gives even constants the shape and dtype of the points."""


def split_tape(tape: Tape, names: frozenset[str]) -> Split:
    """Return a tape in two: what does not depend on these inputs, and what does."""
    count = len(tape.inputs)
    total = count + len(tape.steps)
    needed, reached = [False] * total, [name in names for name in tape.inputs]
    for _, register in tape.outputs:
        needed[register] = True
    for register in reversed(range(count, total)):
        if needed[register]:
            for operand in tape.steps[register - count].operands:
                needed[operand] = True
    for step in tape.steps:
        reached.append(any(reached[operand] for operand in step.operands))
    early = [r for r in range(count, total) if needed[r] and not reached[r]]
    late = [r for r in range(count, total) if needed[r] and reached[r]]
    read = {operand for r in late for operand in tape.steps[r - count].operands}
    read |= {register for _, register in tape.outputs}
    constants = [r for r in early if r in read and tape.steps[r - count].operation == "constant"]
    held = [(f"held {r}", r) for r in early if r in read and r not in constants]
    given = [(name, r) for r, name in enumerate(tape.inputs) if r in read]
    sources = [(name, r) for r, name in enumerate(tape.inputs) if needed[r] and not reached[r]]
    return Split(
        _rewritten(tape, [*sources, (_ANY, -1)], early if held else [], held),
        _rewritten(tape, [*given, *held], [*constants, *late], tape.outputs),
    )


def _rewritten(
    tape: Tape,
    sources: Sequence[tuple[str, int]],
    registers: Sequence[int],
    outputs: Sequence[tuple[str, int]],
) -> Tape:
    """Return the tape of some steps; sources are its inputs and where those stood before."""
    places = {register: place for place, (_, register) in enumerate(sources)}
    steps: list[Step] = []
    for register in registers:
        step = tape.steps[register - len(tape.inputs)]
        places[register] = len(sources) + len(steps)
        operands = tuple(places[operand] for operand in step.operands)
        steps.append(Step(step.operation, operands, step.value))
    names = tuple(name for name, _ in sources)
    return Tape(names, tuple(steps), tuple((name, places[r]) for name, r in outputs))
