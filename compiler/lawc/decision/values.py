"""The values that a decision knows: exact numbers, `unknown`, `not applicable`."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from fractions import Fraction


class Absent(Enum):
    """What is no number: a missing value of the declared range, or no answer at all."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


UNKNOWN = Absent.UNKNOWN
NOT_APPLICABLE = Absent.NOT_APPLICABLE

Value = Fraction | Absent


def exact(value: int | float | Decimal | Fraction) -> Fraction:
    """Return the number that somebody wrote.

    A float stands for the shortest decimal that reads back as it: 0.3 is 3/10, so that a value at
    a threshold is at it.

    Raises:
        ValueError: The value is not finite.
    """
    if isinstance(value, float):
        value = Decimal(repr(float(value)))
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"expected a finite number, got {value}")
    return Fraction(value)
