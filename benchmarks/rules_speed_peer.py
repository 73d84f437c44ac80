"""One engine for rules, in the environment that rules_speed.py made; answers one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

STAGES = ("G1", "G2", "G3a", "G3b", "G4", "G5")
CELLS = (">= 90", "[60..90)", "[45..60)", "[30..45)", "[15..30)", "< 15")
RATIOS = ("< 30", "[30..300]", "> 300")
LEVELS = ("012", "012", "123", "233", "333", "333")


def openfisca(columns: dict[str, np.ndarray]) -> tuple[Callable[[], Any], int]:
    """The tax, as five formulas over persons."""
    core = "openfisca_core"
    year = import_module(f"{core}.periods").DateUnit.YEAR
    build_entity = import_module(f"{core}.entities").build_entity
    builder = import_module(f"{core}.simulations").SimulationBuilder
    system_of = import_module(f"{core}.taxbenefitsystems").TaxBenefitSystem
    scale_of = import_module(f"{core}.taxscales").MarginalRateTaxScale
    base_of_variables = import_module(f"{core}.variables").Variable

    rates = (0.1, 0.12, 0.22, 0.24, 0.32, 0.35, 0.37)
    scales = []
    for ends in (
        (0, 11600, 47150, 100525, 191950, 243725, 609350),
        (0, 23200, 94300, 201050, 383900, 487450, 731200),
    ):
        scale = scale_of()
        for end, rate in zip(ends, rates, strict=True):
            scale.add_bracket(end, rate)
        scales.append(scale)
    person = build_entity(key="person", plural="persons", label="person", is_person=True)
    system = system_of([person])

    def variable(name: str, formula: Callable[..., Any] | None = None) -> None:
        parts: dict[str, Any] = {
            "value_type": float,
            "entity": person,
            "definition_period": year,
            "label": name,
        }
        if formula is not None:
            parts["formula"] = formula
        system.add_variable(type(name, (base_of_variables,), parts))

    def deduction(p: Any, period: Any) -> Any:
        plain = np.where(p("status", period) == 1, 29200, 14600)
        plain = plain + 1950 * (p("age", period) >= 65)
        limited = np.minimum(np.maximum(1300, p("income", period) + 450), 14600)
        return np.where(p("dependent", period) > 0, limited, plain)

    def taxable(p: Any, period: Any) -> Any:
        return np.maximum(0, p("income", period) - p("deduction", period))

    def tax(p: Any, period: Any) -> Any:
        base = p("taxable", period)
        single, joint = (scale.calc(base) for scale in scales)
        return np.round(np.where(p("status", period) == 1, joint, single), 2)

    def credit(p: Any, period: Any) -> Any:
        limit = np.where(p("status", period) == 1, 400_000, 200_000)
        lost = 50 * np.ceil(np.maximum(0, p("income", period) - limit) / 1000)
        return np.maximum(0, 2000 * p("children", period) - lost)

    def due(p: Any, period: Any) -> Any:
        return np.round(np.maximum(0, p("tax", period) - p("credit", period)))

    for name in columns:
        variable(name)
    for formula in (deduction, taxable, tax, credit, due):
        variable(formula.__name__, formula)
    count = len(columns["income"])

    def run() -> np.ndarray:
        simulation = builder().build_default_simulation(system, count=count)
        for name, column in columns.items():
            simulation.set_input(name, "2024", column.astype(np.float32))
        return simulation.calculate("due", "2024")

    return run, count


def zen(columns: dict[str, np.ndarray]) -> tuple[Callable[[], Any], int]:
    """The table of 18 cells, a row at a time."""
    engine = import_module("zen")
    rules = [
        {"_id": f"{s}{a}", "i1": CELLS[s], "i2": RATIOS[a], "o1": level}
        for s, line in enumerate(LEVELS)
        for a, level in enumerate(line)
    ]
    field = {"type": "expression"}
    content = {
        "hitPolicy": "first",
        "rules": rules,
        "inputs": [
            {"id": "i1", "name": "eGFR", "field": "eGFR", **field},
            {"id": "i2", "name": "ACR", "field": "ACR", **field},
        ],
        "outputs": [{"id": "o1", "name": "risk", "field": "risk", **field}],
    }
    place = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "position": place},
        {
            "id": "t",
            "name": "t",
            "type": "decisionTableNode",
            "content": content,
            "position": place,
        },
        {"id": "out", "name": "out", "type": "outputNode", "position": place},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "t"},
        {"id": "b", "type": "edge", "sourceId": "t", "targetId": "out"},
    ]
    made = engine.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    count = 2000
    cases = _cases(columns, count)

    def run() -> np.ndarray:
        return np.array([float(made.evaluate(case)["result"]["risk"]) for case in cases])

    return run, count


def pydmnrules(columns: dict[str, np.ndarray]) -> tuple[Callable[[], Any], int]:
    """The table of 18 cells, as DMN, a row at a time."""
    ends = {"<": "&lt;", ">": "&gt;"}

    def entry(text: str) -> str:
        return "".join(ends.get(letter, letter) for letter in text)

    rules = "".join(
        f'<rule id="r{s}{a}"><inputEntry id="a{s}{a}"><text>{entry(CELLS[s])}</text></inputEntry>'
        f'<inputEntry id="b{s}{a}"><text>{entry(RATIOS[a])}</text></inputEntry>'
        f'<outputEntry id="o{s}{a}"><text>{level}</text></outputEntry></rule>'
        for s, line in enumerate(LEVELS)
        for a, level in enumerate(line)
    )
    inputs = "".join(
        f'<input id="in{name}" label="{name}"><inputExpression id="e{name}" typeRef="number">'
        f"<text>{name}</text></inputExpression></input>"
        for name in ("eGFR", "ACR")
    )
    data = "".join(
        f'<inputData id="d{name}" name="{name}"><variable id="v{name}" name="{name}" '
        f'typeRef="number"/></inputData>'
        for name in ("eGFR", "ACR")
    )
    needs = "".join(
        f'<informationRequirement id="n{name}"><requiredInput href="#d{name}"/>'
        "</informationRequirement>"
        for name in ("eGFR", "ACR")
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="ckd" name="ckd" '
        f'namespace="ckd">{data}<decision id="risk" name="risk"><variable id="vr" name="risk" '
        f'typeRef="number"/>{needs}<decisionTable id="dt" hitPolicy="UNIQUE">{inputs}'
        f'<output id="or" name="risk" typeRef="number"/>{rules}</decisionTable></decision>'
        "</definitions>"
    )
    rules_of = import_module("pyDMNrules").DMN()
    status = rules_of.useXML(text)
    if status.get("errors"):
        raise RuntimeError(str(status["errors"])[:200])
    count = 40
    cases = _cases(columns, count)

    def run() -> np.ndarray:
        found = []
        for case in cases:
            status, answer = rules_of.decide(case)
            answer = answer[-1] if isinstance(answer, list) else answer
            if status.get("errors"):
                raise RuntimeError(str(status["errors"])[:200])
            found.append(float(answer["Result"]["risk.risk"]))
        return np.array(found)

    return run, count


def _cases(columns: dict[str, np.ndarray], count: int) -> list[dict[str, float]]:
    names = ("eGFR", "ACR")
    return [{name: float(columns[name][row]) for name in names} for row in range(count)]


ENGINES = {"OpenFisca": openfisca, "zen": zen, "pyDMNrules": pydmnrules}


def main() -> None:
    name, given, answers = sys.argv[1:]
    with np.load(given) as kept:
        columns = {key: kept[key] for key in kept.files if not key.startswith("answer")}
    run, count = ENGINES[name](columns)
    found = run()
    seconds = []
    for _ in range(5):
        start = time.process_time()
        found = run()
        seconds.append(time.process_time() - start)
    np.save(answers, np.asarray(found, float))
    print("\n" + json.dumps({"seconds": sorted(seconds)[2], "rows": count}))


if __name__ == "__main__":
    main()
