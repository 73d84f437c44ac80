"""Integrate an initial-value problem for many sets of parameters at once.

Trajectories are stacked into one large system and each runs in its own time, scaled so that it
ends at one; scipy's solvers do the work. Where the fastest decay of the Jacobian outruns both the
span and the oscillations, the implicit solver takes over from the explicit one on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import DOP853, Radau
from scipy.sparse import csc_matrix

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape, run
from lawc.knowledge.algebra import ZERO
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, Number, names
from lawc.lowering.numpy_table import TABLE, Array
from lawc.lowering.plan import Flow
from lawc.lowering.tapes import tape

BATCH = 256
MAX_STEPS = 60_000
STIFF = 3_000.0
LOOK = 100
"""Accepted steps between two looks at the Jacobian."""

Watch = Callable[[Array, Array], None]
"""Called after each step with scaled times (k,) and states (states, rows, k)."""


@dataclass(frozen=True)
class System:
    """The right-hand side of a flow and its Jacobian, as tapes.

    Attributes:
        states: Names of the components, in order.
        parameters: Names that stand still along a trajectory.
        rates: From states, variable and parameters to rates.
        slopes: From the same to the entries of the Jacobian that are not zero.
        entries: Row and column of each of these.
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    rates: Tape
    slopes: Tape | None
    entries: tuple[tuple[int, int], ...]


def system(flow: Flow, fixed: Mapping[str, float]) -> System:
    """Return the tapes of a flow."""
    states = tuple(state.symbol for state in flow.states)
    speaks = frozenset[str]().union(*(names(state.rate) for state in flow.states))
    parameters = tuple(sorted(speaks - {*states, flow.variable} - fixed.keys()))
    inputs = (*states, flow.variable, *parameters)
    rates = tape({state.symbol: state.rate for state in flow.states}, inputs, fixed)
    found: dict[tuple[int, int], Expression] = {}
    try:
        for i, state in enumerate(flow.states):
            for j, name in enumerate(states):
                slope = derivative(state.rate, name)
                if slope != ZERO and not (isinstance(slope, Number) and slope.value == 0):
                    found[i, j] = slope
        slopes = tape({f"{i},{j}": e for (i, j), e in found.items()}, inputs, fixed)
    except CompileError:
        # No derivative in the language: the solver then takes differences.
        return System(states, parameters, rates, None, ())
    return System(states, parameters, rates, slopes, tuple(found))


@dataclass(frozen=True)
class Trajectories:
    """Where each trajectory starts and how far it runs; arrays of shape (m,) or (states, m)."""

    start: Array
    span: Array
    initial: Array
    parameters: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.start)

    def pick(self, chosen: np.ndarray) -> Trajectories:
        """Return some of them."""
        return Trajectories(
            self.start[chosen],
            self.span[chosen],
            self.initial[:, chosen],
            {name: values[chosen] for name, values in self.parameters.items()},
        )


def integrate(
    equations: System,
    runs: Trajectories,
    owner: np.ndarray,
    moment: Array,
    rtol: float,
    watch: Callable[[np.ndarray], Watch] | None = None,
) -> Array:
    """Return states at moments of trajectories.

    Args:
        equations: What the trajectories follow.
        runs: The trajectories.
        owner: Which trajectory each moment belongs to, shape (n,).
        moment: Scaled time of each, in [0, 1], shape (n,).
        rtol: Relative tolerance of each step.
        watch: Given the numbers of the trajectories of a batch, returns what looks on.

    Returns:
        States, shape (states, n); NaN where the solver failed.
    """
    result = np.full((len(equations.states), len(owner)), np.nan)
    order = np.argsort(_speed(equations, runs), kind="stable")
    batches = [order[k : k + BATCH] for k in range(0, len(order), BATCH)]
    where = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[where], np.arange(len(runs) + 1))
    while batches:
        batch = batches.pop()
        rows = np.concatenate([where[first[k] : first[k + 1]] for k in batch])
        local = np.repeat(np.arange(len(batch)), first[batch + 1] - first[batch])
        look = watch(batch) if watch else None
        states = _Batch(equations, runs.pick(batch), rtol).run(local, moment[rows], look)
        if states is not None:
            result[:, rows] = states
        elif len(batch) > 1:
            # One bad trajectory must not take its neighbours with it.
            half = len(batch) // 2
            batches += [batch[:half], batch[half:]]
    return result


def _speed(equations: System, runs: Trajectories) -> Array:
    """Return the fastest rate of each trajectory at its start, per scaled time."""
    found = _Batch(equations, runs, 1e-6).eigenvalues(0.0, runs.initial)
    return np.nan_to_num(np.abs(found).max(axis=1), nan=0.0, posinf=0.0)


