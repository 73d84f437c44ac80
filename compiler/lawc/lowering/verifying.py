"""Check answers of the reference: against the law's equations and against a second solver."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from lawc.diagnostics.diagnostic import DomainError
from lawc.forms.tape import run
from lawc.knowledge.expression import names
from lawc.lowering.balance import RESIDUAL, Balance
from lawc.lowering.courses import course, trajectories
from lawc.lowering.flows import dynamics, symbol
from lawc.lowering.numpy_table import TABLE, Array, along, evaluate
from lawc.lowering.plan import Flow, Plan
from lawc.lowering.rounding import ULP
from lawc.lowering.systems import system
from lawc.lowering.tapes import tape

ROWS = 32
TRAJECTORIES = 3
AGREEMENT = 1e-6
MOST_STOPS = 64
BESIDE = 1e-14
"""How far behind a stop the second solver begins, of the time so far."""
FINEST = 1e-13
"""Tolerance of the second solver before it contradicts the first."""


def verify(
    plan: Plan,
    values: Mapping[str, Array],
    good: np.ndarray,
    rtol: float,
) -> None:
    """Raise if answers do not satisfy the law, or a second solver answers otherwise.

    Args:
        plan: How the answers were found.
        values: SI values of inputs, states and steps, each of shape (n,) or ().
        good: Rows that have an answer.
        rtol: The tolerance with which they were found.

    Raises:
        DomainError: With the figure, the equation and the limit.
    """
    rows = np.flatnonzero(good)
    if not rows.size:
        return
    chosen = rows[looked_at(rows.size)]
    picked = {n: along(np.asarray(v), good.size)[chosen] for n, v in values.items()}
    if plan.flow is not None:
        rates = _rates(plan.flow, plan.fixed, picked)
        # A rate that rests on nothing is one number for all rows.
        picked |= {n: np.broadcast_to(v, chosen.shape) for n, v in rates.items()}
    balance(plan, picked, len(chosen), balances(plan))
    if plan.flow is not None and plan.flow.events:
        _once_more(plan, picked, rtol)
    elif plan.flow is not None:
        few = np.linspace(0, len(chosen) - 1, min(len(chosen), TRAJECTORIES)).astype(int)
        for row in dict.fromkeys(few.tolist()):
            _second_solver(plan, plan.flow, {n: float(v[row]) for n, v in picked.items()}, rtol)


def _once_more(plan: Plan, values: Mapping[str, Array], rtol: float) -> None:
    """Compare states on courses with events with those of other tolerances."""
    assert plan.flow is not None
    given = {name: values[name] for name in plan.signature.inputs}
    worst = ""
    for tolerance in (100 * rtol, 10 * rtol):
        other = course(plan, given, tolerance).values
        peak = {s.symbol: np.nanmax(np.abs(values[s.symbol])) for s in plan.flow.states}
        apart = {
            name: float(np.nanmax(np.abs(values[name] - other[name]))) / max(size, 1e-300)
            for name, size in peak.items()
        }
        worst = max(apart, key=lambda name: apart[name])
        if apart[worst] <= AGREEMENT:
            return
    raise DomainError(
        f"two tolerances disagree on {worst} of {plan.law.identity} by {apart[worst]:.1e} of its "
        f"largest value, more than {AGREEMENT:.0e}: an event may be missed"
    )


@lru_cache(maxsize=64)
def looked_at(rows: int) -> NDArray[np.int64]:
    """Return the numbers of the rows that are checked, spread over all of them."""
    numbers = np.linspace(0, rows - 1, min(rows, ROWS)).astype(np.int64)
    numbers.flags.writeable = False
    return numbers


def _rates(flow: Flow, fixed: Mapping[str, float], values: Mapping[str, Array]) -> dict[str, Array]:
    """Return the highest derivative of each state, under its name."""
    # Components of a quantity stand in rising order, so the last one holds its law.
    last = {state.quantity: state for state in flow.states}
    rates = {symbol(q, state.order + 1): state.rate for q, state in last.items()}
    free = frozenset[str]().union(*map(names, rates.values())) - fixed.keys()
    needed = {name: values[name] for name in sorted(free)}
    return evaluate(tape(rates, tuple(needed), fixed), needed)


def balances(plan: Plan) -> tuple[Balance, ...]:
    """Return the equations of a plan's law, ready to be tried on answers."""
    return tuple(
        Balance(equation, sorted(spoken - plan.fixed.keys()), plan.fixed)
        for equation in dynamics(plan.law).equations
        for spoken in [names(equation.left) | names(equation.right)]
    )


