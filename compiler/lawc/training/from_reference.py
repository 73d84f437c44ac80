"""Put fields that the reference found into functions in cells.

For laws at rest that Newton's method does not solve, such as most flows. Their equations are not
asked again: cells are cut where a fit to the reference's values is worst, neighbours agree in
values and slopes, and all is one problem of least squares. How far the reference is from the law is
its own to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lawc.knowledge.expression import Symbol
from lawc.lowering.demands import Demand, Part
from lawc.lowering.program import Program
from lawc.lowering.sampler import to_si
from lawc.training.budget import Budget
from lawc.training.cells import Cell, Cuts, Divided, Grid
from lawc.training.collocation import STEEP, Placed, Space, Task
from lawc.training.frontal import Rows, solve_frontal
from lawc.training.linear_laws import EDGE, Choice

Array = NDArray[np.float64]

REACH = 3.0
"""The largest slope of functions, over half a cell."""
ROWS = 4.0
"""Points inside for each function of a cell."""
TRIAL = 60
LADDER = (120, 200, 300)
"""Functions of a cell, one number after another."""
MOST_CELLS = 48
CUTTING = 0.4
"""Share of the seconds for finding cells."""
FAR = 1.0
"""The most that a point may be off, as a share of a field's usual size: where fields have no bound
nothing comes close, and cells would gather there alone."""
_HELD = 120


def is_copied(task: Task) -> bool:
    """Return whether what is asked of a law at rest are its fields, over nothing but places."""
    problem = task.plan.fields
    assert problem is not None
    plain = all(
        isinstance(side, Symbol) and side.name in problem.quantities
        for side in problem.outputs.values()
    )
    return plain and problem.time is None and set(task.scaled) == set(problem.coordinates)


def copied(program: Program, task: Task, goal: float, budget: Budget, seed: int) -> Divided:
    """Return the fields that the reference found, as functions in cells.

    Args:
        program: A law for which `is_copied` holds.
        task: Of the same law.
        goal: Typical misfit, as a share of the fields' usual size, at which it is good enough.
        budget: Of one core.
        seed: For functions and points.
    """
    cuts = _at_faces(task)
    begun = budget.spent
    kept = best = _Copy(program, task, cuts, seed).solution(TRIAL)
    cutting = budget.part(CUTTING)
    while best.left > goal and not cutting.is_over:
        cuts = _finer(task, best, cuts)
        if np.prod([len(marks) + 1 for marks in cuts]) > MOST_CELLS:
            break
        begun = budget.spent
        best = _Copy(program, task, cuts, seed).solution(TRIAL)
        kept = min(kept, best, key=lambda one: one.left)
    last, took = TRIAL, budget.spent - begun
    for count in LADDER:
        begun = budget.spent
        foreseen = took * (count / last) ** 3
        if kept.left <= goal or foreseen > budget.seconds * (1.0 - budget.fraction):
            break
        found = _Copy(program, task, kept.cuts, seed).solution(count)
        last, took = count, budget.spent - begun
        kept = min(kept, found, key=lambda one: one.left)
    return kept


@dataclass(frozen=True, eq=False)
class _Copy:
    """The reference's fields, over cells that are cut somewhere."""

    program: Program
    task: Task
    cuts: Cuts
    seed: int

    @cached_property
    def grid(self) -> Grid:
        """The cells."""
        choice = Choice(np.full(len(self.task.scaled), REACH), (), (1.0,) * self.task.fields)
        return Grid(self.task, self.cuts, choice, self.seed)

    @cached_property
    def fields(self) -> dict[str, int]:
        """The number of the field that each output is."""
        problem = self.task.plan.fields
        assert problem is not None
        number = {name: k for k, name in enumerate(problem.quantities)}
        sides = problem.outputs.items()
        return {name: number[side.name] for name, side in sides if isinstance(side, Symbol)}

    def solution(self, count: int) -> Divided:
        """Return the best fit with so many functions in each cell."""
        cells, task = self.grid.cells, self.task
        spaces = tuple(self.grid.space(cell, count) for cell in cells)
        points = self._points(cells, int(ROWS * count), 7)
        size = np.sqrt(np.mean(np.concatenate([v for _, v, _ in points.values()]) ** 2, axis=0))
        size = np.where(size > 0, size, 1.0)
        rows: list[Rows] = []
        for key, (placed, values, weights) in points.items():
            functions = self._functions(spaces[key], placed, ())
            rows.append(Rows({key: weights * functions}, weights * values / size))
        for cell in cells:
            for border in self.grid.borders(cell, count):
                if not {cell.number, border.other} <= points.keys():
                    continue
                stretch = border.placed.stretch[border.name]
                for orders in ((), ((border.name, 1),)):
                    weight = EDGE / (STEEP * stretch * 2 / border.width) ** len(orders)
                    first, second = (
                        weight[:, None] * self._functions(spaces[k], border.placed, orders)
                        for k in (cell.number, border.other)
                    )
                    blocks = {cell.number: first, border.other: -second}
                    rows.append(Rows(blocks, np.zeros((len(first), len(size)))))
        sizes = {key: spaces[key].features.count for key in points}
        known = solve_frontal(rows, sizes, len(size))
        weights = []
        for cell in cells:
            mine = np.zeros((task.fields, spaces[cell.number].each))
            if cell.number in known:
                for column, number in enumerate(self.fields.values()):
                    mine[number] = known[cell.number][:, column] * size[column]
            weights.append(mine.reshape(-1, 1))
        missed = np.zeros(len(cells))
        for key, (placed, values, _) in self._points(cells, _HELD, 8).items():
            said = self._functions(spaces[key], placed, ()) @ known[key] if key in known else 0.0
            share = float(np.prod((cells[key].high - cells[key].low) / 2))
            missed[key] = share * np.mean(np.minimum(np.abs(said - values / size), FAR) ** 2)
        left = float(np.sqrt(missed.sum()))
        return Divided(self.cuts, spaces, tuple(weights), left, missed)

    def _functions(
        self, space: Space, placed: Placed, orders: tuple[tuple[str, int], ...]
    ) -> Array:
        return space.functions(placed, Part(0, orders))

    def _points(
        self, cells: Sequence[Cell], inside: int, kind: int
    ) -> dict[int, tuple[Placed, Array, Array]]:
        """Return points of each cell and its sides, the reference's values there, and weights."""
        places: list[Demand] = []
        for demand in self.task.demands:
            if all(demand.place != other.place for other in places):
                places.append(demand)
        found: dict[int, list[dict[str, Array]]] = {}
        for cell in cells:
            generator = np.random.default_rng([self.seed, kind, inside, cell.number])
            for demand in places:
                is_inside = demand.place.is_inside
                size = inside if is_inside else self.grid.edge(inside, demand.place)
                sheet = self.grid.sheet(cell, demand, size, generator)
                if sheet is not None:
                    on_side = np.full(sheet.size, 1.0 if is_inside else EDGE)
                    found.setdefault(cell.number, []).append(
                        {**sheet.at.columns, "weight": on_side}
                    )
        joined = {
            key: {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
            for key, parts in found.items()
            if any((part["weight"] == 1.0).any() for part in parts)
        }
        asked = [q.name for q in self.program.inputs]
        values = self._values(
            {n: np.concatenate([part[n] for part in joined.values()]) for n in asked}
        )
        ends = np.cumsum([len(part[""]) for part in joined.values()])
        made = {}
        for (key, part), mine in zip(joined.items(), np.split(values, ends[:-1]), strict=True):
            good = np.isfinite(mine).all(axis=1)
            columns = {name: column[good] for name, column in part.items()}
            weight = columns.pop("weight")[:, None]
            if len(weight):
                made[key] = (self.task.placed(columns), mine[good], weight)
        return made

    def _values(self, columns: dict[str, Array]) -> Array:
        """Return the reference's outputs at SI columns, in SI, shape (n, outputs)."""
        given = {
            q.name: (columns[q.name] - q.unit.offset) / q.unit.factor for q in self.program.inputs
        }
        truth = self.program.reference(given, strict=False)
        outputs = to_si(self.program.outputs, truth)
        return np.stack([outputs[name] for name in self.fields], axis=1)


def _at_faces(task: Task) -> Cuts:
    """Return cuts at the faces of boxes that are no part of the region."""
    ground = task.ground
    cuts = []
    for name in task.scaled:
        low, high = (float(ground.value(side, ground.middle)[0]) for side in ground.ends[name])
        marks = set()
        for hole in ground.law.region:
            for other, *sides in hole.bounds if hole.shape == "box" else ():
                for side in sides if other == name else ():
                    at = float(ground.value(side, ground.middle)[0])
                    marks.add(round(2 * (at - low) / (high - low) - 1, 9))
        cuts.append(tuple(sorted(mark for mark in marks if -1 < mark < 1)))
    return tuple(cuts)


def _finer(task: Task, found: Divided, cuts: Cuts) -> Cuts:
    """Return cuts with one more, through the longest side of the cell that is missed most."""
    grid = Grid(task, cuts, Choice(np.ones(len(cuts)), (), ()), 0)
    worst = grid.cells[int(np.argmax(found.missed))]
    ends = [
        [float(task.ground.value(side, task.ground.middle)[0]) for side in task.ground.ends[name]]
        for name in task.scaled
    ]
    length = [
        (e[1] - e[0]) * (h - low) for e, h, low in zip(ends, worst.high, worst.low, strict=True)
    ]
    axis = int(np.argmax(length))
    mark = (worst.low[axis] + worst.high[axis]) / 2
    return tuple(
        tuple(sorted({*marks, float(mark)})) if k == axis else marks for k, marks in enumerate(cuts)
    )
