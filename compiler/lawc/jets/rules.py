"""What each function of torch does to a jet.

A function that is not here is refused by name: a wrong derivative would look like a right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lawc.jets.closure import Closure
from lawc.jets.jet import Jet, UnknownFunctionError, value_of
from lawc.jets.series import SERIES, power, powers


def _add(one: Any, other: Any, *, alpha: float = 1) -> Jet:
    return _plus(one, other if alpha == 1 else _times(other, alpha))


def _sub(one: Any, other: Any, *, alpha: float = 1) -> Jet:
    return _plus(one, _times(other, -alpha))


def _plus(one: Any, other: Any) -> Jet:
    return one.plus(other) if isinstance(one, Jet) else other.plus(one)


def _times(one: Any, other: Any) -> Any:
    if isinstance(one, Jet):
        return one.times(other)
    return other.times(one) if isinstance(other, Jet) else one * other


def _div(one: Any, other: Any, *, rounding_mode: str | None = None) -> Jet:
    if rounding_mode is not None:
        raise UnknownFunctionError("a quotient that is rounded has no derivatives")
    if not isinstance(other, Jet):
        return one.times(1 / other)
    return _times(other.through(SERIES[torch.reciprocal]), one)


def _pow(base: Any, exponent: Any) -> Jet:
    if isinstance(exponent, Jet):
        if isinstance(base, Jet):
            logarithm: Any = base.through(SERIES[torch.log])
        else:
            logarithm = torch.log(base) if isinstance(base, Tensor) else math.log(base)
        return _times(exponent, logarithm).through(SERIES[torch.exp])
    if isinstance(exponent, Tensor) and exponent.requires_grad:
        # A series knows how it changes with the base alone; this one is fitted too.
        return base.through(SERIES[torch.log]).times(exponent).through(SERIES[torch.exp])
    if isinstance(exponent, Tensor):
        wide = _expand(base, tuple(torch.broadcast_shapes(base.shape, exponent.shape)))
        return wide.through(lambda points, order: powers(points, exponent, order))
    return base.through(lambda points, order: power(points, float(exponent), order))


def _linear(given: Any, weight: Any, bias: Any = None) -> Jet:
    if isinstance(weight, Jet) or isinstance(bias, Jet):
        raise UnknownFunctionError("weights that depend on what is differentiated have no rule")
    return Jet(
        functional.linear(given.value, weight, bias),
        functional.linear(given.rest, weight),
        given.closure,
    )


def _matmul(one: Any, other: Any) -> Jet:
    if isinstance(one, Jet) and isinstance(other, Jet):
        raise UnknownFunctionError("a matrix product of two that are differentiated has no rule")
    jet, matrix = (one, other) if isinstance(one, Jet) else (other, one)
    if jet.ndim == 1 and matrix.ndim > 2:
        raise UnknownFunctionError("a vector times a stack of matrices has no rule")
    if isinstance(one, Jet):
        wide = _stacked(one, other.ndim)
        return wide.linear(lambda c: torch.matmul(c, other))
    if other.ndim == 1:
        rest = torch.matmul(other.rest, one.mT) if one.ndim > 1 else torch.matmul(other.rest, one)
        return Jet(torch.matmul(one, other.value), rest, other.closure)
    wide = _stacked(other, one.ndim)
    return Jet(torch.matmul(one, wide.value), torch.matmul(one, wide.rest), other.closure)


def _stacked(given: Jet, ndim: int) -> Jet:
    """Return a stack of as many dimensions, so that the coefficients stay in front of it."""
    missing = ndim - given.ndim
    return _reshape(given, (*(1,) * missing, *given.shape)) if missing > 0 else given


def _addmm(bias: Any, one: Any, other: Any, *, beta: float = 1, alpha: float = 1) -> Jet:
    return _plus(_times(_matmul(one, other), alpha), _times(bias, beta))


def _softplus(given: Jet, beta: float = 1, threshold: float = 20) -> Jet:
    return given.times(beta).through(SERIES[functional.softplus]).times(1 / beta)


def _gelu(given: Jet, approximate: str = "none") -> Jet:
    if approximate == "none":
        return given.through(SERIES[functional.gelu])
    cubic = given.times(given).times(given).times(0.044715).plus(given)
    wave = cubic.times((2 / torch.pi) ** 0.5).through(SERIES[torch.tanh])
    return given.times(wave.plus(1.0)).times(0.5)


def _together(join: Callable[..., Tensor]) -> Callable[..., Jet]:
    """Return the rule of what joins tensors along a dimension, some of them jets."""

    def joined(given: Sequence[Any], dim: int = 0) -> Jet:
        known = next(one.closure for one in given if isinstance(one, Jet))
        jets = [_constant(one, known) for one in given]
        value = join([jet.value for jet in jets], dim)
        # Counted from the end, a dimension is the same with another one in front.
        inner = dim if dim < 0 else dim - value.ndim
        return Jet(value, join([jet.rest for jet in jets], inner), known)

    return joined


def _constant(given: Any, known: Closure) -> Jet:
    if isinstance(given, Jet):
        return given
    return Jet(given, given.new_zeros((len(known) - 1, *given.shape)), known)


def _inner(dim: Any, ndim: int) -> Any:
    """Return dimensions counted from the end."""
    if isinstance(dim, tuple | list):
        return tuple(one if one < 0 else one - ndim for one in dim)
    return dim if dim < 0 else dim - ndim


def _sum(given: Jet, dim: Any = None, keepdim: bool = False, **_: Any) -> Jet:
    dims = tuple(range(given.ndim)) if dim is None else dim
    inner = _inner(dims, given.ndim)
    return given.linear(lambda c: torch.sum(c, dim=inner, keepdim=keepdim))


def _mean(given: Jet, dim: Any = None, keepdim: bool = False, **_: Any) -> Jet:
    dims = tuple(range(given.ndim)) if dim is None else dim
    inner = _inner(dims, given.ndim)
    return given.linear(lambda c: torch.mean(c, dim=inner, keepdim=keepdim))


def _reshape(given: Jet, *shape: Any) -> Jet:
    wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    value = given.value.reshape(wanted)
    return Jet(value, given.rest.reshape(len(given.rest), *value.shape), given.closure)


def _expand(given: Jet, *shape: Any) -> Jet:
    wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    value = given.value.expand(wanted)
    missing = value.ndim - given.ndim
    rest = given.rest.reshape(len(given.rest), *(1,) * missing, *given.value.shape)
    return Jet(value, rest.expand(len(rest), *value.shape), given.closure)


def _flatten(given: Jet, start_dim: int = 0, end_dim: int = -1) -> Jet:
    return _reshape(given, tuple(torch.flatten(given.value, start_dim, end_dim).shape))


def _squeeze(given: Jet, dim: Any = None) -> Jet:
    value = given.value.squeeze() if dim is None else given.value.squeeze(dim)
    return _reshape(given, tuple(value.shape))


def _unsqueeze(given: Jet, dim: int) -> Jet:
    return _reshape(given, tuple(given.value.unsqueeze(dim).shape))


def _transpose(given: Jet, dim0: int, dim1: int) -> Jet:
    one, two = _inner(dim0, given.ndim), _inner(dim1, given.ndim)
    return given.linear(lambda c: c.transpose(one, two))


def _unbind(given: Jet, dim: int = 0) -> tuple[Jet, ...]:
    parts = zip(given.value.unbind(dim), given.rest.unbind(_inner(dim, given.ndim)), strict=True)
    return tuple(Jet(value, rest, given.closure) for value, rest in parts)


def _split(given: Jet, size: Any, dim: int = 0) -> tuple[Jet, ...]:
    parts = zip(
        torch.split(given.value, size, dim),
        torch.split(given.rest, size, _inner(dim, given.ndim)),
        strict=True,
    )
    return tuple(Jet(value, rest, given.closure) for value, rest in parts)


def _chunk(given: Jet, chunks: int, dim: int = 0) -> tuple[Jet, ...]:
    return _split(given, -(-given.value.shape[dim] // chunks), dim)


def _where(condition: Tensor, one: Any, other: Any) -> Jet:
    known = next(part.closure for part in (one, other) if isinstance(part, Jet))
    like = next(part.value for part in (one, other) if isinstance(part, Jet))
    jets = [
        part if isinstance(part, Jet | Tensor) else like.new_tensor(part) for part in (one, other)
    ]
    shape = torch.broadcast_shapes(condition.shape, *(jet.shape for jet in jets))
    first, second = (_expand(_constant(jet, known), tuple(shape)) for jet in jets)
    return Jet(
        torch.where(condition, first.value, second.value),
        torch.where(condition, first.rest, second.rest),
        known,
    )


def _larger(one: Any, other: Any) -> Jet:
    # What is no number stays none, as torch has it.
    return _where((value_of(one) > value_of(other)) | value_of(one).isnan(), one, other)


def _smaller(one: Any, other: Any) -> Jet:
    return _where((value_of(one) < value_of(other)) | value_of(one).isnan(), one, other)


def _clamp(given: Jet, min: Any = None, max: Any = None) -> Jet:
    made = given if min is None else _larger(given, min)
    return made if max is None else _smaller(made, max)


def _leaky(given: Jet, negative_slope: float = 0.01, inplace: bool = False) -> Jet:
    return _where(given.value > 0, given, given.times(negative_slope))


def _elu(given: Jet, alpha: float = 1.0, inplace: bool = False) -> Jet:
    # Large values must not overflow in the branch that they do not take.
    below = _where(given.value > 0, 0.0, given).through(SERIES[torch.expm1]).times(alpha)
    return _where(given.value > 0, given, below)


def _one_variable(function: Any) -> Callable[..., Jet]:
    series = SERIES[function]
    return lambda given, inplace=False: given.through(series)


def _same(given: Jet, *_: Any, **__: Any) -> Jet:
    return given


RULES: Mapping[Any, Callable[..., Any]] = {
    **{function: _one_variable(function) for function in SERIES},
    functional.tanh: _one_variable(torch.tanh),
    functional.sigmoid: _one_variable(torch.sigmoid),
    functional.relu: _one_variable(torch.relu),
    torch.special.erf: _one_variable(torch.erf),
    torch.special.expm1: _one_variable(torch.expm1),
    functional.softplus: _softplus,
    functional.gelu: _gelu,
    functional.leaky_relu: _leaky,
    functional.elu: _elu,
    torch.add: _add,
    torch.sub: _sub,
    torch.mul: _times,
    torch.div: _div,
    torch.true_divide: _div,
    torch.neg: lambda given: given.times(-1),
    torch.pow: _pow,
    torch.maximum: _larger,
    torch.minimum: _smaller,
    torch.clamp: _clamp,
    torch.where: _where,
    functional.linear: _linear,
    torch.matmul: _matmul,
    torch.mm: _matmul,
    torch.addmm: _addmm,
    torch.cat: _together(torch.cat),
    torch.concat: _together(torch.cat),
    torch.stack: _together(torch.stack),
    torch.sum: _sum,
    torch.mean: _mean,
    torch.reshape: _reshape,
    Tensor.view: _reshape,
    Tensor.expand: _expand,
    torch.flatten: _flatten,
    torch.squeeze: _squeeze,
    torch.unsqueeze: _unsqueeze,
    torch.transpose: _transpose,
    torch.unbind: _unbind,
    torch.split: _split,
    torch.chunk: _chunk,
    torch.clone: _same,
    Tensor.contiguous: _same,
    torch.zeros_like: lambda given, **how: torch.zeros_like(given.value, **how),
    torch.full_like: lambda given, fill, **how: torch.full_like(given.value, fill, **how),
    torch.ones_like: lambda given, **how: torch.ones_like(given.value, **how),
    # A tensor on the left asks by the names of its operators.
    Tensor.add: _add,
    Tensor.sub: _sub,
    Tensor.mul: _times,
    Tensor.div: _div,
    Tensor.__rsub__: lambda given, other: _plus(given.times(-1), other),
    Tensor.__rdiv__: lambda given, other: _div(other, given),
    Tensor.pow: _pow,
    Tensor.__pow__: _pow,
    Tensor.__rpow__: lambda given, base: _pow(base, given),
    Tensor.matmul: _matmul,
    Tensor.eq: lambda one, other: value_of(one) == value_of(other),
    Tensor.ne: lambda one, other: value_of(one) != value_of(other),
    Tensor.lt: lambda one, other: value_of(one) < value_of(other),
    Tensor.le: lambda one, other: value_of(one) <= value_of(other),
    Tensor.gt: lambda one, other: value_of(one) > value_of(other),
    Tensor.ge: lambda one, other: value_of(one) >= value_of(other),
}
Jet.rules = RULES
