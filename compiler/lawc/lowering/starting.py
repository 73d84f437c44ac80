"""Say how the states of a law start, and in which coordinates they evolve smoothly.

The coordinates are the dimensionless groups, each on [-1, 1]. A start is a curve that begins as the
state does, and an envelope that vanishes there to the order of the law and stays bounded for long
times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lawc.knowledge.algebra import ONE, call, minus, over, plus, power, square, times, total
from lawc.knowledge.expression import Expression, Number, Symbol, names, substitute
from lawc.knowledge.law import Quantity
from lawc.lowering.groups import Group, Reduction
from lawc.lowering.monomials import monomial
from lawc.lowering.plan import Assignment, Plan


@dataclass(frozen=True)
class Condition:
    """How an output starts.

    Attributes:
        value: At the start; None where derivatives are given too.
        fading: A curve that starts as the output does and stays of that size.
        envelope: Zero at the start, to the order of the conditions; tends to one.
        reach: How far the start is behind, without units.
    """

    value: Expression | None
    fading: Expression
    envelope: Expression
    reach: Expression


def coordinates(
    plan: Plan, reduction: Reduction, stretch: float, plain: bool = False
) -> dict[str, Expression]:
    """Return what a network sees: each group on [-1, 1], in the logarithm where it is so.

    Args:
        plan: Whose groups they are.
        reduction: Of its inputs.
        stretch: How strongly the early part of the variable's range is spread; 0 leaves it.
        plain: Whether no logarithm is taken.
    """
    along = variable_group(plan, reduction) if stretch else None
    found: dict[str, Expression] = {}
    for group in reduction.groups:
        value: Expression = monomial(group.exponents)
        low, high = group.low, group.high
        if not low < high:
            continue
        if group.log and not plain:
            value, low, high = call("ln", value), math.log(low), math.log(high)
        elif group is along:
            rate = stretch / high
            value = call("ln", plus(ONE, times(Number(rate), value)))
            low, high = math.log1p(rate * low), math.log1p(rate * high)
        middle, half = (low + high) / 2, (high - low) / 2
        found[str(len(found) + 1)] = over(minus(value, Number(middle)), Number(half))
    # A law of no varying group still needs a coordinate; it is constant.
    return found or {"1": times(Number(0.0), Symbol(reduction.inputs[0]))}


def variable_group(plan: Plan, reduction: Reduction) -> Group | None:
    """Return the group that measures the way from the start, if there is one that can."""
    flow = plan.flow
    if flow is None or flow.start not in (Number(0), Number(0.0)):
        return None
    for group in reduction.groups:
        own = group.exponents.get(flow.variable)
        if own == 1 and group.low >= 0 and not group.log and group.dimension.is_none:
            return group
    return None


def start_of(plan: Plan, reduction: Reduction, name: str) -> Condition | None:
    """Return how an output starts, None where it has no condition that can be written down."""
    flow = plan.flow
    if flow is None or flow.variable not in plan.signature.inputs:
        return None
    states = sorted((s for s in flow.states if s.quantity == name), key=lambda s: s.order)
    if not states or [s.order for s in states] != list(range(len(states))):
        return None
    written: dict[str, Expression] = {}
    for step in plan.before:
        if isinstance(step, Assignment):
            written[step.quantity] = substitute(step.expression, written)
    known = {*plan.signature.inputs, *plan.fixed}
    starts = [substitute(state.start, written) for state in states]
    begin = substitute(flow.start, written)
    if not all(names(expression) <= known for expression in (*starts, begin)):
        return None
    away = minus(Symbol(flow.variable), begin)
    group = variable_group(plan, reduction)
    if group is not None:
        reach = monomial(group.exponents)
    else:
        reach = over(away, Number(_usual_way(plan.law.quantities[flow.variable], begin)))
    if len(states) == 1:
        fading = call("exp", times(Number(-1), reach))
        envelope = times(Number(-1), call("expm1", times(Number(-1), reach)))
        return Condition(starts[0], times(starts[0], fading), envelope, reach)
    order = Number(len(states))
    grown = square(reach) if len(states) == 2 else power(reach, order)
    series = total(
        times(start, over(power(away, Number(k)), Number(math.factorial(k))))
        for k, start in enumerate(starts)
    )
    grown_to_one = over(grown, plus(ONE, grown))
    return Condition(None, over(series, plus(ONE, grown)), grown_to_one, reach)


def _usual_way(variable: Quantity, begin: Expression) -> float:
    """Return how far from the start an output is free of it, in SI.

    Where decades of the variable are alike, an output moves from the first of them on: a way of the
    usual size would leave the network to say numbers that grow by all these decades.
    """
    low, high = variable.low or 0.0, variable.high if variable.high is not None else 1.0
    begun = begin.value if isinstance(begin, Number) else None
    if variable.log and begun is not None and low * variable.unit.factor > begun:
        return low * variable.unit.factor - begun
    return (high - low) * variable.unit.factor / 10 or 1.0
