"""The courses of a flow's states, and the largest values on them.

Rows that differ only in the variable share one trajectory; it is integrated once, as far as the
farthest of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lawc.knowledge.expression import Expression, Symbol, names, substitute
from lawc.lowering.flows import spoken, symbol
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Assignment, Flow, Plan
from lawc.lowering.points import bounds
from lawc.lowering.rounding import with_rounding
from lawc.lowering.steps import Steps
from lawc.lowering.systems import system
from lawc.lowering.tapes import tape
from lawc.solvers.driving import marked
from lawc.solvers.following import Follower, follower
from lawc.solvers.initial_value import integrate, largest
from lawc.solvers.marching import Watch
from lawc.solvers.trajectories import End, Ends, System, Trajectories

PEAK_RTOL = 1e-6
ROUNDED = 1e-13
"""A state that is never more than this share of what it stands beside is rounding."""
STEP = 0.05
"""Errors of steps add up; each may take this share of the tolerance."""


@dataclass(frozen=True)
class Course:
    """States of a flow in each row, and how the trajectories ended.

    Attributes:
        values: SI values of inputs, earlier steps and states, shape (n,).
        owner: The trajectory of each row.
        ends: How each trajectory ended, in values of the variable.
    """

    values: dict[str, Array]
    owner: np.ndarray
    ends: Ends


@dataclass(frozen=True)
class Prepared:
    """What many calls for one plan share: its equations, and their compiled program if any."""

    equations: System
    program: Follower | None


def prepare(plan: Plan) -> Prepared:
    """Return what courses of a plan need, for a caller that asks again and again."""
    equations = system(_flow(plan), plan.fixed)
    return Prepared(equations, follower(equations, hurry=True))


def course(
    plan: Plan, given: Mapping[str, Array], rtol: float, prepared: Prepared | None = None
) -> Course:
    """Return inputs, earlier steps and states in each row.

    Args:
        plan: With a flow.
        given: SI columns of the inputs, all of shape (n,).
        rtol: What a state may be off, relative to its largest value so far.
        prepared: From `prepare`, for this plan.
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
    chosen = {name: v[used % len(first)] for name, v in still.items()}
    runs = _runs(plan, chosen, signed, prepared=prepared)
    with np.errstate(all="ignore"):
        scaled = np.where(signed[owner] == 0, 0.0, away / signed[owner])
    program = None if prepared is None else prepared.program
    solved = integrate(runs, owner, scaled, rtol * STEP, program=program)
    ends = replace(solved.ends, time=runs.start + runs.span * solved.ends.time)
    rows = used[owner] % len(first)
    found = {name: values[rows] for name, values in still.items() if name not in given}
    found |= given
    found |= {state.symbol: solved.states[k] for k, state in enumerate(flow.states)}
    return Course(found, owner, ends)


def ending(plan: Plan, solved: Course, row: int) -> str:
    """Return why the trajectory of a row ended before its time, or nothing."""
    flow = _flow(plan)
    ends, number = solved.ends, solved.owner[row]
    if ends.reason[number] in (End.STOPPED, End.CROWDED):
        return _ending_event(plan, ends, number)
    state = flow.states[int(ends.which[number])] if ends.which[number] < len(flow.states) else None
    name = "" if state is None else spoken(symbol(state.quantity, state.order), flow.variable)
    at = _moment(plan, float(ends.time[number]))
    match End(int(ends.reason[number])):
        case End.NO_START:
            return f"{name} starts from no number"
        case End.RUNAWAY:
            return f"{name} leaves every bound at {at}"
        case End.SINGULAR:
            return f"{name} changes without bound at {at}"
        case End.NO_NUMBER:
            return f"the rates are no numbers from {at} on"
        case End.TOO_LONG:
            return f"the way is too long: the solver stopped at {at}"
    return ""


def _ending_event(plan: Plan, ends: Ends, number: int) -> str:
    flow = _flow(plan)
    label = flow.events[int(ends.which[number])].label
    at = _moment(plan, float(ends.time[number]))
    if ends.reason[number] == End.STOPPED:
        return f"`{label}` ends the course at {at}"
    return f"`{label}` happens ever faster towards {at}, and the law does not say what follows"


def _moment(plan: Plan, si: float) -> str:
    variable = _flow(plan).variable
    unit = plan.law.quantities[variable].unit
    moment = (si - unit.offset) / unit.factor
    return f"{variable} = {moment:.6g}" + (f" [{unit.text}]" if unit.text else "")


