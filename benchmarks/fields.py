"""Solve published problems of fields, stated as laws, and hold published references against them.

    python benchmarks/fields.py [--material FOLDER] [NAME …]

Each problem of the material is a law of at most 25 lines in `fields/problems.law`. Its reference is
solved until Richardson's test shows its accuracy, checked against the law, and compared with the
published one by the relative L2 norm. Where a published file is off its own statement, another law
states what the file holds, and is compared with it as well.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lawc
from lawc.lowering.fields.planning import solver_of

HERE = Path(__file__).parent
MATERIAL = HERE.parent.parent / "shared" / "material" / "pde"


@dataclass(frozen=True)
class Row:
    """What is told of one comparison."""

    problem: str
    compared: str
    error: float
    estimate: float
    seconds: float
    verdict: str


def laws() -> dict[str, lawc.Law]:
    """Return the problems by name."""
    base = lawc.load(HERE / "fields")
    return {law.name: law for law in base.laws.values() if "problems" in law.identity}


def main() -> None:
    """Print a row for each problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--material", type=Path, default=MATERIAL)
    parser.add_argument("names", nargs="*", default=list(PROBLEMS))
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in PROBLEMS]:
        parser.error(f"no problem {', '.join(unknown)}; there are {', '.join(PROBLEMS)}")
    known = laws()
    columns = ("problem", "compared with", "relative L2", "our estimated error", "CPU s", "verdict")
    print(f"| {' | '.join(columns)} |")
    print("|---|---|---|---|---|---|")
    for name in chosen.names:
        for row in PROBLEMS[name](known[name], chosen.material):
            print(
                f"| {row.problem} | {row.compared} | {row.error:.1e} | {row.estimate:.1e} "
                f"| {row.seconds:.1f} | {row.verdict} |",
                flush=True,
            )


def burgers(law: lawc.Law, material: Path) -> list[Row]:
    """Compare on the published grid of places and times."""
    stored = np.load(material / "deepxde" / "Burgers.npz")
    x, t = (g.ravel() for g in np.meshgrid(stored["x"][:, 0], stored["t"][:, 0], indexing="ij"))
    rows = {"t": t, "x": x, "nu": np.full(t.size, 0.01 / np.pi)}
    return [_against(law, "t x nu -> u", rows, "u", stored["usol"].ravel(), "deepxde/Burgers.npz")]


def poisson_on_an_l(law: lawc.Law, material: Path) -> list[Row]:
    """Compare with the published grid, and with the torsional rigidity of the literature."""
    stored = np.load(material / "deepxde" / "Poisson_Lshape.npz")
    good = ~np.isnan(stored["y_ref"][:, 0])
    x, y = stored["X_test"][good].T.astype(float)
    truth = stored["y_ref"][good, 0]
    where = "deepxde/Poisson_Lshape.npz"
    row = _against(law, "x y -> u", {"x": x, "y": y}, "u", truth, where)
    row = replace(row, verdict=f"{row.verdict}: the file holds -(∂²u/∂x² + ∂²u/∂y²) + u = 1")
    screened = laws()["screened-poisson-on-an-l"]
    held = _against(screened, "x y -> u", {"x": x, "y": y}, "u", truth, where)
    started = time.process_time()
    solver = solver_of(lawc.compile(law, "x y -> u").plan)
    solved = solver.solution({})
    inner = solved.space.inside()
    local = solved.unknowns[inner.numbers[0]][:, None, :]  # type: ignore[index]
    whole = float((np.matmul(local, inner.values[0])[:, 0] * inner.weights).sum())
    known = 0.2140758036
    off, spent = abs(whole - known) / known, time.process_time() - started
    other = "integral of u, 0.2140758036 in the literature"
    return [row, held, Row(law.name, other, off, max(solved.estimate), spent, _verdict(off, 1e-6))]


def lorenz(law: lawc.Law, material: Path) -> list[Row]:
    """Compare the three courses."""
    stored = np.load(material / "deepxde" / "Lorenz.npz")
    t = stored["t"][:, 0]
    rows = {"t": t, "s": np.full(25, 10.0), "r": np.full(25, 15.0), "b": np.full(25, 8 / 3)}
    started = time.process_time()
    found = lawc.compile(law, "t s r b -> x y z").reference(rows)
    ours = np.stack([found[name] for name in "xyz"], axis=1)
    off = _relative(ours, stored["y"])
    spent = time.process_time() - started
    return [Row(law.name, "deepxde/Lorenz.npz", off, 1e-10, spent, _verdict(off))]


