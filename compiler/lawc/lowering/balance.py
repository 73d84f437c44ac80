"""Measure how well numbers satisfy an equation: its imbalance over the size of its terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lawc.knowledge.expression import Binary, Expression, Negative
from lawc.knowledge.law import Equation
from lawc.lowering.numpy_table import Array, along, evaluate
from lawc.lowering.tapes import tape


def imbalance(
    equation: Equation, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> Array:
    """Return |left - right| over the sum of the absolute terms of both sides, shape (rows,).

    Args:
        equation: Without derivatives.
        columns: SI values of the names it speaks of.
        fixed: SI values of names that do not vary.
        rows: How many rows the columns have.

    Returns:
        Zero where all terms vanish; NaN where a term has no value.
    """
    return Balance(equation, tuple(sorted(columns)), fixed)(columns, rows)


RESIDUAL = 1e-7
"""What values may miss an equation by, as a share of its terms."""
NEAREST = 4.0
"""A number is as near to a root as numbers can be if a root lies within so many of its spacings."""


class Balance:
    """An equation made ready to be tried on many columns."""

    def __init__(
        self, equation: Equation, inputs: Sequence[str], fixed: Mapping[str, float]
    ) -> None:
        self.label = equation.label
        self.inputs = frozenset(inputs)
        sides = {"left": equation.left, "right": equation.right}
        pieces = {
            f"{side} {k}": term for side in sides for k, term in enumerate(terms(sides[side]))
        }
        self._pieces = tuple(pieces)
        self._tape = tape({**sides, **pieces}, inputs, fixed)

    def holds(
        self, columns: Mapping[str, Array], rows: int, unknowns: Collection[str] = ()
    ) -> np.ndarray:
        """Return where an equation holds, shape (rows,).

        Args:
            columns: As for a call.
            rows: How many.
            unknowns: What was found from it. Where all terms vanish, as for `cos(x) = 0`, what is
                left of them is rounding of an unknown, and a root beside it counts.
        """
        good = self(columns, rows) <= RESIDUAL
        for name in self.inputs.intersection(unknowns):
            if good.all():
                break
            beside = NEAREST * np.spacing(np.abs(columns[name]))
            signs = [
                np.sign(self._difference({**columns, name: columns[name] + way}, rows))
                for way in (-beside, beside)
            ]
            good |= signs[0] * signs[1] <= 0
        return good

    def _difference(self, columns: Mapping[str, Array], rows: int) -> Array:
        found = evaluate(self._tape, columns)
        with np.errstate(all="ignore"):
            return along(found["left"] - found["right"], rows)

    def __call__(self, columns: Mapping[str, Array], rows: int) -> Array:
        """Return what `imbalance` does; other columns than its inputs are ignored."""
        found = evaluate(self._tape, columns)
        with np.errstate(all="ignore"):
            size = sum(np.abs(found[name]) for name in self._pieces)
            gap = np.abs(found["left"] - found["right"])
            return along(np.where(gap == 0, 0.0, gap / size), rows)


def terms(node: Expression) -> list[Expression]:
    """Return the terms of a sum, over all levels of + and -."""
    match node:
        case Negative(of):
            return terms(of)
        case Binary("+" | "-", left, right):
            return [*terms(left), *terms(right)]
    return [node]
