"""Solve several equations for several quantities at once, for many rows.

Newton's method starts from many fixed points of the declared ranges; it works in logarithms where
a range is declared so. What it finds is a solution only where every equation balances to rounding
over the size of its terms. A row in which not exactly one solution counts has no answer. Equations
that are linear are solved directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from lawc.forms.tape import Tape, run
from lawc.knowledge.algebra import ZERO
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Binary, Call, Expression, names
from lawc.lowering.balance import terms
from lawc.lowering.numpy_table import TABLE, Array, evaluate
from lawc.lowering.plan import Together
from lawc.lowering.tapes import tape

CHUNK = 2_000
ITERATIONS = 60
HALVINGS = 6
RESIDUAL = 1e-10
NOISE = 1e-15
SAME = 1e-6
STARTS = 48
"""Starting points for two unknowns; each further one adds a quarter."""


@dataclass(frozen=True)
class Solutions:
    """All solutions that were found.

    Attributes:
        row: The row of each, in rising order.
        values: SI values, shape (solutions, unknowns).
    """

    row: np.ndarray
    values: Array


def find_together(
    step: Together, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> dict[str, Array]:
    """Return each unknown's value, NaN in rows with no solution or several that count.

    Args:
        step: What to solve.
        columns: SI values of what its expressions speak of, each of shape (n,) or ().
        fixed: SI values of names that do not vary.
        rows: n.
    """
    found = all_solutions(step, columns, fixed, rows)
    values = np.full((rows, len(step.brackets)), np.nan)
    values[found.row] = found.values
    values[np.bincount(found.row, minlength=rows) != 1] = np.nan
    return {name: values[:, k] for k, name in enumerate(step.quantities)}


def all_solutions(
    step: Together, columns: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> Solutions:
    """Return all solutions that were found in the brackets and satisfy the conditions."""
    block = Block.of(step, fixed)
    given = [np.broadcast_to(columns[name], (rows,)) for name in block.names]
    row, values = [np.empty(0, dtype=int)], [np.empty((0, len(step.brackets)))]
    solve = _linear if step.linear else _searched
    for start in range(0, rows, CHUNK):
        part = [column[start : start + CHUNK] for column in given]
        found = solve(block, step, part, min(CHUNK, rows - start))
        row.append(found.row + start)
        values.append(found.values)
    found = Solutions(np.concatenate(row), np.concatenate(values))
    kept = np.ones(len(found.row), dtype=bool)
    for condition in step.conditions:
        spoken = sorted(names(condition) - fixed.keys() - set(step.quantities))
        here = {name: np.broadcast_to(columns[name], (rows,))[found.row] for name in spoken}
        here |= {name: found.values[:, k] for k, name in enumerate(step.quantities)}
        held = evaluate(tape({"held": condition}, tuple(here), fixed), here)["held"]
        kept &= held.astype(bool)
    return Solutions(found.row[kept], found.values[kept])


@dataclass(frozen=True)
class Block:
    """Tapes of a block: its expressions with their sizes, and its Jacobian.

    Attributes:
        names: What the expressions speak of beside the unknowns.
        values: Expressions, then the sums of their absolute terms.
        slopes: Entries of the Jacobian that are not zero.
        entries: Row and column of each of these.
    """

    unknowns: int
    names: tuple[str, ...]
    values: Tape
    slopes: Tape
    entries: tuple[tuple[int, int], ...]

    @staticmethod
    def of(step: Together, fixed: Mapping[str, float]) -> Block:
        """Return the tapes of a step."""
        unknowns = step.quantities
        spoken = frozenset[str]().union(*map(names, step.expressions))
        free = tuple(sorted(spoken - set(unknowns) - fixed.keys()))
        inputs = (*unknowns, *free)
        values: dict[str, Expression] = {f"f{k}": e for k, e in enumerate(step.expressions)}
        values |= {f"size{k}": _size(e) for k, e in enumerate(step.expressions)}
        slopes = {
            (i, j): slope
            for i, expression in enumerate(step.expressions)
            for j, name in enumerate(unknowns)
            if (slope := derivative(expression, name)) != ZERO
        }
        return Block(
            len(unknowns),
            free,
            tape(values, inputs, fixed),
            tape({f"{i},{j}": e for (i, j), e in slopes.items()}, inputs, fixed),
            tuple(slopes),
        )

    def at(self, x: Array, given: list[Array]) -> tuple[Array, Array]:
        """Return expressions and sizes at points, each of shape (unknowns, m)."""
        with np.errstate(all="ignore"):
            found = run(self.values, [*x, *given], TABLE)
        every = np.stack([np.broadcast_to(part, x.shape[1:]) for part in found])
        return every[: self.unknowns], every[self.unknowns :]

    def jacobian(self, x: Array, given: list[Array]) -> Array:
        """Return the Jacobian at points, shape (unknowns, unknowns, m)."""
        result = np.zeros((self.unknowns, self.unknowns, x.shape[1]))
        with np.errstate(all="ignore"):
            for (i, j), part in zip(
                self.entries, run(self.slopes, [*x, *given], TABLE), strict=True
            ):
                result[i, j] = part
        return result


def _size(expression: Expression) -> Expression:
    absolute: list[Expression] = [Call("abs", (term,)) for term in terms(expression)]
    return reduce(lambda a, b: Binary("+", a, b), absolute)


def _linear(block: Block, step: Together, given: list[Array], rows: int) -> Solutions:
    x = np.zeros((block.unknowns, rows))
    matrix = block.jacobian(x, given)
    # A second round takes away what rounding left over.
    for _ in range(2):
        f, _ = block.at(x, given)
        x = x - solve_small(matrix, f)
    good = np.flatnonzero(_gap(block, x, given, block.at(x, given)[1]) <= RESIDUAL)
    return Solutions(good, x[:, good].T)


def _gap(
    block: Block, x: Array, given: list[Array], size: Array, noise: Array | float = 0.0
) -> Array:
    """Return the worst imbalance over a size of each expression, beyond noise, at each point."""
    f, _ = block.at(x, given)
    with np.errstate(all="ignore"):
        f = np.maximum(np.abs(f) - noise, 0.0)
        gap = np.where(f == 0, 0.0, f / size)
    return np.where(np.isnan(gap), np.inf, gap).max(axis=0)


@dataclass(frozen=True)
class _Scale:
    """Coordinates from 0 to 1 for the unknowns, along logarithms where declared."""

    low: Array
    high: Array
    log: np.ndarray

    @staticmethod
    def of(step: Together) -> _Scale:
        low = np.array([np.nan if b.low is None else b.low for b in step.brackets])
        high = np.array([np.nan if b.high is None else b.high for b in step.brackets])
        log = np.array([b.log for b in step.brackets])
        return _Scale(
            np.where(log, np.log(np.where(log, low, 1.0)), low)[:, None],
            np.where(log, np.log(np.where(log, high, 1.0)), high)[:, None],
            log,
        )

    def values(self, u: Array) -> Array:
        x = self.low + (self.high - self.low) * u
        x[self.log] = np.exp(x[self.log])
        return x

    def stretch(self, x: Array) -> Array:
        """Return how the values change with the coordinates."""
        return (self.high - self.low) * np.where(self.log[:, None], x, 1.0)


def _searched(block: Block, step: Together, given: list[Array], rows: int) -> Solutions:
    scale = _Scale.of(step)
    starts = _starts(block.unknowns)
    count = starts.shape[1]
    row = np.repeat(np.arange(rows), count)
    here = [column[row] for column in given]
    u = _descend(block, scale, np.tile(starts, rows), here)
    x = _to_zero(block, scale, scale.values(u), here)
    last, noise = _newton(block, scale, u, here)
    _, size = block.at(x, here)
    good = _gap(block, x, here, size, noise) <= RESIDUAL
    good &= ((u >= -1e-9) & (u <= 1 + 1e-9)).all(axis=0)
    # Where the last step was not small, the terms balance without a solution nearby.
    good &= np.abs(last).max(axis=0) <= SAME
    kept = np.flatnonzero(good)
    return _apart(row[kept], u[:, kept].T, x[:, kept].T)


def _to_zero(block: Block, scale: _Scale, x: Array, given: list[Array]) -> Array:
    """Return values with those that are next to nothing made nothing where that is no worse."""
    width = np.where(scale.log[:, None], 0.0, scale.high - scale.low)
    trial = np.where(np.abs(x) <= 1e-13 * width, 0.0, x)
    one = np.ones_like(x)
    better = _gap(block, trial, given, one) <= _gap(block, x, given, one)
    return np.where(better, trial, x)


def _apart(row: np.ndarray, u: Array, x: Array) -> Solutions:
    """Return solutions with those that are one made one."""
    left = np.arange(len(row))
    kept = [left[:0]]
    while len(left):
        # The first of each row stands for all that lie next to it.
        _, first, owner = np.unique(row[left], return_index=True, return_inverse=True)
        chosen = left[first]
        kept.append(chosen)
        left = left[np.abs(u[left] - u[chosen][owner]).max(axis=1) > SAME]
    every = np.concatenate(kept)
    every = every[np.lexsort((*x[every].T[::-1], row[every]))]
    return Solutions(row[every], x[every])


def _starts(unknowns: int) -> Array:
    """Return fixed points of the unit cube, shape (unknowns, starts): its centre first."""
    count = STARTS + STARTS // 4 * (unknowns - 2)
    # Powers of the root of x^(n+1) = x + 1 fill a cube evenly.
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (unknowns + 1))
    strides = root ** -np.arange(1, unknowns + 1)
    points = (0.5 + np.outer(strides, np.arange(count))) % 1.0
    # Solutions crowd at the lower ends of ranges that begin at nothing.
    points[:, 1::3] = points[:, 1::3] ** 3
    return points


def _newton(block: Block, scale: _Scale, u: Array, given: list[Array]) -> tuple[Array, Array]:
    """Return the full step in coordinates, and what their rounding makes of the expressions."""
    x = scale.values(u)
    f, _ = block.at(x, given)
    matrix = block.jacobian(x, given) * scale.stretch(x)[None]
    with np.errstate(all="ignore"):
        noise = np.nan_to_num(np.abs(matrix).sum(axis=1) * NOISE, nan=0.0, posinf=0.0)
    return solve_small(matrix, f), noise


def _descend(block: Block, scale: _Scale, u: Array, given: list[Array]) -> Array:
    """Return where damped steps lead to, inside the brackets."""
    u = u.copy()
    active = np.arange(u.shape[1])
    for _ in range(ITERATIONS):
        here = [column[active] for column in given]
        at = u[:, active]
        step, noise = _newton(block, scale, at, here)
        length = np.abs(step).max(axis=0)
        step = step * np.minimum(1.0, 0.5 / np.fmax(length, 1e-300))
        _, size = block.at(scale.values(at), here)
        gap = _gap(block, scale.values(at), here, size, noise)
        best = np.clip(at - step, 0.0, 1.0)
        better = _gap(block, scale.values(best), here, size, noise)
        share = np.ones(len(active))
        for _ in range(HALVINGS):
            worse = np.flatnonzero(~(better < gap) & (gap > 1e-13))
            if not len(worse):
                break
            share[worse] /= 3
            trial = np.clip(at[:, worse] - share[worse] * step[:, worse], 0.0, 1.0)
            best[:, worse] = trial
            rest = [column[worse] for column in here]
            better[worse] = _gap(block, scale.values(trial), rest, size[:, worse], noise[:, worse])
        # A step that makes it worse is not taken at rounding level.
        kept = (gap <= 1e-13) & ~(better < gap)
        best[:, kept] = at[:, kept]
        u[:, active] = best
        moved = np.abs(best - at).max(axis=0)
        # Where no share of the step makes it better, this start leads nowhere.
        active = active[(moved > 1e-15) & (better < gap)]
        if not len(active):
            break
    return u


def solve_small(matrix: Array, right: Array) -> Array:
    """Return the solutions of small linear systems, by elimination with pivots.

    Args:
        matrix: Shape (n, n, m): m systems of n equations.
        right: Shape (n, m).

    Returns:
        Shape (n, m); not finite where a matrix is singular.
    """
    n = len(matrix)
    with np.errstate(all="ignore"):
        size = np.abs(matrix).max(axis=1)
        size = np.where(size > 0, size, 1.0)
        a, b = matrix / size[:, None], right / size
        for k in range(n):
            pivot = k + np.argmax(np.abs(a[k:, k]), axis=0)
            moved = np.flatnonzero(pivot != k)
            at = pivot[moved]
            upper = a[k][:, moved]
            a[k][:, moved], a[at, :, moved] = a[at, :, moved].T, upper.T
            first = b[k, moved]
            b[k, moved], b[at, moved] = b[at, moved], first
            for i in range(k + 1, n):
                factor = a[i, k] / a[k, k]
                a[i, k:] -= factor * a[k, k:]
                b[i] -= factor * b[k]
        x = np.empty_like(b)
        for k in reversed(range(n)):
            x[k] = (b[k] - (a[k, k + 1 :] * x[k + 1 :]).sum(axis=0)) / a[k, k]
    return x
