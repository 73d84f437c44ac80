"""Say of the network of one slab of time what a law says of all networks together.

Within a slab they say W = C + s·N: C is what those before it have come to, a function of all but
time; s rises from 0 to 1 across the slab, and N is the network that is trained. C and its
derivatives are columns of the points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lawc.backends.statement import Channel, Points, Statement
from lawc.forms.network import propagate, split
from lawc.forms.slabs import Frame
from lawc.forms.tape import Step, Tape, run
from lawc.forms.torch_table import TABLE
from lawc.jets.closure import Partial
from lawc.jets.partials import partials


@dataclass(frozen=True)
class Slab:
    """One stretch of time.

    Attributes:
        number: 0 for the first.
        time: The input that is cut.
        low, high: Its ends, in SI.
        coordinate: Number of the coordinate that tells the time.
        marks: Its ends in that coordinate.
    """

    number: int
    time: str
    low: float
    high: float
    coordinate: int
    marks: tuple[float, float]


def cut(time: str, low: float, high: float, coordinate: int, slabs: int) -> tuple[Slab, ...]:
    """Return even slabs of a time whose coordinate runs evenly from -1 to 1."""
    ends = [low + (high - low) * k / slabs for k in range(slabs)] + [high]
    marks = [-1.0 + 2.0 * k / slabs for k in range(slabs)] + [1.0]
    both = zip(pairwise(ends), pairwise(marks), strict=True)
    return tuple(Slab(k, time, *span, coordinate, mark) for k, (span, mark) in enumerate(both))


def in_slab(statement: Statement, slab: Slab, carried: frozenset[int]) -> Statement:
    """Return what a statement on all networks says of that of one slab.

    Args:
        statement: Its channels are of what all networks say together.
        slab: Which one.
        carried: Numbers of outputs that are handed on, 1 for the first.
    """
    writer = _Tape(statement.tape, statement.inputs, slab)
    channels = dict[str, Channel]()
    for name, channel in statement.channels.items():
        if channel.output in carried:
            writer.carry(name, channel, channels)
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
    ended: Sequence[tuple[float, Tensor]],
) -> Points:
    """Return points with the columns of C that a statement of a slab reads.

    Args:
        statement: From `in_slab`.
        slab: Which one.
        points: Inputs in it.
        before: From inputs to coordinates, of all slabs.
        ended: Of each earlier slab, where it ends in the coordinate of time, and the weights of
            its network, flat, in the coordinates of all slabs.
    """
    wanted = {name: _asked(name) for name in statement.columns}
    zero = points.values.new_zeros(len(points))
    if not ended or not wanted:
        return Points(points.values, dict.fromkeys(wanted, zero), points.weights)
    slabs = [(mark, split(t.to(points.values.dtype), statement.sizes)) for mark, t in ended]

    def said(columns: dict[str, Any]) -> Any:
        found = list(run(before, [columns[name] for name in before.inputs], TABLE))
        total: Any = None
        for mark, layers in slabs:
            found[slab.coordinate] = torch.full_like(zero, mark)
            answer = propagate(layers, torch.stack([_column(f, zero) for f in found], dim=-1))
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
    slabs: Sequence[Slab], before: Tape, sizes: Sequence[int], after: Tape, carried: frozenset[int]
) -> Frame:
    """Return what slabs are beside their weights."""
    marks = (*(slab.marks[0] for slab in slabs), slabs[-1].marks[1])
    flags = tuple(number in carried for number in range(1, sizes[-1] + 1))
    return Frame(before, tuple(sizes), after, slabs[0].coordinate, marks, flags)


class _Tape:
    """A tape behind steps that make its channels of those of one slab's network."""

    def __init__(self, tape: Tape, inputs: Sequence[str], slab: Slab) -> None:
        self.tape, self.inputs, self.slab = tape, tuple(inputs), slab
        self.names: list[str] = [slab.time]
        self.steps: list[tuple[str, tuple[object, ...], float]] = []
        self.made: dict[str, object] = {}
        length = slab.high - slab.low
        away = self._step("subtract", slab.time, self._constant(slab.low))
        self.share = self._step("divide", away, self._constant(length))
        self.length = self._constant(length)

    def carry(self, name: str, channel: Channel, channels: dict[str, Channel]) -> None:
        """Write a channel of all networks as one of the slab's, or two, and a column."""
        orders = dict(channel.partial)
        order = orders.get(self.slab.time, 0)
        own = self._channel(channel, channels)
        grown = self._step("multiply", self.share, own)
        if order == 0:
            self.made[name] = self._step("add", self._read(_told(channel)), grown)
            return
        orders[self.slab.time] = order - 1
        lower = tuple((n, k) for n, k in sorted(orders.items()) if k)
        once = self._channel(Channel(channel.output, lower), channels)
        factor = self._step("divide", self._constant(float(order)), self.length)
        self.made[name] = self._step("add", grown, self._step("multiply", factor, once))

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


Columns = Mapping[str, Tensor]


def into(slab: Slab, columns: Columns, low: float, high: float) -> dict[str, Tensor]:
    """Return columns of points of all times, each moved into a slab."""
    share = (columns[slab.time] - low) / (high - low)
    moved = torch.lerp(torch.full_like(share, slab.low), torch.full_like(share, slab.high), share)
    return {**columns, slab.time: moved}
