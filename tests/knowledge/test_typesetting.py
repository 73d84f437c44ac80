"""A formula is set as its author wrote it: in characters for a terminal, in MathML for a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.width import display_width
from lawc.knowledge.boxes import BoxSetter, symbol
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Integral,
    Logic,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
)
from lawc.knowledge.mathml import Setter
from lawc.knowledge.page import document, fragment
from lawc.pipeline.checking import read_library

LEAVES = st.sampled_from(
    [
        Number(2),
        Number(0.5),
        Number(-3),
        Number(6.02e23),
        Symbol("Vmax"),
        Symbol("theta"),
        Symbol("x_1"),
        Symbol("v[x]"),
        Symbol("pk.CL"),
        Derivative("u", "t"),
        Derivative("u", "x", 2),
        MixedDerivative("u", (("t", 1), ("x", 2))),
    ]
)


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    compared = st.builds(
        lambda one, two, three: Comparison(("<", "<="), (one, two, three)), inner, inner, inner
    )
    return (
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner)
        | st.builds(Negative, inner)
        | st.builds(
            lambda f, one: Call(f, (one,)), st.sampled_from(["sqrt", "ln", "exp", "abs"]), inner
        )
        | st.builds(lambda one, two: Call("max", (one, two)), inner, inner)
        | st.builds(lambda one, low, high: Integral(one, "x", low, high), inner, inner, inner)
        | st.builds(
            Choice, compared | st.builds(lambda c: Logic("not", (c,)), compared), inner, inner
        )
    )


expressions = st.recursive(LEAVES, grown, max_leaves=12)


@given(expression=expressions)
def test_every_expression_is_well_formed_mathematics(expression: Expression) -> None:
    assert ET.fromstring(f"<math>{Setter().of(expression)}</math>").tag == "math"


@given(expression=expressions)
def test_a_box_is_a_rectangle_with_its_baseline_inside(expression: Expression) -> None:
    box = BoxSetter().of(expression)
    assert len({display_width(line) for line in box.lines}) == 1
    assert 0 <= box.baseline < len(box.lines)


def plain(expression: Expression) -> str:
    return re.sub(r"<[^>]*>", "", Setter().of(expression))


def drawn(expression: Expression) -> str:
    return str(BoxSetter({"u"}).of(expression))


A, B, C = Symbol("a"), Symbol("b"), Symbol("c")


def test_a_difference_keeps_its_brackets() -> None:
    difference = Binary("-", A, Binary("-", B, C))
    assert plain(difference) == "a−(b−c)"
    assert drawn(difference) == "a − (b − c)"
    assert plain(Binary("^", Negative(A), Number(2))) == "(−a)2"
    assert drawn(Binary("^", Negative(A), Number(2))) == "(−a)²"
    assert drawn(Negative(Binary("^", A, Number(2)))) == "−a²"


def test_a_fraction_stands_on_its_line() -> None:
    half = Binary("+", A, Binary("/", Binary("*", B, C), Number(2)))
    assert drawn(half) == "     b⋅c\na + ─────\n      2"


def test_the_derivative_of_a_field_is_partial() -> None:
    assert drawn(Derivative("u", "x", 2)) == " ∂²u\n─────\n ∂x²"
    assert drawn(Derivative("y", "t")) == " dy\n────\n dt"
    assert "∂" in Setter({"u"}).of(Derivative("u", "t"))
    assert "∂" not in Setter().of(Derivative("u", "t"))


def test_a_choice_lists_its_branches_one_below_the_other() -> None:
    inner = Choice(Comparison(("<",), (A, Number(2))), B, C)
    box = drawn(Choice(Comparison(("<",), (A, Number(1))), A, inner))
    assert [re.sub(r"^[⎧⎨⎩⎪] *", "", line) for line in box.splitlines()] == [
        "a  if a < 1",
        "b  if a < 2",
        "c  otherwise",
    ]


def test_names_are_set_as_the_field_writes_them() -> None:
    assert [symbol(n) for n in ("alpha", "F0", "Vmax", "EC50", "CL", "v[x]", "k_B", "pk.CL")] == [
        "α", "F₀", "Vₘₐₓ", "EC₅₀", "CL", "vₓ", "k_B", "pk.CL",
    ]  # fmt: skip


def test_every_shipped_law_is_a_page() -> None:
    base = read_library()
    for law in base.laws.values():
        page = document(law)
        assert law.identity in page
        assert all(f">{equation.label}</td>" in page for equation in law.equations)
        for formula in re.findall(r"<math.*?</math>", page):
            ET.fromstring(formula)


def test_what_an_author_wrote_cannot_leave_its_place_in_a_page() -> None:
    base = read_library()
    law = base["damped-oscillator"]
    hostile = "<script>alert(1)</script>"
    object.__setattr__(law, "title", hostile)
    assert hostile not in fragment(law, {hostile: [hostile]})


def test_a_notebook_shows_the_page_and_a_prompt_one_line() -> None:
    law = read_library()["damped-oscillator"]
    assert "<math" in law._repr_html_()
    assert repr(law).startswith("<Law physics.mechanics.damped-oscillator@")
    assert "\n" not in repr(law)
