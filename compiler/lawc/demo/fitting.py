"""Fit thousands of small models at once, each to its own rows.

Every fit is regularised least squares by Levenberg and Marquardt: Σ((y - ŷ)/s)² + Σ p·θ², where s
is the spread of the fit's own targets. All fits share one model as a function of its parameters,
so that Jacobians, normal equations and steps are batched tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

STEPS = 80
CHUNK = 40_000
"""Rows whose Jacobians are held at once."""


@dataclass(frozen=True)
class Batch:
    """Rows for b fits, padded to the longest; `mask` is 1 on real rows and 0 on padding.

    Attributes:
        columns: By name, shape (b, n).
        target, mask: Shape (b, n).
        buffers: What differs between fits without being learned, shape (b, …).
    """

    columns: Mapping[str, Tensor]
    target: Tensor
    mask: Tensor
    buffers: Mapping[str, Tensor]

    def take(self, which: Tensor) -> Batch:
        """Return the chosen fits."""
        return Batch(
            {name: column[which] for name, column in self.columns.items()},
            self.target[which],
            self.mask[which],
            {name: buffer[which] for name, buffer in self.buffers.items()},
        )

    def spread(self) -> Tensor:
        """Return the standard deviation of each fit's targets, shape (b,)."""
        count = self.mask.sum(1)
        mean = (self.target * self.mask).sum(1) / count
        variance = ((self.target - mean[:, None]).square() * self.mask).sum(1) / count
        # Equal targets: any scale will do, and zero will not.
        return torch.where(variance > 0, variance.sqrt(), 1.0)


class Family:
    """A model as a function of its flat parameters, for many fits at once."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._shapes = {name: value.shape for name, value in model.named_parameters()}

    @staticmethod
    def flat(model: nn.Module) -> Tensor:
        """Return the parameters of a model as one vector, shape (p,)."""
        return torch.cat([value.detach().flatten() for value in model.parameters()])

    def positions(self, prefix: str) -> slice:
        """Return where the parameters whose names start with a prefix lie in the vector."""
        start, first, last = 0, None, 0
        for name, shape in self._shapes.items():
            end = start + shape.numel()
            if name.startswith(prefix):
                first, last = (start if first is None else first), end
            start = end
        return slice(first or 0, last)

    def values(
        self, theta: Tensor, columns: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> Tensor:
        """Return outputs, shape (b, n), for parameters (b, p) and columns (b, n)."""
        over_rows = vmap(self._row, in_dims=(None, 0, None))
        return vmap(over_rows)(theta, dict(columns), dict(buffers))

    def jacobian(
        self, theta: Tensor, columns: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return derivatives by the parameters, shape (b, n, p), and the outputs."""
        over_rows = vmap(grad_and_value(self._row), in_dims=(None, 0, None))
        return vmap(over_rows)(theta, dict(columns), dict(buffers))

    def _row(
        self, theta: Tensor, columns: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> Tensor:
        parameters, start = {}, 0
        for name, shape in self._shapes.items():
            end = start + shape.numel()
            parameters[name] = theta[start:end].view(shape)
            start = end
        return functional_call(self._model, {**parameters, **buffers}, (columns,))


def fit(
    family: Family,
    theta: Tensor,
    prior: Tensor,
    batch: Batch,
    steps: int = STEPS,
    progress: Callable[[float], None] | None = None,
) -> Tensor:
    """Return the fitted parameters, shape (b, p).

    Args:
        family: The model.
        theta: Where each fit starts, shape (b, p).
        prior: The weight of each squared parameter, shape (b, p).
        batch: The rows of each fit.
        steps: At most so many accepted or rejected steps.
        progress: Called with the share of fits that are done.
    """
    result = theta.clone()
    size = max(1, CHUNK // batch.target.shape[1])
    chunks = torch.arange(len(theta)).split(size)
    for number, chunk in enumerate(chunks):
        result[chunk] = _fit_chunk(family, theta[chunk], prior[chunk], batch.take(chunk), steps)
        if progress is not None:
            progress((number + 1) / len(chunks))
    return result


def _fit_chunk(family: Family, theta: Tensor, prior: Tensor, batch: Batch, steps: int) -> Tensor:
    finished = theta.clone()
    which = torch.arange(len(theta))
    damping = torch.full((len(theta),), 0.1, dtype=theta.dtype)
    scale = batch.spread()
    objective = _objective(family, theta, prior, batch, scale)
    calm = torch.zeros(len(theta), dtype=torch.long)
    for step in range(steps):
        slopes, values = family.jacobian(theta, batch.columns, batch.buffers)
        weight = batch.mask / scale[:, None]
        slopes, miss = slopes * weight[..., None], (values - batch.target) * weight
        normal = slopes.mT @ slopes + torch.diag_embed(prior)
        gradient = (slopes.mT @ miss[..., None]).squeeze(-1) + prior * theta
        diagonal = torch.diagonal(normal, dim1=1, dim2=2)
        system = normal + torch.diag_embed(damping[:, None] * (diagonal + 1e-8))
        move, _ = torch.linalg.solve_ex(system, gradient[..., None])
        tried = theta - move.squeeze(-1)
        reached = _objective(family, tried, prior, batch, scale)
        better = reached < objective
        # Without progress twice in a row, or a decrease below 1e-7: at the bottom.
        gain = torch.where(better, (objective - reached) / objective.clamp_min(1e-300), 0.0)
        theta = torch.where(better[:, None], tried, theta)
        objective = torch.where(better, reached, objective)
        calm = torch.where(better & (gain > 1e-5), 0, calm + 1)
        damping = torch.where(better, damping / 4, damping * 5).clamp(1e-10, 1e8)
        done = calm >= 5
        finished[which] = theta
        if bool(done.all()):
            break
        if step % 4 == 3 and bool(done.any()):
            left = torch.nonzero(~done).flatten()
            which, theta, prior, damping = which[left], theta[left], prior[left], damping[left]
            objective, calm, scale, batch = (
                objective[left],
                calm[left],
                scale[left],
                batch.take(left),
            )
    return finished


def _objective(family: Family, theta: Tensor, prior: Tensor, batch: Batch, scale: Tensor) -> Tensor:
    with torch.no_grad():
        values = family.values(theta, batch.columns, batch.buffers)
    miss = (values - batch.target) * batch.mask / scale[:, None]
    total = miss.square().sum(1) + (prior * theta.square()).sum(1)
    return torch.where(torch.isfinite(total), total, torch.inf)
