"""Read a day, `2024-07-01`."""

from __future__ import annotations

from datetime import date

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope


def day_of(word: str, start: int, scope: Scope) -> int:
    """Return the number of a day.

    Raises:
        UnreadableError: There is no such day.
    """
    try:
        return date.fromisoformat(word).toordinal()
    except ValueError:
        pass
    parts = [int(part) for part in word.split("-")]
    padded = "{:04}-{:02}-{:02}".format(*parts)
    place = Place(scope.path, start, start + len(word))
    headline = f"there is no day `{word}`"
    help = "write a day as year, month and day: `2024-07-01`"
    if padded != word:
        headline, help = f"`{word}` is not written as a day is", f"write `{padded}`"
    raise refusal("L0101", headline, place, help=help)
