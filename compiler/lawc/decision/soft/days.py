"""Operations on days in the soft form: exact, and flat, since a day has no slope."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lawc.decision.columns.days import DAYS
from lawc.decision.decision import Calendar
from lawc.decision.operations import DecisionError, operate
from lawc.decision.soft.axes import Lift, either_absent

__all__ = ["DAYS", "days"]


def days(operation: str, calendar: Calendar | None) -> Callable[..., Lift]:
    """Return an operation on lifts of whole numbers; 0 where it has no result."""
    known: dict[tuple[int, ...], float] = {}

    def one(values: tuple[int, ...]) -> float:
        if values not in known:
            try:
                found = operate(operation, tuple(map(Fraction, values)), calendar)
            except DecisionError:
                found = Fraction(0)
            known[values] = float(found) if isinstance(found, Fraction) else 0.0
        return known[values]

    def worked_out(values: list[np.ndarray]) -> np.ndarray:
        table = np.stack([value.reshape(-1) for value in values], 1)
        cases, places = np.unique(np.rint(table).astype(np.int64), axis=0, return_inverse=True)
        answers = np.array([one(tuple(case)) for case in cases.tolist()], np.float64)
        return answers[places.reshape(-1)].reshape(values[0].shape)

    def call(*lifts: Lift) -> Lift:
        absent = None
        for _, nothing in lifts:
            absent = either_absent(absent, nothing)
        return _Flat.apply(worked_out, *(value for value, _ in lifts)), absent

    return call


class _Flat(torch.autograd.Function):
    """What numpy works out from values of shapes that broadcast; its slope is zero."""

    @staticmethod
    def forward(work: Callable[[list[np.ndarray]], np.ndarray], *values: Tensor) -> Tensor:
        same = torch.broadcast_tensors(*(value.detach() for value in values))
        made = torch.as_tensor(work([value.cpu().numpy() for value in same]))
        return made.to(same[0].device)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.inputs = len(inputs)
        ctx.mark_non_differentiable(output)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, ...]:
        return (None,) * ctx.inputs

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Tensor, int]:
        work, *values = args
        first = [
            value if dim is None else value.movedim(dim, 0)
            for dim, value in zip(in_dims[1:], values, strict=True)
        ]
        return _Flat.apply(work, *first), 0
