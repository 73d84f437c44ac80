"""Small frozen modules with which links are tested; they answer as frozen modules do."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lawc.artifact.module import FrozenModule
from lawc.forms.answer import Answer
from lawc.linking.speaker import Column


class Speaker(FrozenModule):
    """A law written in torch, with ranges, a membership and an error that grows outside."""

    identity = "tests.speaker"
    citation = "a textbook"

    def __init__(self, inputs: tuple[Column, ...], outputs: tuple[Column, ...]) -> None:
        nn.Module.__init__(self)
        self.inputs, self.outputs = inputs, outputs
        self.register_buffer("weights", torch.ones(3, dtype=torch.float64))
        self.register_buffer("shift", torch.zeros((), dtype=torch.float64))
        self.train(False)

    def law(self, columns: Mapping[str, Tensor]) -> Tensor:
        raise NotImplementedError

    def forward(self, columns: Mapping[str, Tensor]) -> Answer:
        distance = torch.zeros((), device=self.get_buffer("shift").device)
        for port in self.inputs:
            if port.low is not None and port.high is not None:
                middle, reach = (port.high + port.low) / 2, (port.high - port.low) / 2
                excess = torch.relu((columns[port.name] - middle).abs() / reach - 1)
                distance = distance + excess.square()
        value = self.law(columns) * self.get_buffer("weights").prod() + self.get_buffer("shift")
        wide = distance if value.ndim == distance.ndim else distance.unsqueeze(-1)
        error = 1e-6 * (1 + wide.sqrt() / 0.05).square() * torch.ones_like(value)
        return Answer(value, error, torch.exp(-100 * distance))


class Rate(Speaker):
    """v = Vmax·S/(Km + S)."""

    identity = "tests.rate"

    def __init__(self) -> None:
        super().__init__(
            (
                Column("S", "mmol/L", 0.01, 10.0, True),
                Column("Vmax", "umol/L/min", 1.0, 1000.0, True),
                Column("Km", "mmol/L", 0.01, 10.0, True),
            ),
            (Column("v", "umol/L/min"),),
        )

    def law(self, columns: Mapping[str, Tensor]) -> Tensor:
        return columns["Vmax"] * columns["S"] / (columns["Km"] + columns["S"])


class Fall(Speaker):
    """Height and speed after a time: two outputs."""

    identity = "tests.fall"

    def __init__(self) -> None:
        super().__init__(
            (Column("t", "s", 0.0, 2.0), Column("g", "m/s^2", 1.0, 20.0, default=9.8)),
            (Column("h", "m"), Column("v", "m/s")),
        )

    def law(self, columns: Mapping[str, Tensor]) -> Tensor:
        t, g = columns["t"], columns["g"]
        return torch.stack([g * t.square() / 2, g * t], -1)


def network(features: int, outputs: int = 1, *, zero: bool = False) -> nn.Sequential:
    """Return a small network in float64, its last layer at zero if asked for."""
    net = nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, outputs)).double()
    if zero:
        nn.init.zeros_(net[2].weight)  # pyright: ignore[reportArgumentType]
        nn.init.zeros_(net[2].bias)  # pyright: ignore[reportArgumentType]
    return net


def wake(net: nn.Module, seed: int = 0) -> None:
    """Give every parameter a value that is not zero, as training would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.3 * noise.to(parameter.dtype))
