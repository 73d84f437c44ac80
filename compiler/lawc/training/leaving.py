"""Say when one network is left for slabs of time: it falls too slowly to get there.

Errors fall about as a power of the time: what the second half of it has brought so far says what
the rest will bring.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lawc.training.descent import Leave, Look

LEAVING = (0.4, 0.8)
"""Shares of the seconds between which one network may be left for slabs of time."""
TOO_SLOW = "one network for all times falls too slowly to reach the goal"


def foreseen(seen: Sequence[tuple[float, float]], share: float) -> float:
    """Return the error at the end if it goes on to fall as it did; infinite without a number.

    Args:
        seen: Seconds and errors so far.
        share: Of the seconds that are spent.
    """
    best = min((error for _, error in seen), default=math.inf)
    if not math.isfinite(best):
        return math.inf
    early = [error for seconds, error in seen if seconds <= seen[-1][0] / 2]
    fall = min(1.0, best / min(early)) if early and min(early) > 0 else 1.0
    return best * fall ** math.log2(1 / share)


def leaves(goal: float) -> Leave:
    """Return what leaves a training that will not reach a goal, while there is time for slabs."""

    def leave(history: Sequence[Look], share: float) -> str:
        if not LEAVING[0] <= share <= LEAVING[1]:
            return ""
        end = foreseen([(seconds, error) for _, seconds, _, error in history], share)
        # Where there is nothing to go on from, another method or start comes first.
        return TOO_SLOW if math.isfinite(end) and end > goal else ""

    return leave
