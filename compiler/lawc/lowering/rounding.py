"""Find rates that are zero but for rounding, and how far rounding alone may carry a state.

A sum of terms that cancel leaves a rate of rounding, which is another one at every look: no step
is small enough for a solver that measures errors by the state itself, since that is made of the
same rounding. Where the bounds of a rate, each operation rounded outward, hold zero at the start,
errors are measured by these bounds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lawc.forms.tape import run
from lawc.lowering import interval_table
from lawc.lowering.numpy_table import Array
from lawc.solvers.trajectories import Trajectories

ULP = np.finfo(np.float64).eps
LEAST = 1e-290
"""Bounds that are nearer to each other are one number."""
LOOKS = np.linspace(0.0, 1.0, 9)


def with_rounding(runs: Trajectories) -> Trajectories:
    """Return trajectories that know how far rounding may carry each component, if it may."""
    if not len(runs):
        return runs
    low, high = _bounds(runs, 0.0)
    still = (low <= 0) & (high >= 0) & (high - low > LEAST)
    if not still.any():
        return runs
    chosen = np.flatnonzero(still.any(axis=0))
    some = runs.pick(chosen)
    widest = np.zeros_like(some.initial)
    for look in LOOKS:
        low, high = _bounds(some, look)
        widest = np.fmax(widest, np.where(np.isfinite(high - low), high - low, 0.0))
    found = np.zeros_like(runs.initial)
    found[:, chosen] = widest * np.abs(some.span)
    return replace(runs, rounding=np.where(still, found, 0.0))


def _bounds(runs: Trajectories, s: float) -> tuple[Array, Array]:
    """Return the bounds of all rates, shape (states, m) each, with the states held still."""
    shape = runs.initial.shape
    pairs = [
        (value - ULP * np.abs(value), value + ULP * np.abs(value))
        for value in runs.values(s, runs.initial)
    ]
    with np.errstate(all="ignore"):
        found = run(runs.system.rates, pairs, interval_table.TABLE)
    low, high = np.empty(shape), np.empty(shape)
    for number, (least, most) in enumerate(found):
        low[number], high[number] = least, most
    return low, high
