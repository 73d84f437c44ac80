"""Name a dimension and spell a unit for it: from exponents back to words.

Messages speak of "an energy" and propose `J`; a dimension without a name is spelled in base
units.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from lawc.units.dimension import READING_ORDER, Dimension
from lawc.units.reading import UnitProblem, parse_unit

_SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "information": "bit",
        "count": "count",
        "mass": "kg",
        "length": "m",
        "time": "s",
        "current": "A",
        "temperature": "K",
        "amount": "mol",
        "luminosity": "cd",
        "bioactivity": "IU",
        "angle": "rad",
        "cycle": "rev",
    }
)


def name_dimension(dimension: Dimension) -> str | None:
    """Return what people call a dimension, `energy`, or None where it has no usual name."""
    if dimension.is_none:
        return "plain number"
    if len(dimension.exponents) == 1 and dimension.exponents[0] == (_money(dimension), 1):
        return "amount of money"
    found = _kinds().get(dimension) or _kinds().get(_without_angle(dimension))
    return found[0] if found else None


def describe_dimension(dimension: Dimension) -> str:
    """Return the factors and the name: `mass · length² / time²   (an energy)`."""
    name = name_dimension(dimension)
    if name is None or name in (str(dimension), "plain number", "amount of money"):
        return str(dimension)
    if len(dimension.exponents) == 1 and dimension.exponents[0][1] == 1:
        return str(dimension)
    return f"{dimension}   ({with_article(name)})"


def named_dimensions() -> tuple[Dimension, ...]:
    """Return the dimensions that have a name."""
    return tuple(_kinds())


def kind_names() -> tuple[tuple[str, Dimension], ...]:
    """Return every kind of quantity that has a name, and its dimension; a dimension may recur."""
    return tuple((name, dimension) for name, _, dimension in _lines())


def with_article(name: str) -> str:
    """Return a name with `a` or `an`."""
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def suggest_unit(dimension: Dimension) -> str:
    """Return the unit in which people state such a quantity; its SI value is one.

    `parse_unit` reads it back to the same dimension, unless an exponent is beyond its limits.
    The plain number gives `1`.
    """
    if dimension.is_none:
        return "1"
    found = _kinds().get(dimension)
    return found[1] if found else spell(dimension)


def spell(dimension: Dimension) -> str:
    """Return the unit of a dimension in base units: `kg*m^2/s^2`."""
    above: list[str] = []
    below: list[str] = []
    for base in (_money(dimension), *READING_ORDER):
        power = dimension.exponent(base)
        if power:
            symbol = _SYMBOLS.get(base) or base.removeprefix("currency:")
            (above if power > 0 else below).append(symbol + _exponent(str(abs(power))))
    return "/".join(["*".join(above) or "1", *below])


def _without_angle(dimension: Dimension) -> Dimension:
    """The SI counts an angle as a plain number: N·m/rad is a torque all the same."""
    return Dimension.of([(base, power) for base, power in dimension.exponents if base != "angle"])


def _exponent(power: str) -> str:
    if power == "1":
        return ""
    return f"^({power})" if "/" in power else f"^{power}"


def _money(dimension: Dimension) -> str:
    return next((base for base, _ in dimension.exponents if base.startswith("currency:")), "")


@cache
def _kinds() -> Mapping[Dimension, tuple[str, str]]:
    kinds: dict[Dimension, tuple[str, str]] = {}
    for name, spelling, dimension in _lines():
        kinds.setdefault(dimension, (name, spelling))
    return MappingProxyType(kinds)


@cache
def _lines() -> tuple[tuple[str, str, Dimension], ...]:
    text = files("lawc.units").joinpath("names.txt").read_text(encoding="utf-8")
    found: list[tuple[str, str, Dimension]] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, spelling = (cell.strip() for cell in line.split("|"))
            unit = parse_unit(spelling)
            if isinstance(unit, UnitProblem):
                raise ValueError(f"names.txt: expected a unit, got {spelling!r}")
            found.append((name, spelling, unit.dimension))
    return tuple(found)
