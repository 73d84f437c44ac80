"""Every unit can be looked up, and the page of units says what the list says."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lawc.cli.app import app
from lawc.units.listing import Description, describe, page, sections
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit
from lawc.units.table import entries, spellings
from lawc.units.unit import Unit

DOCS = Path(__file__).parents[2] / "docs"


def said(text: str) -> Description:
    found = describe(text)
    assert isinstance(found, Description), found
    return found


def test_the_page_of_units_is_what_the_command_prints() -> None:
    assert (DOCS / "units.md").read_text(encoding="utf-8") == page()


def test_the_sections_hold_every_unit_once_and_in_order() -> None:
    assert [entry for _, listed in sections() for entry in listed] == list(entries())


@given(st.sampled_from(sorted(spellings())))
def test_every_other_spelling_of_a_unit_is_the_same_unit(name: str) -> None:
    found = describe(name)
    if isinstance(found, UnitProblem):
        return
    unit = parse_unit(name)
    assert isinstance(unit, Unit)
    assert name in found.spellings
    for other in (*found.spellings, found.ucum or name, f"unit:{found.qudt}"):
        same = parse_unit(other)
        if other != "unit:" and isinstance(same, Unit):
            assert (same.dimension, same.factor, same.offset) == (
                unit.dimension,
                pytest.approx(unit.factor, rel=1e-14),
                unit.offset,
            )


@given(st.sampled_from([e for e in entries() if e.pi == 0 and not e.offset]))
def test_the_value_that_is_shown_is_exact(entry: object) -> None:
    symbol, ratio = entry.symbols[0], entry.ratio  # type: ignore[attr-defined]
    number = said(symbol).value.split(" ")[0]
    assert Fraction(number) == ratio


@pytest.mark.parametrize(
    ("text", "value", "ucum", "qudt"),
    [
        ("mmHg", "133.322387415 kg/m/s^2", "mm[Hg]", ""),
        ("degC", "1 K", "Cel", "DEG_C"),
        ("deg", "π/180 rad", "deg", "DEG"),
        ("J/(kg*K)", "1 m^2/s^2/K", "J.kg-1.K-1", ""),
        ("M-PER-SEC2", "1 m/s^2", "m.s-2", ""),
        ("u", "1.66053906892e-27 kg", "u", "U"),
        ("%", "0.01", "%", "PERCENT"),
        ("spat", "4·π rad^2", "sph", ""),
        ("clo", "0.155 s^3*K/kg", "", "CLO"),
    ],
)
def test_what_is_said_of_a_unit(text: str, value: str, ucum: str, qudt: str) -> None:
    found = said(text)
    assert (found.value, found.ucum, found.qudt) == (value, ucum, qudt)
    assert found.sources


def test_the_command_explains_a_unit_and_refuses_what_is_none() -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["units", "[mm[Hg]]"])
    assert shown.exit_code == 0
    assert "133.322387415" in shown.output
    assert "a pressure" in shown.output
    refused = runner.invoke(app, ["units", "kt"])
    assert refused.exit_code == 1
    assert "knot" in refused.output
    assert "hectare" not in runner.invoke(app, ["units"]).output
    assert '"ucum": "[in_i]"' in runner.invoke(app, ["units", "--json", "in"]).output
