"""Days for the solver: dates as day numbers, and the year, month and day of the month of each.

The calendar is exact, or, in a world without one, months only have bounds and their order, which
decides most claims at a small part of the cost. Business days are always only bounded, since
holidays follow no formula.
"""

from __future__ import annotations

from datetime import date

from lawc.decision.decision import Calendar
from lawc.proofs.library import z3
from lawc.proofs.world import Real, World

LAST_DAY = date.max.toordinal()
_LONG = 31


def encode(operation: str, values: list[Real], calendar: Calendar | None, world: World) -> Real:
    """Return what an operation on dates gives."""
    whole = [value if z3.is_int(value) else z3.ToInt(value) for value in values]
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
    return _business(operation, whole, calendar, world)


def number(year: Real, month: Real, day: Real) -> Real:
    """Return the number of a day: January and February belong to the year before."""
    early = month <= 2
    years = z3.If(early, year - 1, year)
    months = z3.If(early, month + 9, month - 3)
    before = 365 * years + years / 4 - years / 100 + years / 400
    return before + (153 * months + 2) / 5 + day - 306


def parts(day: Real, world: World) -> tuple[Real, Real, Real]:
    """Return the year, month and day of the month of a day number."""
    if not world.has_calendar:
        return _bounded_parts(day, world)
    year, month, date_in_month = (world.fresh("int") for _ in range(3))
    same = number(year, month, date_in_month) == day
    held = z3.And(_is_day(year, month, date_in_month), same)
    # Helps the solver: a year has 365.2425 days.
    near = z3.And(400 * (day - 366) <= 146097 * year, 146097 * (year - 1) <= 400 * (day + 2))
    world.facts.append(z3.Implies(z3.And(day >= 1, day <= LAST_DAY), z3.And(held, near)))
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
        apart >= 146097 * months - 4 * 4800,
        apart <= 146097 * months + 4 * 4800,
        z3.Implies(months >= 0, made >= day + 28 * months),
    ]
    if world.has_calendar:
        world.facts.append(made == _shifted(day, months, world))
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
            146097 * made <= apart + 4 * 4800 + z3.If(last < first, 146097, 0),
            146097 * made >= apart - 4 * 4800 - z3.If(last < first, 0, 146097),
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


def _bounded_parts(day: Real, world: World) -> tuple[Real, Real, Real]:
    year, month, in_month = (world.fresh("int") for _ in range(3))
    near = [400 * (day - 366) <= 146097 * year, 146097 * (year - 1) <= 400 * (day + 2)]
    sizes = [month >= 1, month <= 12, in_month >= 1, in_month <= _LONG]
    world.facts += [*near, *sizes]
    return year, month, in_month


def _is_day(year: Real, month: Real, day: Real) -> Real:
    return z3.And(
        year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1, day <= length(year, month)
    )


def _business(operation: str, values: list[Real], calendar: Calendar | None, world: World) -> Real:
    world.is_exact = False
    result = world.fresh("int")
    longest = 7 + (0 if calendar is None else len(calendar.holidays))
    match operation, values:
        case "is_business_day", [day]:
            weekend = () if calendar is None else calendar.weekend
            off = z3.Or(*((day - 1) % 7 + 1 == d for d in weekend), z3.BoolVal(False))
            world.facts += [result >= 0, result <= 1, z3.Implies(off, result == 0)]
        case "next_business_day", [day]:
            world.facts += [result >= day, result <= day + longest]
        case "add_business_days", [day, count]:
            forward = z3.And(result >= day + count, count >= 0)
            world.facts.append(z3.Or(forward, z3.And(count < 0, result <= day + count)))
        case "business_days_between", [first, last]:
            between = z3.And(result >= 0, result <= last - first + 1)
            world.facts.append(z3.Implies(last >= first, between))
    return result
