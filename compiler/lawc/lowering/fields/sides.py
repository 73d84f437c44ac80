"""Say which condition of a field holds at which end of which variable, or on which round rim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from lawc.knowledge.algebra import minus, over, plus, square
from lawc.knowledge.expression import Expression, Number, Symbol, names
from lawc.lowering.domain import span
from lawc.lowering.fields.parts import Part, ends
from lawc.lowering.fields.places import Columns
from lawc.lowering.fields.residual import FieldEquations
from lawc.lowering.interpolating import Along, Held
from lawc.lowering.monomials import SEED
from lawc.lowering.plan import Fields
from lawc.lowering.sampler import declared_inputs, sample, to_si

ROWS = 128
NEAR = 1e-12
"""What still counts as zero beside values of an expression elsewhere."""


@dataclass(frozen=True)
class Rim:
    """A round rim.

    Attributes:
        distance: Zero on the rim, growing to one away from it.
        value: The field there.
    """

    distance: Expression
    value: Expression


@dataclass(frozen=True)
class Sides:
    """The ends of the variables of a law of fields."""

    equations: FieldEquations

    @property
    def fields(self) -> Fields:
        """The problem whose ends are meant."""
        fields = self.equations.plan.fields
        assert fields is not None
        return fields

    @property
    def variables(self) -> tuple[str, ...]:
        """Time, and the coordinates."""
        fields = self.fields
        return (*([fields.time] if fields.time else []), *fields.coordinates)

    @cached_property
    def rows(self) -> Columns:
        """SI values of inputs, at which expressions are tried."""
        plan = self.equations.plan
        columns = to_si(declared_inputs(plan), sample(plan, ROWS, SEED + 1))
        return {name: torch.from_numpy(values.copy()) for name, values in columns.items()}

    @cached_property
    def limits(self) -> dict[str, tuple[Expression, Expression]]:
        """The ends of each variable: where conditions put them, otherwise where it is declared."""
        found: dict[str, tuple[Expression, Expression]] = {}
        for name in self.variables:
            low, high = span(self.equations.plan.law, name)
            marks = self._marks(name)
            if name == self.fields.time:
                start = marks[min(marks)] if marks else Number(low)
                found[name] = (start, Number(high))
            else:
                known = ends(marks, (low, high))
                assert known is not None
                found[name] = known
        return found

    @property
    def periodic(self) -> dict[str, set[str]]:
        """Fields that are periodic, by variable."""
        found: dict[str, set[str]] = {}
        for part in self.equations.parts.conditions:
            if part.place.twin:
                found.setdefault(part.place.pins[0][0], set()).add(part.field)
        return found

    def holds_known(self, part: Part) -> bool:
        """Return whether a part gives a value, or a slope, that inputs alone decide."""
        plan = self.equations.plan
        known = {*plan.signature.inputs, *plan.fixed}
        if part.given is None or part.place.twin or not names(part.given) <= known:
            return False
        if part.place.rim:
            holes = [hole for hole in plan.law.region if hole.name == part.place.rim]
            return not part.order and all(hole.shape != "box" for hole in holes)
        if len(part.place.pins) != 1:
            return False
        name, at = part.place.pins[0]
        return name in self.variables and at in self.limits[name]

    def along(self, parts: Sequence[Part], quick: float) -> list[Along]:
        """Return what parts give at the ends of each variable; slopes without a value are left."""
        found: list[Along] = []
        for name in self.variables:
            low, high = self.limits[name]
            first, last = (self._held(parts, name, at) for at in (low, high))
            if first or last:
                eager = quick if name == self.fields.time else 0.0
                found.append(Along(name, low, high, first, last, eager))
        return found

    def rims(self, parts: Sequence[Part]) -> list[Rim]:
        """Return the round rims on which parts give a value."""
        found: list[Rim] = []
        for part in parts:
            for hole in self.equations.plan.law.region:
                if part.place.rim == hole.name and part.given is not None and hole.radius:
                    away: Expression = Number(0)
                    for name, middle in hole.centre:
                        away = plus(away, square(minus(Symbol(name), middle)))
                    distance = minus(Number(1), over(square(hole.radius), away))
                    found.append(Rim(distance, part.given))
        return found

    def is_zero(self, side: Expression, pins: Mapping[str, Expression], beside: Expression) -> bool:
        """Return whether an expression vanishes at rows with some inputs pinned.

        Args:
            side: Which.
            pins: Where.
            beside: What was subtracted in it, away from there: where a sine ends at pi, rounding
                is small beside it.
        """
        if side == Number(0):
            return True
        here = self.equations.places.pinned(self.rows, tuple(pins.items()))
        found = self.equations.places.evaluate([side], here)[0]
        sizes = [*self.equations.places.evaluate([side, beside], self.rows)]
        size = max(float(one.abs().nan_to_num(posinf=0.0).max()) for one in sizes)
        return bool((found.abs() <= NEAR * (size or 1e-300)).all())

    def typical(self, side: Expression) -> float:
        """Return the median of an expression over the domain."""
        return float(self._at_rows(side).median())

    def _at_rows(self, side: Expression) -> Tensor:
        return self.equations.places.evaluate([side], self.rows)[0]

    def _marks(self, name: str) -> dict[float, Expression]:
        """Return where conditions put the ends of a variable, by its typical value."""
        found: dict[float, Expression] = {}
        for part in self.equations.parts.conditions:
            if len(part.place.pins) == 1 and part.place.pins[0][0] == name and not part.place.twin:
                at = part.place.pins[0][1]
                found.setdefault(self.typical(at), at)
        return found

    def _held(self, parts: Sequence[Part], name: str, at: Expression) -> Held | None:
        value = slope = None
        for part in parts:
            if part.place.pins == ((name, at),) and part.given is not None:
                if part.order:
                    slope = part.given
                else:
                    value = part.given
        return None if value is None else Held(at, value, slope)
