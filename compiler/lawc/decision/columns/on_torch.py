"""Take a decision for whole columns of torch, on any device, with the same instructions.

On a CPU numpy works on the memory of the tensors: it has vector code for whole numbers and for
choices where torch has none, and costs less a call. Elsewhere the instructions are torch's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lawc.decision.arrays import Array, Arrays
from lawc.decision.columns.evaluator import Decided, Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.decision import Decision
from lawc.decision.operations import DecisionError

CHUNK = 32_000
"""Rows that torch calculates at once on a CPU: a call of it costs more than one of numpy."""

__all__ = ["TorchEvaluator"]

_KINDS = {
    "int64": torch.int64,
    "int16": torch.int16,
    "int8": torch.int8,
    "float64": torch.float64,
    "bool": torch.bool,
}

_EXACT = 1 << 52
"""Whole numbers below this have quotients in double precision that are rounded down as they are."""


class TorchArrays(Arrays):
    """What columns need beyond operators, in torch."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._constants: dict[int, tuple[np.ndarray, Tensor]] = {}

    def where(self, condition: Array, yes: Array, no: Array) -> Array:
        """Choose element by element."""
        if isinstance(yes, float) and isinstance(no, float):
            yes = torch.tensor(yes, dtype=torch.float64, device=condition.device)
        return torch.where(condition, yes, no)

    def larger(self, a: Array, b: Array) -> Array:
        """Return the larger of each pair; one may be a plain number."""
        return (
            torch.maximum(a, b) if isinstance(b, Tensor) and isinstance(a, Tensor) else _clamp(a, b)
        )

    def smaller(self, a: Array, b: Array) -> Array:
        """Return the smaller of each pair; one may be a plain number."""
        if isinstance(b, Tensor) and isinstance(a, Tensor):
            return torch.minimum(a, b)
        return b.clamp(max=a) if isinstance(b, Tensor) else a.clamp(max=b)

    def whole(self, a: Array) -> Array:
        """Return as int64."""
        return a.to(torch.int64)

    def small(self, a: Array) -> Array:
        """Return as int8."""
        return a.to(torch.int8)

    def double(self, a: Array) -> Array:
        """Return as float64."""
        return a.to(torch.float64)

    def full(self, like: Array, value: int, small: bool = False) -> Array:
        """Return a column of one whole number; int8 if small, else int64."""
        kind = torch.int8 if small else torch.int64
        return torch.full((len(like),), value, dtype=kind, device=like.device)

    def yes(self, like: Array, value: bool) -> Array:
        """Return a column of one truth."""
        return torch.full((len(like),), value, dtype=torch.bool, device=like.device)

    def any(self, a: Array) -> bool:
        """Return whether any is true."""
        return bool(a.any())

    def ends(self, a: Array) -> tuple[float, float]:
        """Return the least and the largest; NaN where there is one."""
        low, high = torch.aminmax(a)
        return low.item(), high.item()

    def take(self, table: Array, places: Array) -> Array:
        """Return elements of a table by place."""
        return table.index_select(0, places)

    def passed(self, edges: Array, a: Array) -> Array:
        """Return how many of the sorted edges each value has reached, as int64."""
        return torch.searchsorted(edges, a.contiguous(), right=True)

    def constant(self, table: np.ndarray) -> Array:
        """Return a constant table on the device, sent there once."""
        known = self._constants.get(id(table))
        if known is None:
            # The table is kept, so that no other one gets its identity.
            known = table, torch.from_numpy(np.ascontiguousarray(table)).to(self.device)
            self._constants[id(table)] = known
        return known[1]

    def divide(self, a: Array, by: int, into: Array) -> None:
        """Put a quotient into floats."""
        into.copy_(a).div_(by)

    def quotient(self, a: Array, by: int, most: int) -> Array:
        """Return a quotient rounded down; no number here is larger than `most`."""
        if most >= _EXACT:
            return a // by
        # Whole numbers of 64 bits have no vector division; in doubles it is exact this far.
        return a.to(torch.float64).div_(by).floor_().to(torch.int64)

    def same(self, a: Array, b: Array) -> bool:
        """Return whether columns are equal in all rows."""
        return torch.equal(a, b)

    def empty(self, count: int, kind: str, place: Any) -> Array:
        """Return a column to be filled."""
        return torch.empty(count, dtype=_KINDS[kind], device=self.device)

    def places(self, a: Array) -> list[int]:
        """Return where truths are yes."""
        return a.nonzero()[:, 0].tolist()

    def is_truth(self, a: Array) -> bool:
        """Return whether a column is one of truths."""
        return a.dtype == torch.bool

    def is_float(self, a: Array) -> bool:
        """Return whether a column is one of floats."""
        return a.dtype.is_floating_point

    def call(self, name: str, *of: Array) -> Array:
        """Return a function of floats; numpy's `power`, `rint` are `pow`, `round` here."""
        values = [
            x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.float64, device=self.device)
            for x in of
        ]
        return getattr(torch, {"power": "pow", "rint": "round"}.get(name, name))(*values)


