"""Bring the equations of fields into weak form: what a solver on cells integrates.

An equation is multiplied by a test function v and integrated over the region. A term of second
order is integrated by parts, A·∂²u/∂x∂y·v into -∂u/∂x·∂(A·v)/∂y and what flows through the ends,
A·∂u/∂x·v times the outward normal, where a condition says what the slope is. The pressure of a
flow, a field that its own equation does not speak of, is integrated by parts as well. Coefficients
may depend on coordinates and fields; Newton's method gets its slopes by deriving the same trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ONE, ZERO, fold, minus, negative, over, plus, times
from lawc.knowledge.differentiate import derivative, total_derivative
from lawc.knowledge.expression import (
    Binary,
    Derivative,
    Expression,
    MixedDerivative,
    Number,
    Symbol,
    distinct,
    names,
    rebuild,
    substitute,
)
from lawc.knowledge.law import Boundary
from lawc.knowledge.writing import write_boundary
from lawc.lowering.fields.columns import rate_of
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Fields
from lawc.lowering.tapes import tape
from lawc.solvers.field_problem import VALUE, rate_name, slope_name

Places = dict[int, Expression]
"""Integrands of an equation by place: VALUE, and a coordinate's number for its slope."""


@dataclass(frozen=True)
class Line:
    """A condition at an end: what is zero there.

    Attributes:
        field: Which field it bounds.
        slope: The coordinate whose derivative of the field it gives, None where it gives a value.
        given: That value or derivative.
    """

    field: int
    end: Boundary
    slope: int | None
    given: Expression


@dataclass(frozen=True)
class Forms:
    """Equations in weak form, in the names of a solver's columns.

    Attributes:
        fields: Names, rates of motion of the second order among them.
        volume: For each equation its integrands.
        through: For each equation what flows through an end, for each coordinate's normal.
        values: Conditions that give a value.
        slopes: Conditions that give a slope.
        start: Values of fields at the start.
        moving: Fields whose rate occurs.
        lower: Fields like a pressure.
        periodic: Numbers of coordinates.
        axes: Coordinates that begin at an axis or a centre, where nothing flows through.
    """

    coordinates: tuple[str, ...]
    time: str | None
    fields: tuple[str, ...]
    volume: tuple[Places, ...]
    through: tuple[Mapping[int, Expression], ...]
    values: tuple[Line, ...]
    slopes: tuple[Line, ...]
    start: Mapping[str, Expression]
    moving: frozenset[int]
    lower: frozenset[int]
    periodic: tuple[int, ...]
    axes: frozenset[int]


def weak_form(problem: Fields, lows: Mapping[str, float | None]) -> Forms:
    """Return the weak form of a problem.

    Args:
        problem: The fields.
        lows: Where each coordinate begins, as far as it is declared, in SI units.

    Raises:
        CompileError: An equation or a condition has no such form; the text says which part.
    """
    return _Former(problem, lows).form()


