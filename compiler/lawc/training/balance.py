"""Weigh conditions that are not exact so that each is learned as fast as the others.

How fast a row is learned by descent is the trace of its neural tangent kernel, the sum of squares
of its Jacobian: λᵢ = Σⱼ tr Kⱼ / tr Kᵢ, here over means of rows and scaled so that the first row
keeps its weight.

Source:
    S. Wang, X. Yu, P. Perdikaris, J. Comput. Phys. 449 (2022) 110768.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lawc.backends.choosing import for_rows
from lawc.backends.statement import Block
from lawc.training.points import pick

ROWS = 128
"""Points of each block that are looked at."""
MOST = 1e4
"""No condition counts more, or less by its inverse, than so many times the first equation."""


def balanced(blocks: Sequence[Block], theta: Tensor) -> list[tuple[float, ...]]:
    """Return weights for the rows of each block.

    Args:
        blocks: The first is the inside of the domain.
        theta: Where the network stands.
    """
    traces: list[list[float]] = []
    for block in blocks:
        step = max(1, len(block.points) // ROWS)
        chosen = torch.arange(0, len(block.points), step, device=block.points.values.device)
        few = Block(block.statement, pick(block.points, chosen), (), block.name)
        jacobian = for_rows([few]).jacobian(theta).reshape(len(few.statement.rows), -1)
        traces.append(jacobian.double().square().sum(dim=1).tolist())
    first = traces[0][0]
    return [tuple(_bounded(first, trace) for trace in block) for block in traces]


def _bounded(first: float, trace: float) -> float:
    if not (first > 0 and trace > 0):
        return 1.0
    return min(MOST, max(1.0 / MOST, first / trace))
