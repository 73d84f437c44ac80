"""Add to what a network says just so much of something monotone that its sentences hold.

For each sentence there is a product of powers of the inputs that moves the right way with the input
it speaks of, the wrong way with none of the others that are spoken of, and keeps every change of
scale that the network keeps. Their sum is added to an answer, or its exponential multiplies one
that is never negative. Whatever the weights of the network are, a large enough share of it makes
the sentences hold; a network that was fitted well needs a share far below its tolerance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from lawc.forms.network import Network
from lawc.forms.tape import Step, Tape
from lawc.lowering.interval_table import Interval
from lawc.lowering.monomials import product
from lawc.lowering.positivity import never_negative
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone
from lawc.lowering.scaling import Weights
from lawc.lowering.slope_search import run_intervals
from lawc.lowering.starting import start_of
from lawc.lowering.tape_scalings import degrees, scalings
from lawc.training.envelopes import Pilot

_LEAST = Fraction(1, 4)
"""The exponent of an input that a sentence speaks of is at least so far from zero."""

_WORDS = (np.float64(-100.0), np.float64(100.0))
"""More than what networks say."""

_TINY = 1e-290

_WIDE = 5.0
"""What a range that begins at zero counts for, in the logarithm."""


@dataclass(frozen=True)
class Cover:
    """What is added to one output.

    Attributes:
        output: Its name.
        sign: 1 where it is added, -1 where it is taken off.
        parts: Exponents of SI inputs and a factor, for each product of powers. On the rows of the
            pilot their sum is typically at most one, as a share of the output where it is added.
        times: Whether its exponential multiplies the output.
    """

    output: str
    sign: int
    parts: tuple[tuple[Weights, float], ...]
    times: bool

    def over(self, form: Network, share: float) -> Network:
        """Return a network with a share of it."""
        after = form.after
        register = dict(after.outputs)[self.output]
        steps = list(after.steps)

        def add(operation: str, *operands: int, value: float = 0.0) -> int:
            steps.append(Step(operation, operands, value))
            return len(after.inputs) + len(steps) - 1

        total: int | None = None
        for exponents, factor in self.parts:
            found = add("constant", value=self.sign * share * factor)
            for name, exponent in exponents.items():
                power = after.inputs.index(name)
                if exponent != 1:
                    power = add("power", power, add("constant", value=float(exponent)))
                found = add("multiply", found, power)
            total = found if total is None else add("add", total, found)
        assert total is not None
        whole = add("multiply", register, add("exp", total)) if self.times else None
        whole = add("add", register, total) if whole is None else whole
        outputs = tuple((n, whole if n == self.output else r) for n, r in after.outputs)
        tape = Tape(after.inputs, tuple(steps), outputs)
        return Network(form.before, form.sizes, tape, form.theta)


def cover(form: Network, program: Program, said: Sequence[Monotone], pilot: Pilot) -> Cover | None:
    """Return what can make some sentences about one output hold; None where nothing can.

    Args:
        form: The network, of any weights.
        program: Its law and domain.
        said: Sentences about one output.
        pilot: Rows by which it is sized.
    """
    output = said[0].output
    signs = {one.by: one.sign for one in said}
    if any(signs[one.by] != one.sign for one in said):
        return None
    inputs = program.signature.inputs
    regions = [part.truth for part in (program.region, *(one.region for one in said))]
    changes = scalings(inputs, (form.after, *regions), (form.before,))
    degree = degrees(form.after, changes)[output]
    condition = start_of(program.plan, program.reduction, output)
    begun = program.variable if condition is not None else None
    if never_negative_for_any_words(form, program, output):
        # What falls towards zero does so by shares of itself.
        ways = [(True, 1), (True, -1)]
    else:
        ways = [(False, 1), *([] if never_negative(program.law, output) else [(False, -1)])]
    for times, sign in ways:
        wanted = tuple(Fraction(0) for _ in degree) if times else degree
        found = [_exponents(program, signs, {one.by}, sign, begun, changes, wanted) for one in said]
        if all(exponents is not None for exponents in found):
            unlike = list({tuple(sorted(e.items())): e for e in found if e is not None}.values())
            return Cover(output, sign, _sized(unlike, pilot, output, times), times)
    return None


def way_of_decay(
    form: Network, program: Program, said: Sequence[Monotone], begun: str
) -> Weights | None:
    """Return a product of powers that moves with all inputs against what is said of an output.

    It grows with the way from the start, and no change of scale that the network keeps moves it.
    """
    signs = {one.by: one.sign for one in said}
    inputs = program.signature.inputs
    changes = scalings(inputs, (form.after,), (form.before,))
    nothing = [Fraction(0) for _ in changes]
    return _exponents(program, signs, signs.keys(), -1, begun, changes, nothing)


def never_negative_for_any_words(form: Network, program: Program, output: str) -> bool:
    """Return whether the tape after a network gives nothing negative, whatever it says."""
    ends: dict[str, Interval] = dict.fromkeys(form.after.inputs, _WORDS)
    for q in program.inputs:
        low, high = (np.float64(q.unit.to_si(end or 0.0)) for end in (q.low, q.high))
        ends[q.name] = low, high
    return bool(np.all(run_intervals(form.after, ends)[output][0] >= -_TINY))


def _sized(
    found: Sequence[Weights], pilot: Pilot, output: str, times: bool
) -> tuple[tuple[Weights, float], ...]:
    answer = pilot.values[output]
    typical = 1.0 if times else float(np.sqrt(np.mean(np.square(answer)))) or 1.0
    values = [np.broadcast_to(product(e, pilot.si), answer.shape) for e in found]
    sizes = [float(np.sqrt(np.mean(np.square(v)))) / typical or 1.0 for v in values]
    return tuple((e, 1.0 / (size * len(found))) for e, size in zip(found, sizes, strict=True))


def _exponents(
    program: Program,
    signs: Mapping[str, int],
    strictly: Collection[str],
    sign: int,
    begun: str | None,
    changes: Sequence[Weights],
    wanted: Sequence[Fraction],
) -> Weights | None:
    """Return exponents of a product that moves with some inputs, of the least spread."""
    ranges, spreads = [], []
    for quantity in program.inputs:
        low, high = (quantity.unit.to_si(end or 0.0) for end in (quantity.low, quantity.high))
        way = sign * signs.get(quantity.name, 0)
        if low < 0 or high <= 0:
            ranges.append((0.0, 0.0))
        elif low == 0:
            # A power of zero is a number, and moves at zero, for an exponent of one only.
            least = float(quantity.name == begun or (way > 0 and quantity.name in strictly))
            ranges.append((least, least))
        else:
            strict = float(_LEAST) if quantity.name in strictly else 0.0
            ranges.append(
                (strict, None) if way > 0 else (None, -strict) if way < 0 else (None, None)
            )
        own = ranges[-1]
        if quantity.name in strictly and not (own[0] or own[1]):
            return None
        if way < 0 and own[0]:
            return None
        spreads.append(np.log(high / low) if 0 < low < high else _WIDE)
    count = len(ranges)
    names = [q.name for q in program.inputs]
    matrix = [[float(change.get(name, 0)) for name in names] + [0.0] * count for change in changes]
    unit = np.eye(count)
    found = linprog(
        np.concatenate([np.zeros(count), spreads]),
        np.block([[unit, -unit], [-unit, -unit]]),
        np.zeros(2 * count),
        np.array(matrix) if matrix else None,
        np.array([float(w) for w in wanted]) if matrix else None,
        [*ranges, *([(0, None)] * count)],
    )
    if found.x is None:
        return None
    exact = [Fraction(float(x)).limit_denominator(64) for x in found.x[:count]]
    exponents = {name: x for name, x in zip(names, exact, strict=True) if x}
    for change, degree in zip(changes, wanted, strict=True):
        if (
            sum((x * change.get(n, Fraction(0)) for n, x in exponents.items()), Fraction(0))
            != degree
        ):
            return None
    return exponents or None
