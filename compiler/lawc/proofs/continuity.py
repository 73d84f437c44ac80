"""Whether a quantity is continuous in an input, and where it jumps.

At a point and just beside it every formula has a value and a first slope. Comparing first by value
and then by slope gives exactly which side of each threshold is taken just above and just below the
point, so limits are exact and no distance is chosen. A stated exception is one place: itself,
or where nothing jumps there, one place so near to it that it was meant. The last rounding of a
quantity in the unit of the subject is left out: what is answered in whole coins never is continuous
in the strict sense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from lawc.decision.decision import Clause, Clauses, Decision, Row, Scale, Step, Table, decides
from lawc.decision.exact import decide, evaluate
from lawc.decision.formula import Apply, Formula, every, names
from lawc.decision.operations import DecisionError, truth
from lawc.decision.values import Absent, Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.beside import Beside
from lawc.proofs.branching import branch
from lawc.proofs.drawing import draw_cases
from lawc.proofs.encoding import Encoding
from lawc.proofs.intervals import Bounds
from lawc.proofs.library import z3
from lawc.proofs.questions import valued_names
from lawc.proofs.replay import Case, shortened
from lawc.proofs.search import Limits, ask, case
from lawc.proofs.slopes import Slopes
from lawc.proofs.steps import definitions
from lawc.proofs.terms import as_number, as_real, exactly
from lawc.proofs.verdict import Verdict, Word
from lawc.proofs.world import Real, World

MOST_JUMPS = 3
LINES = 6
_DISTANCES = (Fraction(1, 10**5), Fraction(1, 10**9))
_NEARER = (1, Fraction(1, 10**4), Fraction(1, 10**8))


def prove_continuous(decision: Decision, claim: RuleClaim, limits: Limits) -> Verdict:
    """Return whether the subject of a claim is continuous, and the places where it is not."""
    by = claim.by or ""
    smooth = without_rounding(decision, claim.subject)
    made = definitions(smooth)
    subject = _inner(claim.subject)

    def judge(bounds: Bounds) -> tuple[np.ndarray, np.ndarray]:
        bounds = bounds.given(frozenset((by,)))
        region = bounds.condition(every(claim.where))
        slope = Slopes(bounds, made, by).of(subject)
        finite = np.isfinite(slope.slope.low) & np.isfinite(slope.slope.high)
        return region.is_false | (finite & ~slope.jumps), np.zeros(bounds.size, bool)

    bounded = branch(smooth, made, judge, Limits(0.2, 0, 256), by)
    if bounded.holds:
        return Verdict(Word.PROVED, boxes=bounded.boxes, means="slopes")
    return _asked(smooth, replace(claim, subject=subject), limits)


def _halved(decision: Decision, claim: RuleClaim) -> list[tuple[Case, Fraction]]:
    """Return a jump between points of the range, found by halving the largest change."""
    port, by = decision.port(claim.by or ""), claim.by or ""
    if port.low is None or port.high is None:
        return []
    low, length = port.low, port.high - port.low
    stated = _stated(decision, claim)
    for (given,) in draw_cases(decision, replace(claim, form=Always.COMPARISON), LINES):

        def at(x: Fraction, given: Case = given) -> Fraction | None:
            return _value(decision, claim, {**given, by: x})

        def jumps(case: Case) -> bool:
            return not _is_among(stated, case[by]) and _is_jump(decision, claim, case)

        points = [(x, at(x)) for x in (low + length * Fraction(i, 16) for i in range(17))]
        pairs = [
            (abs(b - a), x, y)
            for (x, a), (y, b) in pairwise(points)
            if a is not None and b is not None and a != b
        ]
        place = _narrowed(at, *max(pairs)[1:]) if pairs else None
        if place is None or not jumps({**given, by: place}):
            continue
        there = shortened(decision, {**given, by: place}, jumps)
        short = there[by]
        assert isinstance(short, Fraction)
        return [(there, short)]
    return []


def _narrowed(
    at: Callable[[Fraction], Fraction | None], low: Fraction, high: Fraction
) -> Fraction | None:
    """Return where between two points the largest change is, by halving."""
    first, last = at(low), at(high)
    for _ in range(44):
        middle = Fraction(float((low + high) / 2))
        between = at(middle)
        if first is None or last is None or between is None:
            return None
        if abs(between - first) >= abs(last - between):
            high, last = middle, between
        else:
            low, first = middle, between
    return high


def _stated(decision: Decision, claim: RuleClaim) -> list[tuple[Fraction, Fraction]]:
    """Return the jumps that a claim names, each with how exactly it can be named."""
    step = decision.port(claim.by or "").step or Fraction(0)
    found = [evaluate(jump, {}, {}) for jump in claim.jumps]
    return [(x, max(step, abs(x) / 10**6)) for x in found if isinstance(x, Fraction)]


def _is_among(places: list[tuple[Fraction, Fraction]], place: Value) -> bool:
    return isinstance(place, Fraction) and any(abs(place - x) <= near for x, near in places)


def without_rounding(decision: Decision, subject: Formula) -> Decision:
    """Return a decision that rounds no quantity in the unit of a subject, between coins too."""
    ports = {port.name: port for port in (*decision.inputs, *decision.decided)}
    units = {ports[name].unit for name in names(subject) if name in ports}
    return replace(
        decision,
        inputs=tuple(replace(p, step=None) if p.kind == "number" else p for p in decision.inputs),
        steps=tuple(
            _smooth(step) if all(ports[n].unit in units for n in decides(step)) else step
            for step in decision.steps
        ),
    )


def _smooth(step: Step) -> Step:
    match step:
        case Table(outputs, on, rows, policy):
            return Table(outputs, on, tuple(map(_smooth_row, rows)), policy)
        case Clauses(output, clauses):
            return Clauses(output, tuple(map(_smooth_clause, clauses)))
        case Scale(output, on, bands, by):
            return Scale(output, on, bands, by)
        case _:
            return step


def _smooth_row(row: Row) -> Row:
    return Row(row.cells, tuple(map(_inner, row.answers)), row.label, row.otherwise, row.since)


def _smooth_clause(clause: Clause) -> Clause:
    value = _inner(clause.value)
    return Clause(clause.label, value, clause.condition, clause.defeats, clause.words)


def _inner(formula: Formula) -> Formula:
    """Return a formula without the rounding that it ends with."""
    while isinstance(formula, Apply) and formula.operation.startswith("round_"):
        formula = formula.parts[0]
    return formula


def _asked(decision: Decision, claim: RuleClaim, limits: Limits) -> Verdict:
    """Ask for points at which a limit from one side is another value, until there is none."""
    found = _halved(decision, claim)
    notches = _Notches(decision, claim, limits)
    settled = 0
    for side in (1, -1):
        while True:
            # Of a claim that is refuted already, further jumps are only worth a little.
            allowed = limits if not found else Limits(limits.seconds / 4, limits.work // 4)
            excluded = [*notches.places, *((x, abs(x) / 10**6) for _, x in found)]
            answer = _jump(decision, claim, side, excluded, allowed)
            if answer is False:
                settled += 1
                break
            meant = notches.takes(answer[1]) if isinstance(answer, tuple) else None
            if meant is None or not isinstance(answer, tuple):
                break
            if not meant:
                found.append(answer)
            if len(found) == MOST_JUMPS:
                break
    if found:
        first = found[0][0]
        beside = {**first, claim.by or "": _beside(decision, claim, first)}
        said = tuple(_value(decision, claim, given) or Fraction(0) for given in (first, beside))
        pairs = tuple(tuple(given.items()) for given in (first, beside))
        places = tuple(sorted(_place(claim, given) for given, _ in found))
        return Verdict(Word.REFUTED, pairs, said, means="solver", at=places)
    return Verdict(Word.PROVED if settled == 2 else Word.UNKNOWN, means="solver")


class _Notches:
    """The places that a claim excepts, each of which stands for one place."""

    def __init__(self, decision: Decision, claim: RuleClaim, limits: Limits) -> None:
        self._decision, self._claim, self._limits = decision, claim, limits
        self._stated = _stated(decision, claim)
        self._meant: dict[Fraction, Fraction] = {}

    @property
    def places(self) -> list[tuple[Fraction, Fraction]]:
        """Return where a jump is excepted, without any distance."""
        meant = [self._meant.get(x) for x, _ in self._stated]
        places = [x if m is None else m for (x, _), m in zip(self._stated, meant, strict=True)]
        return [(place, Fraction(0)) for place in places]

    def takes(self, place: Fraction) -> bool | None:
        """Return whether a jump is what a place beside it stands for; None where it is not known.

        A place at which the value jumps itself stands for itself, one that stands for another
        for no second one.
        """
        for x, near in self._stated:
            if abs(place - x) > near or x in self._meant:
                continue
            there = [
                _jump(self._decision, self._claim, side, [], self._limits, x) for side in (1, -1)
            ]
            if any(isinstance(one, tuple) for one in there):
                self._meant[x] = x
                continue
            if there != [False, False]:
                return None
            self._meant[x] = place
            return True
        return False


def _jump(
    decision: Decision,
    claim: RuleClaim,
    side: int,
    excluded: list[tuple[Fraction, Fraction]],
    limits: Limits,
    only: Fraction | None = None,
) -> tuple[Case, Fraction] | bool | None:
    """Return a case at a jump and its place, False where there is no other, None where unknown.

    The case is a short one near to the place, to be shown.

    Args:
        side: 1 where the value above the point is another, -1 below it.
        excluded: Places that are known, and how near to them nothing is asked.
        only: The one place that is asked for.
    """
    world = World()
    encoding = Encoding(decision, world)
    by = claim.by or ""
    x = as_real(as_number(encoding.terms[by].value))
    port = decision.port(by)
    beside = Beside(encoding, by, side)
    there = beside.of(claim.subject)
    if there is None:
        return None
    term = encoding.term(claim.subject)
    facts: list[Real] = [*encoding.domain, encoding.answered()]
    facts += [known for name, known in encoding.known.items() if name == by]
    for condition in claim.where:
        held = beside.condition(condition)
        if held is None:
            return None
        facts += [encoding.condition(condition), held]
    end = port.high if side > 0 else port.low
    if end is not None:
        facts.append(x < exactly(end) if side > 0 else x > exactly(end))
    for place, near in excluded:
        facts.append(z3.Or(x < exactly(place - near), x > exactly(place + near)))
    if only is not None:
        facts.append(x == exactly(only))
    facts += [term.applicable, there.applicable]
    facts.append(as_number(term.value) != as_number(there.value))
    answer = ask(world, facts, limits)
    if answer.exists is not True:
        return answer.exists
    given = case(encoding, answer.model)

    def jumps(other: Case) -> bool:
        if _is_among(excluded, other[by]) or (only is not None and other[by] != only):
            return False
        return _is_jump(decision, claim, other)

    place = given[by]
    if not isinstance(place, Fraction) or not jumps(given):
        return None
    return shortened(decision, given, jumps), place


def _place(claim: RuleClaim, given: Case) -> Fraction:
    place = given[claim.by or ""]
    assert isinstance(place, Fraction)
    return place


def _is_jump(decision: Decision, claim: RuleClaim, given: Case) -> bool:
    """Return whether the value beside a point does not come nearer as the point does.

    Another jump may lie between the point and what is beside it, so it is asked ever nearer.
    """
    here = _value(decision, claim, given)
    if here is None:
        return False
    for side, nearer in product((1, -1), _NEARER):
        apart: list[Fraction] = []
        for distance in _DISTANCES:
            there = _value(decision, claim, _moved(claim, given, side * distance * nearer))
            if there is not None:
                apart.append(abs(there - here))
        stays = len(apart) == 2 and apart[1] * 2 > apart[0] > 0
        # So near to a point, the last digits of a root differ too.
        if stays and (nearer == 1 or apart[1] * 10**9 > abs(here)):
            return True
    return False


def _beside(decision: Decision, claim: RuleClaim, given: Case) -> Fraction:
    """Return the place beside a jump where the value is the other one."""
    here, best = _value(decision, claim, given), (Fraction(-1), Fraction(0))
    for side in (1, -1):
        moved = _moved(claim, given, side * _DISTANCES[1])
        there, place = _value(decision, claim, moved), moved[claim.by or ""]
        if here is not None and there is not None and isinstance(place, Fraction):
            best = max(best, (abs(there - here), place))
    return best[1]


def _moved(claim: RuleClaim, given: Case, by: Fraction) -> Case:
    value = _place(claim, given)
    return {**given, claim.by or "": value + by * max(abs(value), Fraction(1))}


def _value(decision: Decision, claim: RuleClaim, given: Case) -> Fraction | None:
    """Return the subject in a case of the region, None elsewhere."""
    try:
        values = decide(decision, given).values
        region: Formula = every(claim.where)
        if truth(evaluate(region, values, decision.calendars)) != 1:
            return None
        if any(isinstance(values[name], Absent) for name in valued_names(claim.subject)):
            return None
        value = evaluate(claim.subject, values, decision.calendars)
    except DecisionError:
        return None
    return None if isinstance(value, Absent) else value
