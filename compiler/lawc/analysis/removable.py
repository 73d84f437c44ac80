"""Divisions whose zero is a gap in a smooth curve: `(exp(x) - 1)/x` at zero.

Whether a quotient has a limit where it is 0/0 is tried in numbers, from several sides. Where the
gap comes from an exponential, the same quotient can be written with `exprel`, which has no gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from lawc.analysis.intervals import Interval
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.analysis.witnesses import size
from lawc.knowledge.expression import Binary, Call, Expression, Negative, Number, names

STEPS = (1e-4, 3e-5)
AGREE = 1e-2
NOISE = 1e-9
"""The share of its terms below which a difference is rounding."""


def limit_at(
    above: Expression,
    below: Expression,
    point: Mapping[str, float],
    box: Mapping[str, Interval],
) -> float | None:
    """Return the limit of a quotient where its divisor vanishes, None where it has none.

    Args:
        above: What is divided, in names that have a value at the point.
        below: The divisor, zero at the point.
        point: Where.
        box: The range of each name, of which small shares are gone from the point.
    """
    found: list[float] = []
    for name in sorted(names(below)):
        low, high = box.get(name, (point[name], point[name]))
        width = high - low
        if width <= 0:
            continue
        for step in STEPS:
            for sign in (1, -1):
                moved = {**point, name: point[name] + sign * step * width}
                try:
                    divisor = evaluate(below, moved)
                    if abs(divisor) <= NOISE * size(below, moved):
                        continue
                    value = evaluate(above, moved) / divisor
                except (NoValueError, ZeroDivisionError, OverflowError):
                    return None
                if not math.isfinite(value):
                    return None
                found.append(value)
    if len(found) < 2:
        return None
    if max(found) - min(found) > AGREE * max(abs(value) for value in found):
        return None
    return sum(found) / len(found)


def with_exprel(above: Expression, below: Expression) -> Expression | None:
    """Return how a quotient reads with `exprel`, or None where that does not help.

    `u/(1 - exp(-u/s))` is `s/exprel(-u/s)`, and `(exp(w) - 1)/w` is `exprel(w)`.
    """
    for rest, (exponent, sign) in _differences(below):
        found = _without_core(above, exponent, sign)
        if found is not None:
            quotient = _over(found, Call("exprel", (exponent,)))
            return quotient if rest is None else _over(quotient, rest)
    for rest, (exponent, sign) in _differences(above):
        found = _without_core(exponent, below, sign)
        if found is not None:
            product = found if rest is None else _times(rest, found)
            return _times(product, Call("exprel", (exponent,)))
    return None


def _differences(
    node: Expression,
) -> Iterator[tuple[Expression | None, tuple[Expression, int]]]:
    """Yield what a product is beside each of its factors `exp(w) - 1`, with w and the sign."""
    sign, factors = _factors(node)
    for number, (factor, power) in enumerate(factors):
        inside = _difference(factor)
        if inside is not None and power == 1:
            others = factors[:number] + factors[number + 1 :]
            rest = _product(others) if others else None
            yield rest, (inside[0], inside[1] * sign)


def _difference(node: Expression) -> tuple[Expression, int] | None:
    """Return w and a sign where a node is that sign times `exp(w) - 1`."""
    match node:
        case Binary("-", Number(1), Call("exp", (exponent,))):
            return exponent, -1
        case Binary("-", Call("exp", (exponent,)), Number(1)) | Call("expm1", (exponent,)):
            return exponent, 1
    return None


def _factors(node: Expression, power: int = 1) -> tuple[int, list[tuple[Expression, int]]]:
    """Return the sign of a product, and its factors with their powers 1 and -1."""
    match node:
        case Negative(of):
            sign, factors = _factors(of, power)
            return -sign, factors
        case Binary("*", left, right):
            one, other = _factors(left, power), _factors(right, power)
            return one[0] * other[0], one[1] + other[1]
        case Binary("/", left, right):
            one, other = _factors(left, power), _factors(right, -power)
            return one[0] * other[0], one[1] + other[1]
    return 1, [(node, power)]


def _without_core(whole: Expression, core: Expression, sign: int) -> Expression | None:
    """Return the sign times `whole/core` where a factor that can vanish cancels, else None."""
    one, factors = _factors(whole)
    other, divisors = _factors(core)
    left = list(factors)
    cancelled = False
    for node, power in divisors:
        if (node, power) in left:
            left.remove((node, power))
            cancelled = cancelled or power == 1
        else:
            left.append((node, -power))
    if not cancelled:
        return None
    result = _product(left)
    return Negative(result) if one * other * sign < 0 else result


def _product(factors: list[tuple[Expression, int]]) -> Expression:
    result: Expression | None = None
    for node, power in factors:
        if power == 1:
            result = node if result is None else Binary("*", result, node)
    for node, power in factors:
        if power == -1:
            result = Binary("/", result or Number(1), node)
    return Number(1) if result is None else result


def _over(above: Expression, below: Expression) -> Expression:
    if isinstance(above, Negative):
        return Negative(Binary("/", above.of, below))
    return Binary("/", above, below)


def _times(one: Expression, other: Expression) -> Expression:
    if one == Number(1):
        return other
    if isinstance(one, Negative):
        return Negative(_times(one.of, other))
    return Binary("*", one, other)
