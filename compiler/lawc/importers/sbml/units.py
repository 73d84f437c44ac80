"""Units of a model in SBML: what the file says, and what follows for what it says nothing of.

A formula in SBML is about plain numbers and nothing in it is converted. So units are taken only
where all of them fit in size as well, litre to litre; then the law says the same as the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.analysis.constants import shelve
from lawc.analysis.dimensions import Dimensions
from lawc.analysis.inference import collect, infer
from lawc.analysis.resolve import resolve
from lawc.diagnostics.diagnostic import Source
from lawc.importers.cellml.spelling import spell
from lawc.importers.cellml.units import Definitions, Factor, decimal, measure
from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import Element
from lawc.importers.sbml.math import TIME
from lawc.importers.sbml.model import Model
from lawc.importers.sbml.system import AMOUNT, DENSITY, LIKE, System
from lawc.syntax.parsing import parse
from lawc.syntax.tree import Node, UnitText
from lawc.units.dimension import NONE, Dimension

_PLAIN = "dimensionless"
# What the units of level 2 are where the file does not define them.
_BUILT_IN = {"substance": "mole", "volume": "litre", "area": "metre", "length": "metre",
             "time": "second"}  # fmt: skip


@dataclass
class Units:
    """Units of the symbols of a model, by key.

    Attributes:
        definitions: All units, those composed here included.
        of: The name of each symbol's unit; symbols of which nothing is known are not in it.
    """

    definitions: dict[str, tuple[Factor, ...]]
    substance: str
    volumes: Mapping[str, str]
    time: str
    of: dict[str, str] = field(default_factory=dict)

    def composed(self, parts: Iterable[tuple[str, Fraction | int]]) -> str:
        """Return the name of a product of powers of units, and define it."""
        factors = tuple(Factor(unit, 0, Fraction(power)) for unit, power in parts if power)
        factors = tuple(factor for factor in factors if factor.units != _PLAIN)
        if not factors:
            return _PLAIN
        key = "*".join(f"{factor.units}^{factor.exponent}" for factor in factors)
        self.definitions[key] = factors
        return key

    def text(self, unit: str) -> str:
        """Return a unit as the language writes it.

        Raises:
            ImportRefusedError: It has no spelling.
        """
        return spell(unit, self.definitions)

    def meant(self, unit: str) -> str:
        """Return the name of a unit that a number bears.

        Raises:
            ImportRefusedError: It is like that of a symbol of which nothing is known.
        """
        if not unit.startswith(LIKE):
            return unit
        key = unit.removeprefix(LIKE)
        if key not in self.of:
            raise ImportRefusedError(f"the unit of {key[:40]!r} is not known")
        return self.of[key]

    def from_dimension(self, dimension: Dimension) -> str:
        """Return the product of the model's own units that measures what is asked.

        Raises:
            ImportRefusedError: They do not make it up.
        """
        volume = self.volumes.get("3", "")
        left, parts = dict(dimension.exponents), []
        for unit, base, each in (
            (self.substance, "amount", 1), (self.substance, "count", 1),
            (self.time, "time", 1), (volume, "length", 3),
        ):  # fmt: skip
            if base in left and unit:
                parts.append((unit, left.pop(base) / each))
        made = self.composed(parts)
        if left or _plainly(measure(made, self.definitions)) != _plainly(dimension):
            raise ImportRefusedError("no product of the model's units measures what it should")
        return made


def declared_units(model: Model, system: System) -> Units:
    """Return what a file says about units.

    Raises:
        ImportRefusedError: It says nothing, or its units are not understood.
    """
    definitions = _definitions(model)
    if model.level == 2:
        own = {key: key if key in definitions else unit for key, unit in _BUILT_IN.items()}
        if own["area"] == "metre":
            definitions["area"] = (Factor("metre", 0, Fraction(2)),)
            own["area"] = "area"
        # A part may name them, defined or not.
        for key, unit in _BUILT_IN.items():
            definitions.setdefault(key, (Factor(unit),))
        extent = own["substance"]
    else:
        own = {key: model.defaults[f"{key}Units"] for key in _BUILT_IN}
        extent = model.defaults["extentUnits"]
    if not own["substance"] or not own["time"] or not extent:
        raise ImportRefusedError("the file does not say in which units it counts")
    volumes = {"3": own["volume"], "2": own["area"], "1": own["length"], "0": _PLAIN}
    units = Units(definitions, own["substance"], volumes, own["time"])
    units.of[TIME] = own["time"]
    places: dict[str, str] = {}
    for compartment in model.compartments.values():
        unit = compartment.units or volumes.get(compartment.dimensions or "3", "")
        if unit:
            places[compartment.id] = units.of[compartment.id] = unit
    for species in model.species.values():
        amount = species.units or own["substance"]
        units.of[AMOUNT + species.id] = amount
        if species.compartment in places:
            density = units.composed([(amount, 1), (places[species.compartment], -1)])
            units.of[DENSITY + species.id] = density
        key = AMOUNT if species.id in system.substance else DENSITY
        if key + species.id in units.of:
            units.of[species.id] = units.of[key + species.id]
    for parameter in model.parameters.values():
        if parameter.units:
            units.of[parameter.id] = parameter.units
    for reaction in model.reactions:
        units.of[reaction.id] = units.composed([(extent, 1), (own["time"], -1)])
        for local in reaction.local:
            if local.units:
                units.of[f"{reaction.id} {local.id}"] = local.units
        for reference in (*reaction.reactants, *reaction.products):
            if reference.id:
                units.of[reference.id] = _PLAIN
    return units


def _definitions(model: Model) -> dict[str, tuple[Factor, ...]]:
    found: dict[str, tuple[Factor, ...]] = {"item": (Factor("dimensionless"),)}
    for name, element in model.units.items():
        factors = []
        for group in element.named("listOfUnits"):
            factors += [_factor(unit) for unit in group.named("unit")]
        found[name] = tuple(factors) or (Factor(_PLAIN),)
    return found


def _factor(unit: Element) -> Factor:
    if decimal(unit.get("offset") or "0") != 0:
        raise ImportRefusedError("units with a zero of their own are not understood")
    kind = (unit.get("kind") or "").strip()
    if kind in ("celsius", "Celsius", "avogadro"):
        raise ImportRefusedError(f"the unit {kind} is not understood")
    exponent = decimal(unit.get("exponent") or "1")
    scale, multiplier = decimal(unit.get("scale") or "0"), decimal(unit.get("multiplier") or "1")
    if exponent.denominator != 1 or scale.denominator != 1 or abs(exponent) > 20:
        raise ImportRefusedError("the exponent of a unit is too odd")
    if multiplier <= 0 or abs(scale) > 100:
        raise ImportRefusedError("the size of a unit is too odd")
    # SBML raises the multiplier to the exponent too.
    return Factor(kind, int(scale), exponent, multiplier ** int(exponent))


class Sized(Dimensions):
    """The walk of the checker, where a unit of another size is another dimension."""

    def __init__(self, names: Mapping[str, str], definitions: Definitions) -> None:
        self._definitions = definitions
        super().__init__({key: measure(unit, definitions) for key, unit in names.items()})

    def unit(self, unit: UnitText) -> Dimension | None:
        """Return what a unit of the model measures."""
        return measure(unit.text, self._definitions)

    def fits(self, left: Node, right: Node) -> bool:
        """Return whether two sides of an equation measure the same, in size too."""
        self.walked = ("equations", "", 0)
        before = len(self.mismatches)
        self.sides(left, right)
        return len(self.mismatches) == before


def follows(text: str, wanted: Iterable[str]) -> dict[str, Dimension]:
    """Return what the formulas of a draft say that symbols without a unit measure."""
    document, _ = parse(Source("draft.law", text))
    scope, _ = resolve(document.blocks[0], "draft", document.source, shelve({}, []))
    found = infer(collect(scope), wanted)
    return {name: inferred.dimension for name, inferred in found.items()}


def _plainly(dimension: Dimension) -> Dimension:
    kept = [p for p in dimension.exponents if not p[0].startswith("size:") and p[0] != "count"]
    return Dimension.of(kept) if kept else NONE
