"""A function of one variable on a jet, and the gradient of that in closed form.

With `u = u0 + δ`, the coefficients of `g(u)` are those of `Σ g^(k)(u0)/k!·δ^k`. How they change
with the coefficients of u is a product with the jet of `g'(u)`, so the gradient is one correlation
of what comes back with that jet. autograd would keep and walk every small product instead.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from lawc.jets.closure import Closure, products, starts
from lawc.jets.series import Series, SeriesOf


def compose(value: Tensor, rest: Tensor, known: Closure, series: SeriesOf) -> tuple[Tensor, Tensor]:
    """Return the value and the other coefficients of a function of a jet.

    Args:
        value: Of any shape.
        rest: The other coefficients, stacked in front.
        known: Which they are.
        series: The Taylor coefficients of the function at points, to an order.
    """
    found = cast(Any, _Composition.apply(value, rest, known, series))
    return found[0], found[1]


class _Composition(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(
        value: Tensor, rest: Tensor, known: Closure, series: SeriesOf
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        order = known.order
        found = series(value, order + 1)
        slopes = [(k + 1) * found[k + 1] if k else found[1] for k in range(order + 1)]
        made, slope = found[1] * rest, slopes[1] * rest if order else rest
        made, slope = _curved(rest, known, (found, slopes), (made, slope))
        return found[0], made, found[1], slope

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        value, rest, ctx.known, ctx.series = inputs
        _, _, first, slope = output
        ctx.mark_non_differentiable(first, slope)
        ctx.save_for_backward(value, rest, first, slope)
        ctx.save_for_forward(first, slope)

    @staticmethod
    def jvp(ctx: Any, *moves: Any) -> Any:
        value, rest = moves[:2]
        first, slope = ctx.saved_tensors
        parts = [first * one for one in rest.unbind(0)]
        for position, pairs in enumerate(products(ctx.known)):
            for i, j in pairs:
                parts[position - 1] = parts[position - 1] + slope[i - 1] * rest[j - 1]
        moved = torch.stack(parts) + slope * value
        return first * value, moved, None, None

    @staticmethod
    def backward(ctx: Any, *back: Any) -> Any:
        value, rest, first, slope = ctx.saved_tensors
        if torch.is_grad_enabled():
            # Who differentiates a gradient again needs the jet of g'(u) as a function of u.
            first, slope = compose(value, rest, ctx.known, _slope_of(ctx.series))
        return *_correlated(back[0], back[1], first, slope, ctx.known), None, None


def _slope_of(series: SeriesOf) -> SeriesOf:
    def slopes(points: Tensor, order: int) -> Series:
        found = series(points, order + 1)
        return [(k + 1) * found[k + 1] if k else found[1] for k in range(order + 1)]

    return slopes


def _curved(
    rest: Tensor, known: Closure, series: tuple[Series, Series], sums: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """Add what the powers of δ above the first contribute."""
    if known.order < 2:
        return sums
    begin, pairs = starts(known), products(known)
    # Both sums were made here, and autograd does not look: they may be changed in place.
    made, slope = sums
    powers = {position + 1: step for position, step in enumerate(rest.unbind(0))}
    steps = dict(powers)
    for exponent in range(2, known.order + 1):
        raised: dict[int, Tensor] = {}
        for position in range(begin[exponent], len(known)):
            terms = _halved([(i, j) for i, j in pairs[position] if j in powers], exponent)
            if not terms:
                continue
            raised[position] = total = _products(steps, powers, terms)
            made[position - 1].addcmul_(series[0][exponent], total)
            slope[position - 1].addcmul_(series[1][exponent], total)
        powers = raised
    return made, slope


def _products(
    steps: dict[int, Tensor], powers: dict[int, Tensor], terms: list[tuple[int, int, int]]
) -> Tensor:
    i, j, times = terms[0]
    total = steps[i] * powers[j]
    if times != 1:
        total.mul_(times)
    for i, j, times in terms[1:]:
        total.addcmul_(steps[i], powers[j], value=times)
    return total


def _halved(pairs: list[tuple[int, int]], exponent: int) -> list[tuple[int, int, int]]:
    """Return pairs with how often they count; a square holds each product of two twice."""
    if exponent > 2:
        return [(i, j, 1) for i, j in pairs]
    return [(i, j, 1 if i == j else 2) for i, j in pairs if i <= j]


def _correlated(
    value: Tensor, rest: Tensor, first: Tensor, slope: Tensor, known: Closure
) -> tuple[Tensor, Tensor]:
    """Return the gradient by the coefficients of u from that by the coefficients of g(u)."""
    to_value = torch.addcmul((rest * slope).sum(0), value, first)
    straight = rest * first
    if known.order < 2:
        return to_value, straight
    terms = [
        (i, position, j)
        for position, pairs in enumerate(products(known))
        for i, j in pairs  # What g(u) has at α+β, u moves at α by what g'(u) has at β.
    ]
    if not torch.is_grad_enabled():
        for i, position, j in terms:
            straight[i - 1].addcmul_(rest[position - 1], slope[j - 1])
        return to_value, straight
    parts = list(straight.unbind(0))
    for i, position, j in terms:
        parts[i - 1] = torch.addcmul(parts[i - 1], rest[position - 1], slope[j - 1])
    return to_value, torch.stack(parts)
