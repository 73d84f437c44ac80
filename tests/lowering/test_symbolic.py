"""What sympy is given and gives back means the same; text of an author never becomes code."""

from __future__ import annotations

import math

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from laws import read

from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Negative,
    Number,
    Symbol,
)
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.symbolic import Symbols, UntranslatableError, from_sympy, to_sympy
from lawc.lowering.tapes import tape

FUNCTIONS = ("exp", "ln", "log10", "sin", "cos", "tanh", "arctan", "sqrt", "abs", "erf", "expm1")
leaves = st.one_of(
    st.sampled_from("xy").map(Symbol), st.sampled_from((0, 1, 2, 3, 0.5, -1.25)).map(Number)
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(lambda a, n: Binary("^", a, Number(n)), inner, st.sampled_from((2, 3, -1, 0.5))),
        st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(FUNCTIONS), inner),
        st.builds(lambda a, b: Call("max", (a, b)), inner, inner),
        st.builds(lambda a, b, c: Choice(Comparison(("<",), (a, b)), b, c), inner, inner, inner),
    ),
    max_leaves=8,
)
VALUES = {"x": 0.7, "y": 1.9}


def value(tree: Expression) -> float:
    return float(evaluate(tape({"value": tree}, ("x", "y")), VALUES)["value"])


@given(trees)
def test_a_tree_keeps_its_value_through_sympy(tree: Expression) -> None:
    before = value(tree)
    assume(math.isfinite(before) and abs(before) < 1e12)
    symbols = Symbols({"x": "positive", "y": "positive"})
    try:
        back = from_sympy(to_sympy(tree, symbols), symbols)
    except UntranslatableError:
        assume(False)
        return
    assert value(back) == pytest.approx(before, rel=1e-9, abs=1e-9)


@given(st.text(min_size=1, max_size=40))
def test_a_name_never_reaches_sympy(name: str) -> None:
    symbols = Symbols({})
    made = to_sympy(Symbol(name), symbols)
    assert str(made) == "s_0"
    assert from_sympy(made, symbols) == Symbol(name)


def test_short_decimals_are_exact_and_long_ones_are_symbols() -> None:
    symbols = Symbols({})
    assert to_sympy(Number(0.1), symbols) == sympy.Rational(1, 10)
    assert to_sympy(Number(2.5e-4), symbols) == sympy.Rational(1, 4000)
    long = to_sympy(Number(6.62607015e-34), symbols)
    assert long.is_Symbol
    assert from_sympy(long + symbols.of("x"), symbols) == read("6.62607015e-34 + x")


@pytest.mark.parametrize(
    "node",
    [
        sympy.I,
        sympy.zoo,
        sympy.oo,
        sympy.Symbol("x"),
        sympy.gamma(sympy.Symbol("x")),
        sympy.Integer(10) ** 400,
    ],
)
def test_what_our_language_lacks_is_refused(node: sympy.Expr) -> None:
    with pytest.raises(UntranslatableError):
        from_sympy(node, Symbols({}))


def test_a_derivative_is_refused() -> None:
    with pytest.raises(UntranslatableError, match="Derivative"):
        to_sympy(Derivative("x", "t"), Symbols({}))


def test_lambert_of_a_huge_exponential_stays_finite() -> None:
    symbols = Symbols({"x": "positive", "y": "positive"})
    z = to_sympy(read("x*exp(1000*y)"), symbols)
    tree = from_sympy(sympy.LambertW(z), symbols)
    w = value(tree)
    assert w + math.log(w) == pytest.approx(math.log(0.7) + 1900, rel=1e-13)
