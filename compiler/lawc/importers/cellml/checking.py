"""Whether the units of a CellML model fit: the checker's own algebra, with units of the model.

The dimensions of names carry the sizes of their units, so that a millivolt and a volt differ as a
volt and a second do. An exponent that the file fixes is put in; where it rests on the value of a
variable, the equation fits only as long as the variable keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lawc.analysis.dimensions import Dimensions, Mismatch
from lawc.analysis.measuring import Kind
from lawc.importers.cellml.model import Component, Model
from lawc.importers.cellml.units import measure, without_size
from lawc.importers.folding import fold
from lawc.importers.imported import ImportRefusedError
from lawc.importers.mathml import Equation, binary, call
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
)
from lawc.units.dimension import NONE, Dimension


@dataclass(frozen=True, slots=True)
class Dependent:
    """A power that measures what it should as long as its exponent keeps its value."""

    base: Node
    exponent: Node
    value: float


@dataclass(frozen=True, slots=True)
class EquationCheck:
    """What is wrong with the units of one equation; nothing where they fit."""

    component: str
    equation: Equation
    mismatches: tuple[Mismatch, ...]
    dependent: tuple[Dependent, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the units fit, whatever the values of variables."""
        return not self.mismatches and not self.dependent


class CellmlDimensions(Dimensions):
    """The walk of the checker over equations whose units a model defines."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self._units: dict[str, Dimension | None] = {}
        super().__init__({n: self._measure(v.units) for n, v in component.variables.items()})

    def _measure(self, units: str) -> Dimension | None:
        if units not in self._units:
            try:
                self._units[units] = measure(units, self.component.units)
            except ImportRefusedError:
                # Reported where the units are defined or used; one message is enough.
                self._units[units] = None
        return self._units[units]

    def unit(self, unit: UnitText) -> Dimension | None:
        """Return what units of the model measure."""
        return self._measure(unit.text)

    def agree(
        self, kind: Kind, left: Node, one: Dimension, right: Node | None, other: Dimension
    ) -> bool:
        """Note a mismatch; a plain number may have any size."""
        if right is None and without_size(one).is_plain:
            return True
        return super().agree(kind, left, one, right, other)

    def of(self, node: Node, hint: Dimension | None = None) -> Dimension | None:
        """Return what an expression measures, functions included that the language lacks."""
        match node:
            case Call(_, Name(_, "ceiling" | "floor"), (of,)):
                return self.of(of, hint)
            case Call(_, Name(_, "rem"), (left, right)):
                return self.of(call("min", left, right), hint)
            case Call(_, Name(_, "infinity" | "notanumber"), ()):
                return NONE
            case Call(_, Name(_, "root"), (of, degree)):
                asked = self.of(degree)
                if asked is None or not self.agree(Kind.EXPONENT, degree, asked, None, NONE):
                    return None
                one = Number(node.place, "1", 1)
                return self.of(binary("^", of, binary("/", one, degree)), hint)
        return super().of(node, hint)


def check_units(model: Model) -> Iterator[EquationCheck]:
    """Yield the verdict on every equation of a model, in the order of the file."""
    values = initial_values(model)
    for component in model.components:
        walk = CellmlDimensions(component)
        own = {name: values[key] for name in component.variables
               if (key := (component.name, name)) in values}  # fmt: skip
        for number, equation in enumerate(component.equations):
            yield _check(walk, component.name, equation, number, own)


def initial_values(model: Model) -> dict[tuple[str, str], float]:
    """Return the variables whose initial value is a number."""
    values: dict[tuple[str, str], float] = {}
    for key, variable in model.variables():
        try:
            values[key] = float(variable.initial)
        except ValueError:
            continue
    return values


def _check(
    walk: CellmlDimensions,
    component: str,
    equation: Equation,
    number: int,
    values: Mapping[str, float],
) -> EquationCheck:
    rested: list[Dependent] = []
    left = _with_exponents(equation.left, values, rested)
    right = _with_exponents(equation.right, values, rested)
    walk.mismatches = []
    walk.walked = ("equations", "", number)
    walk.sides(left, right)
    found = tuple(walk.mismatches)
    dependent = []
    for power in rested:
        base = walk.of(power.base)
        if base is not None and not without_size(base).is_plain:
            dependent.append(power)
    return EquationCheck(component, equation, found, tuple(dependent) if not found else ())


def _with_exponents(node: Node, values: Mapping[str, float], rested: list[Dependent]) -> Node:
    """Return an expression with numbers for the exponents that the file fixes."""

    def below(part: Node) -> Node:
        return _with_exponents(part, values, rested)

    match node:
        case Binary(_, "^", base, exponent):
            power = _fixed(base, exponent, values, rested)
            return replace(
                node, left=below(base), right=below(exponent) if power is None else power
            )
        case Call(_, Name(_, "root"), (base, degree)):
            power = _fixed(base, degree, values, rested)
            return replace(node, arguments=(below(base), below(degree) if power is None else power))
        case Binary(_, _, left, right):
            return replace(node, left=below(left), right=below(right))
        case Negative(_, of):
            return replace(node, of=below(of))
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(below(part) for part in arguments))
        case Comparison(_, _, operands) | Logic(_, _, operands):
            return replace(node, operands=tuple(below(part) for part in operands))
        case Choice(_, condition, then, otherwise):
            return Choice(node.place, below(condition), below(then), below(otherwise))
    return node


def _fixed(
    base: Node, exponent: Node, values: Mapping[str, float], rested: list[Dependent]
) -> Node | None:
    folded = fold(exponent, values)
    if folded is None:
        return None
    if folded.variables:
        rested.append(Dependent(base, exponent, folded.value))
    size = Number(exponent.place, repr(abs(folded.value)), abs(folded.value))
    return size if folded.value >= 0 else Negative(exponent.place, size)
