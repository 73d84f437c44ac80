"""Measure `lawc check` on many laws: cold, unchanged, after one edit, and how it grows.

    python benchmarks/check_speed.py [--rounds N] [--scaling]

What must hold for 10,000 laws in 100 files: at most 4 s cold and 0.5 s after one edit, and time
that grows in proportion to 100,000 laws. Cold means that nothing is kept of the project; `first` is
the check of a user for whom nothing is kept of the shipped library either. The command runs as
people run it, in a process of its own, on a project written for the occasion. `--quick` leaves out
the examples and claims, whose calculation is another cost; a sample of them is measured in a table
of its own.

`clock` is what a reader waits for. `core` is the time of all its processes together on one core;
where other work goes on at the same time it says more.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from many_laws import write_project

COEFFICIENT = re.compile(r"1\.\d{6,8}\b")
GAS = re.compile(r"8\.3144\d+")

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds on the clock, seconds of a core, and most memory in MB."""

    clock: float
    core: float
    memory: float


class Bench:
    """Runs the command on projects in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in kept},
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "PYTHONPATH": str(ROOT / "compiler"),
            "XDG_CACHE_HOME": str(folder / "caches"),
        }

    def project(self, laws: int, files: int) -> Path:
        """Return the project of so many laws, written where it is missing."""
        root = self.folder / f"laws-{laws}"
        if not root.exists():
            write_project(root, laws, files)
        return root

    def forget_all(self, root: Path) -> None:
        """Forget what is kept of a project, and of the library for the user."""
        forget(root)
        shutil.rmtree(self.folder / "caches", ignore_errors=True)

    def check(self, root: Path, laws: int, *options: str) -> Cost:
        """Run the command once; it must find nothing wrong."""
        log = self.folder / "out"
        command = [sys.executable, "-m", "lawc", "check", *options, str(root / "knowledge")]
        clock = time.perf_counter()
        with log.open("wb") as out:
            process = os.posix_spawn(
                sys.executable,
                command,
                self.environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, out.fileno(), 2),
                ],
            )
            _, status, used = os.wait4(process, 0)
        clock = time.perf_counter() - clock
        said = log.read_text()
        if status or f"no findings, {laws} law" not in said:
            raise SystemExit(f"{' '.join(command)} said:\n{said[:2000]}")
        unit = 1024 if sys.platform == "linux" else 1024 * 1024
        return Cost(clock, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def forget(root: Path) -> None:
    shutil.rmtree(root / ".lawc", ignore_errors=True)


def edit_one(root: Path) -> None:
    """Change a coefficient of one law in one file."""
    files = sorted((root / "knowledge").glob("part-*/*.law"))
    file = files[len(files) // 2]
    text = file.read_text(encoding="utf-8")
    at = COEFFICIENT.search(text, text.index("  equations\n"))
    assert at is not None
    changed = f"{float(at[0]) + 1e-8:.8f}"
    file.write_text(f"{text[: at.start()]}{changed}{text[at.end() :]}", encoding="utf-8")


def edit_constants(root: Path, number: int) -> None:
    """Change a constant that one law in eight imports."""
    file = root / "knowledge" / "fixed.law"
    text = file.read_text(encoding="utf-8")
    file.write_text(GAS.sub(f"8.31446{number:03}", text), encoding="utf-8")


def measured(bench: Bench, laws: int, files: int, rounds: int) -> list[list[str]]:
    """Return a row for each case; the cases take turns, so that all see the same machine."""
    root = bench.project(laws, files)
    cases: dict[str, Callable[[int], object]] = {
        "first, cold": lambda _: bench.forget_all(root),
        "cold": lambda _: forget(root),
        "unchanged": lambda _: None,
        "one edit": lambda _: edit_one(root),
        "constants edited": lambda n: edit_constants(root, n),
    }
    costs: dict[str, list[Cost]] = {case: [] for case in cases}
    for number in range(rounds):
        for case, change in cases.items():
            change(number)
            costs[case].append(bench.check(root, laws, "--quick"))
    return [[f"{laws:,}", case, *row(found)] for case, found in costs.items()]


def row(costs: list[Cost]) -> list[str]:
    clock = [cost.clock for cost in costs]
    core = [cost.core for cost in costs]
    return [
        f"{statistics.median(clock):.2f}",
        f"{min(clock):.2f}",
        f"{statistics.median(core):.2f}",
        f"{max(cost.memory for cost in costs):.0f}",
    ]


def small(bench: Bench, rounds: int) -> list[list[str]]:
    """Return the rows of a project of three laws, where the start is all there is."""
    root = bench.project(3, 1)
    first, cold, again = [], [], []
    for _ in range(rounds):
        bench.forget_all(root)
        first.append(bench.check(root, 3, "--quick"))
        forget(root)
        cold.append(bench.check(root, 3, "--quick"))
        again.append(bench.check(root, 3, "--quick"))
    cases = {"first, cold": first, "cold": cold, "unchanged": again}
    return [["3", case, *row(costs)] for case, costs in cases.items()]


def evidence(bench: Bench, laws: int) -> list[list[str]]:
    """Return the rows of a sample whose examples and claims are calculated."""
    root = bench.project(laws, 4)
    forget(root)
    bench.check(root, laws, "--quick")
    first = bench.check(root, laws)
    return [
        [f"{laws:,}", "first, examples and claims", *row([first])],
        [f"{laws:,}", "again, remembered", *row([bench.check(root, laws)])],
    ]


def table(rows: list[list[str]]) -> str:
    heads = ["laws", "case", "clock s", "best", "core s", "MB"]
    widths = [max(len(line[at]) for line in [heads, *rows]) for at in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *rows]
    )


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}{load}"


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure `lawc check` on many laws.")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--scaling", action="store_true", help="1,000 and 100,000 laws too")
    arguments.add_argument("--sample", type=int, default=64, help="laws whose claims are tried")
    chosen = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        bench.check(bench.project(16, 1), 16)  # writes the bytecode
        rows = small(bench, chosen.rounds) + measured(bench, 10_000, 100, chosen.rounds)
        print(table(rows), flush=True)
        if chosen.scaling:
            cold = {10_000: float(rows[4][4])}
            more: list[list[str]] = []
            for laws, files in ((1_000, 10), (100_000, 1_000)):
                found = measured(bench, laws, files, 1 if laws > 10_000 else chosen.rounds)
                cold[laws] = float(found[1][4])
                more += found
                shutil.rmtree(bench.folder / f"laws-{laws}")
            print(table(more))
            start = float(rows[1][4])
            each = {laws: (core - start) / laws for laws, core in sorted(cold.items())}
            shares = ", ".join(f"{laws:,}: {1e6 * cost:.0f} µs" for laws, cost in each.items())
            print(f"core time of a law beyond the start, cold: {shares}")
        if chosen.sample:
            print(table(evidence(bench, chosen.sample)))
        print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
