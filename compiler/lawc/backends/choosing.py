"""Choose what evaluates an objective."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.backends.eager import Eager
from lawc.backends.statement import Block, Objective

BACKENDS = ("eager",)
"""Names of all, the one that is always there first."""


def choose(blocks: Sequence[Block], backend: str | None = None) -> Objective:
    """Return the objective of some blocks in the fastest backend that can evaluate it here.

    Args:
        blocks: Statements at points.
        backend: One by name; None chooses.

    Raises:
        ValueError: There is no backend of that name, or it cannot evaluate these blocks here.
    """
    if backend not in (None, *BACKENDS):
        raise ValueError(f"expected a backend of {', '.join(BACKENDS)}, got {backend!r}")
    return Eager(blocks)
