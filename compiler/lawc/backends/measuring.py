"""Choose a backend by letting each answer a few times.

On a graphics card it depends on the law and on the number of points whether operations that are
started one by one keep the card busy, or only compiled ones do. So both are asked, in turns, and
the median decides. Compiling takes seconds: what was found for one law holds for others like it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from lawc.backends.compiled import NoCompilationError, tile_length
from lawc.backends.statement import Block, Objective

__all__ = ["fastest", "finish"]

Maker = Callable[[Sequence[Block]], Objective]

_found: dict[object, str] = {}


def fastest(
    makers: Mapping[str, Maker],
    blocks: Sequence[Block],
    rounds: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> Objective:
    """Return the objective that gives cost and slope soonest, after one answer that is not counted.

    Args:
        makers: Of objectives by name; one that finds no compiler here is passed over.
        blocks: Statements at points.
        rounds: How often each answers.
        clock: Seconds, read when the device has finished all that it was given.

    Raises:
        NoCompilationError: No objective can be had here.
    """
    key = (tuple(makers), *(_likeness(block) for block in blocks))
    if key in _found:
        return makers[_found[key]](blocks)
    present: dict[str, Objective] = {}
    why: NoCompilationError | None = None
    theta: Tensor | None = None
    for name, make in makers.items():
        try:
            objective = make(blocks)
            theta = blocks[0].points.values.new_full((objective.count,), 0.1)
            objective.cost_and_slope(theta)
        except NoCompilationError as error:
            why = error
        else:
            present[name] = objective
    if not present or theta is None:
        raise why or NoCompilationError("expected a backend at least")
    seconds: dict[str, list[float]] = {name: [] for name in present}
    for _ in range(rounds):
        for name, objective in present.items():
            finish(theta.device)
            began = clock()
            objective.cost_and_slope(theta)
            finish(theta.device)
            seconds[name].append(clock() - began)
    _found[key] = min(present, key=lambda name: statistics.median(seconds[name]))
    return present[_found[key]]


def finish(device: torch.device) -> None:
    """Wait until a device has done all that it was given; the processor has."""
    if device.type != "cpu":
        # The one of Apple knows a single device, and asks for none.
        torch.get_device_module(device).synchronize(*(() if device.type == "mps" else (device,)))


def _likeness(block: Block) -> object:
    """Return what blocks have in common for which the same backend is the fastest."""
    values, statement = block.points.values, block.statement
    length = tile_length(len(values), values.device.type)
    return (
        statement.sizes,
        tuple(sorted(statement.channels.items())),
        statement.tape,
        statement.before,
        values.dtype,
        values.device,
        length,
        -(-len(values) // length),
    )
