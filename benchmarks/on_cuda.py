"""Values on a card are those of the processor, and how fast residuals and rules are there.

    python benchmarks/on_cuda.py [--points 10000] [--rows 2000000] [--rounds 9] [--write]

First the equalities of `tests/devices` run on the card: rules, modules, residuals, training. Then
residual and gradient of published laws on an MLP 4×64, eager against compiled, float64, with what
`choose` takes by its own measurement; a law that is not begun in `--seconds` stands as not reached.
Last, rows a second of two rules and of soft forward and backward. The clock is read when the card
has finished; every answer is compared with the processor's. Without a card it says so and ends.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import torch
from residual_laws import LAWS
from results import keep
from rules_speed import tax_columns
from tests.decision.samples import SAMPLES
from tests.devices.strict import STRICT, register
from torch import Tensor

from lawc.backends.choosing import choose
from lawc.backends.compiled import Compiled, NoCompilationError
from lawc.backends.eager import Eager
from lawc.backends.measuring import finish
from lawc.backends.statement import Block, Points
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.soft.form import Soft
from lawc.forms.network import initial
from lawc.training.points import cast

HEADING = "## On a CUDA card"
CLOSE = 1e-11
"""Of the largest entry of a gradient: sums of many points are added up in another order there."""
ROOMS = ("artifact", "linking", "lowering")
Work = Callable[[], Any]


def main() -> int:
    """Print the tables; 1 where a value differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help=f"or {STRICT}, on which tests are made")
    parser.add_argument("--cases", nargs="*", help="files of tests/devices; all by default")
    parser.add_argument("--laws", nargs="*", default=list(LAWS), choices=list(LAWS))
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=130.0)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.device != STRICT and not torch.cuda.is_available():
        print("no CUDA device here")
        return 0
    place = register() if asked.device == STRICT else torch.device(asked.device, 0)
    shown = torch.cuda.get_device_name(place) if place.type == "cuda" else str(place)
    cases = sorted((ROOT / "tests" / "devices").glob("on_*.py"))
    wanted = [case for case in cases if asked.cases is None or case.name in asked.cases]
    equal, told = equalities(wanted, asked.device)
    lines = [f"{shown}, torch {torch.__version__}", "", f"Equalities: {told}", ""]
    print("\n".join(lines), flush=True)

    def over() -> bool:
        return time.monotonic() - began > asked.seconds

    for table, holds in (residuals(place, asked, over), rules(place, asked)):
        print("\n".join(table), flush=True)
        lines, equal = lines + table, equal and holds
    if asked.write:
        text = f"`python benchmarks/on_cuda.py --write`\n\n{chr(10).join(lines)}"
        keep(HEADING, text)
    return 0 if equal else 1


def equalities(cases: Sequence[Path], device: str) -> tuple[bool, str]:
    """Run tests on a device in a process of their own; return whether all hold, and the count."""
    beside = os.pathsep.join(str(ROOT / "tests" / room) for room in ROOMS)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, cases)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": beside, "LAWC_DEVICE": device},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in ran.stdout.splitlines() if line.strip()]
    if ran.returncode:
        print("\n".join(said[-40:]), ran.stderr[-2000:], sep="\n")
    return ran.returncode == 0, said[-1] if said else "none ran"


def seconds(work: Work, place: torch.device, rounds: int) -> float:
    """Return the median of some rounds after one that is not counted."""
    found = []
    for _ in range(rounds + 1):
        finish(place)
        start = time.perf_counter()
        work()
        finish(place)
        found.append(time.perf_counter() - start)
    return statistics.median(found[1:])


