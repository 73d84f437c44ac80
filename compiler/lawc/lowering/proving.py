"""Try formulas for the states of a flow, with more digits than rounding could hide in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from lawc.forms.tape import Tape
from lawc.knowledge.expression import Expression, names
from lawc.lowering.courses import course
from lawc.lowering.mpmath_table import evaluate as evaluate_exactly
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Flow, Plan
from lawc.lowering.points import bounds
from lawc.lowering.specimens import specimens
from lawc.lowering.tapes import tape

POINTS = 64
MIN_POINTS = 32
DIGITS = 60
STEP = 1e-20
RESIDUAL = 1e-12
"""How far derivatives may be off, relative to their size; noise is at 1e-20."""
ROUNDING = 1e-10
"""How far float64 may be off, relative to the largest value along the trajectory."""
AGREEMENT = 1e-6
MOMENTS = 24


def holds(plan: Plan, flow: Flow, states: Mapping[str, Expression]) -> bool:
    """Return whether formulas satisfy a flow: its rates, its start, and its numerical solution.

    Args:
        plan: Whose domain is sampled.
        flow: What the formulas solve.
        states: A formula for each state, in terms of inputs and steps before the flow.
    """
    values = specimens(plan, POINTS, seed=11)
    count = len(values[flow.variable])
    if count < MIN_POINTS:
        return False
    peak = _peaks(plan, flow, states, values)
    found = evaluate(_tape(plan, states), values)
    if any(not np.isfinite(found[name]).all() for name in states):
        return False
    given = {name: values[name] for name in plan.signature.inputs}
    solved = course(plan, given, 1e-10).values
    for name in states:
        if not (np.abs(found[name] - solved[name]) <= AGREEMENT * peak[name]).all():
            return False
    with mpmath.workdps(DIGITS):
        rows = [{name: float(column[k]) for name, column in values.items()} for k in range(count)]
        try:
            return all(
                _exact(plan, flow, states, row, {n: float(p[k]) for n, p in peak.items()})
                and _rounded(plan, states, row, {n: (found[n][k], peak[n][k]) for n in states})
                for k, row in enumerate(rows)
            )
        except (ArithmeticError, ValueError, TypeError):
            return False


def _tape(plan: Plan, outputs: Mapping[str, Expression]) -> Tape:
    free = frozenset[str]().union(*map(names, outputs.values())) - plan.fixed.keys()
    return tape(outputs, sorted(free), plan.fixed)


def _peaks(
    plan: Plan, flow: Flow, states: Mapping[str, Expression], values: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the largest value of each state over the variable's range."""
    low, high = bounds(plan.law.quantities[flow.variable])
    now = values[flow.variable]
    first = now.min() if low is None else low
    last = now.max() if high is None else high
    steps = _tape(plan, states)
    largest = {name: np.full(len(now), 1e-300) for name in states}
    even = first + (last - first) * np.linspace(0, 1, MOMENTS)
    # A fast transient peaks early, where even moments would miss it.
    early = first + (last - first) * np.geomspace(1e-5, 1, MOMENTS)
    for moment in [*even, *early, now]:
        moved = {**values, flow.variable: np.broadcast_to(moment, now.shape)}
        for name, column in evaluate(steps, moved).items():
            largest[name] = np.fmax(largest[name], np.abs(column))
    return largest


def _exact(
    plan: Plan,
    flow: Flow,
    states: Mapping[str, Expression],
    row: Mapping[str, float],
    peak: Mapping[str, float],
) -> bool:
    """Return whether start and rates are met in many digits, at one point."""
    steps = _tape(plan, states)
    now = mpmath.mpf(row[flow.variable])
    begin = _value(plan, flow.start, row)
    at_start = evaluate_exactly(steps, {**row, flow.variable: begin})
    wanted = _tape(plan, {state.symbol: state.start for state in flow.states})
    starts = evaluate_exactly(wanted, row)
    span = abs(now - begin) or 1
    h = mpmath.mpf(STEP) * span
    after = evaluate_exactly(steps, {**row, flow.variable: now + h})
    before = evaluate_exactly(steps, {**row, flow.variable: now - h})
    here = evaluate_exactly(steps, row)
    rates = _tape(plan, {state.symbol: state.rate for state in flow.states})
    wanted_rates = evaluate_exactly(rates, {**row, **here})
    for name in states:
        slope = (after[name] - before[name]) / (2 * h)
        # At rest both rates are differences of larger terms; peak over span bounds their noise.
        size = abs(slope) + abs(wanted_rates[name]) + 1e-12 * peak[name] / span
        if not abs(slope - wanted_rates[name]) <= RESIDUAL * size:
            return False
        if not abs(at_start[name] - starts[name]) <= RESIDUAL * (abs(starts[name]) + peak[name]):
            return False
    return True


def _rounded(
    plan: Plan,
    states: Mapping[str, Expression],
    row: Mapping[str, float],
    found: Mapping[str, tuple[Any, Any]],
) -> bool:
    """Return whether float64 is near the value in many digits."""
    exact = evaluate_exactly(_tape(plan, states), row)
    return all(
        abs(exact[name] - float(value)) <= ROUNDING * float(peak)
        for name, (value, peak) in found.items()
    )


def _value(plan: Plan, expression: Expression, row: Mapping[str, float]) -> Any:
    return evaluate_exactly(_tape(plan, {"value": expression}), row)["value"]
