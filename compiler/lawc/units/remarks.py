"""Remarks in braces, as UCUM allows them: `mg{albumin}/g{creatinine}`, `{cells}/uL`.

A remark has no size, with two exceptions that keep it honest: alone, it counts what it names if
that is a listed thing; and one that would say which of several units is meant is refused.
"""

from __future__ import annotations

import re

from lawc.units.size import Size
from lawc.units.table import spellings

_COUNTING = ("count", "cycle")
_QUALIFYING = """
    abs absolute american angle ap apothecary av avoirdupois boiler br brake british common
    cubic dry ec eec electric gauge gregorian gross h2o heavy hg hydraulic imp imperial int
    international intl it julian leap light liq liquid long mean mechanical metric nato nautical
    net normal oil origin pearl petroleum printer register short sidereal square standard
    statute std survey synodic textile th thermochemical tropical troy uk us water wet
"""
_QUALIFIERS = frozenset(_QUALIFYING.split())


def qualifies(note: str) -> bool:
    """Whether a remark with its braces says which unit is meant."""
    return not _QUALIFIERS.isdisjoint(re.findall(r"[a-z0-9]+", note.lower()))


def counted(inner: str) -> Size:
    """Return what the text of a remark that stands alone counts, or the plain number."""
    found = spellings().get("count" if inner == "#" else inner)
    if found is not None and found[0].dimension.exponents:
        ((base, power), *others) = found[0].dimension.exponents
        if base in _COUNTING and power == 1 and not others:
            return Size.of_entry(*found)
    return Size()
