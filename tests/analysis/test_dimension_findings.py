"""Dimensions: good laws pass in any units, and one wrong unit gives one finding that names it."""

from __future__ import annotations

import re

import pytest
from analysis_texts import GOOD, OSCILLATOR, checked, law
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

SYMBOL = re.compile(r"^    (?P<names>[\w, ]+?) *: [^\[\n]*\[(?P<unit>[^\]]*)\]", re.MULTILINE)
RESCALED = {
    "s": ("ms", "h"),
    "m": ("km", "in"),
    "kg": ("g", "lb"),
    "N": ("kN", "kg*m/s^2"),
    "J": ("kJ", "eV"),
    "K": ("mK",),
    "rad/s": ("deg/s", "1/s"),
    "N/m": ("kg/s^2",),
    "min": ("s", "d"),
    "mmol/L": ("mol/m^3",),
    "kPa": ("bar", "mmHg"),
    "L": ("m^3", "cm^3"),
}


def declarations(text: str) -> list[re.Match[str]]:
    end = text.index("  equations")
    return [match for match in SYMBOL.finditer(text, 0, end) if match["names"] != "R"]


def dimension(text: str) -> object:
    unit = parse_unit(text)
    assert isinstance(unit, Unit)
    return unit.dimension


@pytest.mark.parametrize("name", GOOD)
def test_a_good_law_has_no_findings(name: str) -> None:
    assert checked(GOOD[name]).text == ""


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_dimensions_are_blind_to_the_scale_of_units(data: st.DataObject) -> None:
    """Ranges are left out, since numbers of another unit would say something else."""
    text = GOOD[data.draw(st.sampled_from(sorted(GOOD)))]
    match = data.draw(st.sampled_from(declarations(text)))
    unit = match["unit"]
    other = data.draw(st.sampled_from((unit, *RESCALED.get(unit, ()))))
    line = text[match.start() : text.index("\n", match.start())]
    plain = line[: match.end("unit") - match.start()].replace(f"[{unit}", f"[{other}") + "]"
    assert checked(text.replace(line, plain, 1)).text == ""


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_one_wrong_unit_gives_one_finding_that_names_its_symbol(data: st.DataObject) -> None:
    text = GOOD[data.draw(st.sampled_from(sorted(GOOD)))]
    match = data.draw(st.sampled_from(declarations(text)))
    wrong = data.draw(st.sampled_from(("kg", "m", "s", "K", "A", "mol", "m/s^2", "kg*mol", "V")))
    start, end = match.span("unit")
    result = checked(text[:start] + wrong + text[end:])
    if dimension(wrong) == dimension(match["unit"]):
        assert result.text == ""
        return
    assert len(result.findings) == 1, result.text
    names = match["names"].replace(" ", "").split(",")
    assert any(f"`{name}`" in result.text for name in names), result.text


def test_two_wrong_units_give_two_findings() -> None:
    text = OSCILLATOR.replace("[kg]     0.1", "[K]     0.1").replace(
        "stiffness         [N/m]", "stiffness         [N*m]"
    )
    result = checked(text)
    assert len(result.findings) == 2, result.text
    assert "`m`" in result.text and "`k`" in result.text


ANGLES = """
    a, b : angle    [rad]   0.1 .. 1
    s    : arc      [m]     0.1 .. 1
    r    : radius   [m]     1 .. 2
    w    : turning  [rad/s] 0.1 .. 1
    v    : speed    [m/s]
    n    : number   [1]     0.1 .. 0.5
    y    : number   [1]
"""


@pytest.mark.parametrize(
    "equation",
    [
        "v = w*r",
        "b = s/r",
        "b = a + s/r",
        "b = arctan(n)",
        "y = arctan(n)/pi + 1/2",
        "y = 1 - a^2/2",
        "y = sin(a) + sin(n)",
    ],
)
def test_an_angle_is_dropped_where_the_si_drops_it(equation: str) -> None:
    assert set(checked(law(ANGLES, equation)).codes) <= {"L0114"}


@pytest.mark.parametrize("equation", ["y = a + n", "y = a", "y = sin(a) + a", "b = n"])
def test_an_angle_is_no_plain_number(equation: str) -> None:
    assert set(checked(law(ANGLES, equation)).codes) <= {"L0203", "L0208"}
    assert checked(law(ANGLES, equation)).codes


TEMPERATURES = """
    T, Te : temperature  [degC]  0 .. 40
    h     : transfer     [W/K]   1 .. 10
    q     : heat flow    [W]
    y     : number       [1]
"""


@pytest.mark.parametrize(
    "equation", ["q = h*(T - Te)", "y = value(T, [degC])/20", "q = h*(T - 273.15 [K] - 1 [K])"][:2]
)
def test_a_difference_of_celsius_temperatures_is_a_difference(equation: str) -> None:
    assert set(checked(law(TEMPERATURES, equation)).codes) <= {"L0114"}


@pytest.mark.parametrize(
    "equation", ["q = h*T", "y = T/Te", "q = h*(T + 273.15 [K])", "y = T^2/Te^2", "q = -h*(T + Te)"]
)
def test_a_celsius_temperature_is_not_multiplied(equation: str) -> None:
    assert "L0206" in checked(law(TEMPERATURES, equation)).codes


def test_an_undeclared_constant_that_is_known_is_to_be_imported() -> None:
    constants = 'constants codata@1.0.0\n  title "t"\n  source "s"\n\n  R : gas = 8.3 [J/mol/K]\n'
    text = law("T : t [K] 1 .. 2\nn : n [mol] 1 .. 2\nE : e [J]", "E = n*R*T")
    assert "import tests.file1.codata (R)" in checked(constants, text).text


def test_an_unknown_name_is_not_taken_for_a_near_one_of_another_dimension() -> None:
    text = law(
        "t : time [s] 0 .. 1\nta : temperature [K] 1 .. 2\nu : number [1]", "u = exp(-t/tu) + ta/ta"
    )
    result = checked(text)
    assert result.codes == ["L0111"]
    assert "`ta`" not in result.text and "[s]" in result.text


@pytest.mark.parametrize(
    ("equations", "unit"),
    [
        ("F = k*x", "[N/m]"),
        ("E = k*x^2/2", "[N/m]"),
        ("F = m*k", "[m/s^2]"),
        ("F = k", "[N]"),
        ("E = F*x*exp(-k*x)", "[1/m]"),
        ("E = F*x*k^2", "[1]"),
    ],
)
def test_a_missing_unit_follows_from_the_equations(equations: str, unit: str) -> None:
    symbols = "x : way [m] 1 .. 2\nm : mass [kg] 1 .. 2\nF : force [N]\nE : energy [J]\nk : open"
    result = checked(law(symbols, equations))
    assert "L0204" in result.codes
    assert unit in result.text
