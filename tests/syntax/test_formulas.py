"""A formula is one tree: it can be written and read again, and every part knows its text."""

import pytest
from formulas import bare, condition_of, conditions, law, read, sides, slice_of, value_of
from hypothesis import given

from lawc.syntax.tree import (
    Binary,
    Comparison,
    Derivative,
    Logic,
    Name,
    Number,
    Range,
    UnitText,
    walk,
)
from lawc.syntax.writing import write


@given(sides)
def test_a_value_that_is_written_reads_back_to_the_same_tree(text: str) -> None:
    tree = value_of(text)
    assert bare(value_of(write(tree))) == bare(tree)
    assert write(value_of(write(tree))) == write(tree)


@given(conditions)
def test_a_condition_that_is_written_reads_back_to_the_same_tree(text: str) -> None:
    tree = condition_of(text)
    assert bare(condition_of(write(tree))) == bare(tree)


@given(sides)
def test_the_place_of_a_part_holds_the_text_of_that_part(text: str) -> None:
    derived = set()
    for node in walk(value_of(text)):
        part = slice_of(text, node.place)
        if isinstance(node, Derivative):
            # Those of a mixed derivative stand in one place.
            if node.place in derived:
                continue
            derived.add(node.place)
        if isinstance(node, Name):
            assert part in (node.name, "√", "µ")
        elif isinstance(node, Number) and part[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
            assert len(part) == len(node.text)
        elif isinstance(node, Comparison | Logic):
            assert bare(condition_of(part)) == bare(node)
        elif not isinstance(node, UnitText | Range) and not part.startswith("⁻"):
            assert bare(value_of(part)) == bare(node)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-x^2", "-(x^2)"),
        ("x^2^3", "x^(2^3)"),
        ("m/x*t", "(m/x)*t"),
        ("m - x - t", "(m - x) - t"),
        ("2^-x", "2^(-x)"),
        ("x^-t^2", "x^(-(t^2))"),
        ("-x*t", "(-x)*t"),
        ("m*dx/dt", "m*(dx/dt)"),
        ("m×x − t²", "m*x - t^2"),
        ("√(x)", "sqrt(x)"),
        ("∂²x/∂t²", "d2x/dt2"),
        ("x⁻¹", "x^-1"),
    ],
)
def test_signs_bind_as_in_a_textbook(text: str, same: str) -> None:
    assert bare(value_of(text)) == bare(value_of(same))


@pytest.mark.parametrize(
    ("text", "value", "uncertainty"),
    [
        ("1e-3", 1e-3, 0.0),
        ("6.67430(15)e-11", 6.67430e-11, 1.5e-15),
        ("8.31(2)", 8.31, 0.02),
        ("60", 60, 0.0),
        (".5", 0.5, 0.0),
        ("1.", 1.0, 0.0),
    ],
)
def test_a_number_has_the_value_and_the_uncertainty_written(
    text: str, value: float, uncertainty: float
) -> None:
    node = value_of(text)
    assert (node.value, node.uncertainty) == (value, uncertainty)
    assert isinstance(node.value, int) == text.isdigit()


def test_two_points_between_numbers_are_a_range() -> None:
    document, findings = read(law(symbols="n : number [1] 1..2"))
    declaration = document.blocks[0].symbols[0]
    assert not findings
    assert isinstance(declaration.low, Number) and declaration.low.value == 1
    assert isinstance(declaration.high, Number) and declaration.high.value == 2


def test_a_chain_of_comparisons_is_one_node() -> None:
    node = condition_of("0 [K] < t ≤ 3000 [K]")
    assert node.operators == ("<", "<=")
    assert [write(operand) for operand in node.operands] == ["0 [K]", "t", "3000 [K]"]


def test_conditions_group_and_before_or_and_keep_their_brackets() -> None:
    node = condition_of("t < 1 or x < 1 and m < 1 or S < 1")
    assert [len(node.operands), node.operands[1].operator] == [3, "and"]
    grouped = condition_of("(t < 1 or x < 1) or m < 1")
    assert len(grouped.operands) == 2


def test_a_product_of_numbers_with_units_keeps_each_unit() -> None:
    node = value_of("2 [m]*3 [s]")
    assert isinstance(node, Binary)
    left, right = node.left, node.right
    assert isinstance(left, Number) and isinstance(right, Number)
    assert left.unit is not None and right.unit is not None
    assert (left.unit.text, right.unit.text) == ("m", "s")
    assert slice_of("2 [m]*3 [s]", left.unit.place) == "m"


def test_the_derivative_of_an_expression_keeps_the_expression() -> None:
    node = value_of("d2/dt2(m*x)")
    assert isinstance(node, Derivative)
    assert (write(node.of), node.by.name, node.order) == ("m*x", "t", 2)
