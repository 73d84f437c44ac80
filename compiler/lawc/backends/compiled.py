"""Cost and slope by torch.compile: one graph for each law, forward and back in it together.

The operations are those of `propagation`, traced once for a tile of points, so that the compiler
sees all that happens between two matrix products and makes one loop of it. Every law has a graph,
and so a code object, of its own: torch keeps only a few versions of one code object, and the ninth
law would not be compiled. Points come in tiles of one length, the last one filled up with points
that count nothing, so another number of points compiles nothing anew.

The first call compiles, which takes seconds; what is compiled is kept for the process, and by torch
in its own cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from lawc.backends.eager import Eager, OfWeights
from lawc.backends.passes import cost_and_slope
from lawc.backends.propagation import Plan, Tile

__all__ = ["Compiled", "NoCompilationError"]

LONGEST = {"cpu": 1024, "cuda": 16_384}
"""Points in a tile, at most: channels of a layer stay in the cache of a processor."""
SHORTEST = 32

Graph = Callable[..., tuple[Tensor, Tensor]]

_graphs: dict[object, Graph] = {}


class NoCompilationError(Exception):
    """torch.compile cannot be had here, for want of a compiler say."""


class Compiled(Eager):
    """An objective whose cost and slope are compiled; its residuals are those of eager torch.

    Raises:
        NoCompilationError: Cost and slope are asked for, and torch finds no compiler here.
    """

    backend = "compiled"

    @cached_property
    def _work(self) -> list[OfWeights]:
        work: list[OfWeights] = []
        for block in self.blocks:
            plan = Plan(block)
            most = plan.fitting if self.device.type == "cpu" else None
            length = tile_length(len(block.points), self.device.type, most)
            tiles = plan.tiles(length, padded=True)
            graph = _graph(plan, tiles[0], self.dtype, self.device)
            work.append(partial(_called, graph, tiles))
        return work


def tile_length(points: int, device: str, most: int | None = None) -> int:
    """Return a power of two that holds the points in few tiles, none of them nearly empty.

    Args:
        points: Their number.
        device: Its kind.
        most: What fits the cache there.
    """
    longest = LONGEST.get(device, LONGEST["cuda"])
    longest = longest if most is None else min(longest, most)
    length = SHORTEST
    while length < min(points, longest):
        length *= 2
    return length


def _graph(plan: Plan, tile: Tile, dtype: torch.dtype, device: torch.device) -> Graph:
    """Return the compiled operations of a plan, made once for plans that do the same."""
    key = (plan.key, len(tile.counts[0]), dtype, device)
    if key not in _graphs:
        seen, held = len(tile.seen), len(tile.held)

        def step(theta: Tensor, *given: Tensor) -> tuple[Tensor, Tensor]:
            split = Tile(
                list(given[:seen]), list(given[seen : seen + held]), list(given[seen + held :])
            )
            return cost_and_slope(plan, theta, split)

        theta = torch.zeros(plan.statement.count, dtype=dtype, device=device)
        with torch.no_grad():
            traced = make_fx(step)(theta, *tile.seen, *tile.held, *tile.counts)
        _graphs[key] = _made_fast(traced, device)
    return _graphs[key]


def _made_fast(traced: torch.fx.GraphModule, device: torch.device) -> Graph:
    # A tile is small: threads would wait for each other more than they work.
    options: dict[str, Any] = {"cpp.threads": 1} if device.type == "cpu" else {}
    return torch.compile(traced, dynamic=False, fullgraph=True, options=options)


def _called(graph: Graph, tiles: Sequence[Tile], theta: Tensor) -> tuple[Tensor, Tensor]:
    cost, slope = theta.new_zeros(()), torch.zeros_like(theta)
    try:
        for tile in tiles:
            part, move = graph(theta, *tile.seen, *tile.held, *tile.counts)
            cost += part
            slope += move
    except RuntimeError as error:
        # Named, not imported: those rooms of torch take seconds to load.
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        why = str(error).strip().splitlines()
        raise NoCompilationError(
            f"torch.compile does not work here ({why[0] if why else type(error).__name__}); "
            "the backend eager needs no compiler"
        ) from error
    return cost, slope
