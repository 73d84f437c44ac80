"""One value of a port between exact numbers and what people write: words, dates, yes and no."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision.decision import Port
from lawc.decision.operations import shown
from lawc.decision.values import UNKNOWN, Absent, Value, exact
from lawc.diagnostics.diagnostic import DomainError

Word = Fraction | Absent | str | bool | date
"""What a value is in words; a word of a choice is text, a `yes/no` a bool."""

_MISSING = ("", "unknown", "na", "nan", "none", "<na>", "nat")
_YES_NO = {"no": 0, "yes": 1, "false": 0, "true": 1}


def in_words(port: Port, value: Value) -> Word:
    """Return an exact value as people say it."""
    if isinstance(value, Absent):
        return value
    if port.kind == "one of":
        return port.choices[int(value)]
    if port.kind == "yes/no":
        return bool(value)
    if port.kind == "date":
        return date.fromordinal(int(value))
    return value


def in_numbers(port: Port, word: Any) -> Value:
    """Return what people say as an exact value; None, NaN and `unknown` are unknown.

    Raises:
        DomainError: It is nothing that the port takes.
    """
    demand_bare(port, word)
    word = plain(word)
    if isinstance(word, Absent):
        return word
    if port.kind in ("one of", "yes/no"):
        place = place_of(port, word)
        return UNKNOWN if place is None else Fraction(place)
    if is_missing(word):
        return UNKNOWN
    if port.kind == "date":
        return Fraction(day_of(port.name, word))
    return number_of(port, word)


def meant(name: object, known: Collection[str], otherwise: str) -> str:
    """Return what to say of a name that is not known: the nearest one, or all there are."""
    near = get_close_matches(str(name), known, n=1)
    return f"did you mean {near[0]}" if near else f"{otherwise} {', '.join(known)}"


def demand_bare(port: Port, given: Any) -> None:
    """Refuse numbers that bring a unit of their own, as those of pint and astropy do.

    Raises:
        DomainError: They do.
    """
    if type(given).__name__ == "Quantity":
        unit = getattr(given, "units", getattr(given, "unit", ""))
        raise DomainError(
            f'"{port.name}" is asked for in [{port.unit or 1}], but it is in [{unit}]; '
            "convert it, and give the numbers alone"
        )


def number_of(port: Port, value: Any) -> Fraction:
    """Return a number that somebody gave, exactly.

    Raises:
        DomainError: It is no number, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        hint = "; text is no number, convert it" if isinstance(value, str) else ""
        given = value.value if isinstance(value, Absent) else repr(value)
        raise DomainError(f"expected a number for {port.name}, got {given}{hint}")
    try:
        return exact(value)
    except ValueError:
        raise DomainError(f"expected a finite number for {port.name}, got {value}") from None


def place_of(port: Port, word: Any) -> int | None:
    """Return the place of a word, of `yes` 1 and of `no` 0; None where it is missing.

    Capitals do not matter where two words do not differ by them alone. A word that is a number is
    the number, too.

    Raises:
        DomainError: It is no word of the port.
    """
    words = port.choices if port.kind == "one of" else _YES_NO
    if isinstance(word, str):
        if word in words:
            return port.choices.index(word) if port.choices else _YES_NO[word]
        alike = [place for place, choice in enumerate(words) if choice.lower() == word.lower()]
        if len(alike) == 1:
            return alike[0] if port.choices else _YES_NO[word.lower()]
    elif isinstance(word, int | float | Decimal | Fraction) and not (
        # To Python a truth is a number; of words it is none.
        is_missing(word) or (isinstance(word, bool) and port.choices)
    ):
        same = [place for place, number in numbers_of(port) if number == word]
        if same:
            return same[0]
    if is_missing(word):
        return None
    expected = " or ".join(port.choices) or "yes or no"
    given = word.value if isinstance(word, Absent) else repr(word)
    raise DomainError(f"expected {expected} for {port.name}, got {given}")


def numbers_of(port: Port) -> list[tuple[int, Fraction]]:
    """Return the places of those words that are numbers, each with its number."""
    if not port.choices:
        return [(0, Fraction(0)), (1, Fraction(1))]
    return [
        (place, Fraction(word))
        for place, word in enumerate(port.choices)
        if word.isascii() and word.isdecimal()
    ]


def day_of(name: str, value: Any) -> int:
    """Return the number of a day: a date, a time of it on the spot, or text such as 2024-07-01.

    Raises:
        DomainError: It is no day.
    """
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()).date().toordinal()
        except ValueError:
            value = value.strip() or value
    elif isinstance(value, date):
        return value.toordinal()
    elif hasattr(value, "start_time") and hasattr(value, "end_time"):
        # A period of pandas is a day where it begins and ends on one.
        first, last = value.start_time.date(), value.end_time.date()
        if first == last:
            return first.toordinal()
    raise DomainError(f"expected a date such as 2024-07-01 for {name}, got {value!r}")


def is_missing(value: Any) -> bool:
    """Return whether a value is none: None, NaN, NaT, the missing value of pandas, `unknown`."""
    if value is None or value is UNKNOWN:
        return True
    if isinstance(value, str):
        return value.strip().lower() in _MISSING
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")


def is_longer(kind: np.dtype[Any]) -> bool:
    """Return whether dates of numpy stand for weeks, months or years, and not for days."""
    return np.datetime_data(kind)[0] in ("Y", "M", "W")


def plain(value: Any) -> Any:
    """Return a value of numpy or torch as one of Python, a float as its shortest decimal."""
    if hasattr(value, "detach"):
        value = np.asarray(value.detach().cpu())
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            return None
        # A year or a month is no day.
        return value if is_longer(value.dtype) else value.astype("datetime64[D]").item()
    if isinstance(value, np.floating) and not isinstance(value, float):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def said(word: Word) -> str:
    """Return a value as an author would write it."""
    if isinstance(word, bool):
        return "yes" if word else "no"
    return shown(word) if isinstance(word, Fraction | Absent) else str(word)
