"""Find the roots of an expression inside a declared range, for many rows at once.

The range is divided until each part either cannot hold a root, by the intervals of the expression,
or holds at most one, by the sign of its slope there. So all roots are found, touching ones too. A
value is never picked silently among several: of several roots those count that satisfy the root's
conditions, and a row in which not exactly one is left has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import elementwise

from lawc.knowledge.expression import names
from lawc.lowering.balance import NEAREST, RESIDUAL
from lawc.lowering.dividing import Cells, Formula, divide
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Root
from lawc.lowering.tapes import tape

CHUNK = 20_000
NEARBY = 1e-3
NEAR = 1e-9
"""Roots nearer than this, as a share of their size or of the range, are one."""


@dataclass(frozen=True)
class Roots:
    """All roots in many rows.

    Attributes:
        row: The row of each, in rising order.
        value: The roots, rising within a row.
        unclear: Rows of which it is not known whether all were found, shape (rows,).
    """

    row: np.ndarray
    value: Array
    unclear: np.ndarray

    def single(self) -> Array:
        """Return the root of each row, NaN where there is none or several."""
        count = np.bincount(self.row, minlength=len(self.unclear))
        found = np.full(len(self.unclear), np.nan)
        found[self.row] = self.value
        return np.where((count == 1) & ~self.unclear, found, np.nan)


def find(root: Root, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int) -> Array:
    """Return the root in each row, NaN where the range holds none or several that count.

    Args:
        root: What to find.
        columns: SI values of what its expression speaks of, each of shape (n,) or ().
        fixed: SI values of names that do not vary.
        rows: n.
    """
    return all_roots(root, columns, fixed, rows).single()


def all_roots(
    root: Root, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> Roots:
    """Return all roots that lie in the range and satisfy the conditions."""
    formula = _formula(root, fixed)
    given = {name: np.broadcast_to(columns[name], (rows,)) for name in formula.names}
    parts = []
    for start in range(0, rows, CHUNK):
        chunk = {name: column[start : start + CHUNK] for name, column in given.items()}
        found = _in_chunk(root, formula, chunk, min(CHUNK, rows - start))
        parts.append(Roots(found.row + start, found.value, found.unclear))
    if not parts:
        return Roots(np.empty(0, dtype=int), np.empty(0), np.empty(0, dtype=bool))
    every = Roots(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.unclear for part in parts]),
    )
    return _that_count(root, every, columns, fixed, rows)


def _that_count(
    root: Root, found: Roots, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> Roots:
    """Leave out what the conditions exclude."""
    kept = np.ones(len(found.row), dtype=bool)
    for condition in root.conditions:
        spoken = sorted(names(condition) - fixed.keys() - {root.quantity})
        given = {name: np.broadcast_to(columns[name], (rows,))[found.row] for name in spoken}
        given[root.quantity] = found.value
        held = evaluate(tape({"held": condition}, tuple(given), fixed), given)["held"]
        kept &= held.astype(bool)
    return Roots(found.row[kept], found.value[kept], found.unclear)


def _formula(root: Root, fixed: Mapping[str, float]) -> Formula:
    free = tuple(sorted(names(root.expression) - {root.quantity} - fixed.keys()))
    return Formula.of(root.expression, root.quantity, free, fixed)


def _in_chunk(root: Root, formula: Formula, given: Mapping[str, Array], rows: int) -> Roots:
    others = [given[name] for name in formula.names]
    # The sizes at a few points say what counts as zero where a formula is a product.
    sizes = [
        formula.at(np.full(rows, point), others)[0] for point in np.linspace(root.low, root.high, 5)
    ]
    scale = np.nanmax(np.where(np.isfinite(sizes), np.abs(sizes), np.nan), axis=0, initial=0.0)
    cells = divide(formula, root.low, root.high, root.log, others, rows)
    found = [_ends(root, formula, others, rows), _crossings(root, formula, others, cells, scale)]
    if len(cells.touching):
        found.append(_touching(formula, others, cells, scale))
    row = np.concatenate([row for row, _ in found])
    value = np.concatenate([value for _, value in found])
    return Roots(*_without_doubles(root, row, value), cells.unclear)


def _ends(root: Root, formula: Formula, others: list[Array], rows: int) -> tuple[np.ndarray, Array]:
    """Return the ends of the range that are roots; there rounding decides about signs."""
    row, value = [], []
    for end, other in ((root.low, root.high), (root.high, root.low)):
        # Nearby the expression is as large as it can be expected to be at the end.
        near = end * (other / end) ** NEARBY if root.log else end + NEARBY * (other - end)
        f, size = formula.at(np.full(rows, end), others)
        expected, _ = formula.at(np.full(rows, near), others)
        good = (np.abs(f) <= 1e-14 * size) | (np.abs(f) <= 1e-13 * np.abs(expected))
        good = np.flatnonzero(good & np.isfinite(f))
        row.append(good)
        value.append(np.full(len(good), end))
    return np.concatenate(row), np.concatenate(value)


def _crossings(
    root: Root, formula: Formula, others: list[Array], cells: Cells, scale: Array
) -> tuple[np.ndarray, Array]:
    """Return the roots in cells at whose ends the signs differ."""
    row = cells.crossing.row
    if not len(row):
        return row, np.empty(0)
    inside = [column[row] for column in others]
    solved = _solve(root, formula, cells.crossing.low, cells.crossing.high, inside)
    f, size = formula.at(solved, inside)
    # A change of sign at a pole or at a jump is no root: there the values do not vanish.
    few = np.abs(f) <= 1e-13 * scale[row]
    if formula.slope is not None:
        # Where all terms vanish, what is left of them is rounding of the root.
        slope = np.abs(formula.slope_at(solved, inside))
        few = np.abs(f) <= 2 * NEAREST * np.spacing(np.abs(solved)) * slope
        few &= np.abs(f) <= 1e-6 * scale[row]
    good = (np.abs(f) <= RESIDUAL * size) | few
    return row[good], solved[good]


def _touching(
    formula: Formula, others: list[Array], cells: Cells, scale: Array
) -> tuple[np.ndarray, Array]:
    """Return where the expression touches zero without a change of sign."""
    row, low, high = cells.touching.row, cells.touching.low, cells.touching.high
    inside = [column[row] for column in others]
    candidates = [low, (low + high) / 2, high]
    if formula.slope is not None:
        slopes = [formula.slope_at(point, inside) for point in (low, high)]
        turning = np.sign(slopes[0]) * np.sign(slopes[1]) < 0
        bent = np.full(len(row), np.nan)
        if turning.any():
            bent[turning] = _search(
                lambda x, *rest: formula.slope_at(x, list(rest)),
                low[turning],
                high[turning],
                [column[turning] for column in inside],
            )
        candidates.append(bent)
    values = np.stack([np.abs(formula.at(point, inside)[0]) for point in candidates])
    values = np.where(np.isnan(values), np.inf, values)
    best = np.argmin(values, axis=0)
    # The turning point is the root wherever it is as good as any other point.
    if formula.slope is not None:
        _, size = formula.at(candidates[-1], inside)
        best = np.where(values[-1] <= 1e-14 * size, len(candidates) - 1, best)
    where = np.take_along_axis(np.stack(candidates), best[None], 0)[0]
    f, size = formula.at(where, inside)
    good = np.abs(f) <= 1e-13 * np.fmax(size, 0.1 * scale[row])
    return row[good], where[good]


def _without_doubles(root: Root, row: np.ndarray, value: Array) -> tuple[np.ndarray, Array]:
    order = np.lexsort((value, row))
    row, value = row[order], value[order]
    width = 0.0 if root.log else 1e-3 * NEAR * (root.high - root.low)
    same = np.zeros(len(row), dtype=bool)
    same[1:] = (row[1:] == row[:-1]) & (
        value[1:] - value[:-1] <= np.fmax(NEAR * np.abs(value[1:]), width)
    )
    return row[~same], value[~same]


def _solve(root: Root, formula: Formula, low: Array, high: Array, others: list[Array]) -> Array:
    def f(values: Array, *rest: Array) -> Array:
        return formula.at(values, list(rest))[0]

    if root.log:
        inner = _search(lambda u, *rest: f(np.exp(u), *rest), np.log(low), np.log(high), others)
        near = np.exp(inner)
        low, high = np.maximum(low, near * (1 - 1e-9)), np.minimum(high, near * (1 + 1e-9))
        exact = _search(f, low, high, others)
        return np.where(np.isnan(exact), near, exact)
    return _search(f, low, high, others)


def _search(f: Callable[..., Array], low: Array, high: Array, others: list[Array]) -> Array:
    with np.errstate(all="ignore"):
        found = elementwise.find_root(f, (low, high), args=tuple(others))
    return np.where(found.status == 0, found.x, np.nan)
