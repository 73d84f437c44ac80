"""The right-hand side of a flow and its Jacobian, as tapes."""

from __future__ import annotations

from collections.abc import Mapping

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ZERO
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, Symbol, names
from lawc.lowering.numpy_table import TABLE
from lawc.lowering.plan import Flow
from lawc.lowering.tapes import tape
from lawc.solvers.trajectories import System


def system(flow: Flow, fixed: Mapping[str, float], also: frozenset[str] = frozenset()) -> System:
    """Return the tapes of a flow.

    Args:
        flow: The initial-value problem.
        fixed: SI values of names that are no input.
        also: Names that what is watched speaks of.
    """
    states = tuple(state.symbol for state in flow.states)
    speaks = frozenset[str]().union(*(names(state.rate) for state in flow.states))
    for event in flow.events:
        speaks |= names(event.value)
        speaks = speaks.union(*map(names, (event.resets or {}).values()))
    parameters = tuple(sorted((speaks | also) - {*states, flow.variable} - fixed.keys()))
    inputs = (*states, flow.variable, *parameters)
    rates = tape({state.symbol: state.rate for state in flow.states}, inputs, fixed)
    conditions, resets = _events(flow, inputs, fixed)
    found: dict[tuple[int, int], Expression] = {}
    try:
        for i, state in enumerate(flow.states):
            for j, name in enumerate(states):
                slope = derivative(state.rate, name)
                if slope != ZERO:
                    found[i, j] = slope
        slopes = tape({f"{i},{j}": e for (i, j), e in found.items()}, inputs, fixed)
        drifts = {s.symbol: derivative(s.rate, flow.variable) for s in flow.states}
        drift = tape(drifts, inputs, fixed)
    except CompileError:
        return System(states, parameters, rates, None, (), TABLE, None, conditions, resets)
    return System(states, parameters, rates, slopes, tuple(found), TABLE, drift, conditions, resets)


def _events(
    flow: Flow, inputs: tuple[str, ...], fixed: Mapping[str, float]
) -> tuple[Tape | None, tuple[Tape | None, ...]]:
    """Return the tapes of what happens on the way: its conditions, and what each sets."""
    if not flow.events:
        return None, ()
    values = {f"event {number}": event.value for number, event in enumerate(flow.events)}
    resets: list[Tape | None] = []
    for event in flow.events:
        if event.resets is None:
            resets.append(None)
            continue
        kept: dict[str, Expression] = {s.symbol: Symbol(s.symbol) for s in flow.states}
        resets.append(tape({**kept, **event.resets}, inputs, fixed))
    return tape(values, inputs, fixed), tuple(resets)
