"""Trajectories per second of ODE laws with many parameter sets, against peers.

    python benchmarks/trajectories.py [--sets 10000] [--rounds 5] [--only lotka]

Two laws, 21 times each, relative tolerance 1e-6: Lotka and Volterra to 10 s, and Robertson's stiff
reactions from 1e-6 s to 1e5 s. Every contender gets the same parameter sets, slow ones fewer; the
figure is the median of alternating runs, after one that is not counted (compilers work in it). The
error is the largest one at any time, relative to the largest value of that component on its
trajectory, against our own answer at 1e-12, which scipy's DOP853 and Radau confirm on a few sets.
Peers stand in an environment that this command makes: `~/.cache/lawc-benchmarks/trajectories`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from scipy.integrate import solve_ivp

import lawc
from lawc.lowering.courses import trajectories
from lawc.lowering.program import Program
from lawc.native.threads import thread_count
from lawc.solvers.following import Follower, follower
from lawc.solvers.initial_value import integrate
from lawc.solvers.trajectories import Array, Trajectories

HERE = Path(__file__).parent
PLACE = Path.home() / ".cache" / "lawc-benchmarks" / "trajectories"
PEERS = ["numpy", "scipy", "scikit-sundae", "diffrax", "jax[cpu]"]
ON_TORCH = ["torchdiffeq", "torchode", "torchtyping", "typeguard<3", "sympy"]
"""Installed without what they need: torch is that of lawc's own environment."""
RTOL = 1e-6

LOTKA = """
law prey@1.0.0
  title   "Prey and predators"
  status  draft

  symbols
    t      : time           [s]    0 .. 10
    x, y   : numbers (t)    [1]
    a, b, c, d : rates      [1/s]  0.5 .. 1.5
    x0, y0 : starts         [1]    0.5 .. 2

  equations
    prey: dx/dt = a*x - b*x*y
    predators: dy/dt = c*x*y - d*y

  initial
    x = x0 at t = 0 [s]
    y = y0 at t = 0 [s]
"""

ROBERTSON = """
law stiff@1.0.0
  title   "Three reactions of very different speed"
  status  draft

  symbols
    t       : time      [s]    0 .. 1e5
    u, v, w : parts (t) [1]
    k1      : slow      [1/s]  0.02 .. 0.08 log
    k2      : fast      [1/s]  1e7 .. 1e8 log
    k3      : back      [1/s]  5e3 .. 2e4 log

  equations
    first: du/dt = -k1*u + k3*v*w
    second: dv/dt = k1*u - k3*v*w - k2*v^2
    third: dw/dt = k2*v^2

  initial
    u = 1 [1] at t = 0 [s]
    v = 0 [1] at t = 0 [s]
    w = 0 [1] at t = 0 [s]
"""


@dataclass(frozen=True)
class Problem:
    """A law, its parameter sets, and how many of them each peer solves."""

    name: str
    title: str
    text: str
    signature: str
    names: tuple[str, ...]
    times: Array
    peers: dict[str, int]
    goals: dict[str, float]

    def parameters(self, sets: int) -> Array:
        """Return the parameter sets, shape (sets, parameters), starts last."""
        rng = np.random.default_rng(7)
        if self.name == "lotka":
            return np.column_stack(
                [rng.uniform(0.5, 1.5, (sets, 4)), rng.uniform(0.5, 2, (sets, 2))]
            )
        spread = np.exp(rng.uniform(-np.log(2), np.log(2), (sets, 3)))
        return spread * [0.04, 3e7, 1e4]


