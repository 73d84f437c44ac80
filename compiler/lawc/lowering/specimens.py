"""Points of a plan's domain, at which a formula is tried before it is trusted."""

from __future__ import annotations

import numpy as np

from lawc.knowledge.expression import derivatives, names
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.points import sample
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape

OVERSAMPLE = 16


def specimens(plan: Plan, count: int, seed: int) -> dict[str, Array]:
    """Return SI values of inputs and of the steps before a flow, at most `count` rows.

    They are drawn from the declared ranges; conditions of `valid` that speak of these names hold.
    """
    rows = count * OVERSAMPLE
    values = sample(plan.law, plan.signature.inputs, rows, seed, {})
    values = Steps(plan.before, plan.fixed)(values, rows)
    good = np.ones(rows, dtype=bool)
    for validity in plan.law.validity:
        condition = validity.condition
        spoken = names(condition) - plan.fixed.keys()
        if spoken <= values.keys() and not derivatives(condition):
            given = {name: values[name] for name in sorted(spoken)}
            held = evaluate(tape({"held": condition}, tuple(given), plan.fixed), given)["held"]
            good &= np.broadcast_to(held, (rows,)).astype(bool)
    chosen = np.flatnonzero(good)[:count]
    return {name: np.broadcast_to(column, (rows,))[chosen] for name, column in values.items()}
