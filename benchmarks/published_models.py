"""State published models in the language of laws and hold their answers against the references.

    python benchmarks/published_models.py [strogatz] [biomodels] [cantera]

`error` is the largest deviation from the reference as a share of what is named behind it. A line
passes where it is at most 1e-6.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from mechanism import read_mechanism, write_law
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from strogatz import SYSTEMS, flow_text, rates_text, read_system

from lawc.diagnostics.diagnostic import LawcError
from lawc.importers.sbml.model import read_sbml
from lawc.importers.sbml.writing import import_sbml, names_of_symbols
from lawc.knowledge.law import Law
from lawc.lowering.program import compile_law
from lawc.lowering.reference import reference
from lawc.pipeline.checking import check_text, demand

MATERIAL = Path(__file__).parents[2] / "shared" / "material" / "models"
TOLERANCE = 1e-6
STEP = 0.1
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A row of the table; `limit` is what is asked of the error, None where it is only shown."""

    system: str
    what: str
    points: int
    error: float
    of: str
    limit: float | None = TOLERANCE

    def __str__(self) -> str:
        verdict = "shown" if self.limit is None else "ok" if self.error <= self.limit else "FAILED"
        return (
            f"{self.system:<24} {self.what:<34} {self.points:>6} {self.error:>9.1e} "
            f"{self.of:<26} {verdict}"
        )


def law_of(text: str) -> Law:
    """Return the one law of a text.

    Raises:
        CheckError: It has errors.
    """
    base = check_text("model.law", text)
    demand(base)
    return next(law for law in base.laws.values() if law.place and law.place.path == "model.law")


def strogatz() -> Iterator[Line]:
    """Rates at every point of the files, and trajectories against a tight solution by scipy."""
    for name in SYSTEMS:
        system = read_system(MATERIAL / "ode_strogatz", name)
        rates = compile_law(law_of(rates_text(system)), "x y -> u v").reference(
            {"x": system.points[:, 0], "y": system.points[:, 1]}
        )
        off = max(np.abs(rates[k] - v).max() for k, v in zip("uv", system.rates.T, strict=True))
        yield Line(name, "rates at the points of the file", 400, off / np.abs(system.rates).max(),
                   "the largest rate")  # fmt: skip
        times = STEP * np.arange(100)
        starts = system.points[::100]
        flow = compile_law(law_of(flow_text(system)), "t x0 y0 -> x y")
        rows = {
            "t": np.tile(times, len(starts)),
            "x0": np.repeat(starts[:, 0], 100),
            "y0": np.repeat(starts[:, 1], 100),
        }
        answer = flow.reference(rows)
        ours = np.column_stack([answer["x"], answer["y"]])
        tight = np.concatenate(
            [
                solve_ivp(system.function, (0, times[-1]), start, "DOP853", times,
                          rtol=3e-14, atol=1e-14).y.T
                for start in starts
            ]
        )  # fmt: skip
        size = np.abs(tight).max()
        yield Line(name, "trajectories, scipy DOP853", 400, np.abs(ours - tight).max() / size,
                   "the largest state")  # fmt: skip
        # The file holds no solution: its x was stepped by Euler, as its own columns say.
        steps = np.delete(np.diff(system.points[:, 0]), [99, 199, 299])
        euler = np.delete(STEP * system.rates[:-1, 0], [99, 199, 299])
        yield Line(name, "x of the file against Euler's step", 396,
                   np.abs(steps - euler).max() / size, "the largest state")  # fmt: skip
        apart = np.abs(ours - system.points).max() / size
        yield Line(name, "trajectories, points of the file", 400, apart, "the largest state", None)


def biomodels() -> Iterator[Line]:
    """Each model, imported, at all times of its reference."""
    for file in sorted((MATERIAL / "biomodels").glob("*.xml")):
        with (file.parent / "reference_trajectories" / f"{file.stem}.csv").open() as stream:
            head, *rows = csv.reader(stream)
        table = np.array(rows, dtype=float)
        model = read_sbml(file.read_bytes())
        names = names_of_symbols(model)
        ours = [names[cell.strip("[]")] for cell in head[1:]]
        law = law_of(import_sbml(file.name, model).text)
        program, times = compile_law(law, f"time -> {' '.join(ours)}"), {"time": table[:, 0]}
        try:
            answer = program.reference(times)
            finer = reference(program.plan, times, rtol=1e-12)
        except LawcError as problem:
            print(f"{file.stem}: {problem}")
            yield Line(file.stem, "trajectories", table[:, 1:].size, np.inf, "no answer")
            continue
        found = np.column_stack([answer[name] for name in ours])
        off, sizes = np.abs(found - table[:, 1:]), np.abs(table[:, 1:])
        worst = float((off / sizes.max(axis=0)).max())
        yield Line(file.stem, "trajectories", found.size, worst, "each species' largest value")
        worst = max(
            float(np.abs(answer[name] - finer[name]).max() / np.abs(finer[name]).max())
            for name in ours
        )
        yield Line(file.stem, "ours against a finer run of ours", found.size, worst,
                   "each species' largest value")  # fmt: skip
        clear = sizes > 0
        point = float((off[clear] / sizes[clear]).max())
        yield Line(file.stem, "trajectories, point by point", int(clear.sum()), point,
                   "each value", None)  # fmt: skip


