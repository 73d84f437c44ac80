"""Put integrands and shape functions together: what remains of the equations, and its slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lawc.solvers.elements import Numbers, Quadrature, Space
from lawc.solvers.factoring import dissected
from lawc.solvers.field_problem import (
    RATE,
    VALUE,
    Array,
    Fixed,
    Integrand,
    Problem,
    normal_name,
    rate_name,
    slope_name,
)

Matrix = sparse.csc_matrix


@dataclass(frozen=True)
class _Part:
    """An integrand with its points of quadrature."""

    integrand: Integrand
    points: Quadrature


class Assembly:
    """The equations of a problem on a space: G(t, u, u') = 0, a number for each unknown.

    Args:
        like: Equations of the same form on the same space, whose points of integration are used.

    Attributes:
        affine: Whether the slopes are the same for all unknowns and times.
        free: Which unknowns the equations give.
    """

    def __init__(self, problem: Problem, space: Space, like: Assembly | None = None) -> None:
        self.problem, self.space = problem, space
        fluxes = [flux for flux in problem.fluxes if flux.integrand.values]
        if like is None:
            points = [space.inside(), *(space.along(flux.end) for flux in fluxes)]
        else:
            points = [part.points for part in like._parts]
        integrands = [problem.volume, *(flux.integrand for flux in fluxes)]
        self._parts = [_Part(i, p) for i, p in zip(integrands, points, strict=True)]
        self._fixed = self._fixing(problem.fixed)
        self._order: Numbers | None = None if like is None else like._order
        self._given: dict[float, Array] = {}
        twin = space.twin
        self.free = np.ones(space.size, dtype=bool)
        self._idle = np.flatnonzero(twin != np.arange(space.size))
        self.affine = all(part.integrand.affine for part in self._parts)
        for _, unknowns, _ in self._fixed:
            self.free[unknowns] = False
        self.free[self._idle] = False

    def fixed_values(self, time: float) -> tuple[Numbers, Array]:
        """Return unknowns that have a value at a time, and these values."""
        numbers, values = [np.zeros(0, int)], [np.zeros(0)]
        for fixed, unknowns, where in self._fixed:
            columns = self._columns_at(where, time)
            found = fixed.value(columns)[self.problem.fields[fixed.field]]
            numbers.append(unknowns)
            values.append(np.broadcast_to(found, unknowns.shape))
        return np.concatenate(numbers), np.concatenate(values)

    def residual(self, time: float, unknowns: Array, rates: Array) -> Array:
        """Return what remains of the equations."""
        total = np.zeros(self.space.size)
        for part in self._parts:
            found = part.integrand.of(self._columns(part, time, unknowns, rates))
            for equation, place, name in part.integrand.values:
                tested = self._tested(part, equation, place)
                weighted = found[name].reshape(part.points.weights.shape) * part.points.weights
                local = np.matmul(tested, weighted[:, :, None])[:, :, 0]
                numbers = part.points.numbers[equation]
                total += np.bincount(numbers.ravel(), local.ravel(), minlength=self.space.size)
        numbers, values = self.fixed_values(time)
        total[numbers] = unknowns[numbers] - values
        total[self._idle] = 0.0
        return total

    def given(self, time: float) -> Array:
        """Return what remains of the equations where there is nothing."""
        if time not in self._given:
            if len(self._given) >= 8:
                self._given.pop(next(iter(self._given)))
            zero = np.zeros(self.space.size)
            self._given[time] = self.residual(time, zero, zero)
        return self._given[time]

    def linear(self, slope: Matrix, mass: Matrix, unknowns: Array, rates: Array) -> Array:
        """Return what `residual` has beyond `given`, where the equations are affine.

        Args:
            slope, mass: What `slopes` says of them.
        """
        total = slope @ unknowns + mass @ rates
        total[self._idle] = 0.0
        return total

    def slopes(self, time: float, unknowns: Array, rates: Array) -> tuple[Matrix, Matrix]:
        """Return the derivatives of `residual` by the unknowns and by their rates."""
        by_value = _Triplets(self.space.size)
        by_rate = _Triplets(self.space.size)
        for part in self._parts:
            found = part.integrand.of(self._columns(part, time, unknowns, rates))
            grouped: dict[tuple[int, int, int, bool], Array] = {}
            weights = part.points.weights
            for equation, place, field, what, name in part.integrand.slopes:
                factor = found[name].reshape(weights.shape) * weights
                shapes = (
                    part.points.values[field]
                    if what in (VALUE, RATE)
                    else part.points.slopes[field][what]
                )
                key = (equation, place, field, what == RATE)
                term = factor[:, None, :] * shapes
                grouped[key] = grouped[key] + term if key in grouped else term
            for (equation, place, field, rate), trial in grouped.items():
                tested = self._tested(part, equation, place)
                local = np.matmul(tested, trial.transpose(0, 2, 1))
                (by_rate if rate else by_value).add(
                    part.points.numbers[equation], part.points.numbers[field], local
                )
        numbers = np.concatenate([np.zeros(0, int), *(u for _, u, _ in self._fixed), self._idle])
        keep = np.ones(self.space.size)
        keep[numbers] = 0.0
        rows = sparse.diags(keep)
        ones = sparse.diags(1.0 - keep)
        value = sparse.csc_matrix(rows @ by_value.matrix() + ones)
        return value, sparse.csc_matrix(rows @ by_rate.matrix())

    def order(self, matrix: Matrix) -> Numbers:
        """Return the order in which unknowns are eliminated, the same for all matrices."""
        if self._order is None:
            fields = range(len(self.problem.fields))
            places = [self.space.places(field) for field in fields]
            late = [np.full(p.shape[1], k in self.problem.lower) for k, p in enumerate(places)]
            where = np.nan_to_num(np.concatenate(places, axis=1))
            self._order = dissected(matrix, where, np.concatenate(late))
        return self._order

    def start(self, time: float) -> Array:
        """Return unknowns that hold the values of the start, the ends' own values put in."""
        unknowns = np.zeros(self.space.size)
        if self.problem.start is not None:
            unknowns = self._projected(time)
        numbers, values = self.fixed_values(time)
        unknowns[numbers] = values
        return unknowns[self.space.twin]

    def _projected(self, time: float) -> Array:
        assert self.problem.start is not None
        unknowns = np.zeros(self.space.size)
        inner = self._parts[0].points
        for field, name in enumerate(self.problem.fields):
            first, last = self.space.starts[field], self.space.starts[field + 1]
            if self.space.nodal(field):
                places = self.space.places(field)
                found = self.problem.start(self._columns_at(places, time)).get(name)
                if found is not None:
                    unknowns[first:last] = found
                continue
            flat = inner.points.reshape(self.space.shape.dimension, -1)
            found = self.problem.start(self._columns_at(flat, time)).get(name)
            if found is None:
                continue
            weighted = np.broadcast_to(found, flat.shape[1:]).reshape(inner.weights.shape)
            shapes, numbers = inner.values[field], inner.numbers[field]
            local = np.matmul(shapes, (weighted * inner.weights)[:, :, None])[:, :, 0]
            right = np.bincount(numbers.ravel(), local.ravel(), minlength=self.space.size)
            mass = _Triplets(self.space.size)
            trial = (shapes * inner.weights[:, None, :]).transpose(0, 2, 1)
            mass.add(numbers, numbers, np.matmul(shapes, trial))
            used = np.unique(numbers)
            matrix = mass.matrix().tocsr()[used][:, used].tocsc()
            unknowns[used] = sparse.linalg.splu(matrix).solve(right[used])
        return unknowns

    def _fixing(self, lines: Sequence[Fixed]) -> list[tuple[Fixed, Numbers, Array]]:
        """Return for each condition its unknowns and their places; the first of a place counts."""
        taken: set[int] = set()
        found = []
        for fixed in lines:
            unknowns = self.space.twin[self.space.unknowns(fixed.field, fixed.end)]
            unknowns = np.unique(unknowns)
            fresh = np.array([n for n in unknowns.tolist() if n not in taken], dtype=int)
            taken.update(fresh.tolist())
            local = fresh - self.space.starts[fixed.field]
            where = self.space.places(fixed.field)[:, local]
            found.append((fixed, fresh, where))
        return found

    def _tested(self, part: _Part, equation: int, place: int) -> Array:
        if place == VALUE:
            return part.points.values[equation]
        return part.points.slopes[equation][place]

    def _columns_at(self, places: Array, time: float) -> dict[str, Array]:
        columns = dict(zip(self.problem.coordinates, places, strict=True))
        if self.problem.time is not None:
            columns[self.problem.time] = np.full(places.shape[1], time)
        return columns

    def _columns(self, part: _Part, time: float, unknowns: Array, rates: Array) -> dict[str, Array]:
        points, problem = part.points, self.problem
        columns = self._columns_at(points.points.reshape(len(points.points), -1), time)
        for field, name in enumerate(problem.fields):
            local = unknowns[points.numbers[field]][:, None, :]
            columns[name] = np.matmul(local, points.values[field]).ravel()
            for place, coordinate in enumerate(problem.coordinates):
                slope = np.matmul(local, points.slopes[field][place])
                columns[slope_name(name, coordinate)] = slope.ravel()
            if field in problem.moving:
                moved = rates[points.numbers[field]][:, None, :]
                columns[rate_name(name)] = np.matmul(moved, points.values[field]).ravel()
        if points.normals is not None:
            for place, coordinate in enumerate(problem.coordinates):
                columns[normal_name(coordinate)] = points.normals[place].ravel()
        return columns


class _Triplets:
    """A sparse matrix on the way."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: list[Numbers] = []
        self._columns: list[Numbers] = []
        self._values: list[Array] = []

    def add(self, rows: Numbers, columns: Numbers, local: Array) -> None:
        """Add a matrix for each cell, shape (cells, rows, columns)."""
        self._rows.append(np.broadcast_to(rows[:, :, None], local.shape).ravel())
        self._columns.append(np.broadcast_to(columns[:, None, :], local.shape).ravel())
        self._values.append(local.ravel())

    def matrix(self) -> Matrix:
        """Return the sum of what was added."""
        if not self._rows:
            return sparse.csc_matrix((self._size, self._size))
        where = (np.concatenate(self._rows), np.concatenate(self._columns))
        values = np.concatenate(self._values)
        return sparse.csc_matrix((values, where), shape=(self._size, self._size))
