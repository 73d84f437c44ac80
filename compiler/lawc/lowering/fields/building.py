"""The numbers of a problem of fields for one set of parameters: integrands, ends and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ZERO, fold, plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Call,
    Choice,
    Comparison,
    Expression,
    Logic,
    Symbol,
    distinct,
    names,
    substitute,
)
from lawc.knowledge.writing import write_boundary
from lawc.lowering.fields.forms import Forms, Line
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.tapes import tape
from lawc.solvers.field_problem import (
    RATE,
    VALUE,
    Columns,
    End,
    Fixed,
    Flux,
    Integrand,
    Pointwise,
    Problem,
    Shape,
    normal_name,
    rate_name,
    slope_name,
)

Number = Callable[[Expression], float]
"""The value of an expression of parameters."""


def build(
    form: Forms,
    shape: Shape,
    span: tuple[float, float],
    fixed: Mapping[str, float],
    number: Number,
) -> Problem:
    """Return what a solver is asked.

    Args:
        form: The law in weak form.
        shape: The region.
        span: Where time starts and ends.
        fixed: SI values of constants and parameters.
        number: What expressions of parameters are.
    """
    return _Builder(form, shape, span, fixed, number).problem()


class _Builder:
    """The numbers of a problem for one set of parameters."""

    def __init__(
        self,
        form: Forms,
        shape: Shape,
        span: tuple[float, float],
        fixed: Mapping[str, float],
        number: Number,
    ) -> None:
        self.form, self.shape, self.span, self.fixed, self.number = form, shape, span, fixed, number
        self.place = {name: k for k, name in enumerate(form.coordinates)}

    def problem(self) -> Problem:
        form = self.form
        ends = [
            End(place, high)
            for place in range(len(form.coordinates))
            if place not in form.periodic
            for high in (False, True)
            if high or place not in form.axes
        ]
        ends += [End(hole=name) for name in dict.fromkeys(h.name for h in self.shape.holes)]
        values = [(self._end(line), line) for line in form.values]
        slopes = [(self._end(line), line) for line in form.slopes]
        weak = [(e, line) for e, line in values if self._is_pressed(e, line, values)]
        strong = [pair for pair in values if pair not in weak]
        held = {(end, line.field) for end, line in strong}
        fluxes = [
            Flux(end, self._integrand(self._through(end, slopes, weak, held))) for end in ends
        ]
        return Problem(
            form.coordinates,
            form.fields,
            self.shape,
            self._integrand(
                [
                    (equation, place, side)
                    for equation, places in enumerate(form.volume)
                    for place, side in places.items()
                ]
            ),
            tuple(fluxes),
            tuple(Fixed(line.field, end, self._value(line)) for end, line in strong),
            form.lower,
            form.moving,
            form.time,
            self.span,
            form.periodic,
            self._start(),
        )

    def _end(self, line: Line) -> End:
        if line.end.part:
            return End(hole=line.end.part)
        place = self.place[line.end.variable]
        assert isinstance(line.end.at, Expression)
        at = self.number(line.end.at)
        if line.end.further:
            point = {line.end.variable: at}
            point |= {n: self.number(v) for n, v in line.end.further}
            if set(point) != set(self.form.coordinates):
                raise CompileError(f"`{write_boundary(line.end)}` is no point of the region")
            return End(point=tuple(point[name] for name in self.form.coordinates))
        return End(place, at == self.shape.box.high[place])

    def _is_pressed(self, end: End, line: Line, values: list[tuple[End, Line]]) -> bool:
        """Return whether what flows through an end says what a field like a pressure is there."""
        if line.field not in self.form.lower or end.point:
            return False
        name = self.form.fields[line.field]
        held = {other.field for at, other in values if at == end}
        return any(
            name in names(side) and equation not in held
            for equation, through in enumerate(self.form.through)
            for side in through.values()
        )

    def _through(
        self,
        end: End,
        slopes: list[tuple[End, Line]],
        weak: list[tuple[End, Line]],
        held: set[tuple[End, int]],
    ) -> list[tuple[int, int, Expression]]:
        """Return what flows through an end, with what its conditions say put in."""
        known: dict[str, Expression] = {}
        for at, line in slopes:
            if at != end:
                continue
            name = self.form.fields[line.field]
            if line.slope is not None:
                known[slope_name(name, self.form.coordinates[line.slope])] = line.given
        for at, line in weak:
            if at == end:
                known[self.form.fields[line.field]] = line.given
        found = []
        for equation, through in enumerate(self.form.through):
            if (end, equation) in held:
                continue
            total: Expression = ZERO
            for place, side in through.items():
                if end.coordinate is not None and place != end.coordinate:
                    continue
                normal = Symbol(normal_name(self.form.coordinates[place]))
                total = plus(total, times(substitute(side, known), normal))
            if total != ZERO:
                found.append((equation, VALUE, total))
        return found

    def _integrand(self, sides: list[tuple[int, int, Expression]]) -> Integrand:
        outputs: dict[str, Expression] = {}
        values, slopes = [], []
        moving = {self.form.time}
        for name in self.form.fields:
            moving |= {name, rate_name(name), *(slope_name(name, c) for c in self.form.coordinates)}
        affine = True
        for equation, place, side in sides:
            label = f"{equation} {place}"
            outputs[label] = side
            values.append((equation, place, label))
            spoken = names(side)
            # What jumps has no slope that would say so.
            affine = affine and not any(
                isinstance(node, Choice | Comparison | Logic)
                or (isinstance(node, Call) and node.function == "sign")
                for node in distinct(side)
                if names(node) & moving
            )
            for number, name in enumerate(self.form.fields):
                whats = {VALUE: name, RATE: rate_name(name)}
                whats |= {p: slope_name(name, c) for c, p in self.place.items()}
                for what, column in whats.items():
                    if column not in spoken:
                        continue
                    changed = fold(derivative(side, column))
                    affine = affine and not names(changed) & moving
                    if changed != ZERO:
                        key = f"{label} {number} {what}"
                        outputs[key] = changed
                        slopes.append((equation, place, number, what, key))
        return Integrand(tuple(values), tuple(slopes), self._pointwise(outputs), affine)

    def _value(self, line: Line) -> Pointwise:
        return self._pointwise({self.form.fields[line.field]: line.given})

    def _start(self) -> Pointwise | None:
        known = {*self.form.coordinates, self.form.time, *self.fixed}
        for name, side in self.form.start.items():
            unknown = names(side) - known
            if unknown:
                raise CompileError(
                    f"{name} starts from {', '.join(sorted(unknown))}, which is not known then"
                )
        return self._pointwise(dict(self.form.start)) if self.form.start else None

    def _pointwise(self, sides: dict[str, Expression]) -> Pointwise:
        """Return what answers expressions by name at columns of points, each of shape (n,)."""
        used = frozenset[str]().union(*map(names, sides.values()))
        inputs = sorted(used - self.fixed.keys())
        written = tape(sides, inputs, self.fixed)

        def of(columns: Columns) -> dict[str, Array]:
            size = len(columns[self.form.coordinates[0]])
            found = evaluate(written, {name: columns[name] for name in inputs})
            return {name: np.broadcast_to(v, (size,)) for name, v in found.items()}

        return of
