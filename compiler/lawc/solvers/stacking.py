"""Integrate stiff trajectories with scipy's Radau, stacked into one system.

They share their steps; the Jacobian of the stack is block-diagonal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import Radau
from scipy.sparse import csc_matrix

from lawc.solvers.marching import FLOOR, SEEN, SMALLEST, Moments, Watch
from lawc.solvers.trajectories import Array, End, Ends, Trajectories, explain

BATCH = 256
MAX_STEPS = 60_000


def finish(
    runs: Trajectories,
    number: np.ndarray,
    time: Array,
    moments: Moments,
    rtol: float,
    found: Array,
    watch: Watch | None,
) -> Ends:
    """Fill in what is left of stiff trajectories; neighbours in speed share their steps."""
    if runs.system.conditions is not None:
        # Radau would run through the events: no answer is better than one without them.
        reason = np.full(len(number), End.TOO_LONG, np.int32)
        return Ends(reason, time.copy(), np.zeros(len(number), np.int32))
    ends = Ends.arrived(len(number))
    speed = np.abs(runs.eigenvalues(0.0, runs.initial)).max(axis=1)
    order = np.argsort(np.nan_to_num(speed), kind="stable")
    batches = [order[k : k + BATCH] for k in range(0, len(order), BATCH)]
    while batches:
        batch = batches.pop()
        rows, local = moments.rows(number[batch])
        scaled = (moments.time[rows] - time[batch][local]) / (1 - time[batch][local])
        later = scaled >= 0
        stack = _Stack(runs.pick(batch), number[batch], time[batch], rtol, watch)
        states = stack.run(local[later], np.minimum(scaled[later], 1.0))
        if states is not None:
            found[:, rows[later]] = states
        elif len(batch) > 1:
            # One bad trajectory must not take its neighbours with it.
            half = len(batch) // 2
            batches += [batch[:half], batch[half:]]
        else:
            ends.put(batch, stack.end)
            if stack.partial.size:
                found[:, rows[later]] = stack.partial
    return ends


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
        self.end = Ends(np.full(1, End.NO_START, np.int32), time[:1], np.zeros(1, np.int32))
        self.partial = np.empty((0, 0))
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
        result = self.partial = np.full((self._shape[0], len(local)), np.nan)
        order = np.argsort(moment, kind="stable")
        ordered = moment[order]
        done = int(np.searchsorted(ordered, 0.0, side="right"))
        result[:, order[:done]] = self._runs.initial[:, local[order[:done]]]
        peak = np.maximum(np.abs(y), self._runs.reach().ravel())
        solver = self._solver(y, peak)
        begin = peak
        for _ in range(MAX_STEPS):
            self._note(solver, peak, begin)
            try:
                solver.step()
            except RuntimeError:
                # Rates without bounds make a step that no linear solver can take.
                return None
            if solver.status == "failed" or solver.h_abs < SMALLEST * solver.t:
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
        self.end = Ends(np.full(1, End.TOO_LONG, np.int32), self.end.time, self.end.which)
        return None

    def _note(self, solver: Any, peak: Array, begin: Array) -> None:
        """Keep why a single trajectory ends, should it go no further than here."""
        if self._shape[1] == 1:
            here = self._since + (1 - self._since) * solver.t
            y, f = solver.y[:, None], solver.f[:, None]
            self.end = explain(y, f, peak[:, None], begin[:, None], here)

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
        marks = self._runs.marks
        # They share their steps, so none may be longer than the nearest marks are apart.
        apart = np.inf if marks is None else _nearest(marks)
        return Radau(
            self._rates,
            0.0,
            y,
            1.0,
            rtol=self._rtol,
            atol=floor,
            jac=jacobian,
            jac_sparsity=sparsity,
            max_step=apart,
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


def _nearest(marks: Array) -> float:
    """Return how far the marks of a trajectory that are nearest to each other are apart."""
    ahead = np.where((marks > 0) & np.isfinite(marks), marks, np.nan)
    return float(np.fmin.reduce(np.diff(ahead, axis=1), axis=None, initial=np.inf))
