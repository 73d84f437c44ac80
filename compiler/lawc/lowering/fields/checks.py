"""Hold a solved field against its law by another route, before anybody uses it.

The weak form is not asked again. Values of the field are read around points of the region, their
differences give the derivatives that the law speaks of, and these go into its equations as the
author wrote them. Start and ends are read in the same way. A solver may be off by its stated error;
a wrong sign, factor or condition is off by the size of the terms themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lawc.diagnostics.diagnostic import DomainError
from lawc.knowledge.algebra import minus
from lawc.knowledge.expression import (
    Derivative,
    Expression,
    MixedDerivative,
    Symbol,
    distinct,
    names,
    rebuild,
)
from lawc.knowledge.law import Boundary
from lawc.knowledge.writing import write_boundary, write_condition, write_expression
from lawc.lowering.balance import terms
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.tapes import tape
from lawc.solvers.field_problem import Columns, Disk
from lawc.solvers.field_refining import Solution
from lawc.solvers.meshing import inside, scattered

if TYPE_CHECKING:
    from lawc.lowering.fields.solving import Solver

POINTS = 48
STEPS = (0.02, 0.005, 0.001)
"""Steps of differences, as shares of the region; the best of them counts at each point."""
TYPICAL = 0.02
"""What half of the points may miss at most, relative to the terms there and elsewhere."""
MOST = 0.25
"""What nine of ten points may miss."""

Weights = Mapping[int, Array]
# Differences of fourth order at five places: the value, and the first four derivatives.
_PLACES = np.arange(-2, 3)
_DIFFERENCES: Weights = {
    0: np.array([0, 0, 1, 0, 0]),
    1: np.array([1, -8, 0, 8, -1]) / 12,
    2: np.array([-1, 16, -30, 16, -1]) / 12,
    3: np.array([-1, 2, 0, -2, 1]) / 2,
    4: np.array([1, -4, 6, -4, 1]),
}


def check(solver: Solver, solution: Solution, parameters: Mapping[str, float]) -> None:
    """Raise if a solution misses an equation or a condition of its law.

    Raises:
        DomainError: With what is missed, by how much.
    """
    _Check(solver, solution, parameters).all()


@dataclass(frozen=True)
class _Check:
    solver: Solver
    solution: Solution
    parameters: Mapping[str, float]

    def all(self) -> None:
        fields = self.solver.fields
        for equation in fields.equations:
            self._judge(write_expression(equation) + " = 0", self._equation(equation))
        for condition in fields.conditions:
            # Where the law is of second order in time, the rate is a field of the solution.
            name = condition.quantity + "''" * condition.order
            if name in self.solution.problem.fields:
                side = minus(Symbol(name), condition.value)
                self._judge(write_condition(condition), self._start(side))
        for line in fields.boundary:
            if not line.is_periodic and not line.further:
                found = self._end(line)
                if found is not None:
                    self._judge(write_boundary(line), found)

    def _judge(self, text: str, missed: Array) -> None:
        missed = missed[np.isfinite(missed)]
        if not missed.size:
            return
        typical, most = np.quantile(missed, (0.5, 0.9))
        if typical > TYPICAL or most > MOST:
            raise DomainError(
                f"the solved field misses `{text}` of {self.solver.plan.law.identity} by "
                f"{typical:.1e} of its terms, and by {most:.1e} at one of ten points"
            )

    def _equation(self, equation: Expression) -> Array:
        problem = self.solution.problem
        points = scattered(problem.shape, 4 * POINTS, seed=5)
        spans = np.subtract(problem.shape.box.high, problem.shape.box.low)
        times = self._times(points.shape[1])
        best = np.full(points.shape[1], np.nan)
        for share in STEPS:
            steps = dict(zip(problem.coordinates, share * spans, strict=True))
            if problem.time is not None:
                steps[problem.time] = share * (problem.span[1] - problem.span[0])
            found = self._missed(equation, points, times, steps)
            best = np.fmin(
                np.where(np.isnan(best), found, best), np.where(np.isnan(found), best, found)
            )
        return best

    def _times(self, count: int) -> Array:
        begin, end = self.solution.problem.span
        generator = np.random.default_rng(11)
        return begin + (end - begin) * (0.05 + 0.9 * generator.random(count))

    def _missed(
        self, equation: Expression, points: Array, times: Array, steps: Mapping[str, float]
    ) -> Array:
        """Return how far an equation is missed, NaN where a difference leaves the region."""
        problem = self.solution.problem
        nodes = {n for n in distinct(equation) if isinstance(n, Derivative | MixedDerivative)}
        used = sorted({by for node in nodes for by in _orders(node)})
        stencil = list(product(_PLACES, repeat=len(used)))
        axes = {name: k for k, name in enumerate(problem.coordinates)}
        count = points.shape[1]
        clouds = np.repeat(points[:, :, None], len(stencil), axis=2)
        moments = np.repeat(times[:, None], len(stencil), axis=1)
        for number, name in enumerate(used):
            shift = np.array([s[number] for s in stencil]) * steps[name]
            if name in axes:
                clouds[axes[name]] += shift
            else:
                moments = moments + shift
        flat = clouds.reshape(len(points), -1)
        good = inside(problem.shape, flat).reshape(count, -1).all(axis=1)
        begin, end = problem.span
        if problem.time is not None:
            good &= ((moments >= begin) & (moments <= end)).all(axis=1)
        chosen = np.flatnonzero(good)[:POINTS]
        missed = np.full(count, np.nan)
        if not chosen.size:
            return missed
        flat = clouds[:, chosen].reshape(len(points), -1)
        moved = moments[chosen].ravel() if problem.time is not None else None
        read = self.solution.at(flat, moved)
        values = {
            name: read[k, None].reshape(len(chosen), -1) for k, name in enumerate(problem.fields)
        }
        columns: dict[str, Array] = {n: points[k][chosen] for n, k in axes.items()}
        if problem.time is not None:
            columns[problem.time] = times[chosen]
        middle = len(stencil) // 2
        columns |= {name: column[:, middle] for name, column in values.items()}
        labels: dict[Expression, str] = {}
        unsure: dict[str, float] = {}
        for number, node in enumerate(sorted(nodes, key=repr)):
            orders = _orders(node)
            weights = np.array(
                [
                    np.prod([_DIFFERENCES[orders.get(n, 0)][s[k] + 2] for k, n in enumerate(used)])
                    for s in stencil
                ]
            )
            scale = np.prod([steps[name] ** order for name, order in orders.items()])
            labels[node] = f"#{number}"
            columns[f"#{number}"] = values[node.quantity] @ weights / scale
            noise = self._noise(node.quantity, values[node.quantity])
            unsure[f"#{number}"] = noise * float(np.abs(weights).sum() / scale)
        side = rebuild(equation, lambda n: Symbol(labels[n]) if n in labels else None)
        found, total = self._terms(side, columns)
        noise = np.zeros_like(found)
        for label, size in unsure.items():
            moved, _ = self._terms(side, {**columns, label: columns[label] + size}, signed=True)
            noise = noise + np.abs(moved - self._terms(side, columns, signed=True)[0])
        usual = total + _mean(total)
        with np.errstate(all="ignore"):
            # Where the noise of differences is not small beside the terms, less than it says
            # nothing.
            silent = (found <= 3 * noise) & (noise > 0.05 * usual)
            missed[chosen] = np.where(silent, np.nan, _share(found, usual))
        return missed

    def _noise(self, quantity: str, values: Array) -> float:
        """Return what single values of a field may be off."""
        number = self.solution.problem.fields.index(quantity)
        estimate = self.solution.estimate[number]
        size = self.solution.sizes[number] if self.solution.sizes else 0.0
        share = max(min(estimate, 1e-3), self.solution.of_step, 1e-13)
        return share * max(size, float(np.sqrt(np.mean(values**2))))

    def _terms(
        self, side: Expression, columns: Columns, *, signed: bool = False
    ) -> tuple[Array, Array]:
        """Return a side, or its size, and the size of its terms."""
        parts = {f"{k}": term for k, term in enumerate(terms(side))}
        outputs = {"side": side, **parts}
        used = sorted(
            frozenset[str]().union(*map(names, outputs.values())) - self.solver.plan.fixed.keys()
        )
        given = {n: columns[n] if n in columns else np.float64(self.parameters[n]) for n in used}
        found = evaluate(tape(outputs, used, self.solver.plan.fixed), given)
        size = sum(np.abs(found[n]) for n in parts)
        side_ = found["side"] if signed else np.abs(found["side"])
        return np.atleast_1d(side_), np.atleast_1d(np.asarray(size))

    def _at(self, points: Array, times: Array | None, side: Expression) -> Array:
        """Return how far a side is from zero, relative to its terms there and in the region."""
        problem = self.solution.problem
        within = scattered(problem.shape, POINTS, seed=7)
        moments = None if times is None else self._times(POINTS)
        _, usual = self._sized(within, moments, side, usual=True)
        missed, size = self._sized(points, times, side)
        return _share(missed, size + _mean(usual))

    def _sized(
        self, points: Array, times: Array | None, side: Expression, *, usual: bool = False
    ) -> tuple[Array, Array]:
        """Return a side at points inside the region, and the size of its terms there.

        Where `usual`, a field counts as no less than what it is measured by at least, and a slope
        as no less than a field that varies as this one has across the region: of one that is zero,
        or does not vary that way at all, its own values or slopes are rounding.
        """
        problem = self.solution.problem
        good = inside(problem.shape, points)
        points = points[:, good]
        if not points.shape[1]:
            return np.zeros(0), np.zeros(0)
        columns: dict[str, Array] = dict(zip(problem.coordinates, points, strict=True))
        if problem.time is not None and times is not None:
            times = times[good]
            columns[problem.time] = times
        labels: dict[Expression, str] = {}
        for (number, place), values in self.solution.at(points, times).items():
            name = problem.fields[number]
            if place is None:
                least = problem.least[number] if usual else 0.0
                columns[name] = np.copysign(np.maximum(np.abs(values), least), values)
            else:
                node = Derivative(name, problem.coordinates[place])
                labels[node] = f"#{number} {place}"
                least = self._slope(number, place, points, times) if usual else 0.0
                columns[labels[node]] = np.copysign(np.maximum(np.abs(values), least), values)
        named = rebuild(side, lambda n: Symbol(labels[n]) if n in labels else None)
        missed, total = self._terms(named, columns)
        size = points.shape[1]
        return np.broadcast_to(missed, (size,)), np.broadcast_to(total, (size,))

    def _slope(self, number: int, place: int, points: Array, times: Array | None) -> float:
        """Return what a field varies by at points, over the length of the region."""
        values = self.solution.at(points, times)[number, None]
        box = self.solution.problem.shape.box
        varied = float(np.std(values) + 1e-4 * np.sqrt(np.mean(values**2)))
        varied = max(varied, float(self.solution.problem.least[number]))
        return varied / (box.high[place] - box.low[place])

    def _start(self, side: Expression) -> Array:
        problem = self.solution.problem
        points = scattered(problem.shape, POINTS, seed=6)
        return self._at(points, np.full(POINTS, problem.span[0]), side)

    def _end(self, line: Boundary) -> Array | None:
        """Return how far a condition is missed at points of its end."""
        problem = self.solution.problem
        side = line.side
        points = scattered(problem.shape, POINTS, seed=8)
        if line.part:
            points = self._rim(line.part)
        else:
            assert isinstance(line.at, Expression)
            place = problem.coordinates.index(line.variable)
            points = points.copy()
            points[place] = self.solver.number(line.at, self.parameters)
        times = None if problem.time is None else self._times(points.shape[1])
        return self._at(points, times, side)

    def _rim(self, name: str) -> Array:
        clouds = []
        for hole in self.solution.problem.shape.holes:
            if hole.name != name:
                continue
            if isinstance(hole, Disk):
                angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
                ring = hole.radius * (1 + 1e-9) * np.stack([np.cos(angles), np.sin(angles)])
                clouds.append(ring + np.array(hole.centre)[:, None])
            else:
                generator = np.random.default_rng(9)
                low, high = np.array(hole.low)[:, None], np.array(hole.high)[:, None]
                cloud = low + (high - low) * generator.random((len(low), POINTS))
                face = np.arange(POINTS) % (2 * len(low))
                for k in range(len(low)):
                    cloud[k, face == 2 * k] = hole.low[k]
                    cloud[k, face == 2 * k + 1] = hole.high[k]
                box = self.solution.problem.shape.box
                first, last = np.array(box.low)[:, None], np.array(box.high)[:, None]
                clouds.append(cloud[:, ((cloud > first) & (cloud < last)).all(axis=0)])
        return np.concatenate(clouds, axis=1)


def _share(missed: Array, size: Array) -> Array:
    """Return what is missed of a size; what has no value is missed altogether."""
    with np.errstate(all="ignore"):
        share = np.nan_to_num(missed / size, nan=np.finfo(np.float64).max)
    return np.where(missed == 0, 0.0, share)


def _mean(sizes: Array) -> float:
    """Return the mean of what has a value, zero where nothing has."""
    known = sizes[np.isfinite(sizes)]
    return float(known.mean()) if known.size else 0.0


def _orders(node: Expression) -> dict[str, int]:
    if isinstance(node, Derivative):
        return {node.by: node.order}
    assert isinstance(node, MixedDerivative)
    return dict(node.orders)
