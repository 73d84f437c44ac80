"""Read a law of fields: which quantities are fields, what gives them, and what is written out.

A field is a function of coordinates, and of time where it starts at a time. What a definition
gives, such as `E := -∇phi`, is written out wherever it stands, its derivatives by the chain rule;
what is left must be as many equations as there are fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import minus
from lawc.knowledge.differentiate import total_derivative
from lawc.knowledge.expression import (
    Binary,
    Comparison,
    Derivative,
    Expression,
    Logic,
    MixedDerivative,
    Number,
    Symbol,
    names,
    orders_in,
    rebuild,
)
from lawc.knowledge.law import (
    Boundary,
    Equation,
    Hole,
    Law,
    Relation,
    Validity,
)
from lawc.lowering.plan import Assignment, Fields, Signature

_TWO = Number(2)


def is_of_fields(law: Law) -> bool:
    """Return whether a law has boundaries, or derives by several variables."""
    if law.boundary or law.region:
        return True
    found = {by for side in _sides(law) for _, orders in orders_in(side) for by in orders}
    return len(found) > 1


def field_signature(law: Law) -> Signature:
    """Return the direction in which a law of fields is written."""
    reading = Reading(law, Signature((), ()))
    outputs = tuple(n for n in law.quantities if n in reading.fields or n in reading.written)
    used: set[str] = set(reading.variables)
    for side in (*reading.all_sides(), *reading.written.values()):
        used |= names(side)
    inputs = tuple(
        name
        for name, quantity in law.quantities.items()
        if name in used
        and name not in outputs
        and (quantity.default is None or quantity.low is not None)
    )
    return Signature(inputs, outputs)


def field_inputs(law: Law, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return what must be known for quantities of a law of fields, in the order of declaration."""
    reading = Reading(law, Signature((), ()))
    used: set[str] = set(reading.variables)
    for side in (*reading.all_sides(), *(reading.written.get(n, Symbol(n)) for n in wanted)):
        used |= names(side)
    given = used - {*reading.fields, *reading.written}
    return tuple(name for name in law.quantities if name in given)


def with_holes(law: Law) -> Law:
    """Return the law that is confirmed outside the holes of its region only."""
    if not law.region:
        return law
    lines = tuple(
        Validity(outside, f"outside {hole.name}") for hole in law.region if (outside := _out(hole))
    )
    return replace(law, validity=(*law.validity, *lines))


