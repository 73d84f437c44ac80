"""The published tables of physical formulas as laws, with the ranges that the tables state.

Two sets of 60 laws: the ranges of the first table are small plain numbers, and constants of nature
are inputs; those of the second are in SI and span decades, and constants have their values.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Diagnostic, Severity, Source
from lawc.importers.formats import import_file
from lawc.knowledge.law import Law
from lawc.syntax.parsing import parse

TABLES = ("FeynmanEquations", "BonusEquations")
MATERIAL = Path(__file__).parents[2] / "shared" / "material" / "feynman"

CONSTANTS = {
    "2.99792458e8": ("k_light", "299792458 [m/s]"),
    "8.854e-12": ("k_electric", "8.854e-12 [C^2/(N*m^2)]"),
    "6.626e-34": ("k_planck", "6.626e-34 [J*s]"),
    "1.054571817e-34": ("k_dirac", "1.054571817e-34 [J*s]"),
    "1.380649e-23": ("k_boltzmann", "1.380649e-23 [J/K]"),
    "6.67430e-11": ("k_gravity", "6.67430e-11 [m^3/(kg*s^2)]"),
    "9.10938356e-31": ("k_electron", "9.10938356e-31 [kg]"),
}
"""Numbers in the formulas of the second set, a word for each, and what it measures."""

VALID = {
    "III.9.52": "omega != omega_0",
    "feynman-iii.9.52": "omega != omega_0",
    "feynman-iii.14.14": "q*Volt < 500*(1.380649e-23 [J/K])*T",
    "feynman-i.32.17": "omega_0 > 1.1*omega",
    "feynman-ii.24.17": "omega/(299792458 [m/s]) > pi/d",
    "feynman-bonus.4": "E_n > U + L^2/(2*m*r^2)",
}
"""Where a formula has an answer, and a finite one."""

OPEN = {
    ("feynman-i.30.5", "theta"): (0.01, math.pi / 2),
    ("feynman-i.39.11", "gamma"): (1.01, 2.0),
    ("feynman-i.30.3", "theta"): (0.01, 6.27),
    ("feynman-bonus.1", "theta"): (0.05, 6.23),
}
"""Ranges of the second set whose ends are poles, opened a little."""


@dataclass(frozen=True)
class Case:
    """A row of a table as a law: which table, its identity there, and the text."""

    table: str
    identity: str
    text: str

    def law(self) -> Law:
        """Return the checked law; an output without a unit gets the one that the checker finds.

        Raises:
            ValueError: The checker refuses it.
        """
        law, errors = _checked(self.identity, self.text)
        if errors and errors[0].code == "L0204":
            text = self.text
            for repair in errors[0].repairs:
                text = text[: repair.place.start] + repair.text + text[repair.place.end :]
            law, errors = _checked(self.identity, text)
        if law is None:
            raise ValueError("; ".join(f"{error.code}: {error.headline}" for error in errors))
        return law


def cases(folder: Path = MATERIAL) -> list[Case]:
    """Return all laws, those of plain ranges first."""
    found = []
    units = (folder / "units.csv").read_bytes()
    for table in TABLES:
        data = (folder / f"{table}.csv").read_bytes()
        identities = [
            row["Filename"] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        ]
        texts = _texts(f"{table}.csv", data, units)
        found += [
            Case("plain", identity, text.rstrip() + _valid(identity))
            for identity, text in zip(identities, texts, strict=True)
        ]
    return found + list(_realistic(folder, units))


def _checked(identity: str, text: str) -> tuple[Law | None, list[Diagnostic]]:
    document, misread = parse(Source(f"{identity}.law", text))
    base, found = check([document])
    errors = [f for f in (*misread, *found) if f.severity is Severity.ERROR]
    return (None if errors else base.laws[next(iter(base.laws))]), errors


def _realistic(folder: Path, units: bytes) -> Iterator[Case]:
    """Yield the laws of the second set; where a variable has either sign, its positive branch."""
    variables: dict[str, list[dict[str, str]]] = {}
    with (folder / "srsd_variables.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            variables.setdefault(row["id"], []).append(row)
    with (folder / "srsd_equations.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        own = variables[row["id"]]
        formula = re.sub(r"\blambda\b", "lambd", row["raw"])
        if row["id"] == "feynman-bonus.1":
            # Here the letter is the constant of fine structure; elsewhere it is a variable.
            formula = formula.replace("alpha", "7.2973525693e-3")
        for value, (word, _) in CONSTANTS.items():
            formula = formula.replace(value, word)
        table = {"Filename": row["id"], "Output": "answer", "Formula": formula}
        for number, variable in enumerate(own, start=1):
            name = variable["name"].replace("lambda", "lambd")
            low, high = _range(row["id"], variable)
            table |= {f"v{number}_name": name, f"v{number}_low": low, f"v{number}_high": high}
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(table))
        writer.writeheader()
        writer.writerow(table)
        (text,) = _texts("srsd.csv", stream.getvalue().encode(), units)
        yield Case("realistic", row["id"], _finished(text, row["id"], own))


def _range(identity: str, variable: dict[str, str]) -> tuple[str, str]:
    ends = OPEN.get((identity, variable["name"]))
    if ends is None:
        ends = tuple(_end(variable[side]) for side in ("low", "high"))
    return repr(ends[0]), repr(ends[1])


def _end(text: str) -> float:
    """Return the value of `1e-3`, `np.pi / 2` or `-2 * np.pi`."""
    value, inverted = 1.0, False
    for part in re.split(r"\s*([*/])\s*", text):
        if part in "*/":
            inverted = part == "/"
            continue
        sign = -1.0 if part.startswith("-") else 1.0
        factor = sign * math.pi if part.endswith("pi") else float(part)
        value = value / factor if inverted else value * factor
    return value


def _finished(text: str, identity: str, variables: list[dict[str, str]]) -> str:
    head, symbols, equations = re.split(r"  (?:symbols|equations)\n", text)
    for word, written in CONSTANTS.values():
        symbols = re.sub(rf"^    {word} .*\n", "", symbols, flags=re.MULTILINE)
        equations = re.sub(rf"\b{word}\b", f"({written})", equations)
    for variable in variables:
        name = variable["name"].replace("lambda", "lambd")
        if variable["sampler"] != "SimpleSampling":
            # Integers are spread over their decades as other numbers are.
            symbols = re.sub(rf"^(    {name} .*\.\. \S+)", r"\1 log", symbols, flags=re.MULTILINE)
    return f"{head}  symbols\n{symbols}  equations\n{equations.rstrip()}\n{_valid(identity)}"


def _valid(identity: str) -> str:
    return f"\n\n  valid\n    {VALID[identity]}\n" if identity in VALID else "\n"


def _texts(name: str, data: bytes, units: bytes) -> list[str]:
    imported = import_file(name, data, units)
    for remark in imported.remarks:
        print(f"{name}: {remark}")
    return re.split(r"\n(?=law )", imported.text)
