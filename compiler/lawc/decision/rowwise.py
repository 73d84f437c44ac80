"""Columns decided one row after another by the exact evaluator: slow, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.decision.columns.evaluator import Decided
from lawc.decision.columns.evaluator import Evaluator as Columns
from lawc.decision.decision import Decision, Port, Score
from lawc.decision.exact import decide
from lawc.decision.operations import DecisionError
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value, exact

Array = NDArray[Any]
_CODE = {UNKNOWN: 1, NOT_APPLICABLE: 2}


@dataclass(frozen=True)
class Evaluator:
    """The exact evaluator on columns; it answers every decided quantity."""

    decision: Decision

    def __call__(
        self, columns: Mapping[str, Array], masks: Mapping[str, Array] | None = None
    ) -> Decided:
        """Return all decided quantities in each row.

        Raises:
            DecisionError: A row is not answered; the text names it.
        """
        ports = self.decision.decided
        scores = {step.output for step in self.decision.steps if isinstance(step, Score)}
        rows = len(next(iter(columns.values()), np.zeros(1)))
        values = {port.name: np.zeros(rows, _dtype(port)) for port in ports}
        found: dict[str, Array] = {port.name: np.zeros(rows, np.int8) for port in ports}
        because = {port.name: np.full(rows, -1, np.int64) for port in ports}
        for row in range(rows):
            try:
                answers = decide(self.decision, _case(columns, masks or {}, row))
            except DecisionError as problem:
                raise DecisionError(f"row {row}: {problem}") from None
            for name, column in values.items():
                value, spoke = answers.values[name], answers.because[name]
                if isinstance(value, Absent):
                    found[name][row] = _CODE[value]
                else:
                    column[row] = float(value)
                if name in scores:
                    bits = sum(1 << place for place in spoke)
                    because[name][row] = bits if bits < 1 << 62 else -1
                elif len(spoke) == 1:
                    because[name][row] = spoke[0]
        absent = {name: mask if mask.any() else None for name, mask in found.items()}
        return Decided(values, absent, because, {}, rows)

    def refused(
        self, columns: Mapping[str, Array], masks: Mapping[str, Array] | None = None
    ) -> dict[int, str]:
        """Return the rows that are not answered, each with the reason."""
        found: dict[int, str] = {}
        for row in range(len(next(iter(columns.values()), np.zeros(1)))):
            try:
                decide(self.decision, _case(columns, masks or {}, row))
            except DecisionError as problem:
                found[row] = str(problem)
        return found


Evaluate = Columns | Evaluator


def evaluator_of(decision: Decision) -> Evaluate:
    """Return the evaluator of columns that suits a decision.

    Raises:
        DecisionError: A range does not fit 64 bits.
    """
    return Columns(decision) if decision.inputs else Evaluator(decision)


def _dtype(port: Port) -> type:
    if port.kind == "number":
        return np.float64
    return np.bool_ if port.kind == "yes/no" else np.int64


def _case(columns: Mapping[str, Array], masks: Mapping[str, Array], row: int) -> dict[str, Value]:
    case: dict[str, Value] = {}
    for name, column in columns.items():
        absent = name in masks and masks[name][row]
        number = column[row].item()
        case[name] = UNKNOWN if absent else (exact(number) if number == number else Fraction(0))
    return case
