"""Inputs of a law that the data do not give, learned inside their declared ranges.

A latent is low·(high/low)^σ(z), or low + (high - low)·σ(z): an optimiser moves z freely and never
leaves the range in which the module is certified.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lawc.diagnostics.diagnostic import DomainError, LawcError
from lawc.linking.precise import Precise
from lawc.linking.speaker import Port, as_outputs, in_precision


@dataclass(frozen=True, slots=True)
class Latent:
    """An input of the module that is to be learned.

    Attributes:
        name: As in the module.
        start: Its first value in the declared unit; the default of the module, or the middle of
            its range, where None.
        scaled_by: A column it is proportional to, as a volume to body weight.
        reference: The value of that column at which the latent has its population value.
        power: The exponent of that proportionality.
    """

    name: str
    start: float | None = None
    scaled_by: str | None = None
    reference: float = 1.0
    power: float = 1.0


class Latents(Precise):
    """Population values of the free inputs, and their dependence on features if a net is given.

    Attributes:
        names: The free inputs, in their order.
        z: Their unbounded coordinates, shape (l,); the only parameter apart from the net's.
    """

    low: Tensor
    high: Tensor

    def __init__(
        self,
        free: Sequence[str | Latent],
        ports: Mapping[str, Port],
        individual: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.specified = tuple(Latent(one) if isinstance(one, str) else one for one in free)
        self.names = tuple(latent.name for latent in self.specified)
        if len(set(self.names)) != len(self.names):
            raise LawcError(f"free inputs have different names, got {', '.join(self.names)}")
        self.logarithmic: tuple[bool, ...] = tuple(
            _port(name, ports).log and (_port(name, ports).low or 0) > 0 for name in self.names
        )
        self.units = tuple(_port(name, ports).unit for name in self.names)
        z = [
            _start(latent, _port(latent.name, ports), log)
            for latent, log in zip(self.specified, self.logarithmic, strict=True)
        ]
        ends = [(ports[name].low, ports[name].high) for name in self.names]
        double = torch.float64
        self.z = nn.Parameter(torch.tensor(z, dtype=double))
        self.register_buffer("low", torch.tensor([low for low, _ in ends], dtype=double))
        self.register_buffer("high", torch.tensor([high for _, high in ends], dtype=double))
        self.individual = individual

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns that scale a latent."""
        return tuple(dict.fromkeys(one.scaled_by for one in self.specified if one.scaled_by))

    def population(self) -> dict[str, float]:
        """Return the values at the reference of their scales, in declared units."""
        with torch.no_grad():
            values = [self._bounded(self.z[k], k) for k in range(len(self.names))]
        return {name: float(value) for name, value in zip(self.names, values, strict=True)}

    def forward(
        self, columns: Mapping[str, Tensor], like: Tensor, features: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return a column for each free input.

        Args:
            columns: Those that `scaled_by` names, shape (*batch,).
            like: A column, for the shape.
            features: Scaled features, shape (*batch, k), if there is an individual net.
        """
        coordinates = self.z.expand(*like.shape, len(self.names))
        if self.individual is not None and features is not None:
            said = in_precision(self.individual, features)
            coordinates = coordinates + as_outputs(said, like, len(self.names), "`individual`")
        values = {}
        for k, latent in enumerate(self.specified):
            value = self._bounded(coordinates[..., k], k)
            if latent.scaled_by is not None:
                ratio = columns[latent.scaled_by].to(value.dtype) / latent.reference
                scaled = value * ratio**latent.power
                value = torch.clamp(scaled, self.low[k], self.high[k])
            values[latent.name] = value
        return values

    def _bounded(self, z: Tensor, k: int) -> Tensor:
        share = torch.sigmoid(z)
        low, high = self.low[k], self.high[k]
        if self.logarithmic[k]:
            return low * torch.exp(share * torch.log(high / low))
        return low + (high - low) * share


def _port(name: str, ports: Mapping[str, Port]) -> Port:
    port = ports.get(name)
    if port is None:
        raise LawcError(f"the module has no input {name!r} to be free; it has {', '.join(ports)}")
    if port.low is None or port.high is None or not port.low < port.high:
        raise LawcError(f"the free input {name!r} needs a declared range to be held in")
    return port


def _start(latent: Latent, port: Port, log: bool) -> float:
    assert port.low is not None and port.high is not None
    if not (math.isfinite(latent.reference) and latent.reference > 0):
        raise DomainError(
            f"{latent.name!r} is scaled by {latent.scaled_by!r} over {latent.reference:g}; the "
            "reference is a number above zero"
        )
    start = latent.start if latent.start is not None else port.default
    if start is None:
        return 0.0
    if not port.low <= start <= port.high:
        raise DomainError(
            f"{latent.name!r} starts at {start:g}, outside {port.low:g} .. {port.high:g} "
            f"[{port.unit}]"
        )
    if log:
        share = math.log(start / port.low) / math.log(port.high / port.low)
    else:
        share = (start - port.low) / (port.high - port.low)
    # At an end of the range the gradient of σ is zero and the latent would never move.
    share = min(max(share, 0.02), 0.98)
    return math.log(share / (1 - share))
