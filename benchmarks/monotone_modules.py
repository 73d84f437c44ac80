"""What it costs that networks rise and fall as stated: proofs of free ones, and constrained ones.

    python benchmarks/monotone_modules.py [--seconds 10] [--write]

For each law one network is fitted freely and each of its sentences is tried to be proved; then one
is fitted in seven tenths of the seconds and turned and covered where that fails; then one is fitted
that cannot do otherwise, in as many seconds. Errors are relative L2 on fresh points; seconds are
those of making steps, then those of proofs, a cover's included.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from module_accuracy import UNHURRIED, fresh_errors
from results import keep

import lawc
from lawc.forms.network import Network
from lawc.lowering.program import Program, compile_law
from lawc.lowering.rising import monotone_claims, prove
from lawc.training import budget
from lawc.training.budget import Budget
from lawc.training.decaying import decaying_workshop
from lawc.training.monotone import able, monotone_workshop
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.train import Workshop
from lawc.training.turned import turned

HEADING = "## Networks that rise and fall as their law says"
HEAD = [
    "| law | network | weights | relative L2 | seconds | sentences proved | boxes | proofs, s |",
    "|---|---|--:|--:|--:|--:|--:|--:|",
]
WIDTHS = (16, 16)
TURNED = "turned and covered"
LAWS = (
    ("physics.orbits.kepler-equation", "M e -> E"),
    ("sociology.inequality.lognormal-gini", "sigma -> G"),
    ("biology.enzymes.michaelis-menten-progress", "t S0 Vmax Km -> S"),
    ("medicine.pharmacokinetics.saturable-elimination-time", "C0 C1 V Vmax Km -> t"),
)


FIRST = 0.7
"""Share of the seconds in which a network is fitted that is turned then."""

MOST = 3e-5
"""What a cover may add, as a share of the typical answer."""

Make = Callable[[], tuple[Network, float]]
"""Returns a network and the seconds that its steps took."""


def row(name: str, program: Program, kind: str, make: Make) -> str:
    """Return a line of the table: a network is made and its sentences are tried."""
    began = time.process_time()
    form, steps = make()
    before = max(0.0, time.process_time() - began - steps)
    began = time.process_time()
    verdicts = [prove(form, program, one) for one in monotone_claims(program)]
    took = time.process_time() - began + (before if kind == TURNED else 0.0)
    held = sum(verdict.holds for verdict in verdicts)
    boxes = " + ".join(str(verdict.boxes) for verdict in verdicts)
    return (
        f"| {name} | {kind} | {form.size} | {max(fresh_errors(form, program)):.1e} | {steps:.1f} "
        f"| {held} of {len(verdicts)} | {boxes} | {took:.1f} |"
    )


def fitted(workshop: Workshop, seconds: float) -> tuple[Network, float]:
    """Return a network that was fitted, and the seconds it took."""
    own = workshop.again(workshop.recipe, Budget(seconds))
    found = own.fit(WIDTHS, own.budget.part(1.0))
    return own.network(found), own.budget.spent


def made_to_turn(free: Workshop, seconds: float) -> tuple[Network, float]:
    """Return a network that was fitted, turned and covered, and the seconds its steps took."""
    said = monotone_claims(free.program)
    workshop = decaying_workshop(free, said) or free
    form, took = fitted(workshop, FIRST * seconds)
    found = turned(workshop, form, said, seconds - took, MOST)
    return found.form, took + found.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of a training")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    budget.WAIT = UNHURRIED
    lines = list(HEAD)
    print("\n".join(lines), flush=True)
    for identity, signature in LAWS:
        program = compile_law(lawc.library().laws[identity], signature)
        recipe = Recipe(
            law=identity,
            signature=signature,
            tolerance=1e-9,
            train=Train(seconds=asked.seconds),
            ladder=Ladder(widths=(WIDTHS,)),
        )
        free = Workshop(program, recipe, 0, Budget(asked.seconds), "typical")
        kept = monotone_workshop(free, able(program, monotone_claims(program)))
        kinds: dict[str, Make] = {
            "free": partial(fitted, free, asked.seconds),
            TURNED: partial(made_to_turn, free, asked.seconds),
            "kept by construction": partial(fitted, kept, asked.seconds),
        }
        for kind, make in kinds.items():
            lines.append(row(identity.rpartition(".")[2], program, kind, make))
            print(lines[-1], flush=True)
    if asked.write:
        told = (
            f"`python benchmarks/monotone_modules.py --seconds {asked.seconds:g} --write`: hidden "
            f"layers {WIDTHS}, float64, seconds of one core, load {os.getloadavg()[0]:.1f}."
        )
        keep(HEADING, "\n".join(lines) + "\n\n" + told)


if __name__ == "__main__":
    main()
