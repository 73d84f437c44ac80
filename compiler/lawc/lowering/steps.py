"""Carry out the algebraic steps of a plan on columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lawc.forms.tape import Tape
from lawc.knowledge.expression import Expression, names, substitute
from lawc.lowering.numpy_table import Array, along, evaluate
from lawc.lowering.plan import Assignment, Root, Step, Together
from lawc.lowering.roots import find
from lawc.lowering.tapes import tape
from lawc.lowering.together import find_together


class Steps:
    """Assignments, joined into tapes as far as no root stands between them, roots and blocks."""

    def __init__(self, steps: Sequence[Step], fixed: Mapping[str, float]) -> None:
        self._fixed = fixed
        self._parts: list[Tape | Root | Together] = []
        written: dict[str, Expression] = {}
        for step in steps:
            if isinstance(step, Assignment):
                written[step.quantity] = substitute(step.expression, written)
            else:
                self._close(written)
                written = {}
                self._parts.append(step)
        self._close(written)

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
            else:
                for name, column in evaluate(part, found).items():
                    found[name] = along(column, rows)
        return found
