"""Accuracy against processor time of trainings on residuals, on one core, in float64.

    python benchmarks/training.py [--problems …] [--methods …] [--goals …] [--seeds N] [--write]

Each training sees equations and conditions only. Its relative L2 error is taken on fresh points
against a truth from another route: the exact field of Poisson's equation, and the quadrature of
Cole and Hopf for Burgers' equation. Networks and numbers of points are the same for all; DeepXDE
trains in an environment that this command makes, `~/.cache/lawc-benchmarks/residual-peers`, by
Adam and then L-BFGS with the same conditions built in. `--seeds 10` shows how starts differ.

Every run is written down as it ends, in the file of `--keep`, and is not made again; so a long
table can be made in several goes. It shows all runs that are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from kept import FOLDER, Run, Runs
from numpy.typing import NDArray
from results import keep

import lawc
from lawc.lowering.program import Program
from lawc.training import budget
from lawc.training.fields import learn
from lawc.training.judging import Judged
from lawc.training.settings import Settings

Array = NDArray[np.float64]

HERE = Path(__file__).parent
PLACE = Path.home() / ".cache" / "lawc-benchmarks" / "residual-peers" / "deepxde"
PACKAGES = ("torch==2.13.0", "deepxde==1.15.0")
HEADING = "## Training on residuals: accuracy against time"
FRESH = 5_000
UNHURRIED = 1e6
"""What is measured are the seconds of a core, however crowded the machine."""
NU = 0.01 / np.pi


@dataclass(frozen=True)
class Case:
    """A problem, and what is asked of it.

    Attributes:
        law, signature: Which program, with fixed values by `fixed`.
        widths: Of the hidden layers, for all methods.
        points: To train on at a time.
        seconds: Processor time, with the relative L2 error that must be reached.
        truth: The field at columns of places.
    """

    law: str
    signature: str
    fixed: dict[str, float]
    widths: tuple[int, ...]
    points: int
    seconds: tuple[tuple[float, float], ...]
    truth: Callable[[Array], Array]

    @property
    def program(self) -> Program:
        """The law, compiled."""
        laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
        program = lawc.compile(laws[self.law], self.signature)
        return program.within({name: (v, v) for name, v in self.fixed.items()})


def wave(places: Array) -> Array:
    """Return the field of Poisson's equation; columns x, y."""
    return np.sin(np.pi * places[:, 0]) * np.sin(np.pi * places[:, 1])


def cole_hopf(places: Array) -> Array:
    """Return the field of Burgers' equation by quadrature; columns x, t."""
    steps = np.linspace(-15.0, 15.0, 6_001)[None]
    found = np.empty(len(places))
    for start in range(0, len(places), 250):
        x, t = places[start : start + 250, :1], places[start : start + 250, 1:]
        moved = x - steps * np.sqrt(4 * NU * t)
        power = -np.cos(np.pi * moved) / (2 * np.pi * NU) - steps**2
        weight = np.exp(power - power.max(axis=1, keepdims=True))
        found[start : start + 250] = -(np.sin(np.pi * moved) * weight).sum(1) / weight.sum(1)
    return found


CASES = {
    "poisson": Case("poisson-on-a-square", "x y -> u", {}, (24, 24), 1_400, ((30, 1e-8),), wave),
    "burgers": Case(
        "burgers", "x t nu -> u", {"nu": NU}, (20,) * 4, 2_700, ((60, 1e-5), (300, 3e-6)), cole_hopf
    ),
}
RANGES = {"poisson": ((-1.0, 1.0), (-1.0, 1.0)), "burgers": ((-1.0, 1.0), (0.0, 1.0))}
METHODS = ("auto", "levenberg_marquardt", "lbfgs", "adam", "deepxde")
SHOWN = {
    "auto": "lawc, as it comes",
    "levenberg_marquardt": "lawc, Levenberg–Marquardt",
    "lbfgs": "lawc, L-BFGS",
    "adam": "lawc, Adam",
    "deepxde": "DeepXDE, Adam then L-BFGS",
}


