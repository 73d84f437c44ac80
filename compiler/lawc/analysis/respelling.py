"""Spell a unit as a small change of the one that an author wrote.

Who declared `mg/L/kg` and needs a concentration wants `mg/L`, not `kg/m^3`: ranges and examples
are numbers in that scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from lawc.units.dimension import Dimension
from lawc.units.reading import parse_unit
from lawc.units.tidying import tidy
from lawc.units.unit import Unit

_SIMPLE = re.compile(r"[^\W\d_]+")
_FACTOR = re.compile(r"([*/]?)([^*/()]+(?:\^\(?-?\d+(?:/\d+)?\)?)?)")
MOST_FACTORS = 6


def respelled(written: str, beside: Sequence[str], dimension: Dimension) -> str | None:
    """Return the unit nearest to a written one that has a dimension, None where none is near.

    Args:
        written: The unit as declared.
        beside: Units of the same law, of which a forgotten factor may be one.
        dimension: What it has to measure.
    """
    simple = tuple(dict.fromkeys(unit for unit in beside if _SIMPLE.fullmatch(unit)))
    for text in _near(written, simple):
        unit = parse_unit(text)
        if not isinstance(unit, Unit) or unit.offset or not unit.text:
            continue
        if unit.dimension == dimension:
            return tidy(unit.text)
    return None


@lru_cache(maxsize=512)
def _near(written: str, simple: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_changed(written, simple)))


def _changed(written: str, simple: tuple[str, ...]) -> Iterator[str]:
    """Yield changes of a unit, the smallest first."""
    text = written.strip()
    wrapped = re.fullmatch(r"\((.*)\)\^2", text)
    if wrapped is not None:
        yield wrapped[1]
    inner = re.fullmatch(r"1/\((.*)\)", text)
    if inner is not None:
        yield inner[1]
    if "(" not in text:
        factors = [(sign or "*", unit) for sign, unit in _FACTOR.findall(text)]
        if 0 < len(factors) <= MOST_FACTORS:
            for n in range(len(factors) - 1, -1, -1):
                yield _joined(factors[:n] + factors[n + 1 :])
            for n, (sign, unit) in enumerate(factors):
                base = unit.split("^")[0]
                for power in ("", "^2", "^3"):
                    if base + power != unit:
                        yield _joined([*factors[:n], (sign, base + power), *factors[n + 1 :]])
                other = "/" if sign == "*" else "*"
                yield _joined([*factors[:n], (other, unit), *factors[n + 1 :]])
            yield _joined([("/" if sign == "*" else "*", unit) for sign, unit in factors])
            for other in simple:
                for sign in "/*":
                    yield _joined([*factors, (sign, other)])
                for power in ("^2", "^3"):
                    yield _joined([*factors, ("/", other + power)])


def _joined(factors: Sequence[tuple[str, str]]) -> str:
    above = [unit for sign, unit in factors if sign == "*" and unit != "1"]
    below = [unit for sign, unit in factors if sign == "/"]
    return "/".join(["*".join(above) or "1", *below])
