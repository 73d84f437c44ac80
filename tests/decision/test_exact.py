"""The exact evaluator takes the decisions that were worked out by hand, and refuses the rest."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decision.samples import (
    SAMPLES,
    from_to,
    less,
    n,
    number_port,
    of,
    plain_row,
    yes_no,
)

from lawc.decision import dates
from lawc.decision.decision import Calendar, Clause, Clauses, Decision, Row, Table
from lawc.decision.exact import DecisionError, decide, evaluate
from lawc.decision.formula import Formula, Number, apply
from lawc.decision.operations import rounded, shown
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value

FRACTIONS = st.fractions(max_denominator=1000, min_value=-1000, max_value=1000)
DAYS = st.dates(date(1890, 1, 1), date(2110, 1, 1)).map(date.toordinal)


@pytest.mark.parametrize("name", SAMPLES)
def test_worked_cases_come_out(name: str) -> None:
    for asked, expected in SAMPLES[name].cases:
        answers = decide(SAMPLES[name].decision, asked).values
        assert {key: answers[key] for key in expected} == expected, asked


def test_the_row_and_the_clause_that_spoke_are_named() -> None:
    tax = SAMPLES["income-tax"]
    because = decide(tax.decision, tax.cases[6][0]).because
    assert because["deduction"] == (2,) and because["tax"] == ()
    assert decide(tax.decision, tax.cases[4][0]).because["tax"] == (2,)
    assert decide(tax.decision, tax.cases[7][0]).because["tax"] == (11,)
    risk = decide(SAMPLES["ckd-risk"].decision, {"eGFR": Fraction(20), "ACR": UNKNOWN})
    assert risk.because["risk"] == (12, 13, 14) and risk.because["albuminuria"] == (0, 1, 2)
    score = SAMPLES["stroke-score"]
    assert decide(score.decision, score.cases[2][0]).because["score"] == (4, 6, 7)


def one(formula: Formula, **more: Value) -> Value:
    return evaluate(formula, more, {})


@given(FRACTIONS, st.fractions(min_value=Fraction(1, 100), max_value=10, max_denominator=100))
def test_rounding_goes_to_a_neighbour_on_its_side(value: Fraction, step: Fraction) -> None:
    down, up = rounded("round_floor", value, step), rounded("round_ceiling", value, step)
    assert down <= value <= up and up - down in (0, step) and (down / step).denominator == 1
    inner = rounded("round_to_zero", value, step)
    assert inner == (down if value >= 0 else up)
    assert rounded("round_from_zero", value, step) == down + up - inner
    for nearest in ("round_half_from_zero", "round_half_even"):
        assert abs(rounded(nearest, value, step) - value) <= step / 2
    if 2 * (value - down) == step:
        assert abs(rounded("round_half_from_zero", value, step)) == max(abs(down), abs(up))
        assert (rounded("round_half_even", value, step) / step).numerator % 2 == 0


@given(DAYS, st.integers(0, 1200))
def test_completed_months_are_the_most_that_can_be_added(day: int, months: int) -> None:
    later = dates.add_months(day, months)
    assert dates.months_between(day, later) == months
    assert dates.months_between(day, later - 1) == months - 1 or months == 0
    assert dates.years_between(day, later) == months // 12
    assert dates.months_between(later, day) == -months


@given(
    DAYS,
    st.integers(-200, 200),
    st.sets(DAYS, max_size=5),
    st.sets(st.integers(1, 7), max_size=3),
)
def test_business_days_are_counted_one_by_one(
    day: int, count: int, holidays: set[int], weekend: set[int]
) -> None:
    calendar = Calendar(tuple(weekend), tuple(sorted(holidays)))
    later = dates.add_business_days(day, count, calendar)
    assert dates.business_days_between(day, later, calendar) == count
    free = [
        d
        for d in range(min(day, later), max(day, later) + 1)
        if date.fromordinal(d).isoweekday() not in weekend and d not in holidays
    ]
    assert len([d for d in free if d != day]) == abs(count)


def test_a_calendar_refuses_days_that_it_does_not_know() -> None:
    calendar = Calendar(since=700_000, until=700_100)
    with pytest.raises(ValueError, match="holidays of 1917-10-24"):
        dates.add_business_days(700_099, 5, calendar)
    for day in (700_000, 700_100):
        dates.known(day, calendar)
    for day in (699_999, 700_101):
        with pytest.raises(ValueError, match=f"holidays of {date.fromordinal(day)}"):
            dates.known(day, calendar)
    for day in (1, dates.LAST_DAY):
        dates.known(day, Calendar())
    for day in (0, dates.LAST_DAY + 1):
        with pytest.raises(ValueError, match=f"holidays of day {day}"):
            dates.known(day, Calendar())


def test_what_an_answer_does_not_depend_on_may_be_unknown() -> None:
    x = of("x")
    assert one(apply("and", less(x, n(1)), n(0)), x=UNKNOWN) == 0
    assert one(apply("or", less(x, n(1)), n(1)), x=UNKNOWN) == 1
    assert one(apply("where", less(x, n(1)), n(3), n(3)), x=UNKNOWN) == 3
    assert one(apply("where", less(x, n(1)), n(3), n(4)), x=UNKNOWN) is UNKNOWN
    assert one(apply("add", x, n(1)), x=UNKNOWN) is UNKNOWN
    assert one(apply("is_known", x), x=UNKNOWN) == 0


def test_what_is_not_applicable_fulfils_no_condition() -> None:
    x = of("x")
    assert one(apply("add", x, n(1)), x=NOT_APPLICABLE) is NOT_APPLICABLE
    assert one(less(x, n(1)), x=NOT_APPLICABLE) == 0 == one(less(n(1), x), x=NOT_APPLICABLE)
    assert one(apply("not", x), x=NOT_APPLICABLE) == 1
    assert one(apply("multiply", x, of("y")), x=NOT_APPLICABLE, y=UNKNOWN) is NOT_APPLICABLE


def test_parts_that_are_not_needed_are_not_calculated() -> None:
    quotient = less(n(1), apply("divide", n(1), of("x")))
    guarded = apply("and", apply("not", apply("equal", of("x"), n(0))), quotient)
    assert one(guarded, x=Fraction(0)) == 0
    with pytest.raises(DecisionError, match="divided by zero"):
        one(quotient, x=Fraction(0))


def test_an_operation_has_its_number_of_parts() -> None:
    assert apply("add", n(1), n(2)).parts == (n(1), n(2))
    for parts in ((n(1),), (n(1), n(2), n(3))):
        with pytest.raises(ValueError, match=f"'add' is no operation on {len(parts)} parts"):
            apply("add", *parts)
    with pytest.raises(ValueError, match="'plus' is no operation"):
        apply("plus", n(1), n(2))


def test_long_sums_need_no_deep_recursion() -> None:
    total: Formula = n(0)
    for _ in range(5000):
        total = apply("add", total, n(1))
    assert one(total) == 5000


def refused(decision: Decision, **asked: int | str) -> str:
    with pytest.raises(DecisionError) as caught:
        decide(decision, {name: Fraction(value) for name, value in asked.items()})
    return str(caught.value)


def test_refusals_name_the_quantity_and_the_case() -> None:
    risk, tax = SAMPLES["ckd-risk"].decision, SAMPLES["income-tax"].decision
    assert refused(risk, eGFR=201, ACR=1) == "eGFR = 201 lies outside of 0 .. 200"
    assert refused(risk) == "expected a value for 'eGFR', which may not be unknown"
    assert refused(risk, eGFR=1, gfr=2) == "'gfr' is no input of this decision"
    someone = {"status": 0, "age": 4, "dependent": 0, "children": 0}
    assert refused(tax, income="1.005", **someone) == "income = 1.005 is no multiple of 0.01"
    assert refused(tax, income=1, **{**someone, "status": 2}).startswith("status = 2 lies outside")


def test_a_gap_an_overlap_and_a_conflict_are_refused() -> None:
    x, y = number_port("x", 0, 10), number_port("y", None, None)

    def table(*ends: tuple[int, int], policy: str = "unique") -> Decision:
        rows = tuple(plain_row((from_to(*e),), n(i)) for i, e in enumerate(ends))
        return Decision((x,), (y,), ("y",), (Table(("y",), ("x",), rows, policy),))

    assert refused(table((0, 4), (5, 11)), x="4.5") == "y: no row speaks at x = 4.5"
    assert refused(table((0, 5), (4, 11)), x=4) == "y: two rows speak at x = 4: row 1, row 2"
    said = "y: rows differ at x = 4: row 1, row 2"
    assert refused(table((0, 5), (4, 11), policy="any"), x=4) == said
    rows = (Row((from_to(0, 5),), (n(0),), label="low"), Row((from_to(4, 11),), (n(1),)))
    labelled = Decision((x,), (y,), ("y",), (Table(("y",), ("x",), rows),))
    assert refused(labelled, x=4) == "y: two rows speak at x = 4: low, row 2"
    first = table((0, 5), (4, 11), policy="first")
    assert decide(first, {"x": Fraction(4)}).because["y"] == (0,)
    clauses = (Clause("A", n(1), of("p")), Clause("B", n(2), of("q")))
    two = Decision((yes_no("p"), yes_no("q")), (y,), ("y",), (Clauses("y", clauses),))
    assert refused(two, p=1, q=1) == "y: clauses speak against each other: A says 1, B says 2"
    assert refused(two, p=0, q=0) == "y: no clause speaks at p = 0, q = 0"


def test_numbers_are_shown_as_authors_write_them() -> None:
    texts = ["-0.05", "12", "1234.5", "0"]
    assert [shown(Number(Fraction(text)).value) for text in texts] == texts
    assert shown(Fraction(1, 3)) == "0.333333333333" and shown(UNKNOWN) == "unknown"


@pytest.mark.parametrize("operation", ["year", "month", "day", "weekday"])
def test_days_are_whole_numbers(operation: str) -> None:
    with pytest.raises(DecisionError, match=f"{operation} counts whole days.*got 700000.5"):
        one(apply(operation, of("x")), x=Fraction(1_400_001, 2))


def test_dates_beyond_the_calendar_are_refused() -> None:
    last = Fraction(date.max.toordinal())
    with pytest.raises(DecisionError, match="add_months"):
        one(apply("add_months", of("x"), n(1)), x=last)
    assert date.fromordinal(int(last)) - timedelta(1) == date(9999, 12, 30)
