"""The network that knows no law: what a linked one is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lawc.linking.support import Support

WIDTH = 8


def network(features: int, seed: int) -> nn.Sequential:
    """Return the small network that both sides train, in its ordinary random start."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(features, WIDTH, dtype=torch.float64),
            nn.Tanh(),
            nn.Linear(WIDTH, 1, dtype=torch.float64),
        )


class General(nn.Module):
    """A network on scaled features, in spreads of the output about its mean.

    It gets the same features, the same clamp to the support of the data and the same scaling as
    the residual of a blend does.
    """

    centre: Tensor
    spread: Tensor

    def __init__(
        self,
        net: nn.Module,
        features: Sequence[str],
        data: Mapping[str, Tensor],
        log: set[str],
    ) -> None:
        super().__init__()
        self.net = net
        self.support = Support.of_columns(features, data, log & set(features))
        self.register_buffer("centre", torch.zeros(1, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(1, dtype=torch.float64))

    def forward(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return the output, shape (*batch,)."""
        value: Tensor = self.centre + self.spread * self.net(self.support(columns))
        return value.squeeze(-1)
