"""A small network between two exact tapes.

The tape before it turns inputs into scaled coordinates; the tape after it turns what the network
says into outputs, and holds whatever is known exactly: initial conditions, positivity, scale. So
the network is left with a smooth map of order one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lawc.forms.form import Form
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate
from lawc.forms.weights import require

MAX_WIDTH = 1024
MAX_LAYERS = 16


def raw(number: int) -> str:
    """Return the name under which the tape after a network reads its output of that number.

    It holds a space, so no quantity has this name.
    """
    return f"network {number}"


def count(sizes: Sequence[int]) -> int:
    """Return the number of weights of a network with these layer sizes."""
    return sum((before + 1) * after for before, after in pairwise(sizes))


def split(theta: Tensor, sizes: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    """Return matrix and offset of each layer as views of one flat tensor."""
    if theta.shape != (count(sizes),):
        raise ValueError(f"expected shape ({count(sizes)},), got {tuple(theta.shape)} for weights")
    layers, start = [], 0
    for before, after in pairwise(sizes):
        matrix = theta[start : start + before * after].view(after, before)
        start += before * after
        layers.append((matrix, theta[start : start + after]))
        start += after
    return layers


def propagate(layers: Sequence[tuple[Tensor, Tensor]], coordinates: Tensor) -> Tensor:
    """Return what the network says: tanh between layers, the last one linear.

    Args:
        layers: Matrix (out, in) and offset (out,) of each layer.
        coordinates: Shape (*batch, in of the first layer).

    Returns:
        Shape (*batch, out of the last layer).
    """
    hidden = coordinates
    for matrix, offset in layers[:-1]:
        hidden = torch.tanh(functional.linear(hidden, matrix, offset))
    matrix, offset = layers[-1]
    return functional.linear(hidden, matrix, offset)


def propagate_along(
    layers: Sequence[tuple[Tensor, Tensor]], coordinates: Tensor, number: int
) -> tuple[Tensor, Tensor]:
    """Return what the network says, and how that moves with one coordinate.

    Args:
        layers: Matrix (out, in) and offset (out,) of each layer.
        coordinates: Shape (*batch, in of the first layer).
        number: Which coordinate, 0 for the first.
    """
    matrix, offset = layers[0]
    hidden, moved = functional.linear(coordinates, matrix, offset), matrix[:, number]
    for matrix, offset in layers[1:]:
        bent = torch.tanh(hidden)
        hidden = functional.linear(bent, matrix, offset)
        moved = functional.linear((1.0 - bent * bent) * moved, matrix)
    return hidden, moved


class Network(Form):
    """Coordinates, a tanh network in float64, and the exact part of the answer.

    Attributes:
        before: SI inputs to coordinates of about [-1, 1], in the order of its outputs.
        sizes: Layer sizes, the number of coordinates first.
        after: SI inputs and `network 1`, … to SI outputs.
    """

    def __init__(self, before: Tape, sizes: Sequence[int], after: Tape, theta: Tensor) -> None:
        """Build the network with these weights, flat and in order of its layers.

        Raises:
            ValueError: Tapes, sizes and weights do not fit one another.
        """
        super().__init__()
        _fit(before, sizes, after)
        if theta.shape != (count(sizes),):
            raise ValueError(f"expected {count(sizes)} weights, got shape {tuple(theta.shape)}")
        self.before = before
        self.sizes = tuple(sizes)
        self.after = after
        self.inputs = before.inputs
        self.outputs = tuple(name for name, _ in after.outputs)
        for number, (matrix, offset) in enumerate(split(theta.detach().double(), sizes)):
            self.register_buffer(f"weight{number}", matrix.clone())
            self.register_buffer(f"bias{number}", offset.clone())

    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output in SI."""
        return self.apply_layers(self.layers, si)

    def apply_layers(
        self, layers: Sequence[tuple[Tensor, Tensor]], si: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return each output in SI for other weights than the stored ones."""
        found = evaluate(self.before, si)
        coordinates = torch.stack([found[name] for name, _ in self.before.outputs], dim=-1)
        said = propagate(layers, coordinates).unbind(-1)
        return evaluate(self.after, {**si, **{raw(n): s for n, s in enumerate(said, start=1)}})

    @property
    def layers(self) -> list[tuple[Tensor, Tensor]]:
        """Matrix and offset of each layer."""
        return [
            (self.get_buffer(f"weight{number}"), self.get_buffer(f"bias{number}"))
            for number in range(len(self.sizes) - 1)
        ]

    @property
    def theta(self) -> Tensor:
        """All weights, flat and in order of the layers."""
        return torch.cat([part.reshape(-1) for layer in self.layers for part in layer])

    def spec(self) -> dict[str, Any]:
        """Return the kind, the tapes and the layer sizes."""
        return {
            "kind": "network",
            "before": self.before.to_json(),
            "sizes": list(self.sizes),
            "after": self.after.to_json(),
        }

    @staticmethod
    def from_spec(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Network:
        """Read a network that may come from anywhere.

        Raises:
            ValueError: The description is no network, or the weights are not its weights.
        """
        if set(spec) != {"kind", "before", "sizes", "after"}:
            raise ValueError("a network is the tapes before and after it and its layer sizes")
        sizes = spec["sizes"]
        if not isinstance(sizes, list) or any(type(size) is not int for size in sizes):
            raise ValueError(f"expected layer sizes as whole numbers, got {sizes!r}"[:200])
        before, after = Tape.from_json(spec["before"]), Tape.from_json(spec["after"])
        _fit(before, sizes, after)
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (low, high) in enumerate(pairwise(sizes)):
            shapes |= {f"weight{number}": (high, low), f"bias{number}": (high,)}
        if set(weights) != set(shapes):
            raise ValueError(f"expected the weights {sorted(shapes)}, got {sorted(weights)}"[:400])
        require(weights, shapes)
        theta = torch.cat([weights[name].reshape(-1) for name in shapes])
        return Network(before, sizes, after, theta)


def initial(sizes: Sequence[int], seed: int) -> Tensor:
    """Return random weights that keep signals of order one, flat."""
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for before, after in pairwise(sizes):
        limit = math.sqrt(6.0 / (before + after))
        uniform = torch.rand(after * (before + 1), generator=generator, dtype=torch.float64)
        signed = 2.0 * uniform - 1.0
        parts += [signed[: after * before] * limit, signed[after * before :] * 0.5]
    return torch.cat(parts)


def _fit(before: Tape, sizes: Sequence[int], after: Tape) -> None:
    if not 2 <= len(sizes) <= MAX_LAYERS + 1 or any(not 1 <= s <= MAX_WIDTH for s in sizes):
        raise ValueError(
            f"expected 1 to {MAX_LAYERS} layers of 1 to {MAX_WIDTH} values, got sizes {sizes}"[:200]
        )
    if len(before.outputs) != sizes[0]:
        raise ValueError(f"expected {sizes[0]} coordinates, got {len(before.outputs)}")
    allowed = {*before.inputs, *(raw(number) for number in range(1, sizes[-1] + 1))}
    if not set(after.inputs) <= allowed:
        unknown = sorted(set(after.inputs) - allowed)
        raise ValueError(f"the tape after the network reads {unknown[0]!r}, which nothing gives")
    if not after.outputs:
        raise ValueError("the tape after the network has no output")