class _Batch:
    """Trajectories that share their steps."""

    def __init__(self, equations: System, runs: Trajectories, rtol: float) -> None:
        self._equations = equations
        self._runs = runs
        self._rtol = rtol
        self._parameters = [runs.parameters[name] for name in equations.parameters]
        self._shape = runs.initial.shape
        count = self._shape[1]
        row = np.arange(count)
        self._rows = np.concatenate([i * count + row for i, _ in equations.entries] or [row[:0]])
        self._columns = np.concatenate([j * count + row for _, j in equations.entries] or [row[:0]])

    def run(self, local: np.ndarray, moment: Array, watch: Watch | None) -> Array | None:
        """Return states (states, n) at moments of the batch's trajectories, None on failure."""
        with np.errstate(all="ignore"):
            return self._run(local, moment, watch)

    def _run(self, local: np.ndarray, moment: Array, watch: Watch | None) -> Array | None:
        y = self._runs.initial.ravel()
        if not np.isfinite(y).all():
            return None
        result = np.empty((self._shape[0], len(local)))
        order = np.argsort(moment, kind="stable")
        sorted_moments = moment[order]
        done = int(np.searchsorted(sorted_moments, 0.0, side="right"))
        result[:, order[:done]] = self._runs.initial[:, local[order[:done]]]
        stiff = self._is_stiff(0.0, y)
        peak = np.maximum(np.abs(y), self._reach(y))
        solver = self._solver(stiff, 0.0, y, peak)
        for number in range(1, MAX_STEPS + 1):
            solver.step()
            if solver.status == "failed":
                return None
            upto = int(np.searchsorted(sorted_moments, solver.t, side="right"))
            if upto > done:
                chosen = order[done:upto]
                result[:, chosen] = self._at(solver, local[chosen], moment[chosen])
                done = upto
            if watch:
                self._show(solver, watch)
            if solver.status == "finished":
                return result
            peak = np.maximum(peak, np.abs(solver.y))
            solver.atol = self._floor(peak)
            if not stiff and number % LOOK == 0 and self._is_stiff(solver.t, solver.y):
                stiff = True
                solver = self._solver(stiff, solver.t, solver.y, peak)
        return None

    def _at(self, solver: Any, local: np.ndarray, moment: Array) -> Array:
        dense = solver.dense_output()
        parts = []
        size = max(1, 2_000_000 // solver.n)
        for k in range(0, len(local), size):
            times, rows = moment[k : k + size], local[k : k + size]
            values = dense(times).reshape(*self._shape, len(times))
            parts.append(values[:, rows, np.arange(len(times))])
        return np.concatenate(parts, axis=1)

    def _show(self, solver: Any, watch: Watch) -> None:
        times = np.linspace(solver.t_old, solver.t, 7)[1:]
        watch(times, solver.dense_output()(times).reshape(*self._shape, len(times)))

    def _solver(self, stiff: bool, s: float, y: Array, peak: Array) -> Any:
        # scipy takes one absolute tolerance for each component; its annotation knows one.
        floor: Any = self._floor(peak)
        if not stiff:
            return DOP853(self._rates, s, y, 1.0, rtol=self._rtol, atol=floor)
        jacobian = self._jacobian if self._equations.slopes else None
        return Radau(
            self._rates,
            s,
            y,
            1.0,
            rtol=self._rtol,
            atol=floor,
            jac=jacobian,
            jac_sparsity=None if jacobian else self._pattern(),
        )

    def _floor(self, peak: Array) -> Array:
        """Return the absolute tolerance: a share of the largest value that was seen so far."""
        return np.maximum(peak * (self._rtol * 1e-2), 1e-290)

    def _reach(self, y: Array) -> Array:
        """Return how far each component comes in a few small steps, so that no scale is zero."""
        reached, s = np.abs(y), 0.0
        for _ in range(3):
            y, s = y + 1e-6 * self._rates(s, y), s + 1e-6
            reached = np.fmax(reached, np.abs(y))
        return reached

    def _values(self, s: float, y: Array) -> list[Array]:
        runs = self._runs
        return [*y.reshape(self._shape), runs.start + runs.span * s, *self._parameters]

    def _rates(self, s: float, y: Array) -> Array:
        rates = run(self._equations.rates, self._values(s, y), TABLE)
        result = np.empty(self._shape)
        for number, rate in enumerate(rates):
            np.multiply(rate, self._runs.span, out=result[number])
        return result.ravel()

    def _slopes(self, s: float, y: Array) -> list[Array]:
        assert self._equations.slopes is not None
        found = run(self._equations.slopes, self._values(s, y), TABLE)
        return [np.broadcast_to(slope * self._runs.span, self._shape[1:]) for slope in found]

    def _jacobian(self, s: float, y: Array) -> csc_matrix:
        with np.errstate(all="ignore"):
            data = np.concatenate(self._slopes(s, y))
        return csc_matrix((data, (self._rows, self._columns)), shape=(y.size, y.size))

    def _pattern(self) -> csc_matrix:
        states, count = self._shape
        row = np.arange(count)
        rows = np.concatenate([i * count + row for i in range(states) for _ in range(states)])
        columns = np.concatenate([j * count + row for _ in range(states) for j in range(states)])
        return csc_matrix((np.ones(rows.size), (rows, columns)), shape=(states * count,) * 2)

    def eigenvalues(self, s: float, y: Array) -> np.ndarray:
        """Return the eigenvalues of each trajectory's Jacobian, shape (m, states)."""
        states, count = self._shape
        matrix = np.zeros((count, states, states))
        with np.errstate(all="ignore"):
            if self._equations.slopes is None:
                self._differences(s, y.ravel(), matrix)
            else:
                for (i, j), slope in zip(
                    self._equations.entries, self._slopes(s, y.ravel()), strict=True
                ):
                    matrix[:, i, j] = slope
        return np.linalg.eigvals(np.nan_to_num(matrix, nan=0.0, posinf=1e300, neginf=-1e300))

    def _differences(self, s: float, y: Array, matrix: Array) -> None:
        base = self._rates(s, y).reshape(self._shape)
        for j in range(self._shape[0]):
            moved = y.reshape(self._shape).copy()
            shift = 1e-7 * np.maximum(np.abs(moved[j]), 1e-12)
            moved[j] += shift
            matrix[:, :, j] = (
                (self._rates(s, moved.ravel()).reshape(self._shape) - base) / shift
            ).T

    def _is_stiff(self, s: float, y: Array) -> bool:
        found = self.eigenvalues(s, y) * (1.0 - s)
        decay = float(np.max(-found.real, initial=0.0))
        turn = float(np.max(np.abs(found.imag), initial=0.0))
        return decay > max(STIFF, 10 * turn)
