"""Measure partial derivatives of a network and their gradient: jets against nested reverse mode.

    python benchmarks/residuals.py [--rounds N] [--points N]

Both use torch eagerly on one thread, in float64, on an MLP of 4 hidden layers of 64. Nested reverse
mode takes each derivative once and shares it, as PINN libraries do. The two take turns; gradients
by the weights must agree.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import Tensor, nn

from lawc.jets.closure import Partial, partial
from lawc.jets.partials import partials

LAWS: dict[str, list[Partial]] = {
    "Burgers": [partial(t=1), partial(x=1), partial(x=2)],
    "Poisson": [partial(x=2), partial(t=2)],
    "Kuramoto-Sivashinsky": [partial(t=1), partial(x=1), partial(x=2), partial(x=4)],
    "biharmonic": [partial(x=4), partial(x=2, t=2), partial(t=4)],
}
Derive = Callable[[list[Partial]], list[Tensor]]


class Bench:
    """A network, its points, and two ways to its derivatives."""

    def __init__(self, points: int) -> None:
        torch.manual_seed(0)
        widths = [2, 64, 64, 64, 64]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.Tanh()]
        self.net = nn.Sequential(*layers, nn.Linear(64, 1)).double()
        self.at = {name: torch.rand(points, dtype=torch.float64) for name in ("t", "x")}

    def network(self, columns: dict[str, Tensor]) -> Tensor:
        """Return what the network says, shape (n,)."""
        return self.net(torch.stack([columns["t"], columns["x"]], -1)).squeeze(-1)

    def nested(self, wanted: list[Partial]) -> list[Tensor]:
        """Return the value and its derivatives by reverse mode, once for each order."""
        leaves = {name: column.clone().requires_grad_() for name, column in self.at.items()}
        known: dict[tuple[str, ...], Tensor] = {(): self.network(leaves)}
        found = []
        for one in wanted:
            path: tuple[str, ...] = ()
            for name in (name for name, order in one for _ in range(order)):
                value, path = known[path], (*path, name)
                if path not in known:
                    ones = torch.ones_like(value)
                    (known[path],) = torch.autograd.grad(
                        value, leaves[name], ones, create_graph=True
                    )
            found.append(known[path])
        return [known[()], *found]

    def jets(self, wanted: list[Partial]) -> list[Tensor]:
        """Return the value and its derivatives in one pass."""
        found = partials(self.network, self.at, [(), *wanted])
        return [found[one] for one in [(), *wanted]]

    def step(self, derive: Derive, wanted: list[Partial]) -> tuple[float, list[Tensor]]:
        """Return the seconds of a residual with its gradient, and the gradient."""
        self.net.zero_grad()
        start = time.perf_counter()
        torch.stack(derive(wanted)).sum(0).square().mean().backward()
        seconds = time.perf_counter() - start
        return seconds, [w.grad.clone() for w in self.net.parameters() if w.grad is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--points", type=int, nargs="*", default=[1000, 10_000])
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'law':<22}{'points':>8}{'nested ms':>11}{'jets ms':>9}{'ratio':>7}{'apart':>9}")
    for points in given.points:
        bench = Bench(points)
        for name, wanted in LAWS.items():
            seconds: tuple[list[float], list[float]] = [], []
            apart = 0.0
            for _ in range(given.rounds + 1):
                one, theirs = bench.step(bench.nested, wanted)
                two, ours = bench.step(bench.jets, wanted)
                seconds[0].append(one)
                seconds[1].append(two)
                for mine, other in zip(ours, theirs, strict=True):
                    size = float(other.abs().max()) or 1.0
                    apart = max(apart, float((mine - other).abs().max()) / size)
            # The first round warms up.
            slow, fast = (1000 * statistics.median(one[1:]) for one in seconds)
            print(
                f"{name:<22}{points:>8,}{slow:>11.1f}{fast:>9.1f}{slow / fast:>7.2f}{apart:>9.1e}"
            )


if __name__ == "__main__":
    main()
