"""A unit that is proposed has each of its factors once, and is the same unit."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.respelling import respelled
from lawc.units.reading import parse_unit
from lawc.units.tidying import tidy
from lawc.units.unit import Unit

NAMES = ("m", "kg", "s", "L", "mol", "mmHg", "K")
factors = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(-3, 3).filter(bool)), min_size=1, max_size=5
)


def written(parts: list[tuple[str, int]]) -> str:
    above = [f"{name}^{power}" if power > 1 else name for name, power in parts if power > 0]
    below = [f"{name}^{-power}" if power < -1 else name for name, power in parts if power < 0]
    return "/".join(["*".join(above) or "1", *below])


def read(text: str) -> Unit:
    unit = parse_unit(text)
    assert isinstance(unit, Unit), text
    return unit


def names(text: str) -> list[str]:
    return re.findall(r"[^\W\d]+", text)


@given(factors)
def test_a_tidy_unit_is_the_same_with_each_factor_once(parts: list[tuple[str, int]]) -> None:
    before, after = read(written(parts)), read(tidy(written(parts)))
    assert after.dimension == before.dimension
    assert math.isclose(after.factor, before.factor, rel_tol=1e-12)
    assert len(set(names(tidy(written(parts))))) == len(names(tidy(written(parts))))


@given(factors.filter(lambda parts: len({name for name, _ in parts}) == len(parts)))
def test_what_has_nothing_twice_stays_as_its_author_wrote_it(parts: list[tuple[str, int]]) -> None:
    assert tidy(written(parts)) == written(parts)


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("m^3*m", "m^4"),
        ("m/s/s", "m/s^2"),
        ("(m^2)^-1/s", "1/m^2/s"),
        ("m*m^(1/2)", "m^(3/2)"),
        ("s/s", "1"),
        ("mL/min/(1.73 m^2)", "mL/min/(1.73 m^2)"),
        ("degC*degC", "degC*degC"),
        ("m*furlongs^oops*m", "m*furlongs^oops*m"),
    ],
)
def test_units_that_come_twice_are_put_together(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@given(factors, factors)
def test_a_unit_that_is_mended_has_no_factor_twice(
    parts: list[tuple[str, int]], wanted: list[tuple[str, int]]
) -> None:
    meant = read(written([*parts, *wanted[:1]])).dimension
    mended = respelled(written(parts), NAMES, meant)
    if mended is not None:
        assert read(mended).dimension == meant
        assert len(set(names(mended))) == len(names(mended))
