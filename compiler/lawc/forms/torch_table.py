"""Run a tape on tensors.

Constants stay Python numbers until they meet a tensor, so they take its dtype and device and cost
no kernel of their own. Nothing here looks at the data: the same tape runs eagerly, batched by
vmap, compiled and exported, in float32 and float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import torch
from torch import Tensor

from lawc.forms.special import elliptic_k, exprel, lambert_w, lambert_w_exp
from lawc.forms.tape import OPERATIONS, Tape, run

Value = Tensor | float | bool


def evaluate(tape: Tape, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Carry out a tape on tensors.

    Args:
        tape: What to do.
        values: A floating tensor for each input by name; shapes broadcast with one another.
            Names that the tape does not read are ignored.

    Returns:
        Each output by name, in the dtype and the broadcast shape of the inputs.

    Raises:
        KeyError: An input is missing.
    """
    inputs = [values[name] for name in tape.inputs]
    results = run(tape, inputs, TABLE)
    if not inputs:
        return {name: _tensor(r) for (name, _), r in zip(tape.outputs, results, strict=True)}
    shape = torch.broadcast_shapes(*(value.shape for value in inputs))
    dtype, device = inputs[0].dtype, inputs[0].device
    answer: dict[str, Tensor] = {}
    for (name, _), result in zip(tape.outputs, results, strict=True):
        tensor = _tensor(result)
        if tensor.device != device:
            tensor = tensor.to(device)
        if tensor.dtype not in (dtype, torch.bool):
            tensor = tensor.to(dtype)
        answer[name] = tensor if tensor.shape == shape else tensor.expand(shape)
    return answer


def _acts(value: Value) -> TypeGuard[Tensor]:
    """Return whether a value is a tensor, or acts as one, as a jet of derivatives does."""
    return hasattr(type(value), "__torch_function__")


def _tensor(value: Value) -> Tensor:
    if _acts(value):
        return value
    if isinstance(value, bool):
        return torch.tensor(value)
    return torch.tensor(value, dtype=torch.float64)


def _unary(function: Callable[[Tensor], Tensor]) -> Callable[[Value], Tensor]:
    def apply(value: Value) -> Tensor:
        return function(_tensor(value))

    return apply


def _divide(left: Value, right: Value) -> Value:
    # Python raises where IEEE arithmetic answers infinity.
    return _tensor(left) / right if _acts(right) else left / _nonzero(float(right))


def _nonzero(value: float) -> Value:
    return value if value != 0.0 else torch.tensor(value, dtype=torch.float64)


def _power(base: Value, exponent: Value) -> Value:
    if _acts(base) or _acts(exponent):
        return base**exponent
    return _tensor(base) ** exponent


def _minimum(left: Value, right: Value) -> Tensor:
    return torch.minimum(*_pair(left, right))


def _maximum(left: Value, right: Value) -> Tensor:
    return torch.maximum(*_pair(left, right))


def _pair(left: Value, right: Value) -> tuple[Tensor, Tensor]:
    """Return two tensors of one dtype and device; a number takes those of the tensor."""
    if _acts(left):
        return left, right if _acts(right) else torch.full_like(left, float(right))
    if _acts(right):
        return torch.full_like(right, float(left)), right
    return _tensor(left), _tensor(right)


def _where(condition: Value, then: Value, otherwise: Value) -> Tensor:
    one, other = _pair(then, otherwise)
    if not _acts(condition):
        condition = torch.tensor(bool(condition), device=one.device)
    return torch.where(condition, one, other)


def _not(condition: Value) -> Value:
    return torch.logical_not(condition) if _acts(condition) else not condition


TABLE: Mapping[str, Callable[..., Any]] = {
    "constant": float,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": _divide,
    "negative": lambda a: -a,
    "power": _power,
    "square": lambda a: a * a,
    "exp": _unary(torch.exp),
    "ln": _unary(torch.log),
    "log10": _unary(torch.log10),
    "log2": _unary(torch.log2),
    "sqrt": _unary(torch.sqrt),
    "abs": _unary(torch.abs),
    "sign": _unary(torch.sign),
    "sin": _unary(torch.sin),
    "cos": _unary(torch.cos),
    "tan": _unary(torch.tan),
    "arcsin": _unary(torch.arcsin),
    "arccos": _unary(torch.arccos),
    "arctan": _unary(torch.arctan),
    "sinh": _unary(torch.sinh),
    "cosh": _unary(torch.cosh),
    "tanh": _unary(torch.tanh),
    "erf": _unary(torch.erf),
    "elliptic_k": _unary(elliptic_k),
    "lambert_w": _unary(lambert_w),
    "lambert_w_exp": _unary(lambert_w_exp),
    "expm1": _unary(torch.expm1),
    "exprel": _unary(exprel),
    "min": _minimum,
    "max": _maximum,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": _not,
    "where": _where,
}
"""A function on tensors and numbers for each operation of a tape."""

if TABLE.keys() != OPERATIONS.keys():  # pragma: no cover
    raise AssertionError("the torch table and the list of operations differ")
