"""The courses of a flow's states, and the largest values on them.

Rows that differ only in the variable share one trajectory; it is integrated once, as far as the
farthest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lawc.knowledge.expression import Expression, names
from lawc.lowering.initial_value import Trajectories, Watch, integrate, system
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Flow, Plan
from lawc.lowering.points import bounds
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape

PEAK_RTOL = 1e-6


def course(plan: Plan, given: Mapping[str, Array], rtol: float) -> dict[str, Array]:
    """Return SI values of inputs, earlier steps and states in each row.

    Args:
        plan: With a flow.
        given: SI columns of the inputs, all of shape (n,).
        rtol: Tolerance of a step.
    """
    flow = _flow(plan)
    moment = given[flow.variable]
    first, owner = groups(given, flow.variable)
    still = _still(plan, given, first)
    away = moment - still["start of the flow"][owner]
    # Rows before the start run backwards, on a trajectory of their own.
    back = away < 0
    owner = np.where(back, owner + len(first), owner)
    used, owner = np.unique(owner, return_inverse=True)
    span = np.zeros(len(used))
    np.maximum.at(span, owner, np.abs(away))
    signed = np.where(used >= len(first), -span, span)
    runs = _runs(plan, {name: v[used % len(first)] for name, v in still.items()}, signed)
    with np.errstate(all="ignore"):
        scaled = np.where(signed[owner] == 0, 0.0, away / signed[owner])
    states = integrate(system(flow, plan.fixed), runs, owner, scaled, rtol)
    rows = used[owner] % len(first)
    found = {name: values[rows] for name, values in still.items() if name not in given}
    found |= given
    found |= {state.symbol: states[k] for k, state in enumerate(flow.states)}
    return found


def peaks(plan: Plan, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return the largest |output| on each row's trajectory, over the variable's range, in SI."""
    flow = _flow(plan)
    first, owner = groups(given, flow.variable)
    still = _still(plan, given, first)
    start = still["start of the flow"]
    low, high = bounds(plan.law.quantities[flow.variable])
    latest = float(np.max(given[flow.variable]))
    ends = [np.full(len(first), latest if high is None else high) - start]
    if low is not None:
        ends.append(low - start)
    outputs = plan.signature.outputs
    found = {name: np.full(len(first), np.nan) for name in outputs}
    steps = Steps(plan.after, plan.fixed)
    for number, span in enumerate(ends):
        if number == 1 and not (span < 0).any():
            continue
        runs = _runs(plan, still, span)

        def watch(batch: np.ndarray, runs: Trajectories = runs) -> Watch:
            return _recorder(plan, steps, still, runs, batch, found)

        nobody = np.empty(0, dtype=int)
        equations = system(flow, plan.fixed)
        integrate(equations, runs, nobody, np.empty(0), PEAK_RTOL, watch)
    return {name: values[owner] for name, values in found.items()}


def groups(given: Mapping[str, Array], variable: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each set of equal parameters, and the set of each row."""
    rows = len(given[variable])
    others = [values for name, values in given.items() if name != variable]
    if not others:
        return np.zeros(1, dtype=int), np.zeros(rows, dtype=int)
    table = np.ascontiguousarray(np.stack(others, axis=1))
    # Rows as opaque bytes sort several times faster than rows as tuples of numbers.
    keys = (table + 0.0).view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).ravel()
    _, first, owner = np.unique(keys, return_index=True, return_inverse=True)
    return first, owner.ravel()


def _flow(plan: Plan) -> Flow:
    if plan.flow is None:
        raise ValueError("expected a plan with a flow")
    return plan.flow


def _still(plan: Plan, given: Mapping[str, Array], first: np.ndarray) -> dict[str, Array]:
    """Return what does not move along a trajectory, one value for each set of parameters."""
    flow = _flow(plan)
    chosen = {name: values[first] for name, values in given.items() if name != flow.variable}
    values = Steps(plan.before, plan.fixed)(chosen, len(first))
    starts: dict[str, Expression] = {"start of the flow": flow.start}
    starts |= {f"start of {state.symbol}": state.start for state in flow.states}
    free = frozenset[str]().union(*map(names, starts.values())) - plan.fixed.keys()
    needed = {name: values[name] for name in sorted(free)}
    found = evaluate(tape(starts, tuple(needed), plan.fixed), needed)
    return values | {name: np.broadcast_to(v, (len(first),)) for name, v in found.items()}


def _runs(plan: Plan, still: Mapping[str, Array], span: Array) -> Trajectories:
    flow = _flow(plan)
    initial = np.stack([still[f"start of {state.symbol}"] for state in flow.states])
    return Trajectories(still["start of the flow"], span, initial, still)


def _recorder(
    plan: Plan,
    steps: Steps,
    still: Mapping[str, Array],
    runs: Trajectories,
    batch: np.ndarray,
    found: Mapping[str, Array],
) -> Callable[[Array, Array], None]:
    """Return what keeps the largest |output| that it is shown."""
    flow = _flow(plan)
    start, span = runs.start[batch], runs.span[batch]

    def record(times: Array, states: Array) -> None:
        count = len(times)
        values = {name: np.repeat(v[batch], count) for name, v in still.items()}
        values[flow.variable] = (start[:, None] + span[:, None] * times).ravel()
        for k, state in enumerate(flow.states):
            values[state.symbol] = states[k].ravel()
        values = steps(values, len(batch) * count)
        for name, largest in found.items():
            seen = np.abs(values[name]).reshape(len(batch), count)
            seen = np.where(np.isfinite(seen), seen, np.nan)
            largest[batch] = np.fmax(largest[batch], np.fmax.reduce(seen, axis=1))

    record(np.zeros(1), runs.initial[:, batch, None])
    return record