def _clamp(a: Array, b: Array) -> Array:
    return b.clamp(min=a) if isinstance(b, Tensor) else a.clamp(min=b)


class TorchEvaluator(Evaluator):
    """A decision, lowered once, for columns of torch on one device.

    Args:
        decision, wanted: As for columns of numpy.
        shared: Whether numpy calculates where the columns are on a CPU.
    """

    def __init__(
        self, decision: Decision, wanted: Sequence[str] | None = None, shared: bool = True
    ) -> None:
        super().__init__(decision, wanted)
        self.shared = shared
        self._device = torch.device("cpu")

    def __call__(
        self,
        columns: Mapping[str, Any],
        masks: Mapping[str, Any] | None = None,
        traced: bool = True,
    ) -> Decided:
        """Return what the decision says of each row, as tensors where the columns are.

        Args:
            columns: Tensors, all on one device; floats must be float64.
            masks: For inputs with unknown values, 1 where they are.
            traced: Whether to say what spoke.

        Raises:
            DecisionError: As for columns of numpy, or a column is of float32: it cannot hold
                what somebody wrote.
        """
        tensors = [c.counts if isinstance(c, Counts) else c for c in columns.values()]
        for name, tensor in zip(columns, tensors, strict=True):
            if tensor.dtype.is_floating_point and tensor.dtype != torch.float64:
                raise DecisionError(f"expected float64 for {name!r}, got {tensor.dtype}")
        devices = {tensor.device for tensor in tensors}
        if len(devices) > 1:
            raise DecisionError(f"expected columns on one device, got {sorted(map(str, devices))}")
        device = devices.pop() if devices else torch.device("cpu")
        if device.type == "cpu" and self.shared:
            self.arrays, self.chunk = Evaluator.arrays, Evaluator.chunk
            return _as_tensors(
                super().__call__(_as_numpy(columns), _as_numpy(masks or {}), traced=traced)
            )
        if self._device != device or not isinstance(self.arrays, TorchArrays):
            self._device = device
            self.arrays = TorchArrays(device)
        self.chunk = CHUNK if device.type == "cpu" else max(1, *map(len, tensors))
        with torch.no_grad():
            return super().__call__(columns, masks, traced)

    def _column(self, column: Any) -> Any:
        if isinstance(self.arrays, TorchArrays) and isinstance(column, np.ndarray):
            return torch.from_numpy(column).to(self._device)
        return column.detach() if isinstance(column, Tensor) else column

    def _mask(self, mask: Any, count: int) -> Any:
        if not isinstance(self.arrays, TorchArrays):
            return super()._mask(mask, count)
        made = torch.as_tensor(mask, device=self._device).to(torch.int8)
        if len(made) != count:
            raise DecisionError(f"expected a mask of {count} rows, got {len(made)}")
        return made


def _as_numpy(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors as arrays of the same memory."""

    def array(of: Any) -> Any:
        return of.detach().numpy() if isinstance(of, Tensor) else of

    return {
        name: Counts(array(c.counts), c.unit) if isinstance(c, Counts) else array(c)
        for name, c in columns.items()
    }


def _as_tensors(found: Decided) -> Decided:
    """Return answers as tensors of the same memory."""
    return Decided(
        {name: torch.from_numpy(value) for name, value in found.values.items()},
        {n: None if mask is None else torch.from_numpy(mask) for n, mask in found.masks.items()},
        {name: torch.from_numpy(spoke) for name, spoke in found.because.items()},
        {
            name: Counts(torch.from_numpy(counts.counts), counts.unit)
            for name, counts in found.counts.items()
        },
        found.exactly,
    )
