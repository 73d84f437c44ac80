"""The law's own residual as a further term of the cost."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lawc.forms.network import Network, split
from lawc.lowering.program import Program

ROWS = 256


class Lawful:
    """The mean square of the residuals of a network's equations, times a weight."""

    def __init__(self, program: Program, network: Network, weight: float, seed: int) -> None:
        self._network = network
        self._weight = weight
        self._units = {q.name: q.unit for q in (*program.inputs, *program.outputs)}
        self._outputs = program.signature.outputs
        self._layers = network.layers
        self._columns = program.sample(ROWS, seed).to_torch()
        self._residual = program.residual(self._answer)

    def __call__(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the term and its gradient at flat weights."""
        moving = theta.detach().clone().requires_grad_()
        self._layers = split(moving, self._network.sizes)
        found = torch.stack(list(self._residual(self._columns).values()))
        cost = self._weight * found.square().mean()
        (slope,) = torch.autograd.grad(cost, moving)
        return float(cost.detach()), slope

    def _answer(self, columns: Mapping[str, Tensor]) -> Tensor:
        si = {
            name: values * self._units[name].factor + self._units[name].offset
            for name, values in columns.items()
        }
        found = self._network.apply_layers(self._layers, si)
        declared = [
            (found[name] - self._units[name].offset) / self._units[name].factor
            for name in self._outputs
        ]
        return declared[0] if len(declared) == 1 else torch.stack(declared, dim=1)
