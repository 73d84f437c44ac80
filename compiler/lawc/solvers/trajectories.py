"""First-order systems with many sets of parameters: their rates and Jacobians on columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.forms.tape import Tape, run

Array = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """The right-hand side of a flow and its Jacobian, as tapes.

    Attributes:
        states: Names of the components, in order.
        parameters: Names that stand still along a trajectory.
        rates: From states, variable and parameters to rates.
        slopes: From the same to the entries of the Jacobian that are not zero; None where a
            function has no derivative in the language.
        entries: Row and column of each of these.
        table: A function on columns for each operation of a tape.
        drift: From the same to the derivative of each rate by the variable alone; None where
            there are no slopes.
        conditions: From the same to one value for each event, which is not negative where the
            event's condition holds; None without events.
        resets: For each event a tape from the same to the states after it; None where it ends the
            trajectory.
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    rates: Tape
    slopes: Tape | None
    entries: tuple[tuple[int, int], ...]
    table: Mapping[str, Callable[..., Any]]
    drift: Tape | None = None
    conditions: Tape | None = None
    resets: tuple[Tape | None, ...] = ()


GROWN = 100.0
"""A component that got so many times larger than it began has run away."""
COARSE = 1e12
"""How much larger than its rounding a component is taken to be that is nothing else."""
SUDDEN = 1e6
"""Sizes in the whole time; a component that moves faster at its end has a singularity there."""


class End(IntEnum):
    """How a trajectory came to its end; the numbers are those of `run.h`."""

    ARRIVED = 0
    NO_START = 1
    RUNAWAY = 2
    SINGULAR = 3
    TOO_LONG = 4
    NO_NUMBER = 5
    STOPPED = 6
    CROWDED = 7
    STIFF = 8


@dataclass(frozen=True)
class Ends:
    """How and where trajectories ended.

    Attributes:
        reason: An `End` for each, shape (m,).
        time: In [0, 1], shape (m,).
        which: The component that is to blame, or the event, shape (m,).
    """

    reason: NDArray[np.int32]
    time: Array
    which: NDArray[np.int32]

    @staticmethod
    def arrived(count: int) -> Ends:
        """Return the ends of trajectories that have not met with anything."""
        return Ends(np.zeros(count, np.int32), np.ones(count), np.zeros(count, np.int32))

    def put(self, chosen: np.ndarray, other: Ends) -> None:
        """Take the ends of some trajectories from elsewhere."""
        self.reason[chosen], self.time[chosen] = other.reason, other.time
        self.which[chosen] = other.which


def explain(states: Array, rates: Array, peak: Array, begin: Array, time: Array) -> Ends:
    """Return why trajectories cannot go on: a component without bound, or without a value.

    Args:
        states: Where they stand, shape (states, m).
        rates: How fast they move, in their own time.
        peak: The largest size of each component so far.
        begin: Its size at the start.
        time: When, shape (m,).
    """
    everyone = np.arange(states.shape[1])
    lost = ~(np.isfinite(states) & np.isfinite(rates))
    speed = np.where(lost, 0.0, np.abs(rates) / np.maximum(peak, 1e-300))
    which = np.where(lost.any(axis=0), lost.argmax(axis=0), speed.argmax(axis=0))
    size = np.abs(states[which, everyone])
    grown = (size > GROWN * begin[which, everyone]) | (size > 1e100)
    reason = np.where(grown, End.RUNAWAY, End.SINGULAR)
    lost_all = lost.any(axis=0) | (~grown & (speed.max(axis=0) <= SUDDEN))
    reason = np.where(lost_all, End.NO_NUMBER, reason)
    return Ends(reason.astype(np.int32), time.copy(), which.astype(np.int32))


