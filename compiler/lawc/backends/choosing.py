"""Choose what evaluates an objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lawc.backends.compiled import Compiled
from lawc.backends.eager import Eager
from lawc.backends.kernel import Kernel, NoKernelError
from lawc.backends.measuring import fastest
from lawc.backends.statement import Block, Objective

BACKENDS: Mapping[str, Callable[[Sequence[Block]], Objective]] = {
    "eager": Eager,
    "compiled": Compiled,
    "kernel": Kernel,
}
"""All by name, the one that is always there first."""


def choose(blocks: Sequence[Block], backend: str | None = None) -> Objective:
    """Return the objective of some blocks in the fastest backend that can evaluate it here.

    Args:
        blocks: Statements at points.
        backend: One by name; None chooses. On the processor: generated code where there is a
            compiler, otherwise eager torch. On a card: eager or compiled torch, by measurement.

    Raises:
        ValueError: There is no backend of that name.
        NoKernelError: Generated code is asked for by name, and cannot be had here.
    """
    if backend is not None:
        if backend not in BACKENDS:
            raise ValueError(f"expected a backend of {', '.join(BACKENDS)}, got {backend!r}")
        return BACKENDS[backend](blocks)
    if not on_processor(blocks):
        return fastest({name: BACKENDS[name] for name in ("eager", "compiled")}, blocks)
    try:
        return Kernel(blocks)
    except NoKernelError:
        return Eager(blocks)


def for_rows(blocks: Sequence[Block], backend: str | None = None) -> Objective:
    """Return an objective that is asked for rows and their slopes, never for a cost.

    Away from the processor all backends have these of eager torch: nothing is compiled or measured.

    Raises:
        ValueError, NoKernelError: As `choose`, on the processor.
    """
    return choose(blocks, backend) if on_processor(blocks) else Eager(blocks)


def on_processor(blocks: Sequence[Block]) -> bool:
    """Return whether the points are where generated code can reach them."""
    return all(block.points.values.device.type == "cpu" for block in blocks)
