"""A CellML model, version 1.0 to 2.0: from markup to components, variables and equations.

Variables that are connected are one quantity, seen by each component in units of its own. What a
model imports from other files is not read; a part that is not understood leaves the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.importers.cellml.units import Definitions, Factor, decimal, prefix_of
from lawc.importers.imported import ImportRefusedError, Remark
from lawc.importers.markup import Element, read_markup
from lawc.importers.mathml import MATHML, Equation, read_equations

NAMESPACES = (
    "http://www.cellml.org/cellml/1.0#",
    "http://www.cellml.org/cellml/1.1#",
    "http://www.cellml.org/cellml/2.0#",
)
LONGEST_NAME = 200

Key = tuple[str, str]
"""A component's name and a variable's name in it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a component; `initial` is a number or the name of another variable."""

    name: str
    units: str
    initial: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A component: its variables, its equations in order, and the units that it may name."""

    name: str
    variables: Mapping[str, Variable]
    equations: tuple[Equation, ...]
    units: Definitions


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        quantity: For each variable the first one of all that it is connected with.
        remarks: What could not be read.
    """

    name: str
    components: tuple[Component, ...]
    quantity: Mapping[Key, Key]
    remarks: tuple[Remark, ...] = ()

    def variables(self) -> Iterator[tuple[Key, Variable]]:
        """Yield every variable with its key, in the order of the file."""
        for component in self.components:
            for variable in component.variables.values():
                yield (component.name, variable.name), variable


@dataclass(slots=True)
class _Quantities:
    """Which variables are connected, directly or through others: paths to a common one."""

    above: dict[Key, Key] = field(default_factory=dict)

    def of(self, key: Key) -> Key:
        """Return the one that stands for all."""
        while self.above.get(key, key) != key:
            key = self.above[key]
        return key

    def join(self, one: Key, other: Key) -> None:
        """Connect two."""
        self.above[self.of(other)] = self.of(one)


def looks_like_cellml(start: bytes) -> bool:
    """Return whether a file begins as a CellML model does."""
    return start.startswith(b"<") and b"www.cellml.org/cellml/" in start


def read_model(data: bytes) -> Model:
    """Return the model of a file.

    Raises:
        ImportRefusedError: It is no CellML, or is damaged.
    """
    root = read_markup(data)
    if root.name != "model" or root.namespace not in NAMESPACES:
        raise ImportRefusedError(f"a CellML model is expected, and this is {root.name[:40]!r}")
    remarks = [
        Remark(f"line {child.line}", f"{child.name} is not read: only this file is", is_error=True)
        for child in root.children
        if child.name == "import"
    ]
    shared = _definitions(root, remarks)
    components = tuple(_component(each, shared, remarks) for each in root.named("component"))
    names = [component.name for component in components]
    if len(set(names)) != len(names):
        raise ImportRefusedError("two components have one name")
    quantity = _connected(root, components)
    return Model(_name(root), components, quantity, tuple(remarks))


def _definitions(parent: Element, remarks: list[Remark]) -> dict[str, tuple[Factor, ...]]:
    found: dict[str, tuple[Factor, ...]] = {}
    for units in parent.named("units"):
        try:
            found[_name(units)] = tuple(_factor(unit) for unit in units.named("unit"))
        except ImportRefusedError as problem:
            remarks.append(Remark(f"line {units.line}", str(problem), is_error=True))
    return found


def _factor(unit: Element) -> Factor:
    if decimal(unit.get("offset") or "0") != 0:
        raise ImportRefusedError("units with a zero of their own are not understood")
    exponent = decimal(unit.get("exponent") or "1")
    if abs(exponent) > 1000:
        raise ImportRefusedError("an exponent of units is too large")
    return Factor(
        unit.get("units") or "",
        prefix_of(unit.get("prefix") or "0"),
        exponent.limit_denominator(10**6) if exponent.denominator != 1 else exponent,
        decimal(unit.get("multiplier") or "1") or Fraction(1),
    )


def _component(element: Element, shared: Definitions, remarks: list[Remark]) -> Component:
    name = _name(element)
    variables: dict[str, Variable] = {}
    for each in element.named("variable"):
        variable = Variable(
            _name(each), each.get("units") or "", (each.get("initial_value") or "").strip()
        )
        if variable.name in variables:
            raise ImportRefusedError(f"line {each.line}: {variable.name[:40]!r} stands twice")
        variables[variable.name] = variable
    for reset in element.named("reset"):
        sentence = "a reset is not understood; the laws say nothing of it"
        remarks.append(Remark(f"line {reset.line}", sentence, is_error=True))
    equations: list[Equation] = []
    for math in (child for child in element.children if child.namespace == MATHML):
        # One equation that is not understood leaves the others.
        for child in math.children:
            one = Element(math.namespace, math.name, math.attributes, math.line, [child])
            try:
                equations += read_equations(one, element.namespace)
            except ImportRefusedError as problem:
                remarks.append(Remark(f"component {name}", str(problem), is_error=True))
    own = _definitions(element, remarks)
    return Component(name, variables, tuple(equations), {**shared, **own})


def _connected(root: Element, components: Iterable[Component]) -> dict[Key, Key]:
    keys = [(component.name, name) for component in components for name in component.variables]
    known, quantities = set(keys), _Quantities()
    for connection in root.named("connection"):
        inner = next(connection.named("map_components"), connection)
        one_part, other_part = inner.get("component_1") or "", inner.get("component_2") or ""
        for pair in connection.named("map_variables"):
            one = one_part, pair.get("variable_1") or ""
            other = other_part, pair.get("variable_2") or ""
            for key in (one, other):
                if key not in known:
                    shown = ".".join(key)[:80]
                    raise ImportRefusedError(f"line {pair.line}: there is no variable {shown!r}")
            if quantities.of(one) != quantities.of(other):
                quantities.join(one, other)
    first: dict[Key, Key] = {}
    return {key: first.setdefault(quantities.of(key), key) for key in keys}


def _name(element: Element) -> str:
    name = (element.get("name") or "").strip()
    if not name or len(name) > LONGEST_NAME:
        raise ImportRefusedError(f"line {element.line}: {element.name} has no name, or a long one")
    return name
