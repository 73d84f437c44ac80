"""Train modules of laws without a closed form, and hold them against a solver on fresh points.

    OMP_NUM_THREADS=1 python benchmarks/saturable_absorption.py [--seeds N]

What must hold for the saturable absorption: at most 1e-3 of the peak concentration on 10,000 fresh
points, over a decade of every parameter, with at most 2,000 weights, in under 3 minutes on one
core, the reference included. The epidemic is the second witness.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from lawc.certificate.certify import certify
from lawc.distillation.distil import distil
from lawc.lowering.program import compile_law
from lawc.lowering.sampler import to_si
from lawc.pipeline.checking import read_library
from lawc.training.recipe import read_recipe

MODULES = ("medicine/absorption-saturable", "biology/sir")
FRESH, FRESH_SEED = 10_000, 777_777


def measure(module: str, seed: int) -> tuple[str, ...]:
    """Return the row of the table for one module and one seed."""
    recipe = read_recipe((Path("modules") / f"{module}.toml").read_text(encoding="utf-8"))
    law = read_library().law(recipe.law)
    program = compile_law(law, recipe.signature)
    if recipe.domain:
        program = program.within(recipe.domain)
    clock, core = time.monotonic(), time.thread_time()
    student = distil(program, recipe, seed=seed)
    clock, core = time.monotonic() - clock, time.thread_time() - core
    certificate = certify(student.form, program, trained_on=student.seeds)
    columns = dict(program.sample(FRESH, seed=FRESH_SEED))
    truth, scale = program.reference(columns), program.scale(columns)
    si = to_si(program.inputs, columns)
    with torch.no_grad():
        found = student.form({name: torch.from_numpy(values) for name, values in si.items()})
    worst = max(
        float(np.max(np.abs(q.unit.from_si(1.0) * found[q.name].numpy() - truth[q.name])
                     / scale[q.name]))
        for q in program.outputs
    )  # fmt: skip
    return (
        module,
        str(seed),
        str(student.form.size),
        f"{core:.0f}",
        f"{clock:.0f}",
        f"{worst:.1e}",
        f"{certificate.worst:.1e}",
        f"{certificate.bound:.1e}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many starts")
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    head = ("module", "seed", "weights", "core s", "clock s", "10,000 fresh", "worst", "bound")
    rows = [measure(module, seed) for module in MODULES for seed in range(seeds)]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
