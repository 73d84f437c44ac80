"""A model in SBML, level 2 or 3: from markup to its parts, each as the file says it.

What is not taken is refused by name here, whole: a model without one of its events
would be another model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import Element, read_markup
from lawc.importers.mathml import MATHML

LONGEST_NAME = 200

Part = TypeVar("Part", "Compartment", "Species", "Parameter")
_START = "http://www.sbml.org/sbml/level"
_CORE = (f"{_START}2", f"{_START}3/version1/core", f"{_START}3/version2/core")
_CORE += tuple(f"{_START}2/version{number}" for number in range(2, 6))
_IGNORED = frozenset(
    (
        "notes", "annotation", "listOfFunctionDefinitions", "listOfUnitDefinitions",
        "listOfCompartments", "listOfSpecies", "listOfParameters", "listOfInitialAssignments",
        "listOfRules", "listOfReactions", "listOfCompartmentTypes", "listOfSpeciesTypes",
        "listOfConstraints",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compartment:
    """Where species are; `size` is a number as written, or empty."""

    id: str
    name: str
    dimensions: str
    size: str
    units: str
    constant: bool


@dataclass(frozen=True, slots=True)
class Species:
    """A species; its symbol is an amount where `only_substance`, else a concentration.

    Attributes:
        amount, concentration: What it starts with, as written; at most one is not empty.
        boundary: Whether reactions leave it alone.
        factor: The parameter that turns extents of reactions into its substance.
    """

    id: str
    name: str
    compartment: str
    amount: str
    concentration: str
    units: str
    only_substance: bool
    boundary: bool
    constant: bool
    factor: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the model, or of one reaction."""

    id: str
    name: str
    value: str
    units: str
    constant: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A species on a side of a reaction, and how many; `math` is of level 2."""

    id: str
    species: str
    count: str
    math: Element | None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction; `law` is None where the file gives no rate."""

    id: str
    name: str
    reactants: tuple[Reference, ...]
    products: tuple[Reference, ...]
    law: Element | None
    local: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a symbol equals at all times, or its rate of change where `is_rate`."""

    variable: str
    is_rate: bool
    math: Element


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        level: 2 or 3.
        namespace: In which the units of numbers are given.
        defaults: Units of the model by the attribute of level 3: `substanceUnits`, …
        functions: Their lambda elements.
        assigned: What symbols start with, where a formula says it.
        units: Their definitions, as elements.
    """

    name: str
    level: int
    namespace: str
    defaults: Mapping[str, str]
    factor: str
    functions: Mapping[str, Element]
    units: Mapping[str, Element]
    compartments: Mapping[str, Compartment]
    species: Mapping[str, Species]
    parameters: Mapping[str, Parameter]
    assigned: Mapping[str, Element]
    rules: Mapping[str, Rule]
    reactions: tuple[Reaction, ...]


def looks_like_sbml(start: bytes) -> bool:
    """Return whether a file begins as a model in SBML does."""
    return start.startswith(b"<") and b"<sbml" in start and _START.encode() in start


def read_sbml(data: bytes) -> Model:
    """Return the model of a file.

    Raises:
        ImportRefusedError: It is no SBML, is damaged, or says what no law can.
    """
    root = read_markup(data)
    if root.name != "sbml" or root.namespace not in _CORE:
        found = root.namespace[:60] if root.name == "sbml" else root.name[:40]
        raise ImportRefusedError(f"a model in SBML, level 2 or 3, is expected; this is {found!r}")
    for key, value in root.attributes.items():
        namespace, _, name = key.rpartition(" ")
        if name == "required" and namespace and value.strip() == "true":
            raise ImportRefusedError(f"the package {namespace[:80]} changes what the model means")
    model = next(root.named("model"), None)
    if model is None:
        raise ImportRefusedError("there is no model in the file")
    _refuse(model)
    level = int(root.namespace.removeprefix(_START)[0])
    names = ("substance", "volume", "area", "length", "time", "extent")
    compartments = _by_id(_compartment(each, level) for each in _each(model, "Compartments"))
    return Model(
        (model.get("name") or model.get("id") or "model").strip(),
        level,
        root.namespace,
        {f"{name}Units": _text(model, f"{name}Units") for name in names},
        _text(model, "conversionFactor"),
        {
            _id(each): math
            for each in _each(model, "FunctionDefinitions")
            if (math := _math(each)) is not None
        },
        {_id(each): each for each in _each(model, "UnitDefinitions")},
        compartments,
        _by_id(_species(each) for each in _each(model, "Species")),
        _by_id(_parameter(each) for each in _each(model, "Parameters")),
        {
            _text(each, "symbol"): math
            for each in _each(model, "InitialAssignments")
            if (math := _math(each)) is not None
        },
        _rules(model),
        tuple(_reaction(each) for each in _each(model, "Reactions")),
    )


