"""Solve published problems of fields, stated as laws, and hold published references against them.

    python benchmarks/fields.py [--material FOLDER] [NAME …]

Each problem of the material is a law of at most 25 lines in `fields/problems.law`. Its reference is
solved until Richardson's test shows its accuracy, checked against the law, and compared with the
published one by the relative L2 norm.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lawc
from lawc.lowering.fields import solver_of

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
    known = laws()
    print("| problem | compared with | relative L2 | our estimated error | seconds | verdict |")
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
    row = _against(law, "x y -> u", {"x": x, "y": y}, "u", truth, "deepxde/Poisson_Lshape.npz")
    started = time.perf_counter()
    solver = solver_of(lawc.compile(law, "x y -> u").plan)
    solved = solver.solution({})
    inner = solved.space.inside()
    local = solved.unknowns[inner.numbers[0]][:, None, :]  # type: ignore[index]
    whole = float((np.matmul(local, inner.values[0])[:, 0] * inner.weights).sum())
    known = 0.2140758036
    off, spent = abs(whole - known) / known, time.perf_counter() - started
    other = "integral of u, 0.2140758036 in the literature"
    return [row, Row(law.name, other, off, max(solved.estimate), spent, _verdict(off, 1e-6))]


def lorenz(law: lawc.Law, material: Path) -> list[Row]:
    """Compare the three courses."""
    stored = np.load(material / "deepxde" / "Lorenz.npz")
    t = stored["t"][:, 0]
    rows = {"t": t, "s": np.full(25, 10.0), "r": np.full(25, 15.0), "b": np.full(25, 8 / 3)}
    started = time.perf_counter()
    found = lawc.compile(law, "t s r b -> x y z").reference(rows)
    ours = np.stack([found[name] for name in "xyz"], axis=1)
    off = _relative(ours, stored["y"])
    spent = time.perf_counter() - started
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


def lid_driven_cavity(law: lawc.Law, material: Path) -> list[Row]:
    """Compare velocity and pressure for three lids."""
    found = []
    for a in (2, 4, 8):
        path = material / f"pinnacle/ref/lid_driven_a{a}.dat"
        x, y, u, v, p = np.loadtxt(path, comments="%").T
        rows = {"x": x, "y": y, "nu": np.full(x.size, 0.01), "a": np.full(x.size, float(a))}
        found += _flow(law, "x y nu a", rows, (u, v, p), f"pinnacle/{path.name}")
    return found


def backward_step(law: lawc.Law, material: Path) -> list[Row]:
    """Compare velocity and pressure."""
    x, y, u, v, p = np.loadtxt(material / "pinnacle/ref/ns_0_obstacle.dat", comments="%").T
    rows = {"x": x, "y": y, "nu": np.full(x.size, 0.01)}
    return _flow(law, "x y nu", rows, (u, v, p), "pinnacle/ns_0_obstacle.dat")


def _flow(
    law: lawc.Law, inputs: str, rows: dict[str, np.ndarray], truth: tuple, where: str
) -> list[Row]:
    started = time.perf_counter()
    program = lawc.compile(law, f"{inputs} -> v[x] v[y] p")
    found = program.reference(rows, strict=False)
    spent = time.perf_counter() - started
    estimate = found.lineage["estimated error"]
    good = np.isfinite(np.asarray(found["p"])) & np.isfinite(truth[2])
    told = []
    for name, column in zip(("v[x]", "v[y]", "p"), truth, strict=True):
        ours, other = np.asarray(found[name])[good], column[good]
        off = _relative(ours, other)
        verdict = _verdict(off)
        if name == "p":
            # Where a lid meets a wall the pressure has no bound, and published meshes are coarse.
            inner = np.minimum(abs(rows["x"] - 0.5), 9)[good] < 0.45
            if rows["x"].max() > 1:
                inner = np.ones(inner.size, dtype=bool)
            shift = (other - ours)[inner].mean()
            apart = _relative(ours[inner] + shift, other[inner])
            verdict += f"; up to a constant and 0.05 away from side walls {apart:.1e}"
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
    started = time.perf_counter()
    found = lawc.compile(law, signature).reference(rows)
    off = _relative(np.asarray(found[name]), truth)
    spent = time.perf_counter() - started
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
    "lid-driven-cavity": lid_driven_cavity,
    "backward-step": backward_step,
}


if __name__ == "__main__":
    main()
