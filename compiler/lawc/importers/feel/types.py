"""Types of FEEL in an expression: `x instance of number` is known where the type of `x` is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time

from lawc.importers.feel.conditions import NULL
from lawc.importers.feel.meaning import Meaning
from lawc.importers.imported import ImportRefusedError

Signs = Sequence[tuple[str, str]]

YEARS, DAYS = "years and months duration", "days and time duration"
_PLAIN = (YEARS, DAYS, "date and time", "date", "time", "number", "string", "boolean", "Any")
_MADE = ("list", "context", "function", "range")
_FOREIGN = ("date and time", "time", "duration")
_YEARS = re.compile(r"-?P(?=[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?")
_DAYS = re.compile(r"-?P(?=[0-9T])(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?")


def type_at(signs: Signs, at: int) -> tuple[str, int]:
    """Return the type that stands at some place, `list<Any>` or its first word, and its end.

    Raises:
        ImportRefusedError: It is one of the file, or none.
    """
    for name in (*_PLAIN, *_MADE):
        words = name.split()
        if [word for _, word in signs[at : at + len(words)]] != words:
            continue
        end = at + len(words)
        if name in _PLAIN or not _is(signs, end, "<"):
            return name, end
        close = _closed(signs, end)
        inner = [word for _, word in signs[end + 1 : close - 1]]
        if name == "function" and _is(signs, close, "-") and _is(signs, close + 1, ">"):
            _, close = type_at(signs, close + 2)
        return f"{name}<{' '.join(inner)}>" if name == "list" else name, close
    raise ImportRefusedError("a value is asked for a type of the file")


def _is(signs: Signs, at: int, sign: str) -> bool:
    return tuple(signs[at : at + 1]) == (("SIGN", sign),)


def _closed(signs: Signs, at: int) -> int:
    """Return the end of what is opened by `<` here."""
    depth = 0
    for end in range(at, len(signs)):
        is_arrow = _is(signs, end, ">") and _is(signs, end - 1, "-")
        depth += _is(signs, end, "<") - (_is(signs, end, ">") and not is_arrow)
        if depth == 0:
            return end + 1
    raise ImportRefusedError("a type is not closed")


def foreign_at(signs: Signs, at: int) -> tuple[str, int] | None:
    """Return the type of a time or a duration that is written here, and its end; None elsewhere.

    Raises:
        ImportRefusedError: It is none.
    """
    for name in _FOREIGN:
        words = name.split()
        end = at + len(words)
        if [word for _, word in signs[at:end]] != words:
            continue
        kinds = [kind for kind, _ in signs[end : end + 3]]
        if kinds == ["SIGN", "STRING", "SIGN"] and _is(signs, end + 2, ")"):
            return _written(name, signs[end + 1][1][1:-1]), end + 3
    return None


def _written(name: str, text: str) -> str:
    try:
        if name == "time":
            time.fromisoformat(text)
            return name
        if name == "date and time":
            day, _, hour = text.partition("T")
            date.fromisoformat(day)
            time.fromisoformat(hour)
            return name
    except ValueError:
        raise ImportRefusedError(f'"{text[:40]}" is no {name}') from None
    if _YEARS.fullmatch(text):
        return YEARS
    if _DAYS.fullmatch(text):
        return DAYS
    raise ImportRefusedError(f'"{text[:40]}" is no duration')


def instance(kind: str, name: str) -> Meaning:
    """Return whether a value of some type that is there is one of another type.

    Raises:
        ImportRefusedError: That is seen by its entries only.
    """
    if kind == "list" and name.startswith("list") and name not in ("list", "list<Any>"):
        raise ImportRefusedError("a list is asked for the type of its entries")
    is_one = name in ("Any", kind) or (kind == "list" and name.startswith("list"))
    return Meaning("yes" if is_one else "no", "boolean")


def instance_of(meaning: Meaning, name: str) -> Meaning:
    """Return whether a part of an expression is of a type; `null` is of none.

    Raises:
        ImportRefusedError: Its type is not known, or it may be `null` and is no quantity.
    """
    if meaning.kind == "null":
        return Meaning("no", "boolean")
    if not meaning.kind:
        raise ImportRefusedError("a value of any type is asked for its type")
    made = instance(meaning.kind, name)
    if not meaning.is_optional or made.text == "no":
        return made
    if not meaning.name:
        raise ImportRefusedError("a value that may be `null` is asked for its type")
    present, absent = f"{meaning.name} is applicable", f"{meaning.name} is {NULL}"
    return Meaning(present, "boolean", 4, "", None, absent)
