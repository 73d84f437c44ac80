"""Spread shares of [0, 1] over a range, by steps that every machine rounds alike.

Powers and exponentials of libraries differ in their last bits, and so would the rows of a seed.
Here only sums, products and shifts occur, in the order in which generated C has them
(`native/draws.h`): the same seed gives the same rows, with a compiler and without.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawc.native.threads import in_parts

Array = NDArray[np.float64]

WIDEST = 1300.0
"""Logarithms of high/low beyond this would leave the exponents of float64."""

_CHUNK = 1 << 13
_ONE_DOUBLING = 700.0
_WHOLE = 1.5 * 2.0**52
_WHOLE_BITS = np.float64(_WHOLE).view(np.int64)
_PER_DOUBLING = float.fromhex("0x1.71547652b82fep+0")
_HIGH, _LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")
_TERMS = tuple(1.0 / math.factorial(n) for n in range(11, -1, -1))


@dataclass(frozen=True, slots=True)
class Span:
    """The ends of a range, and whether values lie evenly in it or in its logarithm."""

    low: float
    high: float
    log: bool


def spread(spans: Sequence[Span], shares: Array) -> list[Array]:
    """Return values between two ends, which are hit exactly at the shares 0 and 1.

    Args:
        spans: One for each column of the shares.
        shares: Shape (rows, spans), in [0, 1].

    Returns:
        An array of shape (rows,) for each span.
    """
    found = [np.empty(len(shares)) for _ in spans]

    def part(begin: int, end: int) -> None:
        with np.errstate(all="ignore"):
            for first in range(begin, end, _CHUNK):
                rows = slice(first, min(first + _CHUNK, end))
                for number, (span, values) in enumerate(zip(spans, found, strict=True)):
                    _between(span, np.ascontiguousarray(shares[rows, number]), values[rows])

    in_parts(part, len(shares))
    return found


def _between(span: Span, share: Array, into: Array) -> None:
    low, high = span.low, span.high
    width = logarithm(low, high) if span.log and low > 0 else 0.0
    if width > WIDEST:
        np.multiply(np.power(high / low, share), low, out=into)
    elif width:
        _grown(low, width, share, into)
    else:
        np.multiply(share, np.subtract(high, low), out=into)
        into += low
    if not math.isfinite(high - low):
        np.copyto(into, low, where=share == 0)
    if np.maximum.reduce(share, initial=0.0) == 1:
        np.copyto(into, high, where=share == 1)
    np.clip(into, low, high, out=into)


def logarithm(low: float, high: float) -> float:
    """Return ln(high/low), also where the quotient is beyond any float."""
    return math.log(high) - math.log(low)


def _grown(low: float, log: float, share: Array, into: Array) -> None:
    """Write low*exp(share*log), to about 1e-14."""
    x = share * log
    shifted = x * _PER_DOUBLING
    shifted += _WHOLE
    number = shifted.view(np.int64) - _WHOLE_BITS
    shifted -= _WHOLE
    x -= shifted * _HIGH
    shifted *= _LOW
    x -= shifted
    np.multiply(x, _TERMS[0], out=into)
    for term in _TERMS[1:-1]:
        into += term
        into *= x
    into += _TERMS[-1]
    if log < _ONE_DOUBLING:
        into *= _doublings(number)
        into *= low
        return
    # In two halves, since one doubling may be beyond the exponents where the value is not.
    half = number >> 1
    once = _doublings(half) * low
    number -= half
    once *= into
    np.multiply(once, _doublings(number), out=into)


def _doublings(count: NDArray[np.int64]) -> Array:
    """Return 2^count, made from its bits."""
    bits = count + 1023
    bits <<= 52
    return bits.view(np.float64)
