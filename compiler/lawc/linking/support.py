"""Where the data were: the clamp and the scale of what a network is told.

A network knows nothing beyond its data. Its inputs are held inside the central range that the
data covered, so that outside it repeats what it last knew instead of inventing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import DomainError, LawcError
from lawc.linking.precise import Precise
from lawc.linking.speaker import Port

LOW, HIGH = 0.01, 0.99
"""The quantiles of each feature between which the data count as support."""


class Support(Precise):
    """Clamp features to the support of the data and scale them to mean 0, spread 1.

    Attributes:
        names: The features, in the order of the network's inputs.
        logarithmic: For each, whether it is scaled in its logarithm.
    """

    low: Tensor
    high: Tensor
    centre: Tensor
    width: Tensor

    def __init__(
        self,
        names: Sequence[str],
        logarithmic: Sequence[bool],
        low: Tensor,
        high: Tensor,
        centre: Tensor,
        width: Tensor,
    ) -> None:
        super().__init__()
        self.names = tuple(names)
        self.logarithmic = tuple(logarithmic)
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.register_buffer("centre", centre)
        self.register_buffer("width", width)

    @staticmethod
    def of_columns(names: Sequence[str], columns: Mapping[str, Tensor], log: set[str]) -> Support:
        """Return the support of data: the 1–99 % range of each feature.

        Raises:
            LawcError: A feature has no column there, or no rows.
            DomainError: A feature is not finite, or not positive though its range is logarithmic.
        """
        scaled = []
        for name in names:
            if name not in columns:
                raise LawcError(f"the support has no column for the feature {name!r}")
            column = torch.as_tensor(columns[name], dtype=torch.float64).flatten()
            if column.numel() == 0 or not bool(torch.isfinite(column).all()):
                raise DomainError(f"the support needs finite values of {name!r}, one or more")
            if name in log and not bool((column > 0).all()):
                raise DomainError(
                    f"the support needs positive values of {name!r}: its range is log"
                )
            scaled.append(column.log() if name in log else column)
        table = torch.stack(scaled) if scaled else torch.zeros(0, 1, dtype=torch.float64)
        width = table.std(1, correction=0)
        return Support(
            names,
            [name in log for name in names],
            torch.quantile(table, LOW, dim=1),
            torch.quantile(table, HIGH, dim=1),
            table.mean(1),
            # A feature that never varied tells nothing: it stays at zero.
            torch.where(width > 0, width, 1.0),
        )

    @staticmethod
    def of_ports(names: Sequence[str], ports: Mapping[str, Port]) -> Support:
        """Return the declared ranges as support, where no data are given.

        Raises:
            LawcError: A feature has no declared range.
        """
        low, high, log = [], [], []
        for name in names:
            port = ports.get(name)
            if port is None or port.low is None or port.high is None:
                raise LawcError(
                    f"the feature {name!r} has no declared range; give `support`, the columns of "
                    "the data"
                )
            log.append(port.log)
            ends = torch.tensor([port.low, port.high], dtype=torch.float64)
            ends = ends.log() if port.log else ends
            low.append(ends[0])
            high.append(ends[1])
        none = torch.zeros(0, dtype=torch.float64)
        lows, highs = (torch.stack(low), torch.stack(high)) if names else (none, none)
        # The spread of an even distribution over the range.
        return Support(names, log, lows, highs, (lows + highs) / 2, (highs - lows) / 12**0.5)

    def forward(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return the clamped, scaled features, shape (*batch, k)."""
        clamped = torch.clamp(self._stack(columns), self.low, self.high)
        return (clamped - self.centre) / self.width

    def inside(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return 1 where all features lie in the support, falling smoothly outside; (*batch,)."""
        reach = torch.clamp((self.high - self.low) / 2, min=1e-12)
        middle = (self.high + self.low) / 2
        excess = torch.relu((self._stack(columns) - middle).abs() / reach - 1)
        return torch.exp(-100 * excess.square().sum(-1))

    def _stack(self, columns: Mapping[str, Tensor]) -> Tensor:
        taken = []
        for name, log in zip(self.names, self.logarithmic, strict=True):
            column = columns[name].to(self.low.dtype)
            # Below zero the logarithm has no gradient; the clamp takes the lower end there.
            taken.append(torch.clamp(column, min=1e-300).log() if log else column)
        return torch.stack(taken, -1)