class _Former:
    def __init__(self, problem: Fields, lows: Mapping[str, float | None]) -> None:
        problem = _first_order(problem)
        self.problem = problem
        self.lows = lows
        self.axes: set[int] = set()
        self.number = {name: k for k, name in enumerate(problem.quantities)}
        self.place = {name: k for k, name in enumerate(problem.coordinates)}
        self.depends = dict.fromkeys(
            problem.quantities, (*problem.coordinates, *((problem.time,) if problem.time else ()))
        )

    def form(self) -> Forms:
        problem = self.problem
        equations = [self._weighted(e, k) for k, e in enumerate(problem.equations)]
        lower = frozenset(
            k
            for k, name in enumerate(problem.quantities)
            if len(equations) > 1
            and name not in names(equations[k])
            and any(name in names(e) for e in equations)
        )
        parted = [self._parted(e, lower) for e in equations]
        lines = [self._line(line) for line in problem.boundary if not line.is_periodic]
        moving = frozenset(
            self.number[node.quantity]
            for e in equations
            for node in distinct(e)
            if isinstance(node, Derivative) and node.by == problem.time
        )
        start = {c.quantity: c.value for c in problem.conditions if c.order == 0}
        periodic = dict.fromkeys(
            self.place[line.variable] for line in problem.boundary if line.is_periodic
        )
        return Forms(
            problem.coordinates,
            problem.time,
            problem.quantities,
            tuple(volume for volume, _ in parted),
            tuple(through for _, through in parted),
            tuple(line for line in lines if line.slope is None),
            tuple(line for line in lines if line.slope is not None),
            start,
            moving,
            lower,
            tuple(periodic),
            frozenset(self.axes),
        )

    def _parted(
        self, equation: Expression, lower: frozenset[int]
    ) -> tuple[Places, dict[int, Expression]]:
        """Return the integrands of an equation, and what flows through an end."""
        problem = self.problem
        seconds = [n for n in distinct(equation) if self._order(n) == 2]
        for node in distinct(equation):
            if self._order(node) > 2:
                raise CompileError(
                    f"derivatives of order {self._order(node)} in space are not lowered to "
                    "integrals"
                )
        marks = {node: f"{number}''" for number, node in enumerate(dict.fromkeys(seconds))}
        marked = rebuild(
            equation,
            lambda n: Symbol(marks[n]) if n in marks else None,  # type: ignore[index]
        )
        rest = fold(substitute(marked, dict.fromkeys(marks.values(), ZERO)))
        slopes: dict[int, Expression] = {}
        through: dict[int, Expression] = {}
        for node, mark in marks.items():
            factor = fold(derivative(marked, mark))
            if names(factor) & set(marks.values()):
                raise CompileError("an equation is not linear in its derivatives of second order")
            quantity, first, last = self._pair(node)
            inner = Derivative(quantity, first)
            rest = minus(rest, times(self._moved(factor, last), inner))
            slopes[self.place[last]] = minus(
                slopes.get(self.place[last], ZERO), times(factor, inner)
            )
            through[self.place[last]] = plus(
                through.get(self.place[last], ZERO), times(factor, inner)
            )
        for field in lower:
            name = problem.quantities[field]
            for coordinate, place in self.place.items():
                node = Derivative(name, coordinate)
                if node not in set(distinct(rest)):
                    continue
                swapped = rebuild(rest, lambda n, node=node: Symbol("'") if n == node else None)
                factor = fold(derivative(swapped, "'"))
                if names(factor) & {"'"}:
                    raise CompileError(f"an equation is not linear in the derivative of {name}")
                rest = fold(substitute(swapped, {"'": ZERO}))
                pressed = times(factor, Symbol(name))
                rest = minus(rest, times(self._moved(factor, coordinate), Symbol(name)))
                slopes[place] = minus(slopes.get(place, ZERO), pressed)
                through[place] = plus(through.get(place, ZERO), pressed)
        volume: Places = {VALUE: rest, **slopes}
        named = {place: self._named(side) for place, side in volume.items() if side != ZERO}
        return named, {place: self._named(side) for place, side in through.items()}

    def _moved(self, factor: Expression, coordinate: str) -> Expression:
        """Return how a coefficient changes along a coordinate, fields and all."""
        found = total_derivative(factor, coordinate, self.depends)
        if any(self._order(node) > 1 for node in distinct(found)):
            raise CompileError(
                "a coefficient of a derivative of second order depends on slopes of a field"
            )
        return found

    def _order(self, node: Expression) -> int:
        match node:
            case Derivative(_, by, order) if by in self.place:
                return order
            case MixedDerivative(_, orders):
                return sum(order for by, order in orders if by in self.place)
        return 0

    def _pair(self, node: Expression) -> tuple[str, str, str]:
        if isinstance(node, Derivative):
            return node.quantity, node.by, node.by
        assert isinstance(node, MixedDerivative)
        if len(node.orders) != 2 or any(by not in self.place for by, _ in node.orders):
            raise CompileError("a derivative in space and time at once is not lowered")
        return node.quantity, node.orders[0][0], node.orders[1][0]

    def _named(self, side: Expression) -> Expression:
        """Return an expression in the names of columns."""

        def change(node: Expression) -> Expression | None:
            match node:
                case Derivative(quantity, by, 1) if by == self.problem.time:
                    return Symbol(rate_name(quantity))
                case Derivative(quantity, by, 1):
                    return Symbol(slope_name(quantity, by))
                case Derivative() | MixedDerivative():
                    raise CompileError("a condition holds a derivative of too high an order")
            return None

        return rebuild(side, change)

    def _line(self, line: Boundary) -> Line:
        """Return a condition solved for the value or the slope that it gives."""
        side = self._named(line.side)
        field = self.number[line.quantity]
        normal = None
        for coordinate, place in self.place.items():
            if line.variable in ("", coordinate) and slope_name(line.quantity, coordinate) in (
                names(side)
            ):
                normal = place
        wanted = line.quantity
        if line.part and normal is not None:
            raise CompileError(
                f"`{write_boundary(line)}` gives a slope on a rim; there a value is solved for only"
            )
        if normal is not None:
            wanted = slope_name(line.quantity, self.problem.coordinates[normal])
        factor = fold(derivative(side, wanted))
        if wanted in names(factor) or factor == ZERO:
            raise CompileError(
                f"the condition `{write_boundary(line)}` cannot be solved for what it gives"
            )
        rest = fold(substitute(side, {wanted: ZERO}))
        given = fold(negative(over(rest, factor)))
        if normal is None and any(
            n in names(given)
            for q in self.problem.quantities
            for n in (q, *(slope_name(q, c) for c in self.problem.coordinates))
        ):
            raise CompileError(
                f"the condition `{write_boundary(line)}` gives a value that depends on a field"
            )
        return Line(field, line, normal, given)

    def _weighted(self, equation: Expression, field: int) -> Expression:
        """Return the equation times a power of the distance from an axis or a centre.

        Around r = 0 the terms ∂²u/∂r² + k/r·∂u/∂r are r^-k·∂/∂r(r^k·∂u/∂r): times r^k, what is
        integrated stays finite.
        """
        name = self.problem.quantities[field]
        for coordinate in self.place:
            if self.lows.get(coordinate) != 0 or any(
                line.variable == coordinate and isinstance(line.at, Number) and line.at.value == 0
                for line in self.problem.boundary
            ):
                continue
            power = self._singular(equation, name, coordinate)
            if power:
                self.axes.add(self.place[coordinate])
                equation = times(Binary("^", Symbol(coordinate), Number(power)), equation)
        return equation

    def _singular(self, equation: Expression, name: str, coordinate: str) -> int:
        nodes = {Derivative(name, coordinate, 2): "''2", Derivative(name, coordinate): "''1"}
        marked = rebuild(equation, lambda n: Symbol(nodes[n]) if n in nodes else None)  # type: ignore[index]
        flat = rebuild(
            marked, lambda n: ONE if isinstance(n, Derivative | MixedDerivative) else None
        )
        sides = {"A": derivative(flat, "''2"), "B": derivative(flat, "''1")}
        if ZERO in sides.values():
            return 0
        used = sorted(names(sides["A"]) | names(sides["B"]))
        near = 1e-7
        columns = {n: np.float64(near if n == coordinate else 1.0) for n in used}
        found = evaluate(tape(sides, used), columns)
        ratio = float(near * found["B"] / found["A"]) if found["A"] else 0.0
        if not np.isfinite(ratio):
            return 0
        return round(ratio) if abs(ratio - round(ratio)) < 1e-3 and ratio > 0.5 else 0


