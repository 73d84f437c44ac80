"""Special functions that torch lacks, by a fixed number of iterations.

No branch looks at the data, so each works under vmap, compile and export, and gradients of any
order follow from the iterations themselves: at a fixed point they are those of the function.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_AGM_STEPS = 9
_NEWTON_STEPS = 7
_HALLEY_STEPS = 6
_EXPREL_TERMS = 16


def elliptic_k(m: Tensor) -> Tensor:
    """Return the complete elliptic integral of the first kind of the parameter m = k².

    Args:
        m: Below 1; any shape.

    Returns:
        K(m), infinite at 1, not a number above.

    Source:
        C. F. Gauss; K = π / (2 agm(1, √(1-m))).
    """
    a, g = torch.ones_like(m), torch.sqrt(1.0 - m)
    for _ in range(_AGM_STEPS):
        a, g = (a + g) / 2.0, torch.sqrt(a * g)
    return (math.pi / 2.0) / a


def lambert_w(x: Tensor) -> Tensor:
    """Return the principal solution w ≥ -1 of w exp(w) = x.

    Args:
        x: At least -1/e; any shape.

    Returns:
        W(x), not a number below -1/e.

    Source:
        R. M. Corless et al., Adv. Comput. Math. 5 (1996) 329–359, for Halley's step.
    """
    near = x < -0.25
    above = math.e * x + 1.0
    p = torch.sqrt(2.0 * torch.where(near, above, torch.ones_like(x)))
    branch = -1.0 + p * (1.0 + p * (-1.0 / 3.0 + p * (11.0 / 72.0)))
    log = torch.log1p(torch.where(near, torch.zeros_like(x), x))
    w = torch.where(near, branch, log * (1.0 - torch.log1p(log) / (2.0 + log)))
    for _ in range(_HALLEY_STEPS):
        # In terms of w - x exp(-w), which stays finite where exp(w) would not.
        f = w - x * torch.exp(-w)
        one = w + 1.0
        below = 2.0 * one * one - (w + 2.0) * f
        # At the branch point the step is 0/0; it has arrived there.
        w = w - 2.0 * f * one / torch.where(below == 0.0, torch.ones_like(below), below)
    return w


def lambert_w_exp(z: Tensor) -> Tensor:
    """Return W(exp(z)), the solution w > 0 of w + ln w = z, for any z.

    Newton's method finds v = ln w from exp(v) + v = z, where neither end of the line overflows.
    """
    high = z > 1.0
    large, small = torch.where(high, z, torch.ones_like(z)), torch.where(high, 0.0, z)
    v = torch.where(
        high, torch.log(large - torch.log(large)), small - torch.log1p(torch.exp(small))
    )
    for _ in range(_NEWTON_STEPS):
        w = torch.exp(v)
        v = v - (w + v - z) / (w + 1.0)
    return torch.exp(v)


def exprel(z: Tensor) -> Tensor:
    """Return (exp(z) - 1)/z, which is 1 at zero, with its derivatives there."""
    small = z.abs() < 0.5
    near, far = torch.where(small, z, 0.0), torch.where(small, 1.0, z)
    series = torch.ones_like(z)
    for term in range(_EXPREL_TERMS, 1, -1):
        series = 1.0 + series * near / term
    return torch.where(small, series, torch.expm1(far) / far)
