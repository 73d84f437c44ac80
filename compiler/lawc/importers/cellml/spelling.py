"""Units of a CellML model as the language spells them: `mmol/L` for a millimolar."""

from __future__ import annotations

import math
from fractions import Fraction

from lawc.importers.cellml.units import (
    STANDARD,
    Definitions,
    measure,
    own_bases,
    size_of,
    without_size,
)
from lawc.importers.imported import ImportRefusedError
from lawc.importers.tables import product
from lawc.units.dimension import Dimension
from lawc.units.reading import parse_unit
from lawc.units.table import PREFIXES
from lawc.units.unit import Unit

MOST_FACTORS = 100
LARGEST = 200
FAMILIAR = ("min", "h", "d")

_SYMBOLS = {tens: symbol for symbol, (_, tens) in PREFIXES.items()}
_BASES = {
    "length": "m", "mass": "kg", "time": "s", "current": "A", "temperature": "K",
    "amount": "mol", "luminosity": "cd",
}  # fmt: skip


def spell(name: str, definitions: Definitions) -> str:
    """Return a unit of a model as the language writes it, of the same size exactly.

    Raises:
        ImportRefusedError: It rests on a base of the model's own, or is too odd to be written.
    """
    wanted = measure(name, definitions)
    own = own_bases(wanted)
    if not 1e-290 < size_of(wanted) < 1e290:
        raise ImportRefusedError(f"the units {name[:40]!r} have a size out of range")
    if own:
        raise ImportRefusedError(f"the units {own[0][:40]!r} are the model's own base")
    factors: list[tuple[str, Fraction]] = []
    try:
        size = _factors(name, definitions, 0, Fraction(1), factors)
    except OverflowError:
        raise ImportRefusedError(f"the units {name[:40]!r} have a size out of range") from None
    merged: dict[str, Fraction] = {}
    for unit, power in factors:
        merged[unit] = merged.get(unit, Fraction(0)) + power
    parts = [(unit, power) for unit, power in merged.items() if power and unit != "1"]
    for text in (_sized(size, product(parts)), _in_bases(wanted)):
        if _is(text, wanted):
            return text
    raise ImportRefusedError(f"the units {name[:40]!r} have no spelling in the language")


def _factors(
    name: str,
    definitions: Definitions,
    prefix: int,
    power: Fraction,
    found: list[tuple[str, Fraction]],
) -> float:
    """Append the units that a name is made of; return the size that no prefix says."""
    if len(found) > MOST_FACTORS or abs(prefix * power) > LARGEST:
        raise ImportRefusedError(f"the units {name[:40]!r} are made of too much")
    if name not in definitions:
        symbol = STANDARD[name]
        sized = _prefixed(symbol, prefix)
        found.append((sized or symbol, power))
        return 1.0 if sized else 10.0 ** (prefix * power)
    size = 10.0 ** (prefix * power)
    familiar = _familiar(measure(name, definitions))
    if familiar:
        found.append((familiar, power))
        return size
    if not definitions[name]:
        # A base of the model's own, which something else cancels.
        found.append(("1", power))
    for factor in definitions[name]:
        inner = factor.exponent * power
        size *= float(factor.multiplier) ** float(power)
        size *= _factors(factor.units, definitions, factor.prefix, inner, found)
    return size


def _familiar(wanted: Dimension) -> str:
    """Return the name of a unit that people use although no prefix makes it, if it is one."""
    return next((text for text in FAMILIAR if _is(text, wanted)), "")


def _prefixed(symbol: str, prefix: int) -> str:
    """Return a unit with its prefix, or nothing where the two do not go together."""
    if symbol == "1" or prefix == 0:
        return symbol if prefix == 0 else ""
    if symbol == "kg":
        symbol, prefix = "g", prefix + 3
    text = _SYMBOLS.get(prefix, "?") + symbol if prefix else symbol
    whole, bare = parse_unit(text), parse_unit(symbol)
    if not isinstance(whole, Unit) or not isinstance(bare, Unit):
        return ""
    same = whole.dimension == bare.dimension
    return text if same and _near(whole.factor, bare.factor * 10.0**prefix) else ""


def _sized(size: float, text: str) -> str:
    if _near(size, 1.0):
        return text
    rounded = float(f"{size:.12g}")
    if not math.isclose(rounded, size, rel_tol=1e-15):
        rounded = size
    shown = str(int(rounded)) if rounded.is_integer() and rounded < 1e6 else repr(rounded)
    # `2 1/s` would be two numbers side by side.
    return shown + text[1:] if text.startswith("1") else f"{shown} {text}"


def _in_bases(wanted: Dimension) -> str:
    parts = [(_BASES[base], power) for base, power in without_size(wanted).exponents]
    return _sized(size_of(wanted), product(parts))


def _is(text: str, wanted: Dimension) -> bool:
    unit = parse_unit(text)
    if not isinstance(unit, Unit) or not _near(unit.factor, size_of(wanted)):
        return False
    kept = [(base, power) for base, power in unit.dimension.exponents if base in _BASES]
    return Dimension.of(kept) == without_size(wanted)


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9)
