"""Read every symbol, name and UCUM code of the QUDT table, and compare with what the table says.

    python benchmarks/units_qudt.py ../shared/material/equations/qudt/qudt_units.csv

A spelling is right (the table's dimension vector), refused, listed (an exception below, with its
reason) or wrong. Kinds that QUDT counts as plain numbers (angle, cycle, count, information, money)
are left out of the comparison. Of the right ones, the factor is compared with the multiplier of
the table: right within 1e-6, listed, or wrong.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from lawc.units.dimension import Dimension
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit

COLUMNS = ("symbol", "name", "bare name", "UCUM code")
TOLERANCE = 1e-6

_SHARED = "QUDT gives this symbol to several units; lawc means another of them"
_IU = "QUDT counts an international unit as a mass; its mass depends on the substance"
_PRICE = "QUDT lists the price of an ounce; the code itself is a mass"
_VECTOR = "the vector in the table is not that of the unit"
_OURS = "a listed name of lawc; `unit:` before it means QUDT's"

LISTED: Mapping[tuple[str, str], str] = {
    ("symbol", "ARE"): "`a` is the year",
    ("symbol", "BREWSTER"): _SHARED,
    ("symbol", "CCY_ALL"): _SHARED,
    ("symbol", "CCY_MDL"): _SHARED,
    ("symbol", "CCY_RON"): _SHARED,
    ("symbol", "CCY_RON-PER-KiloW-HR"): _SHARED,
    ("symbol", "DARCY"): "`d` is the day",
    ("symbol", "F"): "`F` is the farad",
    ("symbol", "G"): "`G` is the gauss",
    ("symbol", "KY"): "`K` is the kelvin",
    ("symbol", "LA"): "`L` is the litre",
    ("symbol", "MOHM"): "`mohm` is the milliohm; QUDT's is the mechanical ohm",
    ("symbol", "MilliRAD_R"): "`mrad` is the milliradian",
    ("symbol", "MilliRAD_R-PER-HR"): "`mrad` is the milliradian",
    ("symbol", "RAD_R"): "`rad` is the radian",
    ("symbol", "SolarMass"): "`S` is the siemens",
    ("symbol", "S_Ab"): _VECTOR,
    ("symbol", "TonEnergy"): "`t/lbf` is a quotient, not an energy",
    ("UCUM code", "CCY_XAG"): _PRICE,
    ("UCUM code", "CCY_XAU"): _PRICE,
    ("UCUM code", "CCY_XPD"): _PRICE,
    ("UCUM code", "CCY_XPT"): _PRICE,
    ("UCUM code", "S_Ab"): _VECTOR,
    ("bare name", "CUP"): "`CUP` is the Cuban peso of ISO 4217",
    ("bare name", "F"): _OURS,
    ("bare name", "G"): _OURS,
    ("bare name", "M"): _OURS,
    ("bare name", "U"): _OURS,
    **{
        (column, unit): _IU
        for column in COLUMNS
        for unit in ("IU", "IU-PER-L", "IU-PER-MilliGM", "IU-PER-MilliL")
    },
    **{
        (column, unit): _VECTOR
        for column in ("name", "bare name")
        for unit in ("J-PER-M2-SEC0dot5-K", "J-PER-M2-SEC0pt5-K")
    },
}
"""Spellings whose dimension differs from the table's, each with the reason."""

_ROUNDED = "the multiplier of the table is rounded"
_CYCLE = "a revolution is one cycle here and 2π radians there"
_BIT = "the table states bits as 1 and shannons as ln 2"
_ACRE = "UCUM's acre is of British yards; the table has the international one"

