"""Say of the network of one slab of time what a law says of all networks together.

Within a slab they say W = C + s·N: C is what those before it have come to, a function of all but
time; s rises from 0 to 1 across the slab, and N is the network that is trained. Where the slope is
handed on too, W = C + s²·N, and C goes on in a straight line. C and its derivatives are columns of
the points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lawc.backends.statement import Channel, Points, Statement
from lawc.forms.network import propagate, propagate_along, split
from lawc.forms.slabs import SLOPES, Frame, slope_at_end
from lawc.forms.tape import Step, Tape, run
from lawc.forms.torch_table import TABLE, evaluate
from lawc.jets.closure import Partial
from lawc.jets.partials import partials

Columns = Mapping[str, Tensor]
Carried = Mapping[int, int]
"""By numbers of outputs, 1 for the first: 1 where the value is handed on, 2 with its slope."""


@dataclass(frozen=True)
class Clock:
    """A coordinate that tells the time and runs evenly with it from -1.

    Attributes:
        time: The input that is cut.
        low, high: Its range, in SI.
        coordinate: Number of the coordinate.
        tape: From inputs to the coordinate, `now`, and how fast it runs, `rate`.
        rates: The slowest and the fastest that it runs; they differ where inputs set its pace.
    """

    time: str
    low: float
    high: float
    coordinate: int
    tape: Tape
    rates: tuple[float, float]


@dataclass(frozen=True)
class Slab:
    """One stretch of time.

    Attributes:
        number: 0 for the first.
        clock: What tells the time.
        marks: Its ends in that coordinate.
    """

    number: int
    clock: Clock
    marks: tuple[float, float]

    @property
    def time(self) -> str:
        """The input that is cut."""
        return self.clock.time

    @property
    def coordinate(self) -> int:
        """Number of the coordinate that tells the time."""
        return self.clock.coordinate

    @property
    def low(self) -> float:
        """The earliest moment, in SI."""
        return self.clock.low + (self.marks[0] + 1.0) / self.clock.rates[1]

    @property
    def high(self) -> float:
        """The latest moment, in SI."""
        return min(self.clock.high, self.clock.low + (self.marks[1] + 1.0) / self.clock.rates[0])

    def reached(self, columns: Columns) -> Tensor:
        """Return the coordinate of time in each row."""
        return evaluate(self.clock.tape, columns)["now"]


def cut(clock: Clock, slabs: int) -> tuple[Slab, ...]:
    """Return slabs that are even in the coordinate of time."""
    marks = [-1.0 + 2.0 * k / slabs for k in range(slabs)] + [1.0]
    return tuple(Slab(k, clock, mark) for k, mark in enumerate(pairwise(marks)))


def in_slab(statement: Statement, slab: Slab, carried: Carried) -> Statement:
    """Return what a statement on all networks says of that of one slab.

    Args:
        statement: Its channels are of what all networks say together.
        slab: Which one.
        carried: Which outputs are handed on.
    """
    writer = _Tape(statement.tape, statement.inputs, slab)
    channels = dict[str, Channel]()
    for name, channel in statement.channels.items():
        if channel.output in carried:
            writer.carry(name, channel, carried[channel.output], channels)
        else:
            channels[name] = channel
    before = statement.before
    assert before is not None
    return replace(
        statement, channels=channels, tape=writer.whole(), before=_stretched(before, slab)
    )


def carried_columns(
    statement: Statement,
    slab: Slab,
    points: Points,
    before: Tape,
    ended: Sequence[tuple[tuple[float, float], Tensor]],
    carried: Carried,
) -> Points:
    """Return points with the columns of C that a statement of a slab reads.

    Args:
        statement: From `in_slab`.
        slab: Which one.
        points: Inputs in it.
        before: From inputs to coordinates, of all slabs.
        ended: Of each earlier slab, its ends in the coordinate of time, and the weights of its
            network, flat, in the coordinates of all slabs.
        carried: Which outputs are handed on.
    """
    wanted = {name: _asked(name) for name in statement.columns}
    zero = points.values.new_zeros(len(points))
    if not ended or not wanted:
        return Points(points.values, dict.fromkeys(wanted, zero), points.weights)
    slabs = [(marks, split(t.to(points.values.dtype), statement.sizes)) for marks, t in ended]
    outputs = range(1, statement.sizes[-1] + 1)
    level = zero.new_tensor([float(carried.get(number) == SLOPES) for number in outputs])

    def said(columns: dict[str, Any]) -> Any:
        found = list(run(before, [columns[name] for name in before.inputs], TABLE))
        now = _column(found[slab.coordinate], zero)
        total: Any = None
        for (low, high), layers in slabs:
            found[slab.coordinate] = torch.full_like(zero, high)
            at = torch.stack([_column(f, zero) for f in found], dim=-1)
            if level.any():
                answer, slope = propagate_along(layers, at, slab.coordinate)
                beyond = torch.unsqueeze(now - high, -1) * level
                answer = answer + beyond * slope_at_end(answer, slope, low, high)
            else:
                answer = propagate(layers, at)
            total = answer if total is None else total + answer
        return total

    columns = dict(zip(statement.inputs, points.values.unbind(1), strict=True))
    parts = {partial for _, partial in wanted.values()}
    with torch.no_grad():
        made = partials(said, columns, sorted(parts))
    given = {
        name: made[partial][:, output - 1].contiguous()
        for name, (output, partial) in wanted.items()
    }
    return Points(points.values, given, points.weights)


def in_all(theta: Tensor, frame_sizes: Sequence[int], slab: Slab) -> Tensor:
    """Return the weights of a slab's network for the coordinates of all slabs."""
    found = theta.clone()
    matrix, offset = split(found, frame_sizes)[0]
    factor, shift = _affine(slab)
    offset += shift * matrix[:, slab.coordinate]
    matrix[:, slab.coordinate] *= factor
    return found


