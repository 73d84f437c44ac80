"""From tensors to the numbers that evaluators take, with masks beside them, on their device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lawc.decision.decision import Port
from lawc.diagnostics.diagnostic import DomainError, ShapeError


def settled(
    ports: Sequence[Port], columns: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return a column for each port, and masks of those with missing values.

    Raises:
        ShapeError: A column is missing, no tensor, or has another shape than the others.
        DomainError: A value is not of its port's kind, or missing where it may not be.
    """
    for port in ports:
        given = columns.get(port.name)
        if not isinstance(given, Tensor):
            got = "none" if given is None else type(given).__name__
            raise ShapeError(f'expected a tensor for "{port.name}", got {got}')
    shapes = [columns[port.name].shape for port in ports]
    shape = next((shape for shape in shapes if len(shape)), torch.Size((1,)))
    values: dict[str, Tensor] = {}
    masks: dict[str, Tensor] = {}
    for port in ports:
        column = columns[port.name].detach()
        if len(shape) != 1 or (column.dim() and column.shape != shape):
            raise ShapeError(
                f'expected shape ({shape[0]},) or (), got {tuple(column.shape)} for "{port.name}"'
            )
        column = column.expand(shape)
        if column.is_floating_point():
            missing = column.isnan()
            if bool(missing.any()):
                _refuse_missing(port, missing)
                masks[port.name] = missing.to(torch.int8)
                column = torch.where(missing, 0.0, column)
        values[port.name] = column if port.kind in ("number", "integer") else _whole(port, column)
    return values, masks


def _refuse_missing(port: Port, missing: Tensor) -> None:
    if not port.may_be_unknown:
        row = int(missing.nonzero()[0])
        raise DomainError(f"{port.name} is missing in row {row}, and may not be unknown")


def _whole(port: Port, column: Tensor) -> Tensor:
    """Return places of words, truths or day numbers as whole numbers."""
    most = {"one of": len(port.choices) - 1, "yes/no": 1}.get(port.kind)
    wrong = column != column.to(torch.int64)
    if most is not None:
        wrong |= (column < 0) | (column > most)
    if bool(wrong.any()):
        row = int(wrong.nonzero()[0])
        what = "a day number" if most is None else f"0 .. {most}"
        got = f"{column[row].item():g} in row {row}"
        raise DomainError(f"expected {what} for {port.name}, got {got}")
    return column.to(torch.int64)
