"""What can still come out while some facts are unknown, and which of them to ask for first.

The unknown inputs span a box. Each step is taken on the whole box, with sets for values; where a
set may be too wide, the box is cut in two at a place where a comparison is decided, until what has
been seen to come out is all that can. Where the work would grow too large the wider set is given,
and marked as such.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.admission import fitting
from lawc.decision.cutting import Box, best_cut, halved
from lawc.decision.decision import Decision, decides, formulas, reads
from lawc.decision.formula import Apply, Named, walk
from lawc.decision.grounds import Ground, Some, known, some
from lawc.decision.operations import DecisionError
from lawc.decision.reach import NOTHING, Cut, Reach, above, below, domain, inside, middle, union
from lawc.decision.spread_steps import spread_step
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value

BOXES = 400
"""How many boxes are looked at for one question about a rule of usual length."""

USUAL = 600
"""Parts of formulas."""


@dataclass(frozen=True, slots=True)
class Possible:
    """What can come out.

    Attributes:
        values: By name of a decided quantity, what it can be.
        because: By name, the places of what can speak of it.
        exact: The names of which every value in the set does come out, for some facts.
        refused: Whether there may be facts for which nothing comes out.
        boxes: How many boxes were looked at.
    """

    values: Mapping[str, Reach]
    because: Mapping[str, frozenset[int]]
    exact: frozenset[str]
    refused: bool
    boxes: int

    def answer(self, name: str) -> Value:
        """Return the value of a quantity, or unknown where it can be one of several."""
        value = self.values[name].single
        return UNKNOWN if value is None else value


@dataclass(frozen=True, slots=True)
class Question:
    """An unknown input.

    Attributes:
        gain: By how many bits its answer is expected to narrow what can come out, its ranges
            being taken as equally likely.
        matters: Whether something asked for varies with it; where it does and the gain is 0, it
            tells nothing by itself, but may together with another.
    """

    name: str
    gain: float
    matters: bool


@dataclass(frozen=True, slots=True)
class _View:
    """What one box gives: sets by name, `(name, because)` under `name/because`."""

    found: Mapping[str, Some]
    because: Mapping[str, Some]
    cuts: Mapping[str, list[Cut]]
    refused: bool


def possible(
    decision: Decision,
    given: Mapping[str, Value | Reach],
    only: tuple[str, ...] | None = None,
    boxes: int | None = None,
) -> Possible:
    """Return what a decision can answer.

    Args:
        given: What is known. A value, or the set that an input is known to lie in; an input that
            is left out, or is `unknown`, can be whatever its port takes.
        only: The quantities that are asked for; its outputs if left out.
        boxes: How many boxes to look at before a wider set is given.

    Raises:
        DecisionError: A value is out of range or no value of its kind, or nothing comes out.
    """
    box, missing = _box(decision, given)
    asked = decision.outputs if only is None else only
    missing = missing | _unknown_between(decision, box, missing)
    allowed = affordable(decision, BOXES) if boxes is None else boxes
    return _Search(decision, missing, asked).over(box, allowed)


def ask(
    decision: Decision, given: Mapping[str, Value | Reach], only: tuple[str, ...] | None = None
) -> tuple[Question, ...]:
    """Return the unknown inputs, the one first whose answer narrows most what can come out.

    Raises:
        DecisionError: A value is out of range or no value of its kind, or nothing comes out.
    """
    box, missing = _box(decision, given)
    asked = decision.outputs if only is None else only
    now = possible(decision, given, asked, boxes=_FEW_BOXES)
    start = {name: _size(now.values[name], now.values[name]) for name in asked}
    found = _view(decision, box, missing).found
    varies = frozenset().union(*(found[name].support for name in asked))
    questions = []
    for name in sorted(missing):
        pieces = _pieces(decision, box, missing, name)
        gain = 0.0
        for piece in pieces:
            search = _Search(decision, missing - {name}, asked)
            try:
                then = search.over({**box, name: piece}, _FEW_BOXES)
            except DecisionError:
                continue
            for each in asked:
                left = _size(then.values[each], now.values[each])
                gain += max(0.0, start[each] - left) / len(pieces)
        questions.append(Question(name, gain, name in varies))
    order = {port.name: place for place, port in enumerate(decision.inputs)}
    return tuple(sorted(questions, key=lambda q: (-round(q.gain, 9), not q.matters, order[q.name])))


_FEW_BOXES = 40


def affordable(decision: Decision, boxes: int) -> int:
    """Return as many boxes of a decision as cost what some boxes of a usual one do."""
    length = sum(1 for step in decision.steps for f in formulas(step) for _ in walk(f))
    return max(min(boxes, 4), min(boxes, boxes * USUAL**2 // max(length, 1) ** 2))


_MOST_PIECES = 24


def ground_of(
    decision: Decision, box: Box, missing: frozenset[str] = frozenset()
) -> tuple[Ground, dict[str, Some]]:
    """Return what a decision gives on a box, and the places of what can speak."""
    ground = Ground(
        {name: some(reach, name) for name, reach in box.items()}, missing, decision.calendars
    )
    because: dict[str, Some] = {}
    for step in decision.steps:
        for name, (value, spoke) in spread_step(step, ground).items():
            port = decision.port(name)
            fits = inside(value.reach, port.low, port.high)
            if fits != value.reach:
                ground.refused = True
                value = _narrowed(value, fits)
            ground.names[name], because[name] = value, spoke
    return ground, because


def _view(decision: Decision, box: Box, missing: frozenset[str]) -> _View:
    ground, because = ground_of(decision, box, missing)
    return _View(ground.names, because, ground.cuts, ground.refused)


class _Search:
    """Look at boxes until what was seen to come out is all that can."""

    def __init__(self, decision: Decision, missing: frozenset[str], asked: tuple[str, ...]) -> None:
        self._decision = needed(decision, asked)
        self._missing = missing
        self._asked = asked
        self._seen: dict[tuple[str, bool], Reach] = {}
        self._refused = False

    def over(self, box: Box, boxes: int) -> Possible:
        waiting = [(box, 0)]
        wide: dict[tuple[str, bool], list[Reach]] = {}
        count = 0
        while waiting:
            box, depth = waiting.pop()
            found = _view(self._decision, box, self._missing)
            count += 1
            self._refused |= found.refused
            loose = self._take(found)
            if not loose:
                continue
            if count < boxes and depth < _DEEPEST:
                count += self._try_middle(box)
                loose = self._not_seen(loose)
                if not loose:
                    continue
                halves = _halves(box, loose, found)
                if halves is not None:
                    waiting += ((half, depth + 1) for half in halves)
                    continue
            for key, value in loose.items():
                wide.setdefault(key, []).append(value.reach)
        return self._result(wide, count)

    def _take(self, found: _View) -> dict[tuple[str, bool], Some]:
        loose: dict[tuple[str, bool], Some] = {}
        for name in self._asked:
            for key, value in (
                ((name, False), found.found[name]),
                ((name, True), found.because.get(name, known(NOT_APPLICABLE))),
            ):
                seen = self._seen.get(key, NOTHING)
                if value.exact or value.reach.single is not None:
                    self._seen[key] = union((seen, value.reach))
                elif not seen.covers(value.reach):
                    loose[key] = value
        return loose

    def _not_seen(self, loose: dict[tuple[str, bool], Some]) -> dict[tuple[str, bool], Some]:
        return {
            key: value
            for key, value in loose.items()
            if not self._seen.get(key, NOTHING).covers(value.reach)
        }

    def _try_middle(self, box: Box) -> int:
        point = {name: Reach(frozenset((middle(reach),))) for name, reach in box.items()}
        self._take(_view(self._decision, point, self._missing))
        return 1

    def _result(self, wide: dict[tuple[str, bool], list[Reach]], count: int) -> Possible:
        values, because, exact = {}, {}, set(self._asked)
        for name in self._asked:
            seen = self._seen.get((name, False), NOTHING)
            more = [r for r in wide.get((name, False), []) if not seen.covers(r)]
            values[name] = union((seen, *more))
            if more:
                exact.discard(name)
            if values[name].is_empty:
                raise DecisionError(f"{name}: nothing speaks, whatever the unknown facts are")
            spoke = union((self._seen.get((name, True), NOTHING), *wide.get((name, True), [])))
            because[name] = frozenset(int(place) for place in spoke.numbers)
        return Possible(values, because, frozenset(exact), self._refused, count)


_DEEPEST = 60


def _halves(
    box: Box, loose: Mapping[tuple[str, bool], Some], found: _View
) -> tuple[Box, Box] | None:
    support = frozenset().union(*(value.support for value in loose.values()))
    for name in sorted(support & found.cuts.keys(), key=lambda n: (-len(found.cuts[n]), n)):
        halves = best_cut(found.cuts[name], box, name)
        if halves is not None:
            return halves
    # No comparison says where to cut: cut what takes many single values, then what is widest.
    names = sorted((n for n in support if n in box), key=lambda n: (bool(box[n].spans), n))
    if all(value.reach.spans for value in loose.values()):
        # Halving makes a range of numbers hardly narrower; it ends where single values come out.
        names = [name for name in names if not box[name].spans]
    names = [name for name in names if _can_end(box[name])]
    for name in names:
        halves = halved(box, name)
        if halves is not None:
            return halves
    return None


def _can_end(reach: Reach) -> bool:
    """Whether halving again and again comes to an end, or is worth a few times."""
    return all(span.low is not None and span.high is not None for span in reach.spans)


def _narrowed(value: Some, reach: Reach) -> Some:
    if reach.single is not None:
        return known(reach.single)
    return Some(reach, value.support, value.exact)


def _box(decision: Decision, given: Mapping[str, Value | Reach]) -> tuple[Box, frozenset[str]]:
    """Return what each input can be, and the names of the unknown ones."""
    box: Box = {}
    missing = set()
    ports = {port.name: port for port in decision.inputs}
    for name in given:
        if name not in ports:
            raise DecisionError(f"{name!r} is no input of this decision")
    for name, port in ports.items():
        value = given.get(name, UNKNOWN)
        if isinstance(value, Reach):
            box[name] = value
            missing.add(name)
        elif value is UNKNOWN:
            box[name] = domain(port)
            missing.add(name)
        elif value is NOT_APPLICABLE:
            raise DecisionError(f"expected a value for {name!r}, got {value.value}")
        else:
            box[name] = Reach(frozenset((fitting(port, value, given=True),)))
    return box, frozenset(missing)


def _unknown_between(decision: Decision, box: Box, missing: frozenset[str]) -> frozenset[str]:
    """Return the decided names that a formula asks whether they are known, and that are not."""
    inputs = {port.name for port in decision.inputs}
    asked = {
        node.parts[0].name
        for step in decision.steps
        for formula in formulas(step)
        for node in walk(formula)
        if isinstance(node, Apply)
        and node.operation == "is_known"
        and isinstance(node.parts[0], Named)
    } - inputs
    unknown: frozenset[str] = frozenset()
    for port in decision.decided:
        if port.name in asked:
            found = _Search(decision, missing | unknown, (port.name,)).over(box, _FEW_BOXES)
            if found.values[port.name].single is None:
                unknown |= {port.name}
    return unknown


def needed(decision: Decision, asked: tuple[str, ...]) -> Decision:
    """Return a decision without the steps that nothing asked for reads."""
    wanted = set(asked)
    kept = []
    for step in reversed(decision.steps):
        if wanted.intersection(decides(step)):
            kept.append(step)
            wanted |= reads(step)
    steps = tuple(reversed(kept))
    return Decision(decision.inputs, decision.decided, decision.outputs, steps, decision.calendars)


def _pieces(decision: Decision, box: Box, missing: frozenset[str], name: str) -> list[Reach]:
    """Return the ranges of an unknown input between which comparisons change."""
    reach = box[name]
    if reach.is_finite and len(reach.points) <= _MOST_PIECES:
        return [Reach(frozenset((value,))) for value in sorted(reach.numbers)]
    pieces = [reach]
    cuts: set[Cut] = set()
    for part in [reach]:
        cuts |= set(_view(decision, {**box, name: part}, missing - {name}).cuts.get(name, []))
    places = sorted(cuts, key=lambda cut: (cut.at, cut.keeps))
    if len(places) >= _MOST_PIECES:
        places = places[:: math.ceil(len(places) / _MOST_PIECES)]
    for cut in places:
        low, high = below(pieces[-1], cut), above(pieces[-1], cut)
        if not low.is_empty and not high.is_empty:
            pieces[-1:] = [low, high]
    return pieces


def _size(reach: Reach, of: Reach) -> float:
    """Return how much a set leaves open, in bits, measured by what it was at first."""
    count = float(len(reach.points))
    whole = _length(of)
    for span in reach.spans:
        share = 1.0
        if span.low is not None and span.high is not None and whole:
            share = float((span.high - span.low) / whole)
        count += 1.0 + 1000.0 * share
    return math.log2(max(count, 1.0))


def _length(reach: Reach) -> Fraction:
    total = Fraction(0)
    for span in reach.spans:
        if span.low is None or span.high is None:
            return Fraction(0)
        total += span.high - span.low
    return total
