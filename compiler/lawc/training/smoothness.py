"""Say in which coordinate answers are smoother, before any network tries.

A course that swings evenly is easy along time as it is and hard along its logarithm; one that
changes early and then rests is the other way round. How many Chebyshev coefficients the answers
need along each coordinate tells which: a small network that fits neither cannot.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.lowering.starting import variable_group
from lawc.training.envelopes import Choice
from lawc.training.rows import Rows

Array = NDArray[np.float64]

CLEAR = 1.5
"""Coordinates that differ by less are left to a trial."""

_LINES, _NODES = 16, 257
_SMALL = 1e-3


def smoother(program: Program, rows: Rows, open_to: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the choices whose stretch suits the answers, all of them where that is not clear.

    Args:
        program: The law and its domain.
        rows: From which lines along the variable are taken: the longest ones.
        open_to: What may be chosen.
    """
    stretches = sorted({choice.stretch for choice in open_to})
    if len(stretches) < 2:
        return open_to
    needed = {stretch: coefficients(program, rows, stretch) for stretch in stretches}
    best = min(needed, key=lambda stretch: needed[stretch])
    if not np.isfinite(needed[best]) or any(
        needed[s] < CLEAR * needed[best] for s in stretches if s != best
    ):
        return open_to
    return tuple(choice for choice in open_to if choice.stretch == best)


def coefficients(program: Program, rows: Rows, stretch: float) -> float:
    """Return how many Chebyshev coefficients answers need along the variable of a law.

    It is the usual number of the longest lines; infinite where there is no such variable, or no
    answer.
    """
    group, variable = variable_group(program.plan, program.reduction), program.variable
    if group is None or variable is None:
        return float("inf")
    (quantity,) = (q for q in program.inputs if q.name == variable)
    one = np.full(len(rows), 1 / quantity.unit.factor)
    pace = program.reduction.evaluate(to_si(program.inputs, {**rows.columns, variable: one}))[
        group.name
    ]
    longest = np.argsort(np.broadcast_to(pace, len(rows)))[-_LINES:]
    lines, pace = rows.pick(longest), np.broadcast_to(pace, len(rows))[longest, None]
    low, high = (
        pace * float(value or 0.0) * quantity.unit.factor for value in (quantity.low, quantity.high)
    )
    rate = stretch / group.high
    ends = (np.log1p(rate * low), np.log1p(rate * high)) if stretch else (low, high)
    nodes = (1 - np.cos(np.pi * np.arange(_NODES) / (_NODES - 1))) / 2
    along = ends[0] + (ends[1] - ends[0]) * nodes
    way = (np.expm1(along) / rate if stretch else along).clip(low, high)
    columns = {name: np.repeat(values, _NODES) for name, values in lines.columns.items()}
    columns[variable] = (way / pace / quantity.unit.factor).ravel()
    answers = program.reference(columns, strict=False)
    needed = [_needed(np.asarray(answers[q.name]).reshape(-1, _NODES)) for q in program.outputs]
    return float(np.median(np.concatenate(needed))) if np.concatenate(needed).size else np.inf


def _needed(lines: Array) -> Array:
    """Return how many coefficients each line of values at Chebyshev's nodes needs."""
    lines = lines[np.isfinite(lines).all(axis=1)]
    sizes = np.abs(np.asarray(scipy.fft.dct(lines, type=1, axis=1)))
    large = sizes > _SMALL * sizes.max(axis=1, keepdims=True, initial=0.0)
    return large.shape[1] - np.argmax(large[:, ::-1], axis=1)
