"""Apportionments over sets: the fewest and the most seats that each member can get.

By a divisor method a member's seats rise with its own votes and with the whole, and fall with the
votes of others and where more take part (M. L. Balinski, H. P. Young, Fair Representation, 2nd ed.
2001, Appendix A), so that the ends of the sets give the ends of the seats.
"""

from __future__ import annotations

from fractions import Fraction

from lawc.decision.apportion_step import take_apportion
from lawc.decision.apportioning import LOTS, NoSeatsError, Seats, apportioned
from lawc.decision.decision import Apportion
from lawc.decision.formula import Formula
from lawc.decision.grounds import Ground, Some, known
from lawc.decision.operations import DecisionError
from lawc.decision.reach import NOTHING, Reach, between, only, union
from lawc.decision.spreading import spread
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value

MOST_POINTS = 512

Ends = tuple[Fraction, Fraction]


def spread_apportion(step: Apportion, ground: Ground) -> dict[str, tuple[Some, Some]]:
    """Return what each member can get, and the places of what can give it."""
    made = {formula: spread(formula, ground) for formula in _read(step)}
    singles = {formula: one.reach.single for formula, one in made.items()}
    if None not in singles.values():
        return _of_one(step, singles, ground)
    support = frozenset().union(*(one.support for one in made.values()))
    spoke = Some(Reach(frozenset(map(Fraction, range(LOTS + 1)))), support, False)
    bounds = _Bounds(step, made)
    absent = bounds.may_be_absent
    ground.refused |= bounds.may_refuse
    found: dict[str, tuple[Some, Some]] = {}
    for at, name in enumerate(step.outputs):
        low, high = bounds.of(at)
        reach = between(low, high, step=Fraction(1))
        if high is not None and high - low < MOST_POINTS:
            reach = Reach(frozenset(Fraction(n) for n in range(int(low), int(high) + 1)))
        if absent:
            reach = union((reach, only(NOT_APPLICABLE)))
        sure = reach.single
        found[name] = (Some(reach, support, False) if sure is None else known(sure), spoke)
    return found


def _read(step: Apportion) -> tuple[Formula, ...]:
    return (step.whole, step.least, *step.by, *step.among)


def _of_one(
    step: Apportion, values: dict[Formula, Value | None], ground: Ground
) -> dict[str, tuple[Some, Some]]:
    """Return what members get where all is known; for a seat that is drawn for, both numbers."""

    def read(formula: Formula) -> Value:
        value = values[formula]
        return UNKNOWN if value is None else value

    try:
        found = take_apportion(step, read)
    except DecisionError:
        ground.refused = True
        return dict.fromkeys(step.outputs, (Some(NOTHING), Some(NOTHING)))
    made: dict[str, tuple[Some, Some]] = {}
    drawn = None
    for at, (name, (value, because)) in enumerate(found.items()):
        spoke = Some(Reach(frozenset(map(Fraction, because))))
        if value is UNKNOWN:
            drawn = drawn or _seats(step, read)
            fewest = Fraction(drawn.counts[at])
            made[name] = Some(only(fewest, fewest + 1)), spoke
        else:
            made[name] = known(value), spoke
    return made


def _seats(step: Apportion, read: object) -> Seats:
    values = [read(formula) for formula in step.by]  # type: ignore[operator]
    takes = [read(condition) == 1 for condition in step.among]  # type: ignore[operator]
    numbers = [Fraction(v) if isinstance(v, Fraction) else Fraction(0) for v in values]
    takes = [t and isinstance(v, Fraction) for t, v in zip(takes, values, strict=True)]
    whole, least = (int(read(f)) for f in (step.whole, step.least))  # type: ignore[operator]
    found = apportioned(whole, numbers, takes, step.method, least, step.ties)
    assert found is not None
    return found


class _Bounds:
    """The fewest and the most seats of each member."""

    def __init__(self, step: Apportion, made: dict[Formula, Some]) -> None:
        self.step = step
        self.whole = _ends(made[step.whole])
        self.least = _ends(made[step.least])
        self.votes = [_ends(made[formula]) for formula in step.by]
        self.can = [made[condition].can_hold for condition in step.among]
        self.must = [not made[condition].can_fail for condition in step.among]
        read = [made[formula].reach for formula in (step.whole, step.least, *step.by)]
        sure = [must and ends[0] > 0 for must, ends in zip(self.must, self.votes, strict=True)]
        self.may_be_absent = any(reach.absent for reach in read) or not any(sure)
        most = self.least[1]
        whole = self.whole[0]
        self.may_refuse = most is None or most * sum(self.can) > whole

    def of(self, at: int) -> tuple[Fraction, Fraction | None]:
        """Return the fewest and the most seats of a member; no most where the whole has none."""
        if not self.can[at]:
            return Fraction(0), Fraction(0)
        (low, high), (least, most) = self.whole, self.least
        if self.step.method == "remainders" or least != most or high is None:
            return Fraction(0), high
        return self._fewest(at, low, least), self._most(at, high, least)

    def _fewest(self, at: int, whole: Fraction, least: Fraction) -> Fraction:
        if not self.must[at] or any(high is None for _, high in self.votes):
            return Fraction(0)
        votes = [high or Fraction(0) for _, high in self.votes]
        votes[at] = self.votes[at][0]
        found = self._seats(whole, votes, self.can, least)
        return Fraction(0) if found is None else Fraction(found.counts[at])

    def _most(self, at: int, whole: Fraction, least: Fraction) -> Fraction:
        high = self.votes[at][1]
        if high is None:
            return whole
        votes = [low for low, _ in self.votes]
        votes[at] = high
        takes = [must or other == at for other, must in enumerate(self.must)]
        found = self._seats(whole, votes, takes, least)
        if found is None:
            return whole
        return Fraction(found.counts[at] + (found.spoke[at] == LOTS))

    def _seats(
        self, whole: Fraction, votes: list[Fraction], takes: list[bool], least: Fraction
    ) -> Seats | None:
        if whole.denominator != 1 or least.denominator != 1:
            return None
        try:
            return apportioned(int(whole), votes, takes, self.step.method, int(least))
        except NoSeatsError:
            return None


def _ends(found: Some) -> tuple[Fraction, Fraction | None]:
    """Return the least and the largest number of a set, from zero."""
    reach = Reach(frozenset(found.reach.numbers), found.reach.spans)
    low, high = reach.low, reach.high
    if reach.is_empty:
        return Fraction(0), Fraction(0)
    return max(low or Fraction(0), Fraction(0)), high
