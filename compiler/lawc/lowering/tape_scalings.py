"""Find the changes of scale under which tapes say the same, from nothing but their steps.

Each input is multiplied by its own power of a factor. A register then answers by a power too, or it
must not see the change at all: what goes into exp or ln, and both sides of a sum or a comparison
that do not keep in step. A network between two tapes sees groups only where this finds that it
does; what the law says about its units is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

from lawc.forms.tape import OPERATIONS, Tape, run
from lawc.lowering.scaling import Weights, kernel

_SAME = frozenset(("add", "subtract", "min", "max", "less", "less_equal", "equal"))
_POWERS = {"square": Fraction(2), "sqrt": Fraction(1, 2)}


@dataclass(frozen=True)
class Part:
    """A register: how it answers, and its number where it is a constant.

    Attributes:
        weights: A sum of unknown exponents of inputs.
        value: Of a constant.
    """

    weights: Weights
    value: Fraction | None = None


def scalings(
    inputs: Iterable[str], keeping: Iterable[Tape], still: Iterable[Tape]
) -> tuple[Weights, ...]:
    """Return a basis of the exponents of inputs that tapes allow.

    Args:
        inputs: Which may change.
        keeping: Tapes whose outputs may each be multiplied by a power of the factor.
        still: Tapes whose outputs must not change. Inputs of either that are not listed stay.
    """
    own = tuple(inputs)
    demands: list[Weights] = []
    for tape in keeping:
        _run(tape, own, demands)
    for tape in still:
        demands += [part.weights for part in _run(tape, own, demands) if isinstance(part, Part)]
    return kernel([d for d in demands if d], own)


def degrees(tape: Tape, changes: Sequence[Weights]) -> dict[str, tuple[Fraction, ...]]:
    """Return the power of the factor that each output of a tape is multiplied by, by change."""
    parts = _run(tape, tape.inputs, [])
    return {
        name: tuple(
            sum((w * change.get(n, Fraction(0)) for n, w in part.weights.items()), Fraction(0))
            for change in changes
        )
        for (name, _), part in zip(tape.outputs, parts, strict=True)
    }


def _run(tape: Tape, inputs: Collection[str], demands: list[Weights]) -> tuple[Any, ...]:
    parts = [Part({name: Fraction(1)} if name in inputs else {}) for name in tape.inputs]
    return run(tape, parts, _table(demands))


def _table(demands: list[Weights]) -> Mapping[str, Callable[..., Any]]:
    def equal(*parts: Part) -> Part:
        # Zero stays zero under any change, so it may stand beside anything.
        seen = [part for part in parts if part.value != 0] or list(parts)
        demands.extend(_moved(seen[0].weights, part.weights, -1) for part in seen[1:])
        return Part(seen[0].weights)

    def unseen(*parts: Part) -> Part:
        demands.extend(part.weights for part in parts if isinstance(part, Part))
        return Part({})

    def power(base: Part, exponent: Part) -> Part:
        if exponent.value is None:
            return unseen(base, exponent)
        return Part(_moved({}, base.weights, exponent.value))

    def product(a: Part, b: Part) -> Part:
        value = None if a.value is None or b.value is None else a.value * b.value
        return Part(_moved(a.weights, b.weights, 1), value)

    def quotient(a: Part, b: Part) -> Part:
        value = None if a.value is None or not b.value else a.value / b.value
        return Part(_moved(a.weights, b.weights, -1), value)

    def negative(part: Part) -> Part:
        return Part(part.weights, None if part.value is None else -part.value)

    def chosen(_: Any, one: Part, other: Part) -> Part:
        return equal(one, other)

    table: dict[str, Callable[..., Any]] = dict.fromkeys(OPERATIONS, unseen)
    table |= dict.fromkeys(_SAME, equal)
    for name, exponent in _POWERS.items():
        table[name] = lambda part, exponent=exponent: Part(_moved({}, part.weights, exponent))
    return table | {
        "constant": lambda value: Part({}, _simple(value)),
        "multiply": product,
        "divide": quotient,
        "negative": negative,
        "abs": lambda part: Part(part.weights),
        "power": power,
        "sign": lambda part: Part({}),
        "where": chosen,
        **{name: lambda *_: None for name in ("and", "or", "not")},
    }


def _simple(value: float) -> Fraction | None:
    """Return the simple fraction that a number was rounded from, else the number itself."""
    if not isfinite(value):
        return None
    found = Fraction(value).limit_denominator(1_000)
    return found if float(found) == value else Fraction(value)


def _moved(one: Weights, other: Weights, factor: Fraction | int) -> Weights:
    found = dict(one)
    for name, weight in other.items():
        found[name] = found.get(name, Fraction(0)) + factor * weight
    return {name: weight for name, weight in found.items() if weight}
