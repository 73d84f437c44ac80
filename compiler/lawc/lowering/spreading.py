"""Spread shares of [0, 1] over a range, by steps that every machine rounds alike.

Powers and exponentials of libraries differ in their last bits, and so would the rows of a seed.
Here only sums, products and shifts occur, in the order in which generated C has them
(`native/draws.h`): the same seed gives the same rows, with a compiler and without.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDEST = 1300.0
"""Logarithms of high/low beyond this would leave the exponents of float64."""

_CHUNK = 1 << 13
_WHOLE = 1.5 * 2.0**52
_WHOLE_BITS = np.float64(_WHOLE).view(np.int64)
_PER_DOUBLING = float.fromhex("0x1.71547652b82fep+0")
_HIGH, _LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")
_TERMS = tuple(1.0 / math.factorial(n) for n in range(11, -1, -1))


def spread(low: float, high: float, log: bool, share: Array) -> Array:
    """Return values between two ends, which are hit exactly at the shares 0 and 1."""
    if log and low > 0 and logarithm(low, high) > WIDEST:
        with np.errstate(over="ignore"):
            values = low * np.power(high / low, share)
    elif log and low > 0:
        values = _grown(low, logarithm(low, high), np.asarray(share, dtype=np.float64))
    else:
        values = low + (high - low) * share
    values = np.where(share == 0, low, np.where(share == 1, high, values))
    return np.clip(values, low, high)


def logarithm(low: float, high: float) -> float:
    """Return ln(high/low), also where the quotient is beyond any float."""
    return math.log(high) - math.log(low)


def _grown(low: float, log: float, share: Array) -> Array:
    """Return low*exp(share*log), to about 1e-14."""
    flat = share.ravel()
    values = np.empty(flat.shape)
    for first, last in pairwise([*range(0, flat.size, _CHUNK), flat.size]):
        x = flat[first:last] * log
        shifted = x * _PER_DOUBLING + _WHOLE
        count = shifted - _WHOLE
        number = shifted.view(np.int64) - _WHOLE_BITS
        r = (x - count * _HIGH) - count * _LOW
        sums = np.full(r.shape, _TERMS[0])
        for term in _TERMS[1:]:
            sums *= r
            sums += term
        half = number >> 1
        # In two halves, since one doubling may be beyond the exponents where the value is not.
        once = ((half + 1023) << 52).view(np.float64)
        again = ((number - half + 1023) << 52).view(np.float64)
        values[first:last] = low * once * sums * again
    return values.reshape(share.shape)
