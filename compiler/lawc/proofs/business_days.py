"""Business days for the solver: a count of them up to each day, less the holidays.

The count grows by the same number each week, and each holiday that is no day of a weekend takes
one away from its day on. What is added to a day, or lies between two, is a difference of counts.
"""

from __future__ import annotations

from lawc.decision.dates import LAST_DAY, weekday
from lawc.decision.decision import Calendar
from lawc.proofs.library import z3
from lawc.proofs.terms import disjunction
from lawc.proofs.world import Real, World

MOST_HOLIDAYS = 150
"""Of a calendar of which each is told; of a longer one only bounds are."""


def encode(operation: str, values: list[Real], calendar: Calendar, world: World) -> Real:
    """Return what an operation on business days gives; what the calendar leaves open fails."""
    days = _Days(calendar)
    made = _bounded(operation, values, calendar, world)
    match operation, values:
        case "is_business_day", [day]:
            told, asked = made == z3.If(days.are_open(day), 1, 0), [day]
        case "business_days_between", [first, last]:
            forward = days.count(last) - days.count(first)
            back = days.count(last - 1) - days.count(first - 1)
            told, asked = made == z3.If(last < first, back, forward), [first, last]
        case "next_business_day", [day]:
            told = z3.And(days.are_open(made), days.count(made - 1) == days.count(day - 1))
            asked = [day, made]
        case _, [day, count]:
            forward = days.count(made) == days.count(day) + count
            back = days.count(made - 1) == days.count(day - 1) + count
            moved = z3.And(days.are_open(made), z3.If(count > 0, forward, back))
            told, asked = z3.If(count == 0, made == day, moved), [day, made]
        case _:
            raise ValueError(f"{operation!r} is no operation on business days")
    if world.has_calendar and not days.are_many and days.in_a_week:
        world.details.append(told)
    world.failures += [days.is_unknown(day) for day in asked]
    return made


class _Days:
    """The days of a calendar in terms of the solver."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.weekend = sorted(set(calendar.weekend))
        self.holidays = [
            d for d in sorted(set(calendar.holidays)) if weekday(d) not in self.weekend
        ]
        self.in_a_week = 7 - len(self.weekend)
        self.are_many = len(self.holidays) > MOST_HOLIDAYS

    def is_unknown(self, day: Real) -> Real:
        """Return that the calendar does not know a day."""
        since, until = self.calendar.since, self.calendar.until
        first = 1 if since is None else max(since, 1)
        return z3.Or(day < first, day > (LAST_DAY if until is None else min(until, LAST_DAY)))

    def are_open(self, day: Real) -> Real:
        """Return that a day is a business day."""
        off = [(day - 1) % 7 + 1 == of_week for of_week in self.weekend]
        return z3.Not(disjunction([*off, *(day == holiday for holiday in self.holidays)]))

    def count(self, day: Real) -> Real:
        """Return how many business days there are up to and with a day, from one far back on."""
        into = (day - 1) % 7
        made = self.in_a_week * ((day - 1) / 7)
        for place in range(7):
            if place + 1 not in self.weekend:
                made = made + z3.If(into >= place, 1, 0)
        for holiday in self.holidays:
            made = made - z3.If(day >= holiday, 1, 0)
        return made


def _bounded(operation: str, values: list[Real], calendar: Calendar, world: World) -> Real:
    """Return a number between the bounds that hold in every calendar with as many holidays."""
    result = world.fresh("int")
    longest = 7 + len(calendar.holidays)
    match operation, values:
        case "is_business_day", [day]:
            off = disjunction([(day - 1) % 7 + 1 == d for d in calendar.weekend])
            world.facts += [result >= 0, result <= 1, z3.Implies(off, result == 0)]
        case "next_business_day", [day]:
            world.facts += [result >= day, result <= day + longest]
        case "add_business_days", [day, count]:
            forward = z3.And(result >= day + count, count >= 0)
            world.facts.append(z3.Or(forward, z3.And(count < 0, result <= day + count)))
        case "business_days_between", [first, last]:
            between = z3.And(result >= 0, result <= last - first + 1)
            world.facts.append(z3.Implies(last >= first, between))
        case _:
            pass
    return result
