"""Integrate an initial-value problem for many sets of parameters at once.

An explicit method marches all trajectories. Where the fastest decay of the Jacobian outruns both
the span and the oscillations, scipy's Radau takes over: then trajectories are stacked into one
system with a block-diagonal Jacobian.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import Radau
from scipy.sparse import csc_matrix

from lawc.solvers.marching import FLOOR, SEEN, Moments, Watch, march
from lawc.solvers.trajectories import Array, Trajectories

CHUNK = 8192
BATCH = 256
MAX_STEPS = 60_000


def integrate(
    runs: Trajectories,
    owner: np.ndarray,
    moment: Array,
    rtol: float,
    watch: Watch | None = None,
) -> Array:
    """Return states at moments of trajectories.

    Args:
        runs: The trajectories.
        owner: Which trajectory each moment belongs to, shape (n,).
        moment: Time of each, in [0, 1], shape (n,).
        rtol: Tolerance of each step, relative to the state.
        watch: Looks on at every step.

    Returns:
        States, shape (states, n); NaN where a trajectory ends before its moment.
    """
    result = np.full((len(runs.system.states), len(owner)), np.nan)
    order = np.lexsort((moment, owner))
    first = np.searchsorted(owner[order], np.arange(len(runs) + 1))
    for start in range(0, len(runs), CHUNK):
        stop = min(start + CHUNK, len(runs))
        rows = order[first[start] : first[stop]]
        moments = Moments(first[start : stop + 1] - first[start], moment[rows])
        look = None if watch is None else _shifted(watch, start)
        chosen = np.arange(start, stop)
        found = np.full((len(result), len(rows)), np.nan)
        left = march(runs.pick(chosen), moments, rtol, found, look)
        if left.number.size:
            rest = runs.pick(chosen[left.number]).onward(left.time, left.states)
            _finish(rest, left.number, left.time, moments, rtol, found, look)
        result[:, rows] = found
    return result


def _shifted(watch: Watch, by: int) -> Watch:
    return lambda number, time, states: watch(number + by, time, states)


def _finish(
    runs: Trajectories,
    number: np.ndarray,
    time: Array,
    moments: Moments,
    rtol: float,
    found: Array,
    watch: Watch | None,
) -> None:
    """Fill in what is left of stiff trajectories; neighbours in speed share their steps."""
    speed = np.abs(runs.eigenvalues(0.0, runs.initial)).max(axis=1)
    order = np.argsort(np.nan_to_num(speed), kind="stable")
    batches = [order[k : k + BATCH] for k in range(0, len(order), BATCH)]
    while batches:
        batch = batches.pop()
        which = number[batch]
        begin, end = moments.first[which], moments.first[which + 1]
        local = np.repeat(np.arange(len(batch)), end - begin)
        rows = np.arange(len(local)) + np.repeat(begin - (end - begin).cumsum(), end - begin)
        rows += np.repeat(end - begin, end - begin)
        scaled = (moments.time[rows] - time[batch][local]) / (1 - time[batch][local])
        later = scaled >= 0
        stack = _Stack(runs.pick(batch), which, time[batch], rtol, watch)
        states = stack.run(local[later], np.minimum(scaled[later], 1.0))
        if states is not None:
            found[:, rows[later]] = states
        elif len(batch) > 1:
            # One bad trajectory must not take its neighbours with it.
            half = len(batch) // 2
            batches += [batch[:half], batch[half:]]


class _Stack:
    """Stiff trajectories that share their steps."""

    def __init__(
        self,
        runs: Trajectories,
        number: np.ndarray,
        time: Array,
        rtol: float,
        watch: Watch | None,
    ) -> None:
        self._runs = runs
        self._number = number
        self._since = time
        self._rtol = rtol
        self._watch = watch
        self._shape = runs.initial.shape
        row = np.arange(self._shape[1])
        entries = runs.system.entries
        self._rows = np.concatenate([i * len(row) + row for i, _ in entries] or [row[:0]])
        self._columns = np.concatenate([j * len(row) + row for _, j in entries] or [row[:0]])

    def run(self, local: np.ndarray, moment: Array) -> Array | None:
        """Return states (states, n) at moments of the trajectories, None on failure."""
        with np.errstate(all="ignore"):
            return self._run(local, moment)

    def _run(self, local: np.ndarray, moment: Array) -> Array | None:
        y = self._runs.initial.ravel()
        if not np.isfinite(y).all():
            return None
        result = np.empty((self._shape[0], len(local)))
        order = np.argsort(moment, kind="stable")
        ordered = moment[order]
        done = int(np.searchsorted(ordered, 0.0, side="right"))
        result[:, order[:done]] = self._runs.initial[:, local[order[:done]]]
        peak = np.maximum(np.abs(y), self._runs.reach().ravel())
        solver = self._solver(y, peak)
        for _ in range(MAX_STEPS):
            try:
                solver.step()
            except RuntimeError:
                # Rates without bounds make a step that no linear solver can take.
                return None
            if solver.status == "failed":
                return None
            upto = int(np.searchsorted(ordered, solver.t, side="right"))
            if upto > done:
                chosen = order[done:upto]
                result[:, chosen] = self._at(solver, local[chosen], moment[chosen])
                done = upto
            if self._watch:
                self._show(solver, self._watch)
            if solver.status == "finished":
                return result
            peak = np.maximum(peak, np.abs(solver.y))
            solver.atol = self._floor(peak)
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
        times = solver.t_old + SEEN * (solver.t - solver.t_old)
        states = solver.dense_output()(times).reshape(*self._shape, len(times))
        since = self._since[:, None]
        watch(self._number, since + (1 - since) * times, states)

    def _solver(self, y: Array, peak: Array) -> Any:
        # scipy takes one absolute tolerance for each component; its annotation knows one.
        floor: Any = self._floor(peak)
        jacobian = self._jacobian if self._runs.system.slopes else None
        sparsity = None if jacobian else self._pattern()
        return Radau(
            self._rates,
            0.0,
            y,
            1.0,
            rtol=self._rtol,
            atol=floor,
            jac=jacobian,
            jac_sparsity=sparsity,
        )

    def _floor(self, peak: Array) -> Array:
        return np.maximum(peak * (self._rtol * FLOOR), 1e-290)

    def _rates(self, s: float, y: Array) -> Array:
        return self._runs.rates(s, y.reshape(self._shape)).ravel()

    def _jacobian(self, s: float, y: Array) -> csc_matrix:
        data = np.concatenate(self._runs.slopes(s, y.reshape(self._shape)))
        return csc_matrix((data, (self._rows, self._columns)), shape=(y.size, y.size))

    def _pattern(self) -> csc_matrix:
        states, count = self._shape
        row = np.arange(count)
        rows = np.concatenate([i * count + row for i in range(states) for _ in range(states)])
        columns = np.concatenate([j * count + row for _ in range(states) for j in range(states)])
        return csc_matrix((np.ones(rows.size), (rows, columns)), shape=(states * count,) * 2)
