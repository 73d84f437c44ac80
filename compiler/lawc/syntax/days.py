"""Read a day as it is written: year, month and day."""

from __future__ import annotations

import re
from datetime import date

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope

_SHORT = re.compile("([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")


def day_of(word: str, start: int, scope: Scope) -> int:
    """Return the number of a day.

    Raises:
        UnreadableError: There is no such day.
    """
    try:
        return date.fromisoformat(word).toordinal()
    except ValueError:
        pass
    place = Place(scope.path, start, start + len(word))
    headline = f"there is no day `{word[:40]}`"
    help = "write a day as year, month and day: `2024-07-01`"
    short = _SHORT.fullmatch(word)
    if short is not None and word != (padded := f"{short[1]}-{short[2]:0>2}-{short[3]:0>2}"):
        headline, help = f"`{word}` is not written as a day is", f"write `{padded}`"
    raise refusal("L0101", headline, place, help=help)
