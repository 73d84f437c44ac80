"""A compiled rule answers cases and columns in words, on any day, and says what spoke."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.deciding.hand_made import YEARS, dated_tax, paper_tax, rule_of
from tests.decision.samples import SAMPLES, number_port, yes_no

import lawc
from lawc.deciding.answered import said
from lawc.deciding.given import gather
from lawc.deciding.program import compile_rule
from lawc.decision.decision import Decision, Point, Port, Score
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Named, apply, number
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN
from lawc.diagnostics.diagnostic import CompileError, DomainError, ShapeError

CKD = compile_rule(rule_of(SAMPLES["ckd-risk"].decision))
DEADLINE = compile_rule(rule_of(SAMPLES["objection"].decision))
TAX = compile_rule(dated_tax())
cents = st.integers(0, 20_000_000).map(lambda amount: Fraction(amount, 100))


def test_words_go_in_and_come_out() -> None:
    found = CKD.decide({"eGFR": [26.38, 90, 89.999], "ACR": [350, 30, 29.999]})
    assert found["stage"].tolist() == ["G4", "G1", "G2"]
    assert found["risk"].tolist() == ["very-high", "moderate", "low"]
    assert list(found) == ["stage", "albuminuria", "risk"]


def test_what_spoke_stands_beside_each_answer() -> None:
    found = CKD.decide({"eGFR": [26.38, 90], "ACR": [350, 30]})
    assert found.why("stage").tolist() == ["row 5", "row 1"]
    assert found.why("risk").tolist() == ["row 15", "row 2"]


@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA, "unknown", UNKNOWN])
def test_a_missing_value_is_unknown_unless_the_answer_does_not_depend_on_it(
    missing: object,
) -> None:
    found = CKD.decide({"eGFR": [20, 50], "ACR": [missing, missing]})
    assert found["risk"].tolist() == ["very-high", "unknown"]
    assert found.masks["risk"].tolist() == [0, 1]


def test_a_data_frame_comes_back_with_answers_and_reasons() -> None:
    frame = pandas.DataFrame(
        {"who": ["a", "b", "c"], "eGFR": [26.38, 50.0, 95.0], "ACR": [350.0, np.nan, 5.0]},
        index=[7, 8, 9],
    )
    table = CKD.decide(frame).beside(frame)
    assert list(table.columns) == [
        *("who", "eGFR", "ACR"),
        *("stage", "stage because", "albuminuria", "albuminuria because"),
        *("risk", "risk because"),
    ]
    assert table.index.tolist() == [7, 8, 9]
    assert table["risk"].tolist() == ["very-high", "unknown", "low"]
    assert table.loc[9, "stage because"] == "row 1"


def test_a_column_of_the_frame_is_never_replaced() -> None:
    frame = pandas.DataFrame({"eGFR": [26.38], "ACR": [350.0], "risk": ["as seen"]})
    with pytest.raises(ShapeError, match='the frame has a column "risk" already'):
        CKD.decide(frame).beside(frame)
    with pytest.raises(ShapeError, match="expected a data frame, got dict"):
        CKD.decide(frame).beside({"eGFR": [26.38]})


@pytest.mark.parametrize("lines", [61, 62, 63, 70])
def test_lines_of_a_score_are_never_told_wrong(lines: int) -> None:
    points = tuple(
        Point(number(1), apply("less", number(place), Named("x")), f"p{place}")
        for place in range(lines)
    )
    decided = (number_port("y", None, None),)
    made = Decision((number_port("x", 0, 99),), decided, ("y",), (Score("y", points),))
    program = compile_rule(rule_of(made))
    for x in (0, 1.5, 61.5, 62.5, 90):
        told = ", ".join(program.case({"x": x}).because["y"])
        for found in (program.decide({"x": [x]}), program.reference({"x": [x]})):
            assert found.why("y")[0] in (told, f"some of {lines} lines")
            assert lines > 62 or found.why("y")[0] == told


def test_truths_stay_truths_beside_what_is_unknown() -> None:
    port = Port("p", "yes/no", may_be_unknown=True)
    found = said(port, np.array([0, 1, 1, 0]), np.array([0, 0, 1, 2], np.int8))
    assert found.tolist() == [False, True, "unknown", "not applicable"]
    assert not found[0] and said(port, np.array([0, 1]), None).dtype == np.bool_


def test_dates_and_what_is_not_applicable_go_in_and_out() -> None:
    frame = pandas.DataFrame(
        {
            "sent": pandas.to_datetime(["2024-01-31", "2024-02-26"]),
            "electronic": [True, False],
            "received": ["2024-02-29", date(2024, 4, 3)],
        }
    )
    found = DEADLINE.decide(frame)
    assert found["last_day"].astype(str).tolist()[0] == "2024-02-29"
    assert found["timely"].tolist()[0] is True
    table = found.table()
    assert table["days_late is"][0] == "not applicable"
    assert np.isnan(table["days_late"][0])
    expected = DEADLINE.case(
        {"sent": date(2024, 2, 26), "electronic": "no", "received": date(2024, 4, 3)}
    )
    assert str(found["last_day"][1]) == str(expected["last_day"])


def test_categories_of_pandas_are_read_by_their_words() -> None:
    program = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    words = ["joint", "single", "joint"]
    others = {"income": 50000, "age": [40, 70, 70], "dependent": "no", "children": 0}
    by_word = program.decide({"status": words, **others})
    status = pandas.Series(pandas.Categorical(words))
    by_category = program.decide({"status": status, **others})
    for name in by_word:
        assert by_word[name].tolist() == by_category[name].tolist()


@given(rows=st.lists(st.tuples(cents, st.sampled_from(YEARS)), min_size=1, max_size=6))
def test_each_row_is_decided_by_the_law_of_its_day(rows: list[tuple[Fraction, int]]) -> None:
    days = np.array([f"{year}-07-01" for _, year in rows], dtype="datetime64[D]")
    found = TAX.decide({"income": [float(income) for income, _ in rows]}, as_of=days)
    assert [Fraction(repr(float(tax))) for tax in found["tax"]] == [
        paper_tax(income, year) for income, year in rows
    ]
    alone = [
        compile_rule(TAX.rule, as_of=str(day)).decide({"income": float(income)})
        for (income, _), day in zip(rows, days, strict=True)
    ]
    assert found["tax"].tolist() == [one["tax"][0] for one in alone]
    assert found.why("tax").tolist() == [one.why("tax")[0] for one in alone]


def test_a_day_decides_to_the_day() -> None:
    found = TAX.decide({"income": 50000}, as_of=["2023-12-31", "2024-01-01"])
    assert found["tax"].tolist() == [
        float(paper_tax(Fraction(50000), year)) for year in (2023, 2024)
    ]


def test_days_outside_the_law_are_refused() -> None:
    with pytest.raises(CompileError, match="not in force on 2025-01-01"):
        compile_rule(TAX.rule, as_of="2025-01-01")
    with pytest.raises(CompileError, match="not in force on 2025-01-01"):
        TAX.decide({"income": [1, 2]}, as_of=["2024-12-31", "2025-01-01"])
    with pytest.raises(CompileError, match="ask as of a date"):
        TAX.decide({"income": 1})
    with pytest.raises(DomainError, match="expected a date such as 2024-07-01"):
        compile_rule(TAX.rule, as_of="July 2024")


def test_a_program_with_a_day_takes_no_other() -> None:
    program = compile_rule(TAX.rule, as_of="2024-07-01")
    assert program.decide({"income": 50000})["tax"][0] == float(paper_tax(Fraction(50000), 2024))
    with pytest.raises(CompileError, match="already asks as of 2024-07-01"):
        program.decide({"income": 50000}, as_of="2023-07-01")


def test_a_signature_asks_for_a_part() -> None:
    program = compile_rule(CKD.rule, "eGFR -> stage")
    assert program.decide({"eGFR": [44.9]})["stage"].tolist() == ["G3b"]
    assert len(program.decision.steps) == 1
    assert str(program.signature) == "eGFR -> stage"


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ("eGFR -> risk", "also depend on ACR"),
        ("eGFR ACR -> stage", "do not depend on ACR"),
        ("eGFR -> stge", "did you mean stage"),
        ("stage ACR -> risk", "stage is decided by the rule"),
        ("eGFR -> ACR", "ACR is given, not decided"),
        ("eGFR ACR", "an arrow"),
        ("eGFR eGFR -> stage", "stands twice"),
    ],
)
def test_a_signature_that_does_not_fit_is_refused(signature: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        compile_rule(CKD.rule, signature)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"eGFR": [50]}, 'expected a column for "ACR"'),
        ({"eGFR": [50, 60], "ACR": [1, 2, 3]}, "expected shape"),
        ({"eGFR": [None, 60], "ACR": 1}, "eGFR is missing in row 0"),
        ({"eGFR": ["high"], "ACR": 1}, "expected a number for eGFR"),
        ({"eGFR": [Decimal("50.00000000000000000001")], "ACR": 1}, "more digits"),
        ({"eGFR": [[50.0]], "ACR": 1}, "expected shape"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: dict[str, object], said: str) -> None:
    with pytest.raises((ShapeError, DomainError), match=said):
        CKD.decide(columns)


def test_a_word_that_is_no_choice_is_refused() -> None:
    program = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    case = {"income": 1, "age": 1, "dependent": "no", "children": 0}
    with pytest.raises(DomainError, match="expected single or joint for status, got 'married'"):
        program.decide({**case, "status": ["married"]})
    with pytest.raises(DomainError, match="expected yes or no for dependent, got 'perhaps'"):
        program.decide({**case, "status": "joint", "dependent": ["perhaps"]})


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_case_in_words_is_the_case_in_numbers(name: str) -> None:
    sample = SAMPLES[name]
    program = compile_rule(rule_of(sample.decision))
    for given_values, expected in sample.cases:
        said = {
            port.name: None
            if given_values[port.name] is UNKNOWN
            else port.choices[int(given_values[port.name])]  # type: ignore[arg-type]
            if port.choices
            else bool(given_values[port.name])
            if port.kind == "yes/no"
            else date.fromordinal(int(given_values[port.name]))  # type: ignore[arg-type]
            if port.kind == "date"
            else given_values[port.name]
            for port in sample.decision.inputs
        }
        answer = program.case(said)
        truth = decide(sample.decision, given_values)
        for port in sample.decision.decided:
            value, word = truth.values[port.name], answer.steps[port.name]
            if value in (UNKNOWN, NOT_APPLICABLE):
                assert word is value
            elif port.choices:
                assert port.choices.index(str(word)) == value
            else:
                assert (word.toordinal() if isinstance(word, date) else word) == value
            if port.name in expected:
                assert expected[port.name] == value


def test_a_case_explains_itself() -> None:
    lines = str(CKD.case({"eGFR": 26.38, "ACR": 350})).splitlines()
    assert " ".join(lines[0].split()) == "stage = G4 row 5: eGFR 15 ..< 30"
    assert lines[2].split() == [
        "risk",
        "=",
        "very-high",
        "row",
        "15:",
        "stage",
        "G4,",
        "albuminuria",
        "A3",
    ]


def test_a_case_out_of_range_is_refused_by_name() -> None:
    with pytest.raises(DecisionError, match=r"eGFR = 900 lies outside of 0 \.\. 200"):
        CKD.case({"eGFR": 900, "ACR": 1})


def test_lawc_compiles_rules_as_it_compiles_laws() -> None:
    program = lawc.compile(TAX.rule, "income -> tax", as_of="2010-03-04")
    assert repr(program).startswith("law.test.income-tax: income -> tax as of 2010-03-04")
    assert program.decide({"income": 50000})["tax"][0] == float(paper_tax(Fraction(50000), 2010))


def test_an_open_case_says_what_can_be_and_what_to_ask() -> None:
    assert CKD.possible({"eGFR": 50})["risk"] == "moderate or high or very-high"
    assert CKD.possible({"eGFR": 20})["risk"] == "very-high"
    assert list(CKD.ask({"eGFR": 50})) == ["ACR"]
    assert set(CKD.ask({})) == {"eGFR", "ACR"}
    assert CKD.possible({"ACR": 5})["stage"] == "G1 or G2 or G3a or G3b or G4 or G5"


def test_no_row_is_decided_as_of_no_day() -> None:
    found = TAX.decide({"income": []}, as_of=[])
    assert len(found) == 0 and found["tax"].shape == (0,) and found.why("tax").shape == (0,)
    assert found["tax"].dtype == TAX.decide({"income": [1]}, as_of=["2020-05-01"])["tax"].dtype


def test_a_row_that_is_refused_is_named_by_its_place_among_all() -> None:
    days = ["2020-05-01", "2021-05-01", "2020-05-01", "2022-05-01"]
    with pytest.raises(DecisionError, match=r"row 2: income = -5 lies outside"):
        TAX.decide({"income": [1, 1, -5, 1]}, as_of=days)
    with pytest.raises(DecisionError, match=r"row 1: income = 0\.005 is no multiple of 0\.01"):
        TAX.decide({"income": [1, 0.005, 1, 1]}, as_of=days)


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=6))
def test_a_yes_or_no_means_the_same_however_it_is_written(said: list[bool | None]) -> None:
    port = yes_no("known", may_be_unknown=True)
    words = {True: "yes", False: "No", None: "unknown"}
    for column in (
        said,
        [words[one] for one in said],
        np.array([np.nan if one is None else float(one) for one in said]),
        pandas.Series([words[one] if one is not None else None for one in said]).astype("category"),
    ):
        values, masks, rows = gather([port], {"known": column})
        assert rows == len(said)
        assert values["known"].tolist() == [int(bool(one)) for one in said]
        missing = masks.get("known", np.zeros(rows))
        assert missing.tolist() == [int(one is None) for one in said]
