"""A tensor that carries its partial derivatives along.

What torch does to a jet, it does to the Taylor coefficients: a matrix to all of them at once, a
product by pairs, a function of one variable by its own series. So a network that was written for
tensors gives its derivatives without knowing of it, and what autograd makes of the coefficients
is the gradient for training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from lawc.jets.closure import Closure, Partial, products, starts
from lawc.jets.composition import compose
from lawc.jets.series import Series


class UnknownFunctionError(Exception):
    """A function of torch for which no rule is known."""


class Jet:
    """Taylor coefficients of a tensor by the partial derivatives of a closure.

    Attributes:
        value: The tensor itself, of any shape.
        rest: The other coefficients, ∂^α/α!, in the order of the closure, stacked in front.
        closure: Which derivatives there are.
    """

    __slots__ = ("closure", "rest", "value")

    rules: Mapping[Any, Callable[..., Any]] = {}
    """By function of torch; the file of rules fills it in."""

    def __init__(self, value: Tensor, rest: Tensor, closure: Closure) -> None:
        self.value = value
        self.rest = rest
        self.closure = closure

    @classmethod
    def __torch_function__(
        cls,
        function: Any,
        types: Any,
        arguments: tuple[Any, ...] = (),
        keywords: Mapping[str, Any] | None = None,
    ) -> Any:
        """Carry out a function of torch on jets.

        Raises:
            UnknownFunctionError: There is no rule for it.
        """
        rule = cls.rules.get(function)
        if rule is None:
            name = getattr(function, "__name__", str(function))
            raise UnknownFunctionError(f"no rule says how {name} changes derivatives")
        return rule(*arguments, **(keywords or {}))

    @property
    def shape(self) -> torch.Size:
        """The shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions of the value."""
        return self.value.ndim

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of all coefficients."""
        return self.value.dtype

    @property
    def device(self) -> torch.device:
        """Where the coefficients are."""
        return self.value.device

    def __len__(self) -> int:
        return len(self.value)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape of the value, or its length along a dimension."""
        return self.value.size() if dim is None else self.value.size(dim)

    def dim(self) -> int:
        """Return the number of dimensions of the value."""
        return self.value.dim()

    def derivative(self, wanted: Partial) -> Tensor:
        """Return a partial derivative, of the shape of the value.

        Raises:
            KeyError: The closure does not hold it.
        """
        position = self.closure.index(wanted)
        if position == 0:
            return self.value
        factor = self.closure.factorial(position)
        found = self.rest[position - 1]
        return found if factor == 1 else factor * found

    def linear(self, change: Callable[[Tensor], Tensor]) -> Jet:
        """Return what a linear change, which keeps the leading dimension, makes of a jet."""
        return Jet(change(self.value[None])[0], change(self.rest), self.closure)

    def plus(self, other: Any) -> Jet:
        """Return the sum with a jet, a tensor or a number."""
        if isinstance(other, Jet):
            value = self.value + other.value
            return Jet(value, _aligned(self, value) + _aligned(other, value), self.closure)
        value = self.value + other
        return Jet(value, _spread(self, value), self.closure)

    def times(self, other: Any) -> Jet:
        """Return the product with a jet, a tensor or a number."""
        if not isinstance(other, Jet):
            value = self.value * other
            return Jet(value, _aligned(self, value) * other, self.closure)
        value = self.value * other.value
        one, two = _aligned(self, value), _aligned(other, value)
        rest = self.value * two + one * other.value
        later = starts(self.closure)[2] - 1 if self.closure.order > 1 else len(rest)
        if later == len(rest):
            return Jet(value, rest, self.closure)
        mixed = [
            sum((one[i - 1] * two[j - 1] for i, j in pairs[1:]), _first(one, two, pairs))
            for pairs in products(self.closure)[later + 1 :]
        ]
        rest = torch.cat((rest[:later], rest[later:] + torch.stack(mixed)))
        return Jet(value, rest, self.closure)

    def through(self, series: Callable[[Tensor, int], Series]) -> Jet:
        """Return a function of one variable of the jet, by its Taylor series at the value."""
        return Jet(*compose(self.value, self.rest, self.closure, series), self.closure)

    def __add__(self, other: Any) -> Any:
        return torch.add(_as(self), other)

    def __radd__(self, other: Any) -> Any:
        return torch.add(_as(self), other)

    def __sub__(self, other: Any) -> Any:
        return torch.sub(_as(self), other)

    def __rsub__(self, other: Any) -> Any:
        return torch.add(torch.neg(_as(self)), other)

    def __mul__(self, other: Any) -> Any:
        return torch.mul(_as(self), other)

    def __rmul__(self, other: Any) -> Any:
        return torch.mul(_as(self), other)

    def __truediv__(self, other: Any) -> Any:
        return torch.div(_as(self), other)

    def __rtruediv__(self, other: Any) -> Any:
        return torch.mul(torch.reciprocal(_as(self)), other)

    def __pow__(self, exponent: Any) -> Any:
        return torch.pow(_as(self), exponent)

    def __rpow__(self, base: Any) -> Any:
        return torch.pow(base, _as(self))

    def __neg__(self) -> Any:
        return torch.neg(_as(self))

    def __abs__(self) -> Any:
        return torch.abs(_as(self))

    def __matmul__(self, other: Any) -> Any:
        return torch.matmul(_as(self), other)

    def __getitem__(self, key: Any) -> Jet:
        keys = key if isinstance(key, tuple) else (key,)
        if any(one is Ellipsis for one in keys):
            keys = (*keys, slice(None))
        # Behind the others the coefficients stay where no key, not one apart either, moves them.
        return Jet(self.value[key], self.rest.movedim(0, -1)[keys].movedim(-1, 0), self.closure)

    # Compared by value, as tensors are: two jets are never equal for being one object.
    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        return self.value == value_of(other)

    def __ne__(self, other: Any) -> Any:
        return self.value != value_of(other)

    def __lt__(self, other: Any) -> Tensor:
        return self.value < value_of(other)

    def __le__(self, other: Any) -> Tensor:
        return self.value <= value_of(other)

    def __gt__(self, other: Any) -> Tensor:
        return self.value > value_of(other)

    def __ge__(self, other: Any) -> Tensor:
        return self.value >= value_of(other)

    def __getattr__(self, name: str) -> Any:
        """Return a method of tensors, `x.tanh()`, as the function of torch that it is."""
        function = getattr(torch, name, None)
        if function not in self.rules:
            function = getattr(Tensor, name, None)
        if name.startswith("_") or function not in self.rules:
            raise AttributeError(f"no rule says how {name} changes derivatives")
        return lambda *arguments, **keywords: self.rules[function](self, *arguments, **keywords)


def value_of(given: Any) -> Any:
    """Return the value of a jet; anything else is its own."""
    return given.value if isinstance(given, Jet) else given


def _as(jet: Jet) -> Any:
    # torch's annotations know tensors only; what dispatches on a jet takes one.
    return jet


def _first(one: Tensor, two: Tensor, pairs: tuple[tuple[int, int], ...]) -> Tensor:
    i, j = pairs[0]
    return one[i - 1] * two[j - 1]


def _aligned(jet: Jet, value: Tensor) -> Tensor:
    """Return the coefficients with dimensions of size one where broadcasting will add some."""
    missing = value.ndim - jet.value.ndim
    if missing == 0:
        return jet.rest
    return jet.rest.reshape(len(jet.rest), *(1,) * missing, *jet.value.shape)


def _spread(jet: Jet, value: Tensor) -> Tensor:
    """Return the coefficients in the shape that a value has after broadcasting."""
    if jet.value.shape == value.shape:
        return jet.rest.to(value.dtype)
    return _aligned(jet, value).to(value.dtype).expand(len(jet.rest), *value.shape)
