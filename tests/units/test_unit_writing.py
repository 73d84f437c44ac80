"""A unit that is written as a code of UCUM reads back as the same unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.units.aliases import codes
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit, unit_size
from lawc.units.table import rows, spellings
from lawc.units.unit import Unit
from lawc.units.writing import write_ucum

names = st.sampled_from([*spellings(), *codes()])
powers = st.integers(-4, 4).filter(bool)
numbers = st.one_of(
    st.just(""), st.integers(1, 10**6).map(lambda n: f"{n}*"), st.just("1.73 "), st.just("1e-7*")
)


@given(numbers, st.lists(st.tuples(names, powers), min_size=1, max_size=4))
def test_what_is_written_reads_back_as_the_same_unit(
    number: str, parts: list[tuple[str, int]]
) -> None:
    text = number + "*".join(f"{name}^{power}" if power != 1 else name for name, power in parts)
    code = write_ucum(text)
    if code is None:
        return
    unit, again = parse_unit(text), parse_unit(code)
    assert isinstance(unit, Unit)
    assert isinstance(again, Unit)
    assert unit_size(text).exact == unit_size(code).exact  # type: ignore[union-attr]
    assert (again.dimension, again.factor) == (unit.dimension, pytest.approx(unit.factor))
    assert again.offset == unit.offset
    assert write_ucum(code) == code


def test_every_code_of_ucum_that_is_read_is_written_as_a_code() -> None:
    for code, _, _ in rows("ucum.txt"):
        if not isinstance(parse_unit(code), UnitProblem):
            assert write_ucum(code) is not None, code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("m/s^2", "m.s-2"),
        ("mmHg", "mm[Hg]"),
        ("N*m", "N.m"),
        ("mL/min/(1.73 m^2)", "100.mL.min-1.m-2/173"),
        ("10^9 cell/L", "10*9.{cell}.L-1"),
        ("°C", "Cel"),
        ("W/(m^2*°C)", "W.m-2.Cel-1"),
        ("kΩ", "kOhm"),
        ("M-PER-SEC2", "m.s-2"),
        ("gal{US}", "[gal_us]"),
        ("km/h", "km.h-1"),
        ("1", "1"),
        ("EUR/kWh", None),
        ("rev/s", None),
        ("V/√Hz", None),
        ("no unit", None),
    ],
)
def test_units_and_their_codes(text: str, code: str | None) -> None:
    assert write_ucum(text) == code
