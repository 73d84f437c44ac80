"""Judge a network of fields by a reference that nothing is learned from.

One seed chooses and another one accepts: what is accepted was not chosen by the same points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from lawc.forms.form import Form
from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.training.descent import ACCEPTANCE
from lawc.training.problem import Errors, Judge

Judged = tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]
"""Inputs, outputs of the reference, and what an error of each is measured against, in SI."""
Rows = Callable[[int], Judged]
"""What a seed is judged by: those from `ACCEPTANCE` on accept, others choose."""

NOTHING = 1e-4
"""A field below this share of its scale is zero but for what the reference is off."""
JUDGED = 2_000
"""Points on which the reference is asked."""


def field_judge(form: Callable[[Tensor], Form], rows: Rows) -> Judge:
    """Return what holds weights against rows of a reference; they are asked once for each seed."""
    known: dict[int, Judged] = {}

    def judge(theta: Tensor, seed: int) -> Errors:
        if seed not in known:
            known[seed] = rows(seed)
        given, truth, scales = known[seed]
        with torch.no_grad():
            said = form(theta)(given)
        l2, largest, worst = {}, {}, (-1.0, 0)
        for name, values in truth.items():
            off = torch.nan_to_num((said[name] - values).abs(), nan=math.inf)
            share = off / scales[name]
            l2[name] = float(off.norm() / _norm(values, scales[name]))
            largest[name] = float(share.max())
            worst = max(worst, (largest[name], int(share.argmax())))
        return Errors(
            l2, largest, {name: float(column[worst[1]]) for name, column in given.items()}
        )

    return judge


def _norm(values: Tensor, scales: Tensor) -> float:
    """Return the norm of values; of their scales where there is next to nothing but zero."""
    nothing = bool((values.abs() <= NOTHING * scales).all())
    return float((scales if nothing else values).norm()) or 1.0


def reference_rows(program: Program, seed: int, rows: int = JUDGED) -> Judged:
    """Return inputs, the reference and what an error is measured against, all in SI."""
    columns = program.sample(rows, seed)
    answers, scales = program.reference(columns), program.scale(columns)
    return (
        _tensors(to_si(program.inputs, columns)),
        _tensors(to_si(program.outputs, answers)),
        {
            q.name: torch.from_numpy(np.asarray(scales[q.name]) * q.unit.factor)
            for q in program.outputs
        },
    )


def split_rows(given: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> Rows:
    """Return rows of a table in SI, one half to choose by and the other half to accept by."""
    order = np.random.default_rng(0).permutation(len(next(iter(truth.values()))))
    halves = order[::2], order[1::2]
    sizes = {name: float(np.abs(values).max()) or 1.0 for name, values in truth.items()}

    def rows(seed: int) -> Judged:
        half = halves[int(seed >= ACCEPTANCE)]
        scales = {name: torch.full((len(half),), size).double() for name, size in sizes.items()}
        return (
            _tensors({name: values[half] for name, values in given.items()}),
            _tensors({name: values[half] for name, values in truth.items()}),
            scales,
        )

    return rows


def _tensors(columns: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(values)) for name, values in columns.items()}
