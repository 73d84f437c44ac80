"""A further term of the cost: slopes that have the wrong sign, or hardly the right one.

Where an answer is nearly flat, or nothing is asked of it, rows of the reference do not say which
way a network should go. At points where it goes the wrong way the term is what its slope lacks, as
a multiple of the slope of a cover; where all slopes are right it is nothing, and so it takes no
accuracy away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from lawc.forms.network import Network, split
from lawc.lowering.monomials import product
from lawc.lowering.numpy_table import Array
from lawc.lowering.rising import Monotone
from lawc.training.covering import Cover

MOST_POINTS = 400
"""At which the term is taken."""

_TINY = 1e-290


class Turning:
    """What the slopes of one output lack, at some points of the domain.

    Attributes:
        least: The least slope that is enough, as a multiple of that of the cover.
        weight: Of the mean square.
    """

    def __init__(
        self,
        form: Network,
        said: Sequence[Monotone],
        cover: Cover,
        size: float,
        si: Mapping[str, Array],
    ) -> None:
        self.form, self.cover, self.size = form, cover, size
        self.said = [(one.by, one.sign) for one in said]
        self.si = {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in si.items()}
        self.slopes = torch.stack([self._covered(by) * sign for by, sign in self.said])
        self.least, self.weight = 0.0, 1.0
        self.chosen = torch.arange(0)

    def look(self, theta: Tensor) -> Tensor:
        """Return slopes as multiples of those of the cover, shape (sentences, n)."""
        found = self._ratios(split(theta, self.form.sizes), torch.arange(self.slopes.shape[1]))
        return found.detach()

    def choose(self, ratios: Tensor) -> int:
        """Take the points that lack most; return at how many a slope has the wrong sign."""
        worst = ratios.amin(dim=0)
        self.chosen = worst.topk(min(MOST_POINTS, len(worst)), largest=False).indices
        return int((worst < 0.0).sum())

    def __call__(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the term and its gradient at flat weights."""
        moving = theta.detach().clone().requires_grad_()
        ratios = self._ratios(split(moving, self.form.sizes), self.chosen)
        lacking = torch.relu(1.0 - ratios / self.least)
        # What lacks much pulls no harder than in proportion.
        cost = self.weight * (torch.sqrt(1.0 + lacking.square()) - 1.0).mean()
        (slope,) = torch.autograd.grad(cost, moving)
        return float(cost.detach()), slope

    def _ratios(self, layers: Sequence[tuple[Tensor, Tensor]], points: Tensor) -> Tensor:
        si = {name: v[points].detach() for name, v in self.si.items()}
        moved = [si[by].requires_grad_() for by, _ in self.said]
        answer = self.form.apply_layers(layers, si)[self.cover.output]
        slopes = torch.autograd.grad(answer.sum(), moved, create_graph=True)
        size = answer.clamp(min=_TINY) if self.cover.times else self.size
        signs = torch.tensor([sign for _, sign in self.said]).double()
        return torch.stack(slopes) / size * signs[:, None] / self.slopes[:, points]

    def _covered(self, by: str) -> Tensor:
        si = {name: v.clone().requires_grad_(name == by) for name, v in self.si.items()}
        whole = sum(f * product(exponents, si) for exponents, f in self.cover.parts)
        assert isinstance(whole, Tensor)
        (slope,) = torch.autograd.grad(self.cover.sign * whole.sum(), si[by])
        return slope
