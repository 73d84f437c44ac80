"""The ramp at a blurred threshold: a normal distribution of three deviations, cut and closed.

From -1 to 1 it rises from 0 to 1 and is never further than 0.0023 from the normal distribution
function at three times its argument. So half a width of blur is three deviations of noise. Beyond
it is exactly 0 and 1, and it has no corners. All numbers in it are exact in every float, so that
the ends are. Plain products and sums cost less than an error function, which would also never
reach its ends.
"""

from __future__ import annotations

import torch
from torch import Tensor

DEVIATIONS = 3
"""Of Gaussian noise, in half a width of the blur."""

# Odd: 1/2 + u·(A + B·u² + C·u⁴ + D·u⁶). The sum is a half, and that of the slopes at 1 is zero.
A, B, C, D = 301 / 256, -384 / 256, 313 / 256, -102 / 256


def passed(u: Tensor) -> Tensor:
    """Return how far a threshold is passed, in [0, 1], for u in [-1, 1]."""
    v = u * u
    made = (v * D).add_(C).mul_(v).add_(B).mul_(v).add_(A).mul_(u).add_(0.5)
    # Near its ends rounding could pass them.
    return made.clamp_(0, 1)


def slope_at(u: Tensor) -> Tensor:
    """Return the slope of `passed`, not negative; it can be differentiated again."""
    v = u * u
    inner = (v * (-7 * D)).add_(-5 * C - 7 * D)
    inner = (inner * v).add_(A)
    return torch.addcmul(inner, inner, v, value=-1)
