"""Where two decisions of the same inputs answer differently: as regions, or a proof that none is.

The inputs span a box. Both decisions are taken on it with sets; where both give one value they
agree or differ on all of the box, else it is cut where a comparison of either is decided. Regions
with the same two answers that lie side by side are joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.grounds import Some
from lawc.decision.operations import shown
from lawc.decision.partial import Box, best_cut, ground_of, halved, needed
from lawc.decision.reach import Cut, Reach, Span, domain, union
from lawc.decision.values import Absent, Value

BOXES = 20_000


@dataclass(frozen=True, slots=True)
class Region:
    """Where two decisions differ.

    Attributes:
        box: What each input lies in.
        output: In what they differ.
        first, second: What they answer there; more than one value where that varies.
        certain: Whether they differ on all of it; where not, the search was given up.
    """

    box: Mapping[str, Reach]
    output: str
    first: Reach
    second: Reach
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Compared:
    """How two decisions compare.

    Attributes:
        regions: Where they differ, or may.
        equal: Whether it was shown that they answer the same wherever all inputs are known.
        boxes: How many boxes were looked at.
    """

    regions: tuple[Region, ...]
    equal: bool
    boxes: int


def compare(
    first: Decision,
    second: Decision,
    outputs: tuple[str, ...] | None = None,
    boxes: int = BOXES,
) -> Compared:
    """Return where two decisions differ.

    The second may read fewer inputs than the first, and must have none that the first has not.
    Outputs of the first that the second does not decide are passed over, unless asked for. Inputs
    are looked at where both ranges hold them.

    Raises:
        ValueError: The second reads an input that the first has not, an output is missing, or a
            quantity is in another unit or has other words.
    """
    ports = {port.name: port for port in first.inputs}
    stray = [port.name for port in second.inputs if port.name not in ports]
    if stray:
        raise ValueError(f"the first decision has no input {', '.join(map(repr, stray))}")
    decided = {port.name for port in second.decided}
    asked = outputs or tuple(name for name in first.outputs if name in decided)
    lacking = [name for name in asked if name not in decided]
    if lacking or not asked:
        raise ValueError(f"the second decision does not decide {', '.join(lacking) or 'the same'}")
    others = {port.name: port for port in (*second.inputs, *second.decided)}
    for name in (*(port.name for port in second.inputs), *asked):
        _demand_alike(first.port(name), others[name])
    box = {name: _shared(port, others.get(name, port)) for name, port in ports.items()}
    regions: list[Region] = []
    count = 0
    for name in asked:
        found, looked = _differences(
            needed(first, (name,)), needed(second, (name,)), name, box, boxes
        )
        regions += found
        count += looked
    return Compared(tuple(regions), not regions, count)


def _demand_alike(one: Port, other: Port) -> None:
    """Refuse to compare numbers that mean different things.

    Raises:
        ValueError: The quantities have other units, words or kinds.
    """
    numbers = {one.kind, other.kind} <= {"number", "integer"}
    if one.kind != other.kind and not numbers:
        raise ValueError(
            f"{one.name} is {one.kind} in the first decision, {other.kind} in the other"
        )
    if one.unit != other.unit:
        raise ValueError(
            f"{one.name} is in [{one.unit or 1}] in the first decision and in [{other.unit or 1}] "
            "in the other; write both in one unit"
        )
    if one.choices != other.choices:
        raise ValueError(
            f"{one.name} is one of {', '.join(one.choices)} in the first decision, and one of "
            f"{', '.join(other.choices)} in the other; give both the same words in one order"
        )


def _shared(one: Port, other: Port) -> Reach:
    """Return the values that both ranges hold."""
    lows = [port.low for port in (one, other) if port.low is not None]
    highs = [port.high for port in (one, other) if port.high is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    found = domain(replace(one, low=low, high=high))
    if found.is_empty:
        raise ValueError(f"the two decisions have no value of {one.name} in common")
    return found


def described(region: Region, decision: Decision) -> str:
    """Return a region in words: `eGFR 45 ..< 60, ACR > 300: very-high, not high`."""
    where = [
        f"{port.name} {shown_reach(port, region.box[port.name])}"
        for port in decision.inputs
        if port.name in region.box and region.box[port.name] != domain(port)
    ]
    port = decision.port(region.output)
    one, other = shown_reach(port, region.first), shown_reach(port, region.second)
    doubt = "" if region.certain else " (not decided)"
    return f"{', '.join(where) or 'everywhere'}: {region.output} is {one}, not {other}{doubt}"


def shown_reach(port: Port, reach: Reach) -> str:
    """Return a set of values in an author's words."""
    parts = [_span(port, span) for span in reach.spans]
    numbers = [_word(port, value) for value in reach.numbers]
    if len(numbers) > 6:
        numbers = [f"{numbers[0]} .. {numbers[-1]}"]
    parts += numbers + sorted(value.value for value in reach.absent if isinstance(value, Absent))
    return " or ".join(parts) or "nothing"


