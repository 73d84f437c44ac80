"""How large the powers in a unit may be: whole numbers up to 64, and simple fractions."""

from __future__ import annotations

import re
from fractions import Fraction

from lawc.units.problem import Kind
from lawc.units.size import Size

LARGEST_EXPONENT = 64
LARGEST_DENOMINATOR = 12
MOST_BITS = 2048
_DECIMAL = re.compile(r"[0-9]*\.?[0-9]+", re.ASCII)
EXPONENT = "an exponent is a whole number or a fraction in brackets"


def whole(text: str, *, is_divisor: bool = False) -> Fraction | tuple[Kind, str]:
    """Return the number that an exponent's text is, or the kind and the reason of a refusal."""
    digits = text.lstrip("+-")
    if not (digits.isascii() and digits.isdigit()):
        return "malformed", EXPONENT
    if len(digits) > 4 or int(digits) > LARGEST_EXPONENT:
        return "too large", f"an exponent is at most {LARGEST_EXPONENT}"
    if int(digits) == 0:
        return "malformed", "an exponent of zero leaves no unit"
    if is_divisor and int(digits) > LARGEST_DENOMINATOR:
        return "too large", "the exponents of units are simple fractions"
    return Fraction(int(text))


def simple_fraction(text: str) -> tuple[str, ...]:
    """Return what to write for a decimal exponent: `(1/2)` for `0.5`."""
    digits = text.lstrip("+-")
    if len(digits) >= 9 or not _DECIMAL.fullmatch(digits):
        return ()
    nearest = Fraction(digits).limit_denominator(LARGEST_DENOMINATOR)
    return (f"({nearest})",) if nearest else ()


def check_power(size: Size, power: Fraction) -> Size | None:
    """Return a power of a size, or None where it is beyond the bounds of a unit."""
    if size.bits * abs(power) > MOST_BITS or size.largest * abs(power) > LARGEST_EXPONENT:
        return None
    try:
        return size.power(power)
    except OverflowError:
        return None
