"""State what a law of fields demands at points: what is to be zero, and how fields move it.

Every equation, initial condition and condition at an end becomes a demand. A demand reads fields
and their derivatives as numbered parts, and answers its value and its slope by each part; where no
slope reads a part the law is linear, and one least-squares problem solves it. What a law names only
as a source, such as the temperature of the air, can be superposed: one solution for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ZERO, fold, minus
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Derivative,
    Expression,
    MixedDerivative,
    Symbol,
    distinct,
    names,
    rebuild,
    substitute,
)
from lawc.knowledge.law import Boundary
from lawc.knowledge.writing import write_boundary, write_condition
from lawc.lowering.plan import Fields
from lawc.lowering.tapes import tape


@dataclass(frozen=True, slots=True)
class Part:
    """A field or one of its derivatives.

    Attributes:
        field: Its number.
        orders: How often it is derived by what, by name; empty for the field itself.
    """

    field: int
    orders: tuple[tuple[str, int], ...] = ()

    @property
    def order(self) -> int:
        """How often it is derived."""
        return sum(order for _, order in self.orders)


@dataclass(frozen=True)
class Spot:
    """Where a demand holds; everywhere inside where it says nothing.

    Attributes:
        variable: A coordinate or the time that has a value there.
        at: That value.
        further: Values of other coordinates, for a point.
        rim: The name of holes on whose rim it is.
        periodic: Whether it is both ends of the variable at once.
    """

    variable: str = ""
    at: Expression | None = None
    further: tuple[tuple[str, Expression], ...] = ()
    rim: str = ""
    periodic: bool = False

    @property
    def is_inside(self) -> bool:
        """Whether it is the whole region."""
        return not self.variable and not self.rim


@dataclass(frozen=True, eq=False)
class Demand:
    """What is zero at a spot.

    Attributes:
        label: The equation's label, or the condition as written.
        spot: Where.
        side: What is zero, with parts under their names.
        parts: What it reads.
        fixed: SI values of names that do not vary.
    """

    label: str
    spot: Spot
    side: Expression
    parts: tuple[Part, ...]
    fixed: Mapping[str, float]

    @cached_property
    def slopes(self) -> tuple[Expression, ...]:
        """The slope by each part."""
        return tuple(fold(derivative(self.side, part_name(k))) for k in range(len(self.parts)))

    @property
    def is_linear(self) -> bool:
        """Whether no slope depends on a part."""
        own = {part_name(k) for k in range(len(self.parts))}
        return not any(names(slope) & own for slope in self.slopes)

    @cached_property
    def tape(self) -> Tape:
        """Columns of what varies, parts among it, to `value` and `slope 0`, `slope 1`, …"""
        outputs = {"value": self.side}
        outputs |= {f"slope {k}": slope for k, slope in enumerate(self.slopes)}
        used = frozenset[str]().union(*map(names, outputs.values()))
        return tape(outputs, sorted(used - self.fixed.keys()), self.fixed)


def part_name(number: int) -> str:
    """Return the column in which a demand reads its part of that number."""
    return f"part {number}"


def demands(problem: Fields, fixed: Mapping[str, float]) -> tuple[Demand, ...]:
    """Return everything that a problem of fields demands.

    Raises:
        CompileError: A condition holds infinitely far away.
    """
    found = [
        _demand(f"equation {k + 1}", Spot(), side, problem, fixed)
        for k, side in enumerate(problem.equations)
    ]
    for condition in problem.conditions:
        side: Expression = Symbol(condition.quantity)
        if condition.order:
            side = Derivative(condition.quantity, condition.variable, condition.order)
        spot = Spot(condition.variable, condition.at)
        label = write_condition(condition)
        found.append(_demand(label, spot, minus(side, condition.value), problem, fixed))
    for line in problem.boundary:
        found += _of_line(line, problem, fixed, found[: len(problem.equations)])
    return tuple(found)


def is_linear(found: tuple[Demand, ...]) -> bool:
    """Return whether all demands are linear in the fields."""
    return all(demand.is_linear for demand in found)


def sources(problem: Fields, found: tuple[Demand, ...]) -> tuple[str, ...]:
    """Return parameters of which the fields are a sum, one part for each and one for the rest.

    No slope reads them, and what the demands say of them is linear in all of them at once.
    """
    if not is_linear(found):
        return ()
    still = set(problem.parameters)
    for demand in found:
        for slope in demand.slopes:
            still -= names(slope)
        # Geometry is no source.
        for side in (demand.spot.at, *(value for _, value in demand.spot.further)):
            still -= names(side) if side is not None else set()
    kept = [name for name in problem.parameters if name in still]
    rests = [
        fold(substitute(demand.side, {part_name(k): ZERO for k in range(len(demand.parts))}))
        for demand in found
    ]
    slopes = {name: [fold(derivative(rest, name)) for rest in rests] for name in kept}
    while True:
        # Of two that multiply each other, the one that meets more others goes first.
        meets = {name: sum(len(names(side) & set(kept)) for side in slopes[name]) for name in kept}
        worst = max(kept, key=lambda name: meets[name], default=None)
        if worst is None or meets[worst] == 0:
            return tuple(kept)
        kept.remove(worst)


def _of_line(
    line: Boundary, problem: Fields, fixed: Mapping[str, float], equations: list[Demand]
) -> list[Demand]:
    if line.is_periodic:
        spot = Spot(line.variable, periodic=True)
        orders = [
            dict(part.orders).get(line.variable, 0)
            for demand in equations
            for part in demand.parts
            if problem.quantities[part.field] == line.quantity
        ]
        sides: list[Expression] = [Symbol(line.quantity)]
        sides += [Derivative(line.quantity, line.variable, k) for k in range(1, max(orders))]
        return [_demand(write_boundary(line), spot, side, problem, fixed) for side in sides]
    assert line.left is not None and line.right is not None
    if isinstance(line.at, str):
        raise CompileError(
            f"the condition `{write_boundary(line)}` is infinitely far away; fields are solved on "
            "boxes with ends"
        )
    spot = Spot(line.variable, line.at, line.further, line.part)
    side = minus(line.left, line.right)
    return [_demand(write_boundary(line), spot, side, problem, fixed)]


def _demand(
    label: str, spot: Spot, side: Expression, problem: Fields, fixed: Mapping[str, float]
) -> Demand:
    number = {name: k for k, name in enumerate(problem.quantities)}
    parts: dict[Part, str] = {}

    def change(node: Expression) -> Expression | None:
        match node:
            case Symbol(name) if name in number:
                part = Part(number[name])
            case Derivative(name, by, order) if name in number:
                part = Part(number[name], ((by, order),))
            case MixedDerivative(name, orders) if name in number:
                part = Part(number[name], tuple(sorted(orders)))
            case _:
                return None
        return Symbol(parts.setdefault(part, part_name(len(parts))))

    for node in distinct(side):
        change(node)
    return Demand(label, spot, rebuild(side, change), tuple(parts), fixed)
