"""A network on rows of the reference as a sum of squares, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import blas
from torch import Tensor

from lawc.forms.network import split
from lawc.training.jacobian import gradient, jacobian, signals
from lawc.training.readout import Readout

Array = NDArray[np.float64]

(_SYRK,) = blas.get_blas_funcs(("syrk",), dtype=np.float64)

CHUNK = 1024
"""Rows whose Jacobian is in memory at once."""


@dataclass(frozen=True)
class Fit:
    """Weighted deviations of a network's outputs from the reference.

    Attributes:
        sizes: Layer sizes.
        coordinates: Shape (n, c).
        readout: For these rows.
        values: The reference, shape (n, m), SI.
        weights: One over what an error is measured against, shape (n, m).
    """

    sizes: tuple[int, ...]
    coordinates: Tensor
    readout: Readout
    values: Tensor
    weights: Tensor

    def __len__(self) -> int:
        return len(self.values)

    def pick(self, rows: Tensor) -> Fit:
        """Return the fit of some of the rows."""
        return Fit(
            self.sizes,
            self.coordinates[rows],
            self.readout.pick(rows),
            self.values[rows],
            self.weights[rows],
        )

    def join(self, other: Fit) -> Fit:
        """Return the fit of these rows and of another's."""
        return Fit(
            self.sizes,
            torch.cat([self.coordinates, other.coordinates]),
            self.readout.join(other.readout),
            torch.cat([self.values, other.values]),
            torch.cat([self.weights, other.weights]),
        )

    def deviations(self, theta: Tensor) -> Tensor:
        """Return weighted deviations, shape (n, m)."""
        with torch.no_grad():
            said = signals(split(theta, self.sizes), self.coordinates)[-1]
            return (self.readout(said) - self.values) * self.weights

    def worst(self, theta: Tensor) -> float:
        """Return the largest weighted deviation; infinite where one is no number."""
        largest = float(self.deviations(theta).abs().max())
        return largest if largest == largest else float("inf")

    def cost(self, theta: Tensor) -> float:
        """Return the sum of squares."""
        return float(self.deviations(theta).square().sum())

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the mean of squares and its gradient, flat."""
        layers = split(theta, self.sizes)
        with torch.no_grad():
            found = signals(layers, self.coordinates)
        said = found[-1].requires_grad_()
        cost = ((self.readout(said) - self.values) * self.weights).square().mean()
        (back,) = torch.autograd.grad(cost, said)
        with torch.no_grad():
            return float(cost), gradient(layers, found, back)

    def normal(self, theta: Tensor) -> tuple[Array, Array]:
        """Return JᵀJ (upper triangle) and Jᵀr, chunk by chunk."""
        size = len(theta)
        matrix, slope = np.zeros((size, size), order="F"), torch.zeros(size, dtype=torch.float64)
        memory = torch.empty(min(CHUNK, len(self)), size, dtype=torch.float64)
        for start in range(0, len(self), CHUNK):
            rows = slice(start, min(start + CHUNK, len(self)))
            for part, residual in self._parts(theta, rows, memory[: rows.stop - start]):
                slope += part.T @ residual
                # Half the work of a product: only the upper triangle is made.
                matrix = _SYRK(1.0, part.numpy().T, beta=1.0, c=matrix, overwrite_c=True)
        return matrix, slope.numpy()

    def rows(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return J, shape (n m, P), and r."""
        parts = list(self._parts(theta, slice(0, len(self)), None))
        return torch.cat([part for part, _ in parts]), torch.cat([r for _, r in parts])

    def _parts(self, theta: Tensor, rows: slice, memory: Tensor | None):
        """Yield Jacobian and residual of one output after another for some rows."""
        layers = split(theta, self.sizes)
        with torch.no_grad():
            found = signals(layers, self.coordinates[rows])
        said = found[-1].requires_grad_()
        answer = self.readout(said, rows)
        for output in range(answer.shape[1]):
            weight = self.weights[rows, output]
            (back,) = torch.autograd.grad(answer[:, output].sum(), said, retain_graph=True)
            with torch.no_grad():
                residual = (answer[:, output] - self.values[rows, output]) * weight
                yield jacobian(layers, found, back * weight[:, None], memory), residual
