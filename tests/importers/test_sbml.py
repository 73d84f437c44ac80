"""A model in SBML becomes a law that gives the same numbers; what no law can say is refused."""

from __future__ import annotations

import csv
import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported_texts import laws_of
from sbml_texts import (
    apply,
    ci,
    cn,
    compartment,
    csymbol,
    each,
    math,
    parameter,
    reaction,
    sbml,
    species,
)
from scipy.integrate import solve_ivp

from lawc.importers.formats import import_file
from lawc.importers.imported import ImportRefusedError
from lawc.importers.sbml.model import read_sbml
from lawc.importers.sbml.writing import names_of_symbols
from lawc.knowledge.law import Law
from lawc.lowering.program import compile_law


def law_of(data: bytes) -> Law:
    imported = import_file("m.xml", data)
    laws, findings = laws_of(imported.text)
    assert not [found for found in findings if found.is_error], imported.text
    return next(iter(laws.values()))


def values(data: bytes, symbol: str, times: list[float]) -> list[float]:
    law, name = law_of(data), names_of_symbols(read_sbml(data))[symbol]
    if not law.quantities[name].depends:
        return [compile_law(law, f"-> {name}").reference({})[name].item()] * len(times)
    answers = compile_law(law, f"time -> {name}").reference({"time": np.array(times)})
    return answers[name].tolist()


# --- networks, against rates of change that are written here

