"""Read the list of known units: from `units.txt` to what one name means.

Every factor is exact: a ratio of integers and a power of pi. Nothing is guessed from a name
that the list lacks; a spelling with two readings stands in `refused.txt` instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from lawc.diagnostics.immutable import immutable
from lawc.units.dimension import Dimension
from lawc.units.problem import Kind

PREFIXES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "Q": ("quetta", 30),
        "R": ("ronna", 27),
        "Y": ("yotta", 24),
        "Z": ("zetta", 21),
        "E": ("exa", 18),
        "P": ("peta", 15),
        "T": ("tera", 12),
        "G": ("giga", 9),
        "M": ("mega", 6),
        "k": ("kilo", 3),
        "h": ("hecto", 2),
        "da": ("deca", 1),
        "d": ("deci", -1),
        "c": ("centi", -2),
        "m": ("milli", -3),
        "µ": ("micro", -6),
        "μ": ("micro", -6),
        "u": ("micro", -6),
        "n": ("nano", -9),
        "p": ("pico", -12),
        "f": ("femto", -15),
        "a": ("atto", -18),
        "z": ("zepto", -21),
        "y": ("yocto", -24),
        "r": ("ronto", -27),
        "q": ("quecto", -30),
    }
)
"""Prefix symbols, their names, and the power of ten; micro has three spellings."""

BINARY: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "Ki": ("kibi", 10),
        "Mi": ("mebi", 20),
        "Gi": ("gibi", 30),
        "Ti": ("tebi", 40),
        "Pi": ("pebi", 50),
        "Ei": ("exbi", 60),
        "Zi": ("zebi", 70),
        "Yi": ("yobi", 80),
    }
)
"""Prefix symbols of information, their names, and the power of two."""

_VALUE = re.compile(r"([*/])([^*/]+)")
_LOW = ("m", "µ", "μ", "u", "n", "p", "f", "a")
_HIGH = ("k", "M", "G", "T", "P", "E")
_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "-": (),
        "low": _LOW,
        "high": _HIGH,
        "thousand": _LOW + _HIGH,
        "wide": tuple(prefix for prefix in PREFIXES if prefix not in ("Q", "R", "r", "q")),
        "si": tuple(PREFIXES),
        "binary": tuple(BINARY),
        "µ": ("µ", "μ"),
    }
)
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "ambiguous": "ambiguous",
        "unknown": "unknown",
        "logarithm": "logarithm",
        "constant": "constant",
    }
)
_BASES: Mapping[str, str] = MappingProxyType(
    {
        "m": "length",
        "kg": "mass",
        "s": "time",
        "A": "current",
        "K": "temperature",
        "mol": "amount",
        "cd": "luminosity",
        "rad": "angle",
        "cycle": "cycle",
        "count": "count",
        "bit": "information",
        "IU": "bioactivity",
    }
)


@immutable
class Entry:
    """One line of the list.

    Attributes:
        symbols: Spellings that take prefix symbols, the usual one first.
        names: Spellings that take prefix names.
        prefixes: Symbols of the prefixes it takes.
        ratio: SI value of one, without its power of pi.
        pi: The power of pi in the SI value of one.
        offset: SI value of the zero of a scale such as °C.
        dimension: What it measures.
        source: The standard that states the value, a word of `sources.txt`.
        pint: The same unit in pint's words, or `-` where pint has no such kind.
    """

    symbols: tuple[str, ...]
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    ratio: Fraction
    pi: int
    offset: Fraction
    dimension: Dimension
    source: str
    pint: str


@immutable
class Refusal:
    """A spelling that is not taken, what may be meant, and why."""

    kind: Kind
    candidates: tuple[str, ...]
    reason: str


@cache
def entries() -> tuple[Entry, ...]:
    """Return all lines of the list, in its order."""
    return tuple(_entry(row) for row in rows("units.txt"))


@cache
def spellings() -> Mapping[str, tuple[Entry, Fraction]]:
    """Return every spelling, with and without prefix: its entry and the prefix's factor.

    A name of the list wins over the same letters read as a prefix and a name: `min` is a
    minute, `cd` a candela. Refused spellings are left out.
    """
    known = dict(_prefixed())
    known.update((name, (entry, Fraction(1))) for name, entry in _bare())
    for spelling in refusals():
        known.pop(spelling, None)
    return MappingProxyType(known)


@cache
def citations() -> Mapping[str, str]:
    """Return the standards that state the values, by the words of the list."""
    return MappingProxyType({row[0]: row[1] for row in rows("sources.txt")})


@cache
def refusals() -> Mapping[str, Refusal]:
    """Return the spellings that are refused although people use them."""
    return MappingProxyType(
        {
            spelling: Refusal(
                _KINDS[kind], tuple(filter(None, map(str.strip, candidates.split(",")))), reason
            )
            for spelling, kind, candidates, reason in rows("refused.txt")
        }
    )


def _bare() -> Iterator[tuple[str, Entry]]:
    for entry in entries():
        for name in entry.symbols + entry.names:
            yield name, entry


def _prefixed() -> Iterator[tuple[str, tuple[Entry, Fraction]]]:
    for entry in entries():
        for symbol in entry.prefixes:
            word, factor = prefix(symbol)
            for name in entry.symbols:
                yield symbol + name, (entry, factor)
            for name in entry.names:
                yield word + name, (entry, factor)


@cache
def prefix(symbol: str) -> tuple[str, Fraction]:
    """Return the name and the factor of the symbol of a prefix."""
    if symbol in BINARY:
        word, power = BINARY[symbol]
        return word, Fraction(2) ** power
    word, power = PREFIXES[symbol]
    return word, Fraction(10) ** power


def rows(name: str) -> Iterator[list[str]]:
    """Return the lines of a list of this room, each as its cells."""
    text = files("lawc.units").joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("|")]


def _entry(row: list[str]) -> Entry:
    symbols, names, prefixes, value, base, source, pint = row
    scale, _, offset = value.partition(" + ")
    ratio, pi = _value(scale)
    return Entry(
        symbols=tuple(symbols.split()),
        names=tuple(names.split()),
        prefixes=tuple(
            dict.fromkeys(
                symbol for word in prefixes.split() for symbol in _GROUPS.get(word, (word,))
            )
        ),
        ratio=ratio,
        pi=pi,
        offset=_value(offset)[0] if offset else Fraction(0),
        dimension=_dimension(base),
        source=source,
        pint=pint,
    )


@cache
def _value(text: str) -> tuple[Fraction, int]:
    """Read numbers and `pi` joined by `*` and `/`, from left to right."""
    ratio, pi = Fraction(1), 0
    for sign, word in _VALUE.findall("*" + text.strip()):
        power = -1 if sign == "/" else 1
        if word.startswith("pi"):
            pi += power * int(word[3:] or 1)
        else:
            ratio *= Fraction(word) ** power
    return ratio, pi


@cache
def _dimension(text: str) -> Dimension:
    return Dimension.of([_base(word) for word in text.split() if word != "1"])


def _base(word: str) -> tuple[str, int]:
    name, _, power = word.partition("^")
    return _BASES.get(name) or f"currency:{name}", int(power or 1)
