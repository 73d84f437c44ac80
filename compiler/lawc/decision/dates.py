"""Days as numbers: months and years that keep the day, and business days of a calendar.

A day is its proleptic Gregorian number (`date.toordinal`). A month more keeps the day of the month,
or takes the last one of a shorter month; completed months are counted by the same rule, so that
the two agree on the 29th of February.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from datetime import date

from lawc.decision.decision import Calendar

LAST_DAY = date.max.toordinal()


def day_number(year: int, month: int, day: int) -> int:
    """Return the number of a day.

    Raises:
        ValueError: There is no such day.
    """
    return date(year, month, day).toordinal()


def weekday(day: int) -> int:
    """Return 1 on Monday and 7 on Sunday."""
    return (day - 1) % 7 + 1


def add_months(day: int, months: int) -> int:
    """Return the same day of the month some months on, or the last of a shorter month.

    Raises:
        ValueError: The day lies beyond the years 1 to 9999.
    """
    start = date.fromordinal(day)
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year} lies beyond the years 1 to 9999")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()


def months_between(first: int, last: int) -> int:
    """Return how many months are completed from one day to another; negative backwards."""
    if last < first:
        return -months_between(last, first)
    a, b = date.fromordinal(first), date.fromordinal(last)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months if add_months(first, months) <= last else months - 1


def years_between(first: int, last: int) -> int:
    """Return how many years are completed from one day to another; negative backwards."""
    months = months_between(first, last)
    return -(-months // 12) if months < 0 else months // 12


def is_business_day(day: int, calendar: Calendar) -> bool:
    """Return whether a day is neither of the weekend nor a holiday.

    Raises:
        ValueError: The calendar does not know the day.
    """
    known(day, calendar)
    return weekday(day) not in calendar.weekend and not _holidays(day, day + 1, calendar)


def next_business_day(day: int, calendar: Calendar) -> int:
    """Return the day itself if it is a business day, else the first one after it.

    Raises:
        ValueError: The calendar does not know a day that this asks for.
    """
    while not is_business_day(day, calendar):
        day += 1
    return day


def add_business_days(day: int, count: int, calendar: Calendar) -> int:
    """Return the count-th business day after a day, or before it; the day itself for 0.

    Raises:
        ValueError: The calendar does not know a day that this asks for.
    """
    known(day, calendar)
    direction = 1 if count > 0 else -1
    left = abs(count)
    while left:
        day += direction
        left -= is_business_day(day, calendar)
    return day


def business_days_between(first: int, last: int, calendar: Calendar) -> int:
    """Return the number of business days after the first day, up to and with the last.

    Backwards it is negative, and counts from the last day up to and without the first: to add as
    many business days leads back to a business day.

    Raises:
        ValueError: The calendar does not know one of the days.
    """
    known(first, calendar)
    known(last, calendar)
    if last < first:
        return -_business_days(last, first, calendar)
    return _business_days(first + 1, last + 1, calendar)


def known(day: int, calendar: Calendar) -> None:
    """Refuse a day of which the calendar does not know whether it is a holiday.

    Raises:
        ValueError: The calendar does not know the day.
    """
    late = calendar.until is not None and day > calendar.until
    if late or (calendar.since is not None and day < calendar.since) or not 1 <= day <= LAST_DAY:
        shown = date.fromordinal(day).isoformat() if 1 <= day <= LAST_DAY else f"day {day}"
        raise ValueError(f"the calendar does not know the holidays of {shown}")


def _holidays(start: int, stop: int, calendar: Calendar) -> list[int]:
    low, high = bisect_left(calendar.holidays, start), bisect_left(calendar.holidays, stop)
    return list(calendar.holidays[low:high])


def _business_days(start: int, stop: int, calendar: Calendar) -> int:
    """Return the number of business days of start ..< stop."""
    weeks, rest = divmod(stop - start, 7)
    off = sum(weekday(stop - 1 - i) in calendar.weekend for i in range(rest))
    off += weeks * len(set(calendar.weekend))
    off += sum(weekday(d) not in calendar.weekend for d in set(_holidays(start, stop, calendar)))
    return stop - start - off
