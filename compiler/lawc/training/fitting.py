"""A network on rows of the reference as a sum of squares, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import blas
from torch import Tensor

from lawc.backends.kernel import Kernel, NoKernelError
from lawc.backends.statement import Block, Channel, Points, Statement
from lawc.forms.network import count, initial, raw, split
from lawc.forms.tape import Step, Tape
from lawc.training.curvature import damped_inverse
from lawc.training.jacobian import gradient, jacobian, signals
from lawc.training.readout import Readout

Array = NDArray[np.float64]

(_SYRK,) = blas.get_blas_funcs(("syrk",), dtype=np.float64)

STEEP_COORDINATES, STEEPNESS = 2, 4.0
"""Up to so many coordinates a first layer begins so much steeper than usual."""

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

    @property
    def numbers(self) -> int:
        """How many numbers are fitted."""
        return count(self.sizes)

    def start(self, seed: int) -> Tensor:
        """Return random weights to begin with."""
        return steeper(self.sizes, seed)

    def weights_of(self, theta: Tensor) -> Tensor:
        """Return the weights of the network for the numbers that are fitted: the same."""
        return theta

    def deviations(self, theta: Tensor) -> Tensor:
        """Return weighted deviations, shape (n, m)."""
        with torch.no_grad():
            said = signals(split(theta, self.sizes), self.coordinates)[-1]
            return (self.readout(said) - self.values) * self.weights

    def worst(self, theta: Tensor) -> float:
        """Return the largest weighted deviation; infinite where one is no number."""
        largest = float(self.deviations(theta).abs().max())
        return largest if largest == largest else float("inf")

    def typical(self, theta: Tensor) -> float:
        """Return the root of the mean square of the weighted deviations, of the worst output."""
        found = float(self.deviations(theta).square().mean(0).amax().sqrt())
        return found if found == found else float("inf")

    def cost(self, theta: Tensor) -> float:
        """Return the sum of squares."""
        return float(self.deviations(theta).square().sum())

    @cached_property
    def quick(self) -> Kernel | None:
        """Generated code for the cost, where there is a compiler."""
        try:
            return Kernel([self.block])
        except NoKernelError:
            return None

    @cached_property
    def block(self) -> Block:
        """The same as a statement at points, whose rows are the weighted deviations."""
        after = self.readout.after
        tables = (("truth", self.values), ("weight", self.weights))
        given = {
            f"{word} {n + 1}": table[:, n]
            for n in range(len(after.outputs))
            for word, table in tables
        }
        statement = Statement(
            self.sizes,
            tuple(f"coordinate {n}" for n in range(1, self.sizes[0] + 1)),
            {raw(n): Channel(n, ()) for n in range(1, self.sizes[-1] + 1)},
            _deviations(after, tuple(given)),
        )
        return Block(statement, Points(self.coordinates, {**self.readout.columns, **given}))

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the mean of squares and its gradient, flat."""
        if self.quick is not None:
            cost, slope = self.quick.cost_and_slope(theta)
            outputs = self.values.shape[1]
            return cost / outputs, slope / outputs
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

    def curvature(self, theta: Array) -> Array | None:
        """Return the inverse curvature of `cost_and_slope`, as far as J tells it."""
        matrix, _ = self.normal(torch.from_numpy(theta))
        inverse = damped_inverse(matrix)
        return None if inverse is None else inverse * (self.values.numel() / 2)

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


def steeper(sizes: tuple[int, ...], seed: int) -> Tensor:
    """Return random weights, with a steeper first layer where there are few coordinates.

    A flat one has to grow before it can say what swings often: a damped oscillation reached 1e-5 in
    half the steps from a steep one, and smooth laws were no slower.
    """
    theta = initial(sizes, seed)
    if sizes[0] <= STEEP_COORDINATES:
        theta[: sizes[1] * (sizes[0] + 1)] *= STEEPNESS
    return theta


def _deviations(after: Tape, given: tuple[str, ...]) -> Tape:
    """Return a tape's outputs less the truth, times the weights.

    Args:
        after: Its outputs are in the order of `given`.
        given: `truth 1`, `weight 1`, `truth 2`, ….
    """
    count, more = len(after.inputs), len(given)

    def moved(register: int) -> int:
        return register if register < count else register + more

    steps = [replace(step, operands=tuple(moved(o) for o in step.operands)) for step in after.steps]
    outputs = []
    for number, (name, register) in enumerate(after.outputs):
        truth, weight = count + 2 * number, count + 2 * number + 1
        end = count + more + len(steps)
        steps += [Step("subtract", (moved(register), truth)), Step("multiply", (end, weight))]
        outputs.append((name, end + 1))
    return Tape((*after.inputs, *given), tuple(steps), tuple(outputs))
