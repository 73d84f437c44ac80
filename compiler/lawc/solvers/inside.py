"""The polynomial inside a step of the method of order 8."""

from __future__ import annotations

import numpy as np
from scipy.integrate import DOP853

from lawc.solvers.trajectories import Array, Trajectories


def mixed(weights: Array, stages: Array) -> Array:
    """Return the weighted sum of stages, shape (states, m)."""
    return (weights @ stages.reshape(len(stages), -1)).reshape(stages.shape[1:])


class Inside:
    """The polynomial of order 7 through one step of some trajectories."""

    def __init__(
        self,
        runs: Trajectories,
        time: Array,
        old: Array,
        stages: Array,
        new: Array,
        h: Array,
        chosen: np.ndarray,
    ) -> None:
        picked, s, step = runs.pick(chosen), time[chosen], h[chosen]
        y, change = old[:, chosen], (new - old)[:, chosen]
        known = [*stages[:, :, chosen]]
        for a, c in zip(DOP853.A_EXTRA, DOP853.C_EXTRA, strict=True):
            moved = y + step * mixed(a[: len(known)], np.stack(known))
            known.append(picked.rates(s + c * step, moved))
        first, last = known[0] * step, known[len(DOP853.C)] * step
        bends = step * np.tensordot(DOP853.D, np.stack(known), axes=1)
        self._old = y
        self._parts = np.stack([change, first - change, 2 * change - (first + last), *bends])

    def at(self, x: Array) -> Array:
        """Return states at parts of the step, shape (states, m)."""
        value = np.zeros_like(self._old)
        for number, part in enumerate(self._parts[::-1]):
            value = (value + part) * (x if number % 2 == 0 else 1 - x)
        return self._old + value

    def keep(self, chosen: np.ndarray) -> None:
        """Keep some of the trajectories."""
        self._old, self._parts = self._old[:, chosen], self._parts[:, :, chosen]
