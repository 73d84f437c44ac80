"""Import the semantic test cases of SBML, run the laws, and count what agrees, by tag.

    python benchmarks/sbml_suite.py [--seconds S] [CASE…]

A case passes where every value of every variable is within the tolerances that the case states.
`refused` are those that the importer or the compiler refuses, with a sentence; `no answer` those
whose numbers did not come within S seconds (60), or ended with a message. `WRONG` must be zero.
"""

from __future__ import annotations

import argparse
import csv
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from lawc.diagnostics.diagnostic import LawcError
from lawc.importers.sbml.meaning import understand
from lawc.importers.sbml.model import Model, read_sbml
from lawc.importers.sbml.writing import import_sbml, names_of_symbols
from lawc.knowledge.law import Law
from lawc.lowering.program import compile_law
from lawc.pipeline.checking import check_text, demand

MATERIAL = Path(__file__).parents[2] / "shared" / "material" / "sbml"
Array = NDArray[np.float64]


class TooLongError(LawcError):
    """The time for one case is over."""


def law_of(name: str, model: Model) -> Law:
    """Return the law of a model, checked.

    Raises:
        LawcError: The importer refuses the model, or the checker its law.
    """
    base = check_text("model.law", import_sbml(name, model).text)
    demand(base)
    return next(law for law in base.laws.values() if law.place and law.place.path == "model.law")


def trajectories(law: Law, model: Model, times: Array, wanted: list[str]) -> dict[str, Array]:
    """Return symbols of a model at times, each as what it means in formulas.

    Raises:
        LawcError: The law does not determine them, or the solver ends without an answer.
    """
    names, system = names_of_symbols(model), understand(model)
    known = {key: value for key, value in system.constants.items() if value}
    asked = [key for key in wanted if key in names and names[key] in law.quantities]
    constant = [key for key in wanted if key not in asked and key in known]
    lacking = [key for key in wanted if key not in asked and key not in constant]
    if lacking:
        raise LawcError(f"the law has no {', '.join(lacking)}")
    found = {key: np.full(len(times), float(known[key])) for key in constant}
    runs = [key for key in asked if law.quantities[names[key]].depends]
    still = {key: names[key] for key in asked if key not in runs}
    for key in still:
        if key in known:
            found[key] = np.full(len(times), float(known[key]))
        else:
            answer = compile_law(law, f"-> {names[key]}").reference({})
            found[key] = np.full(len(times), float(answer[names[key]][0]))
    if runs:
        outputs = " ".join(dict.fromkeys(names[key] for key in runs))
        time_ = next(name for name in law.quantities if name.startswith("time"))
        rows = compile_law(law, f"{time_} -> {outputs}").reference({time_: times})
        found |= {key: rows[names[key]] for key in runs}
    return found


def settings_of(folder: Path) -> dict[str, str]:
    """Return the settings of a case."""
    text = next(folder.glob("*-settings.txt")).read_text(encoding="utf-8")
    pairs = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def listed(text: str) -> list[str]:
    """Return the ids of a list in a setting."""
    return [word.strip() for word in text.split(",") if word.strip()]


def run(folder: Path) -> tuple[str, str]:
    """Return the verdict on a case and what is behind it."""
    settings = settings_of(folder)
    with next(folder.glob("*-results.csv")).open(encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row]
    wanted, table = [word.strip() for word in rows[0][1:]], np.array(rows[1:], dtype=float)
    try:
        model = read_sbml(next(folder.glob("*.xml")).read_bytes())
        law, system = law_of(folder.name, model), understand(model)
        ids = model.species.keys()
        turned = {
            *(set(listed(settings["amount"])) - system.substance),
            *(set(listed(settings["concentration"])) & system.substance),
        }
        sized = {s: model.species[s].compartment for s in wanted if s in turned & ids}
        found = trajectories(law, model, table[:, 0], [*wanted, *dict.fromkeys(sized.values())])
    except TooLongError as problem:
        return "no answer", str(problem)
    except LawcError as problem:
        answered = "no single value" in str(problem) or "solver" in str(problem)
        return "no answer" if answered else "refused", str(problem).strip().splitlines()[0]
    worst, where = 0.0, ""
    absolute, relative = float(settings["absolute"]), float(settings["relative"])
    for number, key in enumerate(wanted, 1):
        values: Any = found[key]
        if key in sized:
            size = found[sized[key]]
            values = values / size if key in system.substance else values * size
        off = np.abs(values - table[:, number]) / (absolute + relative * np.abs(table[:, number]))
        # What is no number stays the worst.
        if not (off.max() <= worst or np.isnan(worst)):
            worst, where = float(off.max()), key
    return ("passed" if worst <= 1 else "WRONG"), f"{worst:.2g} of the tolerance at {where}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("cases", nargs="*")
    given = parser.parse_args()
    with (MATERIAL / "cases.csv").open(encoding="utf-8") as stream:
        cases = {row["case"]: row for row in csv.DictReader(stream)}

    def ring(number: int, frame: object) -> None:
        raise TooLongError(f"not within {given.seconds} s")

    signal.signal(signal.SIGALRM, ring)
    verdicts: Counter[str] = Counter()
    tags: dict[str, Counter[str]] = defaultdict(Counter)
    for case in given.cases or cases:
        start = time.perf_counter()
        signal.alarm(given.seconds)
        try:
            verdict, why = run(MATERIAL / "cases" / case)
        except TooLongError as problem:
            verdict, why = "no answer", str(problem)
        finally:
            signal.alarm(0)
        took = time.perf_counter() - start
        print(f"{case}  {verdict:<9}  {took:5.1f} s  {why[:150]}", flush=True)
        verdicts[verdict] += 1
        row = cases[case]
        for tag in {*row["component_tags"].split(), *row["test_tags"].split()}:
            tags[tag][verdict] += 1
    words = ("passed", "refused", "no answer", "WRONG")
    print(f"\n{'tag':<32}" + "".join(f"{word:>10}" for word in words))
    for tag in sorted(tags, key=lambda tag: -sum(tags[tag].values())):
        print(f"{tag:<32}" + "".join(f"{tags[tag][word]:>10}" for word in words))
    total = sum(verdicts.values())
    print(f"{'all ' + str(total):<32}" + "".join(f"{verdicts[word]:>10}" for word in words))
    return verdicts["WRONG"] > 0


if __name__ == "__main__":
    sys.exit(main())
