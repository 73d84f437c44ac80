"""All roots inside a range are found; those that do not count are left out, never picked among."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import read
from scipy import special
from written import compiled

from lawc.diagnostics.diagnostic import DomainError
from lawc.knowledge.expression import Binary, Choice, Expression, Number, Symbol
from lawc.lowering.plan import Root
from lawc.lowering.roots import all_roots, find

X = Symbol("x")


def roots_of(text: str | Expression, low: float, high: float, log: bool = False, **columns):
    expression = read(text) if isinstance(text, str) else text
    rows = len(next(iter(columns.values()))) if columns else 1
    found = all_roots(Root("x", expression, low, high, log), columns, {}, rows)
    assert not found.unclear.any()
    return [found.value[found.row == row] for row in range(rows)]


places = st.lists(
    st.integers(-40, 40).map(lambda n: n / 8), min_size=1, max_size=5, unique=True
).map(sorted)


@settings(max_examples=40, deadline=None)
@given(places, st.booleans())
def test_all_roots_of_a_polynomial_are_found(places: list[float], factored: bool) -> None:
    if factored:
        expression: Expression = Number(1)
        for place in places:
            expression = Binary("*", expression, Binary("-", X, Number(place)))
    else:
        expression = Number(0)
        for coefficient in np.poly(places):
            expression = Binary("+", Binary("*", expression, X), Number(float(coefficient)))
    (found,) = roots_of(expression, -6.0, 6.5)
    assert found == pytest.approx(places, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(places, st.integers(0, 4))
def test_a_root_that_only_touches_zero_is_found(places: list[float], which: int) -> None:
    expression: Expression = Number(1)
    for place in (*places, places[which % len(places)]):
        expression = Binary("*", expression, Binary("-", X, Number(place)))
    (found,) = roots_of(expression, -6.0, 6.5)
    assert found == pytest.approx(places, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 40.0), st.floats(0.05, 0.95))
def test_all_roots_of_a_wave_are_found(rate: float, height: float) -> None:
    (found,) = roots_of("sin(w*x) - h", 0.0, 3.0, w=np.array([rate]), h=np.array([height]))
    turns = np.arange(-1, 30) * 2 * np.pi
    expected = np.concatenate([np.arcsin(height) + turns, np.pi - np.arcsin(height) + turns])
    expected = np.sort(expected[(expected >= 0) & (expected <= 3.0 * rate)]) / rate
    assert found == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.367, -1e-4))
def test_both_branches_of_lamberts_function_are_found(value: float) -> None:
    (found,) = roots_of("x*exp(x) - a", -20.0, 3.0, a=np.array([value]))
    expected = [special.lambertw(value, -1).real, special.lambertw(value, 0).real]
    assert found == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("text", "low", "high", "expected"),
    [
        ("1/(x - 1)", 0.0, 3.0, []),
        ("tan(x)", 1.0, 2.0, []),
        ("tan(x)", -2.0, 4.0, [0.0, np.pi]),
        ("sign(x - 1)", 0.0, 3.0, []),
        ("abs(x - 1)", 0.0, 3.0, [1.0]),
        ("(x - 1)^2 - 1e-12", 0.0, 3.0, [1 - 1e-6, 1 + 1e-6]),
        ("(x - 1)^2 + 1e-12", 0.0, 3.0, []),
        ("x - 1", 1.0, 2.0, [1.0]),
        ("x - 2", 1.0, 2.0, [2.0]),
        ("ln(x) + 3", -1.0, 4.0, [np.exp(-3)]),
        ("x^2 + 1", -3.0, 3.0, []),
        ("cos(x) - x", 0.0, 2.0, [0.7390851332151607]),
        ("exp(x) - 1 - x", -1.0, 1.0, [0.0]),
    ],
)
def test_poles_jumps_and_ends_are_told_from_roots(
    text: str, low: float, high: float, expected: list[float]
) -> None:
    (found,) = roots_of(text, low, high)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_a_formula_in_pieces_keeps_the_root_of_each_piece() -> None:
    pieces = Choice(read("x < 1"), read("x - 0.5"), read("x - 1.5"))
    (found,) = roots_of(pieces, 0.0, 2.0)
    assert found == pytest.approx([0.5, 1.5])


def test_roots_are_found_over_decades() -> None:
    (found,) = roots_of("(ln(x) + 20)*(ln(x) - 3)", 1e-12, 1e3, True)
    assert found == pytest.approx([np.exp(-20), np.exp(3)], rel=1e-12)


def test_a_row_with_several_roots_has_no_answer() -> None:
    root = Root("x", read("x^2 - a"), -3.0, 3.0, False)
    assert np.isnan(find(root, {"a": np.array([1.0, 4.0])}, {}, 2)).all()


def test_a_condition_says_which_root_counts() -> None:
    root = Root("x", read("x^2 - a"), -3.0, 3.0, False, (read("x > b"),))
    columns = {"a": np.array([1.0, 4.0, 4.0]), "b": np.array([0.0, 1.0, -3.0])}
    found = find(root, columns, {}, 3)
    assert found[:2] == pytest.approx([1.0, 2.0])
    assert np.isnan(found[2])


def test_the_three_volumes_of_van_der_waals_are_those_of_its_cubic() -> None:
    temperature = np.linspace(210.0, 400.0, 300)
    a, b, r, pressure = 0.364, 4.27e-5, 8.314462618, 1e6
    root = Root("x", read("P - R*T/(x - b) + a/x^2"), 4.3e-5, 1.0, True)
    fixed = {"P": pressure, "R": r, "a": a, "b": b}
    found = all_roots(root, {"T": temperature}, fixed, len(temperature))
    for row, value in enumerate(temperature):
        cubic = np.roots([pressure, -(pressure * b + r * value), a, -a * b])
        expected = np.sort(cubic[np.abs(cubic.imag) < 1e-12].real)
        assert found.value[found.row == row] == pytest.approx(expected, rel=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 3.0), st.floats(0.2, 3.0), st.floats(0.3, 20.0))
def test_a_stretch_that_is_full_of_roots_is_no_single_one(
    rises: float, level: float, slope: float
) -> None:
    """It rises to a level, stays there, and rises on; only at that level it has many roots."""
    expression = read("k*(min(x, a) + max(x - a - w, 0)) - y")
    root = Root("x", expression, 0.0, 10.0, False)
    heights = np.array([0.5, 1.0, 1.5]) * rises * slope
    columns = {"k": np.full(3, slope), "a": np.full(3, rises), "w": np.full(3, level)}
    low, here, high = find(root, {**columns, "y": heights}, {}, 3)
    assert (low, high) == pytest.approx((0.5 * rises, 1.5 * rises + level))
    assert np.isnan(here)


def test_where_many_values_satisfy_an_equation_the_error_says_so() -> None:
    made = compiled(SATURATION, "r -> x")
    assert made.reference({"r": np.array([0.5])})["x"] == pytest.approx([1.0])
    with pytest.raises(DomainError, match=r"more values of x .* such as x = "):
        made.reference({"r": np.array([1.0])})


SATURATION = """\
law saturation@1.0.0
  title   "A response that saturates"
  status  draft

  symbols
    x : stimulus [1]  0 .. 10
    r : response [1]  0 .. 1

  equations
    response: r = min(x/2, 1)
"""
