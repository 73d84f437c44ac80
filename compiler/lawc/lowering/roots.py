"""Find the root of an expression inside a declared range, for many rows at once.

The range is scanned first: a row counts only if exactly one change of sign is seen, so that a
value is never picked silently among several. What fails is marked, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import elementwise

from lawc.forms.tape import run
from lawc.knowledge.expression import names
from lawc.lowering.numpy_table import TABLE, Array
from lawc.lowering.plan import Root
from lawc.lowering.tapes import tape

SCAN = 33
CHUNK = 20_000


def find(root: Root, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int) -> Array:
    """Return the root in each row, NaN where the range holds none or several.

    Args:
        root: What to find.
        columns: SI values of what its expression speaks of, each of shape (n,) or ().
        fixed: SI values of names that do not vary.
        rows: n.
    """
    free = sorted(names(root.expression) - {root.quantity} - fixed.keys())
    steps = tape({"f": root.expression}, [root.quantity, *free], fixed)
    given = [np.broadcast_to(columns[name], (rows,)) for name in free]

    def f(values: Array, *others: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.broadcast_to(run(steps, [values, *others], TABLE)[0], np.shape(values))

    found = [
        _chunk(root, f, [column[start : start + CHUNK] for column in given], start, rows)
        for start in range(0, rows, CHUNK)
    ]
    return np.concatenate(found) if found else np.empty(0)


def _chunk(root: Root, f, given: list[Array], start: int, rows: int) -> Array:
    count = min(CHUNK, rows - start)
    grid = _grid(root)
    values = np.stack([f(np.full(count, point), *given) for point in grid])
    result = np.full(count, np.nan)
    size = np.nanmax(np.where(np.isfinite(values), np.abs(values), np.nan), axis=0, initial=0.0)
    for end in (0, -1):
        # At the very ends of the range rounding decides the sign, so a zero there is taken.
        at_end = np.abs(values[end]) <= 1e-14 * size
        result = np.where(at_end, grid[end], result)
    signs = np.sign(values)
    change = (signs[:-1] * signs[1:] < 0) | ((signs[1:] == 0) & (signs[:-1] != 0))
    single = (change.sum(axis=0) == 1) & np.isnan(result)
    chosen = np.flatnonzero(single)
    if not chosen.size:
        return result
    cell = np.argmax(change[:, chosen], axis=0)
    others = [column[chosen] for column in given]
    solved = _solve(root, f, grid[cell], grid[cell + 1], others)
    # A change of sign at a pole is no root: there the values grow instead of vanishing.
    good = np.abs(f(solved, *others)) <= 1e-6 * size[chosen]
    result[chosen] = np.where(good, solved, np.nan)
    return result


def _solve(root: Root, f, low: Array, high: Array, others: list[Array]) -> Array:
    if root.log:
        inner = _search(lambda u, *rest: f(np.exp(u), *rest), np.log(low), np.log(high), others)
        near = np.exp(inner)
        low, high = np.maximum(low, near * (1 - 1e-9)), np.minimum(high, near * (1 + 1e-9))
        exact = _search(f, low, high, others)
        return np.where(np.isnan(exact), near, exact)
    return _search(f, low, high, others)


def _search(f, low: Array, high: Array, others: list[Array]) -> Array:
    with np.errstate(all="ignore"):
        found = elementwise.find_root(f, (low, high), args=tuple(others))
    return np.where(found.status == 0, found.x, np.nan)


def _grid(root: Root) -> Array:
    """Return points of the range, its ends among them, denser towards the ends."""
    unit = (1 - np.cos(np.linspace(0, np.pi, SCAN))) / 2
    if root.log:
        grid = root.low * (root.high / root.low) ** unit
    else:
        grid = root.low + (root.high - root.low) * unit
    grid[0], grid[-1] = root.low, root.high
    return grid
