"""Fields that move: the method of lines, with the fifth-order Radau method of Hairer and Wanner.

What moves is `G(t, u, u') = 0`, with a mass matrix that may be singular: values at ends and the
pressure of a flow have no rate. The method damps what is infinitely stiff, so a start that its
ends contradict does no harm. Between two steps the field is the polynomial of the method.

E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, 2nd ed. (1996), §IV.8.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.solvers.assembling import Assembly
from lawc.solvers.elements import Reading
from lawc.solvers.factoring import Factored, factor
from lawc.solvers.field_problem import Array
from lawc.solvers.patience import look_at_clock

_S6 = 6**0.5
STAGES = np.array([(4 - _S6) / 10, (4 + _S6) / 10, 1])
_C = STAGES
_E = np.array([-13 - 7 * _S6, -13 + 7 * _S6, -1]) / 3
_MU_REAL = 3 + 3 ** (2 / 3) - 3 ** (1 / 3)
_MU_COMPLEX = 3 + 0.5 * (3 ** (1 / 3) - 3 ** (2 / 3)) - 0.5j * (3 ** (5 / 6) + 3 ** (7 / 6))
_T = np.array(
    [
        [0.09443876248897524, -0.14125529502095421, 0.03002919410514742],
        [0.25021312296533332, 0.20412935229379994, -0.38294211275726192],
        [1, 1, 0],
    ]
)
_TI = np.array(
    [
        [4.17871859155190428, 0.32768282076106237, 0.52337644549944951],
        [-4.17871859155190428, -0.32768282076106237, 0.47662355450055044],
        [0.50287263494578682, -2.57192694985560522, 0.59603920482822492],
    ]
)
_TI_REAL = _TI[0]
_TI_COMPLEX = _TI[1] + 1j * _TI[2]
_A = np.array(
    [
        [(88 - 7 * _S6) / 360, (296 - 169 * _S6) / 1800, (-2 + 3 * _S6) / 225],
        [(296 + 169 * _S6) / 1800, (88 + 7 * _S6) / 360, (-2 - 3 * _S6) / 225],
        [(16 - _S6) / 36, (16 + _S6) / 36, 1 / 9],
    ]
)
_A_INVERSE = np.linalg.inv(_A)
# Powers of the share of a step, so that the polynomial takes the stages' values.
_BETWEEN = np.linalg.inv(_C[:, None] ** np.arange(1, 4))

Follow = Callable[[float, float, Array, Array, Factored, Factored], None]
"""What is told of a step: its start, length, unknowns, stages and the factors it was solved by."""

NEWTON_STEPS = 8
MOST_STEPS = 20_000
FACTORED = 2
"""Lengths of steps whose factorisations are kept."""


@dataclass(frozen=True)
class Course:
    """Unknowns over time: for each step its start, length, value and polynomial."""

    times: Array
    lengths: Array
    values: Array
    powers: Array

    def read(self, reading: Reading, field: int, times: Array, place: int | None = None) -> Array:
        """Return a field, or a derivative of it, at points and times of the same number."""
        step = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, None)
        share = (times - self.times[step]) / np.where(self.lengths[step] > 0, self.lengths[step], 1)
        numbers = reading.numbers[field]
        shapes = reading.values[field] if place is None else reading.slopes[field][place]
        local = self.values[step[:, None], numbers]
        for power in range(3):
            local = local + self.powers[step[:, None], power, numbers] * share[:, None] ** (
                power + 1
            )
        return (shapes * local).sum(axis=1)


def motion(assembly: Assembly, rtol: float, follow: Follow | None = None) -> Course:
    """Return how the fields of a problem move over its span.

    Args:
        assembly: The equations.
        rtol: Error of a step, relative to the largest value that a field has had, or to what it is
            made of where that is far more.
        follow: Told of each step that is kept.

    Raises:
        DomainError: Steps become too small or too many.
    """
    return _Stepper(assembly, rtol, follow).course()


def followed(remains: Array, real: Factored, twisted: Factored) -> tuple[Array, Array]:
    """Return the stages of a step of affine equations, and the polynomial between its ends.

    Args:
        remains: Of the equations at the stages, where nothing moves, shape (3, n, k).
        real, twisted: What the slopes were factored into.
    """
    first = real.solve(-np.tensordot(_TI_REAL, remains, 1))
    both = twisted.solve(-np.tensordot(_TI_COMPLEX, remains, 1))
    stages = np.tensordot(_T, np.stack([first, both.real, both.imag]), 1)
    return stages, np.tensordot(_BETWEEN, stages, 1)


def stage_rates(stages: Array, length: float) -> Array:
    """Return the rates at the stages of a step, which stand at `STAGES` of its length."""
    return np.tensordot(_A_INVERSE, stages, 1) / length


class _Stepper:
    def __init__(self, assembly: Assembly, rtol: float, follow: Follow | None) -> None:
        self.assembly = assembly
        self.follow = follow
        self.rtol = rtol
        self.begin, self.end = assembly.problem.span
        self.y = assembly.start(self.begin)
        self.size = len(self.y)
        self.scale = np.zeros(self.size)
        self._measure(self.y)
        zero = np.zeros(self.size)
        self.slope, self.mass = assembly.slopes(self.begin, self.y, zero)
        # What has no rate is not held to the tolerance of a step: it follows from the rest.
        moving = np.asarray(abs(self.mass).sum(axis=0)).ravel() > 0
        self.counted = moving & assembly.free
        self.factors: OrderedDict[float, tuple[Factored, Factored]] = OrderedDict()

    def course(self) -> Course:
        times, lengths, values, powers = [], [], [], []
        t, span = self.begin, self.end - self.begin
        h = 1e-6 * span
        previous: tuple[float, float] | None = None
        z_before: tuple[Array, float] | None = None
        fresh = True
        while t < self.end - 1e-14 * span:
            look_at_clock()
            if len(times) > MOST_STEPS:
                raise DomainError(f"the fields take more than {MOST_STEPS:,} steps in time")
            h = min(h, self.end - t)
            if h < 1e-15 * span:
                raise DomainError(f"the fields change too fast to be followed near {t:.6g} s")
            guess = self._extrapolated(z_before, h)
            stages, rate, converged = self._stages(t, h, guess)
            if stages is None:
                if not fresh:
                    self._renew(t)
                    fresh = True
                else:
                    h *= 0.25
                continue
            error = self._error(t, h, stages)
            factor_ = self._factor(error, h, previous, converged)
            if error > 1:
                h *= self._stretched(max(0.1, min(factor_, 0.9)))
                if not fresh:
                    self._renew(t)
                    fresh = True
                continue
            coefficients = _BETWEEN @ stages
            times.append(t)
            lengths.append(h)
            values.append(self.y)
            powers.append(coefficients)
            if self.follow is not None:
                self.follow(t, h, self.y, stages, *self._factored(h))
            z_before = (coefficients, h)
            previous = (error, h)
            self.y = (self.y + stages[2])[self.assembly.space.twin]
            t += h
            self._measure(self.y)
            slow = rate is not None and rate > 1e-3 and converged > 2
            if slow:
                self._renew(t)
            fresh = slow
            # A step that stays keeps its factorisation.
            if factor_ < 1 or factor_ > 1.2:
                h *= self._stretched(min(10.0, factor_))
        if not times:
            times, lengths, values = [self.begin], [0.0], [self.y]
            powers = [np.zeros((3, self.size))]
        return Course(*(np.array(part) for part in (times, lengths, values, powers)))

    def _stretched(self, share: float) -> float:
        """Return by how much a step is made longer.

        Where the equations stay the same it is a power of two, so that few lengths are factored.
        """
        if not self.assembly.affine:
            return share
        return 2.0 ** np.floor(np.log2(share))

    def _renew(self, t: float) -> None:
        if self.assembly.affine:
            return
        self.slope, self.mass = self.assembly.slopes(t, self.y, np.zeros(self.size))
        self.factors.clear()

    def _measure(self, y: Array) -> None:
        least = self.assembly.problem.least.tolist()
        for number, (first, last) in enumerate(pairwise(self.assembly.space.starts.tolist())):
            peak = np.abs(y[first:last]).max(initial=least[number])
            self.scale[first:last] = np.maximum(self.scale[first:last], peak)

    def _relative(self, vector: Array) -> float:
        """Return the root mean square over the fields, relative to their scales."""
        scale = np.where(self.scale > 0, self.scale, 1.0)
        shares = vector[self.counted] / scale[self.counted]
        return float(np.sqrt(np.mean(shares**2))) if shares.size else 0.0

    def _factored(self, h: float) -> tuple[Factored, Factored]:
        if h not in self.factors:
            own = (_MU_REAL / h * self.mass + self.slope).tocsc()
            order = self.assembly.order(own)
            real = factor(own, order)
            both = (_MU_COMPLEX / h * self.mass + self.slope).astype(complex).tocsc()
            twisted = factor(both, order)
            self.factors[h] = (real, twisted)
            if len(self.factors) > FACTORED:
                self.factors.popitem(last=False)
        return self.factors[h]

    def _remains(self, t: float, unknowns: Array, rates: Array) -> Array:
        """Return what remains of the equations."""
        if not self.assembly.affine:
            return self.assembly.residual(t, unknowns, rates)
        linear = self.assembly.linear(self.slope, self.mass, unknowns, rates)
        return self.assembly.given(t) + linear

    def _extrapolated(self, before: tuple[Array, float] | None, h: float) -> Array:
        if before is None:
            return np.zeros((3, self.size))
        coefficients, length = before
        ahead = (1 + _C * h / length)[:, None] ** np.arange(1, 4)
        return ahead @ coefficients - coefficients.sum(axis=0)

    def _stages(self, t: float, h: float, guess: Array) -> tuple[Array | None, float | None, int]:
        """Return what the stages add to the value, how fast Newton's method went, its steps."""
        real, twisted = self._factored(h)
        z = guess
        w = _TI @ z
        before, rate = None, None
        limit = max(1e-2 * self.rtol, 1e-13)
        for number in range(1, NEWTON_STEPS + 1):
            rates = _A_INVERSE @ z / h
            with np.errstate(all="ignore"):
                remains = np.stack(
                    [self._remains(t + _C[k] * h, self.y + z[k], rates[k]) for k in range(3)]
                )
            if not np.isfinite(remains).all():
                return None, rate, number
            step = np.empty_like(w)
            step[0] = real.solve(-(_TI_REAL @ remains))
            both = twisted.solve(-(_TI_COMPLEX @ remains))
            step[1], step[2] = both.real, both.imag
            w = w + step
            z = _T @ w
            if self.assembly.affine:
                # One step is all that a linear equation takes.
                return (z if np.isfinite(z).all() else None), None, number
            size = max(self._relative(row) for row in step)
            if before is not None:
                rate = size / before if before > 0 else 0.0
                left = NEWTON_STEPS - number
                if rate >= 1 or rate**left / (1 - rate) * size > limit * 1e2:
                    return (z, rate, number) if size < limit else (None, rate, number)
            if size == 0 or (rate is not None and rate / (1 - rate) * size < limit):
                return z, rate, number
            if rate is None and size < 1e-3 * limit:
                return z, rate, number
            before = size
        return None, rate, NEWTON_STEPS

    def _error(self, t: float, h: float, stages: Array) -> float:
        real, _ = self._factored(h)
        spread = self.mass @ (_E @ stages) / h
        zero = np.zeros(self.size)
        remains = self._remains(t, self.y, zero)
        found = real.solve(spread - remains)
        error = self._relative(found) / self.rtol
        if error > 1:
            remains = self._remains(t, self.y + found, zero)
            found = real.solve(spread - remains)
            error = self._relative(found) / self.rtol
        return error if np.isfinite(error) else 1e9

    def _factor(
        self, error: float, h: float, previous: tuple[float, float] | None, steps: int
    ) -> float:
        safety = 0.9 * (2 * NEWTON_STEPS + 1) / (2 * NEWTON_STEPS + steps)
        if error == 0:
            return 10.0
        plain = error**-0.25
        if previous is None or previous[0] == 0:
            return safety * plain
        return safety * min(1.0, h / previous[1] * (previous[0] / error) ** 0.25) * plain
