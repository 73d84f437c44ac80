"""How much may be spent, and how far along the spending is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

WAIT = 4.0
"""A crowded machine may take this many times the seconds by the clock, then work stops."""


class Progress(Protocol):
    """What long work calls now and then; it must be quick."""

    def __call__(self, fraction: float, error: float | None, detail: str) -> None:
        """Be told how far the work is.

        Args:
            fraction: From 0 to 1.
            error: Largest error against the reference on fresh points so far, as a share of its
                scale; None before the first measurement.
            detail: A few words.
        """
        ...


def silent(fraction: float, error: float | None, detail: str) -> None:
    """Show nothing."""


class Budget:
    """Seconds of one core, counted from when it is made."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.thread_time) -> None:
        self.seconds = seconds
        self._now = now
        self._start, self._clock = now(), time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds of this thread so far."""
        return self._now() - self._start

    @property
    def fraction(self) -> float:
        """Share that is spent, by this thread or by the clock, at most 1."""
        clock = (time.monotonic() - self._clock) / WAIT
        return min(1.0, max(self.spent, clock) / self.seconds) if self.seconds > 0 else 1.0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.fraction >= 1.0

    def part(self, share: float) -> Budget:
        """Return a budget for a share of what is left."""
        return Budget(max(0.0, self.seconds * (1.0 - self.fraction)) * share, self._now)
