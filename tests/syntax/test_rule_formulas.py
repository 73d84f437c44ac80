"""A formula of a rule is read as one of a law is, and says more: days, words, what is unknown."""

from datetime import date

import pytest
from formulas import (
    SCOPE,
    condition_of,
    plain_choices,
    plain_conditions,
    plain_values,
    slice_of,
    value_of,
)
from hypothesis import given
from hypothesis import strategies as st

from lawc.syntax.refusal import UnreadableError
from lawc.syntax.rules.formulas import read_value
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Binary, Call, Comparison, Date, Logic, Name, Node, Number, walk
from lawc.syntax.writing import write

RULE = Scope(
    "a.rule", frozenset(("x", "stage", "age")), words=frozenset(("very-high", "A+", "18-25"))
)


def rule_value(text: str, scope: Scope = RULE) -> Node:
    """Return the tree of a formula of a rule."""
    return read_value(text, 0, len(text), scope)


def refused(text: str) -> str:
    """Return the headline about a formula that cannot be read."""
    with pytest.raises(UnreadableError) as caught:
        rule_value(text)
    return caught.value.finding.headline


@given(st.one_of(plain_values, plain_choices))
def test_values_of_laws_mean_the_same_in_rules(text: str) -> None:
    assert read_value(text, 0, len(text), SCOPE) == value_of(text)


@given(plain_conditions)
def test_conditions_of_laws_mean_the_same_in_rules(text: str) -> None:
    assert read_value(text, 0, len(text), SCOPE) == condition_of(text)


@given(st.dates())
def test_a_day_is_one_value(day: date) -> None:
    text = f"x >= {day.isoformat()}"
    tree = rule_value(text)
    assert isinstance(tree, Comparison)
    assert tree.operands[1] == Date(tree.operands[1].place, day.toordinal())
    assert slice_of(text, tree.operands[1].place) == day.isoformat()
    assert write(tree) == text


@pytest.mark.parametrize("word", ["very-high", "A+", "18-25", "not-declared", "yes"])
def test_a_word_that_is_no_quantity_is_one_name(word: str) -> None:
    tree = rule_value(f"stage = {word}")
    assert isinstance(tree, Comparison)
    assert tree.operands[1] == Name(tree.operands[1].place, word)


def test_a_hyphen_beside_a_quantity_is_a_minus() -> None:
    assert isinstance(rule_value("x-age"), Binary)
    assert isinstance(rule_value("x-other"), Binary)
    assert isinstance(rule_value("18-26"), Binary)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("x is known", "is_known(x)"),
        ("x is unknown", "not is_known(x)"),
        ("x is not known", "not is_known(x)"),
        ("x is applicable", "is_applicable(x)"),
        ("x is not applicable and age > 3", "not is_applicable(x) and age > 3"),
        ("x + 1 is one of 2, 3, 4", "x + 1 = 2 or x + 1 = 3 or x + 1 = 4"),
        ("stage is one of a, b and age > 3", "(stage = a or stage = b) and age > 3"),
        ("not (stage is one of a)", "not stage = a"),
        ("stage is not one of a, b", "not (stage = a or stage = b)"),
        ("resident or not (age >= 18)", "resident or not age >= 18"),
        ("if resident then age > 3 else married", "if resident then age > 3 else married"),
        ("if a then 1 else if b then 2 else 3", "if a then 1 else if b then 2 else 3"),
        ("not a and b or c", "(not a and b) or c"),
    ],
)
def test_conditions_are_written_as_people_say_them(text: str, meant: str) -> None:
    assert write(rule_value(text)) == write(rule_value(meant))


def test_a_list_of_words_ends_where_a_condition_begins() -> None:
    tree = rule_value("max(stage is one of a, b, x)")
    assert isinstance(tree, Call) and len(tree.arguments) == 1
    listed = [node for node in walk(tree) if isinstance(node, Comparison)]
    assert len(listed) == 3
    assert isinstance(rule_value("x is one of -1, 2 [m]"), Logic)


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("x +", "the line ends where a value belongs"),
        ("(x", "this bracket is opened and not closed"),
        ("x)", "this bracket closes none"),
        ("2 x", "two values stand side by side, and nothing says what joins them"),
        ("9.81 m/s^2", "the unit `m/s^2` stands without brackets"),
        ("1,5", "a comma stands inside a number"),
        ("x == 2", "`==` stands where one `=` is meant"),
        ("2024-02-30", "there is no day `2024-02-30`"),
        ("2024-7-1", "`2024-7-1` is not written as a day is"),
        ("x is very", "`is` stands where an operator, a comparison or the end belongs"),
        ("x + not age", "`not` stands where a value belongs"),
        ("∂x/∂age", "a rule has no derivatives"),
        ("sum(i of x)", "`of` stands where `in` belongs"),
        ("sum(i in x, i)", "`,` stands where `:` belongs"),
        ("", "this line ends before it says anything"),
    ],
)
def test_a_mistake_is_said_in_plain_words(text: str, headline: str) -> None:
    assert refused(text) == headline


@pytest.mark.parametrize(
    "text",
    [
        "(" * 61 + "x" + ")" * 61,
        "(" * 40 + "2024-01-01 - " + "(" * 40 + "x" + ")" * 80,
        "not " * 3000 + "x",
        "-" * 3000 + "x",
        "x^" * 200 + "2",
        "if x then x else " * 100 + "x",
        "x + " * 5000 + "x",
        "2024-01-01 + " * 2000 + "x",
        "x is one of " + "1, " * 3000 + "1",
    ],
)
def test_what_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        rule_value(text)


def test_numbers_keep_what_was_written() -> None:
    tree = rule_value("0.1 [USD]")
    assert isinstance(tree, Number) and tree.text == "0.1" and tree.unit is not None
