"""One value of a port between exact numbers and what people write: words, dates, yes and no."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lawc.decision.decision import Port
from lawc.decision.operations import shown
from lawc.decision.values import UNKNOWN, Absent, Value, exact
from lawc.diagnostics.diagnostic import DomainError

Word = Fraction | Absent | str | bool | date
"""What a value is in words; a word of a choice is text, a `yes/no` a bool."""


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
    """Return what people say as an exact value; None and `unknown` are unknown.

    Raises:
        DomainError: It is nothing that the port takes.
    """
    if not isinstance(word, str | Fraction) and hasattr(word, "item"):
        word = word.item()
    if word is None or word == UNKNOWN.value:
        return UNKNOWN
    if isinstance(word, Absent):
        return word
    expected = port.kind
    if port.kind == "one of":
        if word in port.choices:
            return Fraction(port.choices.index(word))
        expected = " or ".join(port.choices)
    elif port.kind == "yes/no":
        places = {"yes": 1, "no": 0, True: 1, False: 0}
        if isinstance(word, str | int) and word in places:
            return Fraction(places[word])
        expected = "yes or no"
    elif port.kind == "date":
        try:
            day = date.fromisoformat(word) if isinstance(word, str) else word
        except ValueError:
            day = word
        if isinstance(day, date):
            return Fraction(day.toordinal())
        expected = "a date such as 2024-07-01"
    elif isinstance(word, int | float | Decimal | Fraction) and not isinstance(word, bool):
        return exact(word)
    raise DomainError(f"expected {expected} for {port.name}, got {word!r}")


def said(word: Word) -> str:
    """Return a value as an author would write it."""
    if isinstance(word, bool):
        return "yes" if word else "no"
    return shown(word) if isinstance(word, Fraction | Absent) else str(word)
