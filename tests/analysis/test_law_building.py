"""A law is known in SI, with what its author wrote kept where it matters."""

from __future__ import annotations

import math

import pytest
from analysis_texts import checked, law

from lawc.analysis.numbers import evaluate
from lawc.knowledge.expression import Binary, Derivative, Number, Symbol
from lawc.knowledge.law import Always, Relation

SPRING = """
    x : extension  [cm]    0 .. 50
    k : stiffness  [N/m]   1 .. 1000 log
    F : force      [kN]
"""


def spring(checks: str = "", equation: str = "F = k*x"):
    return checked(law(SPRING, equation, checks=checks) if checks else law(SPRING, equation)).law


def test_an_identity_is_the_path_without_its_shelf_and_the_name() -> None:
    assert spring().identity == "tests.file1.tested"


def test_ranges_stay_in_the_declared_unit() -> None:
    x = spring().quantities["x"]
    assert (x.low, x.high, x.unit.text, x.unit.factor) == (0, 50, "cm", 0.01)


def test_numbers_with_a_unit_become_si_and_integers_stay_integers() -> None:
    equation = spring(equation="F = k*x^2/(2 [cm]) + 3 [N]").equations[0]
    numbers = {
        node.value: type(node.value)
        for node in (equation.right.left.right, equation.right.right)  # type: ignore[attr-defined]
    }
    assert numbers == {0.02: float, 3: int}


def test_value_is_the_plain_number_of_a_unit() -> None:
    text = law("T : temperature [K] 280 .. 300\ny : number [1]", "y = value(T, [degC])/10")
    right = checked(text).law.equations[0].right
    assert evaluate(right, {"T": 293.15}) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("written", "value", "tolerance"),
    [
        ("F = 2.50 [kN]", 2500, 5),
        ("F = 2500 [N]", 2500, 0.5),
        ("F = 2.5e3 [N]", 2500, 50),
        ("F = 2.5 [kN] within 0.1", 2500, 100),
        ("F = 2.5 [kN] within 1 [N]", 2500, 1),
        ("F = 2.5 [kN] within 2 [%]", 2500, 50),
        ("F = -2.5 [kN] within 2 [%]", -2500, 50),
    ],
)
def test_a_tolerance_is_absolute_and_half_a_digit_where_none_is_given(
    written: str, value: float, tolerance: float
) -> None:
    example = spring(f"example: {written} given k = 50 [N/cm], x = 50 [cm]").examples[0]
    assert example.value == pytest.approx(value)
    assert example.tolerance == pytest.approx(tolerance)
    assert example.given == pytest.approx({"k": 5000.0, "x": 0.5})


def test_pi_may_carry_a_unit_in_an_example() -> None:
    example = spring("example: F = 0 [N] within 1 given k = 50 [N/cm], x = pi [cm]").examples[0]
    assert example.given["x"] == pytest.approx(math.pi / 100)


def test_claims_keep_their_sentence_and_their_region() -> None:
    claims = spring("""
        always F >= 0 [N] where x >= 0 [cm]
        always F scales with x ^ 1
        always F -> 0 [N] as x -> 0 [cm]
        always F rises with k
    """).claims
    assert [claim.form for claim in claims] == [
        Always.COMPARISON,
        Always.SCALES,
        Always.LIMIT,
        Always.RISES,
    ]
    assert claims[0].where and claims[1].by == "x" and claims[2].towards == Number(0)
    assert "F rises with k" in claims[3].text


def test_a_derivative_of_a_product_follows_the_chain_rule() -> None:
    symbols = """
        t : time [s] 0 .. 1
        m : mass (t) [kg]
        v : speed (t) [m/s]
        F : force [N] 1 .. 2
        q : burning [kg/s] 1 .. 2
        a, b : starts [kg] 1 .. 2
        c : start [m/s] 1 .. 2
    """
    text = law(
        symbols,
        "push: d/dt(m*v) = F\nburn: dm/dt = -q + 0*a/b*q",
        initial="m = a at t = 0 [s]\nv = c at t = 0 [s]",
    )
    left = checked(text).law.equations[0].left
    dm, dv = Derivative("m", "t", 1), Derivative("v", "t", 1)
    assert left == Binary("+", Binary("*", dm, Symbol("v")), Binary("*", Symbol("m"), dv))


def test_equations_have_labels_of_their_own() -> None:
    symbols = "a : a [1] 1 .. 2\nb : b [1]\nc : c [1]\nd : d [1]"
    equations = checked(law(symbols, "first: b = a\nc := a\n2*d ~= a")).law.equations
    assert [e.label for e in equations] == ["first", "c", "equation-3"]
    assert [e.relation for e in equations] == [Relation.LAW, Relation.DEFINITION, Relation.FIT]


def test_constants_are_imported_in_si() -> None:
    constants = """constants codata@2022.0.0
  title "values"
  source "a book"

  R : gas constant = 0.0831446(3) ± 0.001 [L*bar/mol/K]
""".replace("(3)", "")
    symbols = "T : t [K] 100 .. 200\nn : n [mol] 1 .. 2\nE : energy [J]"
    text = law(symbols, "E = n*R*T").replace("  symbols", "  import  codata@2022 (R)\n\n  symbols")
    known = checked(constants, text).law
    assert known.constants["R"].value == pytest.approx(8.31446)
    assert known.constants["R"].uncertainty == pytest.approx(0.1)
    assert known.constants["R"].source == "tests.file1.codata"


def test_what_is_known_may_be_imported_and_is_replaced_by_a_law_of_the_same_identity() -> None:
    known = checked(law(SPRING, "F = k*x")).base
    again = checked(law(SPRING, "F = 2*k*x"), known=known)
    assert again.codes == []
    assert len(again.base) == 1
    assert again.law.equations[0].right == Binary(
        "*", Binary("*", Number(2), Symbol("k")), Symbol("x")
    )


def test_a_law_with_an_error_is_not_known() -> None:
    assert len(checked(law(SPRING, "F = k")).base) == 0


@pytest.mark.parametrize(
    "equation",
    ["F = k*", "F = log(k)*x", "F = k*x*y", "F = value(k)*x", "F = foo(k)*x", "F = k*x [m", "F"],
)
def test_a_broken_line_is_reported_once_and_breaks_nothing_else(equation: str) -> None:
    assert len(checked(law(SPRING, equation)).findings) == 1
