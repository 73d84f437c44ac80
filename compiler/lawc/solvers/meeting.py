"""Find where trajectories meet their events, and what they go on with.

An event is armed where its condition does not hold; it happens at the first moment at which it
holds, which bisection finds on the polynomial inside a step. After it, it is armed again where the
condition has ceased to hold or is about to, as that of a ball that leaves the floor.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lawc.forms.tape import run
from lawc.solvers.trajectories import Array, End, Ends, Trajectories

LOOKS = 8
"""Where in a step events are looked for."""
HALVINGS = 60
MOST_EVENTS = 20_000
CLOSE, MOST_CLOSE = 1e-9, 20
"""Events so close after one another, so many times: they crowd to a point."""


class Meetings:
    """The events of trajectories on their way; arrays hold only these."""

    def __init__(self, runs: Trajectories, states: Array, rates: Array) -> None:
        count = len(runs)
        held = conditions(runs, np.zeros(count), states)
        leaving = self._leaving(runs, np.zeros(count), states, rates, np.full(count, 1e-3))
        self._just = (held == 0) & leaving
        self._armed = (held < 0) | self._just
        self._last = np.full(count, -1.0)
        self._which = np.zeros(count, np.int32)
        self._close = np.zeros(count, int)
        self._events = np.zeros(count, int)

    def keep(self, chosen: np.ndarray) -> None:
        """Keep some of the trajectories."""
        self._armed, self._just = self._armed[:, chosen], self._just[:, chosen]
        self._last, self._close = self._last[chosen], self._close[chosen]
        self._which = self._which[chosen]
        self._events = self._events[chosen]

    def crowded(self, time: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return which trajectories have just met an event, and which event it was."""
        near = time - self._last < CLOSE * np.maximum(time, 1e-3)
        return near & (self._last >= 0), self._which

    def first(
        self,
        runs: Trajectories,
        chosen: np.ndarray,
        time: Array,
        h: Array,
        at: Callable[[Array], Array],
    ) -> tuple[Array, np.ndarray]:
        """Return the part of a step at which the first event happens, and which; -1 for none.

        Args:
            runs: Those that made a step.
            chosen: Which of all these are.
            time: Where the step begins, shape (m,).
            h: Its length, shape (m,).
            at: From parts of the step to states.
        """
        count = len(runs)
        part, which = np.ones(count), np.full(count, -1)
        before = np.zeros(count)
        for look in range(LOOKS + 1):
            x = np.full(count, look / LOOKS)
            held = conditions(runs, time + x * h, at(x))
            on = which < 0
            for e in range(len(held)):
                crossed = self._armed[e, chosen] & (held[e] >= 0) & on
                if look == 0:
                    # What has just happened is looked for behind the start of the step.
                    crossed &= ~self._just[e, chosen]
                if not crossed.any():
                    continue
                root = self._root(runs, e, time, h, at, before, x) if look else x
                # Of several events between two looks the earliest counts.
                sooner = crossed & ((which < 0) | (root < part))
                part, which = np.where(sooner, root, part), np.where(sooner, e, which)
            fresh = (held < 0) & (which < 0)
            self._armed[:, chosen] |= fresh
            self._just[:, chosen] &= ~fresh
            before = x
        return part, which

    def _root(
        self,
        runs: Trajectories,
        e: int,
        time: Array,
        h: Array,
        at: Callable[[Array], Array],
        low: Array,
        high: Array,
    ) -> Array:
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            holds = conditions(runs, time + middle * h, at(middle))[e] >= 0
            low, high = np.where(holds, low, middle), np.where(holds, middle, high)
        return high

    def carry_out(
        self, runs: Trajectories, chosen: np.ndarray, which: np.ndarray, time: Array, states: Array
    ) -> tuple[Array, Array, Ends]:
        """Return states and rates after events, and how trajectories end that end with them.

        Args:
            runs: Those that meet an event.
            chosen: Which of all these are.
            which: The event of each.
            time: When, shape (m,).
            states: Just before, shape (states, m).
        """
        held = conditions(runs, time, states)[which, np.arange(len(which))]
        new = states.copy()
        ends = Ends.arrived(len(which))
        ends.time[:], ends.which[:] = time, which
        for e, reset in enumerate(runs.system.resets):
            here = which == e
            if not here.any():
                continue
            if reset is None:
                ends.reason[here] = End.STOPPED
                continue
            values = runs.values(time, states)
            results = run(reset, values, runs.system.table)
            for k, result in enumerate(results):
                new[k, here] = np.broadcast_to(result, which.shape)[here]
        rates = runs.rates(time, new)
        now = conditions(runs, time, new)
        leaving = self._leaving(runs, time, new, rates, np.full(len(which), 1e-3))
        self._armed[:, chosen] |= now < 0
        own = now[which, np.arange(len(which))]
        just = (own >= 0) & (own <= held) & leaving[which, np.arange(len(which))]
        self._just[:, chosen] &= now >= 0
        self._just[which, chosen] = just
        self._armed[which, chosen] = (own < 0) | just
        near = time - self._last[chosen] < CLOSE * np.maximum(time, 1e-3)
        self._close[chosen] = np.where(near, self._close[chosen] + 1, 0)
        self._last[chosen], self._which[chosen] = time, which
        self._events[chosen] += 1
        crowded = (self._close[chosen] > MOST_CLOSE) | (self._events[chosen] > MOST_EVENTS)
        ends.reason[crowded & (ends.reason == End.ARRIVED)] = End.CROWDED
        return new, rates, ends

    @staticmethod
    def _leaving(
        runs: Trajectories, time: Array, states: Array, rates: Array, h: Array
    ) -> np.ndarray:
        """Return whether conditions that hold just so are about to stop holding."""
        tiny = 1e-6 * h
        now = conditions(runs, time, states)
        soon = conditions(runs, time + tiny, states + tiny * rates)
        return (soon < now) & (soon < 0)


def conditions(runs: Trajectories, time: Array, states: Array) -> Array:
    """Return the value of each event, not negative where its condition holds: (events, m)."""
    assert runs.system.conditions is not None
    found = run(runs.system.conditions, runs.values(time, states), runs.system.table)
    return np.stack([np.broadcast_to(value, (len(runs),)) for value in found])