PLACES = {"V": 1.0, "W": 2.5, "G": 0.5}
GROWTH = {"V": 0.0, "W": 0.0, "G": 0.25}


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 4))
    kinds = [
        {
            "place": draw(st.sampled_from(sorted(PLACES))),
            "only": draw(st.booleans()),
            "boundary": draw(st.integers(0, 4)) == 0,
            "concentration": draw(st.booleans()),
            "start": draw(st.sampled_from([0.0, 0.5, 1.5])),
        }
        for _ in range(count)
    ]
    number = st.integers(0, count - 1)
    reactions = [
        {
            "uses": dict.fromkeys(draw(st.lists(number, max_size=2, unique=True)), 1)
            | ({draw(number): 2} if draw(st.booleans()) else {}),
            "makes": dict.fromkeys(draw(st.lists(number, max_size=2, unique=True)), 1),
            "k": draw(st.sampled_from([0.3, 1.0, 0.7])),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"kinds": kinds, "reactions": reactions}


def document(network: dict[str, Any]) -> bytes:
    parts = []
    for number, kind in enumerate(network["kinds"]):
        key = "initialConcentration" if kind["concentration"] else "initialAmount"
        flags = {"hasOnlySubstanceUnits": kind["only"], "boundaryCondition": kind["boundary"]}
        parts.append(species(f"S{number}", kind["place"], **{key: kind["start"]}, **flags))
    reactions = []
    for number, turn in enumerate(network["reactions"]):
        rate = apply("times", cn(turn["k"]), *(ci(f"S{key}") for key in turn["uses"]))
        uses, makes = ({f"S{s}": n for s, n in turn[k].items()} for k in ("uses", "makes"))
        reactions.append(reaction(f"R{number}", uses, makes, rate))
    rule = f'<rateRule variable="G">{math(cn(GROWTH["G"]))}</rateRule>'
    return sbml(
        each("Compartments", *(compartment(p, size) for p, size in PLACES.items()))
        + each("Species", *parts)
        + each("Rules", rule)
        + each("Reactions", *reactions)
    )


def amounts(network: dict[str, Any], times: list[float]) -> np.ndarray:
    kinds = network["kinds"]

    def sizes(t: float) -> list[float]:
        return [PLACES[kind["place"]] + GROWTH[kind["place"]] * t for kind in kinds]

    def symbols(t: float, n: np.ndarray) -> list[float]:
        return [a if k["only"] else a / v for a, v, k in zip(n, sizes(t), kinds, strict=True)]

    def rates(t: float, n: np.ndarray) -> np.ndarray:
        changes, now = np.zeros(len(kinds)), symbols(t, n)
        for turn in network["reactions"]:
            rate = turn["k"] * np.prod([now[key] for key in turn["uses"]])
            for sign, side in ((-1, turn["uses"]), (1, turn["makes"])):
                for key, count in side.items():
                    changes[key] += 0 if kinds[key]["boundary"] else sign * count * rate
        return changes

    start = [
        kind["start"] * (v if kind["concentration"] else 1)
        for kind, v in zip(kinds, sizes(0), strict=True)
    ]
    run = solve_ivp(rates, (0, max(times)), start, "DOP853", times, rtol=1e-11, atol=1e-12)
    return np.array([symbols(t, n) for t, n in zip(times, run.y.T, strict=True)])


@settings(max_examples=15)
@given(networks())
def test_a_network_moves_as_its_reactions_say(network: dict[str, Any]) -> None:
    data, times = document(network), [0.0, 0.3, 0.8]
    law, names = law_of(data), names_of_symbols(read_sbml(data))
    wanted = amounts(network, times)
    for number in range(len(network["kinds"])):
        name = names.get(f"S{number}")
        if name is not None and law.quantities[name].depends:
            got = compile_law(law, f"time -> {name}").reference({"time": np.array(times)})[name]
            assert got == pytest.approx(wanted[:, number], rel=1e-8, abs=1e-9)
        else:
            assert np.ptp(wanted[:, number]) == 0


# --- what else a file may say

DECAY = reaction("R", {"S": 1}, {}, apply("times", ci("k"), ci("S")))


def test_a_function_a_start_by_formula_and_a_factor_are_taken() -> None:
    function = (
        '<functionDefinition id="twice">'
        + math(f"<lambda><bvar>{ci('x')}</bvar>{apply('plus', ci('x'), ci('x'))}</lambda>")
        + "</functionDefinition>"
    )
    called = math(f"<apply>{ci('twice')}{ci('k')}</apply>")
    start = f'<initialAssignment symbol="S">{called}</initialAssignment>'
    data = sbml(
        each("FunctionDefinitions", function)
        + each("Compartments", compartment())
        + each("Species", species("S", conversionFactor="f"))
        + each("Parameters", parameter("k", 0.5), parameter("f", 3))
        + each("InitialAssignments", start)
        + each("Reactions", DECAY)
    )
    assert values(data, "S", [0, 2]) == pytest.approx([1, np.exp(-3)], rel=1e-8)


def test_time_rates_of_change_and_stoichiometry_by_a_rule_are_taken() -> None:
    rate_of = f"<apply>{csymbol('rateOf')}{ci('p')}</apply>"
    turn = reaction("R", {}, {"S": 1}, cn(1)).replace(
        "<speciesReference", '<speciesReference id="n"'
    )
    data = sbml(
        each("Compartments", compartment())
        + each("Species", species("S", initialAmount=0))
        + each("Parameters", parameter("p", 0, constant=False), parameter("q", constant=False))
        + each(
            "Rules",
            f'<rateRule variable="p">{math(csymbol("time"))}</rateRule>',
            f'<assignmentRule variable="q">{math(rate_of)}</assignmentRule>',
            f'<assignmentRule variable="n">{math(apply("times", cn(2), csymbol("time")))}'
            "</assignmentRule>",
        )
        + each("Reactions", turn)
    )
    assert values(data, "p", [0, 3]) == pytest.approx([0, 4.5], rel=1e-8)
    assert values(data, "q", [0, 3]) == pytest.approx([0, 3], rel=1e-8)
    assert values(data, "S", [0, 3]) == pytest.approx([0, 9], rel=1e-8)


def test_a_parameter_of_a_reaction_hides_that_of_the_model() -> None:
    local = each("LocalParameters", '<localParameter id="k" value="2"/>')
    data = sbml(
        each("Compartments", compartment())
        + each("Species", species("S", initialAmount=1), species("T", initialAmount=1))
        + each("Parameters", parameter("k", 0.5))
        + each(
            "Reactions",
            DECAY,
            reaction("Q", {"T": 1}, {}, apply("times", ci("k"), ci("T")), local),
        )
    )
    assert values(data, "S", [1]) == pytest.approx([np.exp(-0.5)], rel=1e-8)
    assert values(data, "T", [1]) == pytest.approx([np.exp(-2)], rel=1e-8)


def measured(unit: str, of_parameter: str = "") -> bytes:
    units = each(
        "UnitDefinitions",
        '<unitDefinition id="substance"><listOfUnits><unit kind="mole" scale="-9"/></listOfUnits>'
        "</unitDefinition>",
        f'<unitDefinition id="u"><listOfUnits>{unit}</listOfUnits></unitDefinition>',
    )
    rate = apply(
        "divide", apply("times", ci("V"), ci("v"), ci("S")), apply("plus", ci("K"), ci("S"))
    )
    return sbml(
        units
        + each("Compartments", '<compartment id="V" size="2"/>')
        + each("Species", species("S", initialConcentration=3), species("P", initialAmount=0))
        + each("Parameters", parameter("v", 0.7), parameter("K", 5, units="u"))
        + each("Reactions", reaction("R", {"S": 1}, {"P": 1}, rate)),
        level=2,
    )


NANOMOLAR = '<unit kind="mole" scale="-9"/><unit kind="litre" exponent="-1"/>'
MICROMOLAR = '<unit kind="mole" scale="-6"/><unit kind="litre" exponent="-1"/>'


def test_units_that_fit_are_kept_and_those_that_are_not_said_follow() -> None:
    imported = import_file("m.xml", measured(NANOMOLAR))
    assert not imported.remarks
    law = law_of(measured(NANOMOLAR))
    units = {name: quantity.unit.text for name, quantity in law.quantities.items()}
    assert units["S"] == units["K"] == "nmol/L"
    assert (
        law.quantities["v"].dimension
        == law.quantities["K"].dimension / law.quantities["time"].dimension
    )
    assert len(law.reactions) == 1


def test_units_that_level_2_names_need_no_definition() -> None:
    named = measured(NANOMOLAR).replace(b'size="2"', b'size="2" units="volume"')
    named = named.replace(b'<parameter id="v"', b'<parameter id="v" units="rate"')
    rate = (
        b'<unitDefinition id="rate"><listOfUnits><unit kind="substance"/>'
        b'<unit kind="volume" exponent="-1"/><unit kind="time" exponent="-1"/></listOfUnits>'
        b"</unitDefinition></listOfUnitDefinitions>"
    )
    named = named.replace(b"</listOfUnitDefinitions>", rate)
    imported = import_file("m.xml", named)
    assert not imported.remarks
    assert law_of(named).quantities["S"].unit.text == "nmol/L"


def test_units_of_another_size_would_convert_numbers_and_are_left_out() -> None:
    imported = import_file("m.xml", measured(MICROMOLAR))
    assert "plain number" in str(imported.remarks[0])
    # The numbers are those of the file, which converts nothing.
    one, other = (values(measured(u), "S", [0, 2, 5]) for u in (NANOMOLAR, MICROMOLAR))
    assert one == pytest.approx(other, rel=1e-9)


ONE = each("Compartments", compartment()) + each("Species", species("S", initialAmount=1))
KNOWN = each("Parameters", parameter("k", 0.5))
RULE = '<assignmentRule variable="{}">' + math(ci("k")) + "</assignmentRule>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (sbml(ONE + "<listOfEvents><event/></listOfEvents>"), "events"),
        (sbml(ONE + each("Rules", f"<algebraicRule>{math(ci('S'))}</algebraicRule>")), "algebraic"),
        (sbml(ONE + KNOWN + each("Reactions", DECAY.replace("<reaction", '<reaction fast="true"'))),
         "fast reaction"),
        (sbml(ONE, outer='xmlns:c="http://www.sbml.org/comp" c:required="true"'), "package"),
        (sbml(ONE + each("Reactions", DECAY)), "'k', which has no value"),
        (sbml(ONE + KNOWN + each("Rules", RULE.format("S")) + each("Reactions", DECAY)),
         "by a rule and by reactions"),
        (sbml(ONE + KNOWN + each("Rules", RULE.format("X"))), "no symbol 'X'"),
        (sbml(ONE + KNOWN + each("Rules", RULE.format("k"), RULE.format("k"))), "two rules"),
        (sbml(each("Compartments", compartment()) + each("Species", species("S")) + KNOWN
              + each("Reactions", DECAY)), "does not say what S starts with"),
        (sbml(ONE + KNOWN + each("Reactions", DECAY.replace("<ci>k</ci>",
              f"<apply>{csymbol('delay')}<ci>S</ci><cn>1</cn></apply>"))), "'delay'"),
        (sbml(ONE + KNOWN + each("Reactions", DECAY.replace("<times/>", "<ci>f</ci>"))),
         "no function 'f'"),
        (sbml(ONE + KNOWN + each("Reactions", DECAY.replace("<times/>", "<rem/>"))), "no rem"),
        (b"<sbml xmlns='http://www.sbml.org/sbml/level1'/>", "level 2 or 3"),
        (b"<!DOCTYPE sbml><sbml xmlns='http://www.sbml.org/sbml/level2'/>", "document type"),
    ],
)  # fmt: skip
def test_what_no_law_can_say_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(ImportRefusedError, match=said):
        import_file("m.xml", data)


