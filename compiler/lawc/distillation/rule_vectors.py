"""A decision as a vector for a network: its outputs, and what spoke, in places that stay the same.

A number or a day takes the share of what it can be, a `yes/no` 1 or 0, a word one place for each of
its words; each output has a place that says whether it is known and one whether it applies. Every
row, clause, bracket and line of every step has a place that is 1 where it spoke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np

from lawc.deciding.edges import ends
from lawc.deciding.labels import labels
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.decision import Apportion, Decision, Port, Score, Step, decides
from lawc.decision.operations import DecisionError
from lawc.decision.partial import possible
from lawc.decision.reach import Reach

Array = np.ndarray[Any, Any]
Ends = tuple[Fraction, Fraction]

UNKNOWN, NOT_APPLICABLE = 1, 2
"""Codes of masks."""
MOST_LINES = 62
"""Lines of a score that one number of 64 bits tells."""


@dataclass(frozen=True)
class RuleVectors:
    """Rows of a decision as vectors.

    Attributes:
        layout: What stands in each place, `stage = G3a`, `stage is known`, `stage by row 3`.
        ends: By output, the numbers that 0 and 1 stand for; one without ends is not there.
    """

    decision: Decision
    layout: tuple[str, ...] = field(init=False)
    ends: Mapping[str, Ends] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the places.

        Raises:
            ValueError: A score has more lines than a column tells.
        """
        names = [place for name in self.decision.outputs for place in _of_output(self._port(name))]
        for step in self.decision.steps:
            if isinstance(step, Score) and len(step.points) > MOST_LINES:
                raise ValueError(
                    f"{step.output} has {len(step.points)} lines; a vector tells {MOST_LINES}"
                )
            names += [f"{name} by {label}" for name in _told(step) for label in labels(step)]
        object.__setattr__(self, "layout", tuple(names))
        object.__setattr__(self, "ends", _all_ends(self.decision))

    @property
    def digest(self) -> str:
        """A name of the layout: vectors of two of one digest may stand side by side."""
        ends = [f"{name} {low} .. {high}" for name, (low, high) in sorted(self.ends.items())]
        return sha256("\n".join((*self.layout, *ends)).encode()).hexdigest()

    def __call__(
        self, columns: Mapping[str, Array], masks: Mapping[str, Array] | None = None
    ) -> Array:
        """Return the vectors of rows, shape (n, places), all within 0 and 1.

        Raises:
            DecisionError: A row is not answered.
        """
        wanted = [name for step in self.decision.steps for name in decides(step)]
        decided = Evaluator(self.decision, wanted)(columns, masks)
        parts: list[Array] = []
        for name in self.decision.outputs:
            values = np.asarray(decided.values[name], np.float64)
            mask = decided.masks.get(name)
            mask = np.zeros(len(values), np.int8) if mask is None else mask
            parts.append(_vector(self._port(name), values, mask, self.ends.get(name)))
        for step in self.decision.steps:
            places = np.arange(len(labels(step)))
            for name in _told(step):
                spoke = np.asarray(decided.because[name])[:, None]
                counted = spoke >> places & 1 if isinstance(step, Score) else spoke == places
                parts.append(counted.astype(np.float32))
        return np.concatenate(parts, 1)

    def _port(self, name: str) -> Port:
        return self.decision.port(name)


def _told(step: Step) -> tuple[str, ...]:
    """Return the names of which a step says apart what spoke: members, else all at once."""
    return decides(step) if isinstance(step, Apportion) else decides(step)[:1]


def _of_output(port: Port) -> list[str]:
    if port.choices:
        values = [f"{port.name} = {word}" for word in port.choices]
    else:
        values = [port.name]
    return [*values, f"{port.name} is known", f"{port.name} applies"]


def _all_ends(decision: Decision) -> dict[str, Ends]:
    """Return between which numbers outputs lie: as declared, else as can come out at most.

    Days without an end are those from 1970 to 2049, as where rows are drawn.
    """
    found: dict[str, Ends] = {}
    reached: Mapping[str, Reach] | None = None
    for port in map(decision.port, decision.outputs):
        low, high = (Fraction(0), Fraction(1)) if port.kind == "yes/no" else (port.low, port.high)
        if port.choices:
            continue
        if low is None or high is None:
            if reached is None:
                reached = _reached(decision)
            reach = reached.get(port.name, Reach())
            low = reach.low if low is None else low
            high = reach.high if high is None else high
        if port.kind == "date" and (low is None or high is None):
            low, high = map(Fraction, ends(port, ()))
        if low is not None and high is not None:
            found[port.name] = low, high
    return found


def _reached(decision: Decision) -> Mapping[str, Reach]:
    try:
        return possible(decision, {}).values
    except DecisionError:
        return {}


def _vector(port: Port, values: Array, mask: Array, between: Ends | None) -> Array:
    told = (mask == 0).astype(np.float32)
    if port.choices:
        made = (values[:, None] == np.arange(len(port.choices))).astype(np.float32)
    else:
        if between is None:
            # Without an end, large numbers are brought in smoothly.
            share = 0.5 + np.arctan(values) / np.pi
        else:
            low, high = map(float, between)
            share = (values - low) / ((high - low) or 1.0)
        made = np.clip(share, 0, 1).astype(np.float32)[:, None]
    known = (mask != UNKNOWN).astype(np.float32)
    applies = (mask != NOT_APPLICABLE).astype(np.float32)
    return np.concatenate((made * told[:, None], known[:, None], applies[:, None]), 1)
