"""A small network for each slab of time, joined so that a slab begins where the one before ends.

What it says is the sum over slabs of s·N(z), where s rises from 0 to 1 across a slab, and the time
that N sees stops at the slab's ends. So before its slab a network counts nothing, after it what it
said at the end stands, and no weights can make a step between two slabs. Where laws are second
order in time it is s²·N(z), and after the slab the slope at its end goes on too: no weights can
make a step or a kink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lawc.forms.form import Form
from lawc.forms.network import MAX_LAYERS, MAX_WIDTH, count, propagate, propagate_along, raw, split
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate
from lawc.forms.weights import require

MOST_SLABS = 512
MOST_MARK = 1e6
SLOPES = 2
"""What is handed on of an output of second order: its value and its slope."""


@dataclass(frozen=True)
class Frame:
    """What slabs are beside their weights.

    Attributes:
        before: SI inputs to coordinates of about [-1, 1], in the order of its outputs.
        sizes: Layer sizes of each network, the number of coordinates first.
        after: SI inputs and `network 1`, … to SI outputs.
        time: Number of the coordinate that is cut, 0 for the first.
        marks: Where slabs begin and end, rising.
        carried: For each output of the networks, how many of its value and its slope are handed on
            from slab to slab: 1 or 2; one with 0 is said by the network of the slab alone.
    """

    before: Tape
    sizes: tuple[int, ...]
    after: Tape
    time: int
    marks: tuple[float, ...]
    carried: tuple[int, ...]

    @property
    def slabs(self) -> int:
        """How many there are."""
        return len(self.marks) - 1


class Slabs(Form):
    """Networks of one shape, one for each slab of a coordinate, between two tapes.

    Buffers: `weight0` (slabs, out, in), `bias0` (slabs, out) and so on; float64. All networks see
    the coordinates of `before`.
    """

    def __init__(self, frame: Frame, theta: Tensor) -> None:
        """Build the networks.

        Args:
            frame: Tapes, sizes and marks.
            theta: Weights of each network, flat, shape (slabs, weights).

        Raises:
            ValueError: They do not fit one another.
        """
        super().__init__()
        _fit(frame)
        wanted = (frame.slabs, count(frame.sizes))
        if tuple(theta.shape) != wanted:
            raise ValueError(f"expected weights of shape {wanted}, got {tuple(theta.shape)}")
        self.frame = frame
        self.sizes = frame.sizes
        self.inputs = frame.before.inputs
        self.outputs = tuple(name for name, _ in frame.after.outputs)
        layers = [split(one, frame.sizes) for one in theta.detach().double()]
        for number in range(len(frame.sizes) - 1):
            weights = torch.stack([slab[number][0] for slab in layers])
            self.register_buffer(f"weight{number}", weights)
            self.register_buffer(f"bias{number}", torch.stack([s[number][1] for s in layers]))

    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output in SI."""
        found = evaluate(self.frame.before, si)
        z = torch.stack([found[name] for name, _ in self.frame.before.outputs], dim=-1)
        said = self.said(z).unbind(-1)
        return evaluate(self.frame.after, {**si, **{raw(n): s for n, s in enumerate(said, 1)}})

    def said(self, z: Tensor) -> Tensor:
        """Return what all networks say together at coordinates, shape (*batch, outputs)."""
        frame = self.frame
        now = z[..., frame.time]
        orders = torch.tensor(frame.carried, device=z.device)
        total = torch.zeros((*z.shape[:-1], frame.sizes[-1]), dtype=z.dtype, device=z.device)
        for number, (low, high) in enumerate(pairwise(frame.marks)):
            # The first and the last network answer beyond their ends too, as one network would.
            first, last = number == 0, number == frame.slabs - 1
            stopped = now if first else now.clamp(min=low)
            stopped = stopped if last else stopped.clamp(max=high)
            parts = [*z[..., : frame.time].unbind(-1), stopped]
            parts += z[..., frame.time + 1 :].unbind(-1)
            at, layers = torch.stack(parts, dim=-1), self.layers(number)
            begun = torch.ones_like(now, dtype=torch.bool) if first else now > low
            over = torch.zeros_like(begun) if last else now > high
            share = ((stopped - low) / (high - low)).unsqueeze(-1)
            mine = (begun & ~over).to(z.dtype).unsqueeze(-1)
            counts = torch.where(orders == 0, mine, share)
            if SLOPES not in frame.carried:
                total = total + propagate(layers, at) * counts
                continue
            level = orders == SLOPES
            answer, slope = propagate_along(layers, at, frame.time)
            total = total + answer * torch.where(level, share * share, counts)
            if not last:
                beyond = (now - high).clamp(min=0.0).unsqueeze(-1)
                total = total + torch.where(
                    level, beyond * slope_at_end(answer, slope, low, high), 0
                )
        return total

    def layers(self, slab: int) -> list[tuple[Tensor, Tensor]]:
        """Return matrix and offset of each layer of the network of a slab, 0 for the first."""
        return [
            (self.get_buffer(f"weight{n}")[slab], self.get_buffer(f"bias{n}")[slab])
            for n in range(len(self.sizes) - 1)
        ]

    def spec(self) -> dict[str, Any]:
        """Return the kind, the tapes, the layer sizes and the marks."""
        frame = self.frame
        return {
            "kind": "slabs",
            "before": frame.before.to_json(),
            "sizes": list(frame.sizes),
            "after": frame.after.to_json(),
            "time": frame.time,
            "marks": list(frame.marks),
            "carried": list(frame.carried),
        }

    @staticmethod
    def from_spec(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Slabs:
        """Read slabs that may come from anywhere.

        Raises:
            ValueError: The description is none of slabs, or the weights are not their weights.
        """
        if set(spec) != {"kind", "before", "sizes", "after", "time", "marks", "carried"}:
            raise ValueError("slabs are two tapes, layer sizes, and how time is cut")
        sizes, time = _whole(spec["sizes"]), spec["time"]
        marks, carried = spec["marks"], spec["carried"]
        if type(time) is not int or not isinstance(marks, list) or not isinstance(carried, list):
            raise ValueError("expected the number of a coordinate, marks and what is carried")
        if any(type(mark) not in (int, float) for mark in marks):
            raise ValueError("expected marks as numbers")
        before, after = Tape.from_json(spec["before"]), Tape.from_json(spec["after"])
        # Forms of before slopes were handed on say true and false.
        handed = tuple(int(one) if type(one) is bool else one for one in carried)
        frame = Frame(before, sizes, after, time, tuple(marks), handed)
        _fit(frame)
        return Slabs(frame, _theta(frame, weights))


def slope_at_end(answer: Any, slope: Any, low: float, high: float) -> Any:
    """Return how s²·N moves at the end of its slab, from N and its slope there."""
    return slope + (2.0 / (high - low)) * answer


def _whole(given: object) -> tuple[int, ...]:
    if not isinstance(given, list) or any(type(size) is not int for size in given):
        raise ValueError(f"expected layer sizes as whole numbers, got {given!r}"[:200])
    return tuple(given)


def _theta(frame: Frame, weights: Mapping[str, Tensor]) -> Tensor:
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (low, high) in enumerate(pairwise(frame.sizes)):
        shapes[f"weight{number}"] = (frame.slabs, high, low)
        shapes[f"bias{number}"] = (frame.slabs, high)
    if set(weights) != set(shapes):
        raise ValueError(f"expected the weights {sorted(shapes)}, got {sorted(weights)}"[:400])
    require(weights, shapes)
    return torch.cat([weights[name].flatten(1) for name in shapes], dim=1)


def _fit(frame: Frame) -> None:
    sizes: Sequence[int] = frame.sizes
    if not 2 <= len(sizes) <= MAX_LAYERS + 1 or any(not 1 <= s <= MAX_WIDTH for s in sizes):
        raise ValueError(
            f"expected 1 to {MAX_LAYERS} layers of 1 to {MAX_WIDTH} values, got {sizes}"[:200]
        )
    if len(frame.before.outputs) != sizes[0] or not 0 <= frame.time < sizes[0]:
        raise ValueError(f"expected {sizes[0]} coordinates, one of them to be cut")
    if not 1 <= frame.slabs <= MOST_SLABS:
        raise ValueError(f"expected 1 to {MOST_SLABS} slabs, got {frame.slabs}")
    if not all(abs(mark) <= MOST_MARK for mark in frame.marks):
        raise ValueError("expected marks as numbers of up to a million")
    if any(not low < high for low, high in pairwise(frame.marks)):
        raise ValueError("expected marks that rise")
    if len(frame.carried) != sizes[-1]:
        raise ValueError(f"expected {sizes[-1]} outputs, got {len(frame.carried)} of them")
    for number, one in enumerate(frame.carried, start=1):
        if type(one) is not int or not 0 <= one <= SLOPES:
            raise ValueError(
                f"expected 0, 1 or 2 for each output: what of it is handed on; got {one!r:.40} for "
                f"output {number}"
            )
    allowed = {*frame.before.inputs, *(raw(number) for number in range(1, sizes[-1] + 1))}
    if not set(frame.after.inputs) <= allowed:
        unknown = sorted(set(frame.after.inputs) - allowed)
        raise ValueError(f"the tape after the networks reads {unknown[0]!r}, which nothing gives")
    if not frame.after.outputs:
        raise ValueError("the tape after the networks has no output")
