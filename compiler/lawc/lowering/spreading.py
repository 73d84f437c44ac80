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

from lawc.native.ladders import RUNGS, TERMS, ladder
from lawc.native.memory import columns
from lawc.native.threads import in_parts

Array = NDArray[np.float64]

WIDEST = 1300.0
"""Logarithms of high/low beyond this would leave the exponents of float64."""

CHUNK = 1 << 15
"""Rows that are spread at once: they stay in the processor's cache, and threads, of which one at
a time may begin a step, seldom wait for each other."""
_ONE_DOUBLING = 700.0
_WHOLE = 1.5 * 2.0**52
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
    found = columns(len(spans), len(shares))

    def part(begin: int, end: int) -> None:
        spreader = Spreader(spans)
        for first in range(begin, end, CHUNK):
            rows = slice(first, min(first + CHUNK, end))
            for number, (span, values) in enumerate(zip(spans, found, strict=True)):
                piece = values[rows]
                piece[:] = shares[rows, number]
                spreader(number, piece)
                np.copyto(piece, span.high, where=shares[rows, number] == 1)

    in_parts(part, len(shares))
    return found


class Spreader:
    """Replaces shares by the values that they stand for; each thread needs its own.

    Args:
        spans: One for each column of shares.
        unit: What the shares are told in multiples of: a power of two. A product with it rounds
            nothing, so that it may be part of another factor.
    """

    def __init__(self, spans: Sequence[Span], unit: float = 1.0) -> None:
        self._spans, self._unit = spans, unit
        # No memory is asked for on the way.
        self._growth, self._part, numbers = columns(3, CHUNK)
        self._numbers = numbers.view(np.int64)

    def __call__(self, number: int, values: Array) -> None:
        """Spread up to CHUNK shares of [0, 1) for the span of a number, contiguous."""
        with np.errstate(all="ignore"):
            self._spread(self._spans[number], values)

    def _spread(self, span: Span, values: Array) -> None:
        low, high = span.low, span.high
        log = logarithm(low, high) if span.log and low > 0 else 0.0
        rungs = ladder(low, high) if log else None
        if rungs is not None:
            self._climb(rungs, values)
            return
        if log > WIDEST:
            values *= self._unit
            values[:] = np.power(high / low, values) * low
        elif log:
            self._grow(low, log, values)
        else:
            self._lengthen(low, high, values)
        # Otherwise no share is spread further than the end.
        if log or not low + np.subtract(high, low) <= high:
            np.minimum(values, high, out=values)

    def _lengthen(self, low: float, high: float, values: Array) -> None:
        length = np.subtract(high, low)
        scaled = length * self._unit
        if math.isfinite(length) and scaled / self._unit == length:
            values *= scaled
            values += low
            return
        values *= self._unit
        if math.isfinite(length):
            values *= length
            values += low
            return
        upper = np.multiply(values, high, out=self._part[: len(values)])
        np.subtract(1.0, values, out=values)
        values *= low
        values += upper
        np.maximum(values, low, out=values)

    def _climb(self, rungs: Array, values: Array) -> None:
        """Replace shares by the value of the nearest rung and the growth from there."""
        growth, rung = self._growth[: len(values)], self._numbers[: len(values)]
        values *= RUNGS * self._unit
        np.rint(values, out=growth)
        np.copyto(rung, growth, casting="unsafe")
        values -= growth
        np.multiply(values, rungs[0], out=growth)
        for term in rungs[1:TERMS]:
            growth += term
            growth *= values
        growth += 1.0
        np.take(rungs[TERMS:], rung, out=values, mode="wrap")
        values *= growth

    def _grow(self, low: float, log: float, values: Array) -> None:
        """Replace shares by low*exp(share*log), to about 1e-14."""
        shifted, part = self._growth[: len(values)], self._part[: len(values)]
        exponent = self._numbers[: len(values)]
        values *= log * self._unit
        np.multiply(values, _PER_DOUBLING, out=shifted)
        shifted += _WHOLE
        # The lowest bits are a whole number, and those of _WHOLE are zero.
        np.left_shift(shifted.view(np.int64), 52, out=exponent)
        shifted -= _WHOLE
        np.multiply(shifted, _HIGH, out=part)
        values -= part
        shifted *= _LOW
        values -= shifted
        grown = np.multiply(values, _TERMS[0], out=part)
        for term in _TERMS[1:-1]:
            grown += term
            grown *= values
        grown += _TERMS[-1]
        if log < _ONE_DOUBLING:
            bits = grown.view(np.int64)
            bits += exponent
            np.multiply(grown, low, out=values)
            return
        # In two halves, since one doubling may be beyond the exponents where the value is not.
        number = exponent >> 52
        half = number >> 1
        once = _doublings(half) * low
        number -= half
        once *= grown
        np.multiply(once, _doublings(number), out=values)


def logarithm(low: float, high: float) -> float:
    """Return ln(high/low), also where the quotient is beyond any float."""
    return math.log(high) - math.log(low)


def _doublings(count: NDArray[np.int64]) -> Array:
    """Return 2^count, made from its bits."""
    bits = count + 1023
    bits <<= 52
    return bits.view(np.float64)
