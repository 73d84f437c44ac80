"""How exact small modules become: relative L2 on fresh points against CPU seconds of one core.

    python benchmarks/module_accuracy.py [--only TEXT] [--seeds 1] [--share 1.0]

Networks are trained although some of these laws have closed forms; each law has the seconds that
its contract allows, times `--share`. With several seeds the spread is printed: the median, the
largest, and how many are within ten times the median.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.lowering.program import Program, compile_law
from lawc.lowering.sampler import to_si
from lawc.syntax.parsing import parse
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.train import GOAL, Teacher, train

FRESH_SEED, FRESH = 950_001, 8_192

OSCILLATOR = """
  symbols
    t  : time              [s]    0 .. 10
    x  : displacement (t)  [m]
    m  : mass              [kg]   0.5 .. 2
    c  : damping           [kg/s] 0.1 .. 1
    k  : stiffness         [N/m]  1 .. 10
    x0 : at the start      [m]    0.1 .. 1

  equations
    m*d2x/dt2 + c*dx/dt = -k*x

  initial
    x = x0           at t = 0 [s]
    dx/dt = 0 [m/s]  at t = 0 [s]
"""

ELIMINATION = """
  symbols
    t    : time                     [h]      0 .. 24
    C    : concentration (t)        [mg/L]
    C0   : at the start             [mg/L]   1 .. 50
    Vmax : limiting rate            [mg/L/h] 0.5 .. 5
    Km   : at half that rate        [mg/L]   1 .. 15

  equations
    dC/dt = -Vmax*C/(Km + C)

  initial
    C = C0  at t = 0 [h]

  checks
    always C >= 0 [mg/L]
"""

ROBERTSON = """
  symbols
    t : time   [s]      1e-5 .. 1e8 log
    A : first (t)   [mol/L]
    B : second (t)  [mol/L]
    C : third (t)   [mol/L]

  equations
    dA/dt = -0.04 [1/s]*A + 1e4 [L/mol/s]*B*C
    dB/dt = 0.04 [1/s]*A - 1e4 [L/mol/s]*B*C - 3e7 [L/mol/s]*B^2
    dC/dt = 3e7 [L/mol/s]*B^2

  initial
    A = 1 [mol/L]  at t = 0 [s]
    B = 0 [mol/L]  at t = 0 [s]
    C = 0 [mol/L]  at t = 0 [s]
"""


def smooth(formula: str) -> str:
    """Return a law of two plain numbers."""
    return f"""
  symbols
    x : one    [1] 0.5 .. 3
    y : other  [1] 0.5 .. 3
    z : answer [1]

  equations
    z = {formula}
"""


@dataclass(frozen=True)
class Case:
    """A law, what is asked of it, and how exact within how many seconds."""

    name: str
    text: str
    signature: str
    goal: float
    seconds: float
    widths: tuple[int, ...]


CASES = (
    Case("oscillator", OSCILLATOR, "t m c k x0 -> x", 1e-5, 60, (20, 20, 20)),
    Case("elimination", ELIMINATION, "t C0 Vmax Km -> C", 1e-5, 60, (16, 16, 16)),
    Case("saturation", smooth("x/(x + y)"), "x y -> z", 1e-7, 20, (16, 16)),
    Case("wave", smooth("exp(-x)*cos(y)"), "x y -> z", 1e-7, 20, (16, 16)),
    Case("bell", smooth("exp(-(x - y)^2)"), "x y -> z", 1e-7, 20, (16, 16)),
    Case("root", smooth("sqrt(1 + x*y)/(x + y)"), "x y -> z", 1e-7, 20, (16, 16)),
    Case("robertson", ROBERTSON, "t -> A B C", 1e-3, 60, (16, 16)),
)


def program_of(case: Case) -> Program:
    """Return the program of a case.

    Raises:
        ValueError: The checker refuses its law.
    """
    head = f'law {case.name}@0.1.0\n  title "{case.name}"\n  status draft\n  source "-"\n'
    document, misread = parse(Source(f"{case.name}.law", head + case.text))
    base, found = check([document])
    errors = [f for f in (*misread, *found) if f.severity.value == "error"]
    if errors:
        raise ValueError("; ".join(f"{error.code}: {error.headline}" for error in errors))
    return compile_law(base.laws[next(iter(base.laws))], case.signature)


def errors_of(case: Case, program: Program, seconds: float, seed: int) -> tuple[list[float], float]:
    """Return relative L2 of each output, and the seconds of one core that were used."""
    began = time.process_time()
    recipe = Recipe(
        law=program.law.identity,
        signature=case.signature,
        tolerance=0.7 * case.goal / GOAL,
        train=Train(seconds=seconds),
        ladder=Ladder(widths=(case.widths,)),
    )
    teacher = train(program, recipe, seed=seed, error="typical")
    assert isinstance(teacher, Teacher)
    took = time.process_time() - began
    columns = dict(program.sample(FRESH, seed=FRESH_SEED))
    truth = program.reference(columns)
    si = {name: torch.from_numpy(v) for name, v in to_si(program.inputs, columns).items()}
    with torch.no_grad():
        said = teacher.form(si)
    found = []
    for quantity in program.outputs:
        right = np.asarray(truth[quantity.name]) * quantity.unit.factor
        miss = said[quantity.name].numpy() - right
        found.append(float(np.linalg.norm(miss) / np.linalg.norm(right)))
    return found, took


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("module        goal  allowed   median  largest  within 10x  seconds  by output")
    for case in CASES:
        if arguments.only and not any(part in case.name for part in arguments.only):
            continue
        program = program_of(case)
        runs = [
            errors_of(case, program, case.seconds * arguments.share, seed)
            for seed in range(arguments.seeds)
        ]
        worst = [max(found) for found, _ in runs]
        middle = float(np.median(worst))
        near = sum(error <= 10 * middle for error in worst)
        each = " ".join(f"{error:.1e}" for error in runs[0][0])
        print(
            f"{case.name:11} {case.goal:6.0e} {case.seconds:6.0f} s {middle:8.1e} "
            f"{max(worst):8.1e} {near:5}/{len(worst):<5} "
            f"{np.median([took for _, took in runs]):8.1f}  {each}",
            flush=True,
        )


if __name__ == "__main__":
    main()
