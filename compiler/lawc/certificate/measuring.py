"""Errors of a form at points: against a solver, or against its own formula with more digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mpmath
import numpy as np
import torch
from numpy.typing import NDArray

from lawc.forms.form import Form
from lawc.forms.tape import Tape
from lawc.lowering.mpmath_table import evaluate as evaluate_exactly
from lawc.lowering.program import Program
from lawc.lowering.reference import reference
from lawc.lowering.sampler import to_si

Array = NDArray[np.float64]

RTOL = 1e-11
"""Tolerance of the reference; training's is looser."""

DIGITS = 50


@dataclass(frozen=True)
class Errors:
    """What was found at some points; all arrays are (n,) by output, in SI.

    Attributes:
        error: |form - truth|.
        value: What the form answers.
        scale: What the error is measured against.
        monomial: The output's scale that follows from the inputs alone.
    """

    error: dict[str, Array]
    value: dict[str, Array]
    scale: dict[str, Array]
    monomial: dict[str, Array]

    @property
    def shares(self) -> Array:
        """Largest error of a row over its outputs, as a share of the scale; shape (n,)."""
        return np.max([share(self.error[name], self.scale[name]) for name in self.error], axis=0)


def share(error: Array, scale: Array) -> Array:
    """Return error/scale; an error of zero is zero however small the scale is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error == 0, 0.0, error / scale)


def against_solver(form: Form, program: Program, columns: Mapping[str, Array]) -> Errors:
    """Return the errors of a form against the reference.

    Args:
        columns: Inputs in declared units, shape (n,).
    """
    truth = reference(program.plan, columns, rtol=RTOL)
    factors = {q.name: q.unit for q in program.outputs}
    si = {n: factors[n].factor * v + factors[n].offset for n, v in truth.items()}
    return _errors(form, program, columns, si)


def against_digits(
    form: Form, tape: Tape, program: Program, columns: Mapping[str, Array]
) -> Errors:
    """Return the rounding errors of a formula, against itself with 50 digits."""
    si = to_si(program.inputs, columns)
    count = len(next(iter(si.values())))
    truth = {name: np.empty(count) for name, _ in tape.outputs}
    with mpmath.workdps(DIGITS):
        for row in range(count):
            found = evaluate_exactly(tape, {name: float(v[row]) for name, v in si.items()})
            for name in truth:
                truth[name][row] = float(found[name])
    return _errors(form, program, columns, truth)


def answers(form: Form, program: Program, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return the form's outputs in SI at columns in declared units."""
    si = to_si(program.inputs, columns)
    with torch.no_grad():
        found = form({n: torch.as_tensor(v, dtype=torch.float64) for n, v in si.items()})
    return {name: found[name].numpy() for name in program.signature.outputs}


def _errors(
    form: Form, program: Program, columns: Mapping[str, Array], truth: Mapping[str, Array]
) -> Errors:
    found = answers(form, program, columns)
    scale = program.scale(columns)
    si = to_si(program.inputs, columns)
    shape = np.shape(next(iter(si.values())))
    # A law of fields has no groups: its errors are told as such.
    alone = program.plan.fields is not None
    monomials = dict.fromkeys(found, np.ones(())) if alone else program.reduction.scale(si)
    units = {q.name: q.unit for q in program.outputs}
    error = {name: np.abs(found[name] - truth[name]) for name in found}
    # A form that answers no number anywhere is infinitely far off there.
    error = {name: np.where(np.isfinite(e), e, np.inf) for name, e in error.items()}
    return Errors(
        error,
        found,
        {name: scale[name] * abs(units[name].factor) for name in found},
        {name: np.broadcast_to(np.abs(monomials[name]), shape) for name in found},
    )
