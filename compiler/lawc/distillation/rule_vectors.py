"""A decision as a vector for a network: its outputs, and what spoke, in places that stay the same.

A number takes the share of its range, a `yes/no` 1 or 0, a word one place for each of its words;
each output has a place that says whether it is known and one whether it applies. Every row, clause
and line of every step has a place that is 1 where it spoke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.decision import (
    Apportion,
    Clauses,
    Decision,
    Port,
    Scale,
    Score,
    Step,
    Table,
    decides,
)

Array = np.ndarray[Any, Any]

UNKNOWN, NOT_APPLICABLE = 1, 2
"""Codes of masks."""


@dataclass(frozen=True)
class RuleVectors:
    """Rows of a decision as vectors.

    Attributes:
        layout: What stands in each place, `stage = G3a`, `stage is known`, `stage by row 3`.
    """

    decision: Decision
    layout: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [place for name in self.decision.outputs for place in _of_output(self._port(name))]
        for step in self.decision.steps:
            names += [f"{decides(step)[0]} by {label}" for label in _labels(step)]
        object.__setattr__(self, "layout", tuple(names))

    @property
    def digest(self) -> str:
        """A name of the layout: vectors of two of one digest may stand side by side."""
        return sha256("\n".join(self.layout).encode()).hexdigest()

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
            parts.append(_vector(self._port(name), values, mask))
        for step in self.decision.steps:
            spoke = np.asarray(decided.because[decides(step)[0]])
            places = np.arange(len(_labels(step)))
            parts.append((spoke[:, None] == places).astype(np.float32))
        return np.concatenate(parts, 1)

    def _port(self, name: str) -> Port:
        return self.decision.port(name)


def _of_output(port: Port) -> list[str]:
    if port.choices:
        values = [f"{port.name} = {word}" for word in port.choices]
    else:
        values = [port.name]
    return [*values, f"{port.name} is known", f"{port.name} applies"]


def _labels(step: Step) -> list[str]:
    match step:
        case Table(rows=rows):
            return [row.label or f"row {place + 1}" for place, row in enumerate(rows)]
        case Clauses(clauses=clauses):
            return [clause.label for clause in clauses]
        case Scale(bands=bands):
            return [f"bracket {k + 1}" for k in range(sum(len(b.brackets) for b in bands))]
        case Score() | Apportion():
            # All lines that count add up; which ones is in the output itself.
            return []


def _vector(port: Port, values: Array, mask: Array) -> Array:
    told = (mask == 0).astype(np.float32)
    if port.choices:
        made = (values[:, None] == np.arange(len(port.choices))).astype(np.float32)
    else:
        low = 0.0 if port.low is None else float(port.low)
        high = low + 1.0 if port.high is None else float(port.high)
        if port.low is None or port.high is None:
            # Without a range, large numbers are brought in smoothly.
            share = 0.5 + np.arctan(values) / np.pi if port.kind == "number" else values
        else:
            share = (values - low) / ((high - low) or 1.0)
        made = np.clip(share, 0, 1).astype(np.float32)[:, None]
    known = (mask != UNKNOWN).astype(np.float32)
    applies = (mask != NOT_APPLICABLE).astype(np.float32)
    return np.concatenate((made * told[:, None], known[:, None], applies[:, None]), 1)
