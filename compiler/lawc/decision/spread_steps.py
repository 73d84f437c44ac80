"""Steps over sets: which rows and clauses can speak, and what they can answer.

A row can speak where each of its cells can hold, and speaks for certain where none can fail. In a
table that was checked exactly one row speaks, so a row that does leaves no room for another.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from lawc.decision.decision import (
    Apportion,
    Bands,
    Cell,
    Clauses,
    Interval,
    OneOf,
    Scale,
    Score,
    Step,
    Table,
    Test,
)
from lawc.decision.formula import Formula, names
from lawc.decision.grounds import NO, YES, ZERO, Ground, Some, Sum, known
from lawc.decision.guards import guards
from lawc.decision.reach import BOTH, NOTHING, Cut, Reach, between, only
from lawc.decision.spread_apportion import spread_apportion
from lawc.decision.spreading import either, leave_cut, of_sum, operate_some, spread
from lawc.decision.values import NOT_APPLICABLE

Spread = dict[str, tuple[Some, Some]]
"""By name, what it can be, and the places of what can speak of it."""


def spread_step(step: Step, ground: Ground) -> Spread:
    """Return what a step can decide."""
    match step:
        case Table():
            return _table(step, ground)
        case Scale(output=output):
            return {output: _scale(step, ground)}
        case Score(output=output):
            return {output: _score(step, ground)}
        case Clauses(output=output):
            return {output: _clauses(step, ground)}
        case Apportion():
            return spread_apportion(step, ground)


def _holds(cell: Cell, asked: Some, ground: Ground) -> Some:
    """Return whether a cell can hold and can fail."""
    if cell is None:
        return YES
    if isinstance(cell, Test):
        found = spread(cell.condition, ground)
        return Some(_truths(found.can_hold, found.can_fail), found.support, found.exact)
    reach = asked.reach
    if isinstance(cell, OneOf):
        holds = any(value in reach for value in cell.values)
        fails = bool(reach.points - cell.values) or bool(reach.spans)
        if holds and fails and asked.sum is not None:
            for value in cell.values:
                _edge(asked.sum, value, False, ground)
                _edge(asked.sum, value, True, ground)
        return Some(_truths(holds, fails), asked.support, asked.exact)
    holds, fails = _in_interval(cell, reach)
    if holds and fails and asked.sum is not None:
        if cell.low is not None:
            _edge(asked.sum, cell.low, cell.low_open, ground)
        if cell.high is not None:
            _edge(asked.sum, cell.high, not cell.high_open, ground)
    return Some(_truths(holds, fails), asked.support, asked.exact)


def _truths(holds: bool, fails: bool) -> Reach:
    if holds and fails:
        return BOTH
    return only(Fraction(1)) if holds else (only(ZERO) if fails else NOTHING)


def _in_interval(cell: Interval, reach: Reach) -> tuple[bool, bool]:
    whole = between(cell.low, cell.high, cell.low_open, cell.high_open)
    holds = any(value in whole for value in reach.points)
    fails = any(value not in whole for value in reach.points)
    for span in reach.spans:
        fails = fails or not whole.covers(Reach(spans=(span,)))
        low = span.low if cell.low is None else cell.low
        high = span.high if cell.high is None else cell.high
        if span.low is not None and low is not None and span.low > low:
            low, low_open = span.low, span.low_open
        else:
            low_open = cell.low_open and low == cell.low
            low_open = low_open or (span.low_open and low == span.low)
        if span.high is not None and high is not None and span.high < high:
            high, high_open = span.high, span.high_open
        else:
            high_open = cell.high_open and high == cell.high
            high_open = high_open or (span.high_open and high == span.high)
        if span.step is not None and low is not None:
            first = span.anchor - (span.anchor - low) // span.step * span.step
            low, low_open = first + (span.step if low_open and first == low else 0), False
        holds = holds or not between(low, high, low_open, high_open).is_empty
    return holds, fails


def _edge(summed: Sum, value: Fraction, keeps: bool, ground: Ground) -> None:
    weights = [(name, weight) for name, weight in summed.weights.items() if weight]
    if len(weights) == 1:
        ((name, weight),) = weights
        leave_cut(name, Cut((value - summed.rest) / weight, keeps == (weight > 0)), ground)


def _table(step: Table, ground: Ground) -> Spread:
    asked = [ground.names[name] for name in step.on]
    can: list[tuple[int, Some]] = []
    sure = False
    last = None
    for place, row in enumerate(step.rows):
        if row.otherwise:
            last = place if last is None else last
            continue
        held = _all(_holds(cell, some, ground) for cell, some in zip(row.cells, asked, strict=True))
        if not held.can_hold:
            continue
        if held.can_fail:
            can.append((place, held))
            continue
        # A row that speaks for certain: under `first` earlier ones may still come before it.
        sure = True
        if step.policy == "unique":
            can = [(place, held)]
            break
        can.append((place, held))
        if step.policy == "first":
            break
    if not sure and last is not None:
        can.append((last, YES if not can else Some(BOTH, _support(can), exact=False)))
    elif not sure and any(NOT_APPLICABLE in some.reach for some in asked):
        if not can:
            return dict.fromkeys(step.outputs, (known(NOT_APPLICABLE), Some(NOTHING)))
        return _spoken(step, can, ground, also=known(NOT_APPLICABLE))
    if not can:
        ground.refused = True
    return _spoken(step, can, ground, ordered=step.policy == "first" or sure)


def _support(can: list[tuple[int, Some]]) -> frozenset[str]:
    return frozenset().union(*(held.support for _, held in can))


def _all(cells: Iterable[Some]) -> Some:
    """Return whether all of some conditions hold."""
    met: list[Some] = []
    for held in cells:
        if not held.can_hold:
            return NO
        if held.can_fail:
            met.append(held)
    if not met:
        return YES
    support = frozenset().union(*(held.support for held in met))
    apart = sum(len(held.support) for held in met) == len(support)
    return Some(BOTH, support, apart and all(held.exact for held in met))


def _spoken(
    step: Table,
    can: list[tuple[int, Some]],
    ground: Ground,
    ordered: bool = False,
    also: Some | None = None,
) -> Spread:
    made: Spread = {}
    exact = all(held.exact for _, held in can) and also is None
    choosing = Some(BOTH, _support(can), exact and not (ordered and len(can) > 1))
    for column, name in enumerate(step.outputs):
        answers = [spread(step.rows[place].answers[column], ground) for place, _ in can]
        if also is not None:
            answers.append(also)
        made[name] = _result(choosing, answers, [place for place, _ in can])
    return made


def _result(choosing: Some, answers: list[Some], places: list[int]) -> tuple[Some, Some]:
    spoke = Reach(frozenset(map(Fraction, places)))
    if not answers:
        return Some(NOTHING), Some(NOTHING)
    if len(answers) == 1:
        return answers[0], Some(spoke)
    return either(choosing, answers), Some(spoke, choosing.support, choosing.exact)


def _clauses(step: Clauses, ground: Ground) -> tuple[Some, Some]:
    effective = _guards(step)
    can: list[tuple[int, Some]] = []
    sure = False
    for place, guard in enumerate(effective):
        found = spread(guard, ground)
        if not found.can_hold:
            continue
        if not found.can_fail:
            can, sure = [(place, found)], True
            break
        can.append((place, found))
    exact = all(found.exact for _, found in can)
    answers = [spread(step.clauses[place].value, ground) for place, _ in can]
    if not sure:
        read = frozenset().union(*map(names, effective))
        if any(NOT_APPLICABLE in ground.names[name].reach for name in read):
            answers.append(known(NOT_APPLICABLE))
            exact = False
    if not answers:
        ground.refused = True
    return _result(Some(BOTH, _support(can), exact), answers, [place for place, _ in can])


@lru_cache(maxsize=512)
def _guards(step: Clauses) -> tuple[Formula, ...]:
    return tuple(guards(step).values())


def _score(step: Score, ground: Ground) -> tuple[Some, Some]:
    total = known(ZERO)
    places: list[int] = []
    open_lines: list[Some] = []
    for place, point in enumerate(step.points):
        when = spread(point.when, ground)
        if not when.can_hold:
            continue
        places.append(place)
        worth = spread(point.points, ground)
        if when.can_fail:
            open_lines.append(when)
            worth = either(when, [worth, known(ZERO)])
        total = _single_sum(operate_some("add", (total, worth), ground))
    support = frozenset().union(*(when.support for when in open_lines))
    spoke = Some(
        Reach(frozenset(map(Fraction, places))), support, all(when.exact for when in open_lines)
    )
    return total, spoke


def _single_sum(found: Some) -> Some:
    value = found.reach.single
    return found if value is None else known(value)


def _scale(step: Scale, ground: Ground) -> tuple[Some, Some]:
    on = spread(step.on, ground)
    chooser = ground.names[step.by] if step.by else YES
    parts: list[Some] = []
    places: list[int] = []
    first = 0
    covered: set[Fraction] = set()
    for bands in step.bands:
        if bands.values is None or any(value in chooser.reach for value in bands.values):
            value, spoke = _marginal(bands, on, ground)
            parts.append(value)
            places += [first + place for place in spoke]
            covered |= bands.values or set()
        first += len(bands.brackets)
    if NOT_APPLICABLE in on.reach or NOT_APPLICABLE in chooser.reach:
        parts.append(known(NOT_APPLICABLE))
    if not parts:
        ground.refused = True
        return Some(NOTHING), Some(NOTHING)
    value = either(chooser, parts)
    if step.rounding is not None:
        by = spread(step.rounding[1], ground)
        value = _single_sum(operate_some(step.rounding[0], (value, by), ground))
    support = on.support | chooser.support
    return value, Some(Reach(frozenset(map(Fraction, places))), support, exact=len(places) < 2)


def _marginal(bands: Bands, on: Some, ground: Ground) -> tuple[Some, list[int]]:
    """Return what a set of brackets gives, and the brackets in which it can end."""
    above = [spread(bracket.above, ground) for bracket in bands.brackets]
    rates = [spread(bracket.rate, ground) for bracket in bands.brackets]
    numbers = Some(Reach(frozenset(on.reach.numbers), on.reach.spans), on.support, on.exact, on.sum)
    if numbers.reach.is_empty:
        return Some(NOTHING), []
    places = _ends_in(numbers, above)
    ends = [some.reach.single for some in (*above, *rates)]
    if any(end is None for end in ends):
        return _added(numbers, above, rates, ground), places
    edges = [end for end in ends[: len(above)] if isinstance(end, Fraction)]
    slopes = [end for end in ends[len(above) :] if isinstance(end, Fraction)]
    crossed = [
        edge
        for edge in edges
        if len(places) > 1 or (numbers.reach.low is None or numbers.reach.low < edge)
    ]
    if on.sum is not None and len(places) + (places == []) <= 1 and _one_piece(numbers, edges):
        slope, rest = _piece(edges, slopes, places[0] if places else -1)
        weights = {name: weight * slope for name, weight in on.sum.weights.items()}
        return of_sum(Sum(weights, on.sum.rest * slope + rest), ground), places
    if on.sum is not None:
        for edge in crossed:
            _edge(on.sum, edge, True, ground)
    if numbers.reach.is_finite:
        taxed = frozenset(_tax(edges, slopes, value) for value in numbers.reach.numbers)
        return Some(Reach(taxed), on.support, on.exact), places
    low, high = numbers.reach.low, numbers.reach.high
    if low is None or high is None:
        return _added(numbers, above, rates, ground), places
    turning = [low, high, *(edge for edge in edges if low < edge < high)]
    images = [_tax(edges, slopes, value) for value in turning]
    dense = len(numbers.reach.spans) == 1 and numbers.reach.spans[0].step is None
    dense = dense and not numbers.reach.points and low in numbers.reach and high in numbers.reach
    return Some(between(min(images), max(images)), on.support, on.exact and dense), places


def _ends_in(on: Some, above: list[Some]) -> list[int]:
    low, high = on.reach.low, on.reach.high
    places = []
    for place, some in enumerate(above):
        end, after = some.reach.low, above[place + 1].reach.high if place + 1 < len(above) else None
        reached = high is None or end is None or high > end
        passed = low is not None and after is not None and low > after
        if reached and not passed:
            places.append(place)
    return places


def _one_piece(on: Some, edges: list[Fraction]) -> bool:
    low, high = on.reach.low, on.reach.high
    return not any((low is None or low < edge) and (high is None or high > edge) for edge in edges)


def _piece(edges: list[Fraction], slopes: list[Fraction], place: int) -> tuple[Fraction, Fraction]:
    if place < 0:
        return ZERO, ZERO
    return slopes[place], _tax(edges, slopes, edges[place]) - slopes[place] * edges[place]


def _tax(edges: list[Fraction], slopes: list[Fraction], value: Fraction) -> Fraction:
    total, before = ZERO, ZERO
    for edge, slope in zip(edges, slopes, strict=True):
        if value > edge:
            total += (slope - before) * (value - edge)
        before = slope
    return total


def _added(on: Some, above: list[Some], rates: list[Some], ground: Ground) -> Some:
    """Return the sum over brackets where their ends or rates vary too."""
    total, before = known(ZERO), known(ZERO)
    for edge, rate in zip(above, rates, strict=True):
        more = operate_some("subtract", (rate, before), ground)
        past = operate_some("subtract", (on, edge), ground)
        part = operate_some(
            "multiply", (more, operate_some("max", (past, known(ZERO)), ground)), ground
        )
        total = operate_some("add", (total, part), ground)
        before = rate
    return Some(total.reach, total.support | on.support, total.exact and len(above) < 2)
