"""Every law of the published tables: its exact form, and a network trained without it.

    python benchmarks/feynman_training.py [--only TEXT] [--seconds 60] [--keep FILE] [--exact]

The exact form is what a build gives. The networks are a stress test of training alone: exactness
is switched off and one configuration serves all laws; the layers follow from the number of groups
that are left of the inputs. The error is taken on points of the domain that training never saw:
root of the mean square over that of the values, and the largest one over the same. A law ends as
soon as it holds 1e-5. What `--keep` names is read first, so that a run can be stopped and gone on
with.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from feynman_laws import Case, cases

from lawc.certificate.certify import certify
from lawc.diagnostics.diagnostic import LawcError
from lawc.distillation.distil import distil
from lawc.lowering.program import Program, compile_law
from lawc.lowering.sampler import to_si
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.train import GOAL, Teacher, root_mean_square, train

GOOD, BETTER = 1e-4, 1e-5
FRESH_SEED, FRESH = 950_001, 20_000
WIDTHS = {0: (8, 8), 1: (16, 16), 2: (16, 16, 16), 3: (20, 20, 20)}
"""Hidden layers by the number of groups that are left after reduction."""


def program_of(case: Case) -> Program:
    """Return the program that answers the output of a law from its other quantities."""
    law = case.law()
    inputs = [q.name for q in law.quantities.values() if q.low is not None]
    (output,) = (q.name for q in law.quantities.values() if q.low is None)
    return compile_law(law, f"{' '.join(inputs)} -> {output}")


def exact(program: Program) -> dict[str, object]:
    """Return kind and grade of the form that a build gives."""
    student = distil(program)
    certificate = certify(student.form, program, trained_on=student.seeds)
    return {"form": student.target, "grade": certificate.grade, "bound": certificate.bound}


def stress(program: Program, groups: int, seconds: float, seed: int) -> dict[str, object]:
    """Return the errors of a network, and how many seconds of one core it took."""
    began = time.process_time()
    recipe = Recipe(
        law=program.law.identity,
        signature=str(program.signature),
        tolerance=0.9 * BETTER / GOAL,
        train=Train(seconds=seconds),
        ladder=Ladder(widths=(WIDTHS[min(groups, max(WIDTHS))],)),
    )
    teacher = train(program, recipe, seed=seed, error="typical")
    took = time.process_time() - began
    columns = dict(program.sample(FRESH, seed=FRESH_SEED))
    (output,) = program.outputs
    truth = np.asarray(program.reference(columns, strict=False)[output.name])
    truth = truth * output.unit.factor + output.unit.offset
    si = {k: torch.from_numpy(v) for k, v in to_si(program.inputs, columns).items()}
    assert isinstance(teacher, Teacher)
    with torch.no_grad():
        found = teacher.form(si)[output.name].numpy()
    good = np.isfinite(truth)
    miss, size = (found - truth)[good], root_mean_square(truth[good])
    return {
        "error": root_mean_square(miss) / size,
        "largest": float(np.abs(miss).max() / size),
        "seconds": took,
        "weights": teacher.form.size,
        "choice": str(teacher.workshop.around.choice),
    }


def row(case: Case, arguments: argparse.Namespace) -> dict[str, object]:
    """Return everything that is measured of a law."""
    found: dict[str, object] = {"table": case.table, "law": case.identity}
    try:
        program = program_of(case)
        groups = [group for group in program.reduction.groups if group.low < group.high]
        found |= {"inputs": len(program.inputs), "groups": len(groups), **exact(program)}
        if not arguments.exact:
            found |= stress(program, len(groups), arguments.seconds, arguments.seed)
    except (LawcError, ValueError) as problem:
        found["problem"] = str(problem)
    return found


def line(found: dict[str, object]) -> str:
    """Return a row of the table."""
    name = f"{found['table']:9} {found['law']:19}"
    if "problem" in found:
        return f"{name} {found['problem']}"
    shown = f"{name} {found['inputs']:6} {found['groups']:6}  {found['form']:8} {found['grade']:5}"
    if "error" in found:
        shown += f" {found['error']:8.1e} {found['largest']:8.1e} {found['seconds']:6.1f}"
    return shown


def summary(rows: list[dict[str, object]]) -> str:
    """Return the shares that count."""
    exact_ones = sum(row.get("grade") == "A" and row.get("form") == "formula" for row in rows)
    said = f"{len(rows)} laws; exact form with grade A: {exact_ones}/{len(rows)}"
    errors = [float(str(row["error"])) for row in rows if "error" in row]
    if errors:
        good, better = (sum(e <= limit for e in errors) for limit in (GOOD, BETTER))
        said += f"; networks tried {len(errors)}: <= 1e-4 {good} ({good / len(errors):.0%}),"
        said += f" <= 1e-5 {better} ({better / len(errors):.0%}), median {np.median(errors):.1e}"
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", action="append", default=[], help="laws whose name holds this")
    parser.add_argument("--seconds", type=float, default=60.0, help="of one core, for each law")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a file of rows to go on from and add to")
    parser.add_argument("--exact", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kept: dict[tuple[object, object], dict[str, object]] = {}
    if arguments.keep and arguments.keep.exists():
        for text in arguments.keep.read_text(encoding="utf-8").splitlines():
            read = json.loads(text)
            kept[read["table"], read["law"]] = read
    print("set       law                 inputs groups  form     grade    error  largest seconds")
    rows = []
    for case in cases():
        name = f"{case.table} {case.identity}"
        if arguments.only and not any(part in name for part in arguments.only):
            continue
        found = kept.get((case.table, case.identity))
        if found is None:
            found = row(case, arguments)
            if arguments.keep:
                with arguments.keep.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(found) + "\n")
        rows.append(found)
        print(line(found), flush=True)
    print(summary(rows))


if __name__ == "__main__":
    main()
