"""Write down a function that takes given values at ends, and an envelope that vanishes there.

Ends are taken one variable after another: what is still missed at the ends of a variable is
interpolated along it and added (a Boolean sum). Values at earlier ends survive where the given
values agree at the corners; whether they do is for the caller to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lawc.knowledge.algebra import ONE, ZERO, minus, over, plus, square, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, Number, Symbol, substitute

IsZero = Callable[[Expression, Mapping[str, Expression], Expression], bool]
"""Whether an expression vanishes wherever some inputs have these values, beside another one."""


@dataclass(frozen=True)
class Held:
    """What a function is at an end of a variable.

    Attributes:
        at: Where the variable ends.
        value: The function there.
        slope: Its derivative by the variable there; None where that is free.
    """

    at: Expression
    value: Expression
    slope: Expression | None = None


@dataclass(frozen=True)
class Along:
    """What is given along one variable.

    Attributes:
        name: The variable.
        low, high: Its ends.
        first, last: What is given at them.
        quick: For a variable that only begins: how much earlier than at its end the envelope has
            grown; 0 lets it grow evenly.
    """

    name: str
    low: Expression
    high: Expression
    first: Held | None = None
    last: Held | None = None
    quick: float = 0.0

    @property
    def share(self) -> Expression:
        """The variable on [0, 1]."""
        return share(self.name, self.low, self.high)


def share(name: str, low: Expression, high: Expression) -> Expression:
    """Return a variable as a number of [0, 1]."""
    return over(minus(Symbol(name), low), minus(high, low))


def interpolate(along: Sequence[Along], is_zero: IsZero) -> Expression:
    """Return a function that is as given at all ends, if they agree at corners."""
    total: Expression = ZERO
    for one in along:
        for held, value in _weights(one):
            pin = {one.name: held.at}
            missed = minus(held.value, substitute(total, pin))
            if not is_zero(missed, pin, total):
                total = plus(total, times(value, missed))
        # Slopes are asked of the sum before this variable: its own values are level at both ends.
        total = _with_slopes(one, total, is_zero)
    return total


def envelope(along: Sequence[Along]) -> Expression:
    """Return what vanishes at all ends, with its slope where that is given, and is about one."""
    total: Expression = ONE
    for one in along:
        s = one.share
        begins, ends = _order(one.first), _order(one.last)
        if begins and not ends and one.quick:
            grown = Number(1 + one.quick)
            s = over(times(grown, s), plus(ONE, times(Number(one.quick), s)))
        size = 1.0
        if begins and ends:
            # The largest value of s^m·(1 - s)^n on [0, 1].
            m, n = begins, ends
            size = (m + n) ** (m + n) / (m**m * n**n)
        factor: Expression = Number(size) if size != 1.0 else ONE
        factor = times(factor, _power(s, begins))
        factor = times(factor, _power(minus(ONE, s), ends))
        total = times(total, factor)
    return total


def _order(held: Held | None) -> int:
    if held is None:
        return 0
    return 1 if held.slope is None else 2


def _power(base: Expression, order: int) -> Expression:
    if order == 0:
        return ONE
    return base if order == 1 else square(base)


def _weights(one: Along) -> list[tuple[Held, Expression]]:
    """Return for each end a function that is one there and zero, and level, at the other."""
    s = one.share
    if one.first is None or one.last is None:
        held = one.first or one.last
        return [(held, ONE)] if held is not None else []
    begins, ends = _order(one.first), _order(one.last)
    up: Expression = s
    if begins == 2 and ends == 2:
        up = times(square(s), minus(Number(3), times(Number(2), s)))
    elif begins == 2:
        up = square(s)
    elif ends == 2:
        up = times(s, minus(Number(2), s))
    return [(one.first, minus(ONE, up)), (one.last, up)]


def _with_slopes(one: Along, total: Expression, is_zero: IsZero) -> Expression:
    s = one.share
    away = {0: (one.first, one.low), 1: (one.last, one.high)}
    added = total
    for end, (held, at) in away.items():
        if held is None or held.slope is None:
            continue
        other = away[1 - end][0]
        steep = derivative(total, one.name)
        missed = minus(held.slope, substitute(steep, {one.name: held.at}))
        if is_zero(missed, {one.name: held.at}, steep):
            continue
        distance = minus(Symbol(one.name), at)
        beyond = minus(ONE, s) if end == 0 else s
        if other is None and one.quick:
            distance = over(distance, plus(ONE, times(Number(one.quick), s)))
        added = plus(added, times(times(distance, _power(beyond, _order(other))), missed))
    return added
