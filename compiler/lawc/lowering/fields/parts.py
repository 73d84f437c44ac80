"""Take a law of fields apart into what must be zero, and where.

An equation holds everywhere inside, a condition where it is stated: at a time, at an end of a
coordinate, at a point, on the rim of a hole. That a field is periodic says that it, and its
derivatives below the order of the law, are the same at two ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lawc.diagnostics.diagnostic import CompileError
from lawc.jets.closure import Partial
from lawc.knowledge.algebra import minus, over, times
from lawc.knowledge.expression import (
    Binary,
    Derivative,
    Expression,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
    distinct,
    orders_in,
    rebuild,
)
from lawc.knowledge.law import Boundary, Condition, Law
from lawc.knowledge.writing import write_boundary, write_condition, write_expression
from lawc.lowering.domain import span
from lawc.lowering.fields.laws import Reading
from lawc.lowering.plan import Fields, Plan

Pins = tuple[tuple[str, Expression], ...]
"""Coordinates, or the time, with their values."""


@dataclass(frozen=True)
class Place:
    """Where something holds; everywhere inside unless it says more.

    Attributes:
        pins: At these values.
        rim: On the rim of the holes of this name.
        twin: A second place; what is meant is the difference of the two.
    """

    pins: Pins = ()
    rim: str = ""
    twin: Pins = ()

    @property
    def is_inside(self) -> bool:
        """Whether it is all of the region."""
        return not self.pins and not self.rim


@dataclass(frozen=True)
class Part:
    """Something that is zero where the law holds.

    Attributes:
        label: The author's label of an equation; a condition as it is written.
        field: Which field a condition bounds, or which output an equation defines; empty for
            other equations.
        side: What is zero, in terms of fields, their derivatives and inputs.
        terms: Of what sum it is made.
        place: Where.
        given: The value of the field there, or its first derivative by the one variable of the
            place, where the part says just that.
        order: Of the derivative that is given.
    """

    label: str
    field: str
    side: Expression
    terms: tuple[Expression, ...]
    place: Place
    given: Expression | None = None
    order: int = 0


@dataclass(frozen=True)
class Parts:
    """A law of fields, taken apart.

    Attributes:
        equations: What holds inside.
        conditions: What holds elsewhere.
        left_out: Labels of conditions that hold nowhere that can be reached.
    """

    equations: tuple[Part, ...]
    conditions: tuple[Part, ...]
    left_out: tuple[str, ...]


def take_apart(plan: Plan) -> Parts:
    """Return the parts of a plan with fields, in the terms of what a network gives.

    Raises:
        CompileError: A field that the law speaks of is none of the outputs.
    """
    problem = plan.fields
    assert problem is not None
    absent = [name for name in problem.quantities if name not in plan.signature.outputs]
    if absent:
        raise CompileError(
            f"the equations of {plan.law.identity} speak of {', '.join(absent)}, which a network "
            f"of `{plan.signature}` does not give; add {'it' if len(absent) == 1 else 'them'} to "
            "the outputs"
        )
    found = Reading(plan.law, plan.signature)
    equations = [
        Part(label, "", side, terms(side), Place()) for label, side in found.equations.items()
    ]
    labels = {e.left.name: e.label for e in plan.law.equations if isinstance(e.left, Symbol)}
    for name, body in problem.outputs.items():
        if name not in problem.quantities:
            side = minus(Symbol(name), body)
            equations.append(Part(labels.get(name, name), name, side, terms(side), Place()))
    conditions = [_initial(condition) for condition in problem.conditions]
    left_out: list[str] = []
    for line in problem.boundary:
        if line.is_periodic:
            place = twin_place(line, plan.law)
            for side in periodic_sides(line, problem):
                label = f"{write_expression(side)} periodic in {line.variable}"
                conditions.append(Part(label, line.quantity, side, (side,), place))
        elif isinstance(line.at, str):
            left_out.append(write_boundary(line))
        else:
            conditions.append(_bound(line))
    return Parts(tuple(equations), tuple(conditions), tuple(left_out))


def main_parts(plan: Plan) -> Parts:
    """Return what decides how large the fields of a plan are, whatever its outputs are."""
    problem = plan.fields
    assert problem is not None
    equations = [Part("", "", side, terms(side), Place()) for side in problem.equations]
    conditions = [_initial(condition) for condition in problem.conditions]
    conditions += [
        _bound(line)
        for line in problem.boundary
        if not line.is_periodic and not isinstance(line.at, str)
    ]
    return Parts(tuple(equations), tuple(conditions), ())


def terms(node: Expression) -> tuple[Expression, ...]:
    """Return the terms of a sum, over all levels, factors and divisors of sums multiplied out."""
    match node:
        case Negative(of):
            return terms(of)
        case Binary("+" | "-", left, right):
            return (*terms(left), *terms(right))
        case Binary("*", left, right):
            first, second = terms(left), terms(right)
            if len(first) * len(second) > 1:
                return tuple(times(a, b) for a in first for b in second)
        case Binary("/", left, right):
            first = terms(left)
            if len(first) > 1:
                return tuple(over(a, right) for a in first)
    return (node,)


def partial_of(node: Expression) -> tuple[str, Partial] | None:
    """Return the quantity and the partial derivative that a node is; None for other nodes."""
    match node:
        case Derivative(quantity, by, order):
            return quantity, ((by, order),)
        case MixedDerivative(quantity, orders):
            return quantity, tuple(sorted(orders))
    return None


def partials_in(sides: Iterable[Expression], fields: Iterable[str]) -> dict[str, set[Partial]]:
    """Return the partial derivatives of fields that occur, by field; the value is not listed."""
    found: dict[str, set[Partial]] = {name: set() for name in fields}
    for side in sides:
        for node in distinct(side):
            asked = partial_of(node)
            if asked is not None and asked[0] in found:
                found[asked[0]].add(asked[1])
    return found


def partial_name(field: str, asked: Partial) -> str:
    """Return the column of a partial derivative of a field; no quantity has such a name."""
    return " ".join((field, *(f"{by}{order}" for by, order in asked))) if asked else field


def in_columns(side: Expression, fields: Iterable[str]) -> Expression:
    """Return an expression with derivatives of fields as names of columns."""
    known = frozenset(fields)

    def change(node: Expression) -> Expression | None:
        asked = partial_of(node)
        if asked is None:
            return None
        if asked[0] not in known:
            raise CompileError(f"`{write_expression(node)}` is no derivative of a field")
        return Symbol(partial_name(*asked))

    return rebuild(side, change)


def order_in(sides: Iterable[Expression], field: str, by: str) -> int:
    """Return the highest order in which a field is derived by a variable."""
    return max(
        (orders.get(by, 0) for side in sides for name, orders in orders_in(side) if name == field),
        default=0,
    )


def start_place(condition: Condition) -> Place:
    """Return where an initial condition holds."""
    return Place(((condition.variable, condition.at),))


def end_place(line: Boundary) -> Place:
    """Return where a condition holds that is neither periodic nor infinitely far away."""
    if line.part:
        return Place(rim=line.part)
    assert isinstance(line.at, Expression)
    return Place(((line.variable, line.at), *line.further))


def twin_place(line: Boundary, law: Law) -> Place:
    """Return the two ends at which a periodic field is the same.

    Raises:
        CompileError: The range of the variable is not declared.
    """
    low, high = span(law, line.variable)
    return Place(((line.variable, Number(low)),), twin=((line.variable, Number(high)),))


def periodic_sides(line: Boundary, problem: Fields) -> list[Expression]:
    """Return what a periodic field has in common at two ends: itself, and its derivatives."""
    orders = range(1, order_in(problem.equations, line.quantity, line.variable))
    return [
        Symbol(line.quantity),
        *(Derivative(line.quantity, line.variable, order) for order in orders),
    ]


def ends(
    marks: Mapping[float, Expression], declared: tuple[float, float] | None
) -> tuple[Expression, Expression] | None:
    """Return where a coordinate ends: where conditions put it, otherwise where it is declared.

    Args:
        marks: What conditions name, by its value.
        declared: The declared ends in SI units.

    Returns:
        Both ends; None where nothing says so.
    """
    found = [marks[value] for value in sorted(marks)]
    if len(found) > 1:
        return found[0], found[-1]
    if declared is None:
        return None
    low, high = declared
    if not found:
        return Number(low), Number(high)
    at = min(marks)
    if abs(at - low) <= abs(at - high):
        return found[0], Number(high)
    return Number(low), found[0]


def place_text(place: Place) -> str:
    """Return a place as a reader writes it."""
    if place.is_inside:
        return "inside"
    if place.rim:
        return f"on {place.rim}"
    return "at " + ", ".join(f"{name} = {write_expression(value)}" for name, value in place.pins)


def _initial(condition: Condition) -> Part:
    side, place = condition.side, start_place(condition)
    given = condition.value if condition.order <= 1 else None
    order = condition.order if given is not None else 0
    label = write_condition(condition)
    return Part(label, condition.quantity, side, terms(side), place, given, order)


def _bound(line: Boundary) -> Part:
    side = line.side
    known = (Symbol(line.quantity), Derivative(line.quantity, line.variable))
    given = line.right if line.left in known else None
    if given is not None and any(partial_of(node) for node in distinct(given)):
        given = None
    order = 1 if given is not None and line.left == known[1] else 0
    place, label = end_place(line), write_boundary(line)
    return Part(label, line.quantity, side, terms(side), place, given, order)
