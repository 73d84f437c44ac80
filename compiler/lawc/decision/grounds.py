"""What names can be while some are unknown, and what is noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.decision.decision import Calendar
from lawc.decision.reach import Cut, Reach, only
from lawc.decision.values import Absent, Value

ZERO, ONE = Fraction(0), Fraction(1)
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sum:
    """A weighted sum of unknown names, and a number."""

    weights: Mapping[str, Fraction]
    rest: Fraction


@dataclass(frozen=True, slots=True)
class Some:
    """What something can be.

    Attributes:
        support: The unknown names that it varies with; empty where it is one value.
        exact: Whether each value of the set can come out.
        sum: What it is as a weighted sum, where it is one and nothing in it is absent.
    """

    reach: Reach
    support: frozenset[str] = NOBODY
    exact: bool = True
    sum: Sum | None = None

    @property
    def can_hold(self) -> bool:
        """Whether it can be yes, as a condition."""
        return any(value != ZERO for value in self.reach.numbers) or bool(self.reach.spans)

    @property
    def can_fail(self) -> bool:
        """Whether it can be no, as a condition; what is not applicable is."""
        reach = self.reach
        return ZERO in reach or bool(reach.absent)


YES, NO = Some(only(ONE)), Some(only(ZERO))


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a set and whether they are open, its step, and whether it is one even piece."""

    low: tuple[Fraction | None, bool]
    high: tuple[Fraction | None, bool]
    step: Fraction | None
    even: bool


@dataclass(slots=True)
class Ground:
    """What a formula is evaluated on.

    Attributes:
        names: What each name can be.
        missing: The unknown names, for `is_known`.
        cuts: By name, places at which to divide it; filled as comparisons go either way.
        refused: Whether a case was met that has no answer; filled.
    """

    names: dict[str, Some]
    missing: frozenset[str]
    calendars: Mapping[str, Calendar]
    cuts: dict[str, list[Cut]] = field(default_factory=dict)
    refused: bool = False
    ends: dict[str, Ends] = field(default_factory=dict)
    made: dict[int, Some] = field(default_factory=dict)


def some(reach: Reach, name: str) -> Some:
    """Return what an unknown input can be."""
    if reach.single is not None:
        return known(reach.single)
    plain = not reach.absent
    return Some(reach, frozenset((name,)), sum=Sum({name: ONE}, ZERO) if plain else None)


def known(value: Value) -> Some:
    """Return what is one value."""
    return Some(only(value), sum=None if isinstance(value, Absent) else Sum({}, value))
