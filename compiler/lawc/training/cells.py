"""Solve a linear law of fields in cells: each has functions of its own, and neighbours agree.

A layer that one set of functions would have to follow from afar gets functions as small as its
cell. Cells are cut where trials leave most. Neighbours agree at points of the face between them in
the fields and in as many derivatives across it as the law is in order, less one. All cells are one
problem of least squares; it is solved cell by cell, since a cell only knows its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lawc.diagnostics.diagnostic import DomainError
from lawc.lowering.demands import Demand, Part
from lawc.lowering.fields.parts import Place
from lawc.training.budget import Budget
from lawc.training.collocation import STEEP, Placed, Sheet, Space, Task
from lawc.training.frontal import Rows, solve_frontal
from lawc.training.linear_laws import EDGE, ROWS, Choice, left_over
from lawc.training.random_features import Features, draw

Array = NDArray[np.float64]
Cuts = tuple[tuple[float, ...], ...]
"""Where each scaled input is cut, rising, between -1 and 1."""

MOST_CELLS = 24
LADDER = (160, 240, 360, 500, 700)
"""Functions of a cell, one number after another."""
TRIAL = 100
_HELD = 150
_WORTH = 0.7
"""By how much a cut must lower what is left, to be made without a second look."""
_NARROWEST = 1e-3
EVEN = (4, 8, 16)
"""Even cells along one input that are tried first."""
EVEN_WORTH = 0.2
"""By how much they must lower what is left: layers want their cells elsewhere."""
_SPECIAL = -1


@dataclass(frozen=True, eq=False)
class Cell:
    """One of the boxes into which scaled inputs are cut.

    Attributes:
        number: Where its functions stand in the form.
        place: Its number along each scaled input.
        low, high: Its corners, on [-1, 1].
    """

    number: int
    place: tuple[int, ...]
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class Border:
    """Points of the face between a cell and a later one.

    Attributes:
        other: The number of the later one.
        name: The input across the face.
        width: Of the narrower cell, on [-1, 1].
        placed: The points.
    """

    other: int
    name: str
    width: float
    placed: Placed


@dataclass(frozen=True, eq=False)
class Divided:
    """A solution in cells.

    Attributes:
        cuts: Where each scaled input is cut.
        spaces: The functions of each cell.
        weights: For each cell, shape (width, r).
        left: The largest mean of what is left of a demand at held-out points.
        missed: For each cell, the sum of squares of what is left of equations there.
    """

    cuts: Cuts
    spaces: tuple[Space, ...]
    weights: tuple[Array, ...]
    left: float
    missed: Array = field(repr=False)


@dataclass(frozen=True, eq=False)
class Grid:
    """A law in cells.

    Attributes:
        task: The law.
        cuts: Where.
        choice: What functions are drawn by.
        seed: Of functions and points.
    """

    task: Task
    cuts: Cuts
    choice: Choice
    seed: int

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All of them, the last scaled input running first."""
        marks = [(-1.0, *cuts, 1.0) for cuts in self.cuts]
        found = []
        for number, place in enumerate(product(*(range(len(m) - 1) for m in marks))):
            low = np.array([m[k] for m, k in zip(marks, place, strict=True)])
            high = np.array([m[k + 1] for m, k in zip(marks, place, strict=True)])
            found.append(Cell(number, place, low, high))
        return tuple(found)

    def solution(self, count: int) -> Divided:
        """Return the least-squares solution with so many functions in each cell."""
        spaces = tuple(self.space(cell, count) for cell in self.cells)
        rows: list[Rows] = []
        for cell, space in zip(self.cells, spaces, strict=True):
            rows += self._inner(cell, space)
        for cell in self.cells:
            rows += self._faces(cell, spaces)
        sizes = {cell.number: self._own(spaces[cell.number]) for cell in self.cells}
        special = len(self.choice.special) * self.task.fields
        if special:
            sizes[_SPECIAL] = special
        sides = 1 + len(self.task.sources)
        known = solve_frontal(rows, sizes, sides)
        weights = [
            self._joined(known[c.number], known.get(_SPECIAL), spaces[c.number], sides)
            for c in self.cells
        ]
        left, missed = self._left(spaces, weights)
        return Divided(self.cuts, spaces, tuple(weights), left, missed)

    def space(self, cell: Cell, count: int) -> Space:
        """Return the functions of a cell."""
        generator = np.random.default_rng([self.seed, 3, count, cell.number])
        local = draw(count, self.choice.reach, generator)
        half, middle = (cell.high - cell.low) / 2, (cell.high + cell.low) / 2
        slopes = local.slopes / half
        inner = Features(slopes, local.offsets - slopes @ middle)
        return Space(self.task, inner, self.choice.special, self.choice.sizes)

    def _own(self, space: Space) -> int:
        return space.features.count * self.task.fields

    def window(self, cell: Cell) -> dict[str, tuple[float, float]]:
        """Return the shares of ranges that a cell takes."""
        found = {}
        for axis, name in enumerate(self.task.scaled):
            if self.cuts[axis]:
                found[name] = ((cell.low[axis] + 1) / 2, (cell.high[axis] + 1) / 2)
        return found

    def _inner(self, cell: Cell, space: Space) -> Iterator[Rows]:
        """Yield what is demanded in a cell and on its sides."""
        generator = np.random.default_rng([self.seed, 4, len(space.features.offsets), cell.number])
        inside = int(ROWS * space.features.count)
        for demand in self.task.demands:
            size = inside if demand.place.is_inside else self.edge(inside, demand.place)
            sheet = self.sheet(cell, demand, size, generator)
            if sheet is not None:
                rows, right = space.rows(sheet)
                weight = 1.0 if demand.place.is_inside else EDGE
                yield self._blocks(weight * rows, cell, space, weight * right)

    def edge(self, inside: int, place: Place) -> int:
        """Return how many points a place gets beside so many inside."""
        dimension = len(self.task.scaled)
        if dimension == 1 or len(place.pins) == dimension:
            return 1
        return min(inside, int(3.0 * inside ** ((dimension - 1) / dimension)))

    def sheet(self, cell: Cell, demand: Demand, size: int, generator: Generator) -> Sheet | None:
        """Return points of a cell where something is demanded, None where it has none."""
        try:
            columns = self.task.ground.columns(
                demand.place,
                size,
                generator,
                self.window(cell),
            )
        except DomainError:
            return None
        return self.task.sheet_of(demand, columns)

    def _blocks(self, rows: Array, cell: Cell, space: Space, right: Array) -> Rows:
        """Return rows of one cell by the block that they speak of."""
        parts = rows.reshape(len(rows), self.task.fields, space.each)
        count = space.features.count
        blocks = {cell.number: parts[:, :, :count].reshape(len(rows), -1)}
        if space.special:
            blocks[_SPECIAL] = parts[:, :, count:].reshape(len(rows), -1)
        return Rows(blocks, right)

    def borders(self, cell: Cell, count: int) -> Iterator[Border]:
        """Yield the faces between a cell of so many functions and the next one along each input."""
        generator = np.random.default_rng([self.seed, 5, len(self.cells), cell.number])
        number = self.edge(int(ROWS * count), Place())
        for axis, name in enumerate(self.task.scaled):
            if cell.place[axis] == len(self.cuts[axis]):
                continue
            step = math.prod(len(cuts) + 1 for cuts in self.cuts[axis + 1 :])
            window = {**self.window(cell), name: ((cell.high[axis] + 1) / 2,) * 2}
            try:
                columns = self.task.ground.columns(Place(), number, generator, window)
            except DomainError:
                continue
            width = min(
                cell.high[axis] - cell.low[axis],
                self.cells[cell.number + step].high[axis] - cell.high[axis],
            )
            yield Border(cell.number + step, name, width, self.task.placed(columns))

    def _faces(self, cell: Cell, spaces: Sequence[Space]) -> Iterator[Rows]:
        """Yield what a cell and the next one along each input agree in."""
        own = spaces[cell.number]
        for border in self.borders(cell, own.features.count):
            other, placed, width, name = border.other, border.placed, border.width, border.name
            for part in self._agreed(name):
                first = own.functions(placed, part)[:, : own.features.count]
                second = spaces[other].functions(placed, part)
                second = second[:, : spaces[other].features.count]
                order = dict(part.orders).get(name, 0)
                size = own.sizes[part.field] * (STEEP * placed.stretch[name] * 2 / width) ** order
                weight = (EDGE / size)[:, None]
                blocks = {}
                for key, sign, values in (
                    (cell.number, 1.0, first),
                    (other, -1.0, second),
                ):
                    whole = np.zeros((len(values), self.task.fields, values.shape[1]))
                    whole[:, part.field] = sign * weight * values
                    blocks[key] = whole.reshape(len(values), -1)
                yield Rows(blocks, np.zeros((len(first), 1 + len(self.task.sources))))

    def _agreed(self, name: str) -> Iterator[Part]:
        """Yield what neighbours along an input agree in: fields and derivatives across."""
        orders = dict.fromkeys(range(self.task.fields), 0)
        for demand in self.task.demands:
            if demand.place.is_inside:
                for part in demand.parts:
                    orders[part.field] = max(orders[part.field], dict(part.orders).get(name, 0))
        for number, order in orders.items():
            for k in range(order):
                yield Part(number, ((name, k),) if k else ())

    def _joined(self, own: Array, special: Array | None, space: Space, sides: int) -> Array:
        """Return the weights of a cell's space: its own, and those of corners and holes."""
        parts = own.reshape(self.task.fields, space.features.count, sides)
        if special is not None:
            rough = special.reshape(self.task.fields, len(space.special), sides)
            parts = np.concatenate([parts, rough], axis=1)
        return parts.reshape(space.width, sides)

    def _left(self, spaces: Sequence[Space], weights: Sequence[Array]) -> tuple[float, Array]:
        """Return the largest mean of what is left of a demand, and what is left in each cell."""
        sums: dict[int, list[float]] = {}
        missed = np.zeros(len(self.cells))
        for cell in self.cells:
            generator = np.random.default_rng([self.seed, 6, cell.number])
            share = float(np.prod((cell.high - cell.low) / 2))
            for key, demand in enumerate(self.task.demands):
                sheet = self.sheet(cell, demand, _HELD, generator)
                if sheet is None:
                    continue
                left = left_over(spaces[cell.number], weights[cell.number], [sheet])
                sums.setdefault(key, []).append(left)
                if demand.place.is_inside:
                    missed[cell.number] += share * left**2
        # Layers are thin: what is left is asked of each cell, not on average.
        return max((max(found) for found in sums.values()), default=math.inf), missed


