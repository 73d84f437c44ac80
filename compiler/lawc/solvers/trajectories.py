"""First-order systems with many sets of parameters: their rates and Jacobians on columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    rates: Tape
    slopes: Tape | None
    entries: tuple[tuple[int, int], ...]
    table: Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Trajectories:
    """Solutions of a system, each in its own time that runs from 0 to 1.

    Attributes:
        system: What they follow.
        start: Value of the variable at time 0, shape (m,).
        span: How far the variable moves until time 1, shape (m,).
        initial: States at time 0, shape (states, m).
        parameters: Values for each trajectory, shape (m,).
    """

    system: System
    start: Array
    span: Array
    initial: Array
    parameters: Mapping[str, Array]

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
        )

    def onward(self, s: Array, states: Array) -> Trajectories:
        """Return what is left of them from times on, as trajectories of their own."""
        start = self.start + self.span * s
        return Trajectories(self.system, start, self.span * (1 - s), states, self.parameters)

    def rates(self, s: Array | float, states: Array) -> Array:
        """Return d(states)/d(time), shape (states, m)."""
        values = self._values(s, states)
        result = np.empty_like(states)
        for number, rate in enumerate(run(self.system.rates, values, self.system.table)):
            np.multiply(rate, self.span, out=result[number])
        return result

    def slopes(self, s: Array | float, states: Array) -> list[Array]:
        """Return the entries of the Jacobian that are not zero, each of shape (m,)."""
        assert self.system.slopes is not None
        found = run(self.system.slopes, self._values(s, states), self.system.table)
        return [np.broadcast_to(slope * self.span, self.span.shape) for slope in found]

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
        states, s = self.initial, 0.0
        reached = np.abs(states)
        for _ in range(4):
            # Larger steps could jump over a stiff transient into values that never occur.
            states, s = states + 1e-12 * self.rates(s, states), s + 1e-12
            reached = np.fmax(reached, np.abs(states))
        return reached

    def _values(self, s: Array | float, states: Array) -> list[Array]:
        moment = self.start + self.span * s
        return [*states, moment, *(self.parameters[name] for name in self.system.parameters)]