@dataclass(frozen=True)
class Trajectories:
    """Solutions of a system, each in its own time that runs from 0 to 1.

    Attributes:
        system: What they follow.
        start: Value of the variable at time 0, shape (m,).
        span: How far the variable moves until time 1, shape (m,).
        initial: States at time 0, shape (states, m).
        parameters: Values for each trajectory, shape (m,).
        marks: Times at which a step has to end, rising, shape (m, k), infinite where a trajectory
            has fewer; None where there are none.
        sizes: How large a component may get that begins with nothing, shape (states, m).
        rounding: How far rounding alone may carry a component until time 1 whose rate is zero but
            for rounding; zero for others; None where there is none of these. Shape (states, m).
    """

    system: System
    start: Array
    span: Array
    initial: Array
    parameters: Mapping[str, Array]
    marks: Array | None = None
    sizes: Array | None = None
    rounding: Array | None = None

    def __len__(self) -> int:
        return len(self.start)

    def pick(self, chosen: np.ndarray) -> Trajectories:
        """Return some of them."""
        return Trajectories(
            self.system,
            self.start[chosen],
            self.span[chosen],
            self.initial[:, chosen],
            {name: self.parameters[name][chosen] for name in self.system.parameters},
            None if self.marks is None else self.marks[chosen],
            None if self.sizes is None else self.sizes[:, chosen],
            None if self.rounding is None else self.rounding[:, chosen],
        )

    def with_marks(self, marks: Array, sizes: Array) -> Trajectories:
        """Return the same trajectories with marks and sizes."""
        return replace(self, marks=marks, sizes=sizes)

    def onward(self, s: Array, states: Array) -> Trajectories:
        """Return what is left of them from times on, as trajectories of their own."""
        start = self.start + self.span * s
        marks = None if self.marks is None else (self.marks - s[:, None]) / (1 - s[:, None])
        span = self.span * (1 - s)
        return replace(self, start=start, span=span, initial=states, marks=marks)

    def rates(self, s: Array | float, states: Array) -> Array:
        """Return d(states)/d(time), shape (states, m)."""
        values = self.values(s, states)
        result = np.empty_like(states)
        for number, rate in enumerate(run(self.system.rates, values, self.system.table)):
            np.multiply(rate, self.span, out=result[number])
        return result

    def slopes(self, s: Array | float, states: Array) -> list[Array]:
        """Return the entries of the Jacobian that are not zero, each of shape (m,)."""
        assert self.system.slopes is not None
        found = run(self.system.slopes, self.values(s, states), self.system.table)
        return [np.broadcast_to(slope * self.span, self.span.shape) for slope in found]

    def decay(self, s: Array | float, states: Array) -> Array:
        """Return the fastest decay that a component has by itself, shape (m,)."""
        most = np.zeros(len(self))
        if self.system.slopes is not None:
            for (i, j), slope in zip(self.system.entries, self.slopes(s, states), strict=True):
                if i == j:
                    most = np.fmax(most, -slope)
        return most

    def eigenvalues(self, s: Array | float, states: Array) -> np.ndarray:
        """Return the eigenvalues of each trajectory's Jacobian, shape (m, states)."""
        size, count = states.shape
        matrix = np.zeros((count, size, size))
        with np.errstate(all="ignore"):
            if self.system.slopes is None:
                base = self.rates(s, states)
                for j in range(size):
                    moved = states.copy()
                    shift = 1e-7 * np.maximum(np.abs(moved[j]), 1e-12)
                    moved[j] += shift
                    matrix[:, :, j] = ((self.rates(s, moved) - base) / shift).T
            else:
                found = self.slopes(s, states)
                for (i, j), slope in zip(self.system.entries, found, strict=True):
                    matrix[:, i, j] = slope
        return np.linalg.eigvals(np.nan_to_num(matrix, nan=0.0, posinf=1e300, neginf=-1e300))

    def reach(self) -> Array:
        """Return how large each component gets in a few tiny steps, so that no scale is zero."""
        first = self.rates(0.0, self.initial)
        tiny = np.full(len(self), 1e-12)
        for _ in range(24):
            # Larger steps could jump over a stiff transient into values that never occur.
            change = np.abs(self.rates(tiny, self.initial + tiny * first) - first)
            good = ((first == 0) | (change <= 0.5 * np.abs(first))).all(axis=0)
            if good.all():
                break
            tiny = np.where(good, tiny, tiny * 0.1)
        states, s = self.initial, np.zeros(len(self))
        reached = np.abs(states)
        for _ in range(4):
            states, s = states + tiny * self.rates(s, states), s + tiny
            reached = np.fmax(reached, np.abs(states))
        reached = reached if self.sizes is None else np.where(reached == 0, self.sizes, reached)
        return np.fmax(reached, self.least())

    def least(self) -> Array:
        """Return how large components are taken to be, so that a step may be off by rounding."""
        return np.zeros_like(self.initial) if self.rounding is None else COARSE * self.rounding

    def values(self, s: Array | float, states: Array) -> list[Array]:
        """Return the inputs of the system's tapes."""
        moment = self.start + self.span * s
        return [*states, moment, *(self.parameters[name] for name in self.system.parameters)]
