"""Tabulate logarithmic ranges, so that a share becomes a value in few steps.

A ladder has a value at each of many even shares, and how values grow between them. It is made
from decimal numbers, which every machine rounds alike: numpy and generated C that climb it give
the same rows, anywhere.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RUNGS = 1 << 12
"""Parts of a range; its values stay in the processor's cache."""
TERMS = 3
"""Terms of the growth between two rungs, beyond the first, which is 1."""
SHORTEST, LONGEST = Decimal("1e-9"), Decimal("13.82")
"""Logarithms of high/low between which so few terms err by less than 4e-13, and no value is
beyond an end. The longest is six decades."""

_SIDE = 1 << 6
_DIGITS = Context(prec=30)


@lru_cache(maxsize=1024)
def ladder(low: float, high: float) -> NDArray[np.float64] | None:
    """Return the terms of the growth from a rung, the last one first, then all rungs.

    Terms are powers of the distance from the nearest rung in parts of the range. None where the
    range is too wide or too narrow.
    """
    log = _DIGITS.subtract(Decimal(high).ln(_DIGITS), Decimal(low).ln(_DIGITS))
    if not SHORTEST <= log <= LONGEST:
        return None
    part = _DIGITS.divide(log, Decimal(RUNGS))
    terms = [Decimal(1)]
    for number in range(1, TERMS + 1):
        terms.append(_DIGITS.divide(_DIGITS.multiply(terms[-1], part), Decimal(number)))
    fine = _powers(Decimal(1), part.exp(_DIGITS))
    coarse = _powers(Decimal(low), _DIGITS.multiply(part, Decimal(_SIDE)).exp(_DIGITS))
    growth = np.array([float(term) for term in terms[:0:-1]])
    made = np.concatenate([growth, np.outer(coarse, fine).ravel(), [high]])
    made.flags.writeable = False
    return made


def _powers(first: Decimal, by: Decimal) -> list[float]:
    found = [first]
    while len(found) < _SIDE:
        found.append(_DIGITS.multiply(found[-1], by))
    return [float(value) for value in found]
