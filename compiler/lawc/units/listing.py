"""Say what a unit is, and list all of them: for `lawc units` and the page of units."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from lawc.diagnostics.immutable import immutable
from lawc.units.aliases import codes, qudt_atoms
from lawc.units.naming import describe_dimension, spell
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit, unit_size
from lawc.units.size import Factor, Size
from lawc.units.table import PREFIXES, Entry, citations, entries, refusals, spellings
from lawc.units.writing import write_ucum


@immutable
class Description:
    """What can be said of a unit.

    Attributes:
        text: The unit as it was asked for.
        dimension: What it measures, in words.
        value: The SI value of one of it, exact where it is rational or a multiple of π.
        zero: The SI value of its zero; empty for a unit without a zero of its own.
        sources: The standards that state the values of its parts.
        spellings: Other spellings of the same unit, where it is a listed one.
        prefixes: The prefixes that it takes, where it is a listed one without prefix.
        ucum: Its code in UCUM, or empty.
        qudt: Its name in QUDT, or empty.
    """

    text: str
    dimension: str
    value: str
    zero: str
    sources: tuple[str, ...]
    spellings: tuple[str, ...]
    prefixes: tuple[str, ...]
    ucum: str
    qudt: str


def describe(text: str) -> Description | UnitProblem:
    """Return what a unit is, or why it is none."""
    unit, size = parse_unit(text), unit_size(text)
    if isinstance(unit, UnitProblem):
        return unit
    if isinstance(size, UnitProblem):
        return size
    found = {factor.entry for factor in size.factors if factor.entry is not None}
    words = sorted({entry.source for entry in found})
    listed = _listed(size)
    entry = listed.entry if listed is not None else None
    si = spell(size.dimension)
    return Description(
        text=text.strip() or "1",
        dimension=describe_dimension(size.dimension),
        value=_value(size) + ("" if si == "1" else f" {si}"),
        zero=f"{unit.offset:.15g} K" if unit.offset else "",
        sources=tuple(citations()[word] for word in words),
        spellings=_others(listed) if listed is not None else (),
        prefixes=entry.prefixes if entry is not None and listed == Factor(entry, _ONE) else (),
        ucum=write_ucum(text) or "",
        qudt=_qudt().get(listed.entry, "") if listed == Factor(entry, _ONE) and listed else "",
    )


def sections() -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Return the list of units under its headings."""
    rest = iter(entries())
    found: list[tuple[str, list[Entry]]] = []
    text = files("lawc.units").joinpath("units.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("# --- "):
            found.append((line.removeprefix("# --- "), []))
        elif line and not line.startswith("#"):
            found[-1][1].append(next(rest))
    return tuple((title, tuple(units)) for title, units in found)


def page() -> str:
    """Return the page of all units as Markdown."""
    units = entries()
    money = sum(entry.source == "ISO4217" for entry in units)
    lines = [
        "# Units",
        "",
        f"The {len(units)} units that a law may use, {money} of them currencies. This page is what",
        "`lawc units --markdown` prints; `lawc units mmHg` says more about one unit, or about any",
        "product of units. How units are written is told in [language.md](language.md#units).",
        "",
        "A prefix stands before the first spellings (`km`), its name before the long ones",
        "(`kilometre`). The value is exact as the source states it.",
    ]
    for title, listed in sections():
        lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
        lines += ["| unit | long names | prefixes | value | UCUM | QUDT | source |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [_row(entry) for entry in listed]
    lines += ["", "## Refused spellings", "", "| spelling | write | why |", "|---|---|---|"]
    for spelling, refusal in refusals().items():
        candidates = " · ".join(f"`{candidate}`" for candidate in refusal.candidates)
        lines.append(f"| `{spelling}` | {candidates} | {refusal.reason} |")
    lines += ["", "## Sources", "", "| word | source |", "|---|---|"]
    lines += [f"| {word} | {citation} |" for word, citation in citations().items()]
    return "\n".join(lines) + "\n"


_ONE = Fraction(1)
_ALL = frozenset(PREFIXES)


def _row(entry: Entry) -> str:
    said = describe(entry.symbols[0])
    if isinstance(said, UnitProblem):
        size = Size.of_entry(entry)
        value, ucum = f"{_value(size)} {spell(entry.dimension)}", ""
    else:
        value, ucum = said.value + (f", zero at {said.zero}" if said.zero else ""), said.ucum
    qudt = _qudt().get(entry, "")
    prefixes = "all" if set(entry.prefixes) >= _ALL else " ".join(entry.prefixes)
    cells = (
        " ".join(f"`{name}`" for name in entry.symbols),
        " ".join(entry.names),
        prefixes,
        value,
        f"`{ucum}`" if ucum else "",
        f"`{qudt}`" if qudt else "",
        entry.source,
    )
    return f"| {' | '.join(cells)} |"


def _listed(size: Size) -> Factor | None:
    """Return the one listed unit that a size is, if it is one."""
    if len(size.factors) != 1 or size.factors[0].entry is None or size.factors[0].power != 1:
        return None
    return size.factors[0]


def _others(listed: Factor) -> tuple[str, ...]:
    found = [
        name
        for name, (entry, prefix) in spellings().items()
        if entry is listed.entry and prefix == listed.number
    ]
    for name in codes():
        size = unit_size(name)
        if isinstance(size, Size) and size.factors == (listed,):
            found.append(name)
    return tuple(dict.fromkeys(found))


def _value(size: Size) -> str:
    if size.rounded != 1.0 or size.pi.denominator != 1:
        return f"{size.value():.15g}"
    number = _exact(size.exact)
    if size.pi == 0:
        return number
    pi = "π" if abs(size.pi) == 1 else f"π^{abs(size.pi)}"
    if size.pi < 0:
        return f"{number}/{pi}"
    if size.exact.numerator == 1 and size.exact != 1:
        return f"{pi}/{size.exact.denominator}"
    return pi if size.exact == 1 else f"{number}·{pi}"


def _exact(number: Fraction) -> str:
    """Return a number as a decimal where it is one of at most 20 digits, else as a ratio."""
    digits, tens = number.denominator, 0
    while digits % 10 == 0:
        digits, tens = digits // 10, tens + 1
    while digits % 2 == 0 or digits % 5 == 0:
        digits, tens = digits * (5 if digits % 2 == 0 else 2) // 10, tens + 1
    if digits != 1:
        return f"{number.numerator}/{number.denominator}"
    whole = number.numerator * 10**tens // number.denominator
    short = str(whole).rstrip("0") or "0"
    exponent = len(str(whole)) - 1 - tens
    if -5 <= exponent < 16:
        return _decimal(number, tens)
    mantissa = short[0] + ("." + short[1:] if len(short) > 1 else "")
    return f"{mantissa}e{exponent}"


def _decimal(number: Fraction, tens: int) -> str:
    text = str(number.numerator * 10**tens // number.denominator).rjust(tens + 1, "0")
    return f"{text[:-tens]}.{text[-tens:]}".rstrip("0").rstrip(".") if tens else text


@cache
def _qudt() -> Mapping[Entry | None, str]:
    found: dict[Entry | None, str] = {}
    for atom, target in qudt_atoms().items():
        listed = spellings().get(target)
        if listed is not None and listed[1] == 1:
            found.setdefault(listed[0], atom)
    return MappingProxyType(found)
