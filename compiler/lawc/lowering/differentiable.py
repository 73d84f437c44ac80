"""Answer a signature in torch, with derivatives by the inputs.

Values are those of the reference. What is searched for gets its derivative by the theorem of
implicit functions: a Newton step from the root, whose Jacobian stands still, is the root itself
and depends on what the equations read as the root does, up to the first order; each further step
adds an order.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.torch_table import evaluate
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, names
from lawc.lowering.networks import named
from lawc.lowering.plan import Assignment, Plan, Root, Together
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape

ORDERS = 2
"""Up to which order derivatives of what is searched for are right."""


def answers(plan: Plan, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the outputs of a plan, twice differentiable by its inputs.

    Args:
        plan: Of an algebraic law.
        columns: A float64 tensor of shape (n,) for each input, in its declared unit.

    Returns:
        A tensor of shape (n,) for each output, in its declared unit.

    Raises:
        CompileError: The law moves along a variable or is one of fields; what follows from a
            solver has no derivative here.
        DomainError: A row has no answer.
        ShapeError: A column is missing or has another shape.
    """
    if plan.flow is not None or plan.fields is not None:
        raise CompileError(
            f"{plan.law.identity} is solved along {plan.flow.variable if plan.flow else 'fields'}; "
            "only algebraic laws have derivatives by their inputs here"
        )
    inputs = named(columns, plan.signature.inputs)
    rows = len(next(iter(inputs.values()), torch.empty(1)))
    values: dict[str, Tensor] = {}
    for name, column in inputs.items():
        unit = plan.law.quantities[name].unit
        values[name] = column.to(torch.float64) * unit.factor + unit.offset
    steps = (*plan.before, *plan.after)
    given = {name: value.detach().cpu().numpy() for name, value in values.items()}
    known = Steps(steps, plan.fixed)(given, rows)
    for step in steps:
        if isinstance(step, Assignment):
            value = _written(plan, {"value": step.expression}, values)["value"]
            held = torch.as_tensor(np.isfinite(known[step.quantity]), device=value.device)
            values[step.quantity] = torch.where(held, value, torch.nan)
        else:
            device = next((value.device for value in values.values()), torch.device("cpu"))
            found = {
                name: torch.as_tensor(known[name].copy(), device=device) for name in step.quantities
            }
            values |= _moved(plan, step, values, found)
    outputs: dict[str, Tensor] = {}
    for name in plan.signature.outputs:
        unit = plan.law.quantities[name].unit
        outputs[name] = ((values[name] - unit.offset) / unit.factor).expand(rows)
        if not torch.isfinite(outputs[name]).all():
            raise DomainError(f"{name} has no single value in some of {rows} rows")
    return outputs


def _written(
    plan: Plan, outputs: Mapping[str, Expression], values: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    spoken = frozenset[str]().union(*map(names, outputs.values())) - plan.fixed.keys()
    return evaluate(tape(outputs, sorted(spoken), plan.fixed), values)


def _moved(
    plan: Plan,
    step: Root | Together,
    values: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """Return solutions that depend on what their equations read."""
    balances = (step.expression,) if isinstance(step, Root) else step.expressions
    unknowns = step.quantities
    slopes = {
        f"{i},{j}": derivative(e, n) for i, e in enumerate(balances) for j, n in enumerate(unknowns)
    }
    still = {name: value.detach() for name, value in {**values, **found}.items()}
    entries = _written(plan, slopes, still)
    rows = len(next(iter(found.values())))
    count = len(unknowns)
    matrix = torch.stack(
        [
            torch.stack([entries[f"{i},{j}"].expand(rows) for j in range(count)], -1)
            for i in range(count)
        ],
        -2,
    )
    moved = dict(found)
    for _ in range(ORDERS):
        gaps = _written(plan, {str(k): e for k, e in enumerate(balances)}, {**values, **moved})
        right = torch.stack([gaps[str(k)].expand(rows) for k in range(count)], -1)
        # The gap is zero up to rounding; only its dependence counts, so rounding adds nothing.
        change = torch.linalg.solve(matrix, right - right.detach())
        moved = {name: moved[name] - change[:, k] for k, name in enumerate(unknowns)}
    return moved
