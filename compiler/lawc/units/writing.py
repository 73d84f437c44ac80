"""Write a unit as a code of UCUM, for exchange: from any of our notations to `kg.m.s-2`.

What UCUM has no code for, such as money, a cycle or a root, is not written; a listed thing that is
counted becomes braces, `{cell}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from lawc.units.aliases import ucum_codes
from lawc.units.grammar import look_up
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit, unit_size
from lawc.units.size import Factor, Size
from lawc.units.table import PREFIXES, Entry, entries, prefix, spellings

LONGEST_NUMBER = 20
_SYMBOLS = tuple(symbol for symbol in PREFIXES if symbol not in ("µ", "μ"))


def write_ucum(text: str) -> str | None:
    """Return the UCUM code of a unit, or None where it is no unit or UCUM has none.

    The code reads back to the same dimension and factor. The plain number is `1`.
    """
    size = unit_size(text)
    if isinstance(size, UnitProblem):
        return None
    parts: list[str] = []
    number = Fraction(1)
    for factor in size.factors:
        written = _written(factor)
        if written is None:
            return None
        part, rest = written
        parts += [part] if part else []
        number *= rest
    code = _joined(parts, number)
    return code if code is not None and _reads_back(code, size) else None


def _written(factor: Factor) -> tuple[str, Fraction] | None:
    """Return the code of one factor with its power, and the number that is left over."""
    if factor.power.denominator != 1:
        return None
    power = int(factor.power)
    if factor.entry is None:
        return "", factor.number**power
    code = _codes().get(factor.entry)
    if code is None:
        return None
    for symbol in ("", *_SYMBOLS):
        if (prefix(symbol)[1] if symbol else 1) == factor.number:
            found = look_up(symbol + code)
            if found is not None and found.factors[:1] == (Factor(factor.entry, factor.number),):
                return _raised(symbol + code, power), Fraction(1)
    return _raised(code, power), factor.number**power


def _raised(code: str, power: int) -> str:
    return code if power == 1 else f"{code}{power}"


def _joined(parts: list[str], number: Fraction) -> str | None:
    above, below = str(number.numerator), str(number.denominator)
    if max(len(above), len(below)) > LONGEST_NUMBER:
        return None
    ten = _power_of_ten(number)
    if ten is not None:
        return ".".join([ten, *parts])
    head = [] if above == "1" and parts else [above]
    return ".".join(head + parts) + ("" if below == "1" else f"/{below}")


def _power_of_ten(number: Fraction) -> str | None:
    large, sign = (number, "") if number > 1 else (1 / number, "-")
    zeros = len(str(large.numerator)) - 1
    return f"10*{sign}{zeros}" if zeros and large == Fraction(10) ** zeros else None


def _reads_back(code: str, size: Size) -> bool:
    again = unit_size(code)
    unit = parse_unit(code)
    return (
        isinstance(again, Size)
        and not isinstance(unit, UnitProblem)
        and (again.exact, again.pi, again.dimension) == (size.exact, size.pi, size.dimension)
    )


@cache
def _codes() -> Mapping[Entry, str]:
    codes: dict[Entry, str] = {}
    for target, code in ucum_codes().items():
        found = spellings().get(target)
        if found is not None and found[1] == 1:
            codes.setdefault(found[0], code)
    for entry in entries():
        if entry.source == "COUNT" and entry.ratio == 1 and str(entry.dimension) == "count":
            codes.setdefault(entry, f"{{{entry.symbols[0]}}}")
    return MappingProxyType(codes)
