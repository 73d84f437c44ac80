"""Try whether a quantity tends to a value: look ever farther out, or ever closer.

A number cannot prove a limit. What is asked is that the distance to the value shrinks, from one
doubling to the next, to a thousandth of what it was; or, where steps run out first, that it has
shrunk at every one of the last. A distance that stays to the last step is a counterexample; where
time ends the steps early, what has not arrived is not judged, so no verdict hangs on the machine.
"""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Expression
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.outcome import Outcome
from lawc.lowering.plan import Kind
from lawc.lowering.reference import reference
from lawc.lowering.sampler import to_si
from lawc.lowering.tapes import tape
from lawc.lowering.trying import RTOL, Rows, Trial

REACHED = 1e-3
"""Share of the first distance, or of the value itself, at which the limit counts as reached."""
SHRINKING = 0.98

_STEPS = {Kind.ODE: 10, Kind.DAE: 10}
_MOST_STEPS = 60
_SECONDS = 4.0
# Several looks between two doublings, so that a zero crossing is not taken for an arrival.
_LOOKS = 4


def limit_outcome(trial: Trial, rows: Rows) -> Outcome:
    """Return what rows of inputs say about a claim of the form `Q -> value as X -> end`.

    Rows whose limit is neither reached nor refuted in the time allowed count as not tested.
    """
    claim = trial.claim
    if trial.by is None or claim.towards is None or claim.value is None:
        raise CompileError("a limit names a quantity, where it tends to, and a value")
    rows = trial.placed(rows)
    until = process_time() + _SECONDS
    steps = _STEPS.get(trial.plan.kind, _MOST_STEPS)
    history: list[Array] = []
    farthest: Array = np.zeros(0)
    target: Array = np.zeros(0)
    looks = _LOOKS if isinstance(claim.towards, str) else 1
    for step in range(steps):
        # All looks of a step in one call, so that they share a trajectory.
        places = [_place(trial, rows, claim.towards, step + look / looks) for look in range(looks)]
        many = {name: np.tile(values, looks) for name, values in rows.items()}
        many[trial.by] = np.concatenate(places)
        found = reference(trial.plan, many, rtol=RTOL, strict=False)
        values, targets = (found[key].reshape(looks, -1) for key in ("#0", "#target"))
        history.append(np.max(np.abs(values - targets), axis=0))
        farthest, target = values[-1], targets[-1]
        if np.all(_reached(history, target)) or process_time() > until:
            break
    are_all_made = len(history) == steps
    last, reached = history[-1], _reached(history, target)
    shrinking = np.ones(len(last), dtype=bool)
    for before, after in pairwise(history[-4:]):
        shrinking &= after < SHRINKING * before
    refuted = ~reached & ~shrinking & np.isfinite(last) & are_all_made
    heading = ~reached & shrinking & (last < 0.25 * history[0]) & are_all_made

    def say(row: int) -> str:
        return f"{trial.shown(0, farthest[row])} as far as was looked"

    return Outcome(reached | heading | refuted, np.where(refuted, np.inf, 0.0), False, say)


def _reached(history: list[Array], target: Array) -> np.ndarray:
    # Where it starts at its limit there is nothing to shrink.
    size = np.fmax(history[0], np.abs(target))
    return history[-1] <= REACHED * size


def _place(trial: Trial, rows: Rows, towards: Expression | str, step: float) -> Array:
    """Return where to look in the declared unit: doubled, or halved in distance, at each step."""
    assert trial.by is not None
    quantity = trial.law.quantities[trial.by]
    low, high = quantity.low or 0.0, quantity.high or 1.0
    size = len(rows[trial.by])
    if isinstance(towards, str):
        edge = max(abs(low), abs(high), 1e-300)
        return np.full(size, (-edge if towards.startswith("-") else edge) * 2.0**step)
    end = evaluate(
        tape({"end": towards}, trial.plan.signature.inputs, trial.plan.fixed),
        to_si(trial.inputs, rows),
    )["end"]
    end = (end - quantity.unit.offset) / quantity.unit.factor
    start = np.where(np.abs(high - end) >= np.abs(low - end), high, low)
    return end + (start - end) * 2.0 ** -(step + 1)
