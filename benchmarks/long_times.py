"""Train laws over long times: one network, the same with causal weights, and slabs of time.

    python benchmarks/long_times.py [--seconds S] [--seeds N] [--courses] [--write]

The medium of Ginzburg and Landau starts with one plane wave, whose course over ten periods is known
in closed form; that judges, and nothing is learned from it. Phases that separate (Allen and Cahn)
are judged by a spectral solution that shares nothing with lawc. All ways get the same widths,
points and seconds of one core. `--courses` asks for a chaotic course and an oscillation of 20
periods instead, judged by scipy, and for a string of 10 periods, judged by its closed form; there
`auto` is told of no slabs, and finds out.
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
from lawc.lowering.program import Program
from lawc.training.descent import ACCEPTANCE
from lawc.training.fields import learn
from lawc.training.judging import Judged, field_judge
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.settings import Settings
from lawc.training.train import train

HERE = Path(__file__).parent
HEADING = "## Long times: slabs with a network each"
COURSES = "## Long times: courses, and waves of second order"
WIDTHS, COURSE_WIDTHS = (16, 16, 16), (16, 16)
Case = tuple[str, str, Callable[[int], Judged], int]
POINTS = 3_000
WAYS: dict[str, dict[str, object]] = {
    "one network": {"slabs": 1},
    "one network, causal": {"slabs": 1, "causal": True},
    "slabs": {"slabs": 10},
    "auto": {},
}
AIM = 1e-5
"""Tolerance with which `auto` is asked: it stops where that is held."""


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


def course(
    rate: Callable[[float, np.ndarray], list[float]], begun: list[float], end: float, names: str
) -> Callable[[int], Judged]:
    """Return a course of states by a method of high order."""
    found = solve_ivp(
        rate, (0, end), begun, method="DOP853", rtol=1e-12, atol=1e-12, dense_output=True
    )

    def rows(seed: int) -> Judged:
        t = np.random.default_rng(seed).uniform(0, end, POINTS)
        truth = dict(zip(names, map(torch.from_numpy, found.sol(t)), strict=False))
        sizes = {name: torch.full_like(v, float(v.abs().max())) for name, v in truth.items()}
        return {"t": torch.from_numpy(t)}, truth, sizes

    return rows


def convection(_: float, at: np.ndarray) -> list[float]:
    """Return the rates of Lorenz's three modes."""
    x, y, z = at
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]


def self_excited(_: float, at: np.ndarray) -> list[float]:
    """Return the rates of van der Pol's oscillation."""
    x, v = at
    return [v, (1 - x * x) * v - x]


def string(seed: int) -> Judged:
    """Return the string's two modes."""
    generator = torch.Generator().manual_seed(seed)
    x, t = torch.rand(2, POINTS, generator=generator, dtype=torch.float64)
    t, pi = 20 * t, math.pi
    truth = torch.sin(pi * x) * (torch.cos(pi * t) + torch.sin(pi * t))
    truth = truth + 0.5 * torch.sin(2 * pi * x) * torch.cos(2 * pi * t)
    return {"x": x, "t": t}, {"u": truth}, {"u": torch.full_like(truth, float(truth.abs().max()))}


def courses() -> dict[str, Case]:
    """Return what `--courses` asks for."""
    lorenz = course(convection, [1.0, 1.0, 1.0], 10.0, "xyz")
    periods = course(self_excited, [2.0, 0.0], 133.3, "x")
    return {
        "long-convection": ("t -> x y z", "Lorenz, t up to 10", lorenz, 20),
        "long-self-excited": ("t -> x", "van der Pol, 20 periods", periods, 80),
        "long-string": ("x t -> u", "string of second order, 10 periods", string, 20),
    }


def by_itself(program: Program, seconds: float, seed: int, rows: Callable[[int], Judged]) -> float:
    """Return the relative L2 of what is made where nobody says how time is cut."""
    if program.plan.flow is None:
        how = Settings(seconds=seconds, seed=seed, goal=AIM)
        errors = learn(program, COURSE_WIDTHS, how, rows=rows).trained.errors
        assert errors is not None
        return errors.relative_l2
    recipe = Recipe(
        law=program.law.identity,
        signature=str(program.signature),
        tolerance=AIM,
        train=Train(seconds=seconds),
        ladder=Ladder(widths=(COURSE_WIDTHS,)),
    )
    form = train(program, recipe, seed=seed).form
    return field_judge(lambda _: form, rows)(torch.zeros(1), ACCEPTANCE + seed).relative_l2


def main() -> None:
    """Print the table, and keep it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--courses", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
    widths, flag = (COURSE_WIDTHS, "--courses ") if asked.courses else (WIDTHS, "")
    cases: dict[str, Case] = (
        courses()
        if asked.courses
        else {
            "long-waves": ("x t -> u v", "waves of a medium, 10 periods", waves, 10),
            "separating-phases": ("x t -> u", "phases that separate, t up to 4", phases(), 10),
        }
    )
    text = ["| law | way | relative L2 by seed | median |", "|---|---|---|---|"]
    for name, (signature, title, rows, slabs) in cases.items():
        program = lawc.compile(laws[name], signature)
        for way, how in WAYS.items():
            if "causal" in how if asked.courses else way == "auto":
                continue
            told_way = f"{slabs} slabs" if way == "slabs" else way
            how = {"slabs": slabs} if way == "slabs" else how
            errors = []
            for seed in range(asked.seeds):
                if way == "auto":
                    errors.append(by_itself(program, asked.seconds, seed, rows))
                    continue
                settings = Settings(seconds=asked.seconds, seed=seed, **how)  # type: ignore[arg-type]
                trained = learn(program, widths, settings, rows=rows).trained
                assert trained.errors is not None
                errors.append(trained.errors.relative_l2)
            told = ", ".join(f"{error:.1e}" for error in errors)
            text.append(f"| {title} | {told_way} | {told} | {statistics.median(errors):.1e} |")
            print(text[-1], flush=True)
    text.append("")
    text.append(
        f"`python benchmarks/long_times.py --seconds {asked.seconds:g} --seeds {asked.seeds} "
        f"{flag}--write`: {len(widths)}×16 tanh, float64, {asked.seconds:g} seconds of one core "
        f"each, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}."
    )
    if asked.write:
        keep(COURSES if asked.courses else HEADING, "\n".join(text))


if __name__ == "__main__":
    main()
