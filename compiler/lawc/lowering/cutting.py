"""Say whether the time of a law of states can be cut into slabs, and what is handed on.

One coordinate has to tell the time and run evenly with it from the start on; the others must not
move. It may run faster for some inputs than for others, as t·√(k/m) does: slabs are even in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import fold
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Number, distinct, names
from lawc.lowering.ansatz import Ansatz
from lawc.lowering.fields.parts import Part, partial_of
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Flow
from lawc.lowering.sampler import declared_inputs, sample, to_si

MOST_ORDER = 2
_ROWS, _SEED = 64, 20_017
_NEAR = 1e-9


def carried(around: Ansatz, parts: Sequence[Part]) -> dict[str, int]:
    """Return the states that are handed on from slab to slab, with how many of value and slope.

    Args:
        around: Its starts hold where what the network says vanishes to that order.
        parts: What holds all along.

    Raises:
        CompileError: Time cannot be cut; the text says why.
    """
    plan = around.plan
    flow = plan.flow
    if flow is None:
        raise _refused(around, "nothing in it moves in time")
    time = flow.variable
    if time not in plan.signature.inputs:
        raise _refused(around, f"{time} is no input of `{plan.signature}`")
    if around.soft:
        raise _refused(around, f"its `{around.soft[0].label}` cannot be built in")
    found = _orders(around, flow, parts)
    moving = [side for side in around.coordinates.values() if time in names(side)]
    if len(moving) != 1 or time in names(fold(derivative(moving[0], time))):
        raise _refused(
            around,
            f"no one coordinate of its network runs evenly with {time}; let {time} begin with its "
            "start, and not run in decades",
        )
    _, clock = around.clock(time)
    if not isinstance(flow.start, Number):
        raise _refused(around, "it has no start at a moment that is the same for all")
    rows = to_si(declared_inputs(plan), sample(plan, _ROWS, _SEED))
    rows[time] = np.full(_ROWS, flow.start.value)
    begin = evaluate(clock, rows)
    if np.max(np.abs(begin["now"] + 1.0)) > _NEAR or not np.all(begin["rate"] > 0):
        raise _refused(
            around,
            f"it starts at {time} = {flow.start.value:g}, in SI, and its range begins elsewhere; "
            "let the range begin there",
        )
    return found


def _orders(around: Ansatz, flow: Flow, parts: Sequence[Part]) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in flow.states:
        if state.quantity in around.bounds:
            found[state.quantity] = max(found.get(state.quantity, 0), state.order + 1)
    for name, order in found.items():
        if order > MOST_ORDER:
            raise _refused(
                around,
                f"{name} is of order {order} in {flow.variable}, and value and slope are "
                "handed on, no more",
            )
    for part in parts:
        for name, asked in filter(None, map(partial_of, distinct(part.side))):
            order = dict(asked).get(flow.variable, 0)
            if name in around.bounds and order > found.get(name, 0):
                raise _refused(
                    around,
                    f"`{part.label}` speaks of derivatives of {name} to order {order}, of which "
                    f"its start gives {found.get(name, 0)}; ask for all states",
                )
    if not found:
        raise _refused(around, "no output is a state that begins with a given value")
    return found


def _refused(around: Ansatz, why: str) -> CompileError:
    return CompileError(f"no slabs of time are made for {around.plan.law.identity}: {why}")
