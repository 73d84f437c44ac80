"""Say into how many slabs time is cut where nobody says it: one for each sweep of what moves.

A sweep is the way from one turn to the next: half a period. Fields are not solved for it, their
terms tell (`fields/sizes.py`); courses are, and tell by how fast they move for how far they go.
"""

from __future__ import annotations

import math

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.forms.slabs import SLOPES
from lawc.lowering.fields.residual import FieldEquations
from lawc.lowering.plan import Plan
from lawc.lowering.program import Program
from lawc.lowering.sampler import sample
from lawc.lowering.statements import Stated

FEWEST_SLABS = 4
MOST_SLABS, MOST_LEVEL, MOST_OF_COURSES = 16, 32, 128
"""Of fields whose value is handed on, of those whose slope is too, and of courses: networks of one
slab are trained there in a part of a second."""

_COURSES, _MOMENTS, _SEED = 12, 1025, 20_023
_STILL = 1e-9


def slabs_for(program: Program, stated: Stated) -> int | None:
    """Return how many slabs suit a law that can be cut; None where it hardly moves.

    Args:
        program: Of fields or states, with the ranges that count.
        stated: The same for a network for each slab.
    """
    equations = program.equations
    if isinstance(equations, FieldEquations):
        found = round(equations.trial.rate())
        most = MOST_LEVEL if SLOPES in stated.ansatz.carried.values() else MOST_SLABS
    else:
        found, most = round(sweeps(program)), MOST_OF_COURSES
    return min(max(found, FEWEST_SLABS), most) if found > 1 else None


def sweeps(program: Program) -> float:
    """Return how many sweeps the liveliest of some courses makes; 0 without an answer."""
    plan: Plan = program.plan
    flow = plan.flow
    assert flow is not None
    (time,) = (q for q in program.inputs if q.name == flow.variable)
    if time.low is None or time.high is None:
        return 0.0
    along = np.linspace(time.low, time.high, _MOMENTS)
    drawn = sample(plan, _COURSES, _SEED)
    columns = {name: np.repeat(values, _MOMENTS) for name, values in drawn.items()}
    columns[time.name] = np.tile(along, _COURSES)
    try:
        answers = program.reference(columns, strict=False)
    except LawcError:
        return 0.0
    most = 0.0
    for quantity in program.outputs:
        values = np.asarray(answers[quantity.name], dtype=np.float64).reshape(-1, _MOMENTS)
        values = values[np.isfinite(values).all(axis=1)]
        away = np.square(values - values.mean(axis=1, keepdims=True)).mean(axis=1)
        speed = np.square(np.gradient(values, 1.0 / (_MOMENTS - 1), axis=1)).mean(axis=1)
        moving = away > (_STILL * np.abs(values).max(axis=1, initial=0.0)) ** 2
        if moving.any():
            most = max(most, float(np.sqrt(speed[moving] / away[moving]).max()) / math.pi)
    return most