class Reading:
    """A law of fields, taken apart.

    Attributes:
        time: What the fields move in, None where nothing starts.
        coordinates: What they are derived by beside time.
        fields: Quantities that equations give together.
        written: What is defined, written out down to fields, their derivatives and parameters.
        equations: The others, by label, as what is zero.

    Raises:
        CompileError: A definition needs itself.
    """

    def __init__(self, law: Law, signature: Signature) -> None:
        self.law = law
        self._given = {*signature.inputs}
        self.time = next((c.variable for c in law.conditions), None)
        self._depends = {name: q.depends for name, q in law.quantities.items()}
        derived = {by for side in _sides(law) for _, orders in orders_in(side) for by in orders}
        derived |= {line.variable for line in law.boundary if line.variable}
        derived |= {name for hole in law.region for name in _hole_names(hole)}
        self.coordinates = tuple(
            name for name in law.quantities if name in derived and name != self.time
        )
        self.variables = (*self.coordinates, *((self.time,) if self.time else ()))
        self.written = self._definitions()
        rest = [e for e in law.equations if e not in self._used]
        self.equations = {e.label: self.write_out(minus(e.left, e.right)) for e in rest}
        self.fields = self._unknowns()

    def all_sides(self) -> list[Expression]:
        """Return everything that the problem is made of, written out."""
        sides = list(self.equations.values())
        for condition in self.law.conditions:
            sides += [condition.value, condition.at]
        for line in self.law.boundary:
            sides += [side for side in (line.left, line.right) if side is not None]
            sides += [line.at] if isinstance(line.at, Expression) else []
            sides += [value for _, value in line.further]
        for hole in self.law.region:
            sides += hole.expressions
        return [self.write_out(side) for side in sides]

    def write_out(self, side: Expression) -> Expression:
        """Return an expression with definitions written out."""

        def change(node: Expression) -> Expression | None:
            match node:
                case Symbol(name) if name in self.written:
                    return self.written[name]
                case Derivative(name, by, order) if name in self.written:
                    return self._derived(self.written[name], {by: order})
                case MixedDerivative(name, orders) if name in self.written:
                    return self._derived(self.written[name], dict(orders))
            return None

        return rebuild(side, change)

    def _derived(self, body: Expression, orders: Mapping[str, int]) -> Expression:
        for by, order in orders.items():
            for _ in range(order):
                body = total_derivative(body, by, self._depends)
        return body

    def _definitions(self) -> dict[str, Expression]:
        """Write out what is defined, in an order in which each needs earlier ones only."""
        bounded = {c.quantity for c in self.law.conditions}
        bounded |= {line.quantity for line in self.law.boundary if line.quantity}
        derived = {
            name
            for e in self.law.equations
            if e.relation is not Relation.DEFINITION
            for side in (e.left, e.right)
            for name, _ in orders_in(side)
        }
        waiting: dict[str, Equation] = {}
        for equation in self.law.equations:
            left = equation.left
            if not isinstance(left, Symbol) or left.name in self._given | bounded:
                continue
            free = equation.relation is Relation.DEFINITION or left.name not in derived
            if free and left.name not in waiting and left.name not in names(equation.right):
                waiting[left.name] = equation
        self._used = tuple(waiting.values())
        self.written: dict[str, Expression] = {}
        while waiting:
            ready = [
                name
                for name, e in waiting.items()
                if not names(e.right) & (waiting.keys() - {name})
            ]
            if not ready:
                raise CompileError(f"{', '.join(sorted(waiting))} are defined by one another")
            for name in ready:
                self.written[name] = self.write_out(waiting.pop(name).right)
        return self.written

    def _unknowns(self) -> tuple[str, ...]:
        """Return quantities that are derived or depend on coordinates, and that nothing gives."""
        found: set[str] = set()
        moving = {*self.variables}
        for side in (*self.equations.values(), *self.written.values()):
            found |= {name for name, _ in orders_in(side)}
            found |= {n for n in names(side) if moving & {*self._depends.get(n, ())}}
        found |= {c.quantity for c in self.law.conditions}
        found |= {line.quantity for line in self.law.boundary if line.quantity}
        left_out = self._given | self.written.keys() | moving
        return tuple(name for name in self.law.quantities if name in found - left_out)


def field_problem(
    law: Law, signature: Signature, fixed: Mapping[str, float]
) -> tuple[Fields, tuple[Assignment, ...]]:
    """Return the problem of fields that gives the outputs of a signature.

    Raises:
        CompileError: What is needed is not given, or equations and fields are not of one number.
    """
    reading = Reading(law, signature)
    equations = _matched(reading)
    outputs: dict[str, Expression] = {}
    for name in signature.outputs:
        if name not in reading.written and name not in reading.fields:
            raise CompileError(f"nothing in {law.identity} determines {name}")
        outputs[name] = reading.written.get(name, Symbol(name))
    conditions = tuple(
        replace(c, value=reading.write_out(c.value), at=reading.write_out(c.at))
        for c in law.conditions
    )
    boundary = tuple(_written_line(line, reading) for line in law.boundary)
    used = {*reading.variables}
    for side in (*reading.all_sides(), *outputs.values()):
        used |= names(side)
    missing = used - {*signature.inputs, *fixed, *reading.fields, *reading.variables}
    if missing:
        listed = ", ".join(sorted(missing))
        raise CompileError(f"nothing determines {listed}; add them to the inputs")
    absent = [name for name in reading.variables if name not in signature.inputs]
    if absent and set(reading.fields) & frozenset[str]().union(*map(names, outputs.values())):
        raise CompileError(
            f"{', '.join(outputs)} depends on {', '.join(absent)}, which must be among the inputs"
        )
    for validity in law.validity:
        used |= names(validity.condition)
    idle = [name for name in signature.inputs if name not in used]
    if idle:
        raise CompileError(
            f"{', '.join(idle)} has no part in {', '.join(outputs)}; leave it out of the inputs"
        )
    still = tuple(
        name for name in signature.inputs if name in used and name not in reading.variables
    )
    return (
        Fields(
            reading.coordinates,
            reading.time,
            reading.fields,
            equations,
            conditions,
            boundary,
            outputs,
            still,
        ),
        (),
    )