def _differences(
    first: Decision, second: Decision, name: str, box: Box, boxes: int
) -> tuple[list[Region], int]:
    if first.steps == second.steps:
        return [], 0
    waiting = [(box, 0)]
    found: list[Region] = []
    count = 0
    while waiting:
        box, depth = waiting.pop()
        count += 1
        one_ground, _ = ground_of(first, box)
        other_ground, _ = ground_of(second, box)
        one, other = one_ground.names[name], other_ground.names[name]
        if _same(one, other):
            continue
        if not _meet(one.reach, other.reach) and _settled(one) and _settled(other):
            found.append(Region(box, name, one.reach, other.reach))
            continue
        halves = None
        if count < boxes and depth < _DEEPEST:
            cuts = {
                key: one_ground.cuts.get(key, []) + other_ground.cuts.get(key, []) for key in box
            }
            halves = _halves(box, cuts, one.support | other.support)
        if halves is None:
            found.append(Region(box, name, one.reach, other.reach, certain=False))
        else:
            waiting += ((half, depth + 1) for half in halves)
    return _joined(found), count


_DEEPEST = 80


def _same(one: Some, other: Some) -> bool:
    if one.sum is not None and other.sum is not None:
        weights = {name: weight for name, weight in one.sum.weights.items() if weight}
        others = {name: weight for name, weight in other.sum.weights.items() if weight}
        return weights == others and one.sum.rest == other.sum.rest
    single = one.reach.single
    return single is not None and single == other.reach.single


def _settled(some: Some) -> bool:
    """Whether a set varies with nothing that another cut would narrow: one value, or a sum."""
    return some.reach.single is not None or some.sum is not None


def _meet(one: Reach, other: Reach) -> bool:
    if any(value in other for value in one.points) or any(value in one for value in other.points):
        return True
    for a in one.spans:
        for b in other.spans:
            low = max((s.low for s in (a, b) if s.low is not None), default=None)
            high = min((s.high for s in (a, b) if s.high is not None), default=None)
            if low is None or high is None or low <= high:
                return True
    return False


def _halves(
    box: Box, cuts: Mapping[str, list[Cut]], support: frozenset[str]
) -> tuple[Box, Box] | None:
    for name in sorted(cuts, key=lambda name: (name not in support, -len(cuts[name]), name)):
        halves = best_cut(cuts[name], box, name)
        if halves is not None:
            return halves
    for name in sorted(support & box.keys(), key=lambda n: (bool(box[n].spans), n)):
        if all(s.low is not None and s.high is not None for s in box[name].spans):
            halves = halved(box, name)
            if halves is not None:
                return halves
    return None


def _joined(regions: list[Region]) -> list[Region]:
    """Join regions that are alike but for one input."""
    changed = len(regions) <= 2000
    while changed:
        changed = False
        for name in dict.fromkeys(name for region in regions for name in region.box):
            groups: dict[object, list[Region]] = {}
            for region in regions:
                rest = tuple((k, v) for k, v in sorted(region.box.items(), key=_key) if k != name)
                key = (rest, region.first, region.second, region.certain)
                groups.setdefault(key, []).append(region)
            if len(groups) < len(regions):
                changed = True
                regions = [_one(name, group) for group in groups.values()]
    return regions


def _key(item: tuple[str, Reach]) -> str:
    return item[0]


def _one(name: str, group: list[Region]) -> Region:
    first = group[0]
    reach = union(region.box[name] for region in group)
    return Region(
        {**first.box, name: reach}, first.output, first.first, first.second, first.certain
    )


def _word(port: Port, value: Value) -> str:
    if isinstance(value, Absent):
        return value.value
    if port.choices:
        return port.choices[int(value)]
    if port.kind == "yes/no":
        return "yes" if value else "no"
    if port.kind == "date" and 1 <= value <= date.max.toordinal():
        return date.fromordinal(int(value)).isoformat()
    return shown(Fraction(value))


def _span(port: Port, span: Span) -> str:
    if span.low is None and span.high is None:
        return "any"
    if span.high is None:
        assert span.low is not None
        return f"{'>' if span.low_open else '>='} {_word(port, span.low)}"
    if span.low is None:
        return f"{'<' if span.high_open else '<='} {_word(port, span.high)}"
    dots = f"{'<' if span.low_open else ''}..{'<' if span.high_open else ''}"
    return f"{_word(port, span.low)} {dots} {_word(port, span.high)}"
