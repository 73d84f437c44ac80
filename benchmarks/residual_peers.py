"""Residual and gradient of seven laws against DeepXDE, PINA, neurodiffeq and PhysicsNeMo.

    python benchmarks/residual_peers.py [--rounds 5] [--laws Burgers …] [--points 1000 10000]
                                        [--dtypes float32 float64] [--only "lawc eager" …] [--write]

The same MLP 4×64 tanh with the same weights, the same points, one thread. Contenders take turns;
figures are medians of the CPU time of their own processes, after two steps that are not counted
(compilers work in the first). A turn has as many steps as last a fifth of a second: a training
takes them one after another, and a lone one would begin with the caches that another contender has
left. Gradients must agree with those of lawc's eager backend. The memory of a step is how far the
resident set rises in it above what was held before, by the high-water mark of the system, after
freed memory has been given back. Each peer stands in an environment that this command makes below
`~/.cache/lawc-benchmarks/residual-peers`, with torch for processors alone. `--write` puts the table
into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from residual_laws import LAWS
from results import keep

from lawc.forms.network import initial

HERE = Path(__file__).parent
PLACE = Path.home() / ".cache" / "lawc-benchmarks" / "residual-peers"
TORCH = "torch==2.13.0+cpu"
PACKAGES = {
    "deepxde": ["deepxde==1.15.0"],
    "pina": ["pina-mathlab==0.3.2"],
    "neurodiffeq": ["neurodiffeq==0.7.0"],
    "physicsnemo": ["nvidia-physicsnemo==2.2.2", "torchvision==0.28.0"],
}
CONTENDERS = {
    "DeepXDE": "deepxde",
    "DeepXDE forward": "deepxde",
    "PINA": "pina",
    "neurodiffeq": "neurodiffeq",
    "PhysicsNeMo": "physicsnemo",
    "lawc eager": "",
    "lawc compiled": "",
    "lawc kernel": "",
}
"""By name, the environment; lawc's is this one."""
OURS = ("lawc eager", "lawc compiled", "lawc kernel")
GOALS = {
    "Burgers": (1.2, 1.7, 4.0),
    "Poisson": (1.2, 1.7, 4.0),
    "wave": (1.2, 1.7, 4.0),
    "Kuramoto-Sivashinsky": (2.5, 7.0, 12.0),
    "biharmonic": (2.8, 9.0, 15.0),
    "Navier-Stokes": (2.5, 4.0, 8.0),
    "5 species": (2.3, 3.0, 6.0),
}
"""DeepXDE's time over ours at 10,000 points: eager, compiled, kernel."""
TURN = 0.2
"""Seconds that a turn lasts at least, as far as one step tells."""
APART = {"float32": 2e-3, "float64": 1e-9}
HEADING = "## Residual and gradient against peers"


class Contender:
    """A process that steps when told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        environment = CONTENDERS[name]
        python = PLACE / environment / "bin" / "python" if environment else Path(sys.executable)
        settings = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "DDE_BACKEND": "pytorch"}
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", str(HERE / "residual_peer.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | settings,
        )

    def ask(self, **what: Any) -> dict[str, Any]:
        """Return the answer to a request."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with status {self._process.wait()}")
        return json.loads(line)

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass
class Figures:
    """What one contender was measured at in one case."""

    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    bytes: int = 0
    apart: float = 0.0
    missing: str = ""

    @property
    def median(self) -> float:
        """Milliseconds."""
        return 1000 * statistics.median(self.seconds)


