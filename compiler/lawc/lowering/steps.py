"""Carry out the algebraic steps of a plan on columns.

What an equation was turned round to give is held against it in every row: a square of what a root
gives, or a value outside the image of a function, satisfies nothing, and is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lawc.forms.tape import Tape
from lawc.knowledge.expression import Expression, Number, names, substitute
from lawc.knowledge.law import Equation, Relation
from lawc.lowering.balance import Balance
from lawc.lowering.numpy_table import Array, along, evaluate
from lawc.lowering.plan import Assignment, Root, Step, Together
from lawc.lowering.roots import find
from lawc.lowering.tapes import tape
from lawc.lowering.together import find_together


@dataclass(frozen=True)
class _Held:
    """An equation that a quantity has to satisfy."""

    quantity: str
    balance: Balance

    def __call__(self, found: Mapping[str, Array], rows: int) -> Array:
        """Return the values of the quantity, NaN where they miss the equation."""
        values = along(found[self.quantity], rows)
        if not self.balance.inputs <= found.keys():
            return values
        return np.where(self.balance.holds(found, rows, [self.quantity]), values, np.nan)


class Steps:
    """Assignments, joined into tapes as far as nothing stands between them that needs a look."""

    def __init__(self, steps: Sequence[Step], fixed: Mapping[str, float]) -> None:
        self._fixed = fixed
        self._parts: list[Tape | Root | Together | _Held] = []
        written: dict[str, Expression] = {}
        for step in steps:
            if isinstance(step, Assignment):
                written[step.quantity] = substitute(step.expression, written)
                if step.turned is not None:
                    self._close(written)
                    written = {}
                    self._parts.append(self._held(step.quantity, step.turned))
            else:
                self._close(written)
                written = {}
                self._parts.append(step)
                if isinstance(step, Root):
                    # An end of the range is a root up to rounding, which may be all there is.
                    zero = Equation("", Relation.LAW, step.expression, Number(0))
                    self._parts.append(self._held(step.quantity, zero))
        self._close(written)

    def _held(self, quantity: str, equation: Equation) -> _Held:
        spoken = (names(equation.left) | names(equation.right)) - self._fixed.keys()
        return _Held(quantity, Balance(equation, sorted(spoken), self._fixed))

    def _close(self, written: Mapping[str, Expression]) -> None:
        if written:
            free = frozenset[str]().union(*map(names, written.values()))
            self._parts.append(tape(written, sorted(free - self._fixed.keys()), self._fixed))

    def __call__(self, values: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """Return SI values with those of the steps added, each of shape (rows,)."""
        found = dict(values)
        for part in self._parts:
            if isinstance(part, Root):
                found[part.quantity] = find(part, found, self._fixed, rows)
            elif isinstance(part, Together):
                found |= find_together(part, found, self._fixed, rows)
            elif isinstance(part, _Held):
                found[part.quantity] = part(found, rows)
            else:
                for name, column in evaluate(part, found).items():
                    found[name] = along(column, rows)
        return found