def divided(
    task: Task, choice: Choice, target: float, budget: Budget, seed: int
) -> Iterable[Divided]:
    """Yield better and better solutions in cells until the target or the budget ends it.

    Args:
        task: A linear law.
        choice: What functions are drawn by, as for one cell.
        target: What may be left at held-out points.
        budget: Of one core.
        seed: For functions and points.
    """
    grid = _cut(Grid(task, ((),) * len(task.scaled), choice, seed), target, budget.part(0.5))
    best = math.inf
    for count in LADDER:
        if budget.is_over:
            return
        found = grid.solution(count)
        if found.left < best:
            best = found.left
            yield found
        if best <= target:
            return


def _cut(grid: Grid, target: float, budget: Budget) -> Grid:
    """Return the grid that trials found best, one cut after another."""
    best = grid.solution(TRIAL)
    open_axes = [
        axis
        for axis, name in enumerate(grid.task.scaled)
        if name in grid.task.ground.ends and name not in _periodic(grid.task)
    ]
    # Many periods are told by no cut alone, only by enough of them.
    start = grid
    for axis, count in product(open_axes, EVEN):
        if budget.is_over:
            break
        cuts = list(start.cuts)
        cuts[axis] = tuple(-1.0 + 2.0 * k / count for k in range(1, count))
        other = Grid(grid.task, tuple(cuts), grid.choice, grid.seed)
        found = other.solution(TRIAL)
        if found.left < EVEN_WORTH * best.left:
            grid, best = other, found
    idle = 0
    known, kept = best, grid
    while idle < 2 and best.left > target and not budget.is_over:
        tried: list[tuple[float, Grid, Divided]] = []
        for axis in open_axes:
            for mark in _marks(grid, axis, best.missed):
                cuts = list(grid.cuts)
                cuts[axis] = tuple(sorted({*cuts[axis], mark}))
                if math.prod(len(c) + 1 for c in cuts) > MOST_CELLS or budget.is_over:
                    continue
                other = Grid(grid.task, tuple(cuts), grid.choice, grid.seed)
                found = other.solution(TRIAL)
                tried.append((found.left, other, found))
        if not tried:
            break
        left, grid, best = min(tried, key=lambda one: one[0])
        idle = 0 if left < _WORTH * known.left else idle + 1
        if left < known.left:
            known, kept = best, grid
    return kept


def _marks(grid: Grid, axis: int, missed: Array) -> Iterator[float]:
    """Yield where an input may be cut: through the middle of what leaves most, and beside it."""
    marks = (-1.0, *grid.cuts[axis], 1.0)
    along = np.zeros(len(marks) - 1)
    for cell in grid.cells:
        along[cell.place[axis]] += missed[cell.number]
    worst = int(np.argmax(along))
    low, high = marks[worst], marks[worst + 1]
    if high - low > 2 * _NARROWEST:
        yield (low + high) / 2
        # Layers lie at ends: a cut near them is worth many in the middle.
        yield low + (high - low) / 8
        yield high - (high - low) / 8


def _periodic(task: Task) -> set[str]:
    return {name for d in task.demands if d.place.twin for name, _ in d.place.pins}
