"""Write a product of units with each of them once: `m^3*m` is `m^4`, `kg/m*m` is `kg`.

What is proposed to an author is made of parts of what is written, so that a unit may come twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction

from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

_PART = re.compile(r"([*/·]?)\s*(?:([^\W\d][^\s*/·^()]*)|(1)|(\())")
_POWER = re.compile(r"\^\(?(-?\d+(?:/\d+)?)\)?")


def tidy(text: str) -> str:
    """Return the same unit with each of its factors once, as written where nothing comes twice."""
    try:
        parts = list(_parts(text))
    except ValueError:
        return text
    powers: dict[str, Fraction] = {}
    for name, power in parts:
        powers[name] = powers.get(name, Fraction(0)) + power
    if len(powers) == len(parts) and ")^" not in text:
        return text
    above = [f"{name}{_raised(power)}" for name, power in powers.items() if power > 0]
    below = [f"{name}{_raised(-power)}" for name, power in powers.items() if power < 0]
    tidied = "/".join(["*".join(above) or "1", *below])
    return tidied if _same(text, tidied) else text


def _parts(text: str, outer: Fraction = Fraction(1)) -> Iterator[tuple[str, Fraction]]:
    """Yield the factors of a product and their powers.

    Raises:
        ValueError: There is something else in it.
    """
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or (at > 0) != bool(found[1]):
            raise ValueError(text)
        at = found.end()
        inside = ""
        if found[4]:
            close = text.find(")", at)
            inside, at = text[at:close], close + 1
            if close < 0 or "(" in inside:
                raise ValueError(text)
        raised = _POWER.match(text, at)
        power = outer * Fraction(raised[1] if raised else 1)
        at = raised.end() if raised else at
        power = -power if found[1] == "/" else power
        if found[2]:
            yield found[2], power
        elif inside:
            yield from _parts(inside, power)


def _raised(power: Fraction) -> str:
    if power == 1:
        return ""
    return f"^{power}" if power.denominator == 1 else f"^({power})"


def _same(one: str, other: str) -> bool:
    first, second = parse_unit(one), parse_unit(other)
    if not isinstance(first, Unit) or not isinstance(second, Unit):
        return False
    alike = math.isclose(first.factor, second.factor, rel_tol=1e-12)
    return alike and first.dimension == second.dimension and first.offset == second.offset
