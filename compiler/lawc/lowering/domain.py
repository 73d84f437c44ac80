"""Say how far inside its domain a law is asked, without units.

Each comparison of `valid` becomes a margin: the distance of its two sides over their size. It is
positive where the comparison holds, zero on its border, and lies between -1 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce as fold
from itertools import pairwise

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.expression import (
    Binary,
    Call,
    Comparison,
    Expression,
    Logic,
    Number,
    derivatives,
    names,
    substitute,
)
from lawc.knowledge.law import Law, Quantity, Validity
from lawc.knowledge.writing import write_expression
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Assignment, Plan
from lawc.lowering.tapes import tape

# Two sides that are both zero are equal: 0/tiny, not 0/0.
_TINY = Number(1e-300)
# Relative slack of an equality, which holds on no set that a sampler could hit.
_EQUAL = 1e-9
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


@dataclass(frozen=True)
class Region:
    """Conditions on inputs, as tapes that run anywhere.

    Attributes:
        conditions: The text of each condition that inputs decide, in order.
        margins: SI inputs to one margin for each comparison, positive inside.
        truth: SI inputs to one boolean for each condition.
        unchecked: Texts of conditions that speak of what the inputs do not give.
    """

    conditions: tuple[str, ...]
    margins: Tape
    truth: Tape
    unchecked: tuple[str, ...] = ()

    def holds(self, si: Mapping[str, Array]) -> np.ndarray:
        """Return which rows satisfy each condition, shape (conditions, n), booleans."""
        size = np.shape(next(iter(si.values())))
        if not self.conditions:
            return np.ones((0, *size), dtype=bool)
        # By numpy alone: a point on a border must not hold in one place and fail in another.
        found = evaluate(self.truth, si, compiled=False)
        return np.stack([found[name].astype(bool) for name, _ in self.truth.outputs])


def valid_region(plan: Plan) -> Region:
    """Return the region in which a plan's law is confirmed."""
    return region(plan, plan.law.validity)


def margins(plan: Plan) -> Tape:
    """Return the tape from SI inputs to the margins of `valid`, positive inside.

    A chain gives a margin for each of its comparisons, `and` splits, `or` takes the larger one.
    """
    return valid_region(plan).margins


def region(plan: Plan, conditions: Sequence[Validity]) -> Region:
    """Return a region of a plan's inputs; conditions on anything else are listed as unchecked."""
    known = {*plan.signature.inputs, *plan.fixed}
    written: dict[str, Expression] = {}
    for step in (*plan.before, *plan.after):
        if isinstance(step, Assignment) and names(step.expression) <= known:
            written[step.quantity] = substitute(step.expression, written)
            known.add(step.quantity)
    texts, outputs, truths, unchecked = [], {}, {}, []
    for number, validity in enumerate(conditions, start=1):
        text = validity.words or write_expression(validity.condition)
        if derivatives(validity.condition) or not names(validity.condition) <= known:
            unchecked.append(text)
            continue
        condition = substitute(validity.condition, written)
        texts.append(text)
        truths[f"condition {number}"] = condition
        for part, margin in enumerate(_margins(condition), start=1):
            outputs[f"margin {number}.{part}"] = margin
    inputs = plan.signature.inputs
    return Region(
        tuple(texts),
        tape(outputs, inputs, plan.fixed),
        tape(truths, inputs, plan.fixed),
        tuple(unchecked),
    )


def span(law: Law, name: str) -> tuple[float, float]:
    """Return the declared ends of a quantity in SI units.

    Raises:
        CompileError: It has none.
    """
    quantity = law.quantities[name]
    if quantity.low is None or quantity.high is None:
        raise CompileError(f"the range of {name} is not declared")
    return quantity.unit.to_si(quantity.low), quantity.unit.to_si(quantity.high)


def inside_box(inputs: Sequence[Quantity], columns: Mapping[str, Array]) -> np.ndarray:
    """Return which rows lie in all declared ranges, ends included; columns in declared units."""
    answer = np.ones(np.shape(columns[inputs[0].name]) if inputs else (), dtype=bool)
    for quantity in inputs:
        values = np.asarray(columns[quantity.name], dtype=np.float64)
        if quantity.low is not None:
            answer &= values >= quantity.low
        if quantity.high is not None:
            answer &= values <= quantity.high
    return answer


def _margins(node: Expression) -> tuple[Expression, ...]:
    match node:
        case Comparison(operators, operands):
            return tuple(
                _margin(operator, left, right)
                for operator, (left, right) in zip(operators, pairwise(operands), strict=True)
            )
        case Logic("and", operands):
            return tuple(margin for operand in operands for margin in _margins(operand))
        case Logic("or", operands):
            return (fold(_max, (fold(_min, _margins(operand)) for operand in operands)),)
        case Logic("not", (operand,)):
            return _margins(_negation(operand))
    raise CompileError(f"expected a condition, got `{write_expression(node)}`")


def _negation(node: Expression) -> Expression:
    match node:
        case Comparison(operators, operands):
            parts = tuple(
                Comparison((_OPPOSITE[operator],), pair)
                for operator, pair in zip(operators, pairwise(operands), strict=True)
            )
            return parts[0] if len(parts) == 1 else Logic("or", parts)
        case Logic("not", (operand,)):
            return operand
        case Logic(operator, operands):
            other = "or" if operator == "and" else "and"
            return Logic(other, tuple(_negation(operand) for operand in operands))
    raise CompileError(f"expected a condition, got `{write_expression(node)}`")


def _margin(operator: str, left: Expression, right: Expression) -> Expression:
    size = _max(Binary("+", Call("abs", (left,)), Call("abs", (right,))), _TINY)
    match operator:
        case "<" | "<=":
            return Binary("/", Binary("-", right, left), size)
        case ">" | ">=":
            return Binary("/", Binary("-", left, right), size)
    distance = Binary("/", Call("abs", (Binary("-", left, right),)), size)
    return Binary("-", Number(_EQUAL), distance) if operator == "=" else distance


def _max(left: Expression, right: Expression) -> Expression:
    return Call("max", (left, right))


def _min(left: Expression, right: Expression) -> Expression:
    return Call("min", (left, right))
