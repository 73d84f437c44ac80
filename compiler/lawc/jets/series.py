"""Taylor coefficients of functions of one variable, at many points.

Each function gives `g(u0), g'(u0), g''(u0)/2!, …` to an order. They follow from the differential
equation that the function satisfies, so they are exact at every order and cost a few products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Series = list[Tensor]
"""Coefficients by order, each of the shape of the points."""

SeriesOf = Callable[[Tensor, int], Series]


def power(points: Tensor, exponent: float, order: int) -> Series:
    """Return the coefficients of `u^exponent`; a whole exponent is exact at zero too."""
    found = [points**exponent]
    factor = 1.0
    for k in range(1, order + 1):
        factor *= (exponent - k + 1) / k
        found.append(factor * points ** (exponent - k) if factor else torch.zeros_like(points))
    return found


def powers(points: Tensor, exponents: Tensor, order: int) -> Series:
    """Return the coefficients of `u^e` where every point has an exponent of its own."""
    points, exponents = torch.broadcast_tensors(points, exponents)
    found = [points**exponents]
    factor = torch.ones_like(found[0])
    for k in range(1, order + 1):
        factor = factor * (exponents - k + 1) / k
        # Where a whole exponent is used up, 0·0^(-1) is zero.
        safe = torch.where(factor == 0, torch.ones_like(points), points)
        found.append(factor * safe ** (exponents - k))
    return found


def _exp(points: Tensor, order: int) -> Series:
    value = torch.exp(points)
    return [value / math.factorial(k) if k > 1 else value for k in range(order + 1)]


def _expm1(points: Tensor, order: int) -> Series:
    return [torch.expm1(points), *_exp(points, order)[1:]]


def _waves(first: Tensor, second: Tensor, signs: Sequence[int], order: int) -> Series:
    """Return coefficients that repeat two values with signs of period four."""
    return [
        (signs[k % 4] / math.factorial(k)) * (second if k % 2 else first) for k in range(order + 1)
    ]


def _sin(points: Tensor, order: int) -> Series:
    return _waves(torch.sin(points), torch.cos(points), (1, 1, -1, -1), order)


def _cos(points: Tensor, order: int) -> Series:
    return _waves(torch.cos(points), torch.sin(points), (1, -1, -1, 1), order)


def _sinh(points: Tensor, order: int) -> Series:
    return _waves(torch.sinh(points), torch.cosh(points), (1, 1, 1, 1), order)


def _cosh(points: Tensor, order: int) -> Series:
    return _waves(torch.cosh(points), torch.sinh(points), (1, 1, 1, 1), order)


def _riccati(value: Tensor, constant: float, linear: float, square: float, order: int) -> Series:
    """Return the coefficients of `y' = constant + linear·y + square·y²` from y itself."""
    found = [value]
    for k in range(order):
        total = square * _square(found, k)
        if linear:
            total = total + linear * found[k]
        if constant and k == 0:
            total = total + constant
        found.append(total / (k + 1) if k else total)
    return found


def _square(series: Series, k: int) -> Tensor:
    """Return one coefficient of a square."""
    terms = [2 * series[i] * series[k - i] for i in range((k + 1) // 2)]
    if k % 2 == 0:
        terms.append(series[k // 2] * series[k // 2])
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _tanh(points: Tensor, order: int) -> Series:
    """Return what `_riccati` would, with fewer passes over memory for the orders most asked for."""
    value = torch.tanh(points)
    if order > 3:
        return _riccati(value, 1.0, 0.0, -1.0, order)
    first = 1 - value * value
    second = -value * first
    third = torch.addcmul(first * (-1 / 3) * first, value, second, value=-2 / 3)
    return [value, first, second, third][: order + 1]


def _tan(points: Tensor, order: int) -> Series:
    return _riccati(torch.tan(points), 1.0, 0.0, 1.0, order)


def _sigmoid(points: Tensor, order: int) -> Series:
    return _riccati(torch.sigmoid(points), 0.0, 1.0, -1.0, order)


def _integral(value: Tensor, rate: Series, order: int) -> Series:
    """Return the coefficients of what has a value and a known rate."""
    return [value, *(rate[k] / (k + 1) if k else rate[k] for k in range(order))]


def _times_point(points: Tensor, series: Series) -> Series:
    """Return the coefficients of `u·g(u)`."""
    later = (points * series[k] + series[k - 1] for k in range(1, len(series)))
    return [points * series[0], *later]


def _softplus(points: Tensor, order: int) -> Series:
    return _integral(functional.softplus(points), _sigmoid(points, order), order)


def _silu(points: Tensor, order: int) -> Series:
    return _times_point(points, _sigmoid(points, order))


def _bell(points: Tensor, narrow: float, order: int) -> Series:
    """Return the coefficients of `exp(-narrow·u²)`, from e' = -2·narrow·u·e."""
    found = [torch.exp(-narrow * points * points)]
    for k in range(order):
        before = found[k - 1] if k else 0.0
        found.append((-2 * narrow / (k + 1)) * (points * found[k] + before))
    return found