def frame_of(
    slabs: Sequence[Slab], before: Tape, sizes: Sequence[int], after: Tape, carried: Carried
) -> Frame:
    """Return what slabs are beside their weights."""
    marks = (*(slab.marks[0] for slab in slabs), slabs[-1].marks[1])
    orders = tuple(carried.get(number, 0) for number in range(1, sizes[-1] + 1))
    return Frame(before, tuple(sizes), after, slabs[0].coordinate, marks, orders)


class _Tape:
    """A tape behind steps that make its channels of those of one slab's network."""

    def __init__(self, tape: Tape, inputs: Sequence[str], slab: Slab) -> None:
        self.tape, self.inputs, self.slab = tape, tuple(inputs), slab
        self.names: list[str] = []
        self.steps: list[tuple[str, tuple[object, ...], float]] = []
        self.made: dict[str, object] = {}
        told = self._inlined(slab.clock.tape)
        low, high = slab.marks
        length = self._constant(high - low)
        away = self._step("subtract", told["now"], self._constant(low))
        self.share = self._step("divide", away, length)
        self.rate = self._step("divide", told["rate"], length)

    def carry(self, name: str, channel: Channel, most: int, channels: dict[str, Channel]) -> None:
        """Write a channel of all networks as some of the slab's, and a column.

        It is a derivative of C + sᵐ·N: by Leibniz, with as many terms as s has derivatives.
        """
        orders = dict(channel.partial)
        order = orders.pop(self.slab.time, 0)
        total: object = self._read(_told(channel)) if order < most else None
        for times in range(min(order, most) + 1):
            left = {**orders, self.slab.time: order - times}
            lower = tuple((n, k) for n, k in sorted(left.items()) if k)
            own: object = self._channel(Channel(channel.output, lower), channels)
            ways = math.comb(order, times) * math.perm(most, times)
            factors: list[object] = [self._constant(float(ways))] if ways > 1 else []
            factors += [self.share] * (most - times) + [self.rate] * times
            # First what no network says: it is the same at every step of a training.
            factor = factors[0]
            for more in factors[1:]:
                factor = self._step("multiply", factor, more)
            own = self._step("multiply", factor, own)
            total = own if total is None else self._step("add", total, own)
        self.made[name] = total

    def whole(self) -> Tape:
        """Return all of it as one tape."""
        for name in self.tape.inputs:
            if name not in self.made:
                self._read(name)
        count = len(self.names)
        places = {name: number for number, name in enumerate(self.names)}

        def place(of: object) -> int:
            return places[of] if isinstance(of, str) else count + int(of)  # type: ignore[call-overload]

        steps = [Step(kind, tuple(map(place, of)), value) for kind, of, value in self.steps]
        registers = [place(self.made.get(name, name)) for name in self.tape.inputs]
        for step in self.tape.steps:
            operands = tuple(registers[k] for k in step.operands)
            registers.append(count + len(steps))
            steps.append(Step(step.operation, operands, step.value))
        outputs = tuple((name, registers[k]) for name, k in self.tape.outputs)
        return Tape(tuple(self.names), tuple(steps), outputs)

    def _inlined(self, tape: Tape) -> dict[str, object]:
        """Write the steps of a tape of inputs; return its outputs."""
        found: list[object] = [self._read(name) for name in tape.inputs]
        for step in tape.steps:
            self.steps.append((step.operation, tuple(found[k] for k in step.operands), step.value))
            found.append(len(self.steps) - 1)
        return {name: found[register] for name, register in tape.outputs}

    def _channel(self, channel: Channel, channels: dict[str, Channel]) -> str:
        name = f"own {_told(channel)}"
        channels[name] = channel
        return self._read(name)

    def _read(self, name: str) -> str:
        if name not in self.names:
            self.names.append(name)
        return name

    def _constant(self, value: float) -> int:
        self.steps.append(("constant", (), value))
        return len(self.steps) - 1

    def _step(self, kind: str, *operands: object) -> int:
        self.steps.append((kind, operands, 0.0))
        return len(self.steps) - 1


