"""Read a column as people have it as a tensor: numbers, lists, arrays, series of a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawc.diagnostics.diagnostic import DomainError, ShapeError

Column = Tensor | NDArray[Any] | Sequence[float] | float | int


def column_tensor(name: str, value: Any, device: torch.device | None = None) -> Tensor:
    """Return a column of numbers as a tensor of its own shape.

    A tensor stays as it is, on its device and in its dtype; all else becomes float64.

    Args:
        name: What the column is called in the message of a refusal.
        value: A number, or what numpy takes for an array of them.
        device: Where a column goes that is no tensor.

    Raises:
        ShapeError: It holds anything but real numbers, or rows of unlike length.
    """
    if isinstance(value, Tensor):
        if value.is_complex() or value.dtype == torch.bool:
            raise ShapeError(f'expected numbers for "{name}", got {value.dtype}')
        return value
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64, device=device)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeError(f'expected rows of one length for "{name}", got a ragged list') from None
    if array.dtype.kind not in "iuf":
        given = type(value).__name__ if array.ndim == 0 else _first(np.array(value, dtype=object))
        raise ShapeError(f'expected numbers for "{name}", got {given}')
    return torch.tensor(array.astype(np.float64), device=device)


def column_array(name: str, value: Any) -> NDArray[Any]:
    """Return a column of numbers as an array of its own shape, cut off from any gradient.

    Raises:
        ShapeError: It holds anything but real numbers, or rows of unlike length.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        return value
    return column_tensor(name, value).detach().to("cpu", torch.float64).numpy()


def by_name(columns: object) -> None:
    """Refuse what is no mapping from names to columns, and no data frame.

    Raises:
        ShapeError: It is another thing.
    """
    if not hasattr(columns, "keys"):
        raise ShapeError(
            f'expected columns by name, such as {{"t": …}}, got {type(columns).__name__}'
        )


def same_units(columns: Mapping[str, Any], units: Mapping[str, str]) -> None:
    """Raise if columns that know their units have others than are asked for.

    Args:
        columns: With units, as a program's are; any other mapping passes.
        units: By name, as declared; empty for a plain number.

    Raises:
        DomainError: It names the column and both units.
    """
    known = getattr(columns, "units", None)
    if not isinstance(known, Mapping):
        return
    for name, wanted in units.items():
        given = known.get(name, "")
        # Columns made of bare arrays say nothing of their units.
        if name in columns and given and given != wanted:
            raise DomainError(
                f'"{name}" is asked for in [{wanted or 1}], but the column is in [{given}]; '
                "convert it, and give the numbers alone"
            )


def _first(array: NDArray[Any]) -> str:
    """Return the first thing in an array of objects that is no real number, as it is written."""
    for one in array.flat:
        if isinstance(one, bool) or not isinstance(one, int | float | np.integer | np.floating):
            return repr(one)
    return str(array.dtype)
