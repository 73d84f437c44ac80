"""What linking asks of a frozen module: named ports, a citation, and an answer for columns.

A blend is such a speaker again, so that links can be linked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lawc.diagnostics.diagnostic import LawcError, ShapeError
from lawc.forms.answer import Answer
from lawc.forms.columns import by_name, column_tensor


class Port(Protocol):
    """One input or output: its name, declared unit and range in that unit."""

    @property
    def name(self) -> str:
        """As in the law."""
        ...

    @property
    def unit(self) -> str:
        """As declared; empty for a plain number."""
        ...

    @property
    def low(self) -> float | None:
        """Lower end of the certified range."""
        ...

    @property
    def high(self) -> float | None:
        """Upper end of the certified range."""
        ...

    @property
    def log(self) -> bool:
        """Whether the range is meant logarithmically."""
        ...

    @property
    def default(self) -> float | None:
        """The value that stands where no column is given."""
        ...


class Speaker(Protocol):
    """Anything that answers columns as a frozen module does; it is an `nn.Module` too."""

    @property
    def identity(self) -> str:
        """Which module speaks."""
        ...

    @property
    def citation(self) -> str:
        """Where its law comes from."""
        ...

    @property
    def inputs(self) -> tuple[Port, ...]:
        """What it must be given, in the order of the signature."""
        ...

    @property
    def outputs(self) -> tuple[Port, ...]:
        """What it answers, in the order of the signature."""
        ...

    def __call__(self, columns: Mapping[str, Tensor]) -> Answer:
        """Answer columns in declared units, all of shape (*batch,)."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A port of a blend that none of its modules has, such as a covariate of the residual."""

    name: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    default: float | None = None


def gather(
    columns: Mapping[str, Any], needed: Sequence[str], who: str, place: torch.device
) -> tuple[dict[str, Tensor], Tensor]:
    """Return the needed columns with one shape, and the first of them for that shape.

    A plain number, or a tensor of shape (), means the same for all rows; nothing else broadcasts.
    What is no tensor goes to where the tensors are, or to `place` where there are none.

    Raises:
        LawcError: A column is missing.
        ShapeError: Two shapes differ; the column is named.
    """
    by_name(columns)
    found: dict[str, Tensor] = {}
    tensors = (columns[name] for name in needed if isinstance(columns.get(name), Tensor))
    place = next((tensor.device for tensor in tensors), place)
    for name in needed:
        if name not in columns:
            raise LawcError(
                f"{who} needs a column for {name!r}, got {', '.join(columns) or 'none'}"
            )
        found[name] = column_tensor(name, columns[name], place).to(torch.float64)
    if not found:
        raise LawcError(f"{who} has no input that a column could give")
    shape = next((column.shape for column in found.values() if column.dim()), torch.Size(()))
    for name, column in found.items():
        if column.dim() and column.shape != shape:
            raise ShapeError(
                f'expected shape {tuple(shape)} or () for "{name}", got {tuple(column.shape)}'
            )
    full = {name: column.expand(shape) for name, column in found.items()}
    return full, next(iter(full.values()))


def as_outputs(value: Tensor, batch: Tensor, count: int, who: str) -> Tensor:
    """Return what a module or network gave as shape (*batch, count).

    Raises:
        ShapeError: It has another shape; nothing is broadcast.
    """
    if value.shape == (*batch.shape, count):
        return value
    if count == 1 and value.shape == batch.shape:
        return value.unsqueeze(-1)
    raise ShapeError(f"expected shape {(*batch.shape, count)}, got {tuple(value.shape)} from {who}")


def in_precision(net: nn.Module, inputs: Tensor) -> Tensor:
    """Return what a network says of inputs, in the inputs' precision whatever its own is."""
    own = next(net.parameters(), None)
    if own is None or own.dtype == inputs.dtype:
        return net(inputs)
    return net(inputs.to(own.dtype)).to(inputs.dtype)
