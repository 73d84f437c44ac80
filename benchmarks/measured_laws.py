"""Fit laws to published measurements, and set the figures beside those that others found.

One command: `python benchmarks/measured_laws.py` prints a table for the cards of
`material/measured/laws.json` and one for the certified sets of NIST; a name chooses one of them.
The laws stand in `tests/estimation/laws`. What must hold: parameters within 1e-4 of the reference
fit, a sum of squares of at most 1.001 of its own; NIST to six certified digits from both starts.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.estimation.estimate import Estimate
from lawc.estimation.fitting import fit
from lawc.knowledge.law import Law
from lawc.pipeline.checking import check_text, demand

ROOT = Path(__file__).parent.parent
LAWS = ROOT / "tests" / "estimation" / "laws"
MATERIAL = ROOT.parent / "shared" / "material"
MEASURED = MATERIAL / "measured"

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """How a card of the collection is asked.

    Attributes:
        law: Its law, by the last part of the identity.
        unknown: Parameters to be found.
        columns: The column of a quantity.
        units: The unit of a column where it is not the declared one.
        where: The rows that count.
        errors: How predicted and measured are compared.
        prepare: What makes columns of the table that the file does not hold as such.
        reference: Values to compare with, from the `reference_fit` of the card.
        limits: Whether a parameter that the data bound on one side only is taken, not refused.
    """

    law: str
    unknown: str
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    errors: str = "absolute"
    prepare: Callable[[Path], Columns] | None = None
    reference: Callable[[Mapping[str, Any]], Mapping[str, float]] | None = None
    limits: bool = False


def table_of(path: Path) -> dict[str, list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(path: Path, *names: str) -> list[np.ndarray]:
    table = table_of(path)
    return [np.array(table[name], dtype=float) for name in names]


def areas(path: Path) -> Columns:
    distance, velocity = numbers(path, "distance", "velocity")
    return {"a": distance**2 * np.abs(velocity)}


def mortality(path: Path) -> Columns:
    table = table_of(path)
    age, probability = numbers(path, "age", "prob")
    chosen = (np.array(table["sex"]) == "Male") & (age >= 30) & (age <= 95)
    return {"age": age[chosen], "mu": -np.log1p(-probability[chosen])}


def words(path: Path) -> Columns:
    counts = [float(line.rsplit(maxsplit=1)[1]) for line in path.read_text("utf-8").splitlines()]
    rank = np.unique(np.logspace(0, np.log10(len(counts)), 200).astype(int))
    return {"rank": rank.astype(float), "n": np.array(counts)[rank - 1]}


def outbreak(path: Path) -> Columns:
    (ill,) = numbers(path, "in_bed")
    return {"t": np.arange(float(len(ill))), "I": ill}


def pelts(path: Path) -> Columns:
    year, hare, lynx = numbers(path, "Year", "Hare", "Lynx")
    return {"t": year, "H": hare / 1000, "L": lynx / 1000}


def mean_of(name: str) -> Callable[[Mapping[str, Any]], Mapping[str, float]]:
    return lambda found: {name: found["mean"]}


def trunk(tree: int) -> Card:
    return Card("trunk", "Asym xmid scal", {"girth": "circumference"}, where={"Tree": tree})


def tablet(subject: int) -> Card:
    columns = {"t": "Time", "dose": "Dose"}
    return Card("tablet", "lKe lKa lCl", columns, where={"Subject": subject})


def adoption(crop: str) -> Card:
    return Card("adoption", "K t0 s", {"share": "percent"}, where={"crop": crop})


FEWER = "the reference fit is on {} rows, the file holds {}"
CARDS: Mapping[str, Card] = {
    "mercury_vapour": Card(
        "vapour",
        "A L_over_R",
        {"T": "temperature", "p": "pressure"},
        {"temperature": "degC"},
        errors="log",
    ),
    "newton_cooling": Card("cooling", "Tenv T0 k", {"t": "time", "T": "temp"}),
    "gravity_const": Card("gravity", "g0", reference=mean_of("g0")),
    "speed_of_light": Card("light", "c0", {"v": "Speed"}, reference=mean_of("c0")),
    "stopping_distance": Card("stopping", "tr inv2a", {"v": "speed", "s": "dist"}),
    "heat_loss_house": Card(
        "heat-loss", "k Tin", {"T": "Temp", "gas": "Gas"}, where={"Insul": "Before"}
    ),
    "binary_star_area_law": Card("areas", "h", prepare=areas, reference=mean_of("h")),
    "pysr_hubble": Card("hubble", "H0"),
    "langmuir_n2": Card("isotherm", "qmax b"),
    "beer_lambert": Card("absorbance", "eps off"),
    "michaelis_menten_treated": Card("enzyme", "Vm K", where={"state": "treated"}),
    "dnase_elisa_run1": Card("assay", "Asym xmid scal", where={"Run": 1}),
    "orange_tree1": trunk(1),
    "orange_tree2": trunk(2),
    "orange_tree3": trunk(3),
    "loblolly_301": Card("pine", "Asym R0 lrc", where={"Seed": 301}),
    "chick1": Card("chick", "Asym xmid scal", {"t": "Time"}, where={"Chick": 1}, limits=True),
    "calcium_uptake": Card("uptake", "b0 b1", {"t": "time"}),
    "kleiber": Card("metabolism", "a b", {"m": "BodySize", "rate": "Mrate"}, errors="log"),
    "tree_volume": Card(
        "timber",
        "k a b",
        {"girth": "Girth", "height": "Height", "volume": "Volume"},
        errors="log",
    ),
    "theoph_1": tablet(1),
    "theoph_2": tablet(2),
    "theoph_5": tablet(5),
    "indometh_1": Card(
        "two-phases", "A1 lrc1 A2 lrc2", {"t": "time"}, where={"Subject": 1}, limits=True
    ),
    "weight_loss": Card("slimming", "b0 b1 th", {"t": "Days", "weight": "Weight"}),
    "gompertz_Male": Card("mortality", "A B C", prepare=mortality, errors="log"),
    "gravity_migration": Card(
        "migration",
        "k a b g",
        {"m": "migrants", "po": "pops66", "pd": "popd66", "d": "distance"},
        errors="log",
    ),
    "zipf_en": Card("words", "logC q s", prepare=words, errors="log"),
    "zipf_de": Card("words", "logC q s", prepare=words, errors="log"),
    "diffusion_Bt_corn": adoption("Bt corn"),
    "diffusion_HT_corn": adoption("HT corn"),
    "diffusion_HT_soybeans": adoption("HT soybeans"),
    "engel": Card("food", "a b", {"food": "foodexp"}),
    "sir_boarding_school": Card("outbreak", "b g", prepare=outbreak),
    "lotka_volterra_pelts": Card("hare-and-lynx", "a b c d H0 L0", prepare=pelts),
}


@dataclass(frozen=True)
class Outcome:
    """What a card came to.

    Attributes:
        estimate: None where it was refused.
        apart: Largest relative difference of a parameter from the reference fit.
        ratio: Sum of squares over that of the reference fit.
        seconds: Of the fit.
        said: The refusal, or why the reference cannot be reached.
    """

    name: str
    estimate: Estimate | None
    apart: float
    ratio: float
    seconds: float
    said: str = ""


def laws(name: str) -> dict[str, Law]:
    path = LAWS / f"{name}.law"
    base = demand(check_text(path.name, path.read_text(encoding="utf-8")))
    return {law.name: law for law in base.laws.values() if law.identity.startswith(f"{name}.")}


def fit_card(name: str, card: Card, told: Mapping[str, Any], law: Law) -> Outcome:
    path = MEASURED / told["file"]
    observations = card.prepare(path) if card.prepare else path
    begin = time.perf_counter()
    try:
        estimate = fit(
            law,
            observations,
            card.unknown,
            columns=card.columns,
            units=card.units,
            where=card.where,
            errors=card.errors,
            limits=card.limits,
        )
    except LawcError as refusal:
        seconds = time.perf_counter() - begin
        return Outcome(name, None, math.nan, math.nan, seconds, str(refusal))
    seconds = time.perf_counter() - begin
    reference = told.get("reference_fit", {})
    wanted = card.reference(reference) if card.reference else reference.get("params", {})
    apart = max((abs(estimate[n] / v - 1) for n, v in wanted.items()), default=math.nan)
    rss = reference.get("rss")
    if rss is None and "sd" in reference:
        rss = reference["sd"] ** 2 * (reference["n"] - 1)
    said = "; ".join(f"no limit {side} {n}" for n, side in estimate.open_ends.items())
    if reference.get("n") not in (None, estimate.n):
        said = FEWER.format(reference["n"], estimate.n)
    return Outcome(name, estimate, apart, estimate.rss / rss if rss else math.nan, seconds, said)


def cards() -> dict[str, Mapping[str, Any]]:
    listed = json.loads((MEASURED / "laws.json").read_text(encoding="utf-8"))
    return {card["id"]: card for card in listed}


def outcomes(only: str | None = None) -> Iterator[Outcome]:
    known, told = laws("measured"), cards()
    for name, card in CARDS.items():
        if only in (None, name):
            yield fit_card(name, card, told[name], known[card.law])


@dataclass(frozen=True)
class Certified:
    """A set of NIST: starts, certified values and deviations, sum of squares, rows."""

    starts: tuple[Mapping[str, float], Mapping[str, float]]
    values: Mapping[str, float]
    deviations: Mapping[str, float]
    rss: float
    columns: Columns


_LINE = re.compile(r"\s*(b\d+)\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)")


def certified(path: Path) -> Certified:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = {m[1]: [float(v) for v in m.groups()[1:]] for m in map(_LINE.match, lines) if m}
    rss = re.search(r"Residual Sum of Squares:\s*(\S+)", text)
    assert rss is not None
    last = max(k for k, line in enumerate(lines) if line.startswith("Data:"))
    rows = np.array(
        [[float(v) for v in line.split()] for line in lines[last + 1 :] if line.split()]
    )
    parts = [{name: values[k] for name, values in found.items()} for k in range(4)]
    return Certified(
        (parts[0], parts[1]),
        parts[2],
        parts[3],
        float(rss[1]),
        {"y": rows[:, 0], "x": rows[:, 1]},
    )


def digits(found: float, wanted: float) -> float:
    """Return the number of equal digits, at most those that are certified; none of no number."""
    off = abs(found - wanted) / abs(wanted)
    return min(11.0, -math.log10(max(off, 1e-16))) if math.isfinite(off) else 0.0


def nist_law(known: Mapping[str, Law], name: str) -> Law:
    # Two of the sets share one law.
    return known["chwirut" if name.startswith("Chwirut") else name.lower()]


def fit_certified(law: Law, wanted: Certified, start: int | None) -> tuple[Estimate, float]:
    """Fit from one certified start alone, or from starts of our own where None."""
    begin = time.perf_counter()
    stated = None if start is None else wanted.starts[start]
    estimate = fit(
        law,
        wanted.columns,
        tuple(wanted.values),
        start=stated,
        starts=None if start is None else 1,
    )
    return estimate, time.perf_counter() - begin


def agreement(estimate: Estimate, wanted: Certified) -> tuple[float, float, float]:
    """Return equal digits of parameters, of deviations and of the sum of squares."""
    values = min(digits(estimate[n], v) for n, v in wanted.values.items())
    spread = min(digits(estimate.standard_errors[n], v) for n, v in wanted.deviations.items())
    return values, spread, digits(estimate.rss, wanted.rss)


def print_cards(only: str | None) -> None:
    print("| card | values | parameters off by | rss / reference | seconds | |")
    print("|---|---:|---:|---:|---:|---|")
    held = compared = 0
    for outcome in outcomes(only):
        n = outcome.estimate.n if outcome.estimate else 0
        fewer = outcome.said.startswith("the reference")
        # A refusal is a card that was not held.
        if outcome.estimate is None or (math.isfinite(outcome.apart) and not fewer):
            compared += 1
            held += outcome.apart <= 1e-4 and not outcome.ratio > 1.001
        apart = f"{outcome.apart:.1e}" if math.isfinite(outcome.apart) else "–"
        ratio = f"{outcome.ratio:.7f}" if math.isfinite(outcome.ratio) else "–"
        figures = f"{n} | {apart} | {ratio} | {outcome.seconds:.2f}"
        print(f"| {outcome.name} | {figures} | {outcome.said} |", flush=True)
    print(f"\n{held} of {compared} cards with a reference fit on the same rows hold both limits.\n")


def print_certified(only: str | None) -> None:
    known = laws("nist")
    print("| set | start | parameters | deviations | rss | seconds |")
    print("|---|---|---:|---:|---:|---:|")
    held = made = 0
    for path in sorted((MEASURED / "nist_strd").glob("*.dat")):
        if only not in (None, path.stem):
            continue
        wanted = certified(path)
        for start in (0, 1, None):
            shown = "ours" if start is None else f"{start + 1}"
            made += 1
            try:
                estimate, seconds = fit_certified(nist_law(known, path.stem), wanted, start)
            except LawcError as refusal:
                print(f"| {path.stem} | {shown} | – | – | – | {refusal} |", flush=True)
                continue
            found = agreement(estimate, wanted)
            held += min(found) >= 6
            told = " | ".join(f"{number:.1f}" for number in found)
            print(f"| {path.stem} | {shown} | {told} | {seconds:.2f} |", flush=True)
    print(f"\n{held} of {made} fits agree to six certified digits or more.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="a card, or a set of NIST")
    only = parser.parse_args().name
    if only is None or only in CARDS:
        print_cards(only)
    if only is None or only not in CARDS:
        print_certified(only)


if __name__ == "__main__":
    main()
