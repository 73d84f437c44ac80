"""What every form of a frozen module has in common: SI in, SI out, and a description as data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Form(nn.Module, ABC):
    """A map from SI inputs to SI outputs whose weights, if any, are buffers.

    Attributes:
        inputs, outputs: Names, in the order of the signature.
        takes_missing: Whether NaN is a missing input, and an answer that there is none.
    """

    takes_missing = False
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @abstractmethod
    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output in SI, float64, in the shape that the inputs have together."""

    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """Return what `reading.read_form` needs beside the buffers, as JSON."""

    @property
    def size(self) -> int:
        """Number of stored weights."""
        return sum(buffer.numel() for buffer in self.buffers())
