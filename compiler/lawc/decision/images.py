"""What an operation can give where its parts range over spans of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.decision import Calendar
from lawc.decision.operations import DecisionError, operate
from lawc.decision.reach import Reach, Span, between, only
from lawc.decision.values import Value

ZERO, ONE = Fraction(0), Fraction(1)

_ROUNDS = ("floor", "ceiling")
_DENSE = {
    "add": (1, 1),
    "subtract": (1, -1),
    "negative": (-1,),
    "exp": (1,),
    "ln": (1,),
    "log10": (1,),
    "log2": (1,),
    "sqrt": (1,),
}
"""Continuous operations, and whether they rise or fall with each part."""

_STEPPED = {
    "year": (1,),
    "add_months": (1, 1),
    "add_years": (1, 1),
    "months_between": (-1, 1),
    "years_between": (-1, 1),
    "date": (1, 1, 1),
    "add_business_days": (1, 1),
    "next_business_day": (1,),
    "business_days_between": (-1, 1),
}
_ANY = {"month": (1, 12), "day": (1, 31), "weekday": (1, 7), "is_business_day": (0, 1)}


@dataclass(frozen=True, slots=True)
class Image:
    """What can come out.

    Attributes:
        tight: Whether every value of it can, where parts vary on their own.
        refused: Whether a case may have no answer.
    """

    reach: Reach
    tight: bool = False
    refused: bool = False


EVERYTHING = between(None, None)


def image(operation: str, parts: tuple[Reach, ...], calendar: Calendar | None = None) -> Image:
    """Return what an operation can give, its parts being numbers that vary on their own."""
    spans = tuple(map(_hull, parts))
    dense = all(p.single is not None or _is_dense(p) for p in parts)
    if operation in _ANY:
        low, high = _ANY[operation]
        return Image(between(Fraction(low), Fraction(high), step=ONE))
    if operation in _STEPPED:
        return _monotone(operation, spans, _STEPPED[operation], calendar, ONE)
    if operation in _ROUNDS or operation.startswith("round_"):
        return _rounded(operation, spans, dense)
    if operation in _DENSE:
        found = _monotone(operation, spans, _DENSE[operation], calendar, None)
        return Image(found.reach, dense and not found.refused, found.refused)
    match operation:
        case "min" | "max":
            return Image(_extreme(operation, *spans), dense)
        case "abs":
            return Image(_absolute(spans[0]), dense)
        case "sign":
            return _signs(spans[0])
        case "multiply":
            return Image(_product(*spans), dense)
        case "divide" if not _has_zero(spans[1]):
            return Image(_product(spans[0], _inverse(spans[1])), dense)
        case "power":
            return _power(spans[0], spans[1], dense)
        case _:
            return Image(EVERYTHING, refused=True)


def _is_dense(reach: Reach) -> bool:
    return not reach.points and len(reach.spans) == 1 and reach.spans[0].step is None


def _hull(reach: Reach) -> Span:
    low, high = reach.low, reach.high
    return Span(
        low, high, low is not None and low not in reach, high is not None and high not in reach
    )


def _end(operation: str, values: list[Fraction | None], calendar: Calendar | None) -> Value | None:
    if None in values:
        return None
    try:
        return operate(operation, tuple(v for v in values if v is not None), calendar)
    except DecisionError:
        return None


def _monotone(
    operation: str,
    spans: tuple[Span, ...],
    directions: tuple[int, ...],
    calendar: Calendar | None,
    step: Fraction | None,
) -> Image:
    ends: list[Fraction | None] = []
    opens: list[bool] = []
    refused = False
    for sign in (1, -1):
        picked = [s.low if d == sign else s.high for s, d in zip(spans, directions, strict=True)]
        end = _end(operation, picked, calendar)
        refused |= end is None and None not in picked
        ends.append(end if isinstance(end, Fraction) else None)
        opens.append(
            any(
                s.low_open if d == sign else s.high_open
                for s, d in zip(spans, directions, strict=True)
            )
        )
    if operation == "date":
        refused = True
    if step is not None:
        opens = [False, False]
    # On a lattice one end at least is needed; without any, all numbers are a wider set.
    return Image(between(ends[0], ends[1], opens[0], opens[1], step), False, refused)


def _rounded(operation: str, spans: tuple[Span, ...], dense: bool) -> Image:
    span = spans[0]
    step = ONE if operation in _ROUNDS else spans[1].low
    if step is None or step <= 0 or (operation not in _ROUNDS and spans[1].high != step):
        return Image(EVERYTHING, refused=True)
    also = () if operation in _ROUNDS else (step,)
    ends: list[Fraction | None] = []
    for end, is_open, other, side in (
        (span.low, span.low_open, span.high, 1),
        (span.high, span.high_open, span.low, -1),
    ):
        if end is not None and is_open:
            # Rounding changes only at multiples of half a step: go half way to the next of them.
            half = step / 2
            next_one = (
                (math.floor(end / half) + 1) * half
                if side == 1
                else (math.ceil(end / half) - 1) * half
            )
            if other is not None and (other - next_one) * side < 0:
                next_one = other
            end = (end + next_one) / 2
        value = None if end is None else operate(operation, (end, *also))
        ends.append(value if isinstance(value, Fraction) else None)
    return Image(between(ends[0], ends[1], step=step), dense)


def _extreme(operation: str, first: Span, second: Span) -> Reach:
    if operation == "max":
        least = _extreme("min", _negated(first), _negated(second))
        return _of(_negated(_hull(least)))
    low, low_open = first.low, first.low_open
    if low is not None and (second.low is None or second.low < low):
        low, low_open = second.low, second.low_open
    elif low is not None and second.low == low:
        low_open = first.low_open and second.low_open
    high, high_open = first.high, first.high_open
    if second.high is not None and (high is None or second.high < high):
        high, high_open = second.high, second.high_open
    elif second.high is not None and second.high == high:
        high_open = first.high_open or second.high_open
    return between(low, high, low_open, high_open)


def _of(span: Span) -> Reach:
    return between(span.low, span.high, span.low_open, span.high_open)


def _negated(span: Span) -> Span:
    low = None if span.high is None else -span.high
    high = None if span.low is None else -span.low
    return Span(low, high, span.high_open, span.low_open)


def _absolute(span: Span) -> Reach:
    if span.low is not None and span.low >= 0:
        return _of(span)
    if span.high is not None and span.high <= 0:
        return _of(_negated(span))
    if span.low is None or span.high is None:
        return between(ZERO, None)
    far = max(-span.low, span.high)
    closed = (far == span.high and not span.high_open) or (far == -span.low and not span.low_open)
    return between(ZERO, far, high_open=not closed)


def _signs(span: Span) -> Image:
    values = []
    if span.low is None or span.low < 0:
        values.append(-ONE)
    if _has_zero(span):
        values.append(ZERO)
    if span.high is None or span.high > 0:
        values.append(ONE)
    return Image(only(*values), span.low is not None and span.high is not None)


def _has_zero(span: Span) -> bool:
    low, high = span.low, span.high
    if low is not None and (low > 0 or (low == 0 and span.low_open)):
        return False
    return high is None or high > 0 or (high == 0 and not span.high_open)


def _inverse(span: Span) -> Span:
    low = None if span.high is None or span.high == 0 else 1 / span.high
    high = None if span.low is None or span.low == 0 else 1 / span.low
    positive = span.low is not None and span.low >= 0
    if positive and span.high is None:
        return Span(ZERO, high, True, span.low_open)
    if not positive and span.low is None:
        return Span(low, ZERO, span.high_open, True)
    return Span(low, high, span.high_open, span.low_open)


def _product(first: Span, second: Span) -> Reach:
    corners: list[tuple[Fraction | None, bool, int]] = []
    for a, a_open, a_side in ((first.low, first.low_open, -1), (first.high, first.high_open, 1)):
        for b, b_open, b_side in (
            (second.low, second.low_open, -1),
            (second.high, second.high_open, 1),
        ):
            if a is not None and b is not None:
                zero = (a == 0 and not a_open) or (b == 0 and not b_open)
                corners.append((a * b, (a_open or b_open) and not zero, 0))
            elif a == 0 or b == 0:
                zero = a_open if a == 0 else b_open
                corners.append((ZERO, zero, 0))
            else:
                sign_a = a_side if a is None else (1 if a > 0 else -1)
                sign_b = b_side if b is None else (1 if b > 0 else -1)
                corners.append((None, True, sign_a * sign_b))
    finite = [(value, is_open) for value, is_open, _ in corners if value is not None]
    low = None if any(side < 0 for _, _, side in corners) else min(finite)
    high = None
    if not any(side > 0 for _, _, side in corners):
        high = max((value, not is_open) for value, is_open in finite)
    return between(
        low and low[0], high and high[0], bool(low and low[1]), bool(high and not high[1])
    )


def _power(base: Span, exponent: Span, dense: bool) -> Image:
    if exponent.low is None or exponent.low != exponent.high:
        if base.low is None or base.low != base.high or base.low <= 0:
            return Image(EVERYTHING, refused=True)
        rising = 1 if base.low >= 1 else -1
        found = _monotone("power", (base, exponent), (1, rising), None, None)
        return Image(found.reach, False, found.refused)
    power = exponent.low
    if power.denominator != 1 and (base.low is None or base.low < 0):
        base = Span(ZERO, base.high, False, base.high_open)
        found = _power(base, exponent, dense)
        return Image(found.reach, False, True)
    if power < 0:
        if _has_zero(base):
            return Image(EVERYTHING, refused=True)
        raised = _power(_inverse(base), Span(-power, -power), dense)
        return Image(raised.reach, raised.tight, raised.refused)
    if power.denominator == 1 and power % 2 == 0 and power > 0:
        base = _hull(_absolute(base))
    found = _monotone("power", (base, exponent), (1, 1), None, None)
    return Image(found.reach, dense and power.denominator == 1, found.refused)