def _first_order(problem: Fields) -> Fields:
    """Return the problem with rates of motion as fields, where it is of second order in time."""
    time = problem.time
    if time is None:
        return problem
    swift: list[str] = []
    for equation in problem.equations:
        for node in distinct(equation):
            match node:
                case Derivative(quantity, by, order) if by == time and order > 1:
                    if order > 2:
                        raise CompileError(f"order {order} in {time} is not lowered")
                    swift.append(quantity)
                case MixedDerivative(quantity, orders) if dict(orders).get(time):
                    swift.append(quantity)
    speed = {quantity: rate_of(quantity) for quantity in dict.fromkeys(swift)}
    if not speed:
        return problem

    def change(node: Expression) -> Expression | None:
        match node:
            case Derivative(quantity, by, order) if by == time and quantity in speed:
                inner = speed[quantity]
                return Symbol(inner) if order == 1 else Derivative(inner, by, order - 1)
            case MixedDerivative(quantity, orders) if quantity in speed and dict(orders).get(time):
                left = {by: order for by, order in orders if by != time}
                if dict(orders)[time] != 1 or len(left) != 1:
                    raise CompileError("a derivative in space and time at once is not lowered")
                return Derivative(speed[quantity], *next(iter(left.items())))
        return None

    equations: list[Expression] = []
    quantities: list[str] = []
    # What is called speed is moved by the law; the field itself is moved by the speed.
    for quantity, equation in zip(problem.quantities, problem.equations, strict=True):
        if quantity in speed:
            quantities += [quantity, speed[quantity]]
            equations += [
                Binary("-", Derivative(quantity, time), Symbol(speed[quantity])),
                rebuild(equation, change),
            ]
        else:
            quantities.append(quantity)
            equations.append(rebuild(equation, change))
    conditions = tuple(
        replace(c, quantity=speed[c.quantity], order=0)
        if c.order == 1 and c.quantity in speed
        else c
        for c in problem.conditions
    )
    boundary: list[Boundary] = []
    for line in problem.boundary:
        boundary.extend(_with_speed(line, speed, time))
    return replace(
        problem,
        quantities=tuple(quantities),
        equations=tuple(equations),
        conditions=conditions,
        boundary=tuple(boundary),
    )


def _with_speed(line: Boundary, speed: Mapping[str, str], time: str) -> Sequence[Boundary]:
    """Return a condition, with what it says of the speed and of what the law moves."""
    if line.quantity not in speed:
        return (line,)
    own = speed[line.quantity]
    if line.left is None or line.right is None:
        return (line, replace(line, quantity=own))
    derived = any(
        isinstance(node, Derivative) and node.by != time
        for side in (line.left, line.right)
        for node in distinct(side)
    )
    if derived:
        # The law that moves the speed has the slope of the field in it.
        return (line,)
    if not isinstance(line.left, Symbol):
        raise CompileError(
            f"the condition `{write_boundary(line)}` does not give {line.quantity} alone"
        )
    rate = derivative(line.right, time)
    return (line, replace(line, quantity=own, left=Symbol(own), right=rate))
