"""A dimension has the name people use, and a unit that reads back to it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.units.dimension import BASES, NONE, Dimension
from lawc.units.naming import (
    describe_dimension,
    name_dimension,
    named_dimensions,
    spell,
    suggest_unit,
)
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

powers = st.fractions(min_value=-6, max_value=6, max_denominator=4)
bases = st.sampled_from([*BASES, "currency:EUR"])
dimensions = st.dictionaries(bases, powers, max_size=6).map(Dimension.of)


@given(dimensions)
def test_a_spelled_dimension_reads_back_with_factor_one(dimension: Dimension) -> None:
    unit = parse_unit(spell(dimension))
    assert isinstance(unit, Unit)
    assert unit.dimension == dimension
    assert unit.factor == 1.0


def test_a_suggested_unit_reads_back_with_factor_one() -> None:
    for dimension in named_dimensions():
        unit = parse_unit(suggest_unit(dimension))
        assert isinstance(unit, Unit)
        assert unit.dimension == dimension
        assert unit.factor == 1.0


def test_more_than_eighty_dimensions_have_a_name() -> None:
    assert len(named_dimensions()) > 80
    names = [name_dimension(dimension) for dimension in named_dimensions()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("unit", "name", "suggested"),
    [
        ("kg*m/s^2", "force", "N"),
        ("kg*m^2/s^2", "energy", "J"),
        ("N*m/rad", "energy", "kg*m^2/s^2/rad"),
        ("mmHg", "pressure", "Pa"),
        ("mmol/L", "concentration", "mol/m^3"),
        ("J/mol/K", "molar heat capacity", "J/mol/K"),
        ("rpm", "rotational speed", "rev/s"),
        ("km/h", "velocity", "m/s"),
        ("EUR", "amount of money", "EUR"),
        ("%", "plain number", "1"),
        ("m^7", None, "m^7"),
    ],
)
def test_dimensions_by_their_usual_names(unit: str, name: str | None, suggested: str) -> None:
    read = parse_unit(unit)
    assert isinstance(read, Unit)
    assert name_dimension(read.dimension) == name
    assert suggest_unit(read.dimension) == suggested


def test_a_description_has_the_factors_and_the_name_where_the_name_adds_something() -> None:
    energy = Dimension.of({"mass": 1, "length": 2, "time": -2})
    assert describe_dimension(energy) == "mass · length² / time²   (an energy)"
    assert describe_dimension(Dimension.of({"length": 1})) == "length"
    assert describe_dimension(Dimension.of({"length": Fraction(1, 3)})) == "length^(1/3)"
    assert describe_dimension(NONE) == "a plain number"
