"""Points of a domain that show something, and proofs that a domain has no point.

Witnesses are searched among corners, the middle, and a fixed low-discrepancy sequence, so that the
same text always gives the same answer; a change of sign between two points is followed to the
zero between them. Proofs bisect the box and exclude every part of it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, product

from lawc.analysis.hazards import Break, Hazard
from lawc.analysis.intervals import Interval, bounds, surely_false
from lawc.analysis.numbers import NoValueError, evaluate, holds
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Binary, Expression, Negative, derivatives, names

MOST_CORNERS = 64
MOST_POINTS = 160
MOST_BOXES = 400
MOST_NARROWED = 120
BISECTIONS = 80


@immutable
class Region:
    """A box in SI units, the names of it that are sampled by their logarithm, and conditions."""

    box: Mapping[str, Interval]
    logs: frozenset[str]
    conditions: tuple[Expression, ...]


def find_witness(region: Region, inside: Expression, hazard: Hazard) -> dict[str, float] | None:
    """Return a point of the region at which an expression breaks, if one is found.

    None where the expression speaks of a name without a range, or where a condition that concerns
    it cannot be decided.
    """
    spoken = names(inside)
    if derivatives(inside) or not spoken <= region.box.keys():
        return None
    conditions: list[Expression] = []
    for condition in (*region.conditions, *hazard.guards):
        own = names(condition)
        if own <= region.box.keys() and not derivatives(condition):
            conditions.append(condition)
        elif own & spoken:
            return None
    rest = sorted({n for c in conditions for n in names(c)} - spoken)
    signs: dict[int, dict[str, float]] = {}
    points = chain(
        _points(region, sorted(spoken), rest),
        _narrowed(region, inside, hazard, conditions, [*sorted(spoken), *rest]),
    )
    for point in points:
        try:
            value = evaluate(inside, point)
            if not math.isfinite(value):
                continue
            broken = hazard.broken(value, size(inside, point))
        except NoValueError:
            continue
        if broken and _all_hold(conditions, point):
            return point
        if hazard.breaks is Break.ZERO and value:
            other = signs.setdefault(1 if value > 0 else -1, point)
            opposite = signs.get(-1 if value > 0 else 1)
            if opposite is not None and other is point:
                found = _zero(region, inside, opposite, point)
                if found is not None and _all_hold(conditions, found):
                    return found
                # Keep the first point of each sign, and try the other pairs as they come.
                del signs[1 if value > 0 else -1]
    return None


def find_conflict(region: Region) -> tuple[int, ...] | None:
    """Return a smallest set of conditions that no point of the box satisfies, None if some does.

    None too where neither a point nor a proof is found.
    """
    usable = [
        number for number, condition in enumerate(region.conditions) if not derivatives(condition)
    ]
    said = {number: names(region.conditions[number]) for number in usable}
    spoken = sorted(set[str]().union(*said.values()) & region.box.keys())
    decidable = [region.conditions[i] for i in usable if said[i] <= region.box.keys()]
    for point in _points(region, spoken, []):
        if _all_hold(decidable, point):
            return None
    if not _excluded(region, usable, spoken):
        return None
    needed = list(usable)
    for number in usable:
        fewer = [n for n in needed if n != number]
        if fewer and _excluded(region, fewer, spoken):
            needed = fewer
    return tuple(needed)


def size(expression: Expression, point: Mapping[str, float]) -> float:
    """Return the size of the terms of a sum, to which its rounding is proportional."""
    match expression:
        case Binary("+" | "-", left, right):
            return size(left, point) + size(right, point)
        case Negative(of):
            return size(of, point)
    return abs(evaluate(expression, point))


def _narrowed(
    region: Region,
    inside: Expression,
    hazard: Hazard,
    conditions: Sequence[Expression],
    every: Sequence[str],
) -> Iterator[dict[str, float]]:
    """Yield the middles of ever smaller boxes in which a hazard cannot be excluded.

    Ends where every box is excluded: then it is proven that nothing breaks.
    """
    boxes = deque([{name: region.box[name] for name in every}])
    for _ in range(MOST_NARROWED):
        if not boxes:
            return
        box = boxes.popleft()
        if not hazard.touched(bounds(inside, box)):
            continue
        if any(surely_false(condition, box) for condition in conditions):
            continue
        middle = {name: _middle(region, name, box[name]) for name in every}
        yield middle
        wide = max(every, key=lambda n: _relative_width(region.box[n], box[n]), default=None)
        if wide is None or box[wide][0] >= box[wide][1]:
            continue
        low, high = box[wide]
        boxes.append({**box, wide: (low, middle[wide])})
        boxes.append({**box, wide: (middle[wide], high)})


def _middle(region: Region, name: str, interval: Interval) -> float:
    low, high = interval
    if name in region.logs and low > 0:
        return math.sqrt(low) * math.sqrt(high)
    return (low + high) / 2


def _excluded(region: Region, numbers: Sequence[int], spoken: Sequence[str]) -> bool:
    """Return whether bisection shows that some condition fails in every part of the box."""
    conditions = [region.conditions[number] for number in numbers]
    boxes = [{**region.box}]
    seen = 0
    while boxes:
        seen += 1
        if seen > MOST_BOXES:
            return False
        box = boxes.pop()
        if any(surely_false(condition, box) for condition in conditions):
            continue
        wide = max(spoken, key=lambda n: _relative_width(region.box[n], box[n]), default=None)
        if wide is None or _relative_width(region.box[wide], box[wide]) < 1e-3:
            return False
        low, high = box[wide]
        middle = _middle(region, wide, box[wide])
        boxes.append({**box, wide: (low, middle)})
        boxes.append({**box, wide: (middle, high)})
    return True


def _relative_width(whole: Interval, part: Interval) -> float:
    width = whole[1] - whole[0]
    return (part[1] - part[0]) / width if width > 0 else 0.0


def _all_hold(conditions: Sequence[Expression], point: Mapping[str, float]) -> bool:
    try:
        return all(holds(condition, point) for condition in conditions)
    except NoValueError:
        return False


def _points(
    region: Region, spoken: Sequence[str], rest: Sequence[str]
) -> Iterator[dict[str, float]]:
    """Yield points of the box: the middle, corners of what is spoken of, then a sequence."""
    every = [*spoken, *rest]
    moving = [n for n in spoken if region.box[n][0] < region.box[n][1]]
    yield {n: _at(region, n, 0.5) for n in every}
    for number, corner in enumerate(islice(product((0.0, 1.0), repeat=len(moving)), MOST_CORNERS)):
        ends = dict(zip(moving, corner, strict=True))
        tries = 5 if rest else 1
        for attempt in range(tries):
            spread = _spread(number * tries + attempt + 1, len(every))
            yield {
                n: _at(region, n, ends.get(n, share))
                for n, share in zip(every, spread, strict=True)
            }
    for number in range(MOST_POINTS):
        spread = _spread(number + 1, len(every))
        yield {n: _at(region, n, share) for n, share in zip(every, spread, strict=True)}


def _spread(number: int, count: int) -> list[float]:
    """Return a point of an additive sequence that fills the unit cube evenly."""
    # The root of g^(d+1) = g + 1 gives the steps whose multiples stay farthest apart.
    root = 2.0
    for _ in range(20):
        root = (1 + root) ** (1 / (count + 1))
    return [(0.5 + number / root ** (k + 1)) % 1.0 for k in range(count)]


def _at(region: Region, name: str, share: float) -> float:
    low, high = region.box[name]
    if share == 0.0 or low == high:
        return low
    if share == 1.0:
        return high
    if name in region.logs and low > 0:
        return low * (high / low) ** share
    return low + (high - low) * share


def _zero(
    region: Region, inside: Expression, one: Mapping[str, float], other: Mapping[str, float]
) -> dict[str, float] | None:
    """Return where an expression vanishes between two points at which its signs differ."""

    def between(share: float) -> dict[str, float]:
        return {n: one[n] + (other[n] - one[n]) * share for n in one}

    try:
        first, last = evaluate(inside, one), evaluate(inside, other)
        low, high = 0.0, 1.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            value = evaluate(inside, between(middle))
            if value == 0:
                return between(middle)
            if (value > 0) == (first > 0):
                low = middle
            else:
                high = middle
        point = between((low + high) / 2)
        # At a pole the sign changes too, but the values grow instead of vanishing.
        small = abs(evaluate(inside, point)) < 1e-6 * max(abs(first), abs(last))
    except NoValueError:
        return None
    return point if small else None
