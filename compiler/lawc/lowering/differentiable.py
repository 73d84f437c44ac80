"""Answer a signature in torch, with derivatives by the inputs.

Values are those of the reference. What is searched for gets its derivative by the theorem of
implicit functions: one Newton step from the root, whose Jacobian stands still, is the root itself
and depends on what the equations read as the root does.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.torch_table import evaluate
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, names
from lawc.lowering.plan import Assignment, Plan, Root, Together
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape


def answers(plan: Plan, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the outputs of a plan, differentiable by its inputs.

    Args:
        plan: Of an algebraic law.
        columns: A float64 tensor of shape (n,) for each input, in its declared unit.

    Returns:
        A tensor of shape (n,) for each output, in its declared unit.

    Raises:
        CompileError: The law moves along a variable or is one of fields; what follows from a
            solver has no derivative here.
        DomainError: A row has no answer.
    """
    if plan.flow is not None or plan.fields is not None:
        raise CompileError(
            f"{plan.law.identity} is solved along {plan.flow.variable if plan.flow else 'fields'}; "
            "only algebraic laws have derivatives by their inputs here"
        )
    rows = len(next(iter(columns.values())))
    values: dict[str, Tensor] = {}
    for name in plan.signature.inputs:
        unit = plan.law.quantities[name].unit
        values[name] = columns[name].to(torch.float64) * unit.factor + unit.offset
    steps = (*plan.before, *plan.after)
    given = {name: value.detach().cpu().numpy() for name, value in values.items()}
    known = Steps(steps, plan.fixed)(given, rows)
    for step in steps:
        if isinstance(step, Assignment):
            values[step.quantity] = _written(plan, {"value": step.expression}, values)["value"]
        else:
            found = {name: torch.as_tensor(known[name].copy()) for name in step.quantities}
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
    here = {**values, **found}
    gaps = _written(plan, {str(k): e for k, e in enumerate(balances)}, here)
    slopes = {
        f"{i},{j}": derivative(e, n) for i, e in enumerate(balances) for j, n in enumerate(unknowns)
    }
    still = {name: value.detach() for name, value in here.items()}
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
    right = torch.stack([gaps[str(k)].expand(rows) for k in range(count)], -1)
    # The gap is zero up to rounding; only its dependence counts, so rounding adds nothing.
    change = torch.linalg.solve(matrix, right - right.detach())
    return {name: found[name] - change[:, k] for k, name in enumerate(unknowns)}
