"""Bounds of what a rule calculates, over the ranges of what it reads."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.decision import Apportion, Clauses, Scale, Score, Step, Table
from lawc.decision.formula import Apply, Formula, Named, Number

Range = tuple[Fraction | None, Fraction | None]
EVERYTHING: Range = (None, None)
_KEPT = ("floor", "ceiling")
_ROUNDED = tuple(
    f"round_{way}"
    for way in ("floor", "ceiling", "to_zero", "from_zero", "half_from_zero", "half_even")
)
_COUNTS = ("year", "month", "day", "weekday", "date")


def range_of(formula: Formula, known: Mapping[str, Range]) -> Range:
    """Return bounds of a formula over the ranges of its names; None is no bound.

    They hold, and need not be the closest ones.
    """
    match formula:
        case Number(value):
            return value, value
        case Named(name):
            return known.get(name, EVERYTHING)
        case Apply(operation, parts):
            return _of(operation, [range_of(part, known) for part in parts], parts)
    return EVERYTHING


def ranges_of(step: Step, known: Mapping[str, Range]) -> dict[str, Range]:
    """Return bounds of what a step decides."""
    match step:
        case Apportion(outputs, whole):
            return dict.fromkeys(outputs, (Fraction(0), range_of(whole, known)[1]))
        case Table(outputs, _, rows):
            return {
                name: _hull([range_of(row.answers[at], known) for row in rows])
                for at, name in enumerate(outputs)
            }
        case Clauses(output, clauses):
            return {output: _hull([range_of(clause.value, known) for clause in clauses])}
        case Score(output, points):
            total: Range = (Fraction(0), Fraction(0))
            for point in points:
                low, high = range_of(point.points, known)
                least = None if low is None else min(low, Fraction(0))
                most = None if high is None else max(high, Fraction(0))
                total = _plus(total, (least, most))
            return {output: total}
        case Scale(output, _, bands):
            rates = [range_of(b.rate, known) for band in bands for b in band.brackets]
            rising = all(low is not None and low >= 0 for low, _ in rates)
            return {output: (Fraction(0) if rising else None, None)}


def _of(operation: str, ranges: list[Range], parts: tuple[Formula, ...]) -> Range:
    if operation in _KEPT or operation in _ROUNDED:
        low, high = ranges[0]
        least = Fraction(0) if low is not None and low >= 0 else None
        return least, Fraction(0) if high == 0 else None
    first = ranges[0]
    match operation:
        case "add":
            return _plus(*ranges)
        case "subtract":
            if parts[0] == parts[1]:
                return Fraction(0), Fraction(0)
            return _plus(first, _minus(ranges[1]))
        case "negative":
            return _minus(first)
        case "multiply":
            return _times(*ranges)
        case "divide":
            low, high = ranges[1]
            if low is not None and low >= 0 and high != 0:
                inverse = (
                    None if high is None else 1 / high if high else None,
                    1 / low if low else None,
                )
                return _times(first, (inverse[0] or Fraction(0), inverse[1]))
            return EVERYTHING
        case "min":
            return _least(ranges), _smallest([high for _, high in ranges])
        case "max":
            lows = [low for low, _ in ranges if low is not None]
            highs = [high for _, high in ranges]
            high = None if None in highs else max(h for h in highs if h is not None)
            return max(lows) if lows else None, high
        case "where":
            return _hull(ranges[1:])
        case "power":
            even = isinstance(parts[1], Number) and parts[1].value % 2 == 0
            positive = first[0] is not None and first[0] >= 0
            return (Fraction(0) if positive or even else None, None)
        case "exp" | "sqrt" | "abs":
            return Fraction(0), None
        case "sign":
            return Fraction(-1), Fraction(1)
    if operation in _COUNTS:
        return Fraction(1), None
    if operation in ("less", "less_equal", "equal", "and", "or", "not", "is_known"):
        return Fraction(0), Fraction(1)
    return EVERYTHING


def _least(ranges: list[Range]) -> Fraction | None:
    lows = [low for low, _ in ranges]
    return None if None in lows else min(low for low in lows if low is not None)


def _smallest(highs: list[Fraction | None]) -> Fraction | None:
    known = [high for high in highs if high is not None]
    return min(known) if known else None


def _hull(ranges: list[Range]) -> Range:
    if not ranges:
        return EVERYTHING
    highs = [high for _, high in ranges]
    high = None if None in highs else max(h for h in highs if h is not None)
    return _least(ranges), high


def _plus(one: Range, other: Range) -> Range:
    low = None if one[0] is None or other[0] is None else one[0] + other[0]
    high = None if one[1] is None or other[1] is None else one[1] + other[1]
    return low, high


def _minus(one: Range) -> Range:
    low, high = one
    return None if high is None else -high, None if low is None else -low


def _times(one: Range, other: Range) -> Range:
    ends = [*one, *other]
    if None not in ends:
        products = [a * b for a in one for b in other if a is not None and b is not None]
        return min(products), max(products)
    if all(low is not None and low >= 0 for low in (one[0], other[0])):
        assert one[0] is not None and other[0] is not None
        return one[0] * other[0], None
    return EVERYTHING
