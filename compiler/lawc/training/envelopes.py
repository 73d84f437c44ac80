"""Write the exact part of a network around a law: coordinates before it, conditions after it.

Before: each dimensionless group on [-1, 1], in the logarithm where it is declared so. After: the
initial conditions hold for any weights, since what the network says is multiplied by an envelope
that vanishes at the start to the order of the law; an output that is never negative stays so; and
the scale of the output is taken out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lawc.forms.network import raw
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ONE, call, minus, over, plus, power, square, times, total
from lawc.knowledge.expression import Expression, Number, Symbol, names, substitute
from lawc.knowledge.law import Always, Claim, Law
from lawc.lowering.groups import Group, Reduction, monomial
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Assignment, Plan
from lawc.lowering.program import Program
from lawc.lowering.tapes import tape

Array = NDArray[np.float64]

SOFTNESS = 0.03
"""Where an output that is never negative bends towards zero, as a share of its typical size."""

_SMALL = 0.05


@dataclass(frozen=True)
class Pilot:
    """A few rows of the reference, in SI, from which constants of order one are taken.

    Attributes:
        si: Inputs by name, shape (n,).
        values, scales: Outputs and what their errors are measured against, shape (n,).
    """

    si: Mapping[str, Array]
    values: Mapping[str, Array]
    scales: Mapping[str, Array]


@dataclass(frozen=True)
class Choice:
    """What may be chosen about the exact part; a short trial decides.

    Attributes:
        stretch: How strongly the early part of the variable's range is spread; 0 leaves it.
        fitted: Whether the scale follows powers of the groups that were fitted to the pilot.
    """

    stretch: float = 0.0
    fitted: bool = False


@dataclass(frozen=True)
class Surround:
    """The tapes before and after a network, and the scale that both share.

    Attributes:
        before: SI inputs to coordinates `1`, `2`, ….
        after: SI inputs and `network 1`, … to SI outputs.
        sizes: SI inputs to two estimates of each output's scale in SI, `C` and `C fitted`.
    """

    before: Tape
    after: Tape
    sizes: Tape
    choice: Choice = field(default_factory=Choice)


def surround(program: Program, pilot: Pilot, choice: Choice) -> Surround:
    """Return the exact part of a network for a program."""
    plan, reduction = program.plan, program.reduction
    inputs = plan.signature.inputs
    fixed = {**plan.fixed, **reduction.constants}
    before = tape(_coordinates(plan, reduction, choice.stretch), inputs, fixed)
    plain = {name: monomial(e) for name, e in reduction.scales.items()}
    fitted = {
        name: times(scale, _powers(name, scale, reduction, pilot, inputs, fixed))
        for name, scale in plain.items()
    }
    outputs: dict[str, Expression] = {}
    said = [raw(number) for number in range(1, len(plan.signature.outputs) + 1)]
    for name, word in zip(plan.signature.outputs, said, strict=True):
        scale = (fitted if choice.fitted else plain)[name]
        parts = _condition(plan, reduction, name) or (Number(0), ONE)
        outputs[name] = _output(program, pilot, name, scale, parts, word, fixed)
    sizes = {**plain, **{f"{name} fitted": scale for name, scale in fitted.items()}}
    return Surround(
        before, tape(outputs, (*inputs, *said), fixed), tape(sizes, inputs, fixed), choice
    )


def choices(program: Program) -> tuple[Choice, ...]:
    """Return what is worth a trial for a program, the plainest first."""
    stretches = (0.0, 300.0) if _variable_group(program.plan, program.reduction) else (0.0,)
    fits = (False, True) if any(group.log for group in program.reduction.groups) else (False,)
    return tuple(Choice(stretch, fit) for stretch in stretches for fit in fits)


def never_negative(law: Law, name: str) -> bool:
    """Return whether the author claims it, without a region, or the declared range says it."""
    low = law.quantities[name].low
    if low is not None and law.quantities[name].unit.to_si(low) >= 0:
        return True
    return any(_claims_it(claim, name) for claim in law.claims)


def _claims_it(claim: Claim, name: str) -> bool:
    subject = claim.subject
    if claim.form is not Always.COMPARISON or claim.where:
        return False
    operands, operators = getattr(subject, "operands", ()), getattr(subject, "operators", ())
    for operator, left, right in zip(operators, operands[:-1], operands[1:], strict=True):
        if operator in ("<", "<="):
            left, right = right, left
        elif operator not in (">", ">="):
            continue
        if left == Symbol(name) and isinstance(right, Number) and right.value >= 0:
            return True
    return False


def _coordinates(plan: Plan, reduction: Reduction, stretch: float) -> dict[str, Expression]:
    along = _variable_group(plan, reduction) if stretch else None
    found: dict[str, Expression] = {}
    for group in reduction.groups:
        product: Expression = monomial(group.exponents)
        low, high = group.low, group.high
        if not low < high:
            continue
        if group.log:
            product, low, high = call("ln", product), math.log(low), math.log(high)
        elif group is along:
            rate = stretch / high
            product = call("ln", plus(ONE, times(Number(rate), product)))
            low, high = math.log1p(rate * low), math.log1p(rate * high)
        middle, half = (low + high) / 2, (high - low) / 2
        found[str(len(found) + 1)] = over(minus(product, Number(middle)), Number(half))
    # A law of no varying group still needs a coordinate; it is constant.
    return found or {"1": times(Number(0.0), Symbol(reduction.inputs[0]))}


def _variable_group(plan: Plan, reduction: Reduction) -> Group | None:
    """Return the group that measures the way from the start, if there is one that can."""
    flow = plan.flow
    if flow is None or flow.start not in (Number(0), Number(0.0)):
        return None
    for group in reduction.groups:
        own = group.exponents.get(flow.variable)
        if own == 1 and group.low >= 0 and not group.log and group.dimension.is_none:
            return group
    return None


def _condition(plan: Plan, reduction: Reduction, name: str) -> tuple[Expression, Expression] | None:
    """Return what an output is at its start, fading away, and the envelope of the rest.

    None where the output has no initial condition that can be written down.
    """
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
    group = _variable_group(plan, reduction)
    if group is not None:
        reach = monomial(group.exponents)
    else:
        quantity = plan.law.quantities[flow.variable]
        low, high = quantity.low or 0.0, quantity.high if quantity.high is not None else 1.0
        reach = over(away, Number((high - low) * quantity.unit.factor / 10 or 1.0))
    if len(states) == 1:
        fading = call("exp", times(Number(-1), reach))
        return times(starts[0], fading), times(Number(-1), call("expm1", times(Number(-1), reach)))
    order = Number(len(states))
    grown = square(reach) if len(states) == 2 else power(reach, order)
    series = total(
        times(start, over(power(away, Number(k)), Number(math.factorial(k))))
        for k, start in enumerate(starts)
    )
    return over(series, plus(ONE, grown)), over(grown, plus(ONE, grown))


def _powers(
    name: str,
    scale: Expression,
    reduction: Reduction,
    pilot: Pilot,
    inputs: tuple[str, ...],
    fixed: Mapping[str, float],
) -> Expression:
    """Return the product of powers of groups that fits the scales of the pilot best."""
    logs = [group for group in reduction.groups if group.log]
    wanted = pilot.scales[name] / np.abs(_values(scale, inputs, fixed, pilot))
    good = np.isfinite(wanted) & (wanted > 0)
    if not logs or good.sum() < 4 * (len(logs) + 1):
        return ONE
    columns = [np.log(_values(monomial(g.exponents), inputs, fixed, pilot)) for g in logs]
    matrix = np.stack([np.ones_like(wanted), *columns], axis=1)[good]
    solution = np.linalg.lstsq(matrix, np.log(wanted[good]), rcond=None)[0]
    terms = [
        times(Number(round(float(a), 3)), call("ln", monomial(group.exponents)))
        for a, group in zip(solution[1:], logs, strict=True)
    ]
    return call("exp", plus(Number(round(float(solution[0]), 3)), total(terms)))


def _output(
    program: Program,
    pilot: Pilot,
    name: str,
    scale: Expression,
    parts: tuple[Expression, Expression],
    word: str,
    fixed: Mapping[str, float],
) -> Expression:
    """Return an output in terms of what the network says, which is then of order one."""
    start, envelope = parts
    inputs = program.signature.inputs
    size, grown = _values(scale, inputs, fixed, pilot), _values(envelope, inputs, fixed, pilot)
    rest = pilot.values[name] - _values(start, inputs, fixed, pilot)
    with np.errstate(all="ignore"):
        wanted = rest / (size * grown)
    wanted = wanted[np.isfinite(wanted) & (np.abs(grown) > _SMALL)]
    if not wanted.size:
        wanted = np.ones(1)
    said: Expression = Symbol(word)
    positive = never_negative(program.law, name) and bool((wanted > 0).all())
    if positive and envelope == ONE:
        # Its error is measured against itself, so the logarithm is what must be exact.
        logs = np.log(wanted)
        half = max(float(np.ptp(logs)) / 2, 1e-3)
        middle = float(logs.max() + logs.min()) / 2
        return times(scale, call("exp", plus(Number(middle), times(Number(half), said))))
    typical = float(np.quantile(np.abs(wanted), 0.95)) or 1.0
    if positive:
        bend = Number((2 * SOFTNESS) ** 2)
        said = over(plus(said, call("sqrt", plus(square(said), bend))), Number(2))
    elif envelope == ONE:
        middle = float(wanted.max() + wanted.min()) / 2
        typical = max(float(np.ptp(wanted)) / 2, 1e-3 * typical)
        said = plus(Number(middle / typical), said)
    return plus(start, times(times(scale, envelope), times(Number(typical), said)))


def _values(
    expression: Expression, inputs: tuple[str, ...], fixed: Mapping[str, float], pilot: Pilot
) -> Array:
    found = evaluate(tape({"value": expression}, inputs, fixed), pilot.si)["value"]
    return np.broadcast_to(found, np.shape(next(iter(pilot.si.values()))))