def residuals(
    place: torch.device, asked: argparse.Namespace, over: Callable[[], bool]
) -> tuple[list[str], bool]:
    """Return a table of residual and gradient, milliseconds, and whether all gradients agree."""
    holds = True
    table = [
        "| law | eager | compiled | first call, s | chosen | gradient apart |",
        "|---|--:|--:|--:|---|--:|",
    ]
    for name in asked.laws:
        if over():
            table.append(f"| {name} | not reached | | | | |")
            continue
        statement = LAWS[name]((asked.width,) * 4)
        chance = torch.Generator().manual_seed(1)
        values = torch.rand(
            asked.points, len(statement.inputs), generator=chance, dtype=torch.float64
        )
        here = Block(statement, Points(values))
        there = replace(here, points=cast(here.points, torch.float64, place))
        theta = initial(statement.sizes, 3)
        _, right = Eager([here]).cost_and_slope(theta)
        away = theta.to(place)
        eager = Eager([there])
        apart = _apart(eager.cost_and_slope(away)[1], right)
        cells = [f"{1e3 * _each(eager, away, place, asked.rounds):.2f}", "none here", ""]
        try:
            compiled = Compiled([there])
            start = time.perf_counter()
            apart = max(apart, _apart(compiled.cost_and_slope(away)[1], right))
            first = time.perf_counter() - start
            cells[1:] = f"{1e3 * _each(compiled, away, place, asked.rounds):.2f}", f"{first:.1f}"
        except NoCompilationError as problem:
            print(f"{name}: {problem}", file=sys.stderr)
        table.append(f"| {name} | {' | '.join(cells)} | {choose([there]).backend} | {apart:.0e} |")
        holds = holds and apart <= CLOSE
    return [*table, ""], holds


def _each(objective: Eager, theta: Tensor, place: torch.device, rounds: int) -> float:
    return seconds(lambda: objective.cost_and_slope(theta), place, rounds)


def _apart(found: Tensor, right: Tensor) -> float:
    return float((found.cpu() - right).abs().max() / right.abs().max())


def rules(place: torch.device, asked: argparse.Namespace) -> tuple[list[str], bool]:
    """Return a table of millions of rows a second, and whether all rows agree."""
    whole = 0
    table = ["| rule | million rows/s | rows apart |", "|---|--:|--:|"]
    chance = np.random.default_rng(4)
    kidney = {"eGFR": chance.random(asked.rows) * 150, "ACR": chance.random(asked.rows) * 500}
    columns: Mapping[str, Mapping[str, np.ndarray]] = {
        "income-tax": tax_columns(asked.rows),
        "ckd-risk": kidney,
    }
    for name, given in columns.items():
        decision = SAMPLES[name].decision
        right = Evaluator(decision)(given)
        evaluator = TorchEvaluator(decision)
        there = {key: torch.from_numpy(column).to(place) for key, column in given.items()}
        found = evaluator(there)
        wrong = sum(
            int((found.values[output].cpu().numpy() != right.values[output]).sum())
            + int((found.because[output].cpu().numpy() != right.because[output]).sum())
            for output in decision.outputs
        )
        spent = seconds(lambda ask=evaluator, rows=there: ask(rows), place, asked.rounds)
        rate = asked.rows / spent / 1e6
        table.append(f"| {name}, exact, with what spoke | {rate:.3g} | {wrong} |")
        whole += wrong
    decision, count = SAMPLES["ckd-risk"].decision, asked.rows // 10
    part = {key: torch.from_numpy(column[:count]) for key, column in kidney.items()}
    there = {key: column.to(place).requires_grad_() for key, column in part.items()}
    soft, plain = Soft(decision, device=place), Soft(decision)(part)

    def both() -> dict[str, Tensor]:
        answers = soft(there)
        total = torch.stack([answer.square().sum() for answer in answers.values()]).sum()
        torch.autograd.grad(total, list(there.values()))
        return answers

    wrong = sum(
        int(((answer.detach().cpu() - plain[output]).abs() > 1e-12).any(-1).sum())
        for output, answer in both().items()
    )
    spent = seconds(both, place, asked.rounds)
    table.append(f"| ckd-risk, soft and back | {count / spent / 1e6:.3g} | {wrong} |")
    return table, whole + wrong == 0


if __name__ == "__main__":
    sys.exit(main())