def _erf(points: Tensor, order: int) -> Series:
    rate = [2 / math.sqrt(math.pi) * one for one in _bell(points, 1.0, order)]
    return _integral(torch.erf(points), rate, order)


def _gelu(points: Tensor, order: int) -> Series:
    rate = [one / math.sqrt(2 * math.pi) for one in _bell(points, 0.5, order)]
    share = 0.5 * (1 + torch.erf(points / math.sqrt(2)))
    return _times_point(points, _integral(share, rate, order))


def _log(points: Tensor, order: int) -> Series:
    later = ((-1) ** (k + 1) / k * points**-k for k in range(1, order + 1))
    return [torch.log(points), *later]


def _log1p(points: Tensor, order: int) -> Series:
    return [torch.log1p(points), *_log(1 + points, order)[1:]]


def _log_to(base: float, function: Callable[[Tensor], Tensor]) -> SeriesOf:
    def series(points: Tensor, order: int) -> Series:
        return [function(points), *(one / math.log(base) for one in _log(points, order)[1:])]

    return series


def _of_quadratic(points: Tensor, sign: float, exponent: float, order: int) -> Series:
    """Return the coefficients of `(1 + sign·u²)^exponent`."""
    inner = (1 + sign * points * points, 2 * sign * points, sign)
    found = [inner[0] ** exponent]
    for k in range(1, order + 1):
        total = (exponent - k + 1) * inner[1] * found[k - 1]
        if k > 1:
            total = total + (2 * exponent - k + 2) * inner[2] * found[k - 2]
        found.append(total / (k * inner[0]))
    return found


def _atan(points: Tensor, order: int) -> Series:
    return _integral(torch.atan(points), _of_quadratic(points, 1.0, -1.0, order), order)


def _asin(points: Tensor, order: int) -> Series:
    return _integral(torch.asin(points), _of_quadratic(points, -1.0, -0.5, order), order)


def _acos(points: Tensor, order: int) -> Series:
    rate = [-one for one in _of_quadratic(points, -1.0, -0.5, order)]
    return _integral(torch.acos(points), rate, order)


def _asinh(points: Tensor, order: int) -> Series:
    return _integral(torch.asinh(points), _of_quadratic(points, 1.0, -0.5, order), order)


def _straight(value: Tensor, slope: Tensor, order: int) -> Series:
    return [value, *([slope] if order else []), *[torch.zeros_like(value)] * (order - 1)]


def _relu(points: Tensor, order: int) -> Series:
    return _straight(torch.relu(points), (points > 0).to(points.dtype), order)


def _abs(points: Tensor, order: int) -> Series:
    return _straight(torch.abs(points), torch.sign(points), order)


def _flat(points: Tensor, order: int) -> Series:
    return _straight(torch.sign(points), torch.zeros_like(points), order)


SERIES: Mapping[Any, SeriesOf] = {
    torch.exp: _exp,
    torch.expm1: _expm1,
    torch.log: _log,
    torch.log1p: _log1p,
    torch.log10: _log_to(10.0, torch.log10),
    torch.log2: _log_to(2.0, torch.log2),
    torch.sin: _sin,
    torch.cos: _cos,
    torch.tan: _tan,
    torch.sinh: _sinh,
    torch.cosh: _cosh,
    torch.tanh: _tanh,
    torch.sigmoid: _sigmoid,
    functional.softplus: _softplus,
    functional.silu: _silu,
    functional.gelu: _gelu,
    torch.erf: _erf,
    torch.atan: _atan,
    torch.asin: _asin,
    torch.acos: _acos,
    torch.asinh: _asinh,
    torch.arctan: _atan,
    torch.arcsin: _asin,
    torch.arccos: _acos,
    torch.arcsinh: _asinh,
    torch.relu: _relu,
    torch.abs: _abs,
    torch.sign: _flat,
    torch.sqrt: lambda points, order: power(points, 0.5, order),
    torch.rsqrt: lambda points, order: power(points, -0.5, order),
    torch.reciprocal: lambda points, order: power(points, -1.0, order),
    torch.square: lambda points, order: power(points, 2.0, order),
}
"""By function of torch; each takes points and an order."""
