"""A CellML model becomes a law that gives the same numbers, and its unit issues are found."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import random
import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest
from cellml_texts import MATHML, apply, ci, cn, component, model, raw_value, variable
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from imported_texts import laws_of
from scipy.integrate import solve_ivp

from lawc.analysis.numbers import evaluate
from lawc.importers.cellml.checking import check_units
from lawc.importers.cellml.model import read_model
from lawc.importers.cellml.roles import find_roles
from lawc.importers.cellml.spelling import spell
from lawc.importers.cellml.units import STANDARD, Factor, measure, size_of, without_size
from lawc.importers.formats import import_file
from lawc.importers.imported import ImportRefusedError
from lawc.lowering.program import compile_law
from lawc.units.dimension import NONE
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

MODELS = (
    "hodgkin_huxley_squid_axon_model_1952",
    "noble_model_1962",
    "garny_kohl_hunter_boyett_noble_rabbit_san_model_2003",
    "fabbri_fantini_wilders_severi_human_san_model_2017",
    "cellml_unit_scaling_constant",
)

# --- formulas

LEAVES = st.one_of(
    st.sampled_from([ci("x"), ci("y"), "<pi/>"]),
    st.sampled_from(["2", "0.5", "-3", "1.25e-1"]).map(cn),
    st.just('<cn type="e-notation" cellml:units="dimensionless">1.5<sep/>-1</cn>'),
)


PAIRS = ("plus", "minus", "times", "divide", "min", "max")
SINGLES = (
    "minus", "exp", "abs", "sin", "cos", "tanh", "sec", "coth", "arcsinh", "arctan", "arccot",
)  # fmt: skip


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    """Draw a formula of x and y in MathML."""
    kind = draw(st.integers(0, 9)) if depth else 0
    if kind < 2:
        return draw(LEAVES)
    inner = formulas(depth - 1)
    if kind == 2:
        return apply(draw(st.sampled_from(PAIRS)), draw(inner), draw(inner))
    if kind == 3:
        return apply(draw(st.sampled_from(SINGLES)), draw(inner))
    if kind == 4:
        return apply("plus", draw(inner), draw(inner), draw(inner))
    if kind == 5:
        return apply("power", draw(inner), cn("2"))
    if kind == 6:
        return apply("root", f"<degree>{cn('3')}</degree>", apply("abs", draw(inner)))
    if kind == 7:
        return apply("log", f"<logbase>{cn('2')}</logbase>", apply("exp", draw(inner)))
    condition = draw(conditions(depth - 1))
    if kind == 8:
        # A condition as a number.
        return apply("times", condition, draw(inner))
    piece = f"<piece>{draw(inner)}{condition}</piece>"
    return f"<piecewise>{piece}<otherwise>{draw(inner)}</otherwise></piecewise>"


@st.composite
def conditions(draw: st.DrawFn, depth: int) -> str:
    """Draw a condition; now and then it is a number."""
    kind = draw(st.integers(0, 4)) if depth else 0
    if kind < 2:
        relation = draw(st.sampled_from(["lt", "leq", "gt", "geq"]))
        return apply(relation, draw(formulas(depth)), draw(formulas(depth)))
    if kind == 2:
        return apply("not", draw(conditions(depth - 1)))
    if kind == 3:
        return draw(formulas(depth))
    logic = draw(st.sampled_from(["and", "or", "xor"]))
    return apply(logic, draw(conditions(depth - 1)), draw(conditions(depth - 1)))


@given(formulas(), st.floats(0.3, 2), st.floats(0.3, 2))
@settings(max_examples=150)
def test_a_formula_keeps_its_value(formula: str, x: float, y: float) -> None:
    data = model(
        component(
            variable("x", initial="1") + variable("y", initial="1") + variable("z"),
            apply("eq", ci("z"), formula),
        )
    )
    markup = ElementTree.fromstring(data)
    element = markup.find(f".//{{{MATHML}}}math")
    assert element is not None
    values = {"x": x, "y": y}
    try:
        expected = float(raw_value(element[0][2], values))
    except (ArithmeticError, ValueError):
        return
    assume(math.isfinite(expected))
    text = import_file("m.cellml", data).text
    # Without its defaults, the domain of a law is no matter.
    laws, findings = laws_of(re.sub(r"  = 1$", "", text, flags=re.MULTILINE))
    wrong = [found.headline for found in findings if found.code[:3] in ("L01", "L02")]
    assert [line for line in wrong if "never used" not in line and "exponent" not in line] == []
    if laws:
        (law,) = laws.values()
        value = evaluate(law.equations[0].right, values)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


# --- units

PREFIX = st.integers(-3, 3).map(lambda third: 3 * third)
FACTORS = st.lists(
    st.builds(
        Factor,
        st.sampled_from(sorted(set(STANDARD) - {"celsius", "radian", "steradian"})),
        PREFIX,
        st.sampled_from([Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-3)]),
        st.sampled_from([Fraction(1), Fraction(60), Fraction("0.0254"), Fraction(1, 1000)]),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(FACTORS, FACTORS)
def test_units_are_spelled_with_the_same_size_and_dimension(
    inner: tuple[Factor, ...], outer: tuple[Factor, ...]
) -> None:
    definitions = {"inner": inner, "outer": (*outer, Factor("inner", 3, Fraction(-1)))}
    wanted = measure("outer", definitions)
    try:
        text = spell("outer", definitions)
    except ImportRefusedError:
        # Our units have bounds that a chain of definitions may pass.
        return
    unit = parse_unit(text)
    assert isinstance(unit, Unit)
    assert unit.factor == pytest.approx(size_of(wanted), rel=1e-9)
    # Cycles and angles are kinds that CellML does not know.
    kept = {b: p for b, p in unit.dimension.exponents if b not in ("angle", "cycle", "count")}
    assert kept == dict(without_size(wanted).exponents)


@given(st.sampled_from(sorted(STANDARD)), st.integers(-12, 12), st.integers(1, 3))
def test_a_size_is_part_of_what_is_measured(name: str, prefix: int, power: int) -> None:
    definitions = {"u": (Factor(name, prefix, Fraction(power)),)}
    ratio = measure("u", definitions) / measure(name, {}) ** power
    assert size_of(ratio) == pytest.approx(10.0 ** (prefix * power))
    assert (ratio == NONE) == (prefix == 0)


def test_units_of_a_model_alone_are_a_base_of_their_own() -> None:
    frog = '<units name="frog"/><units name="pond"><unit units="frog" exponent="3"/></units>'
    variables = variable("a", "frog", "1") + variable("b", "pond") + variable("c", "frog")
    cube = apply("eq", ci("b"), apply("power", ci("a"), cn("3")))
    wrong = apply("eq", ci("c"), apply("power", ci("a"), cn("2")))
    data = model(frog + component(variables, cube + wrong))
    verdicts = [check.fits for check in check_units(read_model(data))]
    assert verdicts == [True, False]
    imported = import_file("m.cellml", data)
    assert imported.text == ""
    assert any("'frog'" in remark.sentence for remark in imported.remarks)


@pytest.mark.parametrize(
    "units",
    [
        '<units name="a"><unit units="b"/></units><units name="b"><unit units="a"/></units>',
        '<units name="a"><unit units="nothing"/></units>',
        '<units name="a"><unit units="metre" exponent="1e9"/></units>',
        '<units name="a"><unit units="metre" exponent="1e999"/></units>',
        '<units name="a"><unit units="metre" prefix="bad"/></units>',
        '<units name="a"><unit units="metre" multiplier="-1"/></units>',
        '<units name="a"><unit units="kelvin" offset="273.15"/></units>',
        "".join(
            f'<units name="a{i or ""}"><unit units="a{i + 1}" exponent="9"/></units>'
            for i in range(40)
        ),
    ],
)
def test_units_that_make_no_sense_leave_out_what_rests_on_them(units: str) -> None:
    good = apply("eq", ci("z"), apply("times", cn("2"), ci("y")))
    bad = apply("eq", ci("w"), apply("plus", ci("w"), cn("1", "a")))
    variables = variable("y", "metre", "1") + variable("z", "metre") + variable("w", "a")
    imported = import_file("m.cellml", model(units + component(variables, good + bad)))
    assert any(remark.is_error for remark in imported.remarks)
    laws, _ = laws_of(imported.text)
    assert [equation.label for equation in laws["m"].equations] == ["z"]


# --- models


def connected() -> bytes:
    """Return a model with a state in two components, seen in other units there."""
    units = (
        '<units name="ms"><unit prefix="milli" units="second"/></units>'
        '<units name="mV"><unit prefix="milli" units="volt"/></units>'
        '<units name="V_per_s"><unit units="volt"/><unit units="second" exponent="-1"/></units>'
    )
    rate = apply("diff", f"<bvar>{ci('t')}</bvar>", ci("V"))
    one = component(
        variable("t", "second") + variable("V", "volt", "2"),
        apply("eq", rate, cn("-3", "V_per_s")),
        "one",
    )
    two = component(
        variable("t", "ms") + variable("U", "mV") + variable("W", "mV"),
        apply("eq", ci("W"), apply("plus", ci("U"), cn("5", "mV"))),
        "two",
    )
    joined = (
        '<connection component_1="two" component_2="one">'
        '<map_variables variable_1="t" variable_2="t"/>'
        '<map_variables variable_1="U" variable_2="V"/></connection>'
    )
    return model(units + one + two + joined)


def test_connected_variables_are_one_quantity_in_two_units() -> None:
    imported = import_file("m.cellml", connected())
    assert [str(remark) for remark in imported.remarks] == []
    laws, findings = laws_of(imported.text)
    assert findings == ()
    (law,) = laws.values()
    assert {name: quantity.unit.text for name, quantity in law.quantities.items()} == {
        "t": "s", "V": "V", "W": "mV",
    }  # fmt: skip
    assert evaluate(law.equations[1].right, {"V": 2.0}) == pytest.approx(2.005)
    assert law.status == "draft"
    assert law.sources == ("m.cellml, CellML model m",)


def test_nothing_that_determines_a_variable_is_said_once() -> None:
    equation = apply("eq", ci("y"), apply("times", cn("2"), ci("u")))
    roles = find_roles(read_model(model(component(variable("u") + variable("y"), equation))))
    assert roles.given == {("main", "u")}
    assert roles.computed == {("main", "y")}


def test_what_the_language_lacks_is_left_out_and_said() -> None:
    variables = variable("x", initial="2.5") + variable("y") + variable("z")
    equations = apply("eq", ci("y"), apply("floor", ci("x"))) + apply("eq", ci("z"), ci("x"))
    imported = import_file("m.cellml", model(component(variables, equations)))
    (remark,) = imported.remarks
    assert remark.is_error
    assert "floor" in remark.sentence
    laws, _ = laws_of(imported.text)
    assert [equation.label for equation in laws["m"].equations] == ["z"]


def test_a_plain_number_of_another_size_keeps_its_number() -> None:
    units = '<units name="percent"><unit units="dimensionless" multiplier="0.01"/></units>'
    variables = variable("x", "percent", "50") + variable("y")
    equation = apply("eq", ci("y"), apply("exp", ci("x")))
    text = import_file("m.cellml", model(units + component(variables, equation))).text
    laws, _ = laws_of(text)
    value = evaluate(laws["m"].equations[0].right, {"x": 0.5})
    assert value == pytest.approx(math.exp(50))


def test_a_power_that_rests_on_a_value_is_an_issue() -> None:
    variables = variable("x", "second", "3") + variable("n", initial="1") + variable("y", "second")
    equation = apply("eq", ci("y"), apply("power", ci("x"), ci("n")))
    (check,) = check_units(read_model(model(component(variables, equation))))
    assert not check.fits
    assert [power.value for power in check.dependent] == [1.0]


def test_a_unit_of_another_size_is_an_issue_and_says_the_factor() -> None:
    units = '<units name="mV"><unit prefix="milli" units="volt"/></units>'
    variables = variable("V", "volt", "3") + variable("U", "mV")
    data = model(units + component(variables, apply("eq", ci("U"), ci("V"))))
    (remark,) = import_file("m.cellml", data).remarks
    assert remark.is_error
    assert "a factor of 1000 is missing" in remark.sentence


def test_components_of_the_first_version_are_connected_too() -> None:
    text = connected().decode().replace("cellml/2.0#", "cellml/1.0#")
    text = text.replace(
        '<connection component_1="two" component_2="one">',
        '<connection><map_components component_1="two" component_2="one"/>',
    )
    assert import_file("m.xml", text.encode()).text == import_file("m.xml", connected()).text


# --- published models


def published(material: Path) -> Path:
    return material / "material" / "equations" / "cellml"


def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "cellml_units.py"
    spec = importlib.util.spec_from_file_location("cellml_units_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_known_unit_issues_are_found_and_no_others(material: Path) -> None:
    score = benchmark().score_of(published(material))
    assert score.expected > 100
    assert score.precision >= 0.95
    assert score.recall >= 0.95
    assert score.same_units == score.named


@pytest.mark.parametrize("name", MODELS)
def test_a_published_model_has_no_unit_issue_and_is_written_whole(
    name: str, material: Path
) -> None:
    data = (published(material) / "generator" / name / "model.cellml").read_bytes()
    found = read_model(data)
    assert all(check.fits for check in check_units(found))
    imported = import_file("model.cellml", data)
    assert imported.remarks == ()
    _, findings = laws_of(imported.text)
    assert [found for found in findings if found.code.startswith(("L01", "L02", "L04"))] == []


def raw_equations(data: bytes) -> Iterator[tuple[str, ElementTree.Element]]:
    """Yield the component and the `apply` of each equation, by another reader."""
    for part in ElementTree.fromstring(data).iter():
        if part.tag.endswith("}component"):
            for math_ in part.findall(f"{{{MATHML}}}math"):
                for equation in math_:
                    yield part.attrib["name"], equation


@pytest.mark.parametrize("name", MODELS)
def test_a_published_model_keeps_its_numbers(name: str, material: Path) -> None:
    data = (published(material) / "generator" / name / "model.cellml").read_bytes()
    # Without its defaults, a law whose domain holds a division by zero is known too.
    text = re.sub(r"  = \S+$", "", import_file("model.cellml", data).text, flags=re.MULTILINE)
    laws, _ = laws_of(text)
    (law,) = laws.values()
    found = read_model(data)
    components = {each.name: each for each in found.components}
    words = {quantity.words: name for name, quantity in law.quantities.items()}
    chance = random.Random(11)
    for _ in range(3):
        si = {name: chance.uniform(0.2, 1.8) * q.unit.factor for name, q in law.quantities.items()}
        si["pi"] = math.pi
        named: dict[tuple[str, str], float] = {}
        for key, _ in found.variables():
            said = f"{key[1]} of {key[0].replace('_', ' ')}"
            if said in words:
                named[found.quantity[key]] = si[words[said]]
        compared = 0
        for (part, equation), ours in zip(raw_equations(data), law.equations, strict=False):
            units = components[part].units
            raw = {
                each.name: named[found.quantity[part, each.name]]
                / size_of(measure(each.units, units))
                for each in components[part].variables.values()
                if found.quantity[part, each.name] in named
            }
            left = equation[1]
            if left.tag.endswith("ci"):
                size = size_of(measure(components[part].variables[left.text or ""].units, units))
            else:
                of, by = left[2].text or "", left[1][0].text or ""
                size = size_of(
                    measure(components[part].variables[of].units, units)
                    / measure(components[part].variables[by].units, units)
                )
            try:
                expected = raw_value(equation[2], raw) * size
            except (ArithmeticError, ValueError):
                continue
            compared += 1
            value = evaluate(ours.right, si)
            assert value == pytest.approx(expected, rel=1e-9), (part, ours.label)
        assert compared > 0.9 * len(list(raw_equations(data)))


@pytest.mark.parametrize(
    ("name", "instants"),
    [("hodgkin_huxley_squid_axon_model_1952", [1, 9]), ("noble_model_1962", [5, 60])],
)
def test_a_published_model_runs_as_its_markup_says(
    name: str, instants: list[float], material: Path
) -> None:
    data = (published(material) / "generator" / name / "model.cellml").read_bytes()
    laws, _ = laws_of(import_file("model.cellml", data).text)
    (law,) = laws.values()
    program = compile_law(law, "time -> V")
    ours = program.reference({"time": np.array(instants, dtype=float)})["V"]
    theirs = solved_by_markup(data, "V", instants)
    assert np.asarray(ours) == pytest.approx(theirs, rel=1e-5)


def solved_by_markup(data: bytes, wanted: str, instants: list[float]) -> list[float]:
    """Solve a model whose variables have one name and one unit in all components."""
    rates: dict[str, ElementTree.Element] = {}
    formulas: dict[str, ElementTree.Element] = {}
    for _, (_, left, right) in raw_equations(data):
        if left.tag.endswith("ci"):
            formulas[(left.text or "").strip()] = right
        else:
            rates[(left[2].text or "").strip()] = right
    start = {
        each.attrib["name"]: float(each.attrib["initial_value"])
        for each in ElementTree.fromstring(data).iter()
        if each.tag.endswith("}variable") and "initial_value" in each.attrib
    }
    states = sorted(rates)

    def change(time: float, at: list[float]) -> list[float]:
        values = start | dict(zip(states, at, strict=True)) | {"time": time}
        waiting = dict(formulas)
        while waiting:
            for computed, formula in list(waiting.items()):
                with contextlib.suppress(KeyError):
                    values[computed] = raw_value(formula, values)
                    del waiting[computed]
        return [raw_value(rates[state], values) for state in states]

    solved = solve_ivp(
        change,
        (0, max(instants)),
        [start[state] for state in states],
        method="LSODA",
        t_eval=instants,
        rtol=1e-8,
        atol=1e-10,
    )
    return list(solved.y[states.index(wanted)])
