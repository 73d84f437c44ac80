"""What is found when a sentence about a law is tried: values, what counts as equal, a gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lawc.lowering.numpy_table import Array


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Attributes:
        tested: Which rows lie in the claim's region, and have an answer.
        excess: By how much each row misses the claim, in units of the slack; up to 1 it is kept.
        still: Whether the subject never changed though it is said to.
        say: What was found at a row, for a counterexample.
    """

    tested: np.ndarray
    excess: Array
    still: bool
    say: Callable[[int], str]


@dataclass(frozen=True)
class Answers:
    """Values of probes, what counts as nothing beside them, which count, on which trajectory."""

    values: Mapping[str, Array]
    slack: Mapping[str, Array]
    inside: np.ndarray
    owner: np.ndarray


def over(gap: Array, limit: Array) -> Array:
    """Return gap/limit; where nothing counts as nothing, any gap at all is too much."""
    with np.errstate(all="ignore"):
        return np.where(limit > 0, gap / limit, np.where(gap > 0, np.inf, 0.0))
