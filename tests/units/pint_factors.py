"""Ask pint what each listed unit is worth.

The list carries exact values, so that reading a unit needs no registry, and lawc no pint. It is
asked in the fixed words of the list only.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from pint import UnitRegistry

from lawc.units.dimension import Dimension
from lawc.units.table import Entry

_BASES = {
    "[length]": "length",
    "[mass]": "mass",
    "[time]": "time",
    "[current]": "current",
    "[temperature]": "temperature",
    "[substance]": "amount",
    "[luminosity]": "luminosity",
}


def listed_factor(entry: Entry) -> float:
    """Return the SI value of one according to the list."""
    return float(entry.ratio) * math.pi**entry.pi


def pint_factor(entry: Entry) -> tuple[float, float, Dimension]:
    """Return pint's SI value of one, of the zero of the scale, and its dimension.

    Pint counts angles, cycles, persons and bits as plain numbers, so its dimension has the
    seven bases of the SI only.
    """
    if entry.offset:
        zero, dimension = _asked(0.0, entry.pint)
        return _asked(1.0, entry.pint)[0] - zero, zero, dimension
    value, dimension = _in_base(_registry().parse_expression(entry.pint))
    return value, 0.0, dimension


def _asked(number: float, words: str) -> tuple[float, Dimension]:
    return _in_base(_registry().Quantity(number, words))


def _in_base(quantity: Any) -> tuple[float, Dimension]:
    based = quantity.to_base_units()
    powers = based.dimensionality.items()
    return float(based.magnitude), Dimension.of([(_BASES[b], round(power)) for b, power in powers])


@cache
def _registry() -> UnitRegistry:
    return UnitRegistry()
