"""Declared names decide whether `d…/d…` is a derivative or a quotient; no doubt is guessed away."""

import itertools

import pytest
from formulas import law, only, read
from hypothesis import given
from hypothesis import strategies as st

from lawc.syntax.tree import Binary, Derivative
from lawc.syntax.writing import write


def side(symbols: str, text: str) -> object:
    lines = "\n".join(f"{name} : words [1]" for name in symbols.split())
    document, findings = read(law(symbols=lines, equations=f"y = {text}"))
    return findings[0].code if findings else document.blocks[0].equations[0].right


@given(st.sets(st.sampled_from(["x", "t", "dx", "dt"])))
def test_a_reading_whose_names_are_all_declared_wins_and_two_such_are_refused(
    names: set[str],
) -> None:
    node = side(" ".join(sorted(names | {"y"})), "dx/dt")
    derivative, quotient = {"x", "t"} <= names, {"dx", "dt"} <= names
    if derivative and quotient:
        assert node == "L0108"
    elif derivative:
        assert isinstance(node, Derivative)
    elif quotient:
        assert isinstance(node, Binary)


def test_long_names_that_begin_with_d_stay_a_quotient() -> None:
    assert isinstance(side("density diameter y", "density/diameter"), Binary)
    assert isinstance(side("density y", "density/diameter"), Binary)
    assert isinstance(side("y", "density/diameter"), Binary)


def test_unknown_names_in_the_form_of_a_derivative_are_one() -> None:
    assert isinstance(side("y", "dx/dt"), Derivative)
    assert isinstance(side("x y", "dx/dt"), Derivative)


def test_a_partial_sign_is_a_derivative_whatever_is_declared() -> None:
    assert isinstance(side("u t ut y", "∂u/∂t"), Derivative)


@pytest.mark.parametrize(
    ("above", "below"), list(itertools.product(["d", "d2", "d²", "d^2"], ["", "2", "²", "^2"]))
)
def test_the_order_stands_in_both_halves(above: str, below: str) -> None:
    node = side("x t y", f"{above}x/dt{below}")
    if (above == "d") == (below == ""):
        assert isinstance(node, Derivative)
        assert node.order == (1 if above == "d" else 2)
    else:
        assert node == "L0101"


def test_a_digit_may_belong_to_the_names() -> None:
    node = side("x2 t2 y", "d2x2/dt22")
    assert isinstance(node, Derivative)
    assert (write(node.of), node.by.name, node.order) == ("x2", "t2", 2)


def test_the_refusal_shows_both_readings() -> None:
    text = law(symbols="x, t, dx, dt : words [1]", equations="x = dx/dt")
    finding = only(read(text)[1])
    assert finding.code == "L0108"
    assert "d/dt(x)" in finding.helps[0] and "(dx)/(dt)" in finding.helps[0]
    both = law(symbols="x, t, dx, dt : words [1]", equations="x = d/dt(x) + (dx)/(dt)")
    assert not read(both)[1]


def test_a_power_behind_a_derivative_needs_brackets() -> None:
    assert side("x t y", "dx/dt^2") == "L0101"
    assert side("x t y", "dx/dt^12") == "L0108"
    assert side("x t y", "dx/dt^n") == "L0108"
    assert isinstance(side("x t y", "(dx/dt)^2"), Binary)
    assert isinstance(side("dx dt y", "dx/dt^2"), Binary)
