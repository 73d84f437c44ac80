"""Columns decided one row after another by the exact evaluator: slow, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.decision.decision import Decision
from lawc.decision.exact import decide
from lawc.decision.operations import DecisionError
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value, exact

Array = NDArray[Any]
_CODE = {UNKNOWN: 1, NOT_APPLICABLE: 2}


@dataclass(frozen=True)
class Decided:
    """Columns of values, of masks and of what spoke."""

    values: Mapping[str, Array]
    masks: Mapping[str, Array]
    because: Mapping[str, Array]


@dataclass(frozen=True)
class Evaluator:
    """The exact evaluator on columns."""

    decision: Decision

    def __call__(
        self, columns: Mapping[str, Array], masks: Mapping[str, Array] | None = None
    ) -> Decided:
        """Return all decided quantities in each row.

        Raises:
            DecisionError: A row is not answered; the text names it.
        """
        names = [port.name for port in self.decision.decided]
        rows = len(next(iter(columns.values()), np.zeros(1)))
        values = {name: np.zeros(rows) for name in names}
        found_masks = {name: np.zeros(rows, np.int8) for name in names}
        because = {name: np.full(rows, -1, np.int16) for name in names}
        for row in range(rows):
            try:
                answers = decide(self.decision, _case(columns, masks or {}, row))
            except DecisionError as problem:
                raise DecisionError(f"row {row}: {problem}") from None
            for name in names:
                value = answers.values[name]
                if isinstance(value, Absent):
                    found_masks[name][row] = _CODE[value]
                else:
                    values[name][row] = float(value)
                if len(answers.because[name]) == 1:
                    because[name][row] = answers.because[name][0]
        return Decided(values, found_masks, because)


def _case(columns: Mapping[str, Array], masks: Mapping[str, Array], row: int) -> dict[str, Value]:
    case: dict[str, Value] = {}
    for name, column in columns.items():
        absent = name in masks and masks[name][row]
        number = column[row].item()
        case[name] = UNKNOWN if absent else (exact(number) if number == number else Fraction(0))
    return case
