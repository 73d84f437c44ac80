"""Residuals of small networks by generated code: as fast as the processor multiplies matrices.

The C of a statement is compiled once and kept. Points are cut into shares of tiles; shares have
slopes of their own and are added up in order, so that the result does not depend on the number of
threads, to the last bit.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from scipy.linalg import get_blas_funcs
from torch import Tensor

from lawc.backends.kernel_source import FLAGS, Plan, plan
from lawc.backends.statement import Block, Objective
from lawc.forms.tape import run
from lawc.forms.torch_table import TABLE
from lawc.jets.closure import Partial
from lawc.jets.partials import partials
from lawc.native.compiling import shared_library
from lawc.native.threads import shared_among

SHARES = 8
"""Parts that may run beside each other."""
FEWEST_TILES = 6
"""Tiles of a share at least."""
MOST_ROWS = 512
"""Rows of a Jacobian that are held at once where only its square is wanted."""
_ALIGNED = 64

Array = NDArray[Any]


class NoKernelError(Exception):
    """No generated code evaluates this here: the text says why."""


class Kernel(Objective):
    """An objective by generated code; on the processor, in float32 or float64."""

    backend = "kernel"

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Prepare the code and the points.

        Raises:
            NoKernelError: There is no compiler, or a block has no such code.
        """
        super().__init__(blocks)
        if self.device.type != "cpu":
            raise NoKernelError(f"generated code runs on the processor, not on {self.device}")
        self._parts = [_Part(block) for block in self.blocks]
        self._lock = threading.Lock()

    def residuals(self, theta: Tensor) -> Tensor:
        """Return all rows, weighted; autograd does not see through."""
        given = self._given(theta)
        with self._lock:
            found = [part.residuals(given) for part in self._parts]
        return torch.from_numpy(np.concatenate(found)).to(self.dtype)

    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        """Return the cost and its gradient by the weights."""
        given = self._given(theta)
        with self._lock:
            cost, slope = self._parts[0].cost_and_slope(given)
            for part in self._parts[1:]:
                more, other = part.cost_and_slope(given)
                cost, slope = cost + more, slope + other
        return cost, torch.from_numpy(slope)

    def jacobian(self, theta: Tensor) -> Tensor:
        """Return how each of `residuals` changes with each weight, shape (m, P)."""
        given = self._given(theta)
        with self._lock:
            found = [part.jacobian(given) for part in self._parts]
        return torch.from_numpy(np.concatenate(found))

    def normal_equations(self, theta: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the cost, JᵀJ of shape (P, P) and Jᵀr of shape (P,); J is never stored."""
        given = self._given(theta)
        matrix = np.zeros((self.count, self.count), dtype=given.dtype, order="F")
        slope, cost = np.zeros_like(given), 0.0
        with self._lock:
            for part in self._parts:
                cost += part.add_normal_equations(given, matrix, slope)
        whole = np.triu(matrix)
        whole += np.triu(matrix, 1).T
        return cost, torch.from_numpy(whole), torch.from_numpy(slope)

    def _given(self, theta: Tensor) -> Array:
        return self.checked(theta).detach().contiguous().numpy()


class _Part:
    """A block with its compiled code, and its points in whole tiles."""

    def __init__(self, block: Block) -> None:
        statement, points = block.statement, block.points
        made = plan(statement, points.values.dtype)
        if made is None:
            raise NoKernelError(f"the block {block.name!r} has no generated code")
        self.library = _library(made)
        size = self.library.size
        self.tile = size(3)
        self.rows, self.count = len(statement.rows), len(points)
        self.tiles = -(-self.count // self.tile)
        self.stride = self.tiles * self.tile
        real = np.float32 if points.values.dtype is torch.float32 else np.float64
        self.x = _padded(_coordinates(made, block), self.stride, real)
        held = block.held
        columns = [held[name].to(torch.float64) for name in made.collapsed.held]
        counts = torch.zeros(self.stride, dtype=torch.float64)
        counts[: self.count] = 1.0
        if points.weights is not None:
            counts[: self.count] = points.weights.to(torch.float64).sqrt()
        self.d = _padded([counts, *columns], self.stride, np.float64)
        weights = np.array(block.weights or (1.0,) * self.rows)
        self.factor = np.sqrt(weights / self.count)
        self.shares = max(1, min(SHARES, self.tiles // FEWEST_TILES))
        self.packed = _aligned(size(0), real)
        self.slopes = _aligned(self.shares * size(1), real).reshape(self.shares, -1)
        arrays = (self.x, self.d, self.factor, self.packed)
        x, d, factor, packed = (array.ctypes.data for array in arrays)
        self.points = (x, d, self.stride, factor, packed)
        self.work = _Areas(size(2), real)
        self.scratch = _Areas(self.tile * size(1), real)

    def cost_and_slope(self, theta: Array) -> tuple[float, Array]:
        costs = self._run(theta, slopes=True, out=None)
        slope = np.empty_like(theta)
        self.library.gather(self.shares, self.slopes.ctypes.data, slope.ctypes.data)
        return sum(costs), slope

    def residuals(self, theta: Array) -> Array:
        out = np.empty((self.rows, self.stride))
        self._run(theta, slopes=False, out=out)
        return out[:, : self.count].reshape(-1)

    def jacobian(self, theta: Array) -> Array:
        self._pack(theta)
        matrix = np.empty((self.rows, self.count, len(theta)), dtype=theta.dtype)
        self._slopes_of_rows(0, self.tiles, matrix)
        return matrix.reshape(-1, len(theta))

    def add_normal_equations(self, theta: Array, matrix: Array, slope: Array) -> float:
        """Add JᵀJ, upper half, and Jᵀr of this block; return its cost."""
        self._pack(theta)
        (add,) = get_blas_funcs(("syrk",), (matrix,))
        step = max(self.shares, -(-MOST_ROWS // (self.rows * self.tile)))
        cost = 0.0
        for first in range(0, self.tiles, step):
            last = min(first + step, self.tiles)
            points = min(last * self.tile, self.count) - first * self.tile
            part = np.empty((self.rows, points, len(theta)), dtype=theta.dtype)
            found = self._slopes_of_rows(first, last, part).astype(theta.dtype)
            whole = part.reshape(-1, len(theta))
            add(1.0, whole.T, 1.0, matrix, overwrite_c=1)
            slope += whole.T @ found
            cost += float(found @ found)
        return cost

    def _slopes_of_rows(self, first: int, last: int, matrix: Array) -> Array:
        """Fill in shape (rows, points, P) for some tiles; return their weighted rows."""
        out = np.empty((self.rows, self.stride))
        apart, weights = matrix.shape[1:]
        shares = max(1, min(self.shares, last - first))
        edges = [first + (last - first) * k // shares for k in range(shares + 1)]

        def one(k: int) -> None:
            start = (edges[k] - first) * self.tile * weights * matrix.itemsize
            with self.scratch.lent() as scratch, self.work.lent() as work:
                self.library.jacobian(
                    edges[k],
                    edges[k + 1],
                    self.count,
                    *self.points,
                    scratch,
                    work,
                    out.ctypes.data,
                    matrix.ctypes.data + start,
                    apart,
                    weights,
                )

        shared_among(one, shares)
        begin = first * self.tile
        return out[:, begin : begin + apart].reshape(-1)

    def _pack(self, theta: Array) -> None:
        self.library.pack(theta.ctypes.data, self.packed.ctypes.data)

    def _run(self, theta: Array, slopes: bool, out: Array | None) -> list[float]:
        self._pack(theta)
        edges = [self.tiles * k // self.shares for k in range(self.shares + 1)]
        slope, apart = self.slopes.ctypes.data, self.slopes.strides[0]
        rows = None if out is None else out.ctypes.data

        def one(k: int) -> float:
            to = slope + k * apart if slopes else None
            with self.work.lent() as work:
                return self.library.share(edges[k], edges[k + 1], *self.points, to, work, rows)

        return shared_among(one, self.shares)


class _Areas:
    """Areas of memory, one for each that works at once, so that each stays in its cache."""

    def __init__(self, count: int, real: DTypeLike) -> None:
        self.count, self.real = count, real
        self.free: list[Array] = []

    @contextmanager
    def lent(self) -> Iterator[int]:
        """Lend the address of one, the last that was given back if there is one."""
        try:
            room = self.free.pop()
        except IndexError:
            room = _aligned(self.count, self.real)
        try:
            yield room.ctypes.data
        finally:
            self.free.append(room)


def _coordinates(made: Plan, block: Block) -> list[Tensor]:
    """Return what the first layer reads: coordinates, and their channels if they are functions."""
    statement, values = block.statement, block.points.values.double()
    columns = dict(zip(statement.inputs, values.unbind(1), strict=True))
    before = statement.before
    if before is None:
        return list(columns.values())

    def function(given: dict[str, Any]) -> Any:
        made = run(before, [given[name] for name in before.inputs], TABLE)
        whole = [_column(one, values[:, 0]) for one in made]
        return torch.stack(whole, dim=-1)

    def named(index: tuple[int, ...]) -> Partial:
        return tuple((n, k) for n, k in sorted(zip(statement.inputs, index, strict=True)) if k)

    wanted = sorted({named(index) for operator in made.algebra.basis for index in operator})
    found = partials(function, columns, wanted)
    channels: list[Tensor] = []
    for operator in made.algebra.basis:
        parts = [float(value) * found[named(index)] for index, value in operator.items()]
        channels += torch.stack(parts).sum(0).unbind(1)
    return channels


def _column(given: Any, like: Tensor) -> Any:
    if hasattr(given, "ndim") and given.ndim:
        return given
    return torch.as_tensor(given, dtype=like.dtype).expand(len(like))


def _padded(columns: Sequence[Tensor], stride: int, real: DTypeLike) -> Array:
    """Return columns in whole tiles, filled up with their last entry."""
    made = np.empty((len(columns), stride), dtype=real)
    for row, column in zip(made, columns, strict=True):
        found = column.detach().numpy()
        row[: len(found)] = found
        row[len(found) :] = found[-1]
    return made


def _aligned(count: int, real: DTypeLike) -> Array:
    size = np.dtype(real).itemsize
    raw = np.zeros(count * size + _ALIGNED, dtype=np.uint8)
    start = -raw.ctypes.data % _ALIGNED
    return raw[start : start + count * size].view(real)


def _library(made: Plan) -> ctypes.CDLL:
    library = _compiled(made.source)
    if library is None:
        raise NoKernelError("there is no compiler here, or native code is switched off")
    return library


@lru_cache(maxsize=256)
def _compiled(source: str) -> ctypes.CDLL | None:
    library = shared_library(source, FLAGS, ["size", "pack", "gather", "share", "jacobian"])
    if library is None:
        return None
    pointer, whole = ctypes.c_void_p, ctypes.c_int64
    library.size.restype, library.size.argtypes = whole, [ctypes.c_int]
    library.pack.restype, library.pack.argtypes = None, [pointer, pointer]
    library.gather.restype, library.gather.argtypes = None, [ctypes.c_int, pointer, pointer]
    library.share.restype = ctypes.c_double
    library.share.argtypes = [whole, whole, pointer, pointer, whole, *[pointer] * 5]
    library.jacobian.restype = None
    points, matrix = [whole] * 3 + [pointer] * 2 + [whole], [pointer, whole, whole]
    library.jacobian.argtypes = [*points, *[pointer] * 5, *matrix]
    return library
