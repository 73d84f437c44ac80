"""What tests of another device share: columns sent there, and answers held to the processor's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

CLOSE = 1e-12
"""Of the largest value: a function of floats may be rounded in another way there."""


def sent(columns: Mapping[str, Tensor], place: torch.device) -> dict[str, Tensor]:
    """Return columns on a device, as leaves of their own."""
    return {name: moved(column, place) for name, column in columns.items()}


def moved(tensor: Tensor, place: torch.device) -> Tensor:
    """Return a tensor on a device, a leaf of its own that is differentiated where it was."""
    return tensor.detach().clone().to(place).requires_grad_(tensor.requires_grad)


def assert_alike(
    there: Iterable[Tensor], here: Iterable[Tensor], place: torch.device, close: float = CLOSE
) -> None:
    """Hold that tensors of a device are there, and say what those of the processor say.

    Whole numbers and truths are equal, floats up to a share of the largest of them.
    """
    for one, other in zip(there, here, strict=True):
        assert (one.device, other.device) == (place, torch.device("cpu"))
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        found, right = one.detach().cpu(), other.detach()
        if not right.dtype.is_floating_point:
            assert torch.equal(found, right)
            continue
        known = torch.isfinite(right)
        assert torch.equal(found[~known].nan_to_num(), right[~known].nan_to_num())
        scale = float(right[known].abs().max()) if bool(known.any()) else 0.0
        assert float((found - right)[known].abs().max() if scale else 0.0) <= close * scale
