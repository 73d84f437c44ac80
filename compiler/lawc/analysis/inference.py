"""What the formulas demand of dimensions, as linear equations over exact fractions.

Every name and every unit of a literal is an unknown; a demand says that a product of powers of
unknowns is a plain number. One elimination answers all base dimensions at once. Angles are left
out: they are checked where dimensions are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.analysis.dimensions import without_angle
from lawc.analysis.measuring import Context, Kind, Measuring
from lawc.analysis.scope import BUILT_IN, Scope
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.tree import Name, Node, UnitText, walk
from lawc.units.dimension import NONE, Dimension

Unknown = str | Place
"""A name, or the place of a unit in a formula."""


@immutable
class Form:
    """A product of powers of unknowns and of a known dimension."""

    powers: tuple[tuple[Unknown, Fraction], ...] = ()
    known: Dimension = NONE

    def __mul__(self, other: Form) -> Form:
        total = dict(self.powers)
        for unknown, power in other.powers:
            total[unknown] = total.get(unknown, Fraction(0)) + power
        kept = tuple((unknown, power) for unknown, power in total.items() if power)
        return Form(kept, self.known * other.known)

    def __truediv__(self, other: Form) -> Form:
        return self * other**-1

    def __pow__(self, power: Fraction | int) -> Form:
        if not power:
            return Form()
        powers = tuple((unknown, own * power) for unknown, own in self.powers)
        return Form(powers, self.known**power)

    def value(self, dimensions: Mapping[Unknown, Dimension]) -> Dimension | None:
        """Return the dimension where all unknowns are given, else None."""
        result = self.known
        for unknown, power in self.powers:
            if unknown not in dimensions:
                return None
            result = result * dimensions[unknown] ** power
        return result

    def solved(
        self, unknowns: Collection[Unknown], dimensions: Mapping[Unknown, Dimension]
    ) -> Dimension | None:
        """Return what unknowns of one dimension must be to make this a plain number.

        None where they cancel, or where another unknown is open.
        """
        own = sum((power for unknown, power in self.powers if unknown in unknowns), Fraction(0))
        if not own:
            return None
        rest = Form(tuple(p for p in self.powers if p[0] not in unknowns), self.known)
        value = rest.value(dimensions)
        return None if value is None else value ** (-1 / own)


@immutable
class Demand:
    """A form that has to be a plain number, and where that is asked."""

    form: Form
    kind: Kind
    context: Context
    node: Node


@immutable
class Demands:
    """All demands of a law, and what its author declared.

    Attributes:
        declared: The dimension of each unknown that has one, without its angle.
        literals: The unit node of each place.
    """

    demands: tuple[Demand, ...]
    declared: dict[Unknown, Dimension]
    literals: dict[Place, UnitText]


class _Forms(Measuring[Form]):
    def __init__(self, scope: Scope) -> None:
        names: dict[str, Form | None] = {}
        for name, dimension in scope.dimensions.items():
            if name in scope.constants or name in BUILT_IN:
                names[name] = Form((), without_angle(dimension or NONE))
            else:
                # An element measures what the quantity does that it is an element of.
                base = name.partition("[")[0] if name.endswith("]") else name
                names[name] = Form(((base, Fraction(1)),))
        super().__init__(names, Form(), Form(), scope.said)
        self.demands: list[Demand] = []
        self.literals: dict[Place, UnitText] = {}

    def unit(self, unit: UnitText) -> Form | None:
        if read_unit(unit) is None:
            return None
        self.literals[unit.place] = unit
        return Form(((unit.place, Fraction(1)),))

    def agree(self, kind: Kind, left: Node, one: Form, right: Node | None, other: Form) -> bool:
        self._ask(kind, one / other, left if right is None else right)
        return True

    def terms(
        self, kind: Kind, parts: list[tuple[Node, Form | None]], hint: Form | None
    ) -> Form | None:
        known = [(node, form) for node, form in parts if form is not None]
        if not known:
            return None
        for node, form in known[1:]:
            self._ask(kind, form / known[0][1], node)
        return known[0][1]

    def _ask(self, kind: Kind, form: Form, node: Node) -> None:
        if form.powers or not form.known.is_none:
            self.demands.append(Demand(form, kind, self.context, node))


def collect(scope: Scope) -> Demands:
    """Return what the formulas of a law demand."""
    forms = _Forms(scope)
    forms.block(scope.block)
    declared: dict[Unknown, Dimension] = {
        name: without_angle(dimension)
        for name, dimension in scope.dimensions.items()
        if dimension is not None
    }
    for place, unit in forms.literals.items():
        read = read_unit(unit)
        if read is not None:
            declared[place] = without_angle(read.dimension)
    return Demands(tuple(forms.demands), declared, forms.literals)


@immutable
class Inferred:
    """A dimension that follows, and the demands that force it."""

    dimension: Dimension
    because: tuple[Demand, ...]


MOST_UNKNOWN = 300
"""Names without a unit up to which units are inferred for a law."""


@dataclass
class _Row:
    powers: dict[Unknown, Fraction]
    known: Dimension
    because: frozenset[int] = field(default_factory=frozenset)
    rank: int = 0

    def minus(self, other: _Row, times: Fraction) -> _Row:
        powers = dict(self.powers)
        for unknown, power in other.powers.items():
            left = powers.get(unknown, Fraction(0)) - power * times
            if left:
                powers[unknown] = left
            else:
                powers.pop(unknown, None)
        return _Row(powers, self.known / other.known**times, self.because | other.because)


def infer(demands: Demands, wanted: Iterable[str]) -> dict[str, Inferred]:
    """Return the dimensions that follow for names without one.

    Gaussian elimination over the unknowns that nobody declared; each row keeps the demands it was
    combined from, so that a result can name its reasons. Rows are completed once, from the last to
    the first: a chain of thousands of names then takes as many steps and not their square.
    """
    pivots: dict[Unknown, _Row] = {}
    for number, demand in enumerate(demands.demands):
        row = _without(_open_row(demand.form, demands.declared, number), pivots)
        if not row.powers:
            continue
        pivot = next(iter(row.powers))
        scale = row.powers[pivot]
        pivots[pivot] = _Row(
            {unknown: power / scale for unknown, power in row.powers.items()},
            row.known ** (1 / scale),
            row.because,
            len(pivots),
        )
        if len(pivots) == MOST_UNKNOWN:
            break
    done: dict[Unknown, _Row] = {}
    for pivot, row in reversed(pivots.items()):
        done[pivot] = _without(row, done)
    pivots = done
    return {
        name: Inferred(
            pivots[name].known ** -1,
            tuple(demands.demands[number] for number in sorted(pivots[name].because)),
        )
        for name in wanted
        if name in pivots and len(pivots[name].powers) == 1
    }


def _without(row: _Row, pivots: Mapping[Unknown, _Row]) -> _Row:
    """Return a row in which no unknown stands that another row determines."""
    while True:
        inside = [one for one in row.powers if one in pivots]
        if not inside:
            return row
        # An earlier row may bring in a later one, and never the other way.
        unknown = min(inside, key=lambda one: pivots[one].rank)
        row = row.minus(pivots[unknown], row.powers[unknown])


def _open_row(form: Form, declared: Mapping[Unknown, Dimension], number: int) -> _Row:
    powers: dict[Unknown, Fraction] = {}
    known = form.known
    for unknown, power in form.powers:
        if unknown in declared:
            known = known * declared[unknown] ** power
        else:
            powers[unknown] = power
    return _Row(powers, known, frozenset((number,)))


def mentioned(node: Node) -> set[str]:
    """Return the names that stand in an expression."""
    return {part.name for part in walk(node) if isinstance(part, Name)}