def _refuse(model: Element) -> None:
    """Raise where a model says what no law can."""
    for child in model.children:
        if child.namespace == model.namespace and child.name not in _IGNORED and child.children:
            what = {"listOfEvents": "events"}.get(child.name, child.name[:40])
            raise ImportRefusedError(
                f"line {child.line}: the model has {what}, which are not taken"
            )


def _rules(model: Element) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for each in _each(model, "Rules"):
        if each.name not in ("assignmentRule", "rateRule"):
            raise ImportRefusedError(
                f"line {each.line}: {each.name[:40]} is not understood; each rule gives one symbol"
            )
        variable, math = _text(each, "variable"), _math(each)
        if variable in rules:
            raise ImportRefusedError(f"line {each.line}: {variable[:40]!r} has two rules")
        # A rule without a formula, which version 2 of level 3 allows, says nothing.
        if math is not None:
            rules[variable] = Rule(variable, each.name == "rateRule", math)
    return rules


def _compartment(element: Element, level: int) -> Compartment:
    return Compartment(
        _id(element),
        _text(element, "name"),
        _text(element, "spatialDimensions") or ("3" if level == 2 else ""),
        _text(element, "size"),
        _text(element, "units"),
        _flag(element, "constant", True),
    )


def _species(element: Element) -> Species:
    return Species(
        _id(element),
        _text(element, "name"),
        _text(element, "compartment"),
        _text(element, "initialAmount"),
        _text(element, "initialConcentration"),
        _text(element, "substanceUnits"),
        _flag(element, "hasOnlySubstanceUnits", False),
        _flag(element, "boundaryCondition", False),
        _flag(element, "constant", False),
        _text(element, "conversionFactor"),
    )


def _parameter(element: Element) -> Parameter:
    return Parameter(
        _id(element),
        _text(element, "name"),
        _text(element, "value"),
        _text(element, "units"),
        _flag(element, "constant", True),
    )


def _reaction(element: Element) -> Reaction:
    if _flag(element, "fast", False):
        raise ImportRefusedError(f"line {element.line}: a fast reaction is not understood")
    law = next(element.named("kineticLaw"), None)
    local: list[Parameter] = []
    if law is not None:
        for group in ("Parameters", "LocalParameters"):
            local += [_parameter(each) for each in _each(law, group)]
    return Reaction(
        _id(element),
        _text(element, "name"),
        tuple(_reference(each) for each in _each(element, "Reactants")),
        tuple(_reference(each) for each in _each(element, "Products")),
        _math(law) if law is not None else None,
        tuple(local),
    )


def _reference(element: Element) -> Reference:
    own = next(element.named("stoichiometryMath"), None)
    return Reference(
        _text(element, "id"),
        _text(element, "species"),
        _text(element, "stoichiometry"),
        _math(own) if own is not None else None,
    )


def _each(parent: Element, name: str) -> Iterator[Element]:
    for group in parent.named(f"listOf{name}"):
        for child in group.children:
            if child.namespace == parent.namespace and child.name not in ("notes", "annotation"):
                yield child


def _math(element: Element) -> Element | None:
    """Return the formula in an element, None where there is none."""
    for child in element.children:
        if child.namespace == MATHML and child.name == "math" and child.children:
            return child.children[-1]
    return None


def _by_id(parts: Iterator[Part]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        if part.id in found:
            raise ImportRefusedError(f"two parts have the id {part.id[:40]!r}")
        found[part.id] = part
    return found


def _id(element: Element) -> str:
    text = _text(element, "id")
    if not text:
        raise ImportRefusedError(f"line {element.line}: {element.name[:40]} has no id")
    return text


def _text(element: Element, name: str) -> str:
    text = (element.get(name) or "").strip()
    if len(text) > LONGEST_NAME:
        raise ImportRefusedError(f"line {element.line}: the {name} is too long")
    return text


def _flag(element: Element, name: str, default: bool) -> bool:
    text = _text(element, name)
    if text not in ("", "true", "false", "1", "0"):
        raise ImportRefusedError(f"line {element.line}: {name} is true or false, not {text[:20]!r}")
    return default if not text else text in ("true", "1")
