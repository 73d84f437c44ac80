"""Write a plan without roots and flows as one tape, from declared units to declared units."""

from __future__ import annotations

from functools import cached_property

from lawc.forms.tape import Step, Tape
from lawc.knowledge.expression import Binary, Expression, Number, Symbol, substitute
from lawc.knowledge.law import Quantity
from lawc.lowering.balance import Balance
from lawc.lowering.plan import Assignment, Plan
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape
from lawc.lowering.verifying import balances


class Written:
    """A plan that is one tape in declared units, and what checks its answers.

    Attributes:
        tape: Inputs to outputs, all in declared units.
    """

    def __init__(self, plan: Plan, tape: Tape) -> None:
        self.plan = plan
        self.tape = tape

    @cached_property
    def steps(self) -> Steps:
        """The steps of the plan between SI values."""
        return Steps((*self.plan.before, *self.plan.after), self.plan.fixed)

    @cached_property
    def turned(self) -> bool:
        """Whether an equation was turned round, so that each row has to be held against it."""
        steps = (*self.plan.before, *self.plan.after)
        return any(isinstance(step, Assignment) and step.turned is not None for step in steps)

    @cached_property
    def balances(self) -> tuple[Balance, ...]:
        """The equations that answers have to satisfy."""
        return balances(self.plan)


def written_out(plan: Plan) -> Written | None:
    """Return a plan as one tape; None where it has a root or a flow."""
    steps = [step for step in (*plan.before, *plan.after) if isinstance(step, Assignment)]
    if (
        plan.flow is not None
        or plan.fields is not None
        or len(steps) < len(plan.before) + len(plan.after)
    ):
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
    return Written(plan, tape(outputs, plan.signature.inputs, plan.fixed))


def in_declared_units(plan: Plan, si: Tape) -> Tape:
    """Return a tape that takes and gives declared units, from one between SI values."""
    quantities = plan.law.quantities
    size = len(si.inputs)
    steps: list[Step] = []

    def put(operation: str, *operands: int, value: float = 0.0) -> int:
        steps.append(Step(operation, operands, value))
        return size + len(steps) - 1

    moved: dict[int, int] = {}
    for number, name in enumerate(si.inputs):
        unit, moved[number] = quantities[name].unit, number
        if unit.factor != 1:
            factor = put("constant", value=unit.factor)
            moved[number] = put("multiply", moved[number], factor)
        if unit.offset != 0:
            moved[number] = put("add", moved[number], put("constant", value=unit.offset))
    for number, step in enumerate(si.steps, start=size):
        operands = (moved[operand] for operand in step.operands)
        moved[number] = put(step.operation, *operands, value=step.value)
    outputs = []
    for name, register in si.outputs:
        unit, place = quantities[name].unit, moved[register]
        if unit.offset != 0:
            place = put("subtract", place, put("constant", value=unit.offset))
        if unit.factor != 1:
            place = put("divide", place, put("constant", value=unit.factor))
        outputs.append((name, place))
    return Tape(si.inputs, tuple(steps), tuple(outputs))


def _to_si(quantity: Quantity) -> Expression:
    unit = quantity.unit
    scaled = Binary("*", Symbol(quantity.name), Number(unit.factor))
    return Binary("+", scaled, Number(unit.offset))


def _from_si(value: Expression, quantity: Quantity) -> Expression:
    unit = quantity.unit
    return Binary("/", Binary("-", value, Number(unit.offset)), Number(unit.factor))
