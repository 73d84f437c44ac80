"""Equations, unknowns and conditions are counted by what they determine, not by number."""

from __future__ import annotations

import pytest
from analysis_texts import checked, law
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.structure import match

MOTION = """
    t : time          [s]      0 .. 10
    x : position (t)  [m]
    v : speed (t)     [m/s]
    g : acceleration  [m/s^2]  1 .. 30
    h : height        [m]      1 .. 30
    u : first speed   [m/s]    1 .. 30
"""
START = "x = h at t = 0 [s]\nv = u at t = 0 [s]"


def codes(equations: str, initial: str = START) -> list[str]:
    sections = {"initial": initial} if initial else {}
    found = checked(law(MOTION, equations, **sections)).codes
    return [code for code in found if code != "L0114"]


@pytest.mark.parametrize(
    ("equations", "initial"),
    [
        ("dx/dt = v\ndv/dt = -g", START),
        ("v = dx/dt\ndv/dt = -g", START),
        ("d2x/dt2 = -g\nv := dx/dt", "x = h at t = 0 [s]\ndx/dt = u at t = 0 [s]"),
        ("x = h - g*t^2/2\nv = dx/dt", ""),
        ("v := u - g*t\ndx/dt = v", "x = h at t = 0 [s]"),
    ],
)
def test_a_motion_may_be_written_in_many_ways(equations: str, initial: str) -> None:
    assert codes(equations, initial) == []


@pytest.mark.parametrize(
    ("equations", "initial", "code"),
    [
        ("dx/dt = v", "x = h at t = 0 [s]", "L0401"),
        ("d2x/dt2 = -g", "x = h at t = 0 [s]\ndx/dt = u at t = 0 [s]", "L0401"),
        ("dx/dt = v\ndv/dt = -g\nv = u - g*t", START, "L0402"),
        ("dx/dt = v\nv := u\nv := u - g*t", START, "L0402"),
        ("dx/dt = v\ndv/dt = -g", "x = h at t = 0 [s]", "L0403"),
        ("dx/dt = v\ndv/dt = -g", "", "L0403"),
        ("v = dx/dt\ndv/dt = -g", START + "\ndx/dt = u at t = 0 [s]", "L0404"),
        ("dx/dt = v\nv := u", START, "L0404"),
        ("dx/dt = v\ndv/dt = -g", START + "\nx = 2*h at t = 0 [s]", "L0405"),
        ("dx/dt = v\ndv/dt = -g", "x = h at t = 20 [s]\nv = u at t = 0 [s]", "L0405"),
    ],
)
def test_what_is_missing_or_surplus_is_named(equations: str, initial: str, code: str) -> None:
    assert set(codes(equations, initial)) == {code}


def test_the_missing_derivative_is_named() -> None:
    text = law(
        "t : time [s] 0 .. 1\nx : state (t) [m]\nk : rate [1/s^3] 1 .. 2",
        "d3x/dt3 = -k*x",
        initial="x = 1 [m] at t = 0 [s]\nd2x/dt2 = 1 [m/s^2] at t = 0 [s]",
    )
    result = checked(text)
    assert result.codes == ["L0403"]
    assert "`dx/dt`" in result.text


def test_equations_that_outnumber_all_quantities_are_reported() -> None:
    symbols = "a : a [1] 1 .. 2\nb : b [1]"
    assert checked(law(symbols, "b = 2*a\nb + a = 3\na*b = 1")).codes == ["L0402"]
    assert checked(law(symbols, "b = 2*a\nb + a = 3")).codes == []


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4), max_size=7))
def test_a_matching_is_as_large_as_can_be(lists: list[list[str]]) -> None:
    incidence = [tuple(items) for items in lists]

    def largest(number: int, taken: frozenset[str]) -> int:
        if number == len(incidence):
            return 0
        best = largest(number + 1, taken)
        for unknown in set(incidence[number]) - taken:
            best = max(best, 1 + largest(number + 1, taken | {unknown}))
        return best

    matched = match(incidence)
    assert len(set(matched.values())) == len(matched) == largest(0, frozenset())
    assert all(unknown in incidence[number] for number, unknown in matched.items())
