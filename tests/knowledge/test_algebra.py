"""Putting expressions together changes how they are written, never what they are worth."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from lawc.knowledge.algebra import fold, minus, negative, over, plus, power, times
from lawc.knowledge.expression import Binary, Expression, Negative, Number, Symbol
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.tapes import tape

numbers = st.sampled_from((0, 1, 2, -1, 0.5, 3)).map(Number)
leaves = numbers | st.sampled_from("xy").map(Symbol)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Negative, inner) | st.builds(Binary, st.sampled_from("+-*/"), inner, inner)
    ),
    max_leaves=8,
)
VALUES = {"x": 1.7, "y": -0.6}


def value(expression: Expression) -> float:
    return float(evaluate(tape({"value": expression}, ("x", "y")), VALUES)["value"])


@given(trees)
def test_folding_keeps_the_value(tree: Expression) -> None:
    before = value(tree)
    assume(math.isfinite(before))
    assert math.isclose(value(fold(tree)), before, rel_tol=1e-12, abs_tol=1e-12)


@given(trees, trees)
def test_each_constructor_means_its_operator(left: Expression, right: Expression) -> None:
    for make, operator in ((plus, "+"), (minus, "-"), (times, "*"), (over, "/")):
        plain = value(Binary(operator, left, right))
        if math.isfinite(plain) and math.isfinite(value(left)) and math.isfinite(value(right)):
            assert math.isclose(value(make(left, right)), plain, rel_tol=1e-12, abs_tol=1e-12)


def test_zeros_and_ones_disappear() -> None:
    x = Symbol("x")
    assert plus(x, Number(0)) is x
    assert minus(Number(0), x) == Negative(x)
    assert times(Number(1), x) is x
    assert times(x, Number(0)) == Number(0)
    assert over(x, Number(1)) is x
    assert power(x, Number(1)) is x
    assert negative(Negative(x)) is x