def _told(channel: Channel) -> str:
    """Return a name that holds a space, so no quantity has it, and says which channel it is."""
    return f"{channel.output} " + " ".join(f"{name}:{order}" for name, order in channel.partial)


def _asked(name: str) -> tuple[int, Partial]:
    output, *orders = name.split()
    pairs = (one.rpartition(":") for one in orders)
    return int(output), tuple((variable, int(order)) for variable, _, order in pairs)


def _stretched(before: Tape, slab: Slab) -> Tape:
    """Return a tape whose coordinate of time runs from -1 to 1 across a slab."""
    factor, shift = _affine(slab)
    outputs = list(before.outputs)
    name, register = outputs[slab.coordinate]
    last = len(before.inputs) + len(before.steps)
    steps = (
        *before.steps,
        Step("constant", (), factor),
        Step("multiply", (register, last)),
        Step("constant", (), shift),
        Step("add", (last + 1, last + 2)),
    )
    outputs[slab.coordinate] = (name, last + 3)
    return Tape(before.inputs, steps, tuple(outputs))


def _affine(slab: Slab) -> tuple[float, float]:
    low, high = slab.marks
    factor = 2.0 / (high - low)
    return factor, -1.0 - factor * low


def _column(given: Any, like: Tensor) -> Any:
    """Return a coordinate as a column, also where it is one number."""
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=like.dtype, device=like.device).expand(len(like))


def into(slab: Slab, columns: Columns) -> dict[str, Tensor]:
    """Return columns of points of all times, each moved into a slab; rows never there are left."""
    clock, (low, high) = slab.clock, slab.marks
    rate = evaluate(clock.tape, columns)["rate"]
    last = (clock.high - clock.low) * rate - 1.0
    share = (columns[clock.time] - clock.low) / (clock.high - clock.low)
    top = last.clamp(max=high)
    moved = clock.low + (torch.lerp(torch.full_like(top, low), top, share) + 1.0) / rate
    there = top > low
    # The ends of a slab in time are those of the paces that were looked at: others may lie beyond.
    found = {**columns, clock.time: moved.clamp(clock.low, clock.high)}
    return {name: values[there] for name, values in found.items()}
