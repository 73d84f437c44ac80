"""From the weak form of a law of fields to numbers: one solution for each set of parameters.

Rows that share their parameters share a solution. It is found to the accuracy that is stated,
checked against the law by another route, kept for the next question, and read at the points that
are asked for; what lies outside the region has no value.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.tape import Tape
from lawc.knowledge.expression import (
    Expression,
    names,
)
from lawc.knowledge.law import Hole
from lawc.knowledge.writing import write_boundary, write_expression
from lawc.lowering.fields.building import build
from lawc.lowering.fields.checks import check
from lawc.lowering.fields.columns import in_columns
from lawc.lowering.fields.exact import written_with
from lawc.lowering.fields.forms import Forms, weak_form
from lawc.lowering.fields.measures import measures
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Fields, Plan
from lawc.lowering.tapes import tape
from lawc.solvers.field_problem import (
    LEAST,
    Box,
    Columns,
    Disk,
    Problem,
    Shape,
    slope_name,
)
from lawc.solvers.field_refining import Solution, solve
from lawc.solvers.meshing import inside
from lawc.solvers.patience import ImpatientError

ACCURACY = {(1, False): 1e-7, (2, False): 1e-5, (3, False): 1e-4}
ACCURACY |= {(1, True): 1e-6, (2, True): 1e-4, (3, True): 1e-3}
"""What is aimed at, by dimensions of space and whether something moves."""
ROUGH = {1: 1e-4, 2: 1e-3, 3: 5e-3}
"""What is still accepted, and reported, where the aim takes too many unknowns."""
PRESSED = 1e-4
"""What is aimed at for a flow with a pressure, whose corners are rough."""
KEPT = 32
SHARED = 8
"""Solutions that are kept for other questions about the same fields."""

Point = Mapping[str, float]
Key = TypeVar("Key", bound=Hashable)
_solved: OrderedDict[Hashable, Solution] = OrderedDict()


@dataclass(frozen=True, eq=False)
class Solver:
    """Solves the problem of a plan for any parameters.

    Attributes:
        accuracy: What is aimed at; None for the usual one, infinite for a glance: the coarsest
            division that a solution would begin with, and no test of it.
    """

    plan: Plan
    accuracy: float | None = None
    kept: OrderedDict[tuple[float, ...], Solution] = field(default_factory=OrderedDict)
    tapes: dict[str, Tape] = field(default_factory=dict)

    @property
    def fields(self) -> Fields:
        """What is solved."""
        assert self.plan.fields is not None
        return self.plan.fields

    def solution(self, parameters: Point) -> Solution:
        """Return the fields for one set of parameters, in SI units.

        Raises:
            CompileError: A part of the law has no form that a solver takes.
            DomainError: It cannot be solved to a stated accuracy.
        """
        key = tuple(parameters[name] for name in self.fields.parameters)
        if key in self.kept:
            self.kept.move_to_end(key)
            return self.kept[key]
        aim = self.accuracy or ACCURACY[len(self.fields.coordinates), self.fields.time is not None]
        # A glance is always one at the coarsest cells, so that glances can be compared.
        question = (self._stated, *(parameters[name] for name in self._spoken), aim == np.inf)
        found = _solved.get(question)
        if found is None or max(found.estimate) > aim:
            found = self._solution(parameters)
        _keep(self.kept, key, found, KEPT)
        _keep(_solved, question, found, SHARED)
        return found

    def _solution(self, parameters: Point) -> Solution:
        problem = self.problem(parameters)
        moving = problem.time is not None
        dimension = problem.shape.dimension
        aim = self.accuracy or max(ACCURACY[dimension, moving], PRESSED if problem.lower else 0.0)
        found = solve(problem, aim, None if self.accuracy else max(ROUGH[dimension], aim))
        if aim < np.inf:
            check(self, found, parameters)
        return found

    @cached_property
    def _spoken(self) -> tuple[str, ...]:
        """Parameters that the fields depend on; an output may speak of others."""
        sides = [*self.fields.equations]
        for condition in self.fields.conditions:
            sides += [condition.value, condition.at]
        for line in self.fields.boundary:
            sides += [s for s in (line.left, line.right, line.at) if isinstance(s, Expression)]
            sides += [value for _, value in line.further]
        for hole in self.plan.law.region:
            sides += hole.expressions
        used = frozenset[str]().union(*map(names, sides))
        return tuple(name for name in self.fields.parameters if name in used)

    @cached_property
    def _stated(self) -> Hashable:
        """What is solved, apart from the values of parameters."""
        fields, law = self.fields, self.plan.law
        moving = (*fields.coordinates, *([fields.time] if fields.time else []))
        return (
            *(fields.coordinates, fields.time, fields.quantities, fields.equations),
            *(fields.conditions, fields.boundary, law.region, tuple(self.plan.fixed.items())),
            *(self._declared(name) for name in moving),
            self._spoken,
        )

    def answers(
        self, given: Mapping[str, Array], rows: int, strict: bool = True
    ) -> dict[str, Array]:
        """Return SI values of the outputs; NaN outside the region.

        Args:
            given: SI columns of the inputs, shape (rows,).
            rows: How many.
            strict: Whether parameters for which there is no solution raise; otherwise their rows
                are NaN.
        """
        if self.fields.exact is not None:
            return self._exact(given, rows)
        found = {name: np.full(rows, np.nan) for name in self.fields.outputs}
        for parameters, members in self.groups(given, rows):
            try:
                solved = self.solution(parameters)
            except ImpatientError:
                # What took too long may well have an answer.
                raise
            except DomainError:
                if strict:
                    raise
                continue
            values = self._read(solved, parameters, {n: v[members] for n, v in given.items()})
            for name, column in values.items():
                found[name][members] = column
        return found

    def _exact(self, given: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """Return the outputs from the fields that the law states."""
        assert self.fields.exact is not None
        sides = {
            name: written_with(side, self.fields.exact)
            for name, side in self.fields.outputs.items()
        }
        used = sorted(frozenset[str]().union(*map(names, sides.values())) - self.plan.fixed.keys())
        columns = {name: given[name] for name in used}
        found = evaluate(tape(sides, used, self.plan.fixed), columns)
        values = {name: np.broadcast_to(v, (rows,)).copy() for name, v in found.items()}
        for parameters, members in self.groups(given, rows):
            shape = self.shape(parameters)
            points = np.stack([given[name][members] for name in self.fields.coordinates])
            outside = members[~inside(shape, points)]
            for column in values.values():
                column[outside] = np.nan
        return values

    def peaks(self, given: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """Return the largest size of each output over the region and the time, for each row.

        One that is zero is as large as a share of what it is made of.
        """
        found = {name: np.full(rows, np.nan) for name in self.fields.outputs}
        for parameters, members in self.groups(given, rows):
            solved = self.solution(parameters)
            points = spread(solved.problem)
            values = self._read(solved, parameters, points)
            sizes = measures(self.plan, solved.problem, parameters)
            for name, column in values.items():
                least = LEAST * sizes.get(name, 0.0)
                found[name][members] = np.nanmax(np.abs(column), initial=least)
        return found

    def problem(self, parameters: Point) -> Problem:
        """Return what a solver is asked for one set of parameters."""
        problem = build(
            self.form,
            self.shape(parameters),
            self._span(parameters),
            {**self.plan.fixed, **parameters},
            lambda side: self.number(side, parameters),
        )
        sizes = measures(self.plan, problem, parameters)
        return replace(problem, made_of=tuple(sizes.get(name, 0.0) for name in problem.fields))

    @cached_property
    def form(self) -> Forms:
        """The weak form of the equations."""
        lows = {name: self._declared(name)[0] for name in self.fields.coordinates}
        return weak_form(self.fields, lows)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Columns of fields and slopes that the outputs speak of."""
        sides = [in_columns(side, self.fields) for side in self.fields.outputs.values()]
        return frozenset[str]().union(*map(names, sides))

    def shape(self, parameters: Point) -> Shape:
        """Return the region: the box between the ends that are named or declared, and its holes."""
        low, high = [], []
        for name in self.fields.coordinates:
            first, last = self._ends(name, parameters)
            if first is None or last is None or not first < last:
                raise CompileError(f"the range of {name} is not declared, or empty")
            low.append(first)
            high.append(last)
        holes = tuple(self._hole(hole, parameters) for hole in self.plan.law.region)
        return Shape(Box("", tuple(low), tuple(high)), holes)

    def number(self, side: Expression, parameters: Point) -> float:
        """Return the value of an expression of parameters."""
        used = names(side) - self.plan.fixed.keys()
        if not used <= parameters.keys():
            raise CompileError(f"`{write_expression(side)}` is not known before the fields are")
        columns = {name: np.float64(parameters[name]) for name in sorted(used)}
        return float(evaluate(tape({"": side}, sorted(used), self.plan.fixed), columns)[""])

    def _declared(self, name: str) -> tuple[float | None, float | None]:
        quantity = self.plan.law.quantities[name]
        low, high = quantity.low, quantity.high
        unit = quantity.unit
        return (
            None if low is None else unit.to_si(low),
            None if high is None else unit.to_si(high),
        )

    def _ends(self, name: str, parameters: Point) -> tuple[float | None, float | None]:
        """Return where a coordinate begins and ends: what conditions name counts first."""
        low, high = self._declared(name)
        places = []
        for line in self.fields.boundary:
            if line.variable != name or line.is_periodic or line.further:
                continue
            if isinstance(line.at, str):
                raise CompileError(
                    f"the condition `{write_boundary(line)}` is infinitely far away; fields are "
                    "solved on boxes with ends"
                )
            assert line.at is not None
            places.append(self.number(line.at, parameters))
        marks = sorted(set(places))
        if len(marks) >= 2:
            return marks[0], marks[-1]
        if len(marks) == 1 and low is not None and high is not None:
            near_low = abs(marks[0] - low) <= abs(marks[0] - high)
            return (marks[0], high) if near_low else (low, marks[0])
        return low, high

    def _span(self, parameters: Point) -> tuple[float, float]:
        """Return where time starts and ends."""
        time = self.fields.time
        if time is None:
            return 0.0, 0.0
        at = [self.number(c.at, parameters) for c in self.fields.conditions]
        _, high = self._declared(time)
        if high is None or not at or high <= at[0]:
            raise DomainError(f"the range of {time} is not declared, or ends at its start")
        return at[0], high

    def _hole(self, hole: Hole, parameters: Point) -> Box | Disk:
        coordinates = self.fields.coordinates
        if hole.shape == "box":
            bounds = {name: (low, high) for name, low, high in hole.bounds}
            ends = []
            for name in coordinates:
                if name in bounds:
                    low, high = (self.number(side, parameters) for side in bounds[name])
                else:
                    # A box that says nothing of a coordinate goes all along it.
                    first, last = self._ends(name, parameters)
                    low, high = first or 0.0, last or 0.0
                ends.append((low, high))
            return Box(hole.name, tuple(a for a, _ in ends), tuple(b for _, b in ends))
        centre = dict(hole.centre)
        assert hole.radius is not None
        if set(centre) != set(coordinates):
            raise CompileError(
                f"the {hole.shape} {hole.name} does not say where it is in "
                f"{', '.join(sorted(set(coordinates) - set(centre))) or 'space'}"
            )
        middle = tuple(self.number(centre[name], parameters) for name in coordinates)
        return Disk(hole.name, middle, self.number(hole.radius, parameters))

    def groups(
        self, given: Mapping[str, Array], rows: int
    ) -> list[tuple[dict[str, float], np.ndarray]]:
        """Return each set of parameters with the rows that have it."""
        still = self.fields.parameters
        if not still:
            return [({}, np.arange(rows))]
        table = np.stack([np.broadcast_to(given[name], (rows,)) for name in still])
        sets, owner = np.unique(table, axis=1, return_inverse=True)
        owner = owner.ravel()
        return [
            (dict(zip(still, sets[:, k].tolist(), strict=True)), np.flatnonzero(owner == k))
            for k in range(sets.shape[1])
        ]

    def _read(
        self, solved: Solution, parameters: Point, given: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return the outputs at points, given in SI units."""
        problem = solved.problem
        points = np.stack([given[name] for name in problem.coordinates])
        good = inside(problem.shape, points)
        times = None
        if problem.time is not None:
            times = given[problem.time]
            begin, end = problem.span
            slack = 1e-9 * (end - begin)
            good &= (times >= begin - slack) & (times <= end + slack)
            times = times[good]
        columns: dict[str, Array] = {name: given[name][good] for name in problem.coordinates}
        if times is not None and problem.time is not None:
            columns[problem.time] = times
        if good.any():
            for (number, place), values in solved.at(points[:, good], times).items():
                name = problem.fields[number]
                by = None if place is None else problem.coordinates[place]
                columns[name if by is None else slope_name(name, by)] = values
        found = {}
        for name, side in self.fields.outputs.items():
            values = np.full(points.shape[1], np.nan)
            if good.any():
                values[good] = self.evaluated(f"output {name}", side, columns, parameters)
            found[name] = values
        return found

    def evaluated(self, label: str, side: Expression, columns: Columns, parameters: Point) -> Array:
        """Return an expression of fields and first derivatives at points."""
        named = in_columns(side, self.fields)
        size = len(next(iter(columns.values())))
        used = sorted(names(named) - self.plan.fixed.keys())
        values = {
            name: columns[name] if name in columns else np.float64(parameters[name])
            for name in used
        }
        if label not in self.tapes:
            self.tapes[label] = tape({"": named}, used, self.plan.fixed)
        return np.broadcast_to(evaluate(self.tapes[label], values)[""], (size,))


def spread(problem: Problem) -> dict[str, Array]:
    """Return SI columns of points all over the region and the time of a problem."""
    from_low, to_high = problem.shape.box.low, problem.shape.box.high
    count = {1: 129, 2: 33, 3: 13}[problem.shape.dimension]
    axes = [np.linspace(a, b, count) for a, b in zip(from_low, to_high, strict=True)]
    if problem.time is not None:
        axes.append(np.linspace(*problem.span, 17))
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")])
    good = inside(problem.shape, points[: problem.shape.dimension])
    known = [*problem.coordinates, *([problem.time] if problem.time else [])]
    return {name: points[k][good] for k, name in enumerate(known)}


def _keep(kept: OrderedDict[Key, Solution], key: Key, found: Solution, most: int) -> None:
    """Keep a solution as the newest, and no more than so many."""
    kept[key] = found
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