def four_disks(law: lawc.Law, material: Path) -> list[Row]:
    """Compare at the nodes of the published mesh."""
    x, y, u = np.loadtxt(material / "pinnacle/ref/poisson1_cg_data.dat", comments="%").T
    away = np.sqrt((abs(x) - 0.3) ** 2 + (abs(y) - 0.3) ** 2)
    # Nodes of the published mesh stand on the rims, up to rounding.
    good = away >= 0.1 * (1 - 1e-9)
    rows = {"x": x[good], "y": y[good]}
    return [_against(law, "x y -> u", rows, "u", u[good], "pinnacle/poisson1_cg_data.dat")]


def heat_in_a_graded_plate(law: lawc.Law, material: Path) -> list[Row]:
    """Compare the exact field that the law states with one that is solved."""
    x, y, t = np.loadtxt(material / "pinnacle/ref/heatinv_points.dat").T
    exact = np.exp(-t) * np.sin(np.pi * x) * np.sin(np.pi * y)
    rows = {"t": t, "x": x, "y": y}
    return [_against(law, "t x y -> u", rows, "u", exact, "exact field at the 2,500 sensors")]


def conductivity_of_a_plate(law: lawc.Law, material: Path) -> list[Row]:
    """Find the conductivity from the field at the sensors, with noise as published and without."""
    x, y, t = np.loadtxt(material / "pinnacle/ref/heatinv_points.dat").T
    exact = np.exp(-t) * np.sin(np.pi * x) * np.sin(np.pi * y)
    along, across = np.meshgrid(np.linspace(-1, 1, 101), np.linspace(-1, 1, 101))
    shapes = np.stack(
        [
            np.ones_like(along),
            np.sin(np.pi * along) * np.sin(np.pi * across),
            np.sin(np.pi * along),
            np.cos(np.pi * across),
        ]
    )
    true = {"a0": 2.0, "a1": 1.0, "a2": 0.0, "a3": 0.0}
    rows = []
    for noise in (0.1, 0.0):
        seen = exact + noise * np.random.default_rng(0).normal(size=t.size)
        started = time.process_time()
        found = lawc.fit(law, {"t": t, "x": x, "y": y, "u": seen}, list(true))
        spent = time.process_time() - started
        values = np.array([found[name] for name in true])
        off = _relative(np.tensordot(values, shapes, 1), 2 + shapes[1])
        errors = np.array([found.standard_errors[name] for name in true])
        # What the estimates say of themselves, as a share of the conductivity.
        swing = np.sqrt(np.tensordot(errors**2, shapes**2, 1))
        estimate = float(np.linalg.norm(swing) / np.linalg.norm(2 + shapes[1]))
        told = ", ".join(
            f"{name} = {found[name]:.4g} ± {found.standard_errors[name]:.2g}" for name in true
        )
        inside = sum(
            found.intervals[n][0] <= value <= found.intervals[n][1] for n, value in true.items()
        )
        verdict = f"{told}; {inside} of 4 true values in their 95 % intervals"
        where = f"conductivity 2 + S, from 2,500 values of u with noise {noise:g}"
        rows.append(Row(law.name, where, off, estimate, spent, verdict))
    return rows


def lid_driven_cavity(law: lawc.Law, material: Path) -> list[Row]:
    """Compare velocity and pressure for three lids."""
    found = []
    for a in (2, 4, 8):
        path = material / f"pinnacle/ref/lid_driven_a{a}.dat"
        x, y, u, v, p = np.loadtxt(path, comments="%").T
        rows = {"x": x, "y": y, "nu": np.full(x.size, 0.01), "a": np.full(x.size, float(a))}
        # The lid gives ∂u/∂x = a in the corner and the wall ∂v/∂y = 0: there the pressure grows
        # like a logarithm, and a single node of a mesh stands on each corner.
        corner = (y > 1 - 1e-9) & ((x < 1e-9) | (x > 1 - 1e-9))
        parts = {"without the nodes on two corners, where p has no bound": ~corner}
        found += _flow(law, "x y nu a", rows, (u, v, p), f"pinnacle/{path.name}", parts)
    return found


