"""Days, months and business days of whole columns, by arithmetic on day numbers.

Years begin in March here, so that the odd day of a leap year is the last one of its year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision import dates
from lawc.decision.arrays import EXACTLY, Arrays, Cell, flagged, joined
from lawc.decision.decision import Calendar
from lawc.decision.kinds import Fixed, Truth
from lawc.decision.registers import Operand, Register, Registers

DAYS = frozenset(
    (
        "date",
        "year",
        "month",
        "day",
        "weekday",
        "add_months",
        "add_years",
        "months_between",
        "years_between",
        "is_business_day",
        "add_business_days",
        "next_business_day",
        "business_days_between",
    )
)
ONE = Fraction(1)
WINDOW = 200_000
"""Days of a calendar that are listed at most."""


def day_operation(
    made: Registers,
    operation: str,
    of: list[Register | int],
    calendar: Calendar | None,
    name: str,
) -> Operand:
    """Return the register of an operation on days, on whole numbers of unit 1."""
    registers = [x for x in of if isinstance(x, Register)]
    ends = [_ends(x) for x in of]
    if operation in _OF_CALENDAR:
        if calendar is None:
            return made.absent(registers[0], EXACTLY)
        function, kind = _of_calendar(operation, ends, calendar)
    else:
        function, kind = _PLAIN[operation], _kind(operation, ends)
    shape = tuple(None if isinstance(x, Register) else x for x in of)

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        left = iter(cells)
        like = cells[0][0]
        values = [next(left)[0] if x is None else xp.full(like, x) for x in shape]
        value, bad = function(xp, *values)
        mask = joined(xp, cells)
        if isinstance(kind, Truth):
            return flagged(xp, (value, mask), bad)
        bad = bad | (value < kind.low) | (value > kind.high)
        return flagged(xp, (value, mask), bad, xp.full(like, kind.low))

    return made.emit((operation, name, shape), kind, run, *registers)


def _ends(of: Register | int) -> tuple[int, int]:
    if isinstance(of, int):
        return of, of
    assert isinstance(of.kind, Fixed)
    return of.kind.low, of.kind.high


def _kind(operation: str, ends: list[tuple[int, int]]) -> Fixed:
    """Return between which numbers an operation leads; it rises with each day and number."""
    match operation:
        case "month":
            return Fixed(ONE, 1, 12)
        case "day":
            return Fixed(ONE, 1, 31)
        case "weekday":
            return Fixed(ONE, 1, 7)
        case "year":
            low, high = (date.fromordinal(min(max(end, 1), dates.LAST_DAY)) for end in ends[0])
            return Fixed(ONE, low.year, high.year)
        case "date":
            years = [min(max(end, 1), 9999) for end in ends[0]]
            low, high = date(years[0], 1, 1), date(years[1], 12, 31)
            return Fixed(ONE, low.toordinal(), high.toordinal())
        case "add_months" | "add_years":
            (low, high), (least, most) = ends
            months = 31 if operation == "add_months" else 366
            first = low + min(0, least) * months
            last = high + max(0, most) * months
            return Fixed(ONE, max(1, min(first, dates.LAST_DAY)), max(1, min(last, dates.LAST_DAY)))
        case _:
            (low, high), (least, most) = ends
            days = 28 if operation == "months_between" else 365
            first, last = (least - high) // days - 1, (most - low) // days + 1
            return Fixed(ONE, max(first, -120_000), min(max(last, first), 120_000))


def _civil(xp: Arrays, day: Any) -> tuple[Any, Any, Any]:
    """Return year, month and day of the month."""
    shifted = day + 305
    era = shifted // 146_097
    rest = shifted - era * 146_097
    year = (rest - rest // 1460 + rest // 36_524 - rest // 146_096) // 365
    of_year = rest - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    of_month = of_year - (153 * month + 2) // 5 + 1
    month = xp.where(month < 10, month + 3, month - 9)
    return year + era * 400 + xp.whole(month <= 2), month, of_month


def _number(xp: Arrays, year: Any, month: Any, day: Any) -> Any:
    """Return the number of a day."""
    year = year - xp.whole(month <= 2)
    era = year // 400
    rest = year - era * 400
    of_year = (153 * xp.where(month > 2, month - 3, month + 9) + 2) // 5 + day - 1
    return era * 146_097 + rest * 365 + rest // 4 - rest // 100 + of_year - 305


def _last(xp: Arrays, year: Any, month: Any) -> Any:
    """Return the last day of a month."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = 30 + (month + month // 8) % 2
    return xp.where(month == 2, 28 + xp.whole(leap), days)


def _beyond(day: Any) -> Any:
    return (day < 1) | (day > dates.LAST_DAY)


def _date(xp: Arrays, year: Any, month: Any, day: Any) -> tuple[Any, Any]:
    bad = (year < 1) | (year > 9999) | (month < 1) | (month > 12)
    month = xp.where(bad, month * 0 + 1, month)
    year = xp.where(bad, year * 0 + 1, year)
    bad = bad | (day < 1) | (day > _last(xp, year, month))
    return _number(xp, year, month, day), bad