FACTORS: Mapping[str, str] = {
    "AC": _ACRE,
    "AC-FT": _ACRE,
    "AC-FT_US": _ACRE,
    "LB-PER-AC": _ACRE,
    "BBL_US_DRY": "7056 cubic inches by law; the multiplier of the table is not that",
    "CAL_MEAN": _ROUNDED,
    "KiloCAL_Mean": _ROUNDED,
    "Denier": _ROUNDED,
    "ENZ": _ROUNDED,
    "ENZ-PER-L": _ROUNDED,
    "EarthMass": "nominal values of the IAU over the G of CODATA 2022",
    "SolarMass": "nominal values of the IAU over the G of CODATA 2022",
    "FC": _ROUNDED,
    "FUR": "UCUM's `[fur_us]` is of survey feet; the table has the international one",
    "KiloCubicFT": "`k[ft_i]3` is the cube of a thousand feet",
    "MOMME_Pearl": "the multiplier of the table is in grams",
    "PCA": "the symbol `pc` is the parsec; as a name, the multiplier is rounded",
    "PT": "UCUM's `[pnt]` is the 72nd of an inch; the table has the printer's point",
    "REV": _CYCLE,
    "REV-PER-HR": _CYCLE,
    "REV-PER-MIN": _CYCLE,
    "REV-PER-MIN-SEC": _CYCLE,
    "REV-PER-SEC": _CYCLE,
    "REV-PER-SEC2": _CYCLE,
    "IN-PER-REV": _CYCLE,
    "SHANNON": _BIT,
    "SHANNON-PER-SEC": _BIT,
    "STANDARD": _ROUNDED,
    "Standard": _ROUNDED,
    "THM_US": "100000 times UCUM's rounded `[Btu_59]`",
    "THM_US-PER-HR": "100000 times UCUM's rounded `[Btu_59]`",
    "TON_SHIPPING_US": _ROUNDED,
    "YR_Common": "`a` is the Julian year",
}
"""Units whose factor differs from the table's multiplier, each with the reason."""


@dataclass
class Verdicts:
    """How many spellings of a column are what, and which are wrong."""

    dimensions: Counter[str] = field(default_factory=Counter)
    factors: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    listed: set[tuple[str, str]] = field(default_factory=set)
    listed_factors: set[str] = field(default_factory=set)


def compare(table: Path) -> dict[str, Verdicts]:
    """Return the verdicts of each column."""
    verdicts = {column: Verdicts() for column in COLUMNS}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column, text in _spellings(row):
                _judge(verdicts[column], column, text, row)
    return verdicts


def _spellings(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "name", f"unit:{row['unit']}"
    yield "bare name", row["unit"]
    if row["symbol"]:
        yield "symbol", row["symbol"]
    if row["ucum"]:
        yield "UCUM code", row["ucum"]


def _judge(verdicts: Verdicts, column: str, text: str, row: Mapping[str, str]) -> None:
    unit, name = parse_unit(text), row["unit"]
    if isinstance(unit, UnitProblem):
        verdicts.dimensions["refused"] += 1
        return
    if unit.dimension.without_kinds != _vector(row["dimension"]):
        if (column, name) in LISTED:
            verdicts.dimensions["listed"] += 1
            verdicts.listed.add((column, name))
        else:
            verdicts.dimensions["wrong"] += 1
            verdicts.wrong.append((text, f"{name}: {unit.dimension}, not {row['dimension']}"))
        return
    verdicts.dimensions["right"] += 1
    multiplier = float(row["multiplier"] or 0)
    if multiplier == 0:
        verdicts.factors["not stated"] += 1
    elif abs(unit.factor / multiplier - 1) <= TOLERANCE:
        verdicts.factors["right"] += 1
    elif name in FACTORS:
        verdicts.factors["listed"] += 1
        verdicts.listed_factors.add(name)
    else:
        verdicts.factors["wrong"] += 1
        verdicts.wrong.append((text, f"{name}: {unit.factor}, not {multiplier}"))


_BASES = {
    "A": "amount",
    "E": "current",
    "L": "length",
    "I": "luminosity",
    "M": "mass",
    "H": "temperature",
    "T": "time",
}


def _vector(text: str) -> Dimension | None:
    powers = dict(re.findall(r"([A-Z])(-?[0-9]+(?:(?:dot|pt)[0-9]+)?)", text))
    if set(powers) != {*_BASES, "D"}:
        return None
    return Dimension.of(
        [(base, Fraction(re.sub("dot|pt", ".", powers[letter]))) for letter, base in _BASES.items()]
    )


def main() -> None:
    """Print the counts, and whatever is wrong."""
    parser = argparse.ArgumentParser(description="Hold units to QUDT's table.")
    parser.add_argument("table", type=Path, help="qudt_units.csv")
    verdicts = compare(parser.parse_args().table)
    print("           | dimension vector                     | factor, of those that are right")
    print("column     | all   right  refused  listed  wrong  | right  listed  not stated  wrong")
    for column, found in verdicts.items():
        d, f = found.dimensions, found.factors
        print(
            f"{column:10} | {d.total():<5} {d['right']:<6} {d['refused']:<8} {d['listed']:<7} "
            f"{d['wrong']:<6} | {f['right']:<6} {f['listed']:<7} {f['not stated']:<11} {f['wrong']}"
        )
    for column, found in verdicts.items():
        for text, difference in found.wrong:
            print(f"wrong: {column} {text!r}: {difference}")
    raise SystemExit(any(found.wrong for found in verdicts.values()))


if __name__ == "__main__":
    main()
