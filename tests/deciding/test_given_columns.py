"""Columns mean the same in every dress, and what they cannot mean is refused in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas
import pint
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES, day_port, integer_port, money_port, number_port, one_of

from lawc.deciding.given import gather
from lawc.deciding.program import compile_rule
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.decision import Clause, Clauses, Decision, Port
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Named, Number, apply
from lawc.decision.values import NOT_APPLICABLE, exact
from lawc.diagnostics.diagnostic import CompileError, DomainError, ShapeError
from lawc.lowering.columns import Columns

CKD = compile_rule(rule_of(SAMPLES["ckd-risk"].decision))
INCOME = compile_rule(rule_of(SAMPLES["income-tax"].decision))
TAX = compile_rule(dated_tax())
AMOUNT = number_port("x", -(2**40), 2**40, may_be_unknown=True)
WORD = one_of("w", "none", "Mild", "na", may_be_unknown=True)
DIGIT = one_of("k", "1", "2", "30", may_be_unknown=True)
TRUTH = Port("p", "yes/no", may_be_unknown=True)
DAY = day_port("d", "1900-01-01", "2099-12-31")

numbers = st.lists(st.none() | st.integers(-(2**20), 2**20), max_size=6)
dates = st.lists(st.dates(date(1900, 1, 1), date(2099, 12, 31)), min_size=1, max_size=5)


def torched(values: list[int | None]) -> Any:
    floats = [float("nan") if v is None else float(v) for v in values]
    return torch.tensor(floats, dtype=torch.float64, requires_grad=True)


def masked(values: list[int | None]) -> Any:
    return np.ma.masked_array([v or 0 for v in values], mask=[v is None for v in values])


def turned(values: list[int | None]) -> Any:
    floats = np.array([np.nan if v is None else v for v in values], float)
    return np.repeat(floats, 2)[::-2][::-1]


NUMBERS = {
    "objects": lambda values: np.array([*values, None], dtype=object)[:-1],
    "numpy": lambda values: [None if v is None else np.float32(v) for v in values],
    "fractions": lambda values: [None if v is None else Fraction(v) for v in values],
    "decimals": lambda values: [Decimal("nan") if v is None else Decimal(v) for v in values],
    "single": lambda values: np.array([np.nan if v is None else v for v in values], np.float32),
    "swapped": lambda values: np.array([np.nan if v is None else v for v in values], ">f8"),
    "turned": turned,
    "masked": masked,
    "torch": torched,
    "nullable": lambda values: pandas.Series(values, dtype="Int64"),
    "series": lambda values: pandas.Series(values, dtype="float64"),
}


@pytest.mark.parametrize("dress", NUMBERS)
@given(values=numbers)
def test_numbers_mean_the_same_in_every_dress(dress: str, values: list[int | None]) -> None:
    found, masks, rows = gather([AMOUNT], {"x": NUMBERS[dress](values)})
    absent = masks.get("x", np.zeros(rows, np.int8)).tolist()
    assert rows == len(values)
    assert [None if a else v for a, v in zip(absent, found["x"].tolist(), strict=True)] == values


EAST = timezone(timedelta(hours=9))
DAYS = {
    "dates": list,
    "text": lambda days: [day.isoformat() for day in days],
    "text of times": lambda days: [f"{day}T23:59:00-07:00" for day in days],
    "times": lambda days: [datetime(d.year, d.month, d.day, 23, 30, tzinfo=EAST) for d in days],
    "series of times elsewhere": lambda days: pandas.Series(
        [pandas.Timestamp(f"{d}T12:00", tz="Asia/Tokyo") for d in days]
    ),
    "index in UTC": lambda days: pandas.DatetimeIndex(
        [datetime(d.year, d.month, d.day, 23, tzinfo=UTC) for d in days]
    ),
    "periods": lambda days: pandas.Series([pandas.Period(d.isoformat(), "D") for d in days]),
    "numbers": lambda days: [day.toordinal() for day in days],
    "floats": lambda days: [float(day.toordinal()) for day in days],
    "categories": lambda days: pandas.Series(pandas.Categorical([d.isoformat() for d in days])),
    **{
        unit: lambda days, unit=unit: np.array(days, "datetime64[D]").astype(f"datetime64[{unit}]")
        for unit in ("D", "h", "s", "ms", "us", "ns")
    },
}


@pytest.mark.parametrize("dress", DAYS)
@given(days=dates)
def test_days_mean_the_same_in_every_dress(dress: str, days: list[date]) -> None:
    found, _, _ = gather([DAY], {"d": DAYS[dress](days)})
    assert found["d"].tolist() == [day.toordinal() for day in days]


@pytest.mark.parametrize(
    "given_days",
    [
        ["2024"],
        ["2024-07"],
        ["today"],
        np.array(["2024-07"], "datetime64[M]"),
        [pandas.Period("2024-07", "M")],
        [19905.5],
        [True],
    ],
)
def test_what_is_longer_or_shorter_than_a_day_is_no_day(given_days: Any) -> None:
    with pytest.raises(DomainError, match=r"expected (a date|dates) such as 2024-07-01 for d"):
        gather([DAY], {"d": given_days})


words = st.lists(st.sampled_from([*WORD.choices, "NONE", "mild", "NA", "unknown", None]))


@given(values=words)
def test_words_mean_the_same_in_every_dress(values: list[str | None]) -> None:
    codes = {"none": 0, "NONE": 0, "Mild": 1, "mild": 1, "na": 2, "NA": 2}
    expected = [codes.get(value or "", -1) for value in values]
    dresses = [
        values,
        np.array([*values, None], dtype=object)[:-1],
        pandas.Series(values, dtype="string"),
        pandas.Series(pandas.Categorical(values)),
        pandas.Series(pandas.Categorical(values, categories=["other", *dict.fromkeys(values)]))
        if None not in values
        else values,
    ]
    for dress in dresses:
        found, masks, rows = gather([WORD], {"w": dress})
        mask = masks.get("w", np.zeros(rows, np.int8))
        assert np.where(mask == 0, found["w"], -1).tolist() == expected


@pytest.mark.parametrize(
    "column", [["1", "30"], [1, 30], [1.0, 30.0], np.array([1, 30], np.int8), torch.tensor([1, 30])]
)
def test_words_that_are_numbers_are_given_as_numbers(column: Any) -> None:
    found, _, _ = gather([DIGIT], {"k": column})
    assert found["k"].tolist() == [0, 2]
    with pytest.raises(DomainError, match="expected 1 or 2 or 30 for k, got 0"):
        gather([DIGIT], {"k": [0, 1]})


@pytest.mark.parametrize(
    ("port", "column", "said"),
    [
        (WORD, np.array([True, False]), "expected none or Mild or na for w, got True"),
        (WORD, [{"a": 1}], "expected none or Mild or na for w, got"),
        (TRUTH, ["perhaps"], "expected yes or no for p, got 'perhaps'"),
        (TRUTH, [2], "expected yes or no for p, got 2"),
        (AMOUNT, [NOT_APPLICABLE], "expected a number for x, got not applicable"),
        (AMOUNT, ["12"], "text is no number"),
        (AMOUNT, [Decimal("Infinity")], "expected a finite number for x"),
        (AMOUNT, [10**400], "more digits"),
        (AMOUNT, np.array([2**63 + 1], np.uint64), "more digits"),
        (AMOUNT, torch.tensor([1.0], dtype=torch.bfloat16), "got torch.bfloat16; give float64"),
        (AMOUNT, [[1], [2, 3]], "a ragged list"),
    ],
)
def test_what_a_column_cannot_mean_is_refused(port: Port, column: Any, said: str) -> None:
    with pytest.raises((DomainError, ShapeError), match=said):
        gather([port], {port.name: column})


def test_columns_come_by_name() -> None:
    for columns in ([1, 2], np.zeros(2), np.zeros(2, [("eGFR", "f8"), ("ACR", "f8")]), "eGFR"):
        with pytest.raises(ShapeError, match="expected columns by name"):
            CKD.decide(columns)  # type: ignore[arg-type]


def test_a_column_in_another_unit_is_refused() -> None:
    columns = Columns({"eGFR": np.array([50.0]), "ACR": np.array([3.0])}, {"ACR": "mg/mmol"})
    with pytest.raises(DomainError, match=r'"ACR" is asked for in \[mg/g\], .* \[mg/mmol\]'):
        CKD.decide(columns)


@pytest.mark.parametrize("numbers_of_pint", [50.0, np.array([50.0])], ids=["one", "column"])
def test_numbers_with_a_unit_of_their_own_are_refused(numbers_of_pint: Any) -> None:
    quantity = pint.UnitRegistry().Quantity(numbers_of_pint, "L/hour")
    for asked in (CKD.decide, CKD.case, CKD.possible):
        with pytest.raises(DomainError, match=r"\[mL.*\], but it is in \[liter / hour\]"):
            asked({"eGFR": quantity, "ACR": 3})


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.float32("nan"), pandas.NA, Decimal("nan")]
)
def test_a_missing_value_of_a_case_is_unknown(missing: Any) -> None:
    assert str(CKD.case({"eGFR": 50, "ACR": missing})["risk"]) == "Absent.UNKNOWN"


@given(value=st.floats(0, 200, width=32))
def test_a_number_in_single_precision_is_the_same_in_a_case_and_a_column(value: float) -> None:
    one = np.float32(value)
    assert (
        CKD.case({"eGFR": one, "ACR": 1})["stage"]
        == CKD.decide({"eGFR": [one], "ACR": 1})["stage"][0]
    )
    assert (
        CKD.case({"eGFR": torch.tensor(one), "ACR": 1})["stage"]
        == CKD.case({"eGFR": one, "ACR": 1})["stage"]
    )


def test_a_row_of_a_frame_is_a_case() -> None:
    frame = pandas.DataFrame({"eGFR": [26.38, 90.0], "ACR": [350, 30]})
    for row, risk in enumerate(CKD.decide(frame)["risk"]):
        assert CKD.case(frame.iloc[row])["risk"] == risk  # type: ignore[arg-type]
        assert CKD.possible(frame.iloc[row])["risk"] == risk  # type: ignore[arg-type]


def test_a_name_that_is_no_input_is_refused_by_every_question() -> None:
    for asked in (CKD.case, CKD.possible, CKD.ask):
        with pytest.raises(DomainError, match="'eGRF' is no input; did you mean eGFR"):
            asked({"eGRF": 50})
        with pytest.raises(DomainError, match="expected values by name, got list"):
            asked([50])  # type: ignore[arg-type]


DRESSED = (
    date(2023, 7, 1),
    datetime(2023, 7, 1, 23, 30, tzinfo=EAST),
    "2023-07-01",
    np.datetime64("2023-07-01"),
    np.datetime64("2023-07-01T12:00", "ns"),
    pandas.Timestamp("2023-07-01", tz="Asia/Tokyo"),
)


@pytest.mark.parametrize("day", DRESSED, ids=lambda day: type(day).__name__)
def test_the_day_of_a_question_means_the_same_in_every_dress(day: Any) -> None:
    truth = compile_rule(TAX.rule, as_of="2023-07-01").decide({"income": 50000})["tax"].tolist()
    assert compile_rule(TAX.rule, as_of=day).as_of == date(2023, 7, 1)
    assert TAX.decide({"income": 50000}, as_of=day)["tax"].tolist() == truth
    assert TAX.decide({"income": 50000}, as_of=[day])["tax"].tolist() == truth
    assert float(TAX.case({"income": 50000}, as_of=day)["tax"]) == truth[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("day", [2024, 2024.0, "2024", "07/01/2024", {}])
def test_what_is_no_day_of_a_question_is_refused(day: Any) -> None:
    for asked in (
        lambda: compile_rule(TAX.rule, as_of=day),
        lambda: TAX.decide({"income": 1}, as_of=day),
        lambda: TAX.case({"income": 1}, as_of=day),
    ):
        with pytest.raises(DomainError, match="expected a date such as 2024-07-01 for as of"):
            asked()


def test_no_question_has_two_days() -> None:
    program = compile_rule(TAX.rule, as_of="2024-07-01")
    for asked in (program.decide, program.case, program.possible, program.ask):
        with pytest.raises(CompileError, match="already asks as of 2024-07-01"):
            asked({"income": 50000}, as_of="2023-07-01")


WIDE = Decision(
    inputs=(
        money_port("m", -(10**6), 10**6),
        number_port("x", -(10**20), 10**20),
        integer_port("k", -5, 5),
    ),
    decided=(number_port("y", None, None),),
    outputs=("y",),
    steps=(
        Clauses(
            "y",
            (
                Clause(
                    "L1",
                    apply("add", Named("m"), Named("k")),
                    apply("less", Named("x"), Number(Fraction(2**53 + 1))),
                ),
                Clause(
                    "L2",
                    Number(Fraction(0)),
                    apply("less_equal", Number(Fraction(2**53 + 1)), Named("x")),
                ),
            ),
        ),
    ),
)
near = st.sampled_from([0, 2**53, 2**62, 2**63 - 1, 2**64 // 100, 2**63 // 100]).flatmap(
    lambda at: st.sampled_from([at, -at]).flatmap(lambda a: st.integers(a - 3, a + 3))
)
whole = near.filter(lambda value: -(2**63) <= value < 2**63)


@given(m=whole | st.integers(-(10**6), 10**6), x=whole, k=whole | st.integers(-5, 5))
def test_whole_numbers_of_64_bits_are_answered_or_refused_as_in_a_case(
    m: int, x: int, k: int
) -> None:
    case = {"m": Fraction(m), "x": Fraction(x), "k": Fraction(k)}
    try:
        truth = decide(WIDE, case).values["y"]
    except DecisionError as refusal:
        truth = str(refusal)
    for dress in (np.array, lambda of: Counts(np.array(of), Fraction(1))):
        try:
            found = Evaluator(WIDE)({name: dress([int(v)]) for name, v in case.items()})
        except DecisionError as refusal:
            assert str(refusal) == f"row 0: {truth}"
        else:
            assert exact(float(found.values["y"][0])) == truth
