"""State what a law of fields demands at points as tapes: what is zero, and how fields move it.

Every equation and condition becomes a demand at its place. A demand reads fields and their
derivatives as numbered parts, and answers its value and its slope by each part; where no slope
reads a part the law is linear, and one least-squares problem solves it. What a law names only as a
source, such as the temperature of the air, can be superposed: one solution for each. What networks
are trained on is stated in `statements.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.jets.closure import Partial
from lawc.knowledge.algebra import ZERO, fold
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Expression,
    Symbol,
    distinct,
    names,
    rebuild,
    substitute,
)
from lawc.knowledge.writing import write_boundary, write_condition
from lawc.lowering.fields.parts import (
    Place,
    end_place,
    partial_of,
    periodic_sides,
    start_place,
    twin_place,
)
from lawc.lowering.plan import Plan
from lawc.lowering.tapes import tape


@dataclass(frozen=True, slots=True)
class Part:
    """A field or one of its derivatives.

    Attributes:
        field: Its number.
        orders: How often it is derived by what, by name; empty for the field itself.
    """

    field: int
    orders: Partial = ()

    @property
    def order(self) -> int:
        """How often it is derived."""
        return sum(order for _, order in self.orders)


@dataclass(frozen=True, eq=False)
class Demand:
    """What is zero at a place.

    Attributes:
        label: The equation's label, or the condition as written.
        place: Where.
        side: What is zero, with parts under their names.
        parts: What it reads.
        fixed: SI values of names that do not vary.
    """

    label: str
    place: Place
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


def demands(plan: Plan) -> tuple[Demand, ...]:
    """Return everything that a plan with fields demands.

    Raises:
        CompileError: A condition holds infinitely far away, or a range is not declared.
    """
    problem = plan.fields
    assert problem is not None
    found = [
        _demand(f"equation {k + 1}", Place(), side, plan)
        for k, side in enumerate(problem.equations)
    ]
    for condition in problem.conditions:
        place = start_place(condition)
        found.append(_demand(write_condition(condition), place, condition.side, plan))
    for line in problem.boundary:
        label = write_boundary(line)
        if line.is_periodic:
            place = twin_place(line, plan.law)
            sides = periodic_sides(line, problem)
            found += [_demand(label, place, side, plan) for side in sides]
        elif isinstance(line.at, str):
            raise CompileError(
                f"the condition `{label}` is infinitely far away; fields are solved on boxes with "
                "ends"
            )
        else:
            found.append(_demand(label, end_place(line), line.side, plan))
    return tuple(found)


def is_linear(found: tuple[Demand, ...]) -> bool:
    """Return whether all demands are linear in the fields."""
    return all(demand.is_linear for demand in found)


def sources(plan: Plan, found: tuple[Demand, ...]) -> tuple[str, ...]:
    """Return parameters of which the fields are a sum, one part for each and one for the rest.

    No slope reads them, and what the demands say of them is linear in all of them at once.
    """
    problem = plan.fields
    assert problem is not None
    if not is_linear(found):
        return ()
    # Geometry is no source.
    shapes = [side for hole in plan.law.region for side in hole.expressions]
    shapes += [value for demand in found for _, value in demand.place.pins]
    still = set(problem.parameters)
    for side in (*shapes, *(slope for demand in found for slope in demand.slopes)):
        still -= names(side)
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


def _demand(label: str, place: Place, side: Expression, plan: Plan) -> Demand:
    assert plan.fields is not None
    number = {name: k for k, name in enumerate(plan.fields.quantities)}
    parts: dict[Part, str] = {}

    def change(node: Expression) -> Expression | None:
        asked = (node.name, ()) if isinstance(node, Symbol) else partial_of(node)
        if asked is None or asked[0] not in number:
            return None
        part = Part(number[asked[0]], asked[1])
        return Symbol(parts.setdefault(part, part_name(len(parts))))

    for node in distinct(side):
        change(node)
    return Demand(label, place, rebuild(side, change), tuple(parts), plan.fixed)
