"""Days for the solver: dates as day numbers, and the year, month and day of the month of each.

The calendar is exact, or, in a world without one, months only have bounds and their order, which
decides most claims at a small part of the cost. Business days are told in `business_days.py`.
"""

from __future__ import annotations

from datetime import date

from lawc.decision.decision import Calendar
from lawc.proofs import business_days
from lawc.proofs.library import z3
from lawc.proofs.world import Real, World

LAST_DAY = date.max.toordinal()
_LONG = 31
_DRIFT = 5 * 4800
"""How far months may lead from their mean length, in parts of a day: less than 4.4 days."""
_DAYS = {
    "year": 1,
    "month": 1,
    "day": 1,
    "add_months": 1,
    "add_years": 1,
    "months_between": 2,
    "years_between": 2,
}
"""How many of the first parts of an operation have to be days of the calendar."""


def encode(operation: str, values: list[Real], calendar: Calendar | None, world: World) -> Real:
    """Return what an operation on dates gives."""
    whole = [value if z3.is_int(value) else z3.ToInt(value) for value in values]
    world.failures += [z3.Not(z3.IsInt(value)) for value in values if not z3.is_int(value)]
    world.failures += [z3.Not(_is_a_day(day)) for day in whole[: _DAYS.get(operation, 0)]]
    match operation, whole:
        case "date", [year, month, day]:
            world.failures.append(z3.Not(_is_day(year, month, day)))
            return number(year, month, day)
        case "year", [day]:
            return parts(day, world)[0]
        case "month", [day]:
            return parts(day, world)[1]
        case "day", [day]:
            return parts(day, world)[2]
        case "weekday", [day]:
            return (day - 1) % 7 + 1
        case "add_months", [day, months]:
            return add_months(day, months, world)
        case "add_years", [day, years]:
            return add_months(day, 12 * years, world)
        case "months_between", [first, last]:
            return months_between(first, last, world)
        case "years_between", [first, last]:
            months = months_between(first, last, world)
            return z3.If(months < 0, -(-months / 12), months / 12)
    if calendar is None:
        raise ValueError(f"{operation!r} needs a calendar")
    return business_days.encode(operation, whole, calendar, world)


def number(year: Real, month: Real, day: Real) -> Real:
    """Return the number of a day: January and February belong to the year before."""
    early = month <= 2
    years = z3.If(early, year - 1, year)
    months = z3.If(early, month + 9, month - 3)
    before = 365 * years + years / 4 - years / 100 + years / 400
    return before + (153 * months + 2) / 5 + day - 306


def _new_year(year: Real) -> Real:
    """Return the number of the first day of a year."""
    before = year - 1
    return 365 * before + before / 4 - before / 100 + before / 400 + 1


def parts(day: Real, world: World) -> tuple[Real, Real, Real]:
    """Return the year, month and day of the month of a day number."""
    for known, made in world.dates:
        if known.eq(day):
            return made
    year, month, date_in_month = (world.fresh("int") for _ in range(3))
    world.dates.append((day, (year, month, date_in_month)))
    # A year has 365.2425 days.
    near = z3.And(400 * (day - 366) <= 146097 * year, 146097 * (year - 1) <= 400 * (day + 2))
    world.facts += [near, month >= 1, month <= 12, date_in_month >= 1, date_in_month <= _LONG]
    if world.has_calendar:
        same = number(year, month, date_in_month) == day
        held = z3.And(_is_day(year, month, date_in_month), same)
        inside = z3.And(_new_year(year) <= day, day < _new_year(year + 1))
        world.facts.append(z3.Implies(_is_a_day(day), inside))
        world.details.append(z3.Implies(_is_a_day(day), held))
    return year, month, date_in_month


def add_months(day: Real, months: Real, world: World) -> Real:
    """Return the same day some months on, or the last of a shorter month."""
    for before, by, result in world.shifts:
        if before.eq(day) and by.eq(months):
            return result
    made = world.fresh("int")
    for before, by, result in world.shifts:
        # Months keep the order of days, and more of them lead further.
        up = z3.And(before <= day, by <= months)
        down = z3.And(before >= day, by >= months)
        world.facts += [z3.Implies(up, result <= made), z3.Implies(down, result >= made)]
    world.shifts.append((day, months, made))
    apart = 4800 * (made - day)
    world.facts += [
        apart >= 146097 * months - _DRIFT,
        apart <= 146097 * months + _DRIFT,
        z3.Implies(months >= 0, made >= day + 28 * months),
    ]
    if world.has_calendar:
        world.details.append(made == _shifted(day, months, world))
    return made


def _shifted(day: Real, months: Real, world: World) -> Real:
    year, month, in_month = parts(day, world)
    count = 12 * year + month - 1 + months
    there, which = count / 12, count % 12 + 1
    last = length(there, which)
    return number(there, which, z3.If(in_month <= last, in_month, last))


def months_between(first: Real, last: Real, world: World) -> Real:
    """Return completed months, negative backwards."""
    if not world.has_calendar:
        made = world.fresh("int")
        apart = 4800 * (last - first)
        world.facts += [
            146097 * made <= apart + _DRIFT + z3.If(last < first, 146097, 0),
            146097 * made >= apart - _DRIFT - z3.If(last < first, 0, 146097),
            (made >= 0) == z3.Or(last >= first, made == 0),
        ]
        return made
    a, b = parts(first, world), parts(last, world)
    forward = _completed(a, b)
    return z3.If(last < first, -_completed(b, a), forward)


def length(year: Real, month: Real) -> Real:
    """Return the number of days of a month."""
    leap = z3.And(year % 4 == 0, z3.Or(year % 100 != 0, year % 400 == 0))
    short = z3.Or(month == 4, month == 6, month == 9, month == 11)
    return z3.If(month == 2, z3.If(leap, 29, 28), z3.If(short, 30, _LONG))


def _completed(a: tuple[Real, Real, Real], b: tuple[Real, Real, Real]) -> Real:
    """Return whole months from one day to a later one: the last day of a month completes it."""
    months = 12 * (b[0] - a[0]) + b[1] - a[1]
    last = length(b[0], b[1])
    reached = b[2] >= z3.If(a[2] <= last, a[2], last)
    return z3.If(reached, months, months - 1)


def _is_a_day(day: Real) -> Real:
    return z3.And(day >= 1, day <= LAST_DAY)


def _is_day(year: Real, month: Real, day: Real) -> Real:
    return z3.And(
        year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1, day <= length(year, month)
    )
