"""What a frozen module answers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Answer(NamedTuple):
    """A value, how far it may be off, and how far inside the certified domain it was asked.

    Attributes:
        value: In the units of the outputs; shape (*batch,) for one output, (*batch, m) for
            several, in the order of the signature.
        error: Certified bound on |value - law| in the same units and shape; it grows outside
            the domain, where it is a guess.
        inside: Membership in the certified domain, 1 within, falling smoothly to 0 outside;
            shape (*batch,).
    """

    value: Tensor
    error: Tensor
    inside: Tensor


def as_bound(error: Tensor) -> Tensor:
    """Return an error bound that is infinite where nothing could be said, and never no number."""
    return torch.where(error.isnan(), torch.inf, error)
