"""A rule as a module: its decision, evaluated exactly and never approximated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Decision, Port
from lawc.decision.restoring import from_json
from lawc.decision.rowwise import evaluator_of
from lawc.decision.storing import to_json
from lawc.forms.form import Form

Array = NDArray[np.float64]

SINGLE = 2.0**-22
"""An amount that is this close to a whole number of coins, as a share, is meant to be one."""


class DecisionForm(Form):
    """A decision, its values as numbers: places of words, 1 and 0, day numbers, amounts.

    A missing input is NaN. An output is NaN where it is unknown or not applicable, and where an
    input lies outside of what the rule speaks of.
    """

    takes_missing = True

    def __init__(self, decision: Decision) -> None:
        super().__init__()
        self.decision = decision
        self.inputs = tuple(port.name for port in decision.inputs)
        self.outputs = decision.outputs
        self.evaluator = evaluator_of(decision)

    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output, in the unit that the rule declares."""
        first = next(iter(si.values()), torch.zeros((), dtype=torch.float64))
        columns: dict[str, Array] = {}
        masks: dict[str, NDArray[np.int8]] = {}
        answerable = np.ones(first.numel(), dtype=bool)
        for port in self.decision.inputs:
            given = si[port.name].detach().cpu().numpy().astype(np.float64).ravel()
            column, missing, inside = _settled(port, given)
            columns[port.name] = column
            if missing.any():
                masks[port.name] = missing.astype(np.int8)
            answerable &= inside
        rows = np.flatnonzero(answerable)
        if len(rows) == 0:
            nothing = torch.full_like(first, float("nan"))
            return dict.fromkeys(self.outputs, nothing)
        found = self.evaluator(
            {name: column[rows] for name, column in columns.items()},
            {name: mask[rows] for name, mask in masks.items()},
        )
        answers: dict[str, Tensor] = {}
        for name in self.outputs:
            values = np.asarray(found.values[name], dtype=np.float64)
            mask = found.masks.get(name)
            if mask is not None:
                values = np.where(mask == 0, values, np.nan)
            whole = np.full(first.numel(), np.nan)
            whole[rows] = values
            answers[name] = torch.from_numpy(whole).to(first.device).reshape(first.shape)
        return answers

    def spec(self) -> dict[str, Any]:
        """Return the kind and the decision."""
        return {"kind": "decision", "decision": to_json(self.decision)}

    @staticmethod
    def from_spec(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> DecisionForm:
        """Read a decision that may come from anywhere.

        Raises:
            ValueError: The description is no decision, or weights came with it.
        """
        if set(spec) != {"kind", "decision"} or weights:
            raise ValueError("a rule is a decision and has no weights")
        return DecisionForm(from_json(spec["decision"]))


def _settled(port: Port, given: Array) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a column with whole coins, where it is missing, and where it may be answered."""
    missing = np.isnan(given)
    column = np.where(missing, 0.0, given)
    step = grain(port)
    inside = np.isfinite(column)
    if step is not None:
        count = np.rint(column / float(step))
        near = count * step.numerator / step.denominator
        inside &= np.abs(column - near) <= SINGLE * np.abs(column)
        column = near
    low, high = bounds(port)
    if low is not None:
        inside &= column >= float(low)
    if high is not None:
        inside &= column <= float(high)
    return column, missing, (missing | inside) & (~missing | port.may_be_unknown)