def _add_months(xp: Arrays, day: Any, months: Any) -> tuple[Any, Any]:
    year, month, of_month = _civil(xp, day)
    count = year * 12 + month - 1 + months
    year = count // 12
    month = count - year * 12 + 1
    made = _number(xp, year, month, xp.smaller(of_month, _last(xp, year, month)))
    return made, _beyond(day) | (year < 1) | (year > 9999)


def _months_between(xp: Arrays, first: Any, last: Any) -> tuple[Any, Any]:
    bad = _beyond(first) | _beyond(last)
    back = last < first
    first, last = xp.where(back, last, first), xp.where(back, first, last)
    year, month, _ = _civil(xp, first)
    later, to, _ = _civil(xp, last)
    months = (later - year) * 12 + to - month
    months = months - xp.whole(_add_months(xp, first, months)[0] > last)
    return xp.where(back, -months, months), bad


def _years_between(xp: Arrays, first: Any, last: Any) -> tuple[Any, Any]:
    months, bad = _months_between(xp, first, last)
    return xp.where(months < 0, -(-months // 12), months // 12), bad


_PLAIN: Mapping[str, Callable[..., tuple[Any, Any]]] = {
    "date": _date,
    "year": lambda xp, day: (_civil(xp, day)[0], _beyond(day)),
    "month": lambda xp, day: (_civil(xp, day)[1], _beyond(day)),
    "day": lambda xp, day: (_civil(xp, day)[2], _beyond(day)),
    "weekday": lambda xp, day: ((day - 1) % 7 + 1, _beyond(day)),
    "add_months": _add_months,
    "add_years": lambda xp, day, years: _add_months(xp, day, years * 12),
    "months_between": _months_between,
    "years_between": _years_between,
}

_OF_CALENDAR = frozenset(
    ("is_business_day", "add_business_days", "next_business_day", "business_days_between")
)


def _of_calendar(
    operation: str, ends: list[tuple[int, int]], calendar: Calendar
) -> tuple[Callable[..., tuple[Any, Any]], Fixed | Truth]:
    """Return an operation that looks up listed days; what is beyond the list is done exactly."""
    low, high = ends[0]
    if operation == "business_days_between":
        low, high = min(low, ends[1][0]), max(high, ends[1][1])
    ahead = 0
    if operation == "add_business_days":
        ahead = max(abs(ends[1][0]), abs(ends[1][1]))
    low, high = low - 2 * ahead - 60, high + 2 * ahead + 60
    since = max(low, 1 if calendar.since is None else calendar.since)
    until = min(high, dates.LAST_DAY if calendar.until is None else calendar.until)
    until = max(since, min(until, since + WINDOW))
    days = np.arange(since, until + 1)
    open_days = ~np.isin((days - 1) % 7 + 1, calendar.weekend)
    open_days &= ~np.isin(days, calendar.holidays)
    before = np.concatenate(([0], np.cumsum(open_days))).astype(np.int64)
    listed = days[open_days].astype(np.int64)
    count = len(listed)
    listed = np.concatenate((listed, [since]))

    def places(xp: Arrays, day: Any) -> tuple[Any, Any]:
        bad = (day < since) | (day > until)
        return xp.where(bad, day * 0, day - since), bad

    def at(xp: Arrays, place: Any) -> tuple[Any, Any]:
        bad = (place < 0) | (place >= count)
        return xp.take(xp.constant(listed), xp.where(bad, place * 0 + count, place)), bad

    def is_open(xp: Arrays, day: Any) -> tuple[Any, Any]:
        place, bad = places(xp, day)
        return xp.take(xp.constant(open_days), place), bad

    def following(xp: Arrays, day: Any) -> tuple[Any, Any]:
        place, bad = places(xp, day)
        found, beyond = at(xp, xp.take(xp.constant(before), place))
        return found, bad | beyond

    def adding(xp: Arrays, day: Any, number: Any) -> tuple[Any, Any]:
        place, bad = places(xp, day)
        passed = xp.take(xp.constant(before), place + xp.whole(number > 0))
        found, beyond = at(xp, passed + number - xp.whole(number > 0))
        still = number == 0
        return xp.where(still, day, found), bad | (beyond & ~still)

    def between(xp: Arrays, first: Any, last: Any) -> tuple[Any, Any]:
        one, bad = places(xp, first)
        two, beyond = places(xp, last)
        forth = xp.take(xp.constant(before), two + 1) - xp.take(xp.constant(before), one + 1)
        back = xp.take(xp.constant(before), two) - xp.take(xp.constant(before), one)
        return xp.where(last < first, back, forth), bad | beyond

    if operation == "is_business_day":
        return is_open, Truth()
    if operation == "business_days_between":
        return between, Fixed(ONE, -count, count)
    function = following if operation == "next_business_day" else adding
    return function, Fixed(ONE, since, until)
