"""Types, and what is worked out of texts and lists that are written out, are as DMN has them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.importers.dmn_texts import (
    OPTIONAL,
    answers,
    decided,
    decision,
    models,
    refusals,
    values_of,
)

from lawc.importers.dmn.model import read_dmn
from lawc.importers.dmn.writing import import_decisions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('number("1.000.000,01", ".", ",")', Fraction(100000001, 100)),
        ('number("-1 000.5", " ", ".")', Fraction(-10005, 10)),
        ('number("1,000", ",", null)', Fraction(1000)),
        ('number(from: "7,5", decimal separator: ",", grouping separator: null)', Fraction(15, 2)),
        ('number("1,000.5", ",", ",")', None),
        ('number("1.5.0", null, ".")', None),
        ('number("1.5", null, ",")', None),
        ("number(12, null, null)", None),
        ('2 * number("-.5", null, null)', Fraction(-1)),
    ],
)
def test_a_number_that_is_written_out_is_read(text: str, expected: Fraction | None) -> None:
    assert answers(models(decision("Answer", text, "number")), Age=1) == [expected]


def test_the_case_of_a_text_that_is_written_out_is_changed() -> None:
    said = 'if S = upper case("ab") then lower case("Ab ") else upper case("x")'
    imported = import_decisions(
        "m.dmn", read_dmn(models(decision("Answer", said, "string"), inputs="S:string"))
    )
    assert imported.remarks == ()
    assert "AB" in imported.words["S"]
    assert {"ab ", "X"} <= imported.words["Answer"].keys()
    assert refusals(models(decision("Answer", "upper case(S)"), inputs="S:string"))


@pytest.mark.parametrize(
    ("text", "truths"),
    [
        ("N instance of number", {3: False, 5: True}),
        ("not(N instance of number)", {3: True, 5: False}),
        ("N instance of Any", {3: False, 5: True}),
        ("N instance of string", {3: False, 5: False}),
        ("null instance of Any", {3: False}),
        ("Age instance of number and Age > 4", {3: False, 5: True}),
        ('date("2020-02-29") instance of date', {3: True}),
        ('date and time("2020-02-29T10:00:00") instance of date', {3: False}),
        ('duration("P1Y2M") instance of years and months duration', {3: True}),
        ('duration("P1DT2H") instance of years and months duration', {3: False}),
        ("[1, 2] instance of list<Any>", {3: True}),
        ("[1] instance of number", {3: False}),
        ('"a" instance of function<function<>->Any, number>->list<number>', {3: False}),
    ],
)
def test_a_type_is_asked_for_as_in_feel(text: str, truths: dict[int, bool]) -> None:
    data = models(*OPTIONAL, decision("Answer", text, "boolean"))
    imported = import_decisions("m.dmn", read_dmn(data))
    assert imported.remarks == ()
    for age, truth in truths.items():
        assert decided(imported, {"Age": Fraction(age)}) == truth


@pytest.mark.parametrize(
    "text",
    [
        "Age instance of mine", "[1] instance of list<number>", "Age + 1 instance of number",
        'duration("P") instance of Any', 'duration("P1M1D") instance of Any',
        'time("25:00:00") instance of time', "Age instance of function<", "N + 1 instance of date",
        "Age instance", "x instance of number",
    ],
)  # fmt: skip
def test_a_type_that_is_not_known_is_refused(text: str) -> None:
    assert refusals(models(*OPTIONAL, decision("Answer", text)))


LISTS = (
    '<itemDefinition name="numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("text", "type_name", "expected"),
    [
        ("Age", "numbers", [Fraction(3)]),
        ("[Age]", "number", [Fraction(3)]),
        ("[Age, 2]", "number", [None]),
        ('["a"]', "number", [None]),
        ('"a"', "numbers", [None]),
        ("null", "numbers", [None]),
    ],
)
def test_one_value_stands_for_the_list_of_it_and_back(
    text: str, type_name: str, expected: list[Fraction | None]
) -> None:
    imported = import_decisions(
        "m.dmn", read_dmn(models(LISTS, decision("Answer", text, type_name)))
    )
    assert not any(one.is_error for one in imported.remarks)
    answer = imported.answers["Answer"]
    assert (answer.entries is not None) == (type_name == "numbers" and expected != [None])
    assert values_of(imported, {"Age": Fraction(3)}) == expected


def test_a_type_that_an_expression_declares_is_held_too() -> None:
    data = models(decision("Answer", "Age").replace(
        "<literalExpression", '<literalExpression typeRef="string"'
    ))  # fmt: skip
    imported = import_decisions("m.dmn", read_dmn(data))
    assert values_of(imported, {"Age": Fraction(3)}) == [None]
    both = data.replace(b'name="Answer" typeRef=""', b'name="Answer" typeRef="number"')
    assert "another type" in refusals(both)[0]
