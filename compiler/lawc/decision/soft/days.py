"""Operations on days in the soft form: exact, and flat, since a day has no slope."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch

from lawc.decision.columns.days import DAYS
from lawc.decision.decision import Calendar
from lawc.decision.operations import DecisionError, operate
from lawc.decision.soft.axes import Lift, either_absent

__all__ = ["DAYS", "days"]


def days(operation: str, calendar: Calendar | None) -> Callable[..., Lift]:
    """Return an operation on lifts of whole numbers; 0 where it has no result."""
    known: dict[tuple[int, ...], float] = {}

    def one(values: tuple[int, ...]) -> float:
        if values not in known:
            try:
                found = operate(operation, tuple(map(Fraction, values)), calendar)
            except DecisionError:
                found = Fraction(0)
            known[values] = float(found) if isinstance(found, Fraction) else 0.0
        return known[values]

    def call(*lifts: Lift) -> Lift:
        values = torch.broadcast_tensors(*(value.detach() for value, _ in lifts))
        table = np.stack([value.reshape(-1).cpu().numpy() for value in values], 1)
        cases, places = np.unique(np.rint(table).astype(np.int64), axis=0, return_inverse=True)
        answers = np.array([one(tuple(case)) for case in cases.tolist()], np.float64)
        first = values[0]
        made = torch.as_tensor(answers[places.reshape(-1)]).reshape(first.shape)
        absent = None
        for _, nothing in lifts:
            absent = either_absent(absent, nothing)
        return made.to(first.device), absent

    return call
