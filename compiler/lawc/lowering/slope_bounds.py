"""Bound the slope of a network, and how it changes, over many boxes of inputs at once.

A number carries four intervals: its value, its slope along one input, its slopes along all, and
how the first changes along each. Each operation rounds outward, so what is left out is impossible.
The mean value theorem makes the bound on a slope sharper than its own interval: at most the slope
in the middle and what it changes by on the way to the border.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lawc.forms.network import Network, raw
from lawc.forms.tape import Tape, run
from lawc.lowering.interval_table import TABLE, Interval, added, hull_of_products
from lawc.lowering.numpy_table import Array

Maybe = Interval | None
"""None is zero everywhere."""


class UnboundedError(ValueError):
    """An operation has no rule here; the text names it."""


@dataclass(frozen=True)
class Sloped:
    """A value with its slopes, each over all boxes.

    Attributes:
        value: Intervals of shape (n,) or (n, width).
        by: Its slope along one input.
        along: Its slope along each input.
        change: How `by` changes along each input.
    """

    value: Interval
    by: Maybe
    along: tuple[Maybe, ...]
    change: tuple[Maybe, ...]


def slopes(form: Network, si: Mapping[str, Sloped], output: str, columns: int) -> Sloped:
    """Return an output of a network over boxes of inputs in SI.

    Args:
        form: The network with its tapes.
        si: Its inputs.
        output: Which output is meant.
        columns: How many inputs `along` counts.

    Raises:
        UnboundedError: A tape has an operation without a rule.
    """
    seen = run_tape(form.before, si, columns)
    coordinates = [seen[name] for name, _ in form.before.outputs]
    size = max(np.size(np.asarray(q.value[0])) for q in si.values())
    hidden = _stacked(coordinates, size, columns)
    layers = [(m.numpy(), b.numpy()) for m, b in form.layers]
    for number, (matrix, offset) in enumerate(layers):
        hidden = _linear(hidden, matrix, offset)
        if number < len(layers) - 1:
            hidden = _composed("tanh", hidden)
    said = {raw(n + 1): _column(hidden, n) for n in range(form.sizes[-1])}
    return run_tape(form.after, {**si, **said}, columns)[output]


def box_input(
    ends: Interval, rate: Interval, bend: Maybe, place: int | None, by: bool, columns: int
):
    """Return an input as a function of a coordinate of the unit cube.

    Args:
        ends: Its values over each box, SI.
        rate: How it changes with the coordinate.
        bend: How the rate changes; None where it does not.
        place: Which of the columns its coordinate is; None where it has but one value.
        by: Whether slopes are meant along this input.
        columns: How many coordinates there are.
    """
    nothing: tuple[Maybe, ...] = (None,) * columns
    if place is None:
        return Sloped(ends, None, nothing, nothing)
    along = tuple(rate if number == place else None for number in range(columns))
    change = tuple(bend if by and number == place else None for number in range(columns))
    return Sloped(ends, rate if by else None, along, change)


def plus(a: Maybe, b: Maybe) -> Maybe:
    """Return a sum in which None is zero."""
    if a is None or b is None:
        return b if a is None else a
    return added(a, b)


def times(a: Maybe, b: Maybe) -> Maybe:
    """Return a product in which None is zero."""
    return None if a is None or b is None else hull_of_products(a, b)


def run_tape(tape: Tape, si: Mapping[str, Sloped], columns: int) -> dict[str, Any]:
    """Return the outputs of a tape over boxes of its inputs, with their slopes.

    Raises:
        UnboundedError: It has an operation without a rule.
    """
    found = run(tape, [si[name] for name in tape.inputs], _table(columns))
    return dict(zip((name for name, _ in tape.outputs), found, strict=True))


def _constant(value: float) -> Interval:
    return np.float64(value), np.float64(value)


def _scaled(factor: float, a: Interval) -> Interval:
    return hull_of_products(_constant(factor), a)


def _power_rules(n: float) -> tuple[Callable[[Interval], Interval], ...]:
    def power(a: Interval, exponent: float) -> Interval:
        return TABLE["power"](a, _constant(exponent))

    return (
        lambda a: power(a, n),
        lambda a: _scaled(n, power(a, n - 1)),
        lambda a: _scaled(n * (n - 1), power(a, n - 2)),
    )


def _even_part(a: Interval) -> Interval:
    """Return 1 - t² for t in an interval inside [-1, 1]."""
    low, high = TABLE["square"](a)
    return np.maximum(1.0 - high, 0.0) * (1 - 1e-15), 1.0 - np.maximum(low, 0.0)


_TURN = 1.0 / np.sqrt(3.0)
_CREST = 2.0 * _TURN * (1.0 - _TURN**2) * (1 + 1e-14)


def _tanh_bend(z: Interval) -> Interval:
    """Return the second derivative -2t(1 - t²), whose crests lie at ±1/√3 of t."""
    low, high = TABLE["tanh"](z)
    ends = [-2.0 * t * (1.0 - t * t) for t in (low, high)]
    least, most = np.minimum(*ends) - 1e-15, np.maximum(*ends) + 1e-15
    least = np.where((low <= _TURN) & (high >= _TURN), -_CREST, least)
    most = np.where((low <= -_TURN) & (high >= -_TURN), _CREST, most)
    return least, most


def _through(name: str) -> Callable[[Interval], Interval]:
    return TABLE[name]


def _gauss(a: Interval) -> Interval:
    return _scaled(2.0 / np.sqrt(np.pi), TABLE["exp"](TABLE["negative"](TABLE["square"](a))))


_RULES: Mapping[str, tuple[Callable[[Interval], Interval], ...]] = {
    "exp": (_through("exp"),) * 3,
    "expm1": (_through("expm1"), _through("exp"), _through("exp")),
    "ln": (_through("ln"), _power_rules(-1.0)[0], _power_rules(-1.0)[1]),
    "sqrt": (_through("sqrt"), *_power_rules(0.5)[1:]),
    "square": (_through("square"), *_power_rules(2.0)[1:]),
    "sin": (_through("sin"), _through("cos"), lambda a: _scaled(-1.0, TABLE["sin"](a))),
    "cos": (
        _through("cos"),
        lambda a: _scaled(-1.0, TABLE["sin"](a)),
        lambda a: _scaled(-1.0, TABLE["cos"](a)),
    ),
    "sinh": (_through("sinh"), _through("cosh"), _through("sinh")),
    "cosh": (_through("cosh"), _through("sinh"), _through("cosh")),
    "tanh": (_through("tanh"), lambda a: _even_part(TABLE["tanh"](a)), _tanh_bend),
    "erf": (_through("erf"), _gauss, lambda a: hull_of_products(_scaled(-2.0, a), _gauss(a))),
}
"""A function with its first and its second derivative."""


def _composed(name: str, a: Sloped) -> Sloped:
    return _chain(_RULES[name], a)


def _chain(rules: Sequence[Callable[[Interval], Interval]], a: Sloped) -> Sloped:
    value = rules[0](a.value)
    if a.by is None and all(part is None for part in a.along):
        return Sloped(value, None, a.along, a.change)
    first = rules[1](a.value)
    second = rules[2](a.value) if a.by is not None else None
    bent = times(second, a.by)
    return Sloped(
        value,
        times(first, a.by),
        tuple(times(first, part) for part in a.along),
        tuple(
            plus(times(bent, part), times(first, change))
            for part, change in zip(a.along, a.change, strict=True)
        ),
    )


def _sum(a: Sloped, b: Sloped) -> Sloped:
    return Sloped(
        added(a.value, b.value),
        plus(a.by, b.by),
        tuple(map(plus, a.along, b.along)),
        tuple(map(plus, a.change, b.change)),
    )


def _negative(a: Sloped) -> Sloped:
    def turn(part: Maybe) -> Maybe:
        return None if part is None else (-part[1], -part[0])

    value = turn(a.value)
    assert value is not None
    return Sloped(value, turn(a.by), tuple(map(turn, a.along)), tuple(map(turn, a.change)))


def _product(a: Sloped, b: Sloped) -> Sloped:
    def crossed(one: Maybe, other: Maybe) -> Maybe:
        return plus(times(one, b.value), times(a.value, other))

    return Sloped(
        hull_of_products(a.value, b.value),
        crossed(a.by, b.by),
        tuple(map(crossed, a.along, b.along)),
        tuple(
            plus(crossed(ab, bb), plus(times(a.by, bj), times(aj, b.by)))
            for aj, bj, ab, bb in zip(a.along, b.along, a.change, b.change, strict=True)
        ),
    )


def _power(a: Sloped, b: Sloped) -> Sloped:
    if any(part is not None for part in b.along) or np.any(b.value[0] != b.value[1]):
        return _composed("exp", _product(b, _composed("ln", a)))
    return _chain(_power_rules(float(np.ravel(b.value[0])[0])), a)


def _where(condition: Interval, a: Sloped, b: Sloped) -> Sloped:
    must, may = condition
    open_to = may & ~must

    def choose(one: Maybe, other: Maybe) -> Maybe:
        if one is None and other is None:
            return None
        nothing = _constant(0.0)
        return TABLE["where"](condition, one or nothing, other or nothing)

    def unknown(one: Maybe, other: Maybe) -> Maybe:
        # Across a border between two formulas a slope may jump, and a value too.
        low, high = choose(one, other) or _constant(0.0)
        return np.where(open_to, -np.inf, low), np.where(open_to, np.inf, high)

    value = choose(a.value, b.value)
    assert value is not None
    moved = [number for number, parts in enumerate(zip(a.along, b.along, strict=True))]
    return Sloped(
        value,
        unknown(a.by, b.by),
        tuple(unknown(a.along[k], b.along[k]) for k in moved),
        tuple(unknown(a.change[k], b.change[k]) for k in moved),
    )


def _least(a: Sloped, b: Sloped) -> Sloped:
    """Return the smaller one: continuous, so where both may be it, its slope is that of either."""
    one = TABLE["less_equal"](a.value, b.value)
    chosen = _where(one, a, b)

    def either(left: Maybe, right: Maybe) -> Maybe:
        if left is None and right is None:
            return None
        nothing = _constant(0.0)
        return TABLE["where"](one, left or nothing, right or nothing)

    return Sloped(
        TABLE["min"](a.value, b.value),
        either(a.by, b.by),
        tuple(map(either, a.along, b.along)),
        chosen.change,
    )


def _table(columns: int) -> Mapping[str, Callable[..., Any]]:
    nothing: tuple[Maybe, ...] = (None,) * columns

    def refuse(name: str) -> Callable[..., Any]:
        def apply(*_: Any) -> Any:
            raise UnboundedError(f"no bound on slopes of {name}")

        return apply

    def compared(name: str) -> Callable[[Sloped, Sloped], Interval]:
        return lambda a, b: TABLE[name](a.value, b.value)

    def through(name: str) -> Callable[[Sloped], Sloped]:
        return lambda a: _composed(name, a)

    tenth, half = 1.0 / np.log(10.0), 1.0 / np.log(2.0)

    def constant(value: float) -> Sloped:
        return Sloped(_constant(value), None, nothing, nothing)

    return {
        **{name: refuse(name) for name in TABLE},
        **{name: through(name) for name in _RULES},
        **{name: compared(name) for name in ("less", "less_equal", "equal")},
        **{name: TABLE[name] for name in ("and", "or", "not")},
        "constant": constant,
        "add": _sum,
        "subtract": lambda a, b: _sum(a, _negative(b)),
        "multiply": _product,
        "divide": lambda a, b: _product(a, _chain(_power_rules(-1.0), b)),
        "negative": _negative,
        "power": _power,
        "log10": lambda a: _product(constant(tenth), _composed("ln", a)),
        "log2": lambda a: _product(constant(half), _composed("ln", a)),
        "min": _least,
        "max": lambda a, b: _negative(_least(_negative(a), _negative(b))),
        "abs": lambda a: _negative(_least(a, _negative(a))),
        "where": _where,
    }


def _stacked(parts: Sequence[Sloped], size: int, columns: int) -> Sloped:
    """Return one value of some width from values of one column each."""

    def stack(of: Sequence[Maybe]) -> Maybe:
        if all(part is None for part in of):
            return None
        ends = [
            np.stack([np.broadcast_to(np.asarray((p or (0.0, 0.0))[end]), (size,)) for p in of], 1)
            for end in (0, 1)
        ]
        return ends[0], ends[1]

    value = stack([part.value for part in parts])
    assert value is not None
    return Sloped(
        value,
        stack([part.by for part in parts]),
        tuple(stack([part.along[k] for part in parts]) for k in range(columns)),
        tuple(stack([part.change[k] for part in parts]) for k in range(columns)),
    )


def _column(a: Sloped, number: int) -> Sloped:
    def take(part: Maybe) -> Maybe:
        return None if part is None else (part[0][:, number], part[1][:, number])

    value = take(a.value)
    assert value is not None
    return Sloped(value, take(a.by), tuple(map(take, a.along)), tuple(map(take, a.change)))


def _linear(a: Sloped, matrix: Array, offset: Array) -> Sloped:
    value = _weighed(a.value, matrix, offset)
    assert value is not None
    nothing = np.zeros_like(offset)
    return Sloped(
        value,
        _weighed(a.by, matrix, nothing),
        tuple(_weighed(part, matrix, nothing) for part in a.along),
        tuple(_weighed(part, matrix, nothing) for part in a.change),
    )


def _weighed(a: Maybe, matrix: Array, offset: Array) -> Maybe:
    """Return matrix · a + offset, with room for the rounding of the products and their sum."""
    if a is None:
        return None
    wild = ~(np.isfinite(a[0]).all(1) & np.isfinite(a[1]).all(1))
    low, high = (np.where(wild[:, None], 0.0, end) for end in a)
    middle, radius = (low + high) / 2, (high - low) / 2
    size = np.abs(matrix)
    slack = (matrix.shape[1] + 8) * np.finfo(np.float64).eps
    centre = middle @ matrix.T + offset
    room = radius @ size.T * (1 + slack) + slack * (np.abs(middle) @ size.T + np.abs(offset))
    return (
        np.where(wild[:, None], -np.inf, centre - room),
        np.where(wild[:, None], np.inf, centre + room),
    )
