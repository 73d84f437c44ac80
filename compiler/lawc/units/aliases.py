"""Codes of other notations and what they are in ours: UCUM, QUDT, and spellings with braces."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from lawc.units.table import BINARY, PREFIXES, entries, prefix, rows

_UCUM_PREFIXES = tuple(p for p in PREFIXES if p not in ("µ", "μ", "Q", "R", "r", "q"))

Meaning = tuple[str, Fraction]
"""A text in our spelling, and a factor before it."""

ONE = Fraction(1)


@cache
def codes() -> Mapping[str, Meaning]:
    """Return the spellings beside our own that a name in a unit may have, with their prefixes."""
    own = {name for entry in entries() for name in entry.symbols + entry.names}
    known: dict[str, Meaning] = {}
    for code, target, prefixes in rows("ucum.txt"):
        if code in own:
            continue
        for symbol in _prefixes(prefixes):
            known.setdefault(symbol + code, (target, prefix(symbol)[1]))
        known[code] = (target, ONE)
        bare = code[1:-1]
        # `5 [in_i]` is how UCUM's `[in_i]` is written in a law by whoever keeps its brackets.
        if code == f"[{bare}]" and "_" in bare and "'" not in bare and bare not in own:
            known.setdefault(bare, (target, ONE))
    # `#` begins a remark in a list; UCUM and QUDT count with it.
    known["#"] = ("count", ONE)
    known.update((spelling, (target, ONE)) for spelling, target in rows("spellings.txt"))
    return MappingProxyType(known)


@cache
def ucum_codes() -> Mapping[str, str]:
    """Return the code that UCUM has for a unit, by our usual spelling."""
    found: dict[str, str] = {}
    for code, target, _ in rows("ucum.txt"):
        found.setdefault(target, code)
    return MappingProxyType(found)


@cache
def qudt_atoms() -> Mapping[str, str]:
    """Return our spelling of each atom of QUDT's names."""
    return MappingProxyType({row[0]: row[1] for row in rows("qudt.txt")})


@cache
def qudt_prefixes() -> Mapping[str, Fraction]:
    """Return the prefixes as QUDT writes them, `Kilo`, with their factors."""
    symbols = (*_UCUM_PREFIXES, "Q", "R", "r", "q", *BINARY)
    return MappingProxyType({word.capitalize(): factor for word, factor in map(prefix, symbols)})


def _prefixes(words: str) -> tuple[str, ...]:
    if words == "metric":
        return _UCUM_PREFIXES
    return () if words == "-" else tuple(words.split())
