"""Build the conditions of a law of fields into the network that is trained on it.

Values at ends are interpolated, rims of disks are joined by their distances, periodic coordinates
reach the network as cosine and sine, and a field that the law keeps from being negative is an
exponential. Whatever cannot be built in stays a part of its own: slopes at ends, rims of boxes,
and values that disagree at a corner. What is built in is tried out, with a function in the
network's place, before anyone relies on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lawc.diagnostics.diagnostic import CompileError, LawcError
from lawc.forms.network import raw
from lawc.knowledge.algebra import ONE, ZERO, call, fold, minus, over, plus, times
from lawc.knowledge.expression import Expression, Number, Symbol, distinct
from lawc.lowering.ansatz import Ansatz, Bound
from lawc.lowering.domain import span
from lawc.lowering.fields.exact import written_with
from lawc.lowering.fields.parts import Part, in_columns, partial_of
from lawc.lowering.fields.residual import FieldEquations
from lawc.lowering.fields.sides import Rim, Sides
from lawc.lowering.interpolating import envelope, interpolate, share
from lawc.lowering.monomials import Size, monomial
from lawc.lowering.positivity import never_negative

MOST_QUICK = 30.0
"""Beyond it the envelope is a step, which teaches nothing of the start."""
MISSED = 1e-9
"""What a condition that is built in may be missed by, as a share of its size."""


def field_ansatz(
    equations: FieldEquations,
    *,
    quick: float | None = None,
    positive: bool = True,
    march: bool = False,
) -> Ansatz:
    """Return the exact part of a network for a law of fields.

    Args:
        equations: The law, taken apart.
        quick: How much earlier than evenly the envelope grows after a start: 0 for t/T, otherwise
            (1 + quick)·t/(T + quick·t), which is bounded for long times; None for what suits the
            rates of the law.
        positive: Whether fields that are never negative are exponentials. A linear law is linear
            in the network without.
        march: Whether the start holds because what the network says is nothing there, as it is
            with a network for each slab of time; otherwise the exact part sees to it.

    Raises:
        CompileError: Some fields are periodic in a coordinate and others are not, a range is not
            declared, or the law has no start from which it could be marched.
    """
    return _Builder(equations, quick, positive, march).ansatz()


class _Builder:
    def __init__(
        self, equations: FieldEquations, quick: float | None, positive: bool, march: bool
    ) -> None:
        fields = equations.plan.fields
        assert fields is not None
        self.equations, self.plan, self.fields = equations, equations.plan, fields
        if quick is None:
            quick = min(max(equations.trial.rate() - 1.0, 0.0), MOST_QUICK)
        self.quick, self.positive, self.march = quick, positive, march
        self.sides = Sides(equations)
        self.coordinates = self._coordinates()
        self.written = {
            name: body
            for name, body in fields.outputs.items()
            if name not in fields.quantities and not any(partial_of(n) for n in distinct(body))
        }
        others = [n for n in fields.outputs if n not in self.written and n not in fields.quantities]
        self.given = (*fields.quantities, *others)

    def ansatz(self) -> Ansatz:
        conditions = self.equations.parts.conditions
        held = [part for part in conditions if self.sides.holds_known(part)]
        held = [part for part in held if not part.order or self._has_value(part, held)]
        bounds = self.bounds(held)
        while failing := self._failing(held, bounds):
            held, bounds = self._without_one(held, failing)
        exact = {part.label for part in held}
        exact |= {part.label for part in conditions if part.place.twin}
        carried = self._carried(conditions, exact) if self.march else {}
        return Ansatz(
            self.plan,
            self.coordinates,
            bounds,
            self.written,
            tuple(part.label for part in conditions if part.label in exact),
            tuple(part for part in conditions if part.label not in exact),
            carried=carried,
        )

    def _carried(self, conditions: Sequence[Part], exact: set[str]) -> dict[str, int]:
        """Return what is handed on from slab to slab of the fields that begin with something."""
        found: dict[str, int] = {}
        for part in conditions:
            if self._begins(part):
                if part.label not in exact or part.field not in self.given:
                    raise CompileError(
                        f"no slabs of time are made for {self.plan.law.identity}: its start "
                        f"`{part.label}` is no value or slope of one field that can be built in"
                    )
                found[part.field] = max(found.get(part.field, 0), part.order + 1)
        time = str(self.fields.time)
        begin = fold(self.sides.limits[time][0]) if found else None
        if not isinstance(begin, Number):
            raise CompileError(
                f"no slabs of time are made for {self.plan.law.identity}: it has no start at a "
                "moment that is the same for all"
            )
        low, high = span(self.plan.law, time)
        if abs(low - begin.value) > MISSED * (high - begin.value):
            raise CompileError(
                f"no slabs of time are made for {self.plan.law.identity}: it starts at {time} = "
                f"{begin.value:g} and its range begins at {low:g}, in SI; let the range begin there"
            )
        return found

    def _begins(self, part: Part) -> bool:
        return any(name == self.fields.time for name, _ in part.place.pins)

    def bounds(self, held: Sequence[Part]) -> dict[str, Bound]:
        """Return each field with the conditions that are held built in."""
        found = {}
        for number, name in enumerate(self.given, start=1):
            found[name] = self._bound(name, raw(number), [p for p in held if p.field == name])
        return found

    def _bound(self, name: str, said: str, held: Sequence[Part]) -> Bound:
        along = self.sides.along(held, self.quick)
        steady = [one for one in along if not (self.march and one.name == self.fields.time)]
        given, fading = interpolate(along, self.sides.is_zero), envelope(steady)
        rims = self.sides.rims(held)
        if rims:
            given, fading = _joined(given if along else None, fading, rims)
        trial = self.equations.trial
        free = not along and not rims
        size = written_size(trial.value(name) if free else trial.change(name))
        if self.positive and never_negative(self.plan.law, name):
            level = size if free else given
            if level == ZERO and not self.march:
                return Bound(times(size, fading), ONE, said, positive=True)
            if free or self._is_positive(level):
                return Bound(level, fading, said, positive=True)
        return Bound(given, times(size, fading), said)

    def _is_positive(self, side: Expression) -> bool:
        found = self.equations.places.evaluate([side], self.sides.rows)[0]
        return bool((found > 1e-3 * found.abs().max()).all())

    def _coordinates(self) -> dict[str, Expression]:
        """Return what the network sees: each input on [-1, 1], or as a place on a circle."""
        found: list[Expression] = []
        periodic = self.sides.periodic
        for name in self.plan.signature.inputs:
            quantity = self.plan.law.quantities[name]
            if name in periodic:
                self._refuse_half(name, periodic[name])
                low, high = span(self.plan.law, name)
                angle = times(Number(2 * math.pi), share(name, Number(low), Number(high)))
                found += [call("cos", angle), call("sin", angle)]
                continue
            low, high = span(self.plan.law, name)
            if not low < high:
                continue
            if name in self.sides.variables:
                part = share(name, *self.sides.limits[name])
            elif quantity.log and low > 0:
                ends = Number(math.log(low)), Number(math.log(high / low))
                part = over(minus(call("ln", Symbol(name)), ends[0]), ends[1])
            else:
                part = share(name, Number(low), Number(high))
            found.append(minus(times(Number(2), part), ONE))
        return {f"{number}": side for number, side in enumerate(found, start=1)}

    def _refuse_half(self, name: str, fields: set[str]) -> None:
        others = set(self.fields.quantities) - fields
        if others:
            raise CompileError(
                f"{', '.join(sorted(fields))} is periodic in {name} and "
                f"{', '.join(sorted(others))} is not; a network for both is not made yet"
            )

    def _has_value(self, slope: Part, held: Sequence[Part]) -> bool:
        return any(
            part.field == slope.field and not part.order and part.place == slope.place
            for part in held
        )

    def _failing(self, held: Sequence[Part], bounds: Mapping[str, Bound]) -> list[Part]:
        """Return the parts that are missed although they are built in."""
        begun: dict[str, int] = {}
        for part in filter(self._begins, held):
            begun[part.field] = max(begun.get(part.field, 0), part.order + 1)
        bodies = {n: self._tried(bound, begun.get(n, 0)) for n, bound in bounds.items()}
        for name, body in self.written.items():
            bodies[name] = written_with(body, bodies)
        periodic = [p for p in self.equations.parts.conditions if p.place.twin]
        return [part for part in (*held, *periodic) if not self._holds(part, bodies)]

    def _tried(self, bound: Bound, begins: int) -> Expression:
        """Return a quantity with a smooth function in the network's place."""
        angle: Expression = Number(0.3 + 0.1 * len(bound.said))
        for number, side in enumerate(self.coordinates.values()):
            angle = plus(angle, times(Number(0.7 + 0.31 * number), side))
        smooth = plus(Number(0.4), call("sin", angle))
        if self.march:
            time = str(self.fields.time)
            for _ in range(begins):
                smooth = times(share(time, *self.sides.limits[time]), smooth)
        return written_with(bound.body, {bound.said: smooth})

    def _holds(self, part: Part, bodies: Mapping[str, Expression]) -> bool:
        places = self.equations.places
        side = in_columns(written_with(part.side, bodies), ())
        moved, good = places.move(self.sides.rows, part.place)
        (values,) = places.evaluate([side], moved)
        if part.place.twin:
            other = places.pinned(self.sides.rows, part.place.twin)
            values = values - places.evaluate([side], other)[0]
        size = self.equations.trial.size(part.terms).at(moved)
        return bool(((values.abs() <= MISSED * size) | ~good).all())

    def _without_one(
        self, held: Sequence[Part], failing: Sequence[Part]
    ) -> tuple[list[Part], dict[str, Bound]]:
        """Return what is left when the part goes that stands most in the way of the others."""
        owners = {part.field for part in failing}
        best: tuple[int, list[Part], dict[str, Bound]] | None = None
        for part in reversed(held):
            if part.field not in owners:
                continue
            left = [p for p in held if p is not part and not (p.order and self._needs(p, part))]
            try:
                bounds = self.bounds(left)
                count = len(self._failing(left, bounds)) + len(held) - len(left)
            except LawcError:
                continue
            if best is None or count < best[0]:
                best = (count, left, bounds)
        if best is None:
            raise CompileError(
                f"the conditions of {self.plan.law.identity} are missed by what was built for them"
            )
        return best[1], best[2]

    def _needs(self, slope: Part, value: Part) -> bool:
        return slope.field == value.field and slope.place == value.place


def _joined(
    given: Expression | None, fading: Expression, rims: Sequence[Rim]
) -> tuple[Expression, Expression]:
    """Return what takes the values of ends and rims, each where it is; and what vanishes there."""
    distances = [rim.distance for rim in rims]
    pieces = [] if given is None else [(given, distances)]
    for number, rim in enumerate(rims):
        others = [d for k, d in enumerate(distances) if k != number]
        pieces.append((rim.value, [*others, fading]))
    above, below = ZERO, ZERO
    for value, factors in pieces:
        weight: Expression = ONE
        for factor in factors:
            weight = times(weight, factor)
        above, below = plus(above, times(value, weight)), plus(below, weight)
    for distance in distances:
        fading = times(fading, distance)
    return over(above, below), fading


def written_size(size: Size) -> Expression:
    """Return a size as an expression of inputs."""
    return times(Number(size.typical), monomial(size.exponents))
