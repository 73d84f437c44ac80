"""What DMN gives a condition, a cell, a sum or a text is what the imported rule gives it.

The truth is that of the standard, worked out here by a second reader: a comparison with `null` is
neither true nor false, and `if`, a cell and a row take only what is true.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.importers.dmn_texts import (
    OPTIONAL,
    answers,
    decided,
    decision,
    model,
    models,
    refusals,
    rule_of,
    table,
)

from lawc.decision.exact import decide
from lawc.importers.dmn.model import read_dmn
from lawc.importers.dmn.writing import import_decisions
from lawc.importers.imported import ImportRefusedError
from lawc.knowledge.as_of import decision_of

Truth = bool | None
FEW = settings(max_examples=25, deadline=None)


AGES = (3, 5, 6, 7, 8)


def _facts(age: int) -> dict[str, int | None]:
    return {
        "Age": age,
        "N": age if age >= 5 else None,
        "K": age - 1 if age >= 7 else None,
        "B": int(age > 6) if age >= 6 else None,
    }


operands = st.sampled_from(["N", "K", "Age", "6", "7"])
comparisons = st.tuples(
    st.just("compare"),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
    st.sampled_from(["N", "K", "Age"]),
    operands,
)
conditions = st.recursive(
    comparisons | st.just(("flag", "B")),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=5,
)


def _spelled(condition: Any) -> str:
    match condition:
        case ("flag", name):
            return name
        case ("compare", sign, one, other):
            return f"{one} {sign} {other}"
        case ("not", of):
            return f"not({_spelled(of)})"
        case (sign, one, other):
            return f"({_spelled(one)}) {sign} ({_spelled(other)})"
    raise AssertionError(condition)


def _truth(condition: Any, facts: dict[str, int | None]) -> Truth:
    match condition:
        case ("flag", name):
            value = facts[name]
            return None if value is None else bool(value)
        case ("compare", sign, one, other):
            left = facts[one]
            right = facts[other] if other in facts else int(other)
            if sign in ("=", "!="):
                return (left == right) == (sign == "=")
            if left is None or right is None:
                return None
            return {
                "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right
            }[sign]  # fmt: skip
        case ("not", of):
            inner = _truth(of, facts)
            return None if inner is None else not inner
        case (sign, one, other):
            both = [_truth(one, facts), _truth(other, facts)]
            ends = sign == "or"
            return ends if ends in both else None if None in both else not ends
    raise AssertionError(condition)


@FEW
@given(conditions)
def test_a_condition_is_true_false_or_null_as_in_feel(condition: Any) -> None:
    text = _spelled(condition)
    data = models(
        *OPTIONAL,
        decision("Answer", text, "boolean"),
        decision("Taken", f"if {text} then 1 else 2", "number"),
        decision("Opposite", f"if not({text}) then 1 else 2", "number"),
    )
    imported = import_decisions("m.dmn", read_dmn(data))
    assert imported.remarks == ()
    made = decision_of(rule_of(imported.text))
    names = {name: imported.answers[name].name for name in ("Answer", "Taken", "Opposite")}
    for age in AGES:
        found = decide(made, {"Age": Fraction(age)}).values
        truth = _truth(condition, _facts(age))
        said = found[names["Answer"]]
        assert (bool(said) if isinstance(said, Fraction) else None) == truth
        assert found[names["Taken"]] == (1 if truth is True else 2)
        assert found[names["Opposite"]] == (1 if truth is False else 2)


tests = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), st.integers(4, 8)),
    st.tuples(st.just("="), st.one_of(st.integers(4, 8), st.none())),
    st.tuples(st.sampled_from(["[]", "[)", "(]", "()"]), st.integers(3, 6)),
)
cells = st.tuples(st.booleans(), st.lists(tests, min_size=1, max_size=3))


def _cell(cell: tuple[bool, list[tuple[str, int | None]]]) -> str:
    said = []
    for sign, value in cell[1]:
        if sign[0] in "[(":
            assert value is not None
            said.append(f"{sign[0]}{value}..{value + 2}{sign[1]}")
        else:
            said.append(f"{'' if sign == '=' else sign}{'null' if value is None else value}")
    return f"not({', '.join(said)})" if cell[0] else ", ".join(said)


def _hits(cell: tuple[bool, list[tuple[str, int | None]]], subject: int | None) -> bool:
    truths: list[Truth] = []
    for sign, value in cell[1]:
        if sign == "=":
            truths.append(subject == value)
        elif subject is None:
            truths.append(None)
        elif sign[0] in "[(":
            assert value is not None
            low = value <= subject if sign[0] == "[" else value < subject
            high = subject <= value + 2 if sign[1] == "]" else subject < value + 2
            truths.append(low and high)
        else:
            assert value is not None
            truths.append(_truth(("compare", sign, "x", str(value)), {"x": subject}))
    found = True if True in truths else None if None in truths else False
    return found is False if cell[0] else found is True


@pytest.mark.parametrize("name", ["N", "Age"])
@FEW
@given(cell=cells)
def test_a_cell_hits_what_it_hits_in_feel_or_is_refused(name: str, cell: Any) -> None:
    rows = [[_cell(cell), "1"], ["-", "2"]]
    counted = table('hitPolicy="COLLECT" aggregation="COUNT"', rows[:1], inputs=name)
    data = models(
        *OPTIONAL,
        decision("Answer", table('hitPolicy="FIRST"', rows, inputs=name), "number"),
        decision("Number", counted, "number"),
    )
    imported = import_decisions("m.dmn", read_dmn(data))
    refused = {one.where for one in imported.remarks}
    assert name == "N" or not refused
    made = decision_of(rule_of(imported.text))
    for age in AGES:
        found = decide(made, {"Age": Fraction(age)}).values
        hit = _hits(cell, _facts(age)[name])
        if "decision Answer" not in refused:
            assert found[imported.answers["Answer"].name] == (1 if hit else 2)
        assert found[imported.answers["Number"].name] == hit


rows_of_numbers = st.lists(
    st.tuples(st.sampled_from(["<", ">="]), st.integers(0, 6), st.integers(-9, 9)),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("aggregation", ["SUM", "MIN", "MAX", "COUNT"])
@pytest.mark.parametrize("default", [None, 99])
@settings(max_examples=12, deadline=None)
@given(rows=rows_of_numbers)
def test_what_rows_collect_is_what_python_makes_of_them(
    aggregation: str, default: int | None, rows: list[tuple[str, int, int]]
) -> None:
    cells = [[f"{sign} {at}", f"{answer}"] for sign, at, answer in rows]
    made = table(f'hitPolicy="COLLECT" aggregation="{aggregation}"', cells)
    if default is not None:
        said = f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>"
        made = made.replace("</output>", f"{said}</output>", 1)
    data = model(made, output="number")
    collect = {"SUM": sum, "MIN": min, "MAX": max, "COUNT": len}[aggregation]
    for age in range(-1, 7):
        hit = [answer for sign, at, answer in rows if (age < at) == (sign == "<")]
        # Nothing added is nothing, and nothing counted is none of them.
        nothing = 0 if default is None and aggregation == "COUNT" else default
        assert answers(data, Age=age) == [collect(hit) if hit else nothing]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_a_text_keeps_every_letter(text: str) -> None:
    written = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    written = "".join(c if c.isprintable() else f"\\U{ord(c):06x}" for c in written)
    data = models(
        decision("Answer", table("", [[f'"{written}"', "1"], ["-", "2"]], inputs="S").replace(
            "<decisionTable", '<decisionTable hitPolicy="FIRST"'
        ), "number"),
        decision("Said", f'if S = "{written}" then "{written}" else "other"', "string"),
        inputs="S:string",
    )  # fmt: skip
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    imported = import_decisions("m.dmn", read_dmn(data))
    assert imported.remarks == ()
    made = decision_of(rule_of(imported.text))
    words = imported.words["S"]
    given_ = {"S": Fraction(made.port("S").choices.index(words[text]))}
    found = decide(made, dict(given_)).values
    assert found[imported.answers["Answer"].name] == 1
    said = imported.answers["Said"].name
    value = found[said]
    assert isinstance(value, Fraction)
    texts = {word: one for one, word in imported.words[said].items()}
    assert texts[made.port(said).choices[int(value)]] == text


@pytest.mark.parametrize("text", ['"\\u0061"', '"a"', ' "a" '])
def test_a_text_is_the_same_however_it_is_spelled(text: str) -> None:
    data = models(
        decision("Answer", f'if S = {text} and S = "a" then 1 else 2', "number"), inputs="S:string"
    )
    imported = import_decisions("m.dmn", read_dmn(data))
    assert list(imported.words["S"]) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        'S < "b"', "S = 3", "S = true", "Age = true", "Age and true", "not(Age)", "Age or 5",
        "if Age then 1 else 2", "true < false", 'if true then "a" else 1', "if Age > 1 then 1",
        '"\\ud800"', '"\\UFFFFFF"', "1 + S", "[1, null]", "Age between 1", "Age in 1..3",
    ],
)  # fmt: skip
def test_what_feel_gives_no_value_is_refused(text: str) -> None:
    assert refusals(models(decision("Answer", text), inputs="Age:number,S:string"))


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("Age in [5..7]", {5, 6, 7}),
        ("Age in (5..7)", {6}),
        ("Age in (3, >= 7)", {3, 7, 8}),
        ("Age in >6", {7, 8}),
        ("Age in ((5..7), 8)", {6, 8}),
        ("Age between 5 and 6 and Age != 5", {6}),
        ("not(Age in [5..7[)", {3, 7, 8}),
    ],
)
def test_in_and_between_hold_where_they_hold_in_feel(text: str, ages: set[int]) -> None:
    imported = import_decisions("m.dmn", read_dmn(models(decision("Answer", text, "boolean"))))
    assert {age for age in AGES if decided(imported, {"Age": Fraction(age)})} == ages


def test_a_function_of_the_file_is_meant_before_one_of_feel() -> None:
    given_ = '<formalParameter name="n" typeRef="number"/>'
    body = "<literalExpression><text>n * 100</text></literalExpression>"
    function = (
        '<businessKnowledgeModel name="count all"><encapsulatedLogic>'
        f"{given_}{body}</encapsulatedLogic></businessKnowledgeModel>"
    )
    for name in ("even", "count all"):
        data = models(
            decision("Answer", f"{name}(Age)", "number"), function.replace("count all", name)
        )
        assert answers(data, Age=3) == [300]


def test_a_decision_is_not_asked_for_because_its_name_is_part_of_a_word() -> None:
    data = models(
        decision("Total", "a + 1", "number"), decision("a", "Age + 1", "number"),
        decision("t", "Total + a", "number"), decision("Answer", "t", "number"),
    )  # fmt: skip
    assert answers(data, Age=1) == [5]


JAVA = "<context><contextEntry><variable name='class'/><literalExpression><text>\"x\"</text>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (models(decision("Answer", "<literalExpression expressionLanguage='js'><text>1</text>"
                         "</literalExpression>")), "text in js"),
        (models(decision("Answer", "f(1)"), "<businessKnowledgeModel name='f'><encapsulatedLogic "
                "kind='Java'><formalParameter name='n'/>" + JAVA + "</literalExpression>"
                "</contextEntry></context></encapsulatedLogic></businessKnowledgeModel>"), "Java"),
        (models(decision("Answer", table("", [["-", '"a"']]), "number")), "another type"),
        (models(decision("Answer", table('hitPolicy="COLLECT"', [["1", "1"]]), "number")),
         "a list"),
        (models(decision("Answer", table('hitPolicy="PRIORITY"', [["-", "1"]]))), "no order"),
        (models(decision("Answer", table('hitPolicy="RULE ORDER"', [["-", "null"], ["1", "2"]]))),
         "may be `null`"),
        (models(decision("Answer", "Age + 1", "time")), "which no rule has"),
        (models(decision("Answer", "-" * 1900 + "1")), "too deep"),
        (models(decision("Answer", "flatten(" + "[" * 1900 + "1")), "too deep"),
        (models(decision("Answer", "even((" * 40 + "1" + "))" * 40)), "too deep"),
        (models(*(decision(f"D{n}x", f"D{n + 1}x + 1") for n in range(1500))), "too deep"),
    ],
)  # fmt: skip
def test_what_is_no_feel_or_bears_another_type_is_left_out(data: bytes, said: str) -> None:
    assert any(said in one for one in refusals(data))


@pytest.mark.parametrize(
    "data",
    [
        models(decision("Answer", "1"), decision("Answer", "2")),
        models(decision("Age", "1")),
        models(decision("Answer", "1")).replace(b'name="m"', b'name="m" expressionLanguage="x"'),
    ],
)
def test_a_model_that_can_be_read_in_two_ways_is_refused(data: bytes) -> None:
    with pytest.raises(ImportRefusedError):
        read_dmn(data)


def test_allowed_values_that_are_no_list_of_texts_allow_any_other() -> None:
    kind = (
        '<itemDefinition name="kind"><typeRef>string</typeRef><allowedValues>'
        '<text>not("a", "c")</text></allowedValues></itemDefinition>'
    )
    data = models(kind, decision("Answer", 'if S = "b" then 1 else 2', "number"), inputs="S:kind")
    made = decision_of(rule_of(import_decisions("m.dmn", read_dmn(data)).text))
    assert made.port("S").choices == ("b", "another")