def _matched(reading: Reading) -> tuple[Expression, ...]:
    """Return for each field the equation that is held against it.

    Raises:
        CompileError: There are more or fewer equations than fields.
    """
    fields, equations = reading.fields, reading.equations
    labels = list(equations)
    if len(labels) != len(fields):
        verb = "gives" if len(labels) == 1 else "give"
        raise CompileError(
            f"{', '.join(labels) or 'nothing'} {verb} {', '.join(fields) or 'nothing'}: "
            f"{len(labels)} equation{'s' * (len(labels) != 1)} for {len(fields)} "
            f"field{'s' * (len(fields) != 1)}"
        )
    weights = np.zeros((len(labels), len(fields)))
    for row, label in enumerate(labels):
        spoken = names(equations[label])
        for column, name in enumerate(fields):
            weights[row, column] += 0.1 * (name in spoken)
            for quantity, orders in orders_in(equations[label]):
                if quantity == name:
                    in_time = orders.get(reading.time or "", 0)
                    in_space = sum(orders.values()) - in_time
                    weights[row, column] += 10.0 * in_time + 4.0**in_space - 1
    rows, columns = linear_sum_assignment(weights, maximize=True)
    found = dict(zip(columns.tolist(), rows.tolist(), strict=True))
    return tuple(equations[labels[found[column]]] for column in range(len(fields)))


def _written_line(line: Boundary, reading: Reading) -> Boundary:
    if line.left is None or line.right is None:
        return line
    left, right = reading.write_out(line.left), reading.write_out(line.right)
    at = reading.write_out(line.at) if isinstance(line.at, Expression) else line.at
    further = tuple((name, reading.write_out(value)) for name, value in line.further)
    quantity = line.quantity
    if quantity in reading.written or not quantity:
        # A condition on what is defined bounds the field that defines it.
        found = [n for side in (left, right) for n, _ in orders_in(side)]
        found += [n for side in (left, right) for n in names(side) if n in reading.fields]
        quantity = next((name for name in found if name in reading.fields), quantity)
    return replace(line, quantity=quantity, left=left, right=right, at=at, further=further)


def _out(hole: Hole) -> Expression:
    """Return the condition that a point lies outside a hole."""
    if hole.shape == "box":
        return Logic(
            "or",
            tuple(
                Comparison((operator,), (Symbol(name), end))
                for name, low, high in hole.bounds
                for operator, end in (("<=", low), (">=", high))
            ),
        )
    assert hole.radius is not None
    parts = [Binary("^", Binary("-", Symbol(name), value), _TWO) for name, value in hole.centre]
    distance = parts[0]
    for part in parts[1:]:
        distance = Binary("+", distance, part)
    return Comparison((">=",), (distance, Binary("^", hole.radius, _TWO)))


def _hole_names(hole: Hole) -> Iterable[str]:
    return [*(name for name, _, _ in hole.bounds), *(name for name, _ in hole.centre)]


def _sides(law: Law) -> list[Expression]:
    return [side for e in law.equations for side in (e.left, e.right)]