PROBLEMS = (
    Problem(
        "lotka",
        "Lotka and Volterra",
        LOTKA,
        "t a b c d x0 y0 -> x y",
        ("a", "b", "c", "d", "x0", "y0"),
        np.linspace(0, 10, 21),
        {
            "torchdiffeq": 10**9,
            "torchode": 10**9,
            "diffrax": 10**9,
            "SUNDIALS": 300,
            "scipy RK45": 200,
            "scipy DOP853": 200,
            "scipy LSODA": 300,
        },
        {"torchdiffeq": 5, "scipy RK45": 200, "scipy DOP853": 200, "scipy LSODA": 200},
    ),
    Problem(
        "robertson",
        "Robertson, 1e-6 s to 1e5 s",
        ROBERTSON,
        "t k1 k2 k3 -> u v w",
        ("k1", "k2", "k3"),
        np.concatenate([[0.0], np.logspace(-6, 5, 20)]),
        {
            "diffrax": 2000,
            "SUNDIALS": 100,
            "scipy LSODA": 60,
            "scipy BDF": 30,
            "scipy Radau": 30,
        },
        {"diffrax": 50},
    ),
)


@dataclass
class Contender:
    """Something that solves the first `count` sets: it returns states and seconds."""

    name: str
    count: int
    run: Callable[[], tuple[Array, float]]
    rates: list[float] = field(default_factory=list)
    errors: Array = field(default_factory=lambda: np.empty(0))

    def error(self, sets: int) -> float:
        """Return the largest error among the first sets."""
        return float(self.errors[:sets].max())


def make_environment() -> Path:
    """Return the interpreter of the peers' environment, making it where there is none."""
    python = PLACE / "bin" / "python"
    done = PLACE / "complete"
    if not done.exists():
        venv.create(PLACE, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PEERS], check=True)
        subprocess.run([*pip, "--no-deps", *ON_TORCH], check=True)
        (site,) = (PLACE / "lib").glob("python*/site-packages")
        own = Path(torch.__file__).parent.parent
        (site / "torch-of-lawc.pth").write_text(f"{own}\n", encoding="utf-8")
        done.touch()
    return python


def load(problem: Problem) -> Program:
    """Return the program of a problem's law."""
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder) / "knowledge"
        shelf.mkdir()
        (shelf / "bench.law").write_text(problem.text, encoding="utf-8")
        (law,) = (one for key, one in lawc.load(shelf).laws.items() if key.startswith("bench."))
        return lawc.compile(law, problem.signature)


