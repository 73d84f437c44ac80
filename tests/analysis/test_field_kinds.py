"""The kind of a field's equation follows from signs, and decides which conditions it can have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.syntax.parsing import parse

SYMBOLS = """\
    t : time   [s]      0 .. 10
    x : place  [m]      0 .. 1
    y : place  [m]      0 .. 1
    u : field (DEPENDS)  [K]
    a : constant  [1]   1 .. 2
    b : constant  [1]   1 .. 2
    k : diffusivity  [m^2/s]   1 .. 2
    c : speed  [m/s]    1 .. 2
"""


def codes(depends: str, equation: str, initial: str, boundary: str) -> set[str]:
    text = (
        'law field@1.0.0\n  title   "Field"\n  status  draft\n\n  symbols\n'
        + SYMBOLS.replace("DEPENDS", depends)
        + f"\n  equations\n    field: {equation}\n"
        + (f"\n  initial\n{initial}" if initial else "")
        + (f"\n  boundary\n{boundary}" if boundary else "")
    )
    document, findings = parse(Source("knowledge/field.law", text))
    assert findings == ()
    _, found = check([document])
    return {finding.code for finding in found if finding.is_error}


START = "    u = 0 [K]  at y = 0 [m]\n    du/dy = 0 [K/m]  at y = 0 [m]\n"
EDGES = "    u = 0 [K]  at x = 0 [m]\n    u = 0 [K]  at x = 1 [m]\n"
numbers = st.integers(1, 9)


@given(one=numbers, two=numbers, turned=st.booleans())
def test_one_sign_in_all_variables_forbids_a_start(one: int, two: int, turned: bool) -> None:
    sides = [f"{one}*a*d2u/dx2 + {two}*b*d2u/dy2", "0 [K/m^2]"]
    equation = " = ".join(reversed(sides) if turned else sides)
    assert codes("x, y", equation, START, EDGES) == {"L0416"}


@given(one=numbers, two=numbers)
def test_two_signs_are_a_wave_that_may_start(one: int, two: int) -> None:
    equation = f"{one}*a*d2u/dx2 = {two}*b*d2u/dy2"
    assert codes("x, y", equation, START, EDGES) == set()


@pytest.mark.parametrize(("sign", "expected"), [("", set()), ("-", {"L0416"})])
def test_diffusion_runs_forwards(sign: str, expected: set[str]) -> None:
    start = "    u = 1 [K]  at t = 0 [s]\n"
    assert codes("x, t", f"du/dt = {sign}k*d2u/dx2", start, EDGES) == expected


def test_what_is_known_at_the_end_may_run_backwards() -> None:
    start = "    u = 1 [K]  at t = 10 [s]\n"
    assert codes("x, t", "du/dt = -k*d2u/dx2", start, EDGES) == set()


def test_a_sign_that_changes_in_the_domain_says_nothing() -> None:
    equation = "(x - 0.5 [m])*d2u/dx2 + 1 [m]*d2u/dy2 = 0 [K/m]"
    assert codes("x, y", equation, START, EDGES) == set()


def test_a_telegraph_equation_has_both_orders_in_time() -> None:
    start = "    u = 0 [K]  at t = 0 [s]\n    du/dt = 1 [K/s]  at t = 0 [s]\n"
    equation = "d2u/dt2 + c^2/k*du/dt = c^2*d2u/dx2"
    assert codes("x, t", equation, start, EDGES) == set()
