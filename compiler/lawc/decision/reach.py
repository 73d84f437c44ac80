"""Sets of values: those that a quantity can still take while some facts are unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Port
from lawc.decision.values import NOT_APPLICABLE, Absent, Value
from lawc.diagnostics.immutable import immutable

FEW = 64
"""A lattice of no more values than this is kept value by value."""


@immutable
class Span:
    """The numbers between two ends; None is no end.

    Attributes:
        step: The numbers are this far apart, counted from the end that there is; None for all.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    step: Fraction | None = None

    @property
    def anchor(self) -> Fraction:
        """A number that the lattice runs through."""
        return next((end for end in (self.low, self.high) if end is not None), Fraction(0))

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, Fraction):
            return False
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        if self.high is not None and (value > self.high or (self.high_open and value == self.high)):
            return False
        return self.step is None or (value - self.anchor) % self.step == 0

    def covers(self, other: Span) -> bool:
        """Return whether every number of another span is in this one."""
        if self.step is not None:
            if other.step is None or other.step % self.step:
                return False
            if (other.anchor - self.anchor) % self.step:
                return False
        return _low_key(self) <= _low_key(other) and _high_key(self) >= _high_key(other)


@immutable
class Reach:
    """A set of values: single ones, and spans that neither meet nor hold one of them."""

    points: frozenset[Value] = frozenset()
    spans: tuple[Span, ...] = ()

    @property
    def single(self) -> Value | None:
        """The value, where there is one only."""
        return next(iter(self.points)) if len(self.points) == 1 and not self.spans else None

    @property
    def is_empty(self) -> bool:
        """Whether there is no value."""
        return not self.points and not self.spans

    @property
    def is_finite(self) -> bool:
        """Whether all its values are single ones."""
        return not self.spans

    @property
    def low(self) -> Fraction | None:
        """The lower end of its numbers; None where there is none."""
        return _end(self, "low", min)

    @property
    def high(self) -> Fraction | None:
        """The upper end of its numbers; None where there is none."""
        return _end(self, "high", max)

    @property
    def numbers(self) -> tuple[Fraction, ...]:
        """Its single numbers, from low to high."""
        return tuple(sorted(value for value in self.points if isinstance(value, Fraction)))

    @property
    def absent(self) -> frozenset[Value]:
        """What in it is no number."""
        return frozenset(value for value in self.points if isinstance(value, Absent))

    def __contains__(self, value: object) -> bool:
        return value in self.points or any(value in span for span in self.spans)

    def covers(self, other: Reach) -> bool:
        """Return whether every value of another set is in this one."""
        return all(value in self for value in other.points) and all(
            any(mine.covers(span) for mine in self.spans) for span in other.spans
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where a set falls into what is below, and what is not.

    Attributes:
        keeps: Whether the number itself counts as below.
    """

    at: Fraction
    keeps: bool


NOTHING = Reach()
BOTH = Reach(frozenset((Fraction(0), Fraction(1))))


def only(*values: Value) -> Reach:
    """Return the set of some values."""
    return Reach(frozenset(values))


def between(
    low: Fraction | None,
    high: Fraction | None,
    low_open: bool = False,
    high_open: bool = False,
    step: Fraction | None = None,
) -> Reach:
    """Return the numbers between two ends, on a lattice through the end that there is."""
    if step is not None and (low is not None or high is not None):
        if low is not None and low_open:
            low, low_open = low + step, False
        if high is not None and high_open:
            high, high_open = high - step, False
        if low is not None and high is not None:
            count = math.floor((high - low) / step) + 1
            if count <= FEW:
                return Reach(frozenset(low + i * step for i in range(count)))
            high = low + (count - 1) * step
    if low is not None and high is not None:
        if low > high or (low == high and (low_open or high_open)):
            return NOTHING
        if low == high:
            return only(low)
    return Reach(spans=(Span(low, high, low_open, high_open, step),))


def domain(port: Port) -> Reach:
    """Return what a quantity can be, as declared."""
    step = grain(port)
    low, high = bounds(port)
    if step is not None:
        low = None if low is None else math.ceil(low / step) * step
        high = None if high is None else math.floor(high / step) * step
    return between(low, high, step=step)


def union(sets: Iterable[Reach]) -> Reach:
    """Return the values that are in one of the sets."""
    points: set[Value] = set()
    spans: list[Span] = []
    for reach in sets:
        points |= reach.points
        spans += reach.spans
    if not spans:
        return Reach(frozenset(points))
    merged: list[Span] = []
    dense = sorted((span for span in spans if span.step is None), key=_low_key)
    for span in dense:
        last = merged[-1] if merged else None
        if last is not None and _meets(last, span, points):
            merged[-1] = _joined(last, span)
        else:
            merged.append(span)
    for span in dict.fromkeys(span for span in spans if span.step is not None):
        if not any(other.covers(span) for other in merged):
            merged = _with_lattice(merged, span)
    closed = [_closed(span, points) for span in merged]
    rest = frozenset(value for value in points if not any(value in span for span in closed))
    return Reach(rest, tuple(sorted(closed, key=_low_key)))


def below(reach: Reach, cut: Cut) -> Reach:
    """Return what of a set is below a cut; what is no number counts as below."""
    kept = [v for v in reach.points if isinstance(v, Absent) or _is_below(v, cut)]
    parts = [Reach(frozenset(kept))]
    for span in reach.spans:
        high, high_open = span.high, span.high_open
        if high is None or (cut.at, cut.keeps) < (high, not high_open):
            high, high_open = cut.at, not cut.keeps
        parts.append(_within(span, span.low, high, span.low_open, high_open))
    return union(parts)


def above(reach: Reach, cut: Cut) -> Reach:
    """Return what of a set is not below a cut."""
    kept = [v for v in reach.points if isinstance(v, Fraction) and not _is_below(v, cut)]
    parts = [Reach(frozenset(kept))]
    for span in reach.spans:
        low, low_open = span.low, span.low_open
        if low is None or (cut.at, cut.keeps) > (low, low_open):
            low, low_open = cut.at, cut.keeps
        parts.append(_within(span, low, span.high, low_open, span.high_open))
    return union(parts)


def inside(reach: Reach, low: Fraction | None, high: Fraction | None) -> Reach:
    """Return what of a set is within a declared range, or no number."""
    if high is not None:
        reach = below(reach, Cut(high, keeps=True))
    if low is not None:
        reach = union((above(reach, Cut(low, keeps=False)), Reach(reach.absent)))
    return reach


def middle(reach: Reach) -> Value:
    """Return a value of a set that is not empty, from inside where there is an inside."""
    numbers = reach.numbers
    if numbers:
        return numbers[len(numbers) // 2]
    if not reach.spans:
        return next(iter(reach.points), NOT_APPLICABLE)
    span = reach.spans[len(reach.spans) // 2]
    low, high, step = span.low, span.high, span.step
    if low is None and high is None:
        return Fraction(0)
    if low is None:
        assert high is not None
        return high - (step or 1)
    if high is None:
        return low + (step or 1)
    half = (low + high) / 2
    return half if step is None else low + math.floor((half - low) / step) * step


def _is_below(value: Fraction, cut: Cut) -> bool:
    return value < cut.at or (cut.keeps and value == cut.at)


def _within(
    span: Span, low: Fraction | None, high: Fraction | None, low_open: bool, high_open: bool
) -> Reach:
    step, anchor = span.step, span.anchor
    if step is not None:
        if low is not None:
            first = anchor + math.ceil((low - anchor) / step) * step
            low, low_open = first + (step if low_open and first == low else 0), False
        if high is not None:
            last = anchor + math.floor((high - anchor) / step) * step
            high, high_open = last - (step if high_open and last == high else 0), False
    return between(low, high, low_open, high_open, step)


def _low_key(span: Span) -> tuple[int, Fraction, bool]:
    return (0, Fraction(0), False) if span.low is None else (1, span.low, span.low_open)


def _high_key(span: Span) -> tuple[int, Fraction, bool]:
    return (1, Fraction(0), False) if span.high is None else (0, span.high, not span.high_open)


def _end(reach: Reach, which: str, pick: object) -> Fraction | None:
    ends = [getattr(span, which) for span in reach.spans]
    if None in ends or reach.is_empty:
        return None
    ends += reach.numbers
    if not ends:
        return None
    return min(ends) if pick is min else max(ends)


def _meets(first: Span, second: Span, points: set[Value]) -> bool:
    if first.high is None or second.low is None:
        return True
    if second.low != first.high:
        return second.low < first.high
    return not (first.high_open and second.low_open) or first.high in points


def _joined(first: Span, second: Span) -> Span:
    wider = max((first, second), key=_high_key)
    return Span(first.low, wider.high, first.low_open, wider.high_open)


def _closed(span: Span, points: set[Value]) -> Span:
    """Take in the values that stand at the ends of a span."""
    low, high, step = span.low, span.high, span.step
    if step is None:
        low_open, high_open = span.low_open and low not in points, span.high_open
        return Span(low, high, low_open, high_open and high not in points)
    while low is not None and low - step in points:
        low -= step
    while high is not None and high + step in points:
        high += step
    return Span(low, high, step=step)


def _with_lattice(spans: list[Span], span: Span) -> list[Span]:
    """Return spans with a lattice, joined with one that goes on where it ends."""
    kept = []
    for other in spans:
        if span.covers(other):
            continue
        first, second = sorted((other, span), key=_low_key)
        apart = (
            other.step != span.step
            or (other.anchor - span.anchor) % (span.step or 1) != 0
            or (
                (first.high is not None and second.low is not None)
                and second.low > first.high + (span.step or 0)
            )
        )
        wider = max((first, second), key=_high_key)
        joined = Span(first.low, wider.high, step=span.step)
        # Without an end nothing would say on which multiples the lattice stands.
        apart = apart or (joined.anchor - span.anchor) % (span.step or 1) != 0
        if apart:
            kept.append(other)
        else:
            span = joined
    return [*kept, span]
