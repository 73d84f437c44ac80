"""Solve linear laws of fields by least squares: error on fresh points against seconds of one core.

    python benchmarks/linear_laws.py [--material FOLDER] [--seeds N] [NAME …]

One configuration for all. `seconds` are processor time of `lawc.train` without what the reference
takes to judge the answer; `all` includes it. Errors are relative L2: on fresh points against the
exact field or our own reference, and on published points against the published field.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import lawc
from lawc.training.solved import Solved

HERE = Path(__file__).parent
MATERIAL = HERE.parent.parent / "shared" / "material" / "pde"


@dataclass(frozen=True)
class Problem:
    """A law, how exact its answer is asked to be, and what others reached.

    Attributes:
        file: Published points and values in the material; empty without them.
        published: Relative L2 that is published for it.
    """

    law: str
    signature: str
    tolerance: float
    file: str = ""
    published: str = "–"


PROBLEMS = (
    Problem("pressed-membrane", "x y -> u", 1e-10, published="4.2e-7 (ENGD, 67 s)"),
    Problem(
        "four-disks",
        "x y -> u",
        1e-5,
        "pinnacle/ref/poisson1_cg_data.dat",
        "8.2e-3 (best of PINNacle's table)",
    ),
    Problem("poisson-on-an-l", "x y -> u", 1e-5, "deepxde/Poisson_Lshape.npz"),
    Problem("heat-in-a-graded-plate", "t x y -> u", 1e-6, "pinnacle/ref/heatinv_points.dat"),
)


def main() -> None:
    """Print a row for each problem, and the spread over seeds of the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--material", type=Path, default=MATERIAL)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("names", nargs="*", default=[problem.law for problem in PROBLEMS])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
    print(
        "| law | functions' numbers | relative L2, fresh | published points | published figure "
        "| seconds | all |"
    )
    print("|---|---|---|---|---|---|---|")
    for problem in PROBLEMS:
        if problem.law not in chosen.names:
            continue
        began = time.process_time()
        found = _trained(laws[problem.law], problem, 0)
        spent = time.process_time() - began
        beside = _beside(found, problem, chosen.material)
        print(
            f"| {problem.law} | {found.form.size} | {found.typical:.1e} | {beside} "
            f"| {problem.published} | {found.seconds:.2f} | {spent:.2f} |",
            flush=True,
        )
    if PROBLEMS[0].law in chosen.names and chosen.seeds > 1:
        runs = [_trained(laws[PROBLEMS[0].law], PROBLEMS[0], k) for k in range(chosen.seeds)]
        errors = np.array([run.typical for run in runs])
        middle = float(np.median(errors))
        near = int(np.sum((errors < 10 * middle) & (errors > middle / 10)))
        print(
            f"\n{PROBLEMS[0].law}, {chosen.seeds} seeds: median {middle:.1e}, worst "
            f"{errors.max():.1e}, {near} within 10 times of the median; median "
            f"{np.median([run.seconds for run in runs]):.2f} s"
        )


def _trained(law: lawc.Law, problem: Problem, seed: int) -> Solved:
    program = lawc.compile(law, problem.signature)
    found = lawc.train(program, tolerance=problem.tolerance, seconds=60.0, seed=seed)
    assert isinstance(found, Solved)
    return found


def _beside(found: Solved, problem: Problem, material: Path) -> str:
    """Return the relative L2 against published values at published points."""
    path = material / problem.file
    if not problem.file or not path.exists():
        return "–"
    columns: dict[str, Any] = {}
    if problem.law == "poisson-on-an-l":
        stored = np.load(path)
        truth = stored["y_ref"][:, 0]
        columns["x"], columns["y"] = stored["X_test"].T.astype(float)
    elif problem.law == "four-disks":
        columns["x"], columns["y"], truth = np.loadtxt(path, comments="%").T
    else:
        columns["x"], columns["y"], columns["t"] = np.loadtxt(path).T
        truth = np.exp(-columns["t"]) * np.sin(np.pi * columns["x"]) * np.sin(np.pi * columns["y"])
    with torch.no_grad():
        ours = found.form({name: torch.from_numpy(v) for name, v in columns.items()})["u"].numpy()
    # Nodes of a mesh may stand inside a hole by rounding; there no field is defined.
    away = np.sqrt((abs(columns["x"]) - 0.3) ** 2 + (abs(columns["y"]) - 0.3) ** 2)
    good = np.isfinite(truth) & ((away >= 0.1 * (1 - 1e-9)) | (problem.law != "four-disks"))
    return f"{np.linalg.norm((ours - truth)[good]) / np.linalg.norm(truth[good]):.1e}"


if __name__ == "__main__":
    main()
