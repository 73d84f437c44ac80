"""What a text of units amounts to while it is read: an exact factor, a dimension, its parts."""

from __future__ import annotations

import math
from fractions import Fraction

from lawc.diagnostics.immutable import immutable
from lawc.units.dimension import NONE, Dimension
from lawc.units.table import Entry


@immutable
class Factor:
    """One factor of a unit: a listed unit with its prefix, or a number, to a power.

    Attributes:
        entry: The listed unit, or None for a number.
        number: The factor of the prefix, or the number.
        power: The power of both.
    """

    entry: Entry | None
    number: Fraction
    power: Fraction = Fraction(1)

    @property
    def is_scale(self) -> bool:
        """Whether it is a unit with a zero of its own, such as °C."""
        return self.entry is not None and self.entry.offset != 0


@immutable
class Size:
    """A factor as `exact * pi**pi * rounded`, its dimension, and the parts in the order read."""

    exact: Fraction = Fraction(1)
    pi: Fraction = Fraction(0)
    rounded: float = 1.0
    dimension: Dimension = NONE
    factors: tuple[Factor, ...] = ()

    @staticmethod
    def of_entry(entry: Entry, prefix: Fraction = Fraction(1)) -> Size:
        """Return the size of one listed unit with a prefix."""
        return Size(
            entry.ratio * prefix,
            Fraction(entry.pi),
            1.0,
            entry.dimension,
            (Factor(entry, prefix),),
        )

    @staticmethod
    def of_number(number: Fraction) -> Size:
        """Return the size of a plain number."""
        return Size(number, factors=(Factor(None, number),))

    @property
    def bits(self) -> int:
        """How long the exact number is."""
        return max(self.exact.numerator.bit_length(), self.exact.denominator.bit_length())

    @property
    def largest(self) -> Fraction:
        """The largest exponent of a base."""
        return max((abs(power) for _, power in self.dimension.exponents), default=Fraction(0))

    def times(self, other: Size) -> Size:
        """Return the product."""
        return Size(
            self.exact * other.exact,
            self.pi + other.pi,
            self.rounded * other.rounded,
            self.dimension * other.dimension,
            self.factors + other.factors,
        )

    def power(self, power: Fraction) -> Size:
        """Return a power.

        Raises:
            OverflowError: The factor is beyond what a float holds.
        """
        exact, rounded = Fraction(1), self.rounded ** float(power)
        if power.denominator == 1:
            exact = self.exact**power.numerator
        else:
            rounded *= float(self.exact) ** float(power)
        factors = tuple(Factor(f.entry, f.number, f.power * power) for f in self.factors)
        return Size(exact, self.pi * power, rounded, self.dimension**power, factors)

    def value(self) -> float:
        """Return the factor.

        Raises:
            OverflowError: It is beyond what a float holds.
        """
        return float(self.exact) * math.pi ** float(self.pi) * self.rounded
