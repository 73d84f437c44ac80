"""Answer the fields of a plan, and how they move with parameters, fast enough for a search.

A search asks for hundreds of sets of parameters that are near each other. All of them are solved on
one division into cells, so that answers move smoothly; cells, points of integration and where rows
lie among the cells are found once. What the division is off is for the caller to make good.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.knowledge.algebra import ZERO, fold
from lawc.knowledge.expression import names, substitute
from lawc.lowering.fields.solving import Solver
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Plan
from lawc.solvers.elements import Reading, Space
from lawc.solvers.field_problem import Columns, Problem, Shape, slope_name
from lawc.solvers.field_refining import division, read_state, smallest_parts
from lawc.solvers.field_responses import Neighbours, State, responses, state
from lawc.solvers.meshing import inside
from lawc.solvers.patience import ImpatientError

LEVEL = {(1, False): 2, (2, False): 1, (3, False): 0}
LEVEL |= {(1, True): 2, (2, True): 0, (3, True): 0}
"""How often the first cells are halved, by dimensions of space and whether something moves."""
TIGHT = 1e-6
"""Error of a step in time, relative to the largest value of a field."""
_SHARE = 1e-4
_KEPT = 64
_READ = 4

Solved = tuple[State, list[State] | None]


class Responses:
    """Fields of a plan on one division, and their derivatives.

    Args:
        plan: With fields that are solved.
        unknown: Parameters by which they are derived.
    """

    def __init__(self, plan: Plan, unknown: Sequence[str]) -> None:
        self.plan, self.unknown = plan, tuple(unknown)
        self.solver = Solver(plan)
        fields = self.solver.fields
        self._moving = tuple(n for n in self.unknown if n in fields.parameters)
        self._spaces: dict[Shape, Space] = {}
        self._solved: OrderedDict[tuple[float, ...], Solved] = OrderedDict()
        self._readings: OrderedDict[tuple[Shape, bytes], Reading] = OrderedDict()

    def answers(self, given: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """Return SI values of the outputs; what has no answer is NaN."""
        return self._answered(given, rows, slopes=False)[0]

    def slopes(
        self, given: Mapping[str, Array], rows: int
    ) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
        """Return the outputs, and the derivative of each by each unknown parameter."""
        return self._answered(given, rows, slopes=True)

    def _answered(
        self, given: Mapping[str, Array], rows: int, *, slopes: bool
    ) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
        outputs = self.solver.fields.outputs
        found = {name: np.full(rows, np.nan) for name in outputs}
        parts = {(n, by): np.full(rows, np.nan) for n in outputs for by in self.unknown if slopes}
        for parameters, members in self.solver.groups(given, rows):
            try:
                problem = self.solver.problem(parameters)
                unknowns, moves = self._fields(problem, parameters, slopes)
            except ImpatientError:
                raise
            except DomainError:
                continue
            here = {n: np.asarray(v)[members] for n, v in given.items() if n not in parameters}
            good, columns, derived = self._columns(problem, unknowns, moves or [], here)
            if not good.any():
                continue
            chosen = members[good]
            for name in outputs:
                found[name][chosen] = self._output(name, columns, parameters)
                for by in self.unknown if slopes else ():
                    parts[name, by][chosen] = self._derived(name, by, columns, derived, parameters)
        return found, parts

    def _fields(self, problem: Problem, parameters: Mapping[str, float], slopes: bool) -> Solved:
        key = tuple(parameters.values())
        known = self._solved.get(key)
        if known is not None and (not slopes or known[1] is not None):
            self._solved.move_to_end(key)
            return known
        space = self._space(problem)
        guess = self._guess(known, problem.shape)
        if slopes:
            near = [self._near(by, parameters, problem.shape) for by in self._moving]
            made: Solved = (
                responses(problem, near, space, TIGHT, guess)
                if near
                else (state(problem, space, TIGHT, guess), [])
            )
        else:
            made = state(problem, space, TIGHT, guess), None
        self._solved[key] = made
        if len(self._solved) > _KEPT:
            self._solved.popitem(last=False)
        return made

    def _guess(self, known: Solved | None, shape: Shape) -> Array | None:
        """Return unknowns from which Newton's method begins."""
        if known is not None and isinstance(known[0], np.ndarray):
            return known[0]
        return None

    def _space(self, problem: Problem) -> Space:
        if problem.shape not in self._spaces:
            # Where the region itself is unknown, each set of parameters has cells of its own.
            if len(self._spaces) >= _READ:
                self._spaces.pop(next(iter(self._spaces)))
            level = LEVEL[problem.shape.dimension, problem.time is not None]
            parts = smallest_parts(problem) * 2**level
            self._spaces[problem.shape] = division(problem, parts, level)
        return self._spaces[problem.shape]

    def _near(self, by: str, parameters: Mapping[str, float], shape: Shape) -> Neighbours:
        step = self._step(by, parameters)
        more = self.solver.problem({**parameters, by: parameters[by] + step})
        less = self.solver.problem({**parameters, by: parameters[by] - step})
        if more.shape != shape or more.span != less.span:
            raise DomainError(f"the region depends on {by}")
        return Neighbours(more, less, 2 * step, by in self._driving, by in self._starting)

    def _step(self, by: str, parameters: Mapping[str, float]) -> float:
        quantity = self.plan.law.quantities[by]
        size = abs(parameters[by])
        if not size and quantity.low is not None and quantity.high is not None:
            size = abs(quantity.unit.to_si(quantity.high) - quantity.unit.to_si(quantity.low))
        return _SHARE * (size or 1.0)

    @cached_property
    def _driving(self) -> frozenset[str]:
        """Parameters that stand where no field does."""
        form = self.solver.form
        nothing = {}
        for name in form.fields:
            nothing |= {name: ZERO, f"{name}'": ZERO}
            nothing |= {slope_name(name, c): ZERO for c in form.coordinates}
        sides = [side for places in (*form.volume, *form.through) for side in places.values()]
        lines = [line.given for line in (*form.values, *form.slopes)]
        return frozenset[str]().union(
            *(names(fold(substitute(side, nothing))) for side in sides), *map(names, lines)
        )

    @cached_property
    def _starting(self) -> frozenset[str]:
        """Parameters from which the fields start."""
        return frozenset[str]().union(*map(names, self.solver.form.start.values()))

    def _columns(
        self,
        problem: Problem,
        unknowns: State,
        moves: Sequence[State],
        given: Mapping[str, Array],
    ) -> tuple[np.ndarray, Columns, list[Columns]]:
        """Return the rows inside the region, columns there, and how these move."""
        points = np.stack([given[name] for name in problem.coordinates])
        good = inside(problem.shape, points)
        times = None
        if problem.time is not None:
            begin, end = problem.span
            slack = 1e-9 * (end - begin)
            times = given[problem.time]
            good &= (times >= begin - slack) & (times <= end + slack)
            times = times[good]
        columns: dict[str, Array] = {n: given[n][good] for n in problem.coordinates}
        if times is not None and problem.time is not None:
            columns[problem.time] = times
        if not good.any():
            return good, columns, []
        reading = self._reading(problem, points[:, good])
        spoken = self.solver.spoken
        derived: list[Columns] = []
        for which, into in ((unknowns, columns), *((m, None) for m in moves)):
            target: dict[str, Array] = into if into is not None else {}
            for number, name in enumerate(problem.fields):
                for place in (None, *range(len(problem.coordinates))):
                    label = name if place is None else slope_name(name, problem.coordinates[place])
                    if label in spoken:
                        target[label] = read_state(which, reading, number, times, place)
            if into is None:
                derived.append(target)
        return good, columns, derived

    def _reading(self, problem: Problem, points: Array) -> Reading:
        key = (problem.shape, points.tobytes())
        if key not in self._readings:
            self._readings[key] = self._space(problem).read(points)
            if len(self._readings) > _READ:
                self._readings.popitem(last=False)
        return self._readings[key]

    def _output(self, name: str, columns: Columns, parameters: Mapping[str, float]) -> Array:
        side = self.solver.fields.outputs[name]
        return self.solver.evaluated(f"output {name}", side, columns, parameters)

    def _derived(
        self,
        name: str,
        by: str,
        columns: Columns,
        derived: Sequence[Columns],
        parameters: Mapping[str, float],
    ) -> Array:
        """Return the derivative of an output, by way of the fields and of itself."""
        if by not in parameters:
            return np.zeros(len(next(iter(columns.values()))))
        step = self._step(by, parameters)
        moves = derived[self._moving.index(by)]

        def at(sign: float) -> Array:
            moved = {n: columns[n] + sign * step * moves[n] for n in moves}
            there = {**parameters, by: parameters[by] + sign * step}
            return self._output(name, {**columns, **moved}, there)

        return (at(1.0) - at(-1.0)) / (2 * step)
