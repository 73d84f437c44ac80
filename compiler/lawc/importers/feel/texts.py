"""Functions of FEEL of texts, where the text is written out: what they give is worked out once.

A rule has no functions of texts, so of a text that is given to the rule they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lawc.importers.feel.meaning import Meaning
from lawc.importers.imported import ImportRefusedError

_GROUPING = (" ", ",", ".", None)
_DECIMAL = (".", ",", None)
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")


def written(value: object) -> str | None:
    """Return a text that is written out, None for what is none.

    Raises:
        ImportRefusedError: It is a text that is given, or of a kind that is not known.
    """
    if not isinstance(value, Meaning) or value.kind not in ("string", ""):
        return None
    if value.string is None:
        raise ImportRefusedError(f"a function of the text `{value.text[:40]}`, which is given")
    return value.string


def cased(change: Callable[[str], str]) -> Callable[[str], Meaning]:
    """Return a function that changes the case of a text."""
    return lambda text: Meaning("", "string", 9, "", change(text))


def number_of(text: str, grouping: str | None, decimal: str | None) -> Meaning | None:
    """Return the number that a text writes with these separators, None where it writes none.

    Raises:
        ImportRefusedError: A point groups, and what divides is not said.
    """
    if grouping not in _GROUPING or decimal not in _DECIMAL:
        return None
    if grouping is not None and grouping == decimal:
        return None
    if grouping == "." and decimal is None:
        raise ImportRefusedError("a number whose decimal separator is not said")
    plain = text.replace(grouping, "") if grouping is not None else text
    if decimal == ",":
        plain = plain.replace(".", "\0").replace(",", ".")
    if _NUMBER.fullmatch(plain) is None:
        return None
    plain = plain.replace("-.", "-0.") if plain.startswith("-.") else plain
    return Meaning(f"0{plain}" if plain[0] == "." else plain, "number", 7 if "-" in plain else 9)
