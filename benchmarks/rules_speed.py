"""Rows per second and core: rules on columns against numpy by hand and engines for rules.

    python benchmarks/rules_speed.py [--rows 400000] [--rounds 9] [--no-peers] [--write]

The tax is a deduction with two exceptions, two scales of seven brackets, a credit that phases out
and two roundings: lawc counts cents exactly, and numpy by hand is float64, whole and in parts that
stay in the cache, with the scale as a sum of slopes. The table has 18 cells on two axes of real
numbers. Every figure is CPU time of one thread, the median of rounds in which contenders take
turns. Answers are compared: with `decide`, which is exact, on rows beside every threshold, with
numpy and the peers on all of theirs: numpy rounds halves to even, and floats miss ties; OpenFisca
calculates in float32. Peers stand in an environment that this command makes below
`~/.cache/lawc-benchmarks/rules-peers`. `--write` puts the table into RESULTS.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from results import keep
from rules_first_answers import first_answers

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.decision.samples import SAMPLES, integer_port, n, number_port

from lawc.deciding.case import answer_case
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.decision import Decision, Interval, Row, Table
from lawc.decision.exact import decide
from lawc.decision.values import exact

PLACE = Path.home() / ".cache" / "lawc-benchmarks" / "rules-peers"
PACKAGES = ["numpy", "openfisca-core==46.0.1", "zen-engine==2.1.3", "pydmnrules==1.4.5"]
HEADING = "## Rules: rows per second and core"
PART = 16_000
TOLD = """`python benchmarks/rules_speed.py --write`: CPU time of one thread on a shared machine,
median of rounds in turns. "Apart": rows that differ from `decide` (exact; a half of them beside
thresholds), and for numpy and peers from lawc: numpy rounds halves to even and misses ties,
OpenFisca calculates in float32."""
SINGLE = np.array([0, 11600, 47150, 100525, 191950, 243725, 609350.0])
JOINT = np.array([0, 23200, 94300, 201050, 383900, 487450, 731200.0])
RATES = np.array([0.1, 0.12, 0.22, 0.24, 0.32, 0.35, 0.37])
SLOPES = np.diff(RATES, prepend=0)
GRID = np.array([[0, 1, 2], [0, 1, 2], [1, 2, 3], [2, 3, 3], [3, 3, 3], [3, 3, 3]])


def tax_by_hand(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    income, joint = columns["income"], columns["status"] == 1
    deduction = np.where(joint, 29200.0, 14600.0)
    deduction = np.where(columns["age"] >= 65, deduction + 1950, deduction)
    limited = np.minimum(np.maximum(1300, income + 450), 14600.0)
    deduction = np.where(columns["dependent"], limited, deduction)
    taxable = np.maximum(0, income - deduction)
    tax = np.zeros_like(taxable)
    for slope, single, both in zip(SLOPES, SINGLE, JOINT, strict=True):
        tax += slope * np.maximum(0, taxable - np.where(joint, both, single))
    tax = np.round(tax, 2)
    lost = 50 * np.ceil(np.maximum(0, income - np.where(joint, 400000, 200000)) / 1000)
    credit = np.maximum(0, 2000 * columns["children"] - lost)
    return np.round(np.maximum(0, tax - credit))


def table_by_hand(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    stage = 5 - np.searchsorted([15.0, 30, 45, 60, 90], columns["eGFR"], side="right")
    ratio = np.searchsorted([30.0, np.nextafter(300, 301)], columns["ACR"], side="right")
    return GRID[stage, ratio]


def in_parts(
    function: Callable[[Mapping[str, np.ndarray]], np.ndarray], columns: Mapping[str, np.ndarray]
) -> np.ndarray:
    count = len(next(iter(columns.values())))
    made = np.empty(count)
    for start in range(0, count, PART):
        part = slice(start, start + PART)
        made[part] = function({name: column[part] for name, column in columns.items()})
    return made


def boxes(axes: int, cuts: int) -> Decision:
    """Return a table that is a partition: one row for each box of the cut axes."""
    ports = [
        number_port(f"x{a}", 0, 100) if a % 2 else integer_port(f"i{a}", 0, 100_000)
        for a in range(axes)
    ]
    rows: list[tuple[Interval, ...]] = [()]
    for axis, port in enumerate(ports):
        top = Fraction(port.high or 0)
        ends = [top * Fraction(k, cuts) for k in range(cuts + 1)]
        cells = [Interval(ends[k], ends[k + 1], high_open=k < cuts - 1) for k in range(cuts)]
        # The last axes are cut in some rows only.
        full = len(rows) * cuts <= 1000
        rows = [
            (*row, cell)
            for place, row in enumerate(rows)
            for cell in (cells if full or place % 97 == axis else [Interval(Fraction(0), top)])
        ]
    made = tuple(Row(cells, (n(place % 7),)) for place, cells in enumerate(rows))
    names = tuple(port.name for port in ports)
    table = Table(("y",), names, made)
    return Decision(tuple(ports), (integer_port("y", 0, 7),), ("y",), (table,))


def sorted_boxes(count: int, axes: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(7)
    return {
        (f"x{a}" if a % 2 else f"i{a}"): chance.random(count) * 100
        if a % 2
        else chance.integers(0, 100_001, count)
        for a in range(axes)
    }


def measured(
    contenders: Mapping[str, Callable[[], Any]], rows: int, rounds: int
) -> dict[str, float]:
    """Return nanoseconds a row of each, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            start = time.process_time()
            run()
            if turn:
                seconds[name].append(time.process_time() - start)
    return {name: 1e9 * statistics.median(found) / rows for name, found in seconds.items()}


