"""A closed form as a module: the exact form, which is never approximated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lawc.forms.form import Form
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate


class Formula(Form):
    """A tape from SI inputs to SI outputs."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape
        self.inputs = tape.inputs
        self.outputs = tuple(name for name, _ in tape.outputs)

    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output in SI."""
        return evaluate(self.tape, si)

    def spec(self) -> dict[str, Any]:
        """Return the kind and the tape."""
        return {"kind": "formula", "tape": self.tape.to_json()}

    @staticmethod
    def from_spec(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Formula:
        """Read a formula that may come from anywhere.

        Raises:
            ValueError: The description is no formula, or weights came with it.
        """
        if set(spec) != {"kind", "tape"} or weights:
            raise ValueError("a formula is a tape and has no weights")
        return Formula(Tape.from_json(spec["tape"]))
