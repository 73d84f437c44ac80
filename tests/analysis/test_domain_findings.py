"""A formula that breaks inside its domain is shown with a point; a safe one is never accused."""

from __future__ import annotations

import math

import pytest
from analysis_texts import checked, law
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lawc.analysis.intervals import bounds
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.knowledge.expression import Binary, Call, Expression, Negative, Number, Symbol

NUMBERS = """
    a : a   [1]  {a}
    b : b   [1]  {b}
    y : y   [1]
"""


def codes(equation: str, a: str = "0 .. 2", b: str = "1 .. 3", valid: str = "") -> list[str]:
    sections = {"valid": valid} if valid else {}
    found = checked(law(NUMBERS.format(a=a, b=b), equation, **sections)).codes
    return [code for code in found if code != "L0114"]


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(-5, 5), st.floats(0.1, 5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_difference_divides_by_zero_where_ranges_overlap(
    low: float, width: float, other: float, wide: float, guarded: bool
) -> None:
    gap = max(low, other) - min(low + width, other + wide)
    assume(abs(gap) > 0.05)
    found = codes(
        "y = 1/(a - b)",
        f"{low:.6f} .. {low + width:.6f}",
        f"{other:.6f} .. {other + wide:.6f}",
        "a != b" if guarded else "",
    )
    overlap = gap < 0
    if guarded:
        assert "L0302" not in found
    else:
        assert found == (["L0302"] if overlap else [])


@pytest.mark.parametrize(
    ("equation", "valid"),
    [
        ("y = 1/b + 0*a", ""),
        ("y = a/(a + b)", ""),
        ("y = a/(a^2 + b^2 - 2*a*b + 1)", ""),
        ("y = 1/(b - a)", "b > a"),
        ("y = 1/(b - a)", "b >= a + 0.1"),
        ("y = 1/a + 0*b", "a > 0"),
        ("y = sqrt(b - a)", "b >= a"),
        ("y = ln(b/a)", "a > 0"),
        ("y = sqrt(4 - a^2) + 0*b", ""),
        ("y = if a > 0 then 1/a else b", ""),
        ("y = if a = 0 then b else 1/a", ""),
        ("y = a^0.5 + a^b", ""),
        ("y = sqrt((a - b)^2)", ""),
        ("y = arcsin(a/2) + 0*b", ""),
        ("y = 1/(exp(-a*b) + 1)", ""),
    ],
)
def test_a_safe_formula_is_not_accused(equation: str, valid: str) -> None:
    assert codes(equation, valid=valid) == []


@pytest.mark.parametrize(
    ("equation", "code"),
    [
        ("y = b/a", "L0302"),
        ("y = b/(a*(a - 1))", "L0302"),
        ("y = b*a^(-2)", "L0302"),
        ("y = b/(a - 1.2345)", "L0302"),
        ("y = 1/(a^2 - b)", "L0302"),
        ("y = sqrt(a - b)", "L0303"),
        ("y = ln(a)*b", "L0303"),
        ("y = (a - b)^0.5", "L0303"),
        ("y = (a - b)^b", "L0303"),
        ("y = arccos(a) + 0*b", "L0303"),
        ("y = if a >= 0 then b/a else b", "L0302"),
    ],
)
def test_a_formula_that_breaks_is_shown_where(equation: str, code: str) -> None:
    assert set(codes(equation)) == {code}


def test_a_state_is_not_accused_of_values_it_may_never_reach() -> None:
    text = law(
        "t : time [s] 0 .. 1\nx : state (t) [1] 0 .. 2\nk : rate [1/s] 1 .. 2",
        "dx/dt = -k/x",
        initial="x = 1 at t = 0 [s]",
    )
    assert checked(text).codes == []


@pytest.mark.parametrize(
    ("valid", "empty"),
    [
        ("a > 3", True),
        ("a > b", False),
        ("a > b + 1", True),
        ("a > 1.5\na < 1.2", True),
        ("a^2 + b^2 < 1", True),
        ("a^2 + b^2 < 1.01", False),
        ("a > 1.5\nb > 1\na < 1.2", True),
        ("a*b > 5.9", False),
    ],
)
def test_conditions_that_exclude_the_box_are_found(valid: str, empty: bool) -> None:
    assert ("L0301" in codes("y = a*b", valid=valid)) is empty


def test_the_smallest_conflicting_set_is_shown() -> None:
    text = law(NUMBERS.format(a="0 .. 2", b="1 .. 3"), "y = a*b", valid="a > 1.5\nb > 1.1\na < 1.2")
    result = checked(text)
    assert len([label for f in result.findings for label in f.labels]) == 3


names = st.sampled_from("ab")
leaves: st.SearchStrategy[Expression] = st.one_of(
    names.map(Symbol), st.integers(-3, 3).map(Number), st.floats(-2, 2).map(Number)
)
UNARY = ("exp", "ln", "sqrt", "abs", "sin", "cos", "tanh", "arctan", "cosh", "sinh", "erf", "sign")


def grown(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), children, children),
        st.builds(Binary, st.just("^"), children, st.sampled_from((-2, -1, 0.5, 2, 3)).map(Number)),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(UNARY), children),
        st.builds(lambda x, y: Call("min", (x, y)), children, children),
        st.builds(lambda x, y: Call("max", (x, y)), children, children),
        st.builds(Negative, children),
    )


