"""Train laws over long times: one network, the same with causal weights, and slabs of time.

    python benchmarks/long_times.py [--seconds S] [--seeds N] [--write]

The medium of Ginzburg and Landau starts with one plane wave, whose course over ten periods is known
in closed form; that judges, and nothing is learned from it. Phases that separate (Allen and Cahn)
are judged by a spectral solution that shares nothing with lawc. All ways get the same widths,
points and seconds of one core.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.polynomial import chebyshev
from results import keep
from scipy.integrate import solve_ivp

import lawc
from lawc.training.fields import learn
from lawc.training.judging import Judged
from lawc.training.settings import Settings

HERE = Path(__file__).parent
HEADING = "## Long times: slabs with a network each"
WIDTHS = (16, 16, 16)
POINTS = 3_000
WAYS: dict[str, dict[str, object]] = {
    "one network": {"slabs": 1},
    "one network, causal": {"slabs": 1, "causal": True},
    "slabs": {"slabs": 10},
}


def waves(seed: int) -> Judged:
    """Return the plane wave: radius² = 1 - k², turning by 2·radius², with k = 1/2."""
    generator = torch.Generator().manual_seed(seed)
    x, t = torch.rand(2, POINTS, generator=generator, dtype=torch.float64)
    given = {"x": 4 * math.pi * x, "t": 40.0 * t}
    radius = math.sqrt(0.75)
    angle = given["x"] / 2 - 1.5 * given["t"]
    truth = {"u": radius * torch.cos(angle), "v": radius * torch.sin(angle)}
    return given, truth, {name: torch.full_like(x, radius) for name in truth}


def phases() -> Callable[[int], Judged]:
    """Return a course of phases by collocation at Chebyshev's points."""
    size = 200
    nodes = np.cos(np.pi * np.arange(size + 1) / size)
    away = np.subtract.outer(nodes, nodes) + np.eye(size + 1)
    ends = np.r_[2.0, np.ones(size - 1), 2.0] * (-1.0) ** np.arange(size + 1)
    first = np.outer(ends, 1 / ends) / away
    first -= np.diag(first.sum(axis=1))
    second = (first @ first)[1:-1]

    def rate(_: float, inner: np.ndarray) -> np.ndarray:
        whole = np.r_[-1.0, inner, -1.0]
        return 1e-3 * (second @ whole) + 5 * (inner - inner**3)

    begun = (nodes**2 * np.cos(np.pi * nodes))[1:-1]
    found = solve_ivp(rate, (0, 4), begun, method="BDF", rtol=1e-10, atol=1e-11, dense_output=True)

    def rows(seed: int) -> Judged:
        random = np.random.default_rng(seed)
        times, places = random.uniform(0, 4, 60), random.uniform(-1, 1, (60, POINTS // 60))
        values = []
        for moment, where in zip(times, places, strict=True):
            whole = np.r_[-1.0, found.sol(moment), -1.0]
            series = chebyshev.chebfit(nodes, whole, size)
            values.append(chebyshev.chebval(where, series))
        t = torch.from_numpy(np.repeat(times, POINTS // 60))
        truth = torch.from_numpy(np.concatenate(values))
        given = {"x": torch.from_numpy(places.ravel()), "t": t}
        return given, {"u": truth}, {"u": torch.ones_like(t)}

    return rows


def main() -> None:
    """Print the table, and keep it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
    cases = {
        "long-waves": ("x t -> u v", "waves of a medium, 10 periods", waves),
        "separating-phases": ("x t -> u", "phases that separate, t up to 4", phases()),
    }
    text = ["| law | way | relative L2 by seed | median |", "|---|---|---|---|"]
    for name, (signature, title, rows) in cases.items():
        program = lawc.compile(laws[name], signature)
        for way, how in WAYS.items():
            errors = []
            for seed in range(asked.seeds):
                settings = Settings(seconds=asked.seconds, seed=seed, **how)  # type: ignore[arg-type]
                trained = learn(program, WIDTHS, settings, rows=rows).trained
                assert trained.errors is not None
                errors.append(trained.errors.relative_l2)
            told = ", ".join(f"{error:.1e}" for error in errors)
            text.append(f"| {title} | {way} | {told} | {statistics.median(errors):.1e} |")
            print(text[-1], flush=True)
    text.append("")
    text.append(
        f"`python benchmarks/long_times.py --seconds {asked.seconds:g} --seeds {asked.seeds} "
        f"--write`: 3×16 tanh, float64, {asked.seconds:g} seconds of one core each, "
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}."
    )
    if asked.write:
        keep(HEADING, "\n".join(text))


if __name__ == "__main__":
    main()