def test_functions_that_grow_without_end_are_refused() -> None:
    body = "".join(
        f'<functionDefinition id="f{n}">'
        + math(
            f"<lambda><bvar>{ci('x')}</bvar>"
            + apply("plus", *[f"<apply>{ci(f'f{n + 1}')}{ci('x')}</apply>"] * 4)
            + "</lambda>"
        )
        + "</functionDefinition>"
        for n in range(40)
    )
    again = body.replace("f40", "f0")
    call = DECAY.replace("<times/><ci>k</ci>", "<ci>f0</ci>")
    for functions in (body, again):
        data = sbml(each("FunctionDefinitions", functions) + ONE + each("Reactions", call))
        with pytest.raises(ImportRefusedError, match="too large"):
            import_file("m.xml", data)


@pytest.mark.parametrize("body", [apply("plus", ci("x"), ci("x")), apply("minus", ci("x"))])
def test_calls_that_nest_are_refused_before_they_are_written_out(body: str) -> None:
    for _ in range(30):
        body = apply("minus", body) if "minus" in body else body
    function = math(f"<lambda><bvar>{ci('x')}</bvar>{body}</lambda>")
    call = ci("k")
    for _ in range(25):
        call = f"<apply><ci>f</ci>{call}</apply>"
    data = sbml(
        each("FunctionDefinitions", f'<functionDefinition id="f">{function}</functionDefinition>')
        + ONE
        + KNOWN
        + each("Reactions", reaction("R", {"S": 1}, {}, call))
    )
    with pytest.raises(ImportRefusedError, match="too large"):
        import_file("m.xml", data)


