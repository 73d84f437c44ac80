"""Write the exact part of a network around a law: coordinates before it, conditions after it.

Before: each dimensionless group on [-1, 1], in the logarithm where it is declared so. After: the
initial conditions hold for any weights, since what the network says is multiplied by an envelope
that vanishes at the start to the order of the law; an output that is never negative stays so; and
the scale of the output is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lawc.forms.network import raw
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ONE, call, plus, times, total
from lawc.knowledge.expression import Expression, Number, Symbol
from lawc.lowering.groups import Reduction, monomial
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.positivity import never_negative
from lawc.lowering.program import Program
from lawc.lowering.starting import coordinates, start_of, variable_group
from lawc.lowering.tapes import tape
from lawc.training.outputs import write_output

Array = NDArray[np.float64]

_SLACK = 1e-7


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
        fitted: Outputs whose scale follows powers of the groups, fitted to the pilot.
        log: Outputs that are told by their logarithm: states that are never negative, and answers
            of one sign. It suits products, and what grows or dies away over decades.
        plain: Whether groups that spread over decades are coordinates as they are, which suits
            what swings evenly.
    """

    stretch: float = 0.0
    fitted: frozenset[str] = frozenset()
    log: frozenset[str] = frozenset()
    plain: bool = False


@dataclass(frozen=True)
class Surround:
    """The tapes before and after a network.

    Attributes:
        before: SI inputs to coordinates `1`, `2`, ….
        after: SI inputs and `network 1`, … to SI outputs.
    """

    before: Tape
    after: Tape
    choice: Choice = field(default_factory=Choice)


def surround(program: Program, pilot: Pilot, choice: Choice) -> Surround:
    """Return the exact part of a network for a program."""
    plan, reduction = program.plan, program.reduction
    inputs = plan.signature.inputs
    fixed = {**plan.fixed, **reduction.constants}
    before = tape(coordinates(plan, reduction, choice.stretch, choice.plain), inputs, fixed)
    said = [raw(number) for number in range(1, len(plan.signature.outputs) + 1)]
    outputs: dict[str, Expression] = {}
    for name, word in zip(plan.signature.outputs, said, strict=True):
        scale: Expression = monomial(reduction.scales[name])
        if name in choice.fitted:
            scale = times(scale, _powers(name, scale, reduction, pilot, inputs, fixed))
        outputs[name] = write_output(
            answer=pilot.values[name],
            scale=scale,
            condition=start_of(plan, reduction, name),
            said=Symbol(word),
            positive=never_negative(program.law, name) and _is_kept(pilot, name),
            log=name in choice.log,
            evaluate=lambda e: _values(e, inputs, fixed, pilot),
        )
    return Surround(before, tape(outputs, (*inputs, *said), fixed), choice)


def choices(program: Program, pilot: Pilot) -> tuple[Choice, ...]:
    """Return what is worth a trial for a program, each output treated alike."""
    everything, nothing = frozenset(program.signature.outputs), frozenset[str]()
    stretches = (0.0, 300.0) if variable_group(program.plan, program.reduction) else (0.0,)
    grouped = any(group.log for group in program.reduction.groups)
    positive = any(never_negative(program.law, name) for name in everything)
    flows = program.kind in ("ode", "dae")
    told = positive if flows else any(sign_of(pilot.values[name]) for name in everything)
    return tuple(
        Choice(*parts)
        for parts in product(
            stretches,
            (nothing, everything) if grouped else (nothing,),
            (nothing, everything) if told else (nothing,),
            (False, True) if grouped and not flows else (False,),
        )
    )


def combined(costs: Mapping[Choice, Mapping[str, float]]) -> Choice:
    """Return the best choice for each output, with the stretch that suits them together.

    Args:
        costs: What was left of each output in a trial of each choice.
    """

    def best(stretch: float, plain: bool, name: str) -> Choice:
        open_to = [c for c in costs if (c.stretch, c.plain) == (stretch, plain)]
        return min(open_to, key=lambda choice: costs[choice][name])

    outputs = list(next(iter(costs.values())))
    found = {}
    for stretch, plain in dict.fromkeys((choice.stretch, choice.plain) for choice in costs):
        each = {name: best(stretch, plain, name) for name in outputs}
        left = sum(costs[choice][name] for name, choice in each.items())
        fitted = frozenset(name for name, choice in each.items() if choice.fitted)
        log = frozenset(name for name, choice in each.items() if choice.log)
        found[left] = Choice(stretch, fitted, log, plain)
    return found[min(found)]


def sign_of(answers: Array) -> int:
    """Return 1 or -1 where all answers have that sign, 0 otherwise."""
    return 1 if (answers > 0).all() else -1 if (answers < 0).all() else 0


def _is_kept(pilot: Pilot, name: str) -> bool:
    """Return whether the reference keeps to it; a claim may be false."""
    return bool((pilot.values[name] >= -_SLACK * pilot.scales[name]).all())


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


def _values(
    expression: Expression, inputs: tuple[str, ...], fixed: Mapping[str, float], pilot: Pilot
) -> Array:
    found = evaluate(tape({"value": expression}, inputs, fixed), pilot.si)["value"]
    return np.broadcast_to(found, np.shape(next(iter(pilot.si.values()))))
