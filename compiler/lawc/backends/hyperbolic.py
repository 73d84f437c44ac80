"""Write tanh in operations that a compiler joins to those around it.

Generated loops call a library for tanh, which takes longer than all that stands here. Away from
zero exp says it; near zero, where a difference of two that are nearly 1 would lose places, a
polynomial does. Not expm1: compilers write that as exp(x) - 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEAR = 0.25
_TERMS = {
    torch.float64: (
        float.fromhex("-0x1.5d8ce3a0d6b4bp-10"),
        float.fromhex("0x1.d578fd2c2365bp-9"),
        float.fromhex("-0x1.226a8b66370d4p-7"),
        float.fromhex("0x1.664f3e4c9bb5cp-6"),
        float.fromhex("-0x1.ba1ba1ac8748ap-5"),
        float.fromhex("0x1.111111110dad2p-3"),
        float.fromhex("-0x1.5555555555551p-2"),
    ),
    torch.float32: (
        float.fromhex("-0x1.a9c75b19f4a72p-5"),
        float.fromhex("0x1.10f8c4fead228p-3"),
        float.fromhex("-0x1.55554a8cbde0dp-2"),
    ),
}
"""Of (tanh x - x) / x³ in powers of x², the last one first, by interpolation at Chebyshev's points
of |x| <= 1/4: to 2e-17 or 1e-8 of tanh."""


def hyperbolic(x: Tensor) -> Tensor:
    """Return tanh x, to within 5 units of the last place on a processor."""
    terms = _TERMS.get(x.dtype)
    if terms is None or x.device.type != "cpu":
        return torch.tanh(x)
    size, square = x.abs(), x * x
    near = terms[0] * square + terms[1]
    for term in terms[2:]:
        near = near * square + term
    # Where exp is infinite, the quotient is 0.
    far = 1 - 2 / (torch.exp(2 * size) + 1)
    return torch.where(size < NEAR, x * (1 + square * near), torch.copysign(far, x))