def trajectories(plan: Plan, given: Mapping[str, Array]) -> Trajectories:
    """Return one trajectory for each row of SI columns, from the start to the row's variable."""
    flow = _flow(plan)
    still = _still(plan, given, np.arange(len(given[flow.variable])))
    return _runs(plan, still, given[flow.variable] - still["start of the flow"])


def peaks(plan: Plan, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return the largest |output| on each row's trajectory, over the variable's range, in SI.

    One that is zero but for rounding all the way is as large as others of its dimension, and where
    there are none, as its declared range.
    """
    flow = _flow(plan)
    first, owner = groups(given, flow.variable)
    still = _still(plan, given, first)
    start = still["start of the flow"]
    low, high = bounds(plan.law.quantities[flow.variable])
    latest = float(np.max(given[flow.variable], initial=-np.inf))
    ends = [np.full(len(first), latest if high is None else high) - start]
    if low is not None:
        ends.append(low - start)
    outputs = plan.signature.outputs
    found = {name: np.full(len(first), np.nan) for name in outputs}
    for number, span in enumerate(ends):
        if number == 1 and not (span < 0).any():
            continue
        watched = _watched(plan)
        if watched is not None:
            runs = _runs(plan, still, span, frozenset[str]().union(*map(names, watched.values())))
            equations = runs.system
            inputs = (*equations.states, flow.variable, *equations.parameters)
            most = largest(runs, tape(watched, inputs, plan.fixed), PEAK_RTOL)
            if most is not None:
                for name, values in zip(outputs, most, strict=True):
                    found[name] = np.fmax(found[name], values)
                continue
        runs = _runs(plan, still, span)
        watch = _recorder(plan, still, runs, found)
        everyone = np.arange(len(first))
        watch(everyone, np.zeros((len(first), 1)), runs.initial[:, :, None])
        integrate(runs, everyone[:0], np.empty(0), PEAK_RTOL, watch)
    return {name: values[owner] for name, values in _measured(plan, still, found).items()}


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


def _measured(
    plan: Plan, still: Mapping[str, Array], found: Mapping[str, Array]
) -> dict[str, Array]:
    """Return peaks of outputs, with another measure where there is rounding and nothing else."""
    quantities = plan.law.quantities
    begun = [(s.quantity, still[f"start of {s.symbol}"]) for s in _flow(plan).states if not s.order]
    sizes: dict[str, Array] = {}
    for name, own in found.items():
        dimension = quantities[name].dimension
        beside = [np.abs(v) for n, v in begun if quantities[n].dimension == dimension]
        beside += [v for n, v in found.items() if quantities[n].dimension == dimension]
        alike = np.fmax.reduce(beside)
        declared = [abs(end) for end in bounds(quantities[name]) if end is not None]
        alike = np.where(alike > 0, alike, max(declared, default=0.0))
        sizes[name] = np.where(own <= ROUNDED * alike, alike, own)
    return sizes


def _watched(plan: Plan) -> dict[str, Expression] | None:
    """Return the outputs in terms of states and what stands still; None where one is a root."""
    written: dict[str, Expression] = {}
    for step in plan.after:
        if not isinstance(step, Assignment):
            return None
        written[step.quantity] = substitute(step.expression, written)
    return {name: written.get(name, Symbol(name)) for name in plan.signature.outputs}


def _runs(
    plan: Plan,
    still: Mapping[str, Array],
    span: Array,
    also: frozenset[str] = frozenset(),
    prepared: Prepared | None = None,
) -> Trajectories:
    flow = _flow(plan)
    initial = np.stack([still[f"start of {state.symbol}"] for state in flow.states])
    equations = prepared.equations if prepared else system(flow, plan.fixed, also)
    runs = Trajectories(equations, still["start of the flow"], span, initial, still)
    return with_rounding(marked(runs))


def _recorder(
    plan: Plan, still: Mapping[str, Array], runs: Trajectories, found: Mapping[str, Array]
) -> Watch:
    """Return what keeps the largest |output| that it is shown."""
    flow = _flow(plan)
    steps = Steps(plan.after, plan.fixed)

    def record(number: np.ndarray, times: Array, states: Array) -> None:
        count = times.shape[1]
        values = {name: np.repeat(v[number], count) for name, v in still.items()}
        moment = runs.start[number, None] + runs.span[number, None] * times
        values[flow.variable] = moment.ravel()
        for k, state in enumerate(flow.states):
            values[state.symbol] = states[k].ravel()
        values = steps(values, len(number) * count)
        for name, most in found.items():
            seen = np.abs(values[name]).reshape(len(number), count)
            seen = np.where(np.isfinite(seen), seen, np.nan)
            most[number] = np.fmax(most[number], np.fmax.reduce(seen, axis=1))

    return record
