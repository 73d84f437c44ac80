"""Differentiate what a network gives, along one input, in forward mode.

One pass gives a value and its tangent together, so a pass of order n carries all lower orders
with it. Rows do not mix: the tangent of every row is one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import cast

import torch
from torch import Tensor

from lawc.jets.closure import Partial

Values = dict[str, Tensor]
Curve = Callable[[Tensor], Values]


def with_derivative(curve: Curve, rename: Callable[[str], str | None]) -> Curve:
    """Return the curve that gives also the derivative of some of its values.

    Args:
        curve: From a tensor of shape (n,) to values of shape (n,), row by row.
        rename: The name of a value's derivative, None where it is not wanted.
    """

    def extended(at: Tensor) -> Values:
        pair = torch.func.jvp(curve, (at,), (torch.ones_like(at),))
        values, tangents = cast(tuple[Values, Values], pair)
        wanted = {name: new for name in values if (new := rename(name)) is not None}
        return values | {new: tangents[name] for name, new in wanted.items()}

    return extended


def nested(
    function: Callable[[dict[str, Tensor]], Tensor],
    columns: Mapping[str, Tensor],
    wanted: Collection[Partial],
) -> dict[Partial, Tensor]:
    """Return partial derivatives of a function of columns, one forward mode inside another.

    Args:
        function: Takes columns by name and gives a tensor; its rows do not mix.
        columns: Tensors of shape (n,).
        wanted: The empty tuple is the value itself.
    """
    known: dict[Partial, Callable[[dict[str, Tensor]], Tensor]] = {(): function}

    def of(one: Partial) -> Callable[[dict[str, Tensor]], Tensor]:
        if one not in known:
            (name, order), *rest = one
            lower = of(((name, order - 1), *rest) if order > 1 else tuple(rest))

            def along(given: dict[str, Tensor]) -> Tensor:
                def moved(at: Tensor) -> Tensor:
                    return lower({**given, name: at})

                at = given[name]
                pair = torch.func.jvp(moved, (at,), (torch.ones_like(at),))
                return cast(tuple[Tensor, Tensor], pair)[1]

            known[one] = along
        return known[one]

    return {one: of(one)(dict(columns)) for one in wanted}