def cavity_under_a_plate(law: lawc.Law, material: Path) -> list[Row]:
    """Compare the flow that everybody calculates with the spectral one of the literature.

    O. Botella, R. Peyret, Computers & Fluids 27 (1998) 421–433.
    """
    del material
    published = {
        100: (-0.2140424, 0.1795728, -0.2538030),
        1000: (-0.3885698, 0.3769447, -0.5270771),
    }
    rows = []
    along, half = np.linspace(0.02, 0.98, 4001), np.full(4001, 0.5)
    for number, extremes in published.items():
        started = time.process_time()
        program = lawc.compile(law, "x y nu -> v[x] v[y] p")
        x, y = np.concatenate([half, along]), np.concatenate([along, half])
        found = program.reference({"x": x, "y": y, "nu": np.full(x.size, 1 / number)})
        u, v = found["v[x]"][:4001], found["v[y]"][4001:]
        ours = np.array([u.min(), v.max(), v.min()])
        off = _relative(ours, np.array(extremes))
        spent = time.process_time() - started
        where = f"extremes on the middle lines at Re {number:,}, Botella and Peyret 1998"
        estimate = found.lineage["estimated error"]
        rows.append(Row(law.name, where, off, estimate, spent, _verdict(off)))
    return rows


def backward_step(law: lawc.Law, material: Path) -> list[Row]:
    """Compare velocity and pressure, for the stated outlet and for the one that the file holds.

    Along the outlet v[y] = 0, so that ∂v[x]/∂x = 0 there by continuity, and what flows through it
    says p = 0 as stated. The file holds p = -100*v[x]² where fluid would come back.
    """
    x, y, u, v, p = np.loadtxt(material / "pinnacle/ref/ns_0_obstacle.dat", comments="%").T
    rows = {"x": x, "y": y, "nu": np.full(x.size, 0.01)}
    where = "pinnacle/ns_0_obstacle.dat"
    stated = _flow(law, "x y nu", rows, (u, v, p), where)
    stated = [
        replace(row, verdict=f"{row.verdict}: its outlet keeps fluid from coming back")
        for row in stated
    ]
    away = np.hypot(x - 2, y - 1) > 0.1
    parts = {"0.1 away from the edge of the step": away}
    parts["and from the outlet"] = away & (x < 3.9)
    other = laws()["backward-step-without-return"]
    return stated + _flow(other, "x y nu", rows, (u, v, p), where, parts)


def _flow(
    law: lawc.Law,
    inputs: str,
    rows: dict[str, np.ndarray],
    truth: tuple,
    where: str,
    parts: dict[str, np.ndarray] | None = None,
) -> list[Row]:
    """Return a row for each field; `parts` are nodes on which it is compared once more."""
    started = time.process_time()
    program = lawc.compile(law, f"{inputs} -> v[x] v[y] p")
    found = program.reference(rows)
    spent = time.process_time() - started
    estimate = found.lineage["estimated error"]
    good = np.isfinite(np.asarray(found["p"])) & np.isfinite(truth[2])
    told = []
    for name, column in zip(("v[x]", "v[y]", "p"), truth, strict=True):
        ours = np.asarray(found[name])
        off = _relative(ours[good], column[good])
        verdict = _verdict(off)
        for part, chosen in (parts or {}).items():
            inner = _relative(ours[good & chosen], column[good & chosen])
            verdict += f"; {part} {inner:.1e}"
        told.append(Row(law.name, f"{where} {name}", off, estimate, spent, verdict))
        spent = 0.0
    return told


def _against(
    law: lawc.Law,
    signature: str,
    rows: dict[str, np.ndarray],
    name: str,
    truth: np.ndarray,
    where: str,
) -> Row:
    started = time.process_time()
    found = lawc.compile(law, signature).reference(rows)
    off = _relative(np.asarray(found[name]), truth)
    spent = time.process_time() - started
    estimate = found.lineage.get("estimated error", 0.0)
    return Row(law.name, where, off, estimate, spent, _verdict(off))


def _relative(ours: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(ours - truth) / np.linalg.norm(truth))


def _verdict(off: float, close: float = 1e-3) -> str:
    if off <= close:
        return "confirmed"
    return "coarse" if off <= 0.03 else "contradicted"


PROBLEMS: dict[str, Callable[[lawc.Law, Path], list[Row]]] = {
    "burgers": burgers,
    "poisson-on-an-l": poisson_on_an_l,
    "lorenz": lorenz,
    "four-disks": four_disks,
    "heat-in-a-graded-plate": heat_in_a_graded_plate,
    "plate-of-unknown-conductivity": conductivity_of_a_plate,
    "lid-driven-cavity": lid_driven_cavity,
    "cavity-under-a-plate": cavity_under_a_plate,
    "backward-step": backward_step,
}


if __name__ == "__main__":
    main()