def prepared() -> None:
    """Make what environments are lacking."""
    for name, packages in PACKAGES.items():
        place = PLACE / name
        if (place / "complete").exists():
            continue
        print(f"installing {name}", flush=True)
        venv.create(place, with_pip=True, clear=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        # torch for processors first, so that no other is pulled; where a registry lacks that
        # build, the plain version.
        if subprocess.run([*pip, TORCH], check=False).returncode:
            subprocess.run([*pip, TORCH.split("+")[0]], check=True)
        subprocess.run([*pip, *packages], check=True)
        (place / "complete").write_text("", encoding="ascii")


def case(
    contenders: Sequence[Contender], folder: Path, law: str, dtype: str, points: int, rounds: int
) -> dict[str, Figures]:
    """Return what all are measured at on one law, dtype and number of points."""
    given = folder / f"{law}.npz"
    if not given.exists():
        statement = LAWS[law]()
        chance = np.random.default_rng(11)
        theta = initial(statement.sizes, 1).numpy()
        np.savez(given, theta=theta, points=chance.random((10_000, len(statement.inputs))))
    found = {one.name: Figures() for one in contenders}
    slopes: dict[str, np.ndarray] = {}
    for one in contenders:
        save = folder / f"{one.name}.npz"
        answer = one.ask(load=str(given), save=str(save), law=law, dtype=dtype, points=points)
        found[one.name].missing = answer.get("missing", "")
        found[one.name].first = answer.get("first", 0.0)
        if not found[one.name].missing:
            slopes[one.name] = np.load(save)["slope"]
    truth = slopes.get("lawc eager", next(iter(slopes.values())))
    for name, slope in slopes.items():
        found[name].apart = float(np.abs(slope - truth).max() / np.abs(truth).max())
        if found[name].apart > APART[dtype]:
            raise SystemExit(f"{name}: the gradient of {law} is {found[name].apart:.1e} apart")
    present = [one for one in contenders if not found[one.name].missing]
    steps = {one.name: math.ceil(TURN / one.ask(steps=1)["seconds"]) for one in present}
    for _ in range(rounds):
        for one in present:
            found[one.name].seconds.append(one.ask(steps=steps[one.name])["seconds"])
    for one in present:
        found[one.name].bytes = one.ask(memory=True)["bytes"]
    return found


def ratios(found: dict[str, Figures], mode: str) -> list[float]:
    """Return the time of a mode of DeepXDE over ours, nothing where it has none."""
    if mode not in found or found[mode].missing:
        return []
    return [found[mode].median / found[name].median for name in OURS if name in found]


def table(results: dict[tuple[str, str, int], dict[str, Figures]], names: Sequence[str]) -> str:
    """Return three tables in Markdown: time, ratio to DeepXDE, memory."""
    lines = ["CPU ms of one step, median:", ""]
    lines += ["| law | dtype | points | " + " | ".join(names) + " | gradients apart |"]
    lines += ["|---" * (len(names) + 4) + "|"]
    for (law, dtype, points), found in results.items():
        cells = ["–" if f.missing else f"{f.median:.3g}" for f in map(found.__getitem__, names)]
        apart = max(f.apart for f in found.values())
        lines.append(f"| {law} | {dtype} | {points:,} | " + " | ".join(cells) + f" | {apart:.0e} |")
    ours = [name for name in names if name in OURS]
    lines += [
        "",
        "DeepXDE's time in its faster mode over ours, with the goal at 10,000 points; beside",
    ]
    lines += ["it its time as it comes, in reverse mode, where forward mode is the faster:", ""]
    lines += ["| law | dtype | points | " + " | ".join(ours) + " | goals | as it comes |"]
    lines += ["|---" * (len(ours) + 5) + "|"]
    for (law, dtype, points), found in results.items():
        as_it_comes, forward = ratios(found, "DeepXDE"), ratios(found, "DeepXDE forward")
        best = min(filter(None, (as_it_comes, forward)), default=None)
        if best is None:
            continue
        wanted = [GOALS[law][OURS.index(name)] for name in ours]
        cells = [
            f"{ratio:.1f}" if points < 10_000 or ratio >= goal else f"**{ratio:.1f}**"
            for ratio, goal in zip(best, wanted, strict=True)
        ]
        cells.append(" / ".join(f"{goal:g}" for goal in wanted) if points >= 10_000 else "")
        beside = as_it_comes if best is forward else []
        cells.append(" / ".join(f"{ratio:.1f}" for ratio in beside))
        lines.append(f"| {law} | {dtype} | {points:,} | " + " | ".join(cells) + " |")
    lines += ["", "Memory of one step, MiB, and CPU seconds of the first step (compiling):", ""]
    lines += [
        "| law | dtype | points | " + " | ".join(names) + " | first: " + ", ".join(ours) + " |"
    ]
    lines += ["|---" * (len(names) + 4) + "|"]
    for (law, dtype, points), found in results.items():
        cells = [
            "–" if f.missing else f"{f.bytes / 2**20:.1f}" for f in map(found.__getitem__, names)
        ]
        first = ", ".join(f"{found[name].first:.2g}" for name in ours)
        lines.append(f"| {law} | {dtype} | {points:,} | " + " | ".join(cells) + f" | {first} |")
    return "\n".join(lines)


def written(text: str, rounds: int) -> None:
    """Put the tables into RESULTS.md, in the place of those before."""
    versions = ", ".join(one for some in PACKAGES.values() for one in some[:1])
    keep(
        HEADING,
        "`python benchmarks/residual_peers.py`: residual and gradient by all "
        "weights, MLP 4×64 tanh, same weights and points, one thread, medians of "
        f"{rounds} alternating rounds of process CPU time, {TURN:g} s each; {platform.machine()}, "
        f"{os.cpu_count()} cores, torch {torch.__version__}; {versions}. A goal that is not met "
        f"stands in bold. PhysicsNeMo takes derivatives of up to the second order.\n\n{text}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--laws", nargs="*", default=list(LAWS), choices=list(LAWS))
    parser.add_argument("--points", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--dtypes", nargs="*", default=["float32", "float64"])
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if any(CONTENDERS[name] for name in given.only):
        prepared()
    contenders = [Contender(name) for name in given.only]
    results: dict[tuple[str, str, int], dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for law in given.laws:
            for dtype in given.dtypes:
                for points in given.points:
                    found = case(contenders, Path(folder), law, dtype, points, given.rounds)
                    results[law, dtype, points] = found
                    parts = [f"{n} {f.median:.3g}" for n, f in found.items() if not f.missing]
                    print(f"{law} {dtype} {points:,} ms: " + ", ".join(parts), flush=True)
    for one in contenders:
        one.end()
    text = table(results, given.only)
    print(text)
    if given.write:
        written(text, given.rounds)


if __name__ == "__main__":
    main()