def main() -> None:
    """Print a table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--goals", nargs="*", type=int, default=[0, 1], help="of a problem")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of the seconds, for a trial")
    parser.add_argument("--keep", type=Path, default=FOLDER / "training.jsonl")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    budget.WAIT = UNHURRIED
    if "deepxde" in chosen.methods:
        prepare()
    runs = Runs(chosen.keep)
    for name in chosen.problems:
        for number, (seconds, _) in enumerate(CASES[name].seconds):
            for method in chosen.methods:
                if number not in chosen.goals or (number and method != "auto"):
                    continue
                for seed in range(chosen.seeds):
                    asked = {"problem": name, "method": method, "seed": seed}
                    asked["asked"] = seconds * chosen.share
                    found = runs.make(asked, partial(train, **asked))
                    print(f"{name} {method} {asked['asked']:.0f} s, seed {seed}: ", end="")
                    print(f"{found['error']:.1e}", flush=True)
    text = table(runs, chosen.share)
    print(text)
    if chosen.write:
        write(text, runs.load)


def table(runs: Runs, share: float) -> str:
    """Return all runs of the given share of the seconds, a line for each method."""
    lines = [
        "| problem | method | seconds asked | spent | relative L2 (median) | best … worst | goal "
        "| starts within 10× of the median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, case in CASES.items():
        for seconds, goal in case.seconds:
            for method in METHODS:
                found = runs.where(problem=name, method=method, asked=seconds * share)
                if found:
                    pairs = [(run["error"], run["spent"]) for run in found]
                    lines.append(row(name, method, seconds * share, goal, pairs))
    return "\n".join(lines)


def row(name: str, method: str, asked: float, goal: float, runs: list[tuple[float, float]]) -> str:
    """Return a line of the table."""
    errors = [error for error, _ in runs]
    middle = statistics.median(errors)
    near = sum(error <= 10 * middle for error in errors)
    spent = statistics.median(seconds for _, seconds in runs)
    told = f"{goal:.0e}"
    if method == "auto":
        told += ", reached" if middle <= goal else ", **not reached**"
    return (
        f"| {name} | {SHOWN[method]} | {asked:.0f} | {spent:.0f} | {middle:.1e} "
        f"| {min(errors):.1e} … {max(errors):.1e} | {told} | {near} of {len(runs)} |"
    )


def train(problem: str, method: str, asked: float, seed: int) -> Run:
    """Return the relative L2 error on fresh points and the seconds of processor time."""
    case, places, name, seconds = CASES[problem], fresh(problem, seed), problem, asked
    if method == "deepxde":
        answer, spent = by_deepxde(name, seconds, seed, places)
    else:
        program = case.program
        settings = Settings(method, seconds=seconds, points=case.points, seed=seed)

        def rows(judged: int) -> Judged:
            # The judge has the truth as well, on points of its own: the solver would take longer.
            seen = fresh(name, judged)
            truth = torch.from_numpy(case.truth(seen))
            return given(case, seen), {"u": truth}, {"u": torch.ones_like(truth)}

        teacher = learn(program, case.widths, settings, rows=rows)
        # Drawing points and looking at the error between stretches of steps are in it.
        spent = teacher.trained.seconds
        with torch.no_grad():
            answer = teacher.form(given(case, places))["u"].numpy()
    truth = case.truth(places)
    error = float(np.linalg.norm(answer - truth) / np.linalg.norm(truth))
    return {"error": error, "spent": spent}


def given(case: Case, places: Array) -> dict[str, torch.Tensor]:
    """Return inputs of the program at places."""
    names = case.signature.split(" -> ")[0].split()
    found = dict(zip(names, torch.from_numpy(places.T.copy()), strict=False))
    still = {
        key: torch.full((len(places),), value, dtype=torch.float64)
        for key, value in case.fixed.items()
    }
    return found | still


def fresh(name: str, seed: int) -> Array:
    """Return places that no training and no judge has seen."""
    low, high = np.array(RANGES[name]).T
    return low + (high - low) * np.random.default_rng([seed, 777]).random((FRESH, 2))


def by_deepxde(name: str, seconds: float, seed: int, places: Array) -> tuple[Array, float]:
    """Return answers of DeepXDE at places, and its seconds."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        order = Path(folder) / "order.json"
        np.savez(Path(folder) / "places.npz", places=places)
        told = {
            "problem": name,
            "seconds": seconds,
            "seed": seed,
            "widths": case.widths,
            "points": case.points,
            "places": str(Path(folder) / "places.npz"),
        }
        order.write_text(json.dumps(told), encoding="utf-8")
        answer = Path(folder) / "answer.npz"
        subprocess.run(
            [PLACE / "bin" / "python", HERE / "training_peer.py", order, answer],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        found = np.load(answer)
        return found["answer"], float(found["seconds"])


def prepare() -> None:
    """Make the environment of DeepXDE where it is lacking."""
    if (PLACE / "complete").exists():
        return
    print("installing DeepXDE", flush=True)
    venv.create(PLACE, with_pip=True, clear=True)
    pip = [str(PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *PACKAGES], check=True)
    (PLACE / "complete").write_text("", encoding="ascii")


def write(text: str, load: str) -> None:
    """Put the table into RESULTS.md, in the place of an older one."""
    keep(
        HEADING,
        "`python benchmarks/training.py`, processor seconds of one thread, float64, "
        f"the same network and number of points for all; {platform.machine()}, {os.cpu_count()} "
        f"cores, torch {torch.__version__}, {PACKAGES[1]}. Fresh points, truth from another route; "
        f"load of the machine {load}.\n\n{text}",
    )


if __name__ == "__main__":
    main()
