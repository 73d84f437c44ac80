"""Check the weights of a stored form, which may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def require(weights: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that each weight is of the shape that a description asks for, in finite float64.

    Raises:
        ValueError: One is not; the text says which, and what is expected.
    """
    for name, shape in shapes.items():
        values = weights[name]
        if tuple(values.shape) != shape or values.dtype != torch.float64:
            raise ValueError(
                f"expected float64 of shape {shape} for {name}, got {values.dtype} of shape "
                f"{tuple(values.shape)}"
            )
        if not bool(torch.isfinite(values).all()):
            raise ValueError(f"{name} holds a value that is no number")