def tax_columns(count: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(3)
    return {
        "income": chance.integers(0, 60_000_000, count) / 100,
        "status": chance.integers(0, 2, count),
        "age": chance.integers(18, 100, count),
        "dependent": chance.random(count) < 0.1,
        "children": chance.integers(0, 5, count),
    }


def exactly(decision: Decision, columns: Mapping[str, np.ndarray], count: int) -> int:
    """Return how many of some rows, a half of them beside thresholds, differ from `decide`."""
    source = random.Random(5)
    rows = np.array(source.sample(range(len(next(iter(columns.values())))), count))
    part = {name: column[rows].copy() for name, column in columns.items()}
    if "income" in part:
        edges = np.concatenate((SINGLE + 14600, JOINT + 29200, [200_000, 400_000]))
        steps = np.random.default_rng(1).integers(-2, 3, count) / 100
        beside = np.round(np.random.default_rng(2).choice(edges, count) + steps, 2)
        part["income"] = np.where(np.arange(count) % 2, part["income"], np.maximum(0, beside))
    found = Evaluator(decision)(part)
    wrong = 0
    for row in range(count):
        case = {
            name: Fraction(repr(float(c[row]))) if c.dtype.kind == "f" else Fraction(int(c[row]))
            for name, c in part.items()
        }
        answers = decide(decision, case).values
        for name in decision.outputs:
            counts = found.counts.get(name)
            ours = (
                int(counts.counts[row]) * counts.unit
                if counts is not None
                else Fraction(found.values[name][row].item())
            )
            wrong += ours != answers[name]
    return wrong


def prepared() -> Path | None:
    """Return the Python of the environment of peers, made where it is lacking."""
    python = PLACE / "bin" / "python"
    if not (PLACE / "complete").exists():
        print("installing peers", flush=True)
        venv.create(PLACE, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--quiet", *PACKAGES]
        if subprocess.run(command, check=False).returncode:
            return None
        (PLACE / "complete").write_text("", encoding="ascii")
    return python


def peer(
    python: Path, name: str, columns: Mapping[str, np.ndarray], right: np.ndarray
) -> tuple[float, float] | str:
    """Return a peer's nanoseconds a row, and the share of rows that it answers otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        given, answers = Path(folder) / "given.npz", Path(folder) / "answers.npy"
        np.savez(given, allow_pickle=False, **columns)
        command = [str(python), str(Path(__file__).parent / "rules_speed_peer.py"), name]
        done = subprocess.run(
            [*command, str(given), str(answers)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no answer"])[-1][:90]
        told = json.loads(done.stdout.strip().splitlines()[-1])
        found = np.load(answers)
    apart = float(np.mean(np.abs(found - right[: len(found)]) > 1e-9))
    return 1e9 * told["seconds"] / told["rows"], apart


def compiled(columns: Mapping[str, np.ndarray], count: int) -> list[str]:
    """Return lines on the operations of torch, compiled for parts of a column."""
    evaluator = TorchEvaluator(SAMPLES["income-tax"].decision, ["due"], shared=False)
    evaluator({name: torch.from_numpy(column[:10]) for name, column in columns.items()})
    plan, place = evaluator.plan, evaluator.plan.decided["due"]
    cents = np.rint(columns["income"] * 100).astype(np.int64)
    given = [torch.from_numpy(column) for column in ({**columns} | {"income": cents}).values()]

    def core(*part: torch.Tensor) -> torch.Tensor:
        found, _ = plan.run(evaluator.arrays, [(column, None) for column in part], False)
        return found[place.place][0]  # type: ignore[union-attr]

    made = torch.compile(core, dynamic=False)
    began = time.perf_counter()
    with torch.no_grad():
        made(*(column[:PART] for column in given))
        took = time.perf_counter() - began
        parts = range(0, count - PART + 1, PART)
        found = measured(
            {
                name: lambda run=run: [run(*(c[at : at + PART] for c in given)) for at in parts]
                for name, run in (("as it is", core), ("compiled", made))
            },
            len(parts) * PART,
            3,
        )
    told = ", ".join(f"{name} {ns:.0f} ns a row" for name, ns in found.items())
    return ["", f"Operations of torch in parts: {told}; {took:.0f} s to compile."]


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=400_000)
    reader.add_argument("--rounds", type=int, default=9)
    reader.add_argument("--no-peers", action="store_true")
    reader.add_argument("--compile", action="store_true", help="measure torch.compile as well")
    reader.add_argument("--write", action="store_true")
    asked = reader.parse_args()
    torch.set_num_threads(1)
    count = asked.rows
    lines = ["| rules | evaluator | ns a row | million rows/s | against numpy in parts | apart |"]
    lines.append("|---|---|---|---|---|---|")

    def told(rules: str, found: Mapping[str, float], base: str, apart: Mapping[str, str]) -> None:
        for name, ns in found.items():
            ratio = f"{found[base] / ns:.2f}" if base in found else ""
            rate = f"{1000 / ns:,.1f}" if ns < 10_000 else f"{1000 / ns:.4f}"
            lines.append(
                f"| {rules} | {name} | {ns:,.0f} | {rate} | {ratio} | {apart.get(name, '')} |"
            )

    python = None if asked.no_peers else prepared()
    tax, columns = SAMPLES["income-tax"].decision, tax_columns(count)
    cents = columns | {
        "income": Counts(np.rint(columns["income"] * 100).astype(np.int64), Fraction(1, 100))
    }
    tensors = {name: torch.from_numpy(column) for name, column in columns.items()}
    ours, in_torch = Evaluator(tax, ["due"]), TorchEvaluator(tax, ["due"])
    by_torch = TorchEvaluator(tax, ["due"], shared=False)
    right = ours(columns).values["due"]
    found = measured(
        {
            "lawc, exact": lambda: ours(columns, traced=False),
            "lawc, exact, with what spoke": lambda: ours(columns),
            "lawc, exact, of cents": lambda: ours(cents, traced=False),
            "lawc, exact, of tensors": lambda: in_torch(tensors, traced=False),
            "lawc, exact, by operations of torch": lambda: by_torch(tensors, traced=False),
            "numpy by hand, in parts": lambda: in_parts(tax_by_hand, columns),
            "numpy by hand": lambda: tax_by_hand(columns),
        },
        count,
        asked.rounds,
    )
    by_hand = np.mean(tax_by_hand(columns) != right)
    apart = {
        "lawc, exact": f"{exactly(tax, columns, 2000)} of 2,000",
        "numpy by hand": f"{by_hand:.4%}",
    }
    for name in ("OpenFisca",) if python else ():
        answer = peer(python or Path(), name, columns, right)
        if isinstance(answer, str):
            lines.append(f"| tax | {name} | {answer} | | | |")
        else:
            found[name], apart[name] = answer[0], f"{answer[1]:.3%}"
    told("tax", found, "numpy by hand, in parts", apart)

    risk = SAMPLES["ckd-risk"].decision
    chance = np.random.default_rng(9)
    table = {
        "eGFR": np.round(chance.random(count) * 150, 2),
        "ACR": np.round(chance.random(count) * 600, 1),
    }
    both = Evaluator(risk, ["risk"])
    right = both(table).values["risk"]
    found = measured(
        {
            "lawc": lambda: both(table, traced=False),
            "lawc, with what spoke": lambda: both(table),
            "numpy by hand, in parts": lambda: in_parts(table_by_hand, table),
            "numpy by hand": lambda: table_by_hand(table),
        },
        count,
        asked.rounds,
    )
    apart = {
        "lawc": f"{exactly(risk, table, 2000)} of 2,000",
        "numpy by hand": f"{np.mean(table_by_hand(table) != right):.4%}",
    }
    cases = [
        {name: float(column[row]) for name, column in table.items()}
        for row in range(min(count, 2000))
    ]
    found |= measured(
        {
            "lawc, a case at a time, exact": lambda: [
                decide(risk, {name: exact(value) for name, value in case.items()}) for case in cases
            ],
            "lawc, a case at a time, in words, explained": lambda: [
                answer_case(risk, case) for case in cases
            ],
        },
        len(cases),
        asked.rounds,
    )
    for name in ("zen", "pyDMNrules") if python else ():
        answer = peer(python or Path(), name, table, right)
        if isinstance(answer, str):
            lines.append(f"| 18 cells | {name} | {answer} | | | |")
        else:
            shown = f"{name}, a case at a time"
            found[shown], apart[shown] = answer[0], f"{answer[1]:.3%}"
    told("18 cells", found, "numpy by hand, in parts", apart)

    score = SAMPLES["stroke-score"].decision
    points: dict[str, np.ndarray] = {
        port.name: chance.random(count) < 0.3 for port in score.inputs
    } | {"age": chance.integers(20, 100, count)}
    masks = {name: chance.random(count) < 0.1 for name in ("stroke", "diabetes")}
    counted = Evaluator(score)
    found = measured(
        {
            "lawc": lambda: counted(points, traced=False),
            "lawc, with what spoke": lambda: counted(points),
            "lawc, two facts unknown in a tenth of rows": lambda: counted(points, masks),
        },
        count,
        asked.rounds,
    )
    told("score", found, "", {"lawc": f"{exactly(score, points, 1000)} of 1,000"})
    for axes, cuts in ((3, 10), (4, 6), (12, 2)):
        start = time.process_time()
        decision = boxes(axes, cuts)
        index = Evaluator(decision)
        made = time.process_time() - start
        rows = len(decision.steps[0].rows) if isinstance(decision.steps[0], Table) else 0
        given = sorted_boxes(count, axes)
        found = measured({"lawc": lambda i=index, g=given: i(g, traced=False)}, count, asked.rounds)
        name = f"{rows:,} rows, {axes} axes ({made:.2f} s to lower)"
        told(name, found, "", {"lawc": f"{exactly(decision, given, 60)} of 60"})
    text = "\n".join(
        [*lines, "", *first_answers(), *(compiled(columns, count) if asked.compile else ())]
    )
    print(text)
    if asked.write:
        keep(HEADING, f"{TOLD}\n\n{text}")


if __name__ == "__main__":
    main()