def balance(
    plan: Plan, values: Mapping[str, Array], rows: int, equations: Sequence[Balance]
) -> None:
    """Raise if values do not satisfy equations.

    Args:
        plan: Whose law it is.
        values: SI values, each of shape (rows,).
        rows: How many.
        equations: The plan's `balances`; those that speak of other names are left out.

    Raises:
        DomainError: With the figure, the equation and the limit.
    """
    found = {name for step in (*plan.before, *plan.after) for name in step.quantities}
    for equation in equations:
        if not equation.inputs <= values.keys():
            continue
        gap = equation(values, rows)
        if np.fmax.reduce(gap, initial=0.0) > RESIDUAL:
            gap = np.where(equation.holds(values, rows, found), np.fmin(gap, RESIDUAL), gap)
        if rows and np.isnan(gap).all():
            raise DomainError(
                f"the reference cannot be held against `{equation.label}` of "
                f"{plan.law.identity}: its terms are no numbers in any row that was tried"
            )
        worst = float(np.fmax.reduce(gap, initial=0.0))
        if worst > RESIDUAL:
            raise DomainError(
                f"the reference misses `{equation.label}` of {plan.law.identity} by {worst:.1e} "
                f"of its terms, more than {RESIDUAL:.0e}"
            )


def _second_solver(plan: Plan, flow: Flow, row: Mapping[str, float], rtol: float) -> None:
    """Compare the states of one row with LSODA's, relative to the largest value on the way."""
    equations = system(flow, plan.fixed)
    parameters = [row[name] for name in equations.parameters]
    starts = {state.symbol: state.start for state in flow.states}
    free = frozenset[str]().union(*map(names, (*starts.values(), flow.start)))
    given = {name: np.float64(row[name]) for name in sorted(free - plan.fixed.keys())}
    found = evaluate(
        tape({**starts, "start of the flow": flow.start}, tuple(given), plan.fixed), given
    )
    begin, end = float(found.pop("start of the flow")), row[flow.variable]
    initial = np.array([float(found[state.symbol]) for state in flow.states])
    if begin == end:
        return

    def rate(share: float, y: Array) -> Array:
        # In shares of the span: LSODA never ends where the span itself is next to nothing.
        t = begin + (end - begin) * share
        rates = run(equations.rates, [*y, t, *parameters], TABLE)
        return np.array(rates, dtype=np.float64) * (end - begin)

    ours = np.array([row[state.symbol] for state in flow.states])
    inputs = {name: np.array([row[name]]) for name in plan.signature.inputs}
    runs = trajectories(plan, inputs)
    stops = np.empty(0) if runs.marks is None else runs.marks[0][np.isfinite(runs.marks[0])]
    sizes = np.zeros_like(initial) if runs.sizes is None else runs.sizes[:, 0]
    # Terms that cancel carry the errors of the states in them, and these may be others.
    spread = np.zeros_like(initial)
    if runs.rounding is not None:
        spread = runs.rounding[:, 0] * max(1.0, rtol / ULP)
    # Errors of a step add up along a long course, so a verdict needs the finer judge.
    for tolerance in (max(rtol, 1e-11), FINEST):
        apart = _apart(rate, initial, ours, tolerance, stops, sizes, spread)
        if apart is None or apart.max() <= AGREEMENT:
            return
    assert apart is not None
    worst = flow.states[int(apart.argmax())].symbol
    raise DomainError(
        f"two solvers disagree on {worst} of {plan.law.identity} by {apart.max():.1e} of its "
        f"largest value, more than {AGREEMENT:.0e}"
    )


def _apart(
    rate: Callable[[float, Array], Array],
    initial: Array,
    ours: Array,
    rtol: float,
    stops: Array,
    sizes: Array,
    spread: Array,
) -> Array | None:
    """Return how far LSODA ends from ours, relative to the largest value of each state on the way.

    It begins anew behind each of the stops, if they are few. What differs by less than the spread
    of a state agrees. None where LSODA does not arrive.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        size = np.fmax(np.abs(initial), np.abs(rate(0.0, initial)))
        size = np.where(size == 0, sizes, size)
        now, peak = initial, np.abs(initial)
        edges = [0.0, *(stops if len(stops) <= MOST_STOPS else ()), 1.0]
        for begin, end in pairwise(edges):
            start = begin + BESIDE * max(begin, 1e-3)
            if start >= end:
                continue
            other = solve_ivp(
                rate,
                (start if begin else 0.0, end),
                now,
                method="LSODA",
                rtol=rtol,
                atol=np.maximum(np.maximum(size * rtol * 1e-4, spread * 1e-3), 1e-290),
            )
            if not other.success or not np.isfinite(other.y[:, -1]).all():
                return None
            now, peak = other.y[:, -1], np.fmax(peak, np.abs(other.y).max(axis=1))
            size = np.fmax(size, peak)
        return np.nan_to_num(np.abs(ours - now) / np.fmax(peak, spread / AGREEMENT))
