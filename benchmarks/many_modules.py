"""First steps of many small networks: stacked in one computation against one after another.

    python benchmarks/many_modules.py [--networks 16] [--rounds 5]

Sixteen networks 4-32-32-1 in float32, 256 rows a step, on one core. `torch` is a network in the
usual way: layers, autograd and the optimiser Adam of torch. `alone` is our own step for one network
at a time, which has no graph. Rounds alternate; figures are medians of CPU time.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from itertools import pairwise

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch

from lawc.training.together import BATCH, ROWS, Aim, start_together

SIZES = (4, 32, 32, 1)
STEPS = 100


def task(number: int) -> Aim:
    """Return a smooth function of four numbers on some rows."""
    generator = torch.Generator().manual_seed(number)
    x = 2 * torch.rand(ROWS, SIZES[0], generator=generator, dtype=torch.float64) - 1
    way = torch.randn(SIZES[0], 2, generator=generator, dtype=torch.float64)
    wanted = torch.sin(x @ way).prod(dim=1, keepdim=True)
    return Aim(SIZES, x, wanted, torch.ones_like(wanted))


def torch_alone(aims: list[Aim]) -> None:
    """Train one network after another in the usual way."""
    for aim in aims:
        coordinates, wanted = aim.coordinates.float(), aim.wanted.float()
        layers: list[torch.nn.Module] = []
        for before, after in pairwise(SIZES):
            layers += [torch.nn.Linear(before, after), torch.nn.Tanh()]
        network = torch.nn.Sequential(*layers[:-1])
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
        for step in range(STEPS):
            begin = step * BATCH % ROWS
            rows = slice(begin, begin + BATCH)
            optimiser.zero_grad()
            (network(coordinates[rows]) - wanted[rows]).square().mean().backward()
            optimiser.step()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    aims = [task(number) for number in range(arguments.networks)]
    seeds = list(range(arguments.networks))
    ways: dict[str, Callable[[], object]] = {
        "torch": lambda: torch_alone(aims),
        "alone": lambda: [
            start_together([aim], [seed], STEPS) for aim, seed in zip(aims, seeds, strict=True)
        ],
        "together": lambda: start_together(aims, seeds, STEPS),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            began = time.process_time()
            way()
            seconds[name].append(time.process_time() - began)
    step = {name: float(np.median(found)) / STEPS * 1e3 for name, found in seconds.items()}
    print(f"{arguments.networks} networks {'-'.join(map(str, SIZES))}, {BATCH} rows a step")
    for name in ways:
        ratio = step[name] / step["together"]
        print(f"{name:9} {step[name]:7.2f} ms for a step of all   {ratio:5.2f} times together")
    alone = [start_together([a], [s], STEPS)[0] for a, s in zip(aims, seeds, strict=True)]
    both = zip(alone, start_together(aims, seeds, STEPS), strict=True)
    print(f"largest difference of a weight: {max(_apart(a.theta, b.theta) for a, b in both):.1e}")


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


if __name__ == "__main__":
    main()
