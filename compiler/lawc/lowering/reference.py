"""Answer a signature by trusted numerics: formulas, bracketed roots, ODE solvers.

Nothing here is trained, and nothing is silently wrong: every call checks some of its rows
against the law's own equations and, for a flow, against a second solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.knowledge.law import Law
from lawc.lowering.answers import Written, written_out
from lawc.lowering.branches import unanswered
from lawc.lowering.courses import course, ending, peaks
from lawc.lowering.fields.planning import field_answers, field_peaks
from lawc.lowering.numpy_table import Array, along, column, common_shape, evaluate_and_look
from lawc.lowering.plan import Plan
from lawc.lowering.steps import Steps
from lawc.lowering.verifying import balance, looked_at, verify


def reference(
    plan: Plan,
    columns: Mapping[str, Any],
    *,
    rtol: float = 1e-10,
    strict: bool = True,
    written: Written | None = None,
) -> dict[str, Array]:
    """Return the outputs of a plan.

    Args:
        plan: How the law answers.
        columns: Values of the inputs in their declared units, each of shape (n,) or ().
        rtol: What the ODE solver may be off, relative to the largest value of a state.
        strict: Whether a row without an answer raises; otherwise it is NaN.
        written: What `written_out` says of the plan, where it is known.

    Returns:
        Values of the outputs in their declared units, each of shape (n,) or ().

    Raises:
        DomainError: A row has no answer (no root in the declared range, a solution that ends
            before its time, a value that is no number), or the answer does not satisfy the law.
        ShapeError: A column is missing or has a shape that would broadcast silently.
    """
    written = written or written_out(plan)
    if written is not None:
        return _answered(written, columns, strict)
    given, shape = inputs(plan, columns)
    rows = len(next(iter(given.values()), np.empty(1)))
    solved = None
    if plan.fields is not None:
        values = {**given, **field_answers(plan, given, rows, strict)}
    elif plan.flow is None:
        values = Steps(plan.before, plan.fixed)(given, rows)
    else:
        solved = course(plan, given, rtol)
        values = solved.values
    values = Steps(plan.after, plan.fixed)(values, rows)
    found = {name: np.broadcast_to(values[name], (rows,)) for name in plan.signature.outputs}
    found = _with_no_infinities(found)
    bad = ~np.logical_and.reduce([np.isfinite(values) for values in found.values()])
    if strict and bad.any():
        first = int(np.flatnonzero(bad)[0])
        why = unanswered(plan, values, first) if solved is None else ending(plan, solved, first)
        raise DomainError(_failure(plan, given, found, bad) + (f": {why}" if why else ""))
    if plan.fields is None:
        verify(plan, values, ~bad, rtol)
    return {name: _from_si(plan.law, name, values).reshape(shape) for name, values in found.items()}


def _answered(written: Written, columns: Mapping[str, Any], strict: bool) -> dict[str, Array]:
    """Return the outputs of a plan that is one tape in declared units."""
    found, finite = evaluate_and_look(written.tape, columns)
    return checked_answers(written, columns, found, finite=finite, strict=strict)


def checked_answers(
    written: Written,
    columns: Mapping[str, Any],
    found: Mapping[str, Array],
    *,
    finite: bool | None = None,
    strict: bool = True,
) -> dict[str, Array]:
    """Return answers of a plan that is one tape, NaN where they are none.

    Args:
        written: The plan.
        columns: Its inputs in declared units.
        found: Its outputs in declared units, however they were found.
        finite: Whether all outputs are known to be finite.
        strict: Whether a row without an answer raises.

    Raises:
        DomainError: As `reference` does.
    """
    plan = written.plan
    rows = np.atleast_1d(next(iter(found.values()))).size
    found = dict(found)
    if finite and not written.turned:
        looked = looked_at(rows)
    else:
        steps: dict[str, Array] = {}
        if written.turned:
            steps = written.steps(inputs(plan, columns)[0], rows)
            # One tape takes all rows along; the steps leave out those that satisfy nothing.
            unheld = {n: np.isnan(along(steps[n], rows)).reshape(np.shape(found[n])) for n in found}
            found = {n: np.where(unheld[n], np.nan, v) for n, v in found.items()}
        found = _with_no_infinities(found)
        bad = ~np.logical_and.reduce([np.isfinite(np.atleast_1d(v)) for v in found.values()])
        if strict and bad.any():
            why = unanswered(plan, steps, int(np.flatnonzero(bad)[0]))
            told = _failure(plan, inputs(plan, columns)[0], found, bad)
            raise DomainError(told + (f": {why}" if why else ""))
        good = np.flatnonzero(~bad)
        looked = good[looked_at(good.size)]
    few = {n: column(columns, n) for n in plan.signature.inputs}
    few = {n: v[looked] if v.ndim else np.full(looked.shape, v) for n, v in few.items()}
    values = written.steps(inputs(plan, few)[0], looked.size)
    for name, answers in found.items():
        unit = plan.law.quantities[name].unit
        values[name] = np.atleast_1d(answers)[looked] * unit.factor + unit.offset
    balance(plan, values, looked.size, written.balances)
    return found


def trajectory_scale(plan: Plan, columns: Mapping[str, Any]) -> dict[str, Array]:
    """Return what an error of each output is to be measured against, in declared units.

    For a flow it is the largest |output| from the start to the end of the variable's declared
    range, with the parameters of the row, to about a percent; otherwise |output| itself.

    Raises:
        DomainError: A row has no answer.
        ShapeError: A column is missing or has a shape that would broadcast silently.
    """
    factors = {name: plan.law.quantities[name].unit.factor for name in plan.signature.outputs}
    given, shape = inputs(plan, columns)
    if plan.fields is not None:
        found = field_peaks(plan, given, len(next(iter(given.values()))))
    elif plan.flow is None:
        rows = len(next(iter(given.values()), np.empty(1)))
        values = Steps((*plan.before, *plan.after), plan.fixed)(given, rows)
        found = {name: np.abs(np.broadcast_to(values[name], (rows,))) for name in factors}
    else:
        found = peaks(plan, given)
    bad = ~np.logical_and.reduce([np.isfinite(values) for values in found.values()])
    if bad.any():
        raise DomainError(_failure(plan, given, found, bad))
    return {name: (values / factors[name]).reshape(shape) for name, values in found.items()}


def inputs(plan: Plan, columns: Mapping[str, Any]) -> tuple[dict[str, Array], tuple[int, ...]]:
    """Return SI columns of the inputs, shape (n,), and the shape that answers should have."""
    declared = {name: column(columns, name) for name in plan.signature.inputs}
    shape = common_shape(declared)
    rows = shape[0] if shape else 1
    si: dict[str, Array] = {}
    for name, values in declared.items():
        unit = plan.law.quantities[name].unit
        si[name] = along(values * unit.factor + unit.offset, rows)
    return si, shape


def _with_no_infinities(found: Mapping[str, Array]) -> dict[str, Array]:
    """Return answers in which what has no end is none."""
    return {
        name: np.where(np.isinf(v), np.nan, v) if np.isinf(v).any() else v
        for name, v in found.items()
    }


def _from_si(law: Law, name: str, values: Array) -> Array:
    unit = law.quantities[name].unit
    return (values - unit.offset) / unit.factor


def _failure(
    plan: Plan, given: Mapping[str, Array], found: Mapping[str, Array], bad: np.ndarray
) -> str:
    row = int(np.flatnonzero(bad)[0])
    name = next(name for name, v in found.items() if not np.isfinite(np.atleast_1d(v)[row]))
    at = ", ".join(
        f"{key} = {_from_si(plan.law, key, values)[row]:.6g}"
        f"{_bracketed(plan.law.quantities[key].unit.text)}"
        for key, values in given.items()
    )
    return f"{name} has no single value in {int(bad.sum())} of {bad.size} rows, first at {at}"


def _bracketed(unit: str) -> str:
    return f" [{unit}]" if unit else ""
