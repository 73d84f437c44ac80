"""Answer every problem of `material/pde/specs.json` with one configuration for all.

    python benchmarks/pde_problems.py [--material FOLDER] [--seconds S] [--trained] [--write]
        [NAME …]

Each problem is a law of `fields/problems.law`, made as `lawc.train` makes it. Linear laws are
solved by least squares. Laws at rest that are not linear go to Newton's method; where that misses,
our finite elements are put into cells. Neither sees the published field. Others, those where that
fails, and with `--trained` all, are trained: a network sees equations and conditions only, one half
of the published field says when it was best, and the other half gives the error in the table.
Inverse problems are asked of `lawc.fit`. Where a published file is off its own statement
(benchmarks/fields.py says how), the law that counts is the one whose field is known. What cannot be
done yet stands there as not done, with the reason.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from results import keep

import lawc
from lawc.diagnostics.diagnostic import LawcError
from lawc.forms.form import Form
from lawc.lowering.program import Program
from lawc.training.descent import ACCEPTANCE, LOOKING
from lawc.training.fields import learn
from lawc.training.judging import Judged, split_rows
from lawc.training.recipe import Recipe, Train
from lawc.training.settings import Settings
from lawc.training.solved import solved

Array = NDArray[np.float64]
Table = tuple[dict[str, Array], dict[str, Array]]

HERE = Path(__file__).parent
MATERIAL = HERE.parent.parent / "shared" / "material" / "pde"
HEADING = "## Published problems of fields, with one configuration"
WIDTHS = (24, 24, 24)
POINTS = 2_500
POOR = 0.05
"""The error at which a form has failed, and the law is trained instead."""
TOLERANCE = 1e-6
"""What least squares aims at, as a share of the largest value."""


@dataclass(frozen=True)
class Case:
    """A published problem.

    Attributes:
        law, signature: Which program; inputs that stand still are `fixed`.
        table: Inputs and outputs of the published field.
        published: The figure of a network in the literature, and whose.
    """

    law: str
    signature: str
    fixed: Mapping[str, float]
    table: Callable[[Path], Table]
    published: str = "–"
    figure: float | None = None


def burgers(material: Path) -> Table:
    """Return the grid of DeepXDE."""
    stored = np.load(material / "deepxde" / "Burgers.npz")
    x, t = (g.ravel() for g in np.meshgrid(stored["x"][:, 0], stored["t"][:, 0], indexing="ij"))
    return {"x": x, "t": t}, {"u": stored["usol"].ravel()}


def poisson_on_an_l(material: Path) -> Table:
    """Return our reference on the grid of DeepXDE: its own field is of another equation."""
    stored = np.load(material / "deepxde" / "Poisson_Lshape.npz")
    good = ~np.isnan(stored["y_ref"][:, 0])
    x, y = stored["X_test"][good].T.astype(float)
    law = lawc.load(HERE / "fields")["benchmarks.fields.problems.poisson-on-an-l"]
    found = lawc.compile(law, "x y -> u").reference({"x": x, "y": y})
    return {"x": x, "y": y}, {"u": np.asarray(found["u"])}


def four_disks(material: Path) -> Table:
    """Return the nodes of the mesh of PINNacle."""
    x, y, u = np.loadtxt(material / "pinnacle/ref/poisson1_cg_data.dat", comments="%").T
    away = np.sqrt((abs(x) - 0.3) ** 2 + (abs(y) - 0.3) ** 2) >= 0.1 * (1 - 1e-9)
    return {"x": x[away], "y": y[away]}, {"u": u[away]}


def graded_plate(material: Path) -> Table:
    """Return the exact field at the sensors of PINNacle."""
    x, y, t = np.loadtxt(material / "pinnacle/ref/heatinv_points.dat").T
    return {"t": t, "x": x, "y": y}, {"u": np.exp(-t) * np.sin(np.pi * x) * np.sin(np.pi * y)}


def lorenz(laws: Mapping[str, lawc.Law], material: Path) -> str:
    """Return how far the constants found from the published course are off."""
    stored = np.load(material / "deepxde" / "Lorenz.npz")
    table = {"t": stored["t"][:, 0], **dict(zip("xyz", stored["y"].T, strict=True))}
    found = lawc.fit(laws["lorenz"], table, "s r b")
    true = {"s": 10.0, "r": 15.0, "b": 8 / 3}
    return ", ".join(f"{name} {abs(found[name] / v - 1):.1e}" for name, v in true.items())


def conductivity(laws: Mapping[str, lawc.Law], material: Path) -> str:
    """Return how far the conductivity found from noise is off, and what its errors say."""
    given, truth = graded_plate(material)
    noise = 0.1 * np.random.default_rng(0).normal(size=len(truth["u"]))
    names = ("a0", "a1", "a2", "a3")
    law = laws["plate-of-unknown-conductivity"]
    found = lawc.fit(law, {**given, "u": truth["u"] + noise}, names)
    x, y = np.meshgrid(np.linspace(-1, 1, 101), np.linspace(-1, 1, 101))
    pattern = np.sin(np.pi * x) * np.sin(np.pi * y)
    shapes = (np.ones_like(x), pattern, np.sin(np.pi * x), np.cos(np.pi * y))
    ours = sum(found[name] * shape for name, shape in zip(names, shapes, strict=True))
    off = np.linalg.norm(ours - 2 - pattern) / np.linalg.norm(2 + pattern)
    return f"a {off:.1e}"


def flow(name: str) -> Callable[[Path], Table]:
    """Return what reads velocity; the pressure has no bound in the corners of a lid."""

    def table(material: Path) -> Table:
        x, y, u, v, _ = np.loadtxt(material / "pinnacle" / "ref" / name, comments="%").T
        good = np.isfinite(u) & np.isfinite(v)
        return {"x": x[good], "y": y[good]}, {"v[x]": u[good], "v[y]": v[good]}

    return table


def lid(a: int) -> Case:
    """Return the cavity with a lid of this strength."""
    return Case(
        "lid-driven-cavity",
        "x y nu a -> v[x] v[y] p",
        {"nu": 0.01, "a": float(a)},
        flow(f"lid_driven_a{a}.dat"),
        "4.7e-2; best listed 2.4e-2 (PINNacle, NS2d-C, a = 4)" if a == 4 else "–",
        2.4e-2 if a == 4 else None,
    )


CASES: dict[str, Case | Callable[[Mapping[str, lawc.Law], Path], str]] = {
    "burgers1d_deepxde": Case(
        "burgers",
        "x t nu -> u",
        {"nu": 0.01 / np.pi},
        burgers,
        "1.5e-2 (PINNacle, Burgers1d-C)",
        1.5e-2,
    ),
    "poisson_Lshape": Case("poisson-on-an-l", "x y -> u", {}, poisson_on_an_l),
    "lorenz_inverse": lorenz,
    "poisson2d_classic": Case(
        "four-disks",
        "x y -> u",
        {},
        four_disks,
        "6.9e-1; best listed 8.2e-3 (PINNacle, Poisson2d-C)",
        8.2e-3,
    ),
    "heat_inverse": conductivity,
    "heat_inverse, a known": Case("heat-in-a-graded-plate", "t x y -> u", {}, graded_plate),
    "lid_driven a=2": lid(2),
    "lid_driven a=4": lid(4),
    "lid_driven a=8": lid(8),
    "backstep": Case(
        "backward-step-without-return",
        "x y nu -> v[x] v[y] p",
        {"nu": 0.01},
        flow("ns_0_obstacle.dat"),
        "1.2e-1; best listed 8.2e-2 (PINNacle, NS2d-CG)",
        8.2e-2,
    ),
}
COPIED = "our finite elements, in cells"
PUBLISHED = {"heat_inverse": "5.3e-2, where a is any function (PINNacle, best of HInv)"}
"""Figures beside which ours decide nothing: they are of a harder question."""
TOLD = {
    "poisson_Lshape": "against our own reference: the file is of -(∂²u/∂x² + ∂²u/∂y²) + u = 1",
    "lorenz_inverse": "relative error of each constant; the file is up to 0.012 off their course",
    "heat_inverse": "from 2,500 values with noise 0.1; a = a0 + a1*S + a2*sin(pi*x) + a3*cos(pi*y)",
    "backstep": "with the outlet that the file holds",
}


def main() -> None:
    """Print a row for each problem, and write the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--material", type=Path, default=MATERIAL)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--trained", action="store_true", help="networks only")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    parser.add_argument("names", nargs="*", default=list(CASES))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
    lines = [
        "| problem | made by | relative L2 | seconds | published | |",
        "|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for name in chosen.names:
        case = CASES[name]
        if isinstance(case, Case):
            law, seconds = laws[case.law], chosen.seconds
            lines.append(row(name, case, law, chosen.material, seconds, chosen.trained))
        else:
            begun = time.process_time()
            shown = case(laws, chosen.material)
            spent = time.process_time() - begun
            asked = PUBLISHED.get(name, "–")
            lines.append(
                f"| {name} | `lawc fit` | {shown} | {spent:.0f} | {asked} | {TOLD[name]} |"
            )
        print(lines[-1], flush=True)
    beaten = sum("| better than published" in line for line in lines)
    missed = sum("| **not better" in line or "PINNacle) | not done" in line for line in lines)
    lines += ["", f"{beaten} of {beaten + missed} published figures are beaten."]
    print("\n".join(lines[-2:]), flush=True)
    if chosen.write:
        write("\n".join(lines), chosen.seconds)


def row(
    name: str, case: Case, law: lawc.Law, material: Path, seconds: float, is_trained: bool
) -> str:
    """Return the line of a problem."""
    given, truth = case.table(material)
    size = len(next(iter(given.values())))
    given |= {key: np.full(size, value) for key, value in case.fixed.items()}
    begun = time.process_time()
    try:
        program = lawc.compile(law, case.signature)
        program = program.within({key: (v, v) for key, v in case.fixed.items()})
        form, method = made(program, given, truth, seconds, is_trained)
    except (LawcError, ValueError) as refusal:
        return f"| {name} | – | – | – | {case.published} | not done: {str(refusal)[:160]} |"
    spent = time.process_time() - begun
    seen, exact, _ = split_rows(given, truth)(ACCEPTANCE)
    with torch.no_grad():
        said = form(seen)
    errors = {key: float((said[key] - v).norm() / v.norm()) for key, v in exact.items()}
    shown = ", ".join(f"{key} {value:.1e}" for key, value in errors.items())
    note = TOLD.get(name, "")
    if case.figure is not None:
        better = max(errors.values()) < case.figure
        verdict = "better than published" if better else "**not better than published**"
        note = f"{verdict}; {note}" if note else verdict
    return f"| {name} | {method} | {shown} | {spent:.0f} | {case.published} | {note} |"


def made(
    program: Program,
    given: Mapping[str, Array],
    truth: Mapping[str, Array],
    seconds: float,
    is_trained: bool,
) -> tuple[Form, str]:
    """Return the form of a law as `lawc` makes it, and how it was made."""
    recipe = Recipe(
        law=program.law.identity,
        signature=str(program.signature),
        tolerance=TOLERANCE,
        train=Train(seconds=seconds),
    )
    rows = split_rows(given, truth)
    found = None if is_trained else solved(program, recipe)
    if found is not None and relative(found.form, rows(LOOKING)) < POOR:
        return found.form, COPIED if found.copied else "least squares"
    settings = Settings(seconds=seconds, points=POINTS)
    return learn(program, WIDTHS, settings, rows=rows).form, "trained"


def relative(form: Form, rows: Judged) -> float:
    """Return the largest relative L2 error of the outputs."""
    given, truth, _ = rows
    with torch.no_grad():
        said = form(given)
    return max(float((said[name] - v).norm() / v.norm()) for name, v in truth.items())


def write(table: str, seconds: float) -> None:
    """Put the table into RESULTS.md, in the place of an older one."""
    keep(
        HEADING,
        f"`python benchmarks/pde_problems.py --seconds {seconds:g} --write`: networks {WIDTHS}, "
        f"{POINTS} points, "
        f"{seconds:.0f} seconds of one thread, float64, seed 0, for all; {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, torch {torch.__version__}. "
        f"Processor seconds, with the reference. Published figures are of secondary sources."
        f"\n\n{table}",
    )


if __name__ == "__main__":
    main()
