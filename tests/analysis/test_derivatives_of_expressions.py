"""A derivative is the slope that differences approach."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from lawc.analysis.numbers import FUNCTION, NoValueError, evaluate
from lawc.knowledge.differentiate import derivative, total_derivative
from lawc.knowledge.expression import Binary, Call, Derivative, Expression, Negative, Number, Symbol

FUNCTIONS = (
    "exp", "ln", "log10", "log2", "sqrt", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh",
    "erf", "expm1", "exprel", "abs", "arcsin", "arccos",
)  # fmt: skip
leaves: st.SearchStrategy[Expression] = st.one_of(
    st.sampled_from("xy").map(Symbol), st.integers(1, 4).map(Number)
)


def grown(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/^"), children, children),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(FUNCTIONS), children),
        st.builds(Negative, children),
    )


@given(st.recursive(leaves, grown, max_leaves=7), st.floats(0.2, 2), st.floats(0.2, 2))
@settings(max_examples=300, deadline=None)
def test_a_derivative_is_the_slope(tree: Expression, x: float, y: float) -> None:
    try:
        slope = evaluate(derivative(tree, "x"), {"x": x, "y": y})
        values = [evaluate(tree, {"x": x + h, "y": y}) for h in (-2e-3, -1e-3, 1e-3, 2e-3)]
        curved = [evaluate(tree, {"x": x + h, "y": y}) for h in (-4e-3, 4e-3)]
    except NoValueError:
        return
    assume(all(math.isfinite(v) and abs(v) < 1e3 for v in [*values, *curved, slope]))
    wide = (curved[0] - 8 * values[0] + 8 * values[3] - curved[1]) / 24e-3
    close = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / 12e-3
    # Where two steps disagree the function is too curved for a difference to say anything.
    assume(abs(wide - close) < 1e-6 * max(1.0, abs(close)))
    assert abs(slope - close) < 1e-4 * max(1.0, abs(slope))


def test_a_total_derivative_follows_what_depends() -> None:
    tree = Binary("*", Symbol("m"), Binary("^", Symbol("v"), Number(2)))
    depends = {"v": ("t",)}
    rate = total_derivative(tree, "t", depends)
    twice = Binary("*", Number(2), Symbol("v"))
    assert rate == Binary("*", Symbol("m"), Binary("*", twice, Derivative("v", "t", 1)))


def test_a_second_total_derivative_raises_the_order() -> None:
    once = total_derivative(Symbol("v"), "t", {"v": ("t",)})
    assert total_derivative(once, "t", {"v": ("t",)}) == Derivative("v", "t", 2)


def test_what_does_not_depend_stands_still() -> None:
    assert total_derivative(Symbol("m"), "t", {"v": ("t",)}) == Number(0)


@given(st.floats(-0.3, 5))
def test_the_branch_of_lambert_has_its_slope(x: float) -> None:
    known = {
        "lambert_w": lambda z: float(special.lambertw(z).real),
        "lambert_w_exp": lambda z: float(special.wrightomega(z)),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, function in known.items():
            patch.setitem(FUNCTION, name, function)
            slope = evaluate(derivative(Call(name, (Symbol("x"),)), "x"), {"x": x})
            close = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
            assert slope == pytest.approx(close, rel=1e-5)
