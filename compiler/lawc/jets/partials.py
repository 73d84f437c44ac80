"""Ask a function of columns for partial derivatives of what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import torch
from torch import Tensor

import lawc.jets.rules  # noqa: F401  (a jet knows no function of torch before)
from lawc.jets.closure import Partial, closure
from lawc.jets.jet import Jet

Function = Callable[[dict[str, Any]], Any]


def partials(
    function: Function, columns: Mapping[str, Tensor], wanted: Collection[Partial]
) -> dict[Partial, Tensor]:
    """Return partial derivatives of a function, all in one pass.

    Args:
        function: Takes columns by name and gives a tensor; its rows do not mix.
        columns: Tensors of shape (n,), floating point.
        wanted: The empty tuple is the value itself.

    Returns:
        By partial derivative, tensors of the shape of what the function gives.

    Raises:
        UnknownFunctionError: The function does what no rule is known for.
        KeyError: It is differentiated by what is no column.
    """
    orders = frozenset(one for one in wanted if one)
    if not orders:
        value: Tensor = function(dict(columns))
        return dict.fromkeys(wanted, value)
    known = closure(orders)
    seeded: dict[str, Any] = dict(columns)
    for name in known.variables:
        column = columns[name]
        position = known.seed(name) - 1
        rest = torch.zeros(
            (len(known) - 1, *column.shape), dtype=column.dtype, device=column.device
        )
        # Built without writing into it, so that vmap may see through.
        unit = torch.arange(len(known) - 1, device=column.device) == position
        rest = rest + unit.to(column.dtype).reshape(-1, *(1,) * column.ndim)
        seeded[name] = Jet(column, rest, known)
    answer = function(seeded)
    if isinstance(answer, Jet):
        return {one: answer.derivative(one) for one in wanted}
    # Nothing that was differentiated had a part in it.
    return {one: torch.zeros_like(answer) if one else answer for one in wanted}
