"""A part of a link that keeps its own precision, whatever the network around it is cast to.

Ranges, scales and learned inputs of a law are few numbers that everything hangs on; in half
precision the ends of a range would move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from torch import Tensor, nn


class Precise(nn.Module):
    """A module whose own parameters and buffers move between devices but are not cast."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        def keep(tensor: Tensor) -> Tensor:
            moved = fn(tensor)
            return moved if moved.dtype == tensor.dtype else tensor.to(moved.device)

        if recurse:
            # Networks inside are cast as their owner wishes.
            for child in self.children():
                child._apply(fn)
        super()._apply(keep, recurse=False)
        return self
