"""Solve linear laws with sharp layers or long times: one set of functions, and cells.

    python benchmarks/cells.py [--seconds S] [--write]

Errors are relative L2 and the largest one against fields known in closed form, at 4,000 points that
nothing else saw. Both ways get the same seconds of one core; cells are what `lawc.train` goes on
with where one set of functions misses its goal.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from results import keep

import lawc
from lawc.training.budget import Budget
from lawc.training.cells import divided
from lawc.training.collocation import Task
from lawc.training.expanding import form_of, form_of_cells
from lawc.training.linear_laws import Choice, solve
from lawc.training.solved import CELL_REACH

Array = NDArray[np.float64]
HERE = Path(__file__).parent
HEADING = "## Linear laws in cells"
TARGET = 1e-9


def layer(at: Mapping[str, Array]) -> Array:
    """Return a layer of a thousandth at a wall."""
    x, e = at["x"], 1e-3
    return x - (np.exp((x - 1) / e) - np.exp(-1 / e)) / (1 - np.exp(-1 / e))


def channel(at: Mapping[str, Array]) -> Array:
    """Return a layer of a hundredth at the end of a channel, a sine across it."""
    x, e = at["x"], 1e-2
    below = (1 - np.sqrt(1 + 4 * e**2 * np.pi**2)) / (2 * e)
    above = (1 + np.sqrt(1 + 4 * e**2 * np.pi**2)) / (2 * e)
    level = 1 / (e * np.pi**2)
    # a·exp(below·x) + b·exp(above·(x - 1)) + level is nothing at both ends.
    matrix = np.array([[1.0, np.exp(-above)], [np.exp(below), 1.0]])
    a, b = np.linalg.solve(matrix, [-level, -level])
    along = a * np.exp(below * x) + b * np.exp(above * (x - 1)) + level
    return along * np.sin(np.pi * at["y"])


def drift(at: Mapping[str, Array]) -> Array:
    """Return a wave that has been carried round."""
    return np.sin(2 * np.pi * (at["x"] - at["t"]))


CASES: dict[str, tuple[str, str, Callable[[Mapping[str, Array]], Array]]] = {
    "boundary-layer": ("x -> u", "layer of 0.001", layer),
    "channel-layer": ("x y -> u", "layer of 0.01 in a plane", channel),
    "long-drift": ("x t -> u", "a wave carried round 20 times", drift),
}


def main() -> None:
    """Print the table, and keep it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*", default=list(CASES))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    laws = {law.name: law for law in lawc.load(HERE / "fields").laws.values()}
    text = [
        "| law | way | functions | relative L2 | largest | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name in asked.names:
        signature, title, exact = CASES[name]
        program = lawc.compile(laws[name], signature)
        task = Task(program.plan)
        columns = program.sample(4_000, seed=77)
        at = {q.name: np.asarray(columns[q.name]) for q in program.inputs}
        truth = exact(at)
        given = {n: torch.from_numpy(values) for n, values in at.items()}
        space = None
        for way in ("one set", "cells"):
            began = time.thread_time()
            budget = Budget(asked.seconds)
            form, count = None, 0
            if way == "one set":
                for one in solve(task, TARGET, budget, 0):
                    space, form = one.space, form_of(one.space, one.weights)
                    count = one.space.width
            else:
                assert space is not None
                reach = np.full(len(task.scaled), CELL_REACH)
                choice = Choice(reach, space.special, space.sizes)
                for found in divided(task, choice, TARGET, budget, 0):
                    form = form_of_cells(list(found.spaces), list(found.weights), found.cuts)
                    count = sum(s.width for s in found.spaces)
                    way = f"{len(found.spaces)} cells"
            spent = time.thread_time() - began
            assert form is not None
            off = form(given)["u"].numpy() - truth
            text.append(
                f"| {title} | {way} | {count} | {np.linalg.norm(off) / np.linalg.norm(truth):.1e} "
                f"| {abs(off).max():.1e} | {spent:.1f} |"
            )
            print(text[-1], flush=True)
    text.append("")
    text.append(
        f"`python benchmarks/cells.py --seconds {asked.seconds:g} --write`: one core, "
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}."
    )
    if asked.write:
        keep(HEADING, "\n".join(text))


if __name__ == "__main__":
    main()
