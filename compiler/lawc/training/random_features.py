"""Functions of random slopes, their derivatives in closed form, and least squares over them.

One hidden layer of tanh whose inner weights are drawn, not trained, is linear in its outer ones.
With y = tanh z every derivative along a coordinate is a polynomial of y times powers of slopes, so
a row of any linear operator costs one small product for each order that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import polynomial
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs, solve_triangular

Array = NDArray[np.float64]
Term = tuple[Array, tuple[int, ...]]
"""A coefficient at points, shape (n,), and how often its derivative is taken by each coordinate."""

SHORT = 0.15
"""The least slope, as a share of the largest."""

DAMPING = 1e-16
"""Size of the penalty on weights beside the rows, whose columns have length one."""


@dataclass(frozen=True, eq=False)
class Features:
    """Functions tanh(slopes·z + offsets), and one that is constant.

    Attributes:
        slopes: Shape (m, d).
        offsets: Shape (m,).
    """

    slopes: Array
    offsets: Array

    @property
    def count(self) -> int:
        """How many there are, the constant one among them."""
        return len(self.offsets) + 1

    def rows(self, z: Array, terms: Sequence[Term]) -> Array:
        """Return a linear operator of each function at points.

        Args:
            z: Points, shape (n, d).
            terms: What the operator adds up, derivatives by z.

        Returns:
            Shape (n, m + 1).
        """
        found = np.zeros((len(z), self.count), order="F")
        y = np.tanh(z @ self.slopes.T + self.offsets)
        orders = sorted({sum(powers) for _, powers in terms})
        for order in orders:
            members = [term for term in terms if sum(term[1]) == order]
            coefficients = np.stack([coefficient for coefficient, _ in members], axis=1)
            if order == 0:
                factor = coefficients.sum(axis=1)
                found[:, :-1] += factor[:, None] * y
                found[:, -1] += factor
                continue
            products = np.stack(
                [np.prod(self.slopes ** np.array(powers), axis=1) for _, powers in members]
            )
            found[:, :-1] += (coefficients @ products) * polynomial.polyval(y, _derived(order))
        return found


def draw(count: int, reach: Array, generator: Generator) -> Features:
    """Return functions whose middle planes cross the box from -1 to 1.

    Args:
        count: How many are drawn; the constant one comes on top.
        reach: The largest slope along each coordinate, shape (d,).
        generator: Where they come from.
    """
    away = generator.standard_normal((count, len(reach)))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    slopes = away * generator.uniform(SHORT, 1.0, (count, 1)) * reach
    centres = generator.uniform(-1.0, 1.0, (count, len(reach)))
    return Features(slopes, -(slopes * centres).sum(axis=1))


def joined(first: Features, second: Features) -> Features:
    """Return the functions of both."""
    return Features(
        np.concatenate([first.slopes, second.slopes]),
        np.concatenate([first.offsets, second.offsets]),
    )


def least_squares(whole: Array, width: int) -> Array:
    """Return weights w that bring `rows @ w` as close to right sides as they can.

    Columns are brought to length one, and a penalty at the level of rounding keeps weights of
    columns that almost depend on one another small.

    Args:
        whole: Rows and, behind them, right sides, shape (n, width + r) in column order; its last
            `width` rows are zeros, in which the penalty is put. It is overwritten.
        width: Number of weights.

    Returns:
        Shape (width, r).
    """
    lengths = np.sqrt(np.einsum("ij,ij->j", whole[:, :width], whole[:, :width]))
    lengths[lengths == 0] = 1.0
    whole[:, :width] /= lengths
    place = np.arange(width)
    whole[place - width, place] = DAMPING * np.sqrt(width)
    (factorise,) = get_lapack_funcs(("geqrf",), (whole,))
    packed = factorise(whole, overwrite_a=True)[0]
    found = solve_triangular(packed[:width, :width], packed[:width, width:], check_finite=False)
    return found / lengths[:, None]


@cache
def _derived(order: int) -> Array:
    """Return the derivative of tanh of an order as a polynomial of tanh, lowest power first."""
    found: Array = np.array([0.0, 1.0])
    for _ in range(order):
        slope = polynomial.polyder(found)
        found = np.asarray(polynomial.polymul(slope, np.array([1.0, 0.0, -1.0])), dtype=np.float64)
    return found
