"""What a quantity measures, as a vector of exact exponents.

Beside the seven base dimensions of the SI stand kinds that have no dimension there but must
not be added to one another: angle, cycle, count, information, bioactivity (the international unit
of medicine, whose size depends on the substance) and currency. A currency is a kind of its
own, named by its code, so that EUR + USD is caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

BASES = (
    "length",
    "mass",
    "time",
    "current",
    "temperature",
    "amount",
    "luminosity",
    "angle",
    "cycle",
    "count",
    "information",
    "bioactivity",
)
SI_BASES = frozenset(BASES[:7])
READING_ORDER = (
    "information",
    "count",
    "mass",
    "length",
    "time",
    "current",
    "temperature",
    "amount",
    "luminosity",
    "bioactivity",
    "angle",
    "cycle",
)
"""The order in which people write the factors of a dimension; money comes before them."""
SCALABLE = ("length", "mass", "time", "current", "temperature", "amount", "luminosity", "count")
"""Bases whose unit may change without changing a law; an angle inside a cosine may not."""

Exponents = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of the bases that occur, sorted by name, none of them zero."""

    exponents: Exponents = ()
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        # Fractions are slow to hash, and every product of dimensions is looked up by its factors.
        object.__setattr__(self, "_hash", hash(self.exponents))

    def __hash__(self) -> int:
        return self._hash

    @staticmethod
    def of(exponents: Mapping[str, Fraction | int] | Iterable[tuple[str, Fraction | int]]):
        """Return the dimension with these exponents; zeros are dropped."""
        pairs = exponents.items() if isinstance(exponents, Mapping) else exponents
        kept = sorted((base, Fraction(power)) for base, power in pairs if power != 0)
        return _interned(tuple(kept))

    def __mul__(self, other: Dimension) -> Dimension:
        return _product(self, other)

    def __truediv__(self, other: Dimension) -> Dimension:
        return _quotient(self, other)

    def __pow__(self, power: Fraction | int) -> Dimension:
        return _power(self, power)

    def exponent(self, base: str) -> Fraction:
        """Return the exponent of a base, zero where it does not occur."""
        return dict(self.exponents).get(base, Fraction(0))

    @property
    def is_none(self) -> bool:
        """Whether it is the dimension of a plain number."""
        return not self.exponents

    @property
    def is_plain(self) -> bool:
        """Whether exp, ln and sin may take it: a plain number or an angle."""
        return all(base == "angle" for base, _ in self.exponents)

    @property
    def without_kinds(self) -> Dimension:
        """The dimension without the kinds that the SI counts as plain numbers."""
        return Dimension.of([(base, power) for base, power in self.exponents if base in SI_BASES])

    def __str__(self) -> str:
        if not self.exponents:
            return "a plain number"
        shown = sorted(self.exponents, key=_reading_order)
        above = [_factor(base, power) for base, power in shown if power > 0]
        below = [_factor(base, -power) for base, power in shown if power < 0]
        text = " · ".join(above) or "1"
        return text if not below else f"{text} / {_grouped(below)}"


NONE = Dimension()


@lru_cache(maxsize=4096)
def _interned(exponents: Exponents) -> Dimension:
    return Dimension(exponents)


@lru_cache(maxsize=65536)
def _product(left: Dimension, right: Dimension) -> Dimension:
    total = dict(left.exponents)
    for base, power in right.exponents:
        total[base] = total.get(base, Fraction(0)) + power
    return Dimension.of(total)


@lru_cache(maxsize=65536)
def _quotient(above: Dimension, below: Dimension) -> Dimension:
    return _product(above, _power(below, -1))


@lru_cache(maxsize=65536)
def _power(base: Dimension, power: Fraction | int) -> Dimension:
    return Dimension.of({name: exponent * power for name, exponent in base.exponents})


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _reading_order(factor: tuple[str, Fraction]) -> tuple[int, str]:
    base = factor[0]
    return (READING_ORDER.index(base) if base in READING_ORDER else -1), base


def _factor(base: str, power: Fraction) -> str:
    word = base.removeprefix("currency:")
    if power == 1:
        return word
    if power.denominator == 1:
        return word + str(power).translate(_SUPERSCRIPTS)
    return f"{word}^({power})"


def _grouped(factors: list[str]) -> str:
    return factors[0] if len(factors) == 1 else f"({' · '.join(factors)})"
