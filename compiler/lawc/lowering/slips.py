"""Why a worked value may be off: the slips that change it by a well-known factor.

A value that is off by 60 was given in another unit of time, one that is off by 57.3 in degrees.
First the factor between the two values is looked up; then every given value is read in the other
units of its dimension, to see with which of them the example would hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from lawc.units.dimension import Dimension
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

NEAR = 2e-3
"""How near two values must be where the tolerance of an example is smaller: printed digits."""

FACTORS: Mapping[float, str] = {
    1e3: "1000, a prefix",
    1e6: "a million, a prefix",
    1e9: "1e9, a prefix",
    60.0: "60, as between minutes and seconds",
    3600.0: "3600, as between hours and seconds",
    24.0: "24, as between days and hours",
    86400.0: "86400, as between days and seconds",
    365.25: "365.25, as between years and days",
    180 / math.pi: "180/π, as between degrees and radians",
    math.pi: "π",
    2 * math.pi: "2π, as between a cycle and an angle",
    4 * math.pi: "4π",
    math.log(10): "2.303, as between decimal and natural logarithms",
    10.0: "10, a decimal point",
    100.0: "100, as between per cent and a share",
    2.0: "2",
    4.0: "4",
    3.0: "3",
}
"""Factors by which people are off, and what they are told by."""


_UNITS = (
    "s", "ms", "min", "h", "day", "yr", "rad", "deg", "m", "mm", "cm", "km", "nm", "um", "kg", "g",
    "mg", "ug", "L", "mL", "m^3", "cm^3", "Pa", "kPa", "MPa", "bar", "mmHg", "atm", "J", "kJ",
    "cal", "kcal", "eV", "W", "kW", "MW", "V", "mV", "kV", "A", "mA", "uA", "mol", "mmol", "umol",
    "mol/L", "mmol/L", "umol/L", "mg/L", "g/L", "ug/L", "m/s", "km/h", "mm/s", "N", "kN", "mN",
    "J/mol", "kJ/mol", "1/s", "1/min", "1/h", "1/day", "1/yr", "Hz", "kHz", "mL/min", "L/h", "%",
    "kg/m^3", "g/cm^3", "m^2", "cm^2", "F", "uF", "ohm", "kohm",
)  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """A given value that was meant in another unit.

    Attributes:
        name: The quantity.
        value: The number given.
        unit: The unit in which an example would hold.
    """

    name: str
    value: float
    unit: str


def factor_between(found: float, expected: float) -> str:
    """Return by which well-known factor two values differ: `half of it`; empty for no such."""
    if not (math.isfinite(found) and math.isfinite(expected)) or not found or not expected:
        return ""
    ratio = expected / found
    if abs(ratio + 1) < NEAR:
        return "the value is that of the law with the other sign"
    for factor, words in FACTORS.items():
        if abs(ratio / factor - 1) < NEAR:
            return f"the value is that of the law times {words}"
        if abs(ratio * factor - 1) < NEAR:
            return f"the value is that of the law divided by {words}"
    return ""


def slips(
    given: Mapping[str, tuple[float, Unit]],
    holds: Callable[[Mapping[str, np.ndarray]], np.ndarray],
) -> Sequence[Slip]:
    """Return the given values with which an example would hold in another unit.

    Args:
        given: Values in their units.
        holds: For columns in SI units, whether each row makes the example hold.
    """
    tried = [
        (name, value, other, unit)
        for name, (value, own) in given.items()
        for unit, other in _units(own.dimension)
        if value and not own.offset and not math.isclose(other, own.factor, rel_tol=1e-9)
    ]
    if not tried:
        return []
    columns = {
        name: np.array(
            [value * (factor if name == other else own.factor) for other, _, factor, _ in tried]
        )
        for name, (value, own) in given.items()
    }
    return [
        Slip(name, value, unit)
        for (name, value, _, unit), good in zip(tried, holds(columns), strict=True)
        if good
    ]


@cache
def _units(dimension: Dimension) -> Sequence[tuple[str, float]]:
    """Return the usual units of a dimension, with their factors to SI."""
    read = [(text, parse_unit(text)) for text in _UNITS]
    return [
        (text, unit.factor)
        for text, unit in read
        if isinstance(unit, Unit) and unit.dimension == dimension
    ]
