"""Every operation of a formula, exactly: on fractions, with `unknown` and `not applicable`.

What is not applicable makes arithmetic not applicable, and fulfils no condition: comparisons with
it do not hold, and as a condition it is no. What is unknown makes the rest unknown, except where
the answer does not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from lawc.decision import dates
from lawc.decision.decision import Calendar
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value
from lawc.diagnostics.diagnostic import LawcError

ZERO, ONE = Fraction(0), Fraction(1)
LARGEST_EXPONENT = 4096


class DecisionError(LawcError, ValueError):
    """A case that the decision does not answer; the text names the quantity and the case."""


def truth(value: Value) -> Value:
    """Return a value as a condition: 1, 0 or unknown, always ONE, ZERO and UNKNOWN themselves."""
    if value is ONE or value is ZERO or value is UNKNOWN:
        return value
    return ZERO if value is NOT_APPLICABLE or not value else ONE


MOST_BITS = 100_000
"""How long an exact number may grow; a chain of powers would ask for all memory there is."""
_TOO_LONG = "a number grows longer than 30,000 digits"


def operate(operation: str, values: tuple[Value, ...], calendar: Calendar | None = None) -> Value:
    """Return what an operation gives, but for `and`, `or` and `where`, which choose their parts.

    Raises:
        DecisionError: It has no result, such as a division by zero.
    """
    if operation == "is_known":
        return ZERO if values[0] is UNKNOWN else ONE
    if operation == "is_applicable":
        if values[0] is UNKNOWN:
            return UNKNOWN
        return ZERO if values[0] is NOT_APPLICABLE else ONE
    if operation == "not":
        value = truth(values[0])
        return value if value is UNKNOWN else ZERO if value is ONE else ONE
    # What is absent is compared by identity: a Fraction asks first what the other side is.
    numbers = [value for value in values if isinstance(value, Fraction)]
    if len(numbers) < len(values):
        if any(value is NOT_APPLICABLE for value in values):
            return ZERO if operation in _COMPARED else NOT_APPLICABLE
        return UNKNOWN
    if operation in _COMPARED:
        return ONE if _COMPARED[operation](*numbers) else ZERO
    if operation in _PLAIN:
        result = _PLAIN[operation](*numbers)
        above, below = result.as_integer_ratio()
        if above.bit_length() > MOST_BITS or below.bit_length() > MOST_BITS:
            raise DecisionError(_TOO_LONG)
        return result
    if operation.startswith("round_"):
        return rounded(operation, *numbers)
    if operation in _DOUBLE:
        return _in_double(operation, *numbers)
    return _of_days(operation, numbers, calendar)


def rounded(operation: str, value: Fraction, step: Fraction) -> Fraction:
    """Return the multiple of a step that `round_…` goes to.

    Raises:
        DecisionError: The step is not positive.
    """
    if step <= 0:
        raise DecisionError(f"expected to round to a positive number, got {shown(step)}")
    count = value / step
    low = math.floor(count)
    rest = count - low
    match operation:
        case "round_floor":
            up = False
        case "round_ceiling":
            up = rest > 0
        case "round_to_zero":
            up = value < 0 and rest > 0
        case "round_from_zero":
            up = value > 0 and rest > 0
        case "round_half_from_zero":
            up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and value > 0)
        case "round_half_even":
            up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1)
        case _:
            raise ValueError(f"{operation!r} is no way of rounding")
    return (low + up) * step


def shown(value: Value) -> str:
    """Return a value as an author would write it: a decimal where it has an end."""
    if isinstance(value, Absent):
        return value.value
    if value.denominator == 1:
        return str(value.numerator)
    for places in range(1, 13):
        if 10**places % value.denominator == 0:
            whole, rest = divmod(abs(value.numerator) * 10**places // value.denominator, 10**places)
            return f"{'-' * (value < 0)}{whole}.{rest:0{places}d}"
    return f"{float(value):.12g}" if abs(value) < 10**300 else str(value)


def _divide(a: Fraction, b: Fraction) -> Fraction:
    if not b:
        raise DecisionError(f"{shown(a)} is divided by zero")
    return a / b


def _is_less(a: Fraction, b: Fraction) -> bool:
    # Cross products of whole numbers, for the same reason.
    (p, q), (r, s) = a.as_integer_ratio(), b.as_integer_ratio()
    return p * s < r * q


def _is_equal(a: Fraction, b: Fraction) -> bool:
    return a.as_integer_ratio() == b.as_integer_ratio()


def _power(a: Fraction, b: Fraction) -> Fraction:
    if b.denominator != 1:
        return _in_double("power", a, b)
    if not a and b < 0:
        raise DecisionError("zero has no negative power")
    if max(a.numerator.bit_length(), a.denominator.bit_length()) * abs(b) > MOST_BITS:
        raise DecisionError(_TOO_LONG)
    if abs(b) > LARGEST_EXPONENT:
        raise DecisionError(f"expected an exponent within {LARGEST_EXPONENT}, got {shown(b)}")
    return a ** int(b)


_COMPARED: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "less": _is_less,
    "less_equal": lambda a, b: not _is_less(b, a),
    "equal": _is_equal,
}

_PLAIN: Mapping[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": _divide,
    "negative": lambda a: -a,
    "power": _power,
    "min": lambda a, b: b if _is_less(b, a) else a,
    "max": lambda a, b: b if _is_less(a, b) else a,
    "abs": lambda a: abs(a),
    "sign": lambda a: Fraction((a > 0) - (a < 0)),
    "floor": lambda a: Fraction(math.floor(a)),
    "ceiling": lambda a: Fraction(math.ceil(a)),
}

_DOUBLE: Mapping[str, Callable[..., float]] = {
    "exp": math.exp,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "sqrt": math.sqrt,
    "power": math.pow,
}


def _in_double(operation: str, *values: Fraction) -> Fraction:
    try:
        return Fraction(_DOUBLE[operation](*map(float, values)))
    except (ValueError, OverflowError, ZeroDivisionError):
        of = ", ".join(map(shown, values))
        raise DecisionError(f"{operation} of {of} has no result in double precision") from None


def _of_days(operation: str, values: list[Fraction], calendar: Calendar | None) -> Fraction:
    if any(value.denominator != 1 for value in values):
        of = ", ".join(map(shown, values))
        raise DecisionError(f"{operation} counts whole days, months and years, got {of}")
    try:
        return Fraction(_days(operation, [int(value) for value in values], calendar))
    except (ValueError, OverflowError) as error:
        raise DecisionError(f"{operation}: {error}") from None


def _days(operation: str, values: list[int], calendar: Calendar | None) -> int:
    match operation, values:
        case "date", [year, month, day]:
            return dates.day_number(year, month, day)
        case "year", [day]:
            return date.fromordinal(day).year
        case "month", [day]:
            return date.fromordinal(day).month
        case "day", [day]:
            return date.fromordinal(day).day
        case "weekday", [day]:
            return dates.weekday(day)
        case "add_months", [day, months]:
            return dates.add_months(day, months)
        case "add_years", [day, years]:
            return dates.add_months(day, 12 * years)
        case "months_between", [first, last]:
            return dates.months_between(first, last)
        case "years_between", [first, last]:
            return dates.years_between(first, last)
        case _ if calendar is None:
            raise DecisionError(f"{operation} needs a calendar")
        case "is_business_day", [day]:
            return int(dates.is_business_day(day, calendar))
        case "next_business_day", [day]:
            return dates.next_business_day(day, calendar)
        case "add_business_days", [day, count]:
            return dates.add_business_days(day, count, calendar)
        case "business_days_between", [first, last]:
            return dates.business_days_between(first, last, calendar)
        case _:
            raise ValueError(f"{operation!r} is no operation on {len(values)} parts")
