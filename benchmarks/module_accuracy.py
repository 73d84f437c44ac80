"""How exact small modules become: relative L2 on fresh points against CPU seconds of one core.

    python benchmarks/module_accuracy.py [--only TEXT] [--seeds 1] [--share 1.0] [--write]

Networks are trained although some of these laws have closed forms; each law has the seconds that
its contract allows, times `--share`. A training ends when rows that it does not learn say that it
holds 0.7 of the goal. With several seeds the spread is printed: the median, the largest, and how
many are within ten times the median. Every run is kept in the file of `--keep` as it ends, and is
not made again, so a long table can be made in several goes.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from kept import FOLDER, Run, Runs
from results import keep

import lawc
from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.forms.form import Form
from lawc.lowering.program import Program, compile_law
from lawc.lowering.sampler import to_si
from lawc.syntax.parsing import parse
from lawc.training import budget
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.train import GOAL, Teacher, train

HEADING = "## Small modules: accuracy against time"
HEAD = (
    "law           groups weights   goal  allowed   median  largest  reached  within 10x  seconds"
)
UNHURRIED = 1e6
"""What is measured are the seconds of a core, however crowded the machine."""
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


VAN_DER_WAALS = """
  symbols
    T : temperature       [K]          360 .. 900
    p : pressure          [MPa]        0.1 .. 20 log
    a : attraction        [Pa*m^6/mol^2] 0.3 .. 0.4
    b : own volume        [m^3/mol]    4e-5 .. 5e-5
    V : molar volume      [m^3/mol]    5.1e-5 .. 0.1 log
    R : gas constant      [J/mol/K]    = 8.314462618

  equations
    (p + a/V^2)*(V - b) = R*T
"""

COLEBROOK = """
  symbols
    Re : Reynolds number        [1]  4e3 .. 1e8 log
    k  : roughness by diameter  [1]  1e-6 .. 0.05 log
    f  : friction factor        [1]  0.005 .. 0.2 log

  equations
    1/sqrt(f) = -2*log10(k/3.7 + 2.51/(Re*sqrt(f)))
"""

BELL = """
  symbols
    x : one    [1] 0.5 .. 3
    y : other  [1] 0.5 .. 3
    z : answer [1]

  equations
    z = exp(-(x - y)^2)
"""


@dataclass(frozen=True)
class Case:
    """A law, what is asked of it, and how exact within how many seconds.

    Attributes:
        text: Of the law, or the name of one that ships.
    """

    name: str
    text: str
    signature: str
    goal: float
    seconds: float
    widths: tuple[int, ...]


def smooth(name: str, text: str, signature: str, widths: tuple[int, ...] = (16, 16)) -> Case:
    """Return a law of two groups at most, held to 1e-7 within 20 s."""
    return Case(name, text, signature, 1e-7, 20, widths)


CASES = (
    Case("oscillator", OSCILLATOR, "t m c k x0 -> x", 1e-5, 60, (20, 20, 20)),
    Case("elimination", ELIMINATION, "t C0 Vmax Km -> C", 1e-5, 60, (16, 16, 16)),
    Case("robertson", ROBERTSON, "t -> A B C", 1e-3, 60, (16, 16)),
    smooth("pendulum", "physics.mechanics.pendulum-period", "L theta g -> T"),
    smooth("kepler", "physics.orbits.kepler-equation", "M e -> E", (16, 16, 16)),
    smooth("gini", "sociology.inequality.lognormal-gini", "sigma -> G"),
    smooth("radiation", "physics.heat.radiative-exchange", "epsilon A T Te -> P"),
    smooth("van-der-waals", VAN_DER_WAALS, "p T a b -> V", (16, 16, 16)),
    smooth("colebrook", COLEBROOK, "Re k -> f"),
    smooth("bell", BELL, "x y -> z"),
)


def program_of(case: Case) -> Program:
    """Return the program of a case.

    Raises:
        ValueError: The checker refuses its law.
    """
    if not case.text.startswith("\n"):
        return compile_law(lawc.library().laws[case.text], case.signature)
    head = f'law {case.name}@0.1.0\n  title "{case.name}"\n  status draft\n  source "-"\n'
    document, misread = parse(Source(f"{case.name}.law", head + case.text))
    base, found = check([document])
    errors = [f for f in (*misread, *found) if f.severity.value == "error"]
    if errors:
        raise ValueError("; ".join(f"{error.code}: {error.headline}" for error in errors))
    return compile_law(base.laws[next(iter(base.laws))], case.signature)


def errors_of(case: Case, seconds: float, seed: int) -> Run:
    """Return relative L2 of each output, and the seconds of one core that were used."""
    program = program_of(case)
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
    found = fresh_errors(teacher.form, program)
    groups = sum(group.low < group.high for group in program.reduction.groups)
    return {"errors": found, "spent": took, "groups": groups, "weights": teacher.form.size}


def fresh_errors(form: Form, program: Program) -> list[float]:
    """Return the relative L2 error of each output on points that no training saw."""
    columns = dict(program.sample(FRESH, seed=FRESH_SEED))
    truth = program.reference(columns)
    si = {name: torch.from_numpy(v) for name, v in to_si(program.inputs, columns).items()}
    with torch.no_grad():
        said = form(si)
    found = []
    for quantity in program.outputs:
        right = np.asarray(truth[quantity.name]) * quantity.unit.factor
        miss = said[quantity.name].numpy() - right
        found.append(float(np.linalg.norm(miss) / np.linalg.norm(right)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--keep", type=Path, default=FOLDER / "module-accuracy.jsonl")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    budget.WAIT = UNHURRIED
    runs = Runs(arguments.keep)
    lines = [HEAD]
    print(HEAD, flush=True)
    for case in CASES:
        seconds = case.seconds * arguments.share
        if not arguments.only or any(part in case.name for part in arguments.only):
            for seed in range(arguments.seeds):
                asked = {"law": case.name, "asked": seconds, "seed": seed}
                runs.make(asked, partial(errors_of, case, seconds, seed))
        found = runs.where(law=case.name, asked=seconds)
        if found:
            lines.append(line(case, seconds, found))
            print(lines[-1], flush=True)
    if arguments.write:
        table = "\n".join(lines)
        keep(
            HEADING,
            "`python benchmarks/module_accuracy.py`: relative L2 on 8,192 fresh points, "
            "the worst output of each run; processor seconds of one core, float64. The load of "
            f"the machine was {runs.load}.\n\n```\n{table}\n```",
        )


def line(case: Case, seconds: float, runs: list[Run]) -> str:
    """Return what some seeds of a law came to."""
    worst = [max(run["errors"]) for run in runs]
    middle = float(np.median(worst))
    near = sum(error <= 10 * middle for error in worst)
    held = sum(error <= case.goal for error in worst)
    spent = float(np.median([run["spent"] for run in runs]))
    return (
        f"{case.name:13} {runs[0]['groups']:6} {runs[0]['weights']:7} {case.goal:6.0e} "
        f"{seconds:6.0f} s {middle:8.1e} {max(worst):8.1e} {held:6}/{len(worst):<3} "
        f"{near:5}/{len(worst):<3} {spent:8.1f}"
    )


if __name__ == "__main__":
    main()
