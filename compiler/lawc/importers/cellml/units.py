"""Units of a CellML model: from the prefixes and exponents of the file to what they measure.

A model may define units that nobody else knows, `frog`; each is a base of its own in the
dimension of whatever is measured by it. The size of a unit stands in the dimension too, as
exponents of prime numbers: the milli of a millivolt is `2^-3 · 5^-3`. So the ordinary algebra of
dimensions keeps the sizes, exactly, and two units of different size do not agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from lawc.importers.imported import ImportRefusedError
from lawc.units.dimension import NONE, Dimension
from lawc.units.reading import parse_unit
from lawc.units.table import PREFIXES
from lawc.units.unit import Unit

STANDARD: Mapping[str, str] = {
    "ampere": "A", "becquerel": "Bq", "candela": "cd", "celsius": "K", "coulomb": "C",
    "dimensionless": "1", "farad": "F", "gram": "g", "gray": "Gy", "henry": "H", "hertz": "Hz",
    "joule": "J", "katal": "kat", "kelvin": "K", "kilogram": "kg", "liter": "L", "litre": "L",
    "lumen": "lm", "lux": "lx", "meter": "m", "metre": "m", "mole": "mol", "newton": "N",
    "ohm": "ohm", "pascal": "Pa", "radian": "1", "second": "s", "siemens": "S", "sievert": "Sv",
    "steradian": "1", "tesla": "T", "volt": "V", "watt": "W", "weber": "Wb",
}  # fmt: skip
"""Units that every model knows, and what the language calls them."""

DEEPEST = 50
LARGEST_EXPONENT = 1000
LONGEST_NUMBER = 40

_KINDS = ("angle", "cycle", "count")
_TENS = dict(PREFIXES.values()) | {"deka": 1}
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Factor:
    """One `unit` of a definition: `(multiplier · prefix · units)^exponent`, the multiplier apart.

    CellML raises prefix and units to the exponent, and multiplies by the multiplier once.
    """

    units: str
    prefix: int = 0
    exponent: Fraction = Fraction(1)
    multiplier: Fraction = Fraction(1)


Definitions = Mapping[str, tuple[Factor, ...]]
"""Names of units and what each is made of; nothing for a unit that is a base."""


def decimal(text: str) -> Fraction:
    """Return a decimal number of a file exactly.

    Raises:
        ImportRefusedError: It is none, or too long.
    """
    plain = text.strip()
    if len(plain) > LONGEST_NUMBER or not _DECIMAL.fullmatch(plain):
        raise ImportRefusedError(f"{plain[:40]!r} is no decimal number")
    return Fraction(plain)


def prefix_of(text: str) -> int:
    """Return the power of ten of a prefix: its name, or a whole number."""
    if text in _TENS:
        return _TENS[text]
    if re.fullmatch(r"[+-]?[0-9]{1,3}", text.strip()):
        return int(text)
    raise ImportRefusedError(f"{text[:40]!r} is no prefix of a unit")


def measure(name: str, definitions: Definitions) -> Dimension:
    """Return what a unit measures, with its size.

    Raises:
        ImportRefusedError: It is not defined, is defined by itself, or is too large.
    """
    return _measure(name, definitions, (), {})


def _measure(
    name: str, definitions: Definitions, within: tuple[str, ...], known: dict[str, Dimension]
) -> Dimension:
    # Without what is known, units that use others twice would take time without end.
    if name in known:
        return known[name]
    if name not in definitions:
        if name not in STANDARD:
            raise ImportRefusedError(f"the units {name[:40]!r} are not defined")
        return _standard(STANDARD[name])
    if name in within or len(within) > DEEPEST:
        raise ImportRefusedError(f"the units {name[:40]!r} are defined by themselves")
    factors = definitions[name]
    if not factors:
        return Dimension.of({f"unit:{name}": 1})
    total = NONE
    for factor in factors:
        one = _measure(factor.units, definitions, (*within, name), known)
        sized = (one * size(Fraction(10)) ** factor.prefix) ** factor.exponent
        total = total * sized * size(factor.multiplier)
        if any(abs(power) > LARGEST_EXPONENT for _, power in total.exponents):
            raise ImportRefusedError(f"the units {name[:40]!r} have an exponent that is too large")
    known[name] = total
    return total


@cache
def _standard(text: str) -> Dimension:
    unit = parse_unit(text)
    assert isinstance(unit, Unit)
    kept = [(base, power) for base, power in unit.dimension.exponents if base not in _KINDS]
    return Dimension.of(kept) * size(Fraction(repr(unit.factor)))


@cache
def size(factor: Fraction) -> Dimension:
    """Return a positive number as a dimension: the exponents of its primes.

    Raises:
        ImportRefusedError: It is zero or below.
    """
    if factor <= 0:
        raise ImportRefusedError("a unit has a size above zero")
    powers: dict[str, int] = {}
    for number, sign in ((factor.numerator, 1), (factor.denominator, -1)):
        for prime, power in _primes(number):
            powers[f"size:{prime}"] = powers.get(f"size:{prime}", 0) + sign * power
    return Dimension.of(powers)


def _primes(number: int) -> Iterable[tuple[int, int]]:
    """Yield the primes of a number with their powers; what is left of a large one counts as one."""
    prime = 2
    while prime * prime <= number and prime < 10_000:
        power = 0
        while number % prime == 0:
            number, power = number // prime, power + 1
        if power:
            yield prime, power
        prime += 1 if prime == 2 else 2
    if number > 1:
        yield number, 1


def without_size(dimension: Dimension) -> Dimension:
    """Return what is measured, whatever the size of its unit."""
    if not any(base.startswith("size:") for base, _ in dimension.exponents):
        return dimension
    return Dimension.of([pair for pair in dimension.exponents if not pair[0].startswith("size:")])


def size_of(dimension: Dimension) -> float:
    """Return the size of the unit in SI, of what `measure` gave; infinite where it is too large."""
    value = 1.0
    try:
        for base, power in dimension.exponents:
            if base.startswith("size:"):
                value *= float(base.removeprefix("size:")) ** float(power)
    except OverflowError:
        return math.inf
    return value


def own_bases(dimension: Dimension) -> tuple[str, ...]:
    """Return the units of the model's own that nobody else knows."""
    return tuple(
        base.removeprefix("unit:") for base, _ in dimension.exponents if base.startswith("unit:")
    )