def cantera() -> Iterator[Line]:
    """Thermodynamics and rates of production along ignitions, and of gas at equilibrium."""
    folder = MATERIAL / "cantera"
    gases, steps = read_mechanism(folder / "data" / "h2o2.yaml")
    law = law_of(write_law(gases, steps, "hydrogen-oxygen", "GRI-Mech 3.0, by h2o2.yaml"))
    names = [gas.name for gas in gases]
    made = [f"w[{name}]" for name in names]
    turns = [f"{side}{n}" for n in range(1, len(steps) + 1) for side in "fb"]
    outputs = " ".join(["P", "cp", "h", "s", *made, *turns])
    program = compile_law(law, f"T rho {' '.join(f'Y[{n}]' for n in names)} -> {outputs}")
    with (folder / "reference_computed" / "h2o2_const_volume_trajectories.csv").open() as stream:
        rows = list(csv.DictReader(stream))

    def column(key: str) -> Array:
        return np.array([float(row[key]) for row in rows])

    state = {"T": column("T_K"), "rho": column("rho_kg_m3")}
    state |= {f"Y[{name}]": column(f"Y_{name}") for name in names}
    found = program.reference(state)
    for name, key in (("P", "P_Pa"), ("cp", "cp_J_kgK"), ("h", "h_J_kg"), ("s", "s_J_kgK")):
        wanted = column(key)
        error = float((np.abs(found[name] - wanted) / np.abs(wanted)).max())
        yield Line("h2o2", f"{name} along ignitions", len(rows), error, "each value")
    ratios, clear, total = [], [], 0
    for name in names:
        gross = sum(
            abs(step.makes.get(name, 0) - step.uses.get(name, 0))
            * (found[f"f{n}"] + found[f"b{n}"])
            for n, step in enumerate(steps, 1)
        )
        wanted = column(f"wdot_{name}_kmol_m3_s")
        off = np.abs(found[f"w[{name}]"] - wanted)
        total += len(rows)
        if np.max(gross) > 0:
            ratios.append((off / gross).max())
            # Closer to balance than this the reference has no digits left that could be compared.
            far = np.abs(wanted) > 1e-6 * gross
            clear.append((off[far] / np.abs(wanted[far])).max())
        else:
            ratios.append(off.max())
    yield Line("h2o2", "rates of production", total, max(ratios), "all that is made and used")
    yield Line("h2o2", "rates of production", total, max(clear), "each rate above 1e-6 of it")

    with (folder / "reference_computed" / "h2o2_adiabatic_flame.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    weights = compile_law(law, "-> " + " ".join(f"W[{name}]" for name in names)).reference({})
    masses = {name: column(f"X_{name}") * weights[f"W[{name}]"] for name in names}
    mean = np.sum(list(masses.values()), axis=0)
    state = {"T": column("T_ad_K"), "rho": 101325 * mean / (8314.46261815324 * column("T_ad_K"))}
    state |= {f"Y[{name}]": mass / mean for name, mass in masses.items()}
    found = program.reference(state)
    gaps = [
        float((np.abs(found[f"f{n}"] - found[f"b{n}"]) / found[f"f{n}"])[found[f"f{n}"] > 0].max())
        for n in range(1, len(steps) + 1)
        if (found[f"f{n}"] > 0).any()
    ]
    yield Line("h2o2", "balance of each reaction in flames", len(rows) * len(steps), max(gaps),
               "its forward rate")  # fmt: skip


PARTS: dict[str, Callable[[], Iterator[Line]]] = {
    "strogatz": strogatz, "biomodels": biomodels, "cantera": cantera,
}  # fmt: skip


def main() -> int:
    failed = 0
    print(f"{'system':<24} {'compared':<34} {'points':>6} {'error':>9} {'as a share of':<26}")
    for part in sys.argv[1:] or PARTS:
        start = time.perf_counter()
        for line in PARTS[part]():
            print(line, flush=True)
            failed += line.limit is not None and not line.error <= line.limit
        print(f"# {part}: {time.perf_counter() - start:.0f} s", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
