"""Divide a range into parts that hold at most one root each, for many rows at once.

A part is dropped where the interval of the expression does not contain zero. It is done where the
interval of the slope does not contain zero: there the expression rises or falls all the way, and
the signs at its ends say whether a root lies between. What is neither is halved. Parts that stay
open until they are next to nothing hold a root that touches zero, a pole or a jump. Where the
expression is zero and level all along a part, each of its values is a root: the row is unclear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape, run
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Binary, Call, Expression
from lawc.lowering import interval_table
from lawc.lowering.balance import terms
from lawc.lowering.interval_table import Interval, added, hull_of_products
from lawc.lowering.numpy_table import TABLE, Array
from lawc.lowering.tapes import tape

DEEPEST = 60
FINEST = 1e-13
LEVEL = 1e-17
"""A part is level where its ends differ by less, as a share of the size of the terms."""
MOST_OPEN = 512
"""A row with more open parts at once is given up as unclear."""
BLOCK = 16_000


@dataclass(frozen=True)
class Formula:
    """An expression of one unknown and some other names, with its slope and its size.

    Attributes:
        names: The other names, in the order of their columns.
        value: Gives the expression and the sum of its absolute terms.
        bare: Gives the expression alone.
        slope: Gives the derivative by the unknown; None where it is not in the language.
    """

    names: tuple[str, ...]
    value: Tape
    bare: Tape
    slope: Tape | None

    @staticmethod
    def of(
        expression: Expression, unknown: str, others: Sequence[str], fixed: Mapping[str, float]
    ) -> Formula:
        """Return the formula of an expression."""
        absolute: list[Expression] = [Call("abs", (term,)) for term in terms(expression)]
        size = reduce(lambda a, b: Binary("+", a, b), absolute)
        inputs = [unknown, *others]
        try:
            slope = tape({"slope": derivative(expression, unknown)}, inputs, fixed)
        except CompileError:
            slope = None
        return Formula(
            tuple(others),
            tape({"f": expression, "size": size}, inputs, fixed),
            tape({"f": expression}, inputs, fixed),
            slope,
        )

    def at(self, x: Array, others: Sequence[Array]) -> tuple[Array, Array]:
        """Return the values and the sizes at points."""
        with np.errstate(all="ignore"):
            found = run(self.value, [x, *others], TABLE)
        value, size = (np.broadcast_to(part, np.shape(x)) for part in found)
        return value, size

    def slope_at(self, x: Array, others: Sequence[Array]) -> Array:
        """Return the slopes at points."""
        assert self.slope is not None
        with np.errstate(all="ignore"):
            return np.broadcast_to(run(self.slope, [x, *others], TABLE)[0], np.shape(x))

    def enclosed(self, low: Array, high: Array, others: Sequence[Array]) -> tuple[Interval, Any]:
        """Return what the values can be at most between ends, and where they may jump."""
        jumps = [np.zeros(np.shape(low), dtype=bool)]
        table = interval_table.watched(lambda mask: jumps.append(np.broadcast_to(mask, low.shape)))
        found = run(self.bare, [(low, high), *((c, c) for c in others)], table)[0]
        wide = tuple(np.broadcast_to(end, low.shape) for end in found)
        return (wide[0], wide[1]), np.logical_or.reduce(jumps)

    def slopes(self, low: Array, high: Array, others: Sequence[Array]) -> Interval:
        """Return what the slopes can be at most between ends."""
        if self.slope is None:
            return np.full(low.shape, -np.inf), np.full(low.shape, np.inf)
        pairs = [(low, high), *((c, c) for c in others)]
        found = run(self.slope, pairs, interval_table.TABLE)[0]
        start, end = (np.broadcast_to(side, low.shape) for side in found)
        # A slope without a value is no slope that is known.
        missing = np.isnan(start) | np.isnan(end)
        return np.where(missing, -np.inf, start), np.where(missing, np.inf, end)


@dataclass(frozen=True)
class Parts:
    """Parts of ranges: the row of each and its ends."""

    row: np.ndarray
    low: Array
    high: Array

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, chosen: np.ndarray) -> Parts:
        """Return some of them."""
        return Parts(self.row[chosen], self.low[chosen], self.high[chosen])

    @staticmethod
    def joined(parts: Sequence[Parts]) -> Parts:
        """Return all parts of several collections."""
        return Parts(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
        )


@dataclass(frozen=True)
class Cells:
    """What a range was divided into.

    Attributes:
        crossing: Parts with one change of sign.
        touching: Small parts in which the expression is next to zero, or jumps, without a change
            of sign between the ends.
        unclear: Rows with too many open parts, or a part full of roots, shape (rows,).
    """

    crossing: Parts
    touching: Parts
    unclear: np.ndarray


def divide(
    formula: Formula, low: float, high: float, log: bool, others: Sequence[Array], rows: int
) -> Cells:
    """Return the parts of `low .. high` that may hold a root.

    Args:
        formula: Whose roots are looked for.
        low, high: The range.
        log: Whether it is divided by ratios.
        others: A column for each of the formula's names, shape (rows,).
        rows: How many rows there are.
    """
    parts = Parts(np.arange(rows), np.full(rows, low), np.full(rows, high))
    unclear = np.zeros(rows, dtype=bool)
    simple = [parts.pick(unclear)]
    small = [parts.pick(unclear)]
    for _ in range(DEEPEST):
        crossing, unknown, vanishing, level = _judge(formula, parts, others)
        unclear[parts.row[level]] = True
        simple.append(parts.pick(crossing))
        size = np.maximum(np.abs(parts.low), np.abs(parts.high))
        size = size if log else np.maximum(size, high - low)
        stop = unknown & ((parts.high - parts.low <= FINEST * size) | vanishing)
        small.append(parts.pick(stop))
        parts = parts.pick(unknown & ~stop)
        unclear |= np.bincount(parts.row, minlength=rows) > MOST_OPEN
        parts = _halved(parts.pick(~unclear[parts.row]), log)
        if not len(parts):
            break
    clusters = _clustered(Parts.joined([*small, parts]))
    inside = [column[clusters.row] for column in others]
    signs = [np.sign(formula.at(end, inside)[0]) for end in (clusters.low, clusters.high)]
    changed = signs[0] * signs[1] < 0
    simple.append(clusters.pick(changed))
    return Cells(Parts.joined(simple), clusters.pick(~changed), unclear)


def _halved(parts: Parts, log: bool) -> Parts:
    low, high = parts.low, parts.high
    middle = np.sqrt(low) * np.sqrt(high) if log else low + (high - low) / 2
    return Parts.joined([Parts(parts.row, low, middle), Parts(parts.row, middle, high)])


def _judge(formula: Formula, parts: Parts, every: Sequence[Array]) -> tuple[np.ndarray, ...]:
    """Return which parts hold one root, may hold several, are zero by rounding, and level too."""
    verdicts = [
        _judged(formula, parts.pick(np.arange(start, min(start + BLOCK, len(parts)))), every)
        for start in range(0, max(len(parts), 1), BLOCK)
    ]
    return tuple(np.concatenate(verdict) for verdict in zip(*verdicts, strict=True))


def _judged(formula: Formula, parts: Parts, every: Sequence[Array]) -> tuple[np.ndarray, ...]:
    low, high = parts.low, parts.high
    others = [column[parts.row] for column in every]
    with np.errstate(all="ignore"):
        (least, most), jumps = formula.enclosed(low, high, others)
        slopes = formula.slopes(low, high, others)
        slopes = np.where(jumps, -np.inf, slopes[0]), np.where(jumps, np.inf, slopes[1])
        middle = low + (high - low) / 2
        centre, _ = formula.enclosed(middle, middle, others)
        mean = added(centre, hull_of_products(slopes, (low - middle, high - middle)))
        bounded = np.isfinite(slopes[0]) & np.isfinite(slopes[1])
        least = np.where(bounded, np.fmax(least, mean[0]), least)
        most = np.where(bounded, np.fmin(most, mean[1]), most)
        possible = (least <= 0) & (most >= 0)
        steady = possible & ((slopes[0] > 0) | (slopes[1] < 0))
        ends, size = formula.at(low, others)
        other_ends, _ = formula.at(high, others)
        signs = np.sign(ends) * np.sign(other_ends)
        crossing = steady & (signs <= 0)
        # Ends without a value leave it open where the formula begins to have one.
        unknown = possible & (~steady | np.isnan(signs))
        size = np.where(np.isfinite(size), size, 0.0)
        vanishing = np.maximum(np.abs(least), np.abs(most)) <= 1e-13 * size
        steepest = np.maximum(np.abs(slopes[0]), np.abs(slopes[1]))
        level = vanishing & (steepest * (high - low) <= LEVEL * size) & (high > low)
    return crossing, unknown, vanishing, level


def _clustered(parts: Parts) -> Parts:
    """Return parts with neighbours in the same row made one."""
    parts = parts.pick(np.lexsort((parts.low, parts.row)))
    if not len(parts):
        return parts
    starts = np.ones(len(parts), dtype=bool)
    starts[1:] = (parts.row[1:] != parts.row[:-1]) | (parts.low[1:] > parts.high[:-1])
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(parts)) - 1
    return Parts(parts.row[first], parts.low[first], parts.high[last])
