"""Solve the linear equations of fields directly, in an order that keeps the factors small.

Unknowns live at places. The region is halved again and again; what stands between two halves is
eliminated after both, and a field like a pressure after what surrounds it, so that rows need not be
exchanged. The order follows from places and pattern once, and serves every matrix of a space.

A. George, SIAM J. Numer. Anal. 10 (1973) 345–363.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import MatrixRankWarning, splu

from lawc.diagnostics.diagnostic import DomainError
from lawc.solvers.field_problem import Array

Order = NDArray[np.int64]
LEAF = 64
EXACT = 1e-9
"""What a backward error may be, relative to the size of the terms of an equation."""


@dataclass(frozen=True)
class Factored:
    """A matrix, factored."""

    order: Order
    factors: sparse.linalg.SuperLU

    def solve(self, right: Array) -> Array:
        """Return what the matrix makes the right side of."""
        found = np.empty_like(right)
        found[self.order] = self.factors.solve(right[self.order])
        return found


def dissected(matrix: sparse.csc_matrix, places: Array, late: NDArray[np.bool_]) -> Order:
    """Return an order of elimination.

    Args:
        matrix: Whose pattern counts.
        places: Where each unknown lives, shape (dimension, n).
        late: Unknowns that come after what surrounds them.
    """
    pattern = sparse.csr_matrix(abs(matrix) + abs(matrix.T))
    size = places.shape[1]
    side = np.zeros(size, dtype=np.int8)
    parts: list[Order] = []
    # Halves are written before what stands between them: the list is turned round at the end.
    waiting: list[tuple[Order, bool]] = [(np.arange(size), False)]
    while waiting:
        nodes, whole = waiting.pop()
        cut = None if whole or len(nodes) <= LEAF else _cut(pattern, places, nodes, side)
        if cut is None:
            parts.append(nodes[np.argsort(late[nodes], kind="stable")][::-1])
            continue
        left, right, between = cut
        waiting += [(left, False), (right, False), (between, True)]
    return np.concatenate(parts)[::-1].copy()


def factor(matrix: sparse.csc_matrix, order: Order) -> Factored:
    """Return a factorisation: without exchanges of rows where that is as exact, since it is faster.

    Raises:
        DomainError: The matrix has none: something is not determined.
    """
    probe = np.cos(np.arange(matrix.get_shape()[0])).astype(matrix.dtype)
    turned = sparse.csc_matrix(matrix[order][:, order])
    for exchange in (1e-3, 1.0):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", MatrixRankWarning)
                if exchange < 1:
                    options = {"SymmetricMode": True}
                    made = splu(turned, "NATURAL", diag_pivot_thresh=exchange, options=options)
                else:
                    made = splu(turned, "COLAMD")
        except (RuntimeError, MatrixRankWarning):
            continue
        found = Factored(order, made)
        solved = found.solve(probe)
        with np.errstate(all="ignore"):
            # Each equation has a size of its own, which a backward error must not depend on.
            size = abs(matrix) @ np.abs(solved) + np.abs(probe)
            missed = np.abs(matrix @ solved - probe) / size
        if np.isfinite(solved).all() and missed.max() < EXACT:
            return found
    raise DomainError(
        "the equations and conditions do not determine the fields: something may be added to "
        "them freely"
    )


def _cut(
    pattern: sparse.csr_matrix, places: Array, nodes: Order, side: NDArray[np.int8]
) -> tuple[Order, Order, Order] | None:
    """Return two halves that do not touch, and what stands between them."""
    where = places[:, nodes]
    axis = int(np.ptp(where, axis=1).argmax())
    low = where[axis] <= np.median(where[axis])
    if low.all() or not low.any():
        return None
    first, last = nodes[low], nodes[~low]
    side[last] = 1
    rows = pattern[first]
    touching = side[rows.indices] == 1
    side[last] = 0
    owner = np.repeat(np.arange(len(first)), np.diff(rows.indptr))
    between = np.zeros(len(first), dtype=bool)
    between[owner[touching]] = True
    return first[~between], last, first[between]
