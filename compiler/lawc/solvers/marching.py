"""March many trajectories at once, each with steps of its own.

The method is Dormand's and Prince's of order 8 with its dense output of order 7, with the
coefficients of scipy's DOP853; only the steps are taken here, because there one step size serves
all trajectories, so that each waits for the fastest. Answers are compared with scipy's other
solvers in every call of the reference.

Source:
    E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 2nd ed.
    (1993), §II.5 and §II.10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import DOP853

from lawc.solvers.inside import Inside, mixed
from lawc.solvers.meeting import Meetings
from lawc.solvers.trajectories import Array, End, Ends, Trajectories, explain

MAX_STEPS = 200_000
PATIENCE = 600
"""Steps after which compiled code goes on, where there is any."""
SMALLEST = 1e-13
BESIDE = 3e-14
"""How near to a mark counts as at it, of the time so far."""
STIFF = 2_000.0
LOOK = 50
"""Steps between two looks at the Jacobian."""
FLOOR = 1e-2
"""Absolute tolerance over relative, in units of the largest value so far."""
ROUGH = 2.0
"""Step times fastest decay, from which on the stages of a step are far apart."""
SEEN = np.array([0.25, 0.5, 0.75, 1.0])
"""Where in a step a watcher looks."""

Watch = Callable[[np.ndarray, Array, Array], None]
"""Called after each step with numbers of trajectories (m,), their times (m, k) and states
(states, m, k)."""


@dataclass(frozen=True)
class Moments:
    """Times at which states are wanted, sorted by trajectory and time.

    Attributes:
        first: Where the moments of each trajectory begin in `time`, shape (m + 1,).
        time: Shape (n,).
    """

    first: np.ndarray
    time: Array

    def rows(self, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the moments of some trajectories, and which of these each belongs to."""
        begin, count = self.first[number], self.first[number + 1] - self.first[number]
        local = np.repeat(np.arange(len(number)), count)
        rows = np.arange(len(local)) + np.repeat(begin - (count.cumsum() - count), count)
        return rows, local


@dataclass(frozen=True)
class Left:
    """Trajectories that an explicit method should not go on with, and where they stand."""

    number: np.ndarray
    time: Array
    states: Array


@dataclass(frozen=True)
class Marched:
    """What became of trajectories: how they ended, and those that were left."""

    ends: Ends
    left: Left


def march(
    runs: Trajectories,
    moments: Moments,
    rtol: float,
    result: Array,
    watch: Watch | None,
    most_steps: int = MAX_STEPS,
) -> Marched:
    """Fill in states at moments.

    Args:
        runs: The trajectories.
        moments: When states are wanted.
        rtol: Tolerance of each step, relative to the state.
        result: Shape (states, n); filled in up to where a trajectory was left.
        watch: Looks on.
        most_steps: A trajectory that needs more is left.

    Returns:
        How trajectories ended, and those that became stiff or take too many steps.
    """
    with np.errstate(all="ignore"):
        course = _March(runs, moments, rtol, result, watch)
        return Marched(course.ends, course.run(most_steps))


