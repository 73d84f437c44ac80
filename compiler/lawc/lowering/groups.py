"""Turn the inputs of a law into fewer numbers that say the same: Buckingham's theorem.

A change of scale that the law allows (`scaling.py`) cannot change what the law says, so only
products of inputs that no such change moves can matter. Of the many bases of such products one is
chosen: some inputs repeat, each other input stands in exactly one group. Constants of known
dimension enter a group where that makes it a plain number, as in `Ea/(R*T)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations, islice
from math import comb, inf, isfinite, log10
from typing import Any

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.law import Quantity
from lawc.lowering.monomials import Exponents, monomial, monomial_text, product
from lawc.lowering.plan import Plan
from lawc.lowering.scaling import (
    Weights,
    claimed_bounds,
    law_scalings,
    row_reduce,
    scalable,
    scalable_bases,
    unit_scalings,
)
from lawc.lowering.tapes import tape
from lawc.units.dimension import NONE, Dimension

_MOST_CHOICES = 1500


@dataclass(frozen=True)
class Group:
    """A product of powers of inputs and constants.

    Attributes:
        name: `g1`, `g2`, … in the order of the inputs they stand for.
        exponents: By name of an input or constant; SI values are meant.
        low, high: Image of the declared box, SI.
        log: Whether it is to be scaled by its logarithm: it is positive, and an input is declared
            so or it spans more than a decade.
        dimension: What it measures; a plain number, unless every input that could cancel a
            dimension may be zero, or a number in the law hides a unit.
    """

    name: str
    exponents: Exponents
    low: float
    high: float
    log: bool
    dimension: Dimension = NONE

    def __str__(self) -> str:
        return monomial_text(self.exponents)


@dataclass(frozen=True)
class Reduction:
    """The groups of a law, and what makes each output a plain number.

    Attributes:
        inputs: Names of the inputs, in the order of the signature.
        groups: What the outputs, divided by their scales, depend on.
        scales: For each output, exponents so that output_SI = product * reduced output.
        constants: SI values of the constants that occur in groups and scales.
    """

    inputs: tuple[str, ...]
    groups: tuple[Group, ...]
    scales: Mapping[str, Exponents]
    constants: Mapping[str, float]

    def evaluate(self, si: Mapping[str, Any]) -> dict[str, Any]:
        """Return each group by name, from SI inputs; arrays, tensors and floats alike."""
        known = {**self.constants, **si}
        return {group.name: product(group.exponents, known) for group in self.groups}

    def scale(self, si: Mapping[str, Any]) -> dict[str, Any]:
        """Return the scale of each output in SI; 1.0 where it has none."""
        known = {**self.constants, **si}
        return {name: product(exponents, known) for name, exponents in self.scales.items()}

    @property
    def tape(self) -> Tape:
        """SI inputs to groups `g1`, … and scales `scale C`, … of the outputs."""
        outputs = {group.name: monomial(group.exponents) for group in self.groups}
        outputs |= {f"scale {name}": monomial(e) for name, e in self.scales.items()}
        return tape(outputs, self.inputs, self.constants)


def reduce(plan: Plan) -> Reduction:
    """Return the groups of a plan's inputs.

    Raises:
        CompileError: An input has no declared range; the text names all such inputs.
    """
    law = plan.law
    inputs = [law.quantities[name] for name in plan.signature.inputs]
    outputs = [law.quantities[name] for name in plan.signature.outputs]
    dimensions = {c.name: c.unit.dimension for c in law.constants.values()}
    dimensions |= {n: law.quantities[n].dimension for n in plan.fixed if n in law.quantities}
    constants = {
        name: (plan.fixed[name], d) for name, d in dimensions.items() if name in plan.fixed
    }
    variable = plan.flow.variable if plan.flow else None
    found = _choose(
        inputs, outputs, constants, law_scalings(law, plan.fixed), {variable} if variable else set()
    )
    # A bound that the author states, `C <= F*D/V`, is the best scale: what is left is at most 1.
    able = {q.name for q in inputs if si_range(q)[0] > 0} | constants.keys()
    bounds = {name: e for name, e in claimed_bounds(law).items() if e.keys() <= able}
    scales = {name: bounds.get(name, exponents) for name, exponents in found.scales.items()}
    used = {name for e in (*scales.values(), *(g.exponents for g in found.groups)) for name in e}
    values = {name: value for name, (value, _) in constants.items() if name in used}
    return Reduction(found.inputs, found.groups, scales, values)


def reduce_dimensions(
    inputs: Sequence[Quantity],
    outputs: Sequence[Quantity],
    constants: Mapping[str, tuple[float, Dimension]],
) -> Reduction:
    """Return the groups that dimensions alone allow, for any law of these quantities.

    Args:
        inputs, outputs: With declared ranges for the inputs.
        constants: SI value and dimension of each constant that the law may use.

    Raises:
        CompileError: An input has no declared range; the text names all such inputs.
    """
    dimensions = {q.name: q.dimension for q in (*inputs, *outputs)}
    scalings = unit_scalings(dimensions, {name: d for name, (_, d) in constants.items()})
    return _choose(inputs, outputs, constants, scalings, set())


def require_ranges(inputs: Iterable[Quantity]) -> None:
    """Check that every input has a declared range.

    Raises:
        CompileError: Some have none; the text names them.
    """
    missing = [q.name for q in inputs if q.low is None or q.high is None]
    if missing:
        raise CompileError(
            f"no range is declared for {', '.join(missing)}; "
            "a sampler needs one for every input, as in `[m] 0 .. 10`"
        )


def si_range(quantity: Quantity) -> tuple[float, float]:
    """Return the declared range in SI; infinite where none was declared."""
    low = -inf if quantity.low is None else quantity.unit.to_si(quantity.low)
    high = inf if quantity.high is None else quantity.unit.to_si(quantity.high)
    return low, high


@dataclass(frozen=True)
class _Gauge:
    """One choice of repeating inputs and what follows from it."""

    groups: tuple[Exponents, ...]
    scales: Mapping[str, Exponents]
    cost: tuple[float, ...]


def _choose(
    inputs: Sequence[Quantity],
    outputs: Sequence[Quantity],
    constants: Mapping[str, tuple[float, Dimension]],
    scalings: Sequence[Weights],
    variables: set[str],
) -> Reduction:
    require_ranges(inputs)
    names = [q.name for q in inputs]
    rows = [
        [scaling.get(name, Fraction(0)) for name in (*names, *(q.name for q in outputs))]
        for scaling in scalings
    ]
    # Rows that move no input say nothing about how outputs follow from inputs.
    reduced, pivots = row_reduce(rows, range(len(names)))
    rows = reduced[: len(pivots)]
    best = min(
        (
            gauge
            for choice in _choices(inputs, variables, len(pivots), pivots)
            if (gauge := _gauge(inputs, outputs, rows, choice, variables)) is not None
        ),
        key=lambda gauge: gauge.cost,
    )
    by_name = {q.name: q for q in inputs}
    used: dict[str, float] = {}
    groups = []
    for number, plain in enumerate(best.groups, start=1):
        exponents, dimension = _completed(plain, NONE, by_name, constants)
        used |= {name: constants[name][0] for name in exponents if name in constants}
        groups.append(_group(f"g{number}", exponents, dimension, by_name, used))
    scales = {}
    for output in outputs:
        exponents, _ = _completed(best.scales[output.name], output.dimension, by_name, constants)
        used |= {name: constants[name][0] for name in exponents if name in constants}
        scales[output.name] = exponents
    return Reduction(tuple(names), tuple(groups), scales, used)


def _choices(
    inputs: Sequence[Quantity], variables: set[str], rank: int, pivots: Sequence[int]
) -> Iterable[tuple[int, ...]]:
    """Yield sets of repeating inputs, the promising ones first where there are very many."""

    def promise(column: int) -> tuple[bool, bool, float]:
        q = inputs[column]
        return q.name in variables, si_range(q)[0] <= 0, _decades(q)

    order = sorted(range(len(inputs)), key=promise)
    choices = combinations(order, rank)
    if comb(len(inputs), rank) <= _MOST_CHOICES:
        return choices
    return chain([tuple(pivots)], islice(choices, _MOST_CHOICES))


def _gauge(
    inputs: Sequence[Quantity],
    outputs: Sequence[Quantity],
    rows: Sequence[Sequence[Fraction]],
    choice: tuple[int, ...],
    variables: set[str],
) -> _Gauge | None:
    """Return the groups for a choice of repeating inputs, None if they are dependent.

    An input that may be zero can be no divisor and no scale. If it would have to be, it stands as
    a group of its own and cancels nothing: the groups then keep its dimension.
    """
    reduced, pivots = row_reduce(rows, choice)
    if len(pivots) < len(choice):
        return None
    names = [q.name for q in inputs]
    groups = {
        names[j]: {names[j]: Fraction(1)}
        | {names[p]: -row[j] for row, p in zip(reduced, pivots, strict=True) if row[j]}
        for j in range(len(inputs))
        if j not in choice
    }
    scales = {
        q.name: {
            names[p]: row[len(inputs) + o]
            for row, p in zip(reduced, pivots, strict=True)
            if row[len(inputs) + o]
        }
        for o, q in enumerate(outputs)
    }
    alone = {names[c] for c in choice if not _may_repeat(inputs[c], groups, scales, variables)}
    for own, exponents in (*groups.items(), *scales.items()):
        for name in alone - {own}:
            exponents.pop(name, None)
    groups |= {name: {name: Fraction(1)} for name in alone}
    ordered = tuple(groups[name] for name in names if name in groups)
    decades = {q.name: _decades(q) for q in inputs}
    spans = sum(float(abs(e)) * decades[n] for g in ordered for n, e in g.items())
    exponents = [e for g in (*ordered, *scales.values()) for e in g.values()]
    cost = (
        len(ordered),
        round(spans, 6),
        float(sum(abs(e) for e in exponents)),
        float(sum(e.denominator for e in exponents)),
    )
    return _Gauge(ordered, scales, cost)


def _may_repeat(
    quantity: Quantity,
    groups: Mapping[str, Exponents],
    scales: Mapping[str, Exponents],
    variables: set[str],
) -> bool:
    if quantity.name in variables:
        return False
    if si_range(quantity)[0] > 0:
        return True
    zero = Fraction(0)
    return all(quantity.name not in e for e in scales.values()) and all(
        (e := g.get(quantity.name, zero)) >= 0 and e.denominator == 1 for g in groups.values()
    )


def _completed(
    exponents: Exponents,
    target: Dimension,
    inputs: Mapping[str, Quantity],
    constants: Mapping[str, tuple[float, Dimension]],
) -> tuple[Exponents, Dimension]:
    """Return the product with the fewest constants that give it the target's dimension.

    Where no constants do, the product stays as it is; the second value is what it measures then.
    """
    have = NONE
    for name, exponent in exponents.items():
        have *= inputs[name].dimension ** exponent
    lack = scalable(target / have)
    candidates = [n for n, (value, d) in constants.items() if value > 0 and scalable(d)]
    for size in range(min(len(candidates), 4) + 1):
        for names in combinations(candidates, size):
            powers = _solve([scalable(constants[name][1]) for name in names], lack)
            if powers is not None:
                extra = {n: p for n, p in zip(names, powers, strict=True) if p}
                return {**exponents, **extra}, target
    return exponents, Dimension.of(scalable(have / target))


def _solve(columns: Sequence[Weights], target: Weights) -> list[Fraction] | None:
    bases = scalable_bases([Dimension.of(c) for c in (*columns, target)])
    rows = [[c.get(base, Fraction(0)) for c in (*columns, target)] for base in bases]
    reduced, pivots = row_reduce(rows, range(len(columns)))
    if any(row[-1] for row in reduced[len(pivots) :]):
        return None
    powers = [Fraction(0)] * len(columns)
    for row, pivot in zip(reduced, pivots, strict=False):
        powers[pivot] = row[-1]
    return powers


def _group(
    name: str,
    exponents: Exponents,
    dimension: Dimension,
    inputs: Mapping[str, Quantity],
    constants: Mapping[str, float],
) -> Group:
    low, high = 1.0, 1.0
    for factor, exponent in exponents.items():
        if factor in constants and factor not in inputs:
            ends = (constants[factor] ** float(exponent),) * 2
        else:
            ends = _powered(*si_range(inputs[factor]), exponent)
        corners = [a * b for a in (low, high) for b in ends]
        low, high = min(corners), max(corners)
    declared = any(inputs[factor].log for factor in exponents if factor in inputs)
    log = low > 0 and isfinite(high) and (declared or high > 10 * low)
    return Group(name, exponents, low, high, log, dimension)


def _powered(low: float, high: float, exponent: Fraction) -> tuple[float, float]:
    if exponent == 1:
        return low, high
    if low < 0 and exponent.denominator == 1 and exponent.numerator % 2 == 0:
        largest = max(abs(low), abs(high))
        return (0.0 if high > 0 else abs(high)) ** exponent.numerator, largest**exponent.numerator
    ends = (low ** float(exponent), high ** float(exponent))
    return min(ends), max(ends)


def _decades(quantity: Quantity) -> float:
    low, high = si_range(quantity)
    return log10(high / low) if low > 0 else 0.0
