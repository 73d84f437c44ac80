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
from lawc.decision.soft.form import Soft
from lawc.decision.storing import to_json
from lawc.forms.form import Form

Array = NDArray[np.float64]

SINGLE = 2.0**-22
"""An amount that is this close to a whole number of coins, as a share, is meant to be one."""


class DecisionForm(Form):
    """A decision, its values as numbers: places of words, 1 and 0, day numbers, amounts.

    A missing input is NaN. An output is NaN where it is unknown or not applicable, and where an
    input lies outside of what the rule speaks of. The answer is exact; its slope by an input is
    that of the decision blurred by the widths that the rule states, and of a word that of the
    expected place.
    """

    takes_missing = True

    def __init__(self, decision: Decision) -> None:
        super().__init__()
        self.decision = decision
        self.inputs = tuple(port.name for port in decision.inputs)
        self.outputs = decision.outputs
        self.evaluator = evaluator_of(decision)
        # No attributes of the module: what is blurred has buffers, and a rule has no weights.
        self._blurred: dict[str, Soft | None] = {}

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
        if torch.is_grad_enabled() and any(si[name].requires_grad for name in self.inputs):
            return self._with_slopes(si, answers)
        return answers

    def _with_slopes(
        self, si: Mapping[str, Tensor], answers: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the same answers with the slopes of the blurred decision, if it has a blur."""
        soft = self._soft(next(iter(si.values())).device)
        if soft is None:
            return dict(answers)
        columns, masks = {}, {}
        for port in self.decision.inputs:
            column = si[port.name].reshape(-1)
            low, high = bounds(port)
            ends = [None if end is None else float(end) for end in (low, high)]
            masks[port.name] = column.isnan()
            column = torch.where(column.isnan(), ends[0] or 0.0, column)
            columns[port.name] = column.clamp(*ends) if ends != [None, None] else column
        found = soft(columns, masks=masks)
        sloped: dict[str, Tensor] = {}
        for name, exact in answers.items():
            value = found[name]
            if value.dim() == 2:
                value = value @ torch.arange(value.shape[1]).to(value)
            slope = (value - value.detach()).reshape(exact.shape)
            sloped[name] = torch.where(exact.isnan(), exact, exact + slope)
        return sloped

    def _soft(self, device: torch.device) -> Soft | None:
        key = str(device)
        if key not in self._blurred:
            try:
                self._blurred[key] = Soft(self.decision, device=device)
            except ValueError:
                # An operation has no blurred form: the answers are then without slopes.
                self._blurred[key] = None
        return self._blurred[key]

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
