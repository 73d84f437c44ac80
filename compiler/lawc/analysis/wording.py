"""What the words of a declaration say about its dimension.

`initial velocity of the ball` speaks of a velocity: the head of a phrase stands before its first
preposition, and of the known words in it the longest and last one counts. Words are evidence, not
proof: they help to choose between declarations that could be wrong.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from lawc.units.dimension import Dimension
from lawc.units.naming import kind_names
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

_BEFORE = re.compile(
    r"\b(?:of|at|in|from|to|since|between|that|which|with|without|after|before|per|for|by|on|over|"
    r"during|under|where|when|until)\b|[,;(]"
)

# One meaning a line: words | the units that they may be stated in; `per time` stands for any rate.
_LEXICON = """
displacement, distance, height, width, depth, radius, diameter, position, thickness, way, path,
    wavelength, altitude, elongation, amplitude of motion | m
area, surface, cross section | m^2
weight, inertia, load | kg, N
duration, age, period, half-life, lifetime, delay, time constant | s
speed | m/s
temperature, temperature difference | K
concentration, level | mol/m^3, kg/m^3, 1, kg/kg, IU/m^3, 1/m^3, count/m^3
dose, amount, quantity | kg, mol, IU, 1, count
rate constant, growth rate, decay rate, frequency | 1/s
rate, flow, flux, clearance | per time
volume | m^3, m^3/mol, m^3/kg
work, heat, enthalpy, potential energy, kinetic energy | J, J/mol, J/kg
activation energy | J/mol, J
potential, voltage, tension, electromotive force | V
resistance | ohm
charge | C
current | A
angle, phase, latitude, longitude, inclination | rad
angular frequency | rad/s
fraction, share, ratio, part, probability, exponent, efficiency, emissivity, eccentricity, quotient,
    number, acidity, order, index of refraction, strain, factor of safety | 1
stress | Pa
spring constant, spring stiffness | N/m
population, people, individuals, cases | count, 1
"""


@lru_cache(maxsize=4096)
def spoken(words: str) -> frozenset[Dimension | str]:
    """Return the dimensions that words speak of; `per time` among them stands for any rate."""
    head = words.lower()
    cut = _BEFORE.search(head)
    head = (head[: cut.start()] if cut is not None else head).strip()
    parts = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", head)
    known = _known()
    for end in range(len(parts), 0, -1):
        for start in range(max(0, end - 4), end):
            found = known.get(" ".join(parts[start:end]))
            if found is not None:
                return found
    return frozenset()


def agree(words: str, dimension: Dimension) -> bool | None:
    """Return whether words fit a dimension; None where they say nothing about it."""
    said = spoken(words)
    if not said:
        return None
    if "per time" in said and dimension.exponent("time") < 0:
        return True
    rest = Dimension.of([(b, p) for b, p in dimension.exponents if b != "angle"])
    return dimension in said or (rest in said and not rest.is_none)


@cache
def _known() -> dict[str, frozenset[Dimension | str]]:
    found: dict[str, set[Dimension | str]] = {}
    for name, dimension in kind_names():
        found.setdefault(name, set()).add(dimension)
    for line in _LEXICON.replace(",\n    ", ", ").strip().splitlines():
        words, units = line.split("|")
        meant: set[Dimension | str] = set()
        for text in (unit.strip() for unit in units.split(",")):
            unit = parse_unit(text)
            meant.add(unit.dimension if isinstance(unit, Unit) else text)
        for word in words.split(","):
            found.setdefault(word.strip(), set()).update(meant)
    return {word: frozenset(meant) for word, meant in found.items()}