def peer(name: str, problem: Problem, folder: Path, count: int, python: Path) -> Contender:
    """Return a peer that waits in a process of its own."""
    process = subprocess.Popen(
        [python, HERE / "trajectories_peer.py", name, problem.name, folder, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        text=True,
    )

    def run() -> tuple[Array, float]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("run\n")
        process.stdin.flush()
        said = process.stdout.readline()
        if not said:
            raise RuntimeError(f"{name} gave up")
        return np.load(folder / f"{name}.npy"), float(said)

    return Contender(name, count, run)


def ours(
    program: Follower, runs: Trajectories, moments: Array
) -> Callable[[], tuple[Array, float]]:
    """Return what follows all trajectories in generated C."""
    first = np.arange(len(runs) + 1) * len(moments)
    where = np.tile(moments, len(runs))

    def run() -> tuple[Array, float]:
        began = time.perf_counter()
        found = program.follow(runs, first, where, RTOL)
        seconds = time.perf_counter() - began
        return found.states.reshape(-1, len(runs), len(moments)), seconds

    return run


def plain(runs: Trajectories, moments: Array) -> Callable[[], tuple[Array, float]]:
    """Return what marches all trajectories on numpy, as without a compiler."""
    owner = np.repeat(np.arange(len(runs)), len(moments))
    where = np.tile(moments, len(runs))

    def run() -> tuple[Array, float]:
        os.environ["LAWC_NATIVE"] = "0"
        began = time.perf_counter()
        found = integrate(runs, owner, where, RTOL).states
        seconds = time.perf_counter() - began
        del os.environ["LAWC_NATIVE"]
        return found.reshape(-1, len(runs), len(moments)), seconds

    return run


def confirm(problem: Problem, runs: Trajectories, tight: Array) -> float:
    """Return how far scipy at its tightest is from our answer at 1e-12, on three sets."""
    worst = 0.0
    method = "DOP853" if problem.name == "lotka" else "Radau"
    for k in range(3):
        one = runs.pick(np.array([k]))

        def rate(s: float, y: Array, one: Trajectories = one) -> Array:
            return one.rates(s, y[:, None])[:, 0]

        peak = np.abs(tight[:, k]).max(axis=1)
        done = solve_ivp(
            rate,
            (0.0, 1.0),
            runs.initial[:, k],
            method=method,
            t_eval=problem.times / problem.times[-1],
            rtol=1e-12,
            atol=peak * 1e-14,
        )
        worst = max(worst, float((np.abs(done.y - tight[:, k]).max(axis=1) / peak).max()))
    return worst


def measure(problem: Problem, sets: int, rounds: int, python: Path) -> None:
    """Run all contenders of a problem and print their table."""
    parameters = problem.parameters(sets)
    columns = {name: parameters[:, k] for k, name in enumerate(problem.names)}
    columns["t"] = np.full(sets, problem.times[-1])
    runs = trajectories(load(problem).plan, columns)
    began = time.perf_counter()
    program = follower(runs.system)
    if program is None:
        raise SystemExit("this benchmark needs a C compiler")
    compiled = time.perf_counter() - began
    moments = problem.times / problem.times[-1]
    first = np.arange(sets + 1) * len(moments)
    tight = program.follow(runs, first, np.tile(moments, sets), 1e-12).states
    tight = tight.reshape(-1, sets, len(moments))
    peak = np.abs(tight).max(axis=2)
    few = runs.pick(np.arange(min(sets, 2000 if problem.name == "lotka" else 256)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / f"{problem.name}.npz",
            times=problem.times,
            p=parameters[:, : len(problem.names) - (2 if problem.name == "lotka" else 0)],
            start=runs.initial.T,
        )
        contenders = [
            Contender("lawc", sets, ours(program, runs, moments)),
            Contender("lawc without a compiler", len(few), plain(few, moments)),
            *(
                peer(one, problem, folder, min(count, sets), python)
                for one, count in problem.peers.items()
            ),
        ]
        for turn in range(rounds + 1):
            for one in list(contenders):
                try:
                    found, seconds = one.run()
                except RuntimeError as trouble:
                    print(trouble)
                    contenders.remove(one)
                    continue
                apart = np.abs(found - tight[:, : one.count]).max(axis=2) / peak[:, : one.count]
                one.errors = apart.max(axis=0)
                if turn:
                    one.rates.append(one.count / seconds)
    report(problem, contenders, compiled, confirm(problem, runs, tight))


def report(
    problem: Problem, contenders: list[Contender], compiled: float, confirmed: float
) -> None:
    """Print the table of a problem."""
    own = statistics.median(contenders[0].rates)
    print(f"\n{problem.title}: {contenders[0].count:,} sets, {len(problem.times)} times")
    print(
        f"{'':26}{'sets':>8}{'sets/s':>10}{'min':>10}{'max':>10}{'error':>9}"
        f"{'our error':>10}{'lawc is':>10}  goal"
    )
    for one in contenders:
        rate = statistics.median(one.rates)
        goal = problem.goals.get(one.name)
        verdict = ""
        if goal is not None:
            # Both errors over the same sets.
            met = own / rate >= goal and contenders[0].error(one.count) <= one.error(one.count)
            verdict = f"{goal:g}x {'met' if met else 'missed'}"
        print(
            f"{one.name:26}{one.count:8,}{rate:10,.0f}{min(one.rates):10,.0f}"
            f"{max(one.rates):10,.0f}{one.error(one.count):9.1e}"
            f"{contenders[0].error(one.count):10.1e}{own / rate:9,.1f}x  {verdict}"
        )
    print(f"first compiled in {compiled:.1f} s; scipy at 1e-12 differs by {confirmed:.1e}")


def main() -> None:
    """Measure both problems."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=[one.name for one in PROBLEMS])
    options = parser.parse_args()
    python = make_environment()
    print(
        f"{thread_count()} threads, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
    )
    for problem in PROBLEMS:
        if options.only in (None, problem.name):
            measure(problem, options.sets, options.rounds, python)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
