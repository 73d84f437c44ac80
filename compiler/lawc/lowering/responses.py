"""Closed forms of linear equations with constant coefficients, stable at every coincidence.

The textbook formulas divide by differences: of two rates, of a drive and a resonance. Here each
such quotient is written as what it is, a mean of an exponential over a range, so that equal rates
and exact resonance are ordinary points and nothing overflows.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lawc.knowledge.algebra import (
    ONE,
    ZERO,
    call,
    fold,
    minus,
    negative,
    over,
    plus,
    square,
    times,
    total,
)
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Expression,
    Negative,
    Number,
    Symbol,
    names,
    substitute,
)

_TWO = Number(2)
_QUARTER_TURN = Number(math.pi / 2)


@dataclass(frozen=True)
class Term:
    """`factor * exp(growth*s)`, or `factor * cos(turn*s + phase)` where a turn is given.

    `s` is the time since the start; the other parts stand still.
    """

    factor: Expression
    growth: Expression = ZERO
    turn: Expression | None = None
    phase: Expression = ZERO

    def scaled(self, by: Expression) -> Term:
        """Return the term times what stands still."""
        return Term(times(by, self.factor), self.growth, self.turn, self.phase)


def terms_of(
    node: Expression,
    variable: str,
    start: Expression,
    known: Mapping[str, tuple[Term, ...]],
) -> tuple[Term, ...] | None:
    """Return a forcing as a sum of terms in the time since the start, None if it is no such sum.

    Args:
        node: The forcing, in terms of the variable and of states whose terms are known.
        variable: The time.
        start: Its value at the start.
        known: States that are sums of terms.
    """
    moving = {variable, *known}
    if not names(node) & moving:
        return (Term(node),)
    match node:
        case Symbol(name) if name in known:
            return known[name]
        case Negative(of):
            inner = terms_of(of, variable, start, known)
            return None if inner is None else _times(Number(-1), inner)
        case Binary("+" | "-" as sign, left, right):
            first = terms_of(left, variable, start, known)
            second = terms_of(right, variable, start, known)
            if first is None or second is None:
                return None
            return first + (second if sign == "+" else _times(Number(-1), second))
        case Binary("*", left, right):
            if names(left) & moving:
                left, right = right, left
            inner = terms_of(right, variable, start, known)
            return None if inner is None or names(left) & moving else _times(left, inner)
        case Binary("/", left, right) if not names(right) & moving:
            inner = terms_of(left, variable, start, known)
            return None if inner is None else _times(over(ONE, right), inner)
        case Call("exp" | "sin" | "cos" as function, (argument,)):
            return _wave(function, argument, variable, start, moving)
    return None


def _wave(
    function: str, argument: Expression, variable: str, start: Expression, moving: Collection[str]
) -> tuple[Term, ...] | None:
    slope = derivative(argument, variable)
    if names(argument) & (set(moving) - {variable}) or names(slope) & set(moving):
        return None
    first = fold(substitute(argument, {variable: start}))
    if function == "exp":
        return (Term(call("exp", first), slope),)
    phase = first if function == "cos" else minus(first, _QUARTER_TURN)
    return (Term(ONE, ZERO, slope, phase),)


def _times(by: Expression, inner: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(term.scaled(by) for term in inner)


def first_order(
    growth: Expression, initial: Expression, forcing: Collection[Term], s: Expression
) -> tuple[Expression, tuple[Term, ...] | None]:
    """Return y(s) for dy/ds = growth*y + forcing, and as terms where it is a sum of such.

    Args:
        growth: Stands still.
        initial: y at s = 0.
        forcing: What drives it.
        s: The time since the start.
    """
    own = Term(initial, growth)
    parts = [_value(own, s)]
    for term in forcing:
        if term.turn is None:
            parts.append(times(term.factor, mean_growth(growth, term.growth, s)))
        else:
            real, imaginary = _swing(negative(growth), term.turn, s)
            wave = minus(
                times(call("cos", term.phase), real), times(call("sin", term.phase), imaginary)
            )
            parts.append(times(term.factor, wave))
    return total(parts), (own,) if not forcing else None


def _value(term: Term, s: Expression) -> Expression:
    if term.growth == ZERO:
        return term.factor
    return times(term.factor, call("exp", times(term.growth, s)))


def mean_growth(first: Expression, second: Expression, s: Expression) -> Expression:
    """Return (exp(a*s) - exp(b*s))/(a - b), which is s*exp(a*s) where a = b, without overflow."""
    a, b = fold(times(first, s)), fold(times(second, s))
    larger = call("max", a, b)
    apart = negative(call("abs", minus(a, b)))
    return times(s, times(call("exp", larger), call("exprel", apart)))


def _swing(decay: Expression, turn: Expression, s: Expression) -> tuple[Expression, Expression]:
    """Return (exp(i*q) - exp(-p))*s/(p + i*q) for p = decay*s, q = turn*s, in two parts.

    It is the integral of exp(-decay*(s - u) + i*turn*u) for u from 0 to s.
    """
    p, q = times(decay, s), times(turn, s)
    half = square(call("sin", over(q, _TWO)))
    real = negative(plus(call("expm1", negative(p)), times(_TWO, half)))
    imaginary = call("sin", q)
    size = plus(square(p), square(q))
    # Where decay and turn both vanish the integral is s itself.
    still = Comparison(("=",), (size, ZERO))
    safe = Choice(still, ONE, size)
    first = over(plus(times(real, p), times(imaginary, q)), safe)
    second = over(minus(times(imaginary, p), times(real, q)), safe)
    return times(s, Choice(still, ONE, first)), times(s, second)


def second_order(
    stiffness: Expression,
    damping: Expression,
    initial: Expression,
    speed: Expression,
    forcing: Collection[Term],
    s: Expression,
    regime: str,
) -> tuple[Expression, Expression] | None:
    """Return x(s) and dx/ds for x'' + damping*x' + stiffness*x = forcing.

    Args:
        stiffness, damping: Stand still.
        initial, speed: x and dx/ds at s = 0.
        forcing: What drives it; terms that grow are not covered.
        s: The time since the start.
        regime: `under`, `over` or `both`: whether the solution swings, in the whole domain.
    """
    if any(term.turn is None and term.growth != ZERO for term in forcing):
        return None
    decay = over(damping, _TWO)
    gap = minus(stiffness, square(decay))
    shapes = []
    for kind in ("under", "over"):
        if regime in (kind, "both"):
            sign = gap if kind == "under" else negative(gap)
            rate = call("sqrt", sign if regime == kind else call("abs", sign))
            make = _swinging if kind == "under" else _creeping
            shapes.append(make(decay, rate, stiffness, initial, speed, forcing, s))
    if len(shapes) == 1:
        return shapes[0]
    swings = Comparison((">",), (gap, ZERO))
    return (
        Choice(swings, shapes[0][0], shapes[1][0]),
        Choice(swings, shapes[0][1], shapes[1][1]),
    )


def _swinging(
    decay: Expression,
    rate: Expression,
    stiffness: Expression,
    initial: Expression,
    speed: Expression,
    forcing: Collection[Term],
    s: Expression,
) -> tuple[Expression, Expression]:
    angle = times(rate, s)
    cosine, sine = call("cos", angle), call("sin", angle)
    fading = call("exp", negative(times(decay, s)))
    push = plus(speed, times(decay, initial))
    brake = plus(times(decay, speed), times(stiffness, initial))
    x = times(fading, plus(times(initial, cosine), over(times(push, sine), rate)))
    v = times(fading, minus(times(speed, cosine), over(times(brake, sine), rate)))
    for term in forcing:
        turn = term.turn or ZERO
        along = _turned(plus(angle, term.phase), _swing(decay, minus(turn, rate), s))
        against = _turned(minus(angle, term.phase), _swing(decay, negative(plus(turn, rate)), s))
        half = over(term.factor, _TWO)
        driven = over(times(half, plus(along[1], against[1])), rate)
        x = plus(x, driven)
        v = plus(v, minus(times(half, plus(along[0], against[0])), times(decay, driven)))
    return x, v


def _turned(
    angle: Expression, swing: tuple[Expression, Expression]
) -> tuple[Expression, Expression]:
    """Return exp(i*angle) times a complex number, in two parts."""
    cosine, sine = call("cos", angle), call("sin", angle)
    real, imaginary = swing
    return (
        minus(times(cosine, real), times(sine, imaginary)),
        plus(times(sine, real), times(cosine, imaginary)),
    )


def _creeping(
    decay: Expression,
    rate: Expression,
    stiffness: Expression,
    initial: Expression,
    speed: Expression,
    forcing: Collection[Term],
    s: Expression,
) -> tuple[Expression, Expression]:
    slow, fast = minus(decay, rate), plus(decay, rate)
    # sinh(rate*s)/rate and cosh(rate*s), both times exp(-decay*s), without overflow.
    sine = mean_growth(negative(slow), negative(fast), s)
    slow_part, fast_part = (call("exp", negative(times(part, s))) for part in (slow, fast))
    cosine = over(plus(slow_part, fast_part), _TWO)
    push = plus(speed, times(decay, initial))
    brake = plus(times(decay, speed), times(stiffness, initial))
    x = plus(times(initial, cosine), times(push, sine))
    v = minus(times(speed, cosine), times(brake, sine))
    for term in forcing:
        turn = term.turn or ZERO
        halves = [_turned(term.phase, _swing(part, turn, s))[0] for part in (slow, fast)]
        scale = over(term.factor, times(_TWO, rate))
        x = plus(x, times(scale, minus(halves[0], halves[1])))
        pulls = minus(times(fast, halves[1]), times(slow, halves[0]))
        v = plus(v, times(scale, pulls))
    return x, v


def logistic(
    growth: Expression, bend: Expression, initial: Expression, s: Expression
) -> Expression:
    """Return y(s) for dy/ds = growth*y + bend*y^2, finite whatever the sign of growth*s."""
    grown = times(growth, s)
    mean = times(s, call("exprel", negative(call("abs", grown))))
    above = times(initial, call("exp", call("min", grown, ZERO)))
    below = call("exp", negative(call("max", grown, ZERO)))
    return over(above, minus(below, times(times(bend, initial), mean)))


def riccati(
    constant: Expression,
    growth: Expression,
    bend: Expression,
    initial: Expression,
    s: Expression,
    regime: str,
) -> Expression:
    """Return y(s) for dy/ds = constant + growth*y + bend*y^2.

    `regime` is `over` where growth^2/4 - constant*bend is positive in the whole domain, so that y
    settles, `under` where it is negative.
    """
    half = over(growth, _TWO)
    gap = minus(square(half), times(constant, bend))
    rate = call("sqrt", gap if regime == "over" else negative(gap))
    mean = over(call("tanh" if regime == "over" else "tan", times(rate, s)), rate)
    above = plus(initial, times(plus(constant, times(half, initial)), mean))
    return over(above, minus(ONE, times(plus(times(bend, initial), half), mean)))


def saturating(
    offset: Expression, slope: Expression, pull: Expression, initial: Expression, s: Expression
) -> Expression:
    """Return y(s) for dy/ds = pull*y/(offset + slope*y), by Lambert's function."""
    ratio = over(times(slope, initial), offset)
    z = plus(call("ln", ratio), plus(ratio, over(times(pull, s), offset)))
    return times(over(offset, slope), call("lambert_w_exp", z))
