"""The right-hand side of a flow and its Jacobian, as tapes."""

from __future__ import annotations

from collections.abc import Mapping

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ZERO
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, names
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
    parameters = tuple(sorted((speaks | also) - {*states, flow.variable} - fixed.keys()))
    inputs = (*states, flow.variable, *parameters)
    rates = tape({state.symbol: state.rate for state in flow.states}, inputs, fixed)
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
        return System(states, parameters, rates, None, (), TABLE)
    return System(states, parameters, rates, slopes, tuple(found), TABLE, drift)
