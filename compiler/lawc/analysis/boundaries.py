"""Boundary conditions against the orders of the equations, variable by variable and end by end.

An equation of even order in a variable asks for half as many conditions at each end, one of order
one for one at either; a field that is periodic asks for nothing else. A law that states no
condition at all is meant for any, and nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lawc.analysis.conditions import TIME, Key, equal_values, fixed_values, orders_of
from lawc.analysis.contents import Contents
from lawc.analysis.coordinates import Coordinates
from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.findings import finding, shown
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Expression, Symbol, names, orders_in
from lawc.knowledge.law import Boundary, Law, Quantity
from lawc.syntax.document import BoundaryLine
from lawc.syntax.tree import Node

NEAR = 1e-9

_COUNTED = {1: "one condition", 2: "two conditions", 3: "three conditions", 4: "four conditions"}


def read_boundary(line: BoundaryLine, scope: Scope) -> Boundary:
    """Return a line of `boundary` as known.

    Raises:
        UnreadableError: It says that something is periodic that is no field.
    """
    variable = line.variable.name if line.variable is not None else ""
    left = elaborate(line.left, scope)
    if line.right is None:
        if not isinstance(left, Symbol):
            raise UnreadableError("a field is periodic, not an expression", line.left.place)
        return Boundary(left.name, variable, place=line.place)
    right = elaborate(line.right, scope)
    at = elaborate(line.at, scope) if isinstance(line.at, Node) else line.at.text if line.at else ""
    if line.part is not None:
        bounded = _bounded_on((left, right), scope)
        return Boundary(bounded, "", left, right, None, line.place, line.part.text)
    bounded = _bounded((left, right), variable, scope)
    further = tuple((name.name, elaborate(value, scope)) for name, value in line.further)
    return Boundary(bounded, variable, left, right, at, line.place, "", further)


def check_boundaries(
    law: Law, contents: Sequence[Contents], coordinates: Coordinates
) -> list[Diagnostic]:
    """Return what is missing, surplus or contradictory among the conditions of the fields."""
    if not law.boundary and not law.conditions:
        return []
    orders = orders_of(law, contents)
    stated = {c.quantity for c in law.conditions} | {b.quantity for b in law.boundary}
    fields = {name for name, _ in orders}
    findings: list[Diagnostic] = []
    for line in law.boundary:
        if line.quantity not in law.quantities:
            findings.append(_of_nothing(line))
    pairs = [*orders, *((b.quantity, b.variable) for b in law.boundary)]
    for name, variable in dict.fromkeys(pairs):
        if name not in law.quantities or (name not in stated and not law.boundary):
            continue
        quantity = law.quantities.get(variable)
        if quantity is None:
            continue
        side = _Side(law, name, quantity, orders, len(fields) > 1, coordinates)
        findings += side.check()
    return findings


def _bounded(sides: tuple[Expression, Expression], variable: str, scope: Scope) -> str:
    """Return the field that a condition bounds: one that is derived in it before any other."""
    for side in sides:
        for name, orders in orders_in(side):
            if variable in orders:
                return name
    for side in sides:
        for name in sorted(names(side)):
            if variable in scope.depends.get(name, ()):
                return name
    return ""


def _bounded_on(sides: tuple[Expression, Expression], scope: Scope) -> str:
    """Return the field that a condition on a rim bounds: one that is derived, or any."""
    for side in sides:
        for name, _ in orders_in(side):
            return name
    for side in sides:
        for name in sorted(names(side)):
            if scope.depends.get(name):
                return name
    return ""


def _of_nothing(line: Boundary) -> Diagnostic:
    assert line.place is not None
    return finding(
        "L0407",
        f"this condition bounds nothing in `{line.variable or line.part}`",
        line.place,
        f"nothing in it depends on `{line.variable}`" if line.variable else "it speaks of no field",
        help="write a field or its derivative, as in `T = T0 at x = 0 [m]`",
    )


@immutable
class _End:
    """One end of a variable, and the conditions there."""

    at: Expression | str
    lines: tuple[Boundary, ...]


@immutable
class _Side:
    """The conditions of one field in one variable."""

    law: Law
    name: str
    quantity: Quantity
    orders: Mapping[Key, int]
    coupled: bool
    coordinates: Coordinates

    @property
    def variable(self) -> str:
        return self.quantity.name

    @property
    def order(self) -> int:
        return self.orders.get((self.name, self.variable), 0)

    def check(self) -> list[Diagnostic]:
        """Return all findings about these conditions, the first cause of each only."""
        lines = [
            line
            for line in self.law.boundary
            if line.quantity == self.name and line.variable == self.variable and not line.further
        ]
        if lines and self.order == 0:
            return [self._not_derived(lines[0])]
        periodic = [line for line in lines if line.is_periodic]
        valued = [line for line in lines if not line.is_periodic]
        if periodic and valued:
            return [self._mixed(periodic[0], valued[0])]
        if len(periodic) > 1:
            return [self._surplus(periodic[1], "said before", periodic[0])]
        started = self._started()
        if lines and started:
            text = f"{_COUNTED.get(started, f'{started} conditions')} under `initial` are all"
            return [self._surplus(lines[0], text)]
        if periodic or started:
            return []
        high = [line for line in valued if self._order_in(line) >= self.order]
        if high:
            return [self._too_high(high[0])]
        ends = self._ends(valued)
        if len(ends) > 2:
            text = f"a field has two ends in `{self.variable}`, and this is a third place"
            return [self._surplus(ends[2].lines[0], text)]
        clash = next(self._clashes(ends), None)
        if clash is not None:
            return [clash]
        return self._counted(ends)

    def _started(self) -> int:
        return sum(
            1
            for c in self.law.conditions
            if c.quantity == self.name and c.variable == self.variable
        )

    def _order_in(self, line: Boundary) -> int:
        """Return the highest derivative of the field by the variable in a condition."""
        found = [
            orders.get(self.variable, 0)
            for side in (line.left, line.right)
            if side is not None
            for name, orders in orders_in(side)
            if name == self.name
        ]
        return max(found, default=0)

    def _ends(self, lines: Sequence[Boundary]) -> list[_End]:
        ends: list[_End] = []
        fixed = fixed_values(self.law)
        for line in lines:
            assert line.at is not None
            for number, end in enumerate(ends):
                if _same_place(end.at, line.at, fixed):
                    ends[number] = _End(end.at, (*end.lines, line))
                    break
            else:
                ends.append(_End(line.at, (line,)))
        return ends

    def _clashes(self, ends: Sequence[_End]) -> Iterator[Diagnostic]:
        """Yield a finding for two conditions at one end that say the same of different things."""
        fixed = fixed_values(self.law)
        for end in ends:
            for number, line in enumerate(end.lines):
                for earlier in end.lines[:number]:
                    if earlier.left != line.left:
                        continue
                    assert earlier.right is not None and line.right is not None
                    if equal_values(earlier.right, line.right, fixed):
                        yield self._surplus(line, "said before", earlier)
                    else:
                        yield self._contradiction(earlier, line)

    def _counted(self, ends: Sequence[_End]) -> list[Diagnostic]:
        """Compare the numbers of conditions with the order."""
        counts = [len(end.lines) for end in ends]
        total = sum(counts)
        optional = self.order == 1 and self.coupled
        most = self.order if optional else (self.order + 1) // 2
        for end in ends:
            beyond = len(end.lines) > max(most, 1) or (total > self.order and self.order > 1)
            if beyond and len(end.lines) > self.order // 2:
                return [self._too_many(end)]
        if self.order == 1 and total > 1 and not self.coupled:
            return [self._too_many(ends[-1])]
        missing = self.order - total
        if missing <= 0 or optional or self._left_open(ends, total):
            return []
        return [self._missing(ends, missing)]

    def _left_open(self, ends: Sequence[_End], total: int) -> bool:
        """Return whether conditions may be absent: in time, around an axis, at the centre."""
        if self.quantity.dimension == TIME and not total:
            return True
        if self.coordinates.system == "cartesian":
            return False
        names = self.coordinates.names
        turned = {"cylindrical": (names[1],), "spherical": names[1:]}[self.coordinates.system]
        if self.variable in turned:
            return not total
        from_centre = self.variable == names[0] and self.quantity.low == 0
        return from_centre and total >= self.order // 2 and not any(self._low(e) for e in ends)

    def _low(self, end: _End) -> bool:
        value = self._value(end.at)
        return value is not None and self.quantity.low is not None and value <= self.quantity.low

    def _value(self, at: Expression | str) -> float | None:
        """Return where an end is, in the unit of the variable."""
        if isinstance(at, str):
            return float("-inf") if at.startswith("-") else float("inf")
        try:
            return self.quantity.unit.from_si(evaluate(at, fixed_values(self.law)))
        except NoValueError:
            return None

    def _missing(self, ends: Sequence[_End], missing: int) -> Diagnostic:
        place = self._equation_place()
        asked = _COUNTED.get(self.order, f"{self.order} conditions")
        each = {2: "one at each end", 4: "two at each end"}.get(self.order, "")
        text = f"of order {self.order} in `{self.variable}`: {asked}{', ' if each else ''}{each}"
        headline = f"no condition bounds `{self.name}` in `{self.variable}`"
        where = self._other_end(ends)
        if ends:
            asks = self.order // 2 or 1
            short = next((e for e in ends if len(e.lines) < asks), None)
            where = self._spelled(short.at) if short is not None and len(ends) == 2 else where
            number = _COUNTED.get(missing, f"{missing} conditions").removesuffix("s")
            noun = "a condition" if missing == 1 else f"{number}s"
            headline = f"{noun} on `{self.name}` at `{self.variable} = {where}` "
            headline += "is missing" if missing == 1 else "are missing"
        others = [(line.place, "") for end in ends for line in end.lines if line.place is not None]
        return finding(
            "L0406",
            headline,
            place,
            text,
            others=others[:2],
            help=f"write `{self.name} = … at {self.variable} = {where}` under `boundary`, or "
            f"`{self.name} periodic in {self.variable}`"
            if not ends
            else f"write `{self.name} = … at {self.variable} = {where}` under `boundary`",
        )

    def _other_end(self, ends: Sequence[_End]) -> str:
        """Return the end that has no condition, as an author would write it."""
        unit = f" [{self.quantity.unit.text}]" if self.quantity.unit.text not in ("", "1") else ""
        low, high = self.quantity.low, self.quantity.high
        taken = [self._value(end.at) for end in ends]
        lower = [t for t in taken if t is not None and low is not None and t <= low + NEAR]
        if low is not None and ends and not lower and taken[0] is not None:
            return f"{shown(low)}{unit}"
        if low is not None and not ends:
            return f"{shown(low)}{unit}"
        if high is not None and not any(t is not None and t >= high - NEAR for t in taken):
            return f"{shown(high)}{unit}"
        return "…"

    def _spelled(self, at: Expression | str) -> str:
        value = self._value(at)
        if isinstance(at, str):
            return at
        if value is None:
            return next(iter(sorted(names(at))), "…")
        unit = f" [{self.quantity.unit.text}]" if self.quantity.unit.text not in ("", "1") else ""
        return f"{shown(value)}{unit}"

    def _equation_place(self) -> Place:
        for equation in self.law.equations:
            for side in (equation.left, equation.right):
                for name, orders in orders_in(side):
                    if name == self.name and orders.get(self.variable) and equation.place:
                        return equation.place
        place = self.law.quantities[self.name].place
        assert place is not None
        return place

    def _not_derived(self, line: Boundary) -> Diagnostic:
        text = f"no equation derives `{self.name}` by `{self.variable}`"
        if self.variable not in self.law.quantities[self.name].depends:
            text = f"`{self.name}` does not depend on `{self.variable}`"
        return self._surplus(line, text)

    def _too_high(self, line: Boundary) -> Diagnostic:
        text = f"the equations are of order {self.order} in `{self.variable}`"
        help = f"bound derivatives of an order below {self.order}"
        return self._surplus(line, text, help=help)

    def _too_many(self, end: _End) -> Diagnostic:
        asked = max(self.order // 2, 1)
        number = _COUNTED.get(asked, f"{asked} conditions")
        text = f"of order {self.order} in `{self.variable}`: {number} at each end"
        if self.order == 1:
            text = f"of order 1 in `{self.variable}`: one condition, at the end things come from"
        return self._surplus(end.lines[-1], text, end.lines[0])

    def _surplus(
        self, line: Boundary, text: str, earlier: Boundary | None = None, help: str = ""
    ) -> Diagnostic:
        assert line.place is not None
        others = [(earlier.place, "")] if earlier is not None and earlier.place is not None else []
        return finding(
            "L0407",
            f"a condition on `{self.name}` in `{self.variable}` is surplus",
            line.place,
            text,
            others=others,
            help=help or "remove it, or another one",
        )

    def _mixed(self, periodic: Boundary, valued: Boundary) -> Diagnostic:
        assert periodic.place is not None and valued.place is not None
        return finding(
            "L0408",
            f"`{self.name}` is periodic in `{self.variable}` and has a value at an end",
            valued.place,
            "a periodic field has no ends",
            others=[(periodic.place, "periodic here")],
            help="keep one of them",
        )

    def _contradiction(self, earlier: Boundary, line: Boundary) -> Diagnostic:
        assert earlier.place is not None and line.place is not None
        return finding(
            "L0408",
            f"two conditions on `{self.name}` contradict each other",
            line.place,
            "the second one",
            others=[(earlier.place, "the first one")],
            help="keep one of them",
        )


def _same_place(one: Expression | str, other: Expression | str, fixed: Mapping[str, float]) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return equal_values(one, other, fixed)
