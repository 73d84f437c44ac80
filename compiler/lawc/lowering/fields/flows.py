"""State a flow as fields of its variable alone, so that what solves fields solves it as well.

Each state is a field: its highest derivative is its rate, and it starts as the flow does. What is
written out on the way there and back is written into equations and outputs.
"""

from __future__ import annotations

from dataclasses import replace

from lawc.knowledge.algebra import minus
from lawc.knowledge.expression import Derivative, Expression, Symbol, names, rebuild
from lawc.knowledge.law import Condition
from lawc.lowering.flows import symbol
from lawc.lowering.plan import Assignment, Fields, Plan, Step

__all__ = ["as_fields"]


def as_fields(plan: Plan) -> Plan | None:
    """Return the same plan with fields in the place of its flow.

    None where something has to be searched for, or happens on the way.
    """
    flow = plan.flow
    if flow is None or flow.events or flow.algebraic:
        return None
    before, after = _written(plan.before), _written(plan.after)
    if before is None or after is None:
        return None
    orders: dict[str, int] = {}
    for state in flow.states:
        orders[state.quantity] = max(orders.get(state.quantity, 0), state.order + 1)
    parts: dict[str, Expression] = {
        symbol(name, order): Derivative(name, flow.variable, order) if order else Symbol(name)
        for name, most in orders.items()
        for order in range(most + 1)
    }

    def told(side: Expression) -> Expression:
        """Return a side of inputs, constants, fields and their derivatives."""
        known = {**before, **parts}

        def change(node: Expression) -> Expression | None:
            return known.get(node.name) if isinstance(node, Symbol) else None

        return rebuild(side, change)

    equations: list[Expression] = []
    conditions: list[Condition] = []
    start = told(flow.start)
    for state in flow.states:
        place = flow.variable, start
        conditions.append(Condition(state.quantity, state.order, told(state.start), *place))
        if state.order + 1 == orders[state.quantity]:
            highest = Derivative(state.quantity, flow.variable, state.order + 1)
            equations.append(minus(highest, told(state.rate)))
    outputs = {name: told(after.get(name, Symbol(name))) for name in plan.signature.outputs}
    inputs = set(plan.signature.inputs)
    known = inputs | plan.fixed.keys() | orders.keys()
    read = frozenset[str]().union(
        *map(names, equations), *(names(c.value) for c in conditions), *map(names, outputs.values())
    )
    if not read <= known or names(start) - plan.fixed.keys() or len(equations) != len(orders):
        return None
    fields = Fields(
        (),
        flow.variable,
        tuple(orders),
        tuple(equations),
        tuple(conditions),
        (),
        outputs,
        tuple(name for name in plan.signature.inputs if name != flow.variable),
    )
    return replace(plan, before=(), flow=None, after=(), fields=fields)


def _written(steps: tuple[Step, ...]) -> dict[str, Expression] | None:
    """Return what steps write out, in terms of what no step gives."""
    known: dict[str, Expression] = {}

    def change(node: Expression) -> Expression | None:
        return known.get(node.name) if isinstance(node, Symbol) else None

    for step in steps:
        if not isinstance(step, Assignment):
            return None
        known[step.quantity] = rebuild(step.expression, change)
    return known
