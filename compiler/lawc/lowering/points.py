"""Sample the declared ranges of a law's quantities, in SI units, to try a formula out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from lawc.knowledge.law import Law, Quantity
from lawc.lowering.numpy_table import Array

# Where no range was declared nothing is known but that the value is a number.
_DECADES = 3.0


def bounds(quantity: Quantity) -> tuple[float | None, float | None]:
    """Return the declared range in SI units."""
    low = None if quantity.low is None else quantity.unit.to_si(quantity.low)
    high = None if quantity.high is None else quantity.unit.to_si(quantity.high)
    return low, high


def signs(law: Law, fixed: Mapping[str, float], names: Collection[str]) -> dict[str, str]:
    """Return what the ranges say of the signs of names, in sympy's words, or nothing."""
    found: dict[str, str] = {}
    for name in sorted(names):
        low, high = bounds(law.quantities[name]) if name in law.quantities else (None, None)
        if name in fixed:
            low = high = fixed[name]
        if low is not None and low > 0:
            found[name] = "positive"
        elif low is not None and low >= 0:
            found[name] = "nonnegative"
        elif high is not None and high < 0:
            found[name] = "negative"
    return found


def sample(
    law: Law, names: Collection[str], count: int, seed: int, fixed: Mapping[str, float]
) -> dict[str, Array]:
    """Return random SI values inside the declared ranges of the named quantities.

    A name of `fixed` gets its value, a name without a range values of either sign over six
    decades.
    """
    generator = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name in sorted(names):
        uniform = generator.random(count)
        if name in fixed:
            found[name] = np.full(count, fixed[name])
        elif name in law.quantities:
            found[name] = spread(law.quantities[name], uniform)
        else:
            found[name] = _anything(uniform)
    return found


def spread(quantity: Quantity, uniform: Array) -> Array:
    """Return numbers of [0, 1) spread over a declared range, in SI units."""
    low, high = quantity.low, quantity.high
    if low is None and high is None:
        return _anything(uniform)
    if low is None or high is None:
        edge = quantity.unit.to_si(low if low is not None else high or 0.0)
        side = 1.0 if low is not None else -1.0
        return edge + side * (abs(edge) + 1.0) * (10 ** (_DECADES * (2 * uniform - 1)))
    if quantity.log and low > 0:
        values = low * (high / low) ** uniform
    else:
        values = low + (high - low) * uniform
    return values * quantity.unit.factor + quantity.unit.offset


def _anything(uniform: Array) -> Array:
    signed = 2 * uniform - 1
    return np.sign(signed) * 10 ** (_DECADES * (2 * np.abs(signed) - 1))