def test_names_that_mean_something_in_the_language_are_spelled_otherwise() -> None:
    data = sbml(
        each("Compartments", compartment("at"))
        + each("Species", species("time", "at", initialAmount=2), species("if", "at",
                                                                          initialAmount=0))
        + each("Parameters", parameter("pi", 0.5))
        + each("Reactions", reaction("log", {"time": 1}, {"if": 1},
                                     apply("times", ci("pi"), ci("time"))))
    )  # fmt: skip
    law, names = law_of(data), names_of_symbols(read_sbml(data))
    clock = next(name for name, quantity in law.quantities.items() if quantity.words == "time")
    got = compile_law(law, f"{clock} -> {names['if']}").reference({clock: np.array([2.0])})
    assert got[names["if"]] == pytest.approx([2 * (1 - np.exp(-1))], rel=1e-8)


# --- published models

CASES = ("00105", "00114", "00324", "00491", "00862", "00903", "01460", "01555", "01654", "01821")


def test_published_models_move_as_their_references(material: Path) -> None:
    folder = material / "material" / "models" / "biomodels"
    for number in ("12", "16"):
        file = folder / f"BIOMD00000000{number}.xml"
        reference = folder / "reference_trajectories" / f"{file.stem}.csv"
        with reference.open(encoding="utf-8") as stream:
            head, *rows = csv.reader(stream)
        table = np.array(rows[::50], dtype=float)
        law, names = law_of(file.read_bytes()), names_of_symbols(read_sbml(file.read_bytes()))
        assert any(quantity.unit.text for quantity in law.quantities.values())
        ids = [name.strip("[]") for name in head[1:]]
        outputs = " ".join(names[id] for id in ids)
        rows_ = compile_law(law, f"time -> {outputs}").reference({"time": table[:, 0]})
        for column, id in enumerate(ids, 1):
            scale = np.abs(table[:, column]).max()
            assert np.abs(rows_[names[id]] - table[:, column]).max() <= 1e-6 * scale


@cache
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "sbml_suite.py"
    spec = importlib.util.spec_from_file_location("sbml_suite", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES)
def test_cases_of_the_suite_pass(material: Path, case: str) -> None:
    verdict, why = benchmark().run(material / "material" / "sbml" / "cases" / case)
    assert verdict == "passed", why