@given(
    st.recursive(leaves, grown, max_leaves=10),
    st.tuples(st.floats(-3, 3), st.floats(0, 4)),
    st.tuples(st.floats(-3, 3), st.floats(0, 4)),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(max_examples=400, deadline=None)
def test_bounds_hold_every_value(
    tree: Expression, a: tuple[float, float], b: tuple[float, float], s: float, u: float
) -> None:
    box = {"a": (a[0], a[0] + a[1]), "b": (b[0], b[0] + b[1])}
    point = {"a": a[0] + s * a[1], "b": b[0] + u * b[1]}
    try:
        value = evaluate(tree, point)
    except NoValueError:
        return
    assume(math.isfinite(value))
    low, high = bounds(tree, box)
    margin = 1e-9 * max(1.0, abs(value))
    assert low - margin <= value <= high + margin


@pytest.mark.parametrize(
    ("equation", "better"),
    [
        ("y = (a - b)/(1 - exp(-(a - b)/2))", "2/exprel(-(a - b)/2)"),
        ("y = (exp(a - b) - 1)/(a - b)", "exprel(a - b)"),
        ("y = b*(1 - exp(-a*b))/a", "b*b*exprel(-a*b)"),
        ("y = a/(exp(a*b) - 1)", "1/b/exprel(a*b)"),
    ],
)
def test_a_gap_in_a_smooth_curve_is_closed_by_exprel(equation: str, better: str) -> None:
    text = law(NUMBERS.format(a="0 .. 2", b="0.5 .. 3"), equation)
    result = checked(text)
    assert result.codes == ["L0302"]
    assert not result.findings[0].is_error
    assert f"`{better}`" in result.text, result.text
    mended = checked(result.findings[0].repairs[0].applied(text))
    assert mended.codes == []
    for a, b in ((0.3, 1.1), (1.7, 0.6), (1.0, 2.5)):
        old, new = (next(iter(r.base.laws.values())).equations[0].right for r in (result, mended))
        assert evaluate(new, {"a": a, "b": b}) == pytest.approx(evaluate(old, {"a": a, "b": b}))


def test_a_pole_is_no_gap() -> None:
    assert (
        checked(law(NUMBERS.format(a="0 .. 2", b="1 .. 3"), "y = b/(1 - exp(-a))"))
        .findings[0]
        .is_error
    )


@pytest.mark.parametrize(
    ("equation", "a"),
    [
        ("y = exp(a*b)", "0 .. 400"),
        ("y = b + sinh(-a)", "0 .. 800"),
        ("y = 10^a + 0*b", "0 .. 400"),
        ("y = (1e10*b)^a", "0 .. 40"),
    ],
)
def test_a_value_beyond_all_numbers_is_a_warning(equation: str, a: str) -> None:
    result = checked(law(NUMBERS.format(a=a, b="1 .. 3"), equation))
    assert result.codes == ["L0304"], result.text
    assert not result.findings[0].is_error


@pytest.mark.parametrize("equation", ["y = exp(-a*b)", "y = exp(a)*b", "y = b^a", "y = 10^-a*b"])
def test_a_value_within_numbers_is_not_accused(equation: str) -> None:
    assert codes(equation, a="0 .. 300", b="1 .. 3") == []


@pytest.mark.parametrize("narrow", ["1e-4", "1e-6"])
def test_a_narrow_zero_is_found_by_halving_the_box(narrow: str) -> None:
    found = codes(f"y = 1/((a - 0.7)^2 - ({narrow})^2) + 0*b")
    assert found == ["L0302"]
    assert codes(f"y = 1/((a - 0.7)^2 + ({narrow})^2) + 0*b") == []
