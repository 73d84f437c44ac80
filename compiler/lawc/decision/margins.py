"""Comparisons as thresholds: `2*a - 1 < b` is a margin along `a - b/2`, and where it is passed.

Two comparisons that say the same, however they are written, have the same margin and the same
threshold. On a lattice the threshold stands half way between the last number on one side and the
first on the other, so that `age > 64` and `age >= 65` are one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.formula import Apply, Formula, Named, Number, apply, names, number
from lawc.diagnostics.immutable import immutable

Weights = dict[str, Fraction]


@immutable
class Place:
    """A threshold, and whether a comparison holds above it or below."""

    edge: Fraction
    above: bool


@immutable
class Margin:
    """A comparison along something that is blurred.

    Attributes:
        key: The same for margins along the same quantity with the same blur.
        on: What is compared with the thresholds.
        places: Holds where all of these do; where there are none, `holds` says.
        widths: Half the width of the blur of each name, in the order of names.
        steepness: By name, how fast `on` changes with it; None where that varies.
    """

    key: object
    on: Formula
    places: tuple[Place, ...]
    widths: tuple[tuple[str, Fraction], ...]
    steepness: Mapping[str, Fraction] | None = None
    holds: bool = False


def place_of(
    operation: str,
    a: Formula,
    b: Formula,
    blur: Mapping[str, Fraction],
    steps: Mapping[str, Fraction | None],
) -> Margin | None:
    """Return a comparison as a margin; None where nothing in it is blurred.

    Args:
        operation: `less`, `less_equal` or `equal`.
        blur: Half the width of the blur, by name.
        steps: By name, what every value is a multiple of; None on a continuous scale.
    """
    read = names(a) | names(b)
    widths = tuple((name, blur[name]) for name in sorted(read & blur.keys()))
    if not widths:
        return None
    found = linear(apply("subtract", a, b))
    if found is None:
        return _curved(operation, a, b, widths)
    weights, rest = found
    weights = {name: weight for name, weight in sorted(weights.items()) if weight}
    widths = tuple((name, width) for name, width in widths if name in weights)
    if not widths:
        return None
    first = next(iter(weights.values()))
    scaled = {name: weight / first for name, weight in weights.items()}
    step = steps.get(next(iter(scaled))) if len(scaled) == 1 else None
    places = _places(operation, -rest / first, first > 0, step)
    on: Formula | None = None
    for name, weight in scaled.items():
        part = Named(name) if weight == 1 else apply("multiply", number(weight), Named(name))
        on = part if on is None else apply("add", on, part)
    assert on is not None
    return Margin((on, widths), on, places, widths, scaled)


def linear(formula: Formula) -> tuple[Weights, Fraction] | None:
    """Return a formula as a weighted sum of names and a number, where it is one."""
    match formula:
        case Number(value):
            return {}, value
        case Named(name):
            return {name: Fraction(1)}, Fraction(0)
        case Apply("negative", (a,)):
            return _plus(({}, Fraction(0)), linear(a), Fraction(-1))
        case Apply("add", (a, b)):
            return _plus(linear(a), linear(b), Fraction(1))
        case Apply("subtract", (a, b)):
            return _plus(linear(a), linear(b), Fraction(-1))
        case Apply("multiply" | "divide" as operation, (a, b)):
            one, other = linear(a), linear(b)
            if one is None or other is None:
                return None
            if operation == "multiply" and not any(one[0].values()):
                one, other = other, one
            if any(other[0].values()) or (operation == "divide" and not other[1]):
                return None
            factor = other[1] if operation == "multiply" else 1 / other[1]
            return _plus(({}, Fraction(0)), one, factor)
        case _:
            return None


def _plus(
    one: tuple[Weights, Fraction] | None, other: tuple[Weights, Fraction] | None, factor: Fraction
) -> tuple[Weights, Fraction] | None:
    if one is None or other is None:
        return None
    weights = dict(one[0])
    for name, weight in other[0].items():
        weights[name] = weights.get(name, Fraction(0)) + factor * weight
    return weights, one[1] + factor * other[1]


def _places(operation: str, at: Fraction, rising: bool, step: Fraction | None) -> tuple[Place, ...]:
    """Return where `x < at`, `x <= at` or `x = at` holds; turned round where x counts downwards."""
    if step is None:
        # A single number of a continuous scale has no room; neither place is kept.
        return () if operation == "equal" else (Place(at, above=not rising),)
    half = step / 2
    below = Place(math.ceil(at / step) * step - half, above=not rising)
    upto = math.floor(at / step) * step + half
    if operation == "equal":
        if at % step:
            return ()
        return Place(at - half, above=True), Place(at + half, above=False)
    if operation == "less":
        return (below if rising else Place(upto, above=True),)
    last = math.ceil(at / step) * step - half
    return (Place(upto, above=False) if rising else Place(last, above=True),)


def _curved(
    operation: str, a: Formula, b: Formula, widths: tuple[tuple[str, Fraction], ...]
) -> Margin:
    on, at, rising = apply("subtract", a, b), Fraction(0), True
    if isinstance(b, Number):
        on, at = a, b.value
    elif isinstance(a, Number):
        on, at, rising = b, a.value, False
    return Margin((on, widths), on, _places(operation, at, rising, None), widths)
