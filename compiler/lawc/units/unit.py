"""What a unit is: a spelling, a dimension, and the way to SI.

`parse` (in `reading.py`) makes units from text; nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass

from lawc.units.dimension import NONE, Dimension


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as an author wrote it.

    Attributes:
        text: The spelling, without brackets; empty for a plain number.
        dimension: What it measures.
        factor: SI value of one of it, so `si = value * factor + offset`.
        offset: Nonzero for a temperature scale such as °C, in SI units.
    """

    text: str
    dimension: Dimension
    factor: float = 1.0
    offset: float = 0.0

    def to_si(self, value: float) -> float:
        """Return the SI value of a number of this unit."""
        return value * self.factor + self.offset

    def from_si(self, value: float) -> float:
        """Return the number of this unit that an SI value is."""
        return (value - self.offset) / self.factor


PLAIN = Unit("", NONE)
