"""What soft rules cost in training, and how close their gradient comes to the answer's price.

    python benchmarks/soft_rules.py [--rounds 3] [--batch 1024] [--write]

The step of a 3×64 network with 10 and 100 implications over its 20 outputs, in lawc and in
LTNtorch, each in a process of its own; forward and backward of a blurred guideline and of tax
brackets against forward alone; how far 1,000 rewritings of a rule lie apart; rows of a sampler
per second. Medians of CPU time on one thread. The peer stands in an environment that this command
makes below `~/.cache/lawc-benchmarks/soft-rules`. `--write` puts the tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from results import keep

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.decision.samples import SAMPLES
from tests.decision.test_soft import written

from lawc.deciding.sampler import Sampler
from lawc.decision.decision import Decision
from lawc.decision.soft.form import Soft

HERE = Path(__file__).parent
PLACE = Path.home() / ".cache" / "lawc-benchmarks" / "soft-rules"
TORCH = "torch==2.13.0+cpu"
LTN = "LTNtorch==1.0.2"
HEADING = "## Soft rules"


def environment() -> Path:
    """Return the python of the peer's environment, made where there is none."""
    python = PLACE / "bin" / "python"
    if not (PLACE / "made").exists():
        venv.create(PLACE, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        if subprocess.run([*pip, TORCH], check=False).returncode:
            subprocess.run([*pip, TORCH.split("+")[0]], check=True)
        subprocess.run([*pip, LTN], check=True)
        (PLACE / "made").touch()
    return python


def step(library: str, rules: int, batch: int) -> dict[str, float]:
    """Return what a step costs in a library."""
    python = str(environment()) if library == "ltn" else sys.executable
    done = subprocess.run(
        [python, "-W", "ignore", str(HERE / "soft_rules_peer.py"), library, str(rules), str(batch)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def training(rounds: int, batch: int) -> list[str]:
    """Return lines on steps with rules."""
    lines = [
        "| rules | library | step alone, ms | with rules, ms | rules add | off at the corners |",
        "|---|---|---|---|---|---|",
    ]
    for rules in (10, 100):
        for library, shown in (("lawc", "lawc"), ("ltn", "LTNtorch 1.0.2")):
            found = [step(library, rules, batch) for _ in range(rounds)]
            bare = statistics.median(one["bare"] for one in found)
            ruled = statistics.median(one["ruled"] for one in found)
            lines.append(
                f"| {rules} | {shown} | {bare:.2f} | {ruled:.2f} | {(ruled - bare) / bare:.2f}× "
                f"| {max(one['apart'] for one in found):.0e} |"
            )
    return lines


def spent(call: Callable[[], object], times: int = 25) -> float:
    """Return the median of CPU seconds of a call."""
    for _ in range(3):
        call()
    found = []
    for _ in range(times):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return statistics.median(found)


def keep_memory() -> None:
    """Let memory that is given back stay with the process, as after a step of a large network.

    The C library gives large pieces back to the system until a larger one was in use; the next
    call then pays for the zeros in each page again.
    """
    torch.ones(2**21, dtype=torch.float64).sum()


def gradients(sizes: Sequence[int]) -> list[str]:
    """Return lines on forward and backward."""
    lines = [
        "| decision | rows | forward, ns a row | forward and backward, ns a row | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    decisions = (("ckd-risk", ("eGFR", "ACR")), ("income-tax", ("income",)))
    for (name, inputs), rows in itertools.product(decisions, sizes):
        decision: Decision = SAMPLES[name].decision
        drawn = Sampler(decision).rows(0, rows)
        columns = {key: torch.tensor(column) for key, column in drawn.columns.items()}
        soft = Soft(decision, outputs=decision.outputs[-1:])

        def forward(soft: Soft = soft, columns: dict[str, torch.Tensor] = columns) -> torch.Tensor:
            with torch.no_grad():
                return next(iter(soft(columns).values()))

        def both(
            soft: Soft = soft,
            columns: dict[str, torch.Tensor] = columns,
            inputs: tuple[str, ...] = inputs,
        ) -> None:
            given = {**columns, **{key: columns[key].requires_grad_() for key in inputs}}
            answer = next(iter(soft(given).values()))
            torch.autograd.grad(
                answer.sum() if answer.dim() == 1 else answer[:, 0].sum(),
                [given[key] for key in inputs],
            )

        one, two = 1e9 * spent(forward) / rows, 1e9 * spent(both) / rows
        lines.append(f"| {name} | {rows:,} | {one:.0f} | {two:.0f} | {two / one:.2f} |")
    return lines


def rewritings(count: int) -> float:
    """Return the largest difference among rewritings of one rule."""
    chance = random.Random(7)
    rows = {
        "age": torch.tensor([55.0 + i % 20 for i in range(400)], dtype=torch.float64),
        "dose": torch.tensor([80 + i * 0.1 for i in range(400)], dtype=torch.float64),
        "flag": torch.tensor([float(i % 2) for i in range(400)], dtype=torch.float64),
    }
    first = Soft(written(chance))(rows)["out"]
    return max(
        float((Soft(written(chance))(rows)["out"] - first).abs().max()) for _ in range(count)
    )


def sampling(rows: int) -> list[str]:
    """Return lines on rows that are drawn."""
    lines = [
        "| decision | goals | aimed cases | impossible | not found | preparation, s | rows/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, sample in SAMPLES.items():
        began = time.process_time()
        sampler = Sampler(sample.decision)
        prepared = time.process_time() - began
        seconds = spent(lambda sampler=sampler: sampler.rows(1, rows), 3)
        lines.append(
            f"| {name} | {len(sampler.goals)} | {len(sampler.cases)} | {len(sampler.impossible)} "
            f"| {len(sampler.open)} | {prepared:.2f} | {rows / seconds / 1e6:.1f} million |"
        )
    return lines


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rules = training(asked.rounds, asked.batch)
    bare = gradients([20_000])
    keep_memory()
    parts = [
        f"`python benchmarks/soft_rules.py`, {platform.processor() or platform.machine()}, "
        f"one thread, batch {asked.batch}.",
        "\n".join(rules),
        "Where freed memory stays with the process, as in the steps of a larger network:",
        "\n".join(gradients((asked.batch, 20_000, 100_000))),
        "Where the C library gives it back to the system, as in a process that does nothing else:",
        "\n".join(bare),
        f"Largest difference among 1,000 rewritings of one rule: {rewritings(1000):.1e}.",
        "\n".join(sampling(1_000_000)),
    ]
    text = "\n\n".join(parts)
    print(text)
    if asked.write:
        keep(HEADING, text)


if __name__ == "__main__":
    main()
