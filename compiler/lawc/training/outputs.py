"""Write an output in terms of what a network says, so that what it says is smooth and of order one.

An output with an initial condition is what it starts from, fading, plus an envelope times the
rest; one that is never negative is bent away from zero, or told by its logarithm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lawc.knowledge.algebra import call, minus, over, plus, square, times
from lawc.knowledge.expression import Expression, Number, Symbol
from lawc.lowering.starting import Condition

Array = NDArray[np.float64]
Evaluate = Callable[[Expression], Array]

SOFTNESS = 0.03
"""Where an output that is never negative bends towards zero, as a share of its typical size."""

_BEND = (2 * SOFTNESS) ** 2
_SMALL = 0.05
_LEAST = 1e-12
_HEADROOM = 3.0


def write_output(
    *,
    answer: Array,
    scale: Expression,
    condition: Condition | None,
    said: Symbol,
    positive: bool,
    log: bool,
    evaluate: Evaluate,
) -> Expression:
    """Return an output as an expression of inputs and of what the network says.

    Args:
        answer: The reference on the rows that `evaluate` knows, shape (n,), SI.
        scale: The output's scale in terms of the inputs.
        condition: How it starts; None where nothing is known of that.
        said: The output of the network.
        positive: Whether it must not be negative.
        log: Whether one with a condition that is positive, or one of one sign, is told by its
            logarithm.
        evaluate: Values of an expression of inputs on the same rows, shape (n,).
    """
    if positive:
        # A solver may fall below zero by its tolerance.
        answer = np.maximum(answer, 0.0)
    if condition is None:
        shares = answer / evaluate(scale)
        if (positive or log) and (shares > 0).all():
            # Its error is measured against itself, so the logarithm is what must be exact.
            return times(scale, _exponential(np.log(shares), said))
        if log and (shares < 0).all():
            return times(minus(Number(0), scale), _exponential(np.log(-shares), said))
        middle, half = _middle_and_half(shares, 0.0)
        return times(scale, plus(Number(middle), times(Number(half), said)))
    grown = evaluate(condition.envelope)
    seen = np.abs(grown) > _SMALL
    if not seen.any():
        seen = np.ones_like(seen)
    start = condition.value
    if positive and start is not None and (evaluate(start) > 0).all():
        if log:
            return _grown(answer, start, condition.envelope, said, seen, evaluate)
        return _bent(answer, scale, start, condition.envelope, said, seen, evaluate)
    with np.errstate(all="ignore"):
        rest = (answer - evaluate(condition.fading)) / (evaluate(scale) * grown)
    rest = _finite(rest[seen])
    grows = times(scale, condition.envelope)
    if positive and log and (rest >= 0).all():
        rest = np.maximum(rest, _LEAST * max(rest.max(), 1e-290))
        return plus(condition.fading, times(grows, _exponential(np.log(rest), said)))
    typical = Number(float(np.quantile(np.abs(rest), 0.95)) or 1.0)
    word = _bend(said) if positive and (rest >= 0).all() else said
    return plus(condition.fading, times(grows, times(typical, word)))


def _bent(
    answer: Array,
    scale: Expression,
    start: Expression,
    envelope: Expression,
    said: Symbol,
    seen: np.ndarray,
    evaluate: Evaluate,
) -> Expression:
    """Return a bend of (what bends to the start) + envelope * said: exact there, never negative."""
    # Measured by the start, since constants of the law may be left out of the scale.
    least = 1e-6 * float(np.max(evaluate(start) / evaluate(scale)))
    size = max(float(np.quantile(answer / evaluate(scale), 0.95)), least)
    whole = times(scale, Number(size))

    def straight(value: Array) -> Array:
        return value - _BEND / (4 * np.maximum(value, 1e-3 * SOFTNESS))

    begun = over(start, whole)
    way = straight(answer / evaluate(whole)) - straight(evaluate(begun))
    typical = Number(float(np.quantile(np.abs(way[seen]), 0.95)) or 1.0)
    unbent = minus(begun, over(Number(_BEND / 4), begun))
    return times(whole, _bend(plus(unbent, times(envelope, times(typical, said)))))


def _grown(
    answer: Array,
    start: Expression,
    envelope: Expression,
    said: Symbol,
    seen: np.ndarray,
    evaluate: Evaluate,
) -> Expression:
    """Return start * exp(envelope * said)."""
    size = np.maximum(answer, _LEAST * np.max(answer, initial=1e-290))
    logs = np.log(size / evaluate(start))
    with np.errstate(all="ignore"):
        way = _finite((logs / evaluate(envelope))[seen])
    typical = Number(float(np.quantile(np.abs(way), 0.95)) or 1.0)
    exponent = times(envelope, times(typical, said))
    return times(start, call("exp", _capped(exponent, logs)))


def _bend(value: Expression) -> Expression:
    """Return a smooth curve that follows a value above zero and never falls below it."""
    return over(plus(value, call("sqrt", plus(square(value), Number(_BEND)))), Number(2))


def _exponential(logs: Array, said: Symbol) -> Expression:
    middle, half = _middle_and_half(logs, 1e-6)
    exponent = plus(Number(middle), times(Number(half), said))
    return call("exp", _capped(exponent, logs))


def _capped(exponent: Expression, logs: Array) -> Expression:
    """Return an exponent that cannot overflow where the network is asked outside its domain."""
    return call("min", exponent, Number(float(logs.max()) + _HEADROOM))


def _middle_and_half(values: Array, least: float) -> tuple[float, float]:
    """Return the middle of some values, and half of what they span; that is at least so much."""
    values = _finite(values)
    middle, half = float(values.max() + values.min()) / 2, float(np.ptp(values)) / 2
    return middle, max(half, 1e-3 * abs(middle), least) or 1e-6


def _finite(values: Array) -> Array:
    kept = values[np.isfinite(values)]
    return kept if kept.size else np.ones(1)
