"""Write a plan without roots and flows as one tape, from declared units to declared units."""

from __future__ import annotations

from lawc.forms.tape import Tape
from lawc.knowledge.expression import Binary, Expression, Number, Symbol, substitute
from lawc.knowledge.law import Quantity
from lawc.lowering.plan import Assignment, Plan
from lawc.lowering.tapes import tape


def declared(plan: Plan) -> Tape | None:
    """Return the tape from inputs to outputs, all in declared units; None for other plans."""
    steps = [step for step in (*plan.before, *plan.after) if isinstance(step, Assignment)]
    if plan.flow is not None or len(steps) < len(plan.before) + len(plan.after):
        return None
    quantities = plan.law.quantities
    written: dict[str, Expression] = {}
    known = {name: _to_si(quantities[name]) for name in plan.signature.inputs}
    for step in steps:
        written[step.quantity] = substitute(step.expression, {**known, **written})
    outputs = {
        name: _from_si(written.get(name, known.get(name, Symbol(name))), quantities[name])
        for name in plan.signature.outputs
    }
    return tape(outputs, plan.signature.inputs, plan.fixed)


def _to_si(quantity: Quantity) -> Expression:
    unit = quantity.unit
    scaled = Binary("*", Symbol(quantity.name), Number(unit.factor))
    return Binary("+", scaled, Number(unit.offset))


def _from_si(value: Expression, quantity: Quantity) -> Expression:
    unit = quantity.unit
    return Binary("/", Binary("-", value, Number(unit.offset)), Number(unit.factor))
