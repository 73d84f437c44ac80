"""Adam and L-BFGS: what others train with, for comparison, for a start, and for large networks."""

from __future__ import annotations

import numpy as np

from lawc.training.optimiser import Array, Function, Objective, SlopeOptimiser, State, stored

MEMORY = 50
"""Pairs of steps and changes of slope that L-BFGS keeps."""


class Lbfgs(SlopeOptimiser):
    """Quasi-Newton steps from the last pairs, with the same line search as Broyden's."""

    name = "lbfgs"

    def __init__(
        self, objective: Objective | Function, theta: Array, *, memory: int = MEMORY
    ) -> None:
        self._memory = memory
        self._pairs: list[tuple[Array, Array]] = []
        super().__init__(objective, theta)

    def replace(self, objective: Objective | Function) -> None:
        """Go on with another function; pairs of the old one would mislead."""
        super().replace(objective)
        self._pairs.clear()

    def state(self) -> State:
        """Return parameters and pairs."""
        size = len(self.theta)
        steps = np.array([s for s, _ in self._pairs]).reshape(-1, size)
        turns = np.array([y for _, y in self._pairs]).reshape(-1, size)
        return {**super().state(), "steps": steps, "turns": turns}

    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function."""
        super().restore(state)
        shape = (min(len(state["steps"]), self._memory), len(self.theta))
        steps, turns = stored(state, "steps", *shape), stored(state, "turns", *shape)
        self._pairs = list(zip(steps, turns, strict=True))

    def _step(self) -> bool:
        if not self._slope.any():
            self.why = "the slope is zero"
            return False
        found = self._search(direction := self._direction())
        if found is None and self._pairs:
            self._pairs.clear()
            found = self._search(direction := self._direction())
        if found is None:
            self.why = "no step lowers the cost"
            return False
        length, slope = found
        change, turn = length * direction, slope - self._slope
        if float(change @ turn) > 0:
            self._pairs = [*self._pairs, (change, turn)][-self._memory :]
        self.theta = self.theta + change
        self.cost, self._slope = self._ask(self.theta)
        return True

    def _direction(self) -> Array:
        if not self._pairs:
            return -self._slope * (0.1 / float(np.linalg.norm(self._slope)))
        vector, shares = self._slope.copy(), []
        for change, turn in reversed(self._pairs):
            share = float(change @ vector) / float(change @ turn)
            vector -= share * turn
            shares.append(share)
        change, turn = self._pairs[-1]
        vector *= float(change @ turn) / float(turn @ turn)
        for (change, turn), share in zip(self._pairs, reversed(shares), strict=True):
            vector += (share - float(turn @ vector) / float(change @ turn)) * change
        return -vector


class Adam(SlopeOptimiser):
    """Steps of Adam with a rate that falls; the only optimiser here whose cost may rise."""

    name = "adam"

    def __init__(
        self,
        objective: Objective | Function,
        theta: Array,
        *,
        rate: float = 1e-3,
        half_life: float = 5_000.0,
    ) -> None:
        self._rate, self._half_life = rate, half_life
        self._number = 0
        self._mean, self._square = np.zeros_like(theta), np.zeros_like(theta)
        super().__init__(objective, theta)

    def state(self) -> State:
        """Return parameters and moments."""
        numbers = np.array([float(self._number), self._rate])
        moments = {"mean": self._mean.copy(), "square": self._square.copy(), "number": numbers}
        return {**super().state(), **moments}

    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function."""
        super().restore(state)
        number, self._rate = (float(value) for value in stored(state, "number", 2))
        self._number = int(number)
        self._mean, self._square = (
            stored(state, name, len(self.theta)) for name in ("mean", "square")
        )

    def _step(self) -> bool:
        self._number += 1
        self._mean = 0.9 * self._mean + 0.1 * self._slope
        self._square = 0.999 * self._square + 0.001 * self._slope**2
        mean = self._mean / (1 - 0.9**self._number)
        square = self._square / (1 - 0.999**self._number)
        rate = self._rate * 0.5 ** (self._number / self._half_life)
        trial = self.theta - rate * mean / (np.sqrt(square) + 1e-12)
        cost, slope = self._ask(trial)
        if not np.isfinite(cost):
            # Never keep a step that leads to no number.
            self._rate *= 0.5
            self._mean[:], self._square[:], self._number = 0.0, 0.0, 0
            self.why = "the cost is no number" if self._rate < 1e-12 else ""
            return not self.why
        self.theta, self.cost, self._slope = trial, cost, slope
        return True
