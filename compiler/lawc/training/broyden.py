"""Self-scaled Broyden steps: curvature learned from gradients, a step as cheap as a gradient.

On small networks in float64 this goes on falling where damped Gauss–Newton steps have become too
dear: ten times lower in equal time on a supervised law of three groups (measured).

The inverse curvature is one triangle of a symmetric matrix and a factor before it. A step reads the
triangle once, for its product with the new slope, and writes it once: what else the update needs
follows from products that are known.

Source:
    M. Al-Baali, E. Spedicato, F. Maggioni, Optim. Methods Softw. 29 (2014) 937–954, for the family;
    arXiv 2405.04230 and 2501.16371 for its use on networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.linalg import blas

from lawc.training.optimiser import Array, Function, Objective, SlopeOptimiser, State, stored

_SYMV, _SYR, _SYR2 = blas.get_blas_funcs(("symv", "syr", "syr2"), dtype=np.float64)

_TINY = 1e-14
_LEAST, _MOST = 1e-100, 1e100
"""Where the factor before the matrix is multiplied in, long before it could leave all floats."""


class Broyden(SlopeOptimiser):
    """A minimisation that learns the inverse curvature.

    Attributes:
        resets: How often the learned curvature was dropped.
        curvature: Gives the inverse curvature at some parameters (its upper triangle counts) to
            begin with, and again where what was learned has failed; None begins blind, which
            ends lower on residuals of laws of fields (measured) and higher on supervised data.
    """

    name = "broyden"
    keeps = 300

    def __init__(self, objective: Objective | Function, theta: Array) -> None:
        self.resets = 0
        self.curvature: Callable[[Array], Array | None] | None = None
        # Whether the matrix is just the one that was given, and whether that one has led nowhere.
        self._fresh = self._blind = False
        self._matrix: Array | None = None
        self._factor = 1.0
        self._mapped: Array | None = None
        super().__init__(objective, theta)

    def replace(self, objective: Objective | Function) -> None:
        """Go on with another function, nearly the same, and the curvature learned so far."""
        super().replace(objective)
        self._mapped = None

    def state(self) -> State:
        """Return parameters and curvature; without the latter nothing was learned yet."""
        found = {**super().state(), "resets": np.array(float(self.resets))}
        found["flags"] = np.array([float(self._fresh), float(self._blind)])
        if self._matrix is not None:
            found |= {"matrix": self._matrix.copy(order="F"), "factor": np.array(self._factor)}
            if self._mapped is not None:
                found["mapped"] = self._mapped.copy()
        return found

    def restore(self, state: State) -> None:
        """Take up a state that `state` returned, for the same function."""
        super().restore(state)
        size = len(self.theta)
        self.resets = int(stored(state, "resets"))
        self._fresh, self._blind = (bool(flag) for flag in stored(state, "flags", 2))
        self._matrix, self._factor = None, 1.0
        if "matrix" in state:
            self._matrix = np.asfortranarray(stored(state, "matrix", size, size))
            self._factor = float(stored(state, "factor"))
        self._mapped = stored(state, "mapped", size) if "mapped" in state else None

    def _step(self) -> bool:
        # Squares of the smallest floats are zero, and so is what is left to gain.
        if not float(self._slope @ self._slope) > 0:
            self.why = "the slope is zero"
            return False
        while True:
            direction = self._direction()
            # Rounding may have turned the direction: upwards nothing is to be found.
            found = self._search(direction) if float(direction @ self._slope) < 0 else None
            if found is not None:
                break
            if self._matrix is None:
                self.why = "no step lowers the cost"
                return False
            self._blind = self._fresh
            self._drop()
        length, slope = found
        change = length * direction
        self._learn(change, slope, length)
        self.theta = self.theta + change
        self.cost, self._slope = self._ask(self.theta)
        self._blind = self._fresh = False
        return True

    def _drop(self) -> None:
        self._matrix, self._mapped = None, None
        self.resets += 1

    def _begin(self) -> None:
        """Take the curvature that is known otherwise than from gradients, where there is one."""
        if self.curvature is None or self._blind:
            return
        found = self.curvature(self.theta)
        if found is not None:
            self._matrix, self._factor, self._mapped = np.asfortranarray(found), 1.0, None
            self._fresh = True

    def _direction(self) -> Array:
        if self._matrix is None:
            self._begin()
        if self._matrix is None:
            return -self._slope * (0.1 / float(np.linalg.norm(self._slope)))
        if self._mapped is None:
            self._mapped = self._times(self._slope)
        return -self._mapped

    def _times(self, vector: Array) -> Array:
        """Return the inverse curvature times a vector."""
        return _SYMV(self._factor, self._matrix, vector)

    def _learn(self, change: Array, slope: Array, length: float) -> None:
        """Update the inverse curvature from a step s and the change y of the gradient."""
        turn = slope - self._slope
        along = float(turn @ change)
        if along <= _LEAST:
            self._drop()
            return
        if self._matrix is None:
            self._matrix = np.asfortranarray(np.eye(len(change)))
            self._factor = along / float(turn @ turn)
            self._mapped = self._factor * self._slope
        ahead = self._times(slope)
        mapped = ahead - (self._mapped if self._mapped is not None else self._times(self._slope))
        through = float(turn @ mapped)
        try:
            scale, share = _family(
                through / along, -length * float(self._slope @ change) / along, len(change)
            )
        except ArithmeticError:
            # The two curvatures are too far apart for numbers.
            self._drop()
            return
        if not (math.isfinite(scale) and scale > 0 and math.isfinite(share) and through > 0):
            self._drop()
            return
        # H/τ and a part of rank two, [s Hy] M [s Hy]ᵀ.
        both = share / (scale * along)
        square = (1.0 + through * both) / along
        rest = (share - 1.0) / (through * scale)
        self._factor /= scale
        _rank_two(self._matrix, change, mapped, *(m / self._factor for m in (square, -both, rest)))
        along_s, along_y = float(change @ slope), float(mapped @ slope)
        self._mapped = ahead / scale
        self._mapped += (square * along_s - both * along_y) * change
        self._mapped += (rest * along_y - both * along_s) * mapped
        if not _LEAST < self._factor < _MOST:
            self._matrix *= self._factor
            self._factor = 1.0


def _family(h: float, b: float, size: int) -> tuple[float, float]:
    """Return the scale τ and the share φ of the update, from yᵀHy/yᵀs and -t gᵀs/yᵀs.

    Raises:
        ArithmeticError: The figures are so far apart that one of these has no number.
    """
    a = max(b * h - 1.0, _TINY)
    # h (1 - √(a/(1 + a))), which would be 0 for a large a.
    least = min(1.0, h / ((1.0 + a) * (1.0 + math.sqrt(a / (1.0 + a)))))
    theta = min(max((1.0 - b) / b, (least - 1.0) / a), 1.0 / least)
    sigma = abs(1.0 + theta * a) ** (1.0 / (1 - max(size, 2)))
    scale = min(1.0, 1.0 / b)
    if theta > 0:
        scale *= min(sigma, 1.0 / theta)
    else:
        scale = min(scale * sigma, 1.0 + theta * a)
    return scale, (1.0 - theta) / (1.0 + a * theta)


def _rank_two(
    matrix: Array, one: Array, two: Array, square: float, both: float, rest: float
) -> None:
    """Add square·aaᵀ + both·(abᵀ + baᵀ) + rest·bbᵀ to the upper triangle of a matrix."""
    inside = both * both - square * rest
    if inside >= 0 and square > 0:
        # As (a + αb)wᵀ + w(a + αb)ᵀ, which goes over the matrix once.
        root = both + math.copysign(math.sqrt(inside), both)
        alpha = rest / root if root else 0.0
        first = one + alpha * two
        second = (0.5 * square) * one + (both - 0.5 * alpha * square) * two
        _SYR2(1.0, first, second, a=matrix, overwrite_a=1)
        return
    _SYR2(1.0, one, (0.5 * square) * one + both * two, a=matrix, overwrite_a=1)
    _SYR(rest, two, a=matrix, overwrite_a=1)