class _March:
    """The trajectories that are still on their way; arrays hold only these."""

    def __init__(
        self,
        runs: Trajectories,
        moments: Moments,
        rtol: float,
        result: Array,
        watch: Watch | None,
    ) -> None:
        self._runs = runs
        self._moments = moments
        self._rtol = rtol
        self._result = result
        self._watch = watch
        count = len(runs)
        self._number = np.arange(count)
        self._next = moments.first[:-1].copy()
        self._time = np.zeros(count)
        self._states = runs.initial.copy()
        self._peak = runs.reach()
        self._begin = self._peak
        self.ends = Ends.arrived(count)
        self._rates = runs.rates(0.0, self._states)
        self._step = self._first_step()
        self._slower = np.zeros(count, dtype=bool)
        self._meetings = None
        if runs.system.conditions is not None:
            self._meetings = Meetings(runs, self._states, self._rates)
        self._over = np.zeros(count, dtype=bool)
        self._left: list[Left] = []

    def run(self, most_steps: int) -> Left:
        """March to the end; return what was left."""
        self._give_start()
        bad = ~np.isfinite(self._states)
        lost = np.logical_or.reduce(bad, axis=0)
        number = self._number[lost]
        reason = np.full(len(number), End.NO_START, np.int32)
        which = bad.argmax(axis=0)[lost].astype(np.int32)
        self.ends.put(number, Ends(reason, np.zeros(len(number)), which))
        self._keep(~lost)
        for number in range(most_steps):
            if not self._number.size:
                break
            if number % LOOK == 0 and self._meetings is None:
                self._leave_stiff()
                if not self._number.size:
                    break
            self._advance()
        else:
            self._leave(np.ones(self._number.size, dtype=bool))
        if not self._left:
            size = len(self._result)
            return Left(np.empty(0, dtype=int), np.empty(0), np.empty((size, 0)))
        return Left(
            np.concatenate([left.number for left in self._left]),
            np.concatenate([left.time for left in self._left]),
            np.concatenate([left.states for left in self._left], axis=1),
        )

    def _first_step(self) -> Array:
        """Return a step after Hairer, Nørsett, Wanner, §II.4."""
        scale = self._floor() + np.abs(self._states) * self._rtol
        size = np.sqrt(np.mean((self._states / scale) ** 2, axis=0))
        speed = np.sqrt(np.mean((self._rates / scale) ** 2, axis=0))
        step = np.where((size < 1e-5) | (speed < 1e-5), 1e-6, 0.01 * size / speed)
        moved = self._runs.rates(step, self._states + step * self._rates)
        bend = np.sqrt(np.mean(((moved - self._rates) / scale) ** 2, axis=0)) / step
        largest = np.fmax(speed, bend)
        second = np.where(largest <= 1e-15, np.fmax(1e-6, step * 1e-3), (0.01 / largest) ** 0.125)
        return np.clip(np.nan_to_num(np.fmin(100 * step, second), nan=1e-6), 1e-10, 1.0)

    def _floor(self) -> Array:
        return np.maximum(self._peak * (self._rtol * FLOOR), 1e-290)

    def _give_start(self) -> None:
        """Fill in moments at the very start."""
        owner = np.repeat(self._number, np.diff(self._moments.first))
        at_start = self._moments.time <= 0
        self._result[:, at_start] = self._states[:, owner[at_start]]
        np.add.at(self._next, owner[at_start], 1)

    def _advance(self) -> None:
        """Try one step of each trajectory."""
        self._pass_marks()
        s, y, whole = self._time, self._states, np.minimum(self._step, self._upto_mark())
        h = self._upto_moment(whole)
        stages = np.empty((len(DOP853.C) + 1, *y.shape))
        stages[0] = self._rates
        for k in range(1, len(DOP853.C)):
            moved = y + h * mixed(DOP853.A[k, :k], stages[:k])
            stages[k] = self._runs.rates(s + DOP853.C[k] * h, moved)
        new = y + h * mixed(DOP853.B, stages[:-1])
        stages[-1] = self._runs.rates(s + h, new)
        error = self._error(stages, new, h)
        good = error < 1
        factor = 0.9 * error**-0.125
        factor = np.where(good, np.clip(factor, 0.2, 10.0), np.clip(factor, 0.2, 1.0))
        factor = np.where(self._slower, np.minimum(factor, 1.0), factor)
        self._slower = ~good
        if good.any():
            part, which = self._meet(good, stages, new, h)
            met = which >= 0
            arrived = np.where(s + part * h >= 1 - 1e-15, 1.0, s + part * h)
            # At the very moment of an event what is after it counts.
            reached = np.where(arrived >= 1, np.inf, arrived)
            reached = np.where(met, arrived * (1 - 4e-16), reached)
            self._give(good, stages, new, h, part, reached)
            if met.any():
                new, stages[-1] = self._changed(met, which, part, arrived, stages, new, h)
            self._time = np.where(good, arrived, s)
            self._states = np.where(good, new, y)
            self._rates = np.where(good, stages[-1], self._rates)
            self._peak = np.where(good, np.maximum(self._peak, np.abs(new)), self._peak)
            factor = np.where(met, 1e-3, factor)
        self._step = np.where(good & (h < whole), np.maximum(h * factor, whole), h * factor)
        over = self._over
        vanished = (
            ~over & (self._time < 1) & ~(self._step > SMALLEST * np.maximum(self._time, 1e-3))
        )
        if vanished.any():
            course = (self._states, self._rates, self._peak, self._begin)
            states, rates, peak, begin = (part[:, vanished] for part in course)
            found = explain(states, rates, peak, begin, self._time[vanished])
            if self._meetings is not None:
                near, which = (part[vanished] for part in self._meetings.crowded(self._time))
                found.reason[near], found.which[near] = End.CROWDED, which[near]
            self.ends.put(self._number[vanished], found)
        self._keep((self._time < 1) & ~vanished & ~over)

    def _pass_marks(self) -> None:
        """Go to behind the marks that have been reached: rates may jump there."""
        if self._runs.marks is None:
            return
        beside = BESIDE * np.maximum(self._time, 1e-3)
        at = (np.abs(self._runs.marks - self._time[:, None]) <= beside[:, None]).any(axis=1)
        behind = self._time + 2 * beside
        wanted = self._next < self._moments.first[self._number + 1]
        wanted[wanted] = self._moments.time[self._next[wanted]] <= behind[wanted]
        at &= (behind < 1) & ~wanted
        if at.any():
            self._states = np.where(at, self._states + 2 * beside * self._rates, self._states)
            self._time = np.where(at, behind, self._time)
            self._rates = np.where(at, self._runs.rates(self._time, self._states), self._rates)

    def _upto_mark(self) -> Array:
        """Return how far it is to the next mark, or to the end."""
        if self._runs.marks is None:
            return 1 - self._time
        away = self._runs.marks - self._time[:, None]
        ahead = away > BESIDE * np.maximum(self._time, 1e-3)[:, None]
        return np.where(ahead, away, np.inf).min(axis=1, initial=np.inf).clip(max=1 - self._time)

    def _upto_moment(self, h: Array) -> Array:
        """Return steps that end at the next moment where inside them the polynomial is rough."""
        if not self._moments.time.size:
            return h
        wanted = self._next < self._moments.first[self._number + 1]
        due = self._moments.time[np.where(wanted, self._next, 0)] - self._time
        inside = wanted & (due > 0) & (due < h)
        if not inside.any():
            return h
        fastest = self._runs.decay(self._time, self._states)
        return np.where(inside & (fastest * h > ROUGH), due, h)

    def _error(self, stages: Array, new: Array, h: Array) -> Array:
        scale = self._floor() + np.maximum(np.abs(self._states), np.abs(new)) * self._rtol
        fifth = np.sum((mixed(DOP853.E5, stages) / scale) ** 2, axis=0)
        third = np.sum((mixed(DOP853.E3, stages) / scale) ** 2, axis=0)
        size = np.sqrt((fifth + 0.01 * third) * len(scale))
        error = np.where(fifth + third == 0, 0.0, h * fifth / size)
        return np.where(np.isfinite(error), error, np.inf)

    def _meet(
        self, good: np.ndarray, stages: Array, new: Array, h: Array
    ) -> tuple[Array, np.ndarray]:
        """Return the part of each step up to the first event in it, and which event that is."""
        part, which = np.ones(len(h)), np.full(len(h), -1)
        if self._meetings is not None:
            chosen = np.flatnonzero(good)
            inside = Inside(self._runs, self._time, self._states, stages, new, h, chosen)
            runs = self._runs.pick(chosen)
            part[chosen], which[chosen] = self._meetings.first(
                runs, chosen, self._time[chosen], h[chosen], inside.at
            )
        return part, which

    def _changed(
        self,
        met: np.ndarray,
        which: np.ndarray,
        part: Array,
        time: Array,
        stages: Array,
        new: Array,
        h: Array,
    ) -> tuple[Array, Array]:
        """Return states and rates, after the event where one is met; end what ends with one."""
        assert self._meetings is not None
        chosen = np.flatnonzero(met)
        inside = Inside(self._runs, self._time, self._states, stages, new, h, chosen)
        runs = self._runs.pick(chosen)
        before = inside.at(part[chosen])
        after, rates, ends = self._meetings.carry_out(
            runs, chosen, which[chosen], time[chosen], before
        )
        new, speed = new.copy(), stages[-1].copy()
        new[:, chosen], speed[:, chosen] = after, rates
        over = ends.reason != End.ARRIVED
        self._over[chosen[over]] = True
        stop = ends.reason == End.STOPPED
        self.ends.put(
            self._number[chosen[over]], Ends(ends.reason[over], ends.time[over], ends.which[over])
        )
        for k in np.flatnonzero(stop | (ends.time >= 1)):
            where = self._next[chosen[k]]
            last = self._moments.first[self._number[chosen[k]] + 1]
            while where < last and self._moments.time[where] <= ends.time[k] * (1 + 4e-16):
                self._result[:, where] = after[:, k]
                where += 1
            self._next[chosen[k]] = where
        return new, speed

    def _give(
        self,
        good: np.ndarray,
        stages: Array,
        new: Array,
        h: Array,
        upto: Array,
        reached: Array,
    ) -> None:
        """Fill in the moments that lie inside accepted steps, and let the watcher look."""
        last = self._moments.first[self._number + 1]
        if self._watch:
            self._show(good, stages, new, h, upto)
        while True:
            due = good & (self._next < last)
            due[due] = self._moments.time[self._next[due]] <= reached[due]
            if not due.any():
                return
            chosen = np.flatnonzero(due)
            inside = Inside(self._runs, self._time, self._states, stages, new, h, chosen)
            while chosen.size:
                where = self._next[chosen]
                part = (self._moments.time[where] - self._time[chosen]) / h[chosen]
                self._result[:, where] = inside.at(np.minimum(part, 1.0))
                self._next[chosen] += 1
                more = self._next[chosen] < last[chosen]
                more[more] = self._moments.time[self._next[chosen[more]]] <= reached[chosen[more]]
                inside.keep(more)
                chosen = chosen[more]

    def _show(self, good: np.ndarray, stages: Array, new: Array, h: Array, upto: Array) -> None:
        """Show the cubic through both ends of each step, whose slopes are known."""
        assert self._watch is not None
        chosen = np.flatnonzero(good)
        x, step = SEEN * upto[chosen, None], h[chosen, None]
        old, end = self._states[:, chosen, None], new[:, chosen, None]
        first, last = stages[0][:, chosen, None] * step, stages[-1][:, chosen, None] * step
        change = end - old
        between = old + x * (change + (1 - x) * ((1 - x) * (first - change) + x * (change - last)))
        self._watch(self._number[chosen], self._time[chosen, None] + x * step, between)

    def _leave_stiff(self) -> None:
        left = 1 - self._time
        found = self._runs.eigenvalues(self._time, self._states) * left[:, None]
        decay, turn = -np.real(found).min(axis=1), np.abs(np.imag(found)).max(axis=1)
        stiff = decay > np.maximum(STIFF, 10 * turn)
        if stiff.any():
            self._leave(stiff)

    def _leave(self, chosen: np.ndarray) -> None:
        self._left.append(Left(self._number[chosen], self._time[chosen], self._states[:, chosen]))
        self._keep(~chosen)

    def _keep(self, chosen: np.ndarray) -> None:
        if chosen.all():
            return
        self._runs = self._runs.pick(chosen)
        self._number, self._next = self._number[chosen], self._next[chosen]
        self._time, self._step = self._time[chosen], self._step[chosen]
        self._slower, self._over = self._slower[chosen], self._over[chosen]
        if self._meetings is not None:
            self._meetings.keep(chosen)
        self._states, self._rates = self._states[:, chosen], self._rates[:, chosen]
        self._peak, self._begin = self._peak[:, chosen], self._begin[:, chosen]
