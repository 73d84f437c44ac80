"""Formulas over sets: what a formula can give while some of its names can take many values.

A set that comes out holds every value that can come out. It is marked exact where it holds no
other: where no unknown name occurs on two sides of an operation, or where the formula is a
weighted sum of unknown names. Comparisons that could go either way leave a cut behind: a place at
which to divide the values of a name, so that on either side the comparison is decided.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number
from lawc.decision.grounds import NO, ONE, YES, ZERO, Ends, Ground, Some, Sum, known
from lawc.decision.images import image
from lawc.decision.operations import DecisionError, operate
from lawc.decision.reach import BOTH, NOTHING, Cut, Reach, Span, between, only, union
from lawc.decision.values import NOT_APPLICABLE

MOST_POINTS = 512
"""Where parts can take no more combinations of values than this, each of them is tried."""


def spread(formula: Formula, ground: Ground) -> Some:
    """Return what a formula can give."""
    match formula:
        case Number(value):
            return known(value)
        case Named(name):
            return ground.names[name]
        case NotApplicable():
            return known(NOT_APPLICABLE)
        case Apply("and" | "or" as operation, parts):
            return _joined(operation, parts, ground)
        case Apply("where", (condition, then, otherwise)):
            return _chosen(condition, then, otherwise, ground)
        case Apply("is_known", (Named(name),)):
            return NO if name in ground.missing else YES
        case Apply():
            return _applied(formula, ground)
    raise TypeError(f"{type(formula).__name__} is no formula")


def _applied(formula: Apply, ground: Ground) -> Some:
    """Return what an operation gives, worked out once; long sums are taken in one go."""
    made = ground.made.get(id(formula))
    if made is None:
        weights: dict[str, Fraction] = {}
        rest = _collected(formula, ONE, weights, ground) if formula.operation in _SUMS else None
        if rest is not None:
            made = of_sum(Sum(weights, rest), ground)
        else:
            found = tuple(spread(part, ground) for part in formula.parts)
            made = _single(operate_some(formula.operation, found, ground, formula.name))
        ground.made[id(formula)] = made
    return made


_SUMS = ("add", "subtract", "negative")


def _collected(
    formula: Formula, factor: Fraction, weights: dict[str, Fraction], ground: Ground
) -> Fraction | None:
    """Add a weighted sum to weights and return its number; None where it is no such sum."""
    if isinstance(formula, Apply) and formula.operation in _SUMS:
        total = ZERO
        signs = (-ONE,) if formula.operation == "negative" else (ONE, ONE)
        if formula.operation == "subtract":
            signs = (ONE, -ONE)
        for part, sign in zip(formula.parts, signs, strict=True):
            rest = _collected(part, factor * sign, weights, ground)
            if rest is None:
                return None
            total += rest
        return total
    summed = spread(formula, ground).sum
    if summed is None:
        return None
    for name, weight in summed.weights.items():
        weights[name] = weights.get(name, ZERO) + factor * weight
    return factor * summed.rest


def operate_some(
    operation: str, parts: tuple[Some, ...], ground: Ground, calendar: str = ""
) -> Some:
    """Return what an operation can give on its parts."""
    if any(part.reach.is_empty for part in parts):
        return Some(NOTHING)
    support = frozenset().union(*(part.support for part in parts))
    summed = _summed(operation, parts)
    if summed is not None:
        return of_sum(summed, ground)
    if operation in ("less", "less_equal", "equal") and (margin := _margin(parts)) is not None:
        return _compared(operation, of_sum(margin, ground), ground)
    exact = all(part.exact for part in parts) and _apart(parts)
    if operation in ("min", "max", "abs", "sign"):
        _leave_cuts(_margin(parts if len(parts) == 2 else (*parts, known(ZERO))), ground)
    size = math.prod(len(p.reach.points) if p.reach.is_finite else MOST_POINTS + 1 for p in parts)
    if size <= MOST_POINTS:
        found = set()
        for values in itertools.product(*(part.reach.points for part in parts)):
            try:
                found.add(operate(operation, values, ground.calendars.get(calendar)))
            except DecisionError:
                ground.refused = True
        return Some(Reach(frozenset(found)), support, exact)
    absent = union(_of_absent(operation, part) for part in parts)
    if operation in ("less", "less_equal", "equal"):
        decided = _compare(operation, parts[0].reach, parts[1].reach)
        return Some(union((decided, absent)), support, exact)
    numbers = tuple(Reach(frozenset(p.reach.numbers), p.reach.spans) for p in parts)
    if any(reach.is_empty for reach in numbers):
        return Some(absent, support, exact)
    found = image(operation, numbers, ground.calendars.get(calendar))
    ground.refused |= found.refused
    return Some(union((found.reach, absent)), support, exact and found.tight)


def of_sum(summed: Sum, ground: Ground) -> Some:
    """Return what a weighted sum of unknown names can be."""
    weights = {name: weight for name, weight in summed.weights.items() if weight}
    if not weights:
        return known(summed.rest)
    support = frozenset(weights)
    if len(weights) == 1:
        ((name, weight),) = weights.items()
        reach = ground.names[name].reach
        points = frozenset(
            value * weight + summed.rest for value in reach.points if isinstance(value, Fraction)
        )
        moved = union((Reach(points), *(_moved(span, weight, summed.rest) for span in reach.spans)))
        return Some(moved, support, True, Sum(weights, summed.rest))
    ends = {name: _ends_of(name, ground) for name in weights}
    lows = [_weighed(ends[name], weight, low=True) for name, weight in weights.items()]
    highs = [_weighed(ends[name], weight, low=False) for name, weight in weights.items()]
    steps = [
        None if (step := ends[name].step) is None else step * abs(weight)
        for name, weight in weights.items()
    ]
    dense = all(step is None for step in steps)
    even = len(set(steps)) == 1 and steps[0] is not None
    whole = all(ends[name].even for name in weights)
    low = None if None in lows else sum((low[0] for low in lows if low), summed.rest)
    high = None if None in highs else sum((high[0] for high in highs if high), summed.rest)
    reach = between(
        low,
        high,
        any(low[1] for low in lows if low),
        any(high[1] for high in highs if high),
        steps[0] if even and low is not None else None,
    )
    return Some(reach, support, whole and (dense or even), Sum(weights, summed.rest))


def leave_cut(name: str, cut: Cut, ground: Ground) -> None:
    """Note a place at which to divide the values of a name."""
    ground.cuts.setdefault(name, []).append(cut)


def _single(found: Some) -> Some:
    """A single value varies with nothing, and is exact."""
    value = found.reach.single
    if value is None or (not found.support and found.exact):
        return found
    return known(value)


def _apart(parts: tuple[Some, ...]) -> bool:
    return sum(len(part.support) for part in parts) == len(
        frozenset().union(*(part.support for part in parts))
    )


def _joined(operation: str, parts: tuple[Formula, ...], ground: Ground) -> Some:
    ends, met = (NO, []) if operation == "and" else (YES, [])
    for part in parts:
        found = spread(part, ground)
        holds, fails = found.can_hold, found.can_fail
        if not holds and not fails:
            return Some(NOTHING)
        if holds != fails and holds == (operation == "or"):
            return ends
        if holds and fails:
            met.append(found)
    if not met:
        return YES if operation == "and" else NO
    support = frozenset().union(*(found.support for found in met))
    return Some(BOTH, support, all(found.exact for found in met) and _apart(tuple(met)))


def _chosen(condition: Formula, then: Formula, otherwise: Formula, ground: Ground) -> Some:
    decided = spread(condition, ground)
    parts = []
    if decided.can_hold:
        parts.append(spread(then, ground))
    if decided.can_fail:
        parts.append(spread(otherwise, ground))
    return either(decided, parts)


def either(choosing: Some, parts: list[Some]) -> Some:
    """Return what can come out where something unknown chooses among some."""
    if len(parts) == 1:
        return parts[0]
    support = choosing.support.union(*(part.support for part in parts))
    apart = all(not (part.support & choosing.support) for part in parts)
    exact = choosing.exact and apart and all(part.exact for part in parts)
    return _single(Some(union(part.reach for part in parts), support, exact))


def _summed(operation: str, parts: tuple[Some, ...]) -> Sum | None:
    sums = [part.sum for part in parts]
    if operation == "negative" and sums[0] is not None:
        return _plus(Sum({}, ZERO), sums[0], -ONE)
    if len(sums) != 2 or sums[0] is None or sums[1] is None:
        return None
    first, second = sums[0], sums[1]
    if operation in ("add", "subtract"):
        return _plus(first, second, ONE if operation == "add" else -ONE)
    if operation == "multiply":
        if not second.weights:
            return _plus(Sum({}, ZERO), first, second.rest)
        if not first.weights:
            return _plus(Sum({}, ZERO), second, first.rest)
    if operation == "divide" and not second.weights and second.rest:
        return _plus(Sum({}, ZERO), first, 1 / second.rest)
    return None


def _plus(first: Sum, second: Sum, factor: Fraction) -> Sum:
    weights = dict(first.weights)
    for name, weight in second.weights.items():
        weights[name] = weights.get(name, ZERO) + factor * weight
    return Sum(weights, first.rest + factor * second.rest)


def _margin(parts: tuple[Some, ...]) -> Sum | None:
    first, second = parts[0].sum, parts[1].sum
    return None if first is None or second is None else _plus(first, second, -ONE)


def _compared(operation: str, margin: Some, ground: Ground) -> Some:
    """Return whether a margin is below zero, at most zero, or zero."""
    decided = _compare(operation, margin.reach, only(ZERO))
    if len(decided.points) == 2 and margin.sum is not None:
        _leave_cuts(margin.sum, ground, operation)
    return _single(Some(decided, margin.support, margin.exact))


def _leave_cuts(margin: Sum | None, ground: Ground, operation: str = "less_equal") -> None:
    if margin is None:
        return
    weights = [(name, weight) for name, weight in margin.weights.items() if weight]
    if len(weights) != 1:
        return
    ((name, weight),) = weights
    at = -margin.rest / weight
    sides = (
        (False, True) if operation == "equal" else ((operation == "less_equal") == (weight > 0),)
    )
    for side in sides:
        leave_cut(name, Cut(at, side), ground)


def _compare(operation: str, first: Reach, second: Reach) -> Reach:
    """Return the answers of a comparison of numbers that vary on their own."""
    a, b = (
        Reach(frozenset(first.numbers), first.spans),
        Reach(frozenset(second.numbers), second.spans),
    )
    if a.is_empty or b.is_empty:
        return NOTHING
    if operation == "equal":
        meet = any(x in b for x in a.points) or any(y in a for y in b.points)
        meet = meet or any(_overlap(s, t) for s in a.spans for t in b.spans)
        same = a.single is not None and a.single == b.single
        return only(ONE) if same else (BOTH if meet else only(ZERO))
    (a_low, a_low_open), (a_high, a_high_open) = _ends(a)
    (b_low, b_low_open), (b_high, b_high_open) = _ends(b)
    strict = operation == "less"
    holds = a_low is None or b_high is None or a_low < b_high
    holds = holds or (not strict and a_low == b_high and not a_low_open and not b_high_open)
    fails = a_high is None or b_low is None or a_high > b_low
    fails = fails or (strict and a_high == b_low and not a_high_open and not b_low_open)
    return Reach(frozenset((*([ONE] if holds else []), *([ZERO] if fails else []))))


def _ends(reach: Reach) -> tuple[tuple[Fraction | None, bool], tuple[Fraction | None, bool]]:
    low, high = reach.low, reach.high
    low_open = low is not None and low not in reach
    return (low, low_open), (high, high is not None and high not in reach)


def _overlap(first: Span, second: Span) -> bool:
    both = between(
        *(max((s.low for s in (first, second) if s.low is not None), default=None),),
        *(min((s.high for s in (first, second) if s.high is not None), default=None),),
    )
    return not both.is_empty


def _of_absent(operation: str, part: Some) -> Reach:
    """What comes of a part that is not applicable."""
    if NOT_APPLICABLE not in part.reach.points:
        return NOTHING
    if operation in ("less", "less_equal", "equal", "is_applicable"):
        return only(ZERO)
    return only(ONE if operation == "not" else NOT_APPLICABLE)


def _ends_of(name: str, ground: Ground) -> Ends:
    found = ground.ends.get(name)
    if found is None:
        reach = ground.names[name].reach
        one = len(reach.spans) + bool(reach.points) == 1
        even = one and (not reach.points or _even(reach))
        low, high = _ends(reach)
        found = ground.ends[name] = Ends(low, high, _step(reach), even)
    return found


def _weighed(ends: Ends, weight: Fraction, low: bool) -> tuple[Fraction, bool] | None:
    end, is_open = ends.low if low == (weight > 0) else ends.high
    return None if end is None else (end * weight, is_open)


def _step(reach: Reach) -> Fraction | None:
    if reach.spans:
        return reach.spans[0].step
    numbers = reach.numbers
    return numbers[1] - numbers[0] if len(numbers) > 1 else Fraction(0)


def _even(reach: Reach) -> bool:
    numbers = reach.numbers
    return len({b - a for a, b in itertools.pairwise(numbers)}) == 1


def _moved(span: Span, weight: Fraction, rest: Fraction) -> Reach:
    low = None if span.low is None else span.low * weight + rest
    high = None if span.high is None else span.high * weight + rest
    low_open, high_open = span.low_open, span.high_open
    if weight < 0:
        low, high, low_open, high_open = high, low, high_open, low_open
    step = None if span.step is None else span.step * abs(weight)
    return between(low, high, low_open, high_open, step)
