"""Differentiate what a network gives, along one input, in forward mode.

One pass gives a value and its tangent together, so a pass of order n carries all lower orders
with it. Rows do not mix: the tangent of every row is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

Values = dict[str, Tensor]
Curve = Callable[[Tensor], Values]


def with_derivative(curve: Curve, rename: Callable[[str], str | None]) -> Curve:
    """Return the curve that gives also the derivative of some of its values.

    Args:
        curve: From a tensor of shape (n,) to values of shape (n,), row by row.
        rename: The name of a value's derivative, None where it is not wanted.
    """

    def extended(at: Tensor) -> Values:
        pair = torch.func.jvp(curve, (at,), (torch.ones_like(at),))
        values, tangents = cast(tuple[Values, Values], pair)
        wanted = {name: new for name in values if (new := rename(name)) is not None}
        return values | {new: tangents[name] for name, new in wanted.items()}

    return extended
