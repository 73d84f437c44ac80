"""A rule as of a day: what is in force, what becomes a number, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.decision.decision import (
    Bands,
    Bracket,
    Clause,
    Clauses,
    Interval,
    OneOf,
    Row,
    Scale,
    Table,
)
from lawc.decision.decision import Test as Condition
from lawc.decision.folding import fold, fold_cell, holds
from lawc.decision.formula import Formula, Named, Number, apply, number
from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.as_of import change_days, decision_of, smallest_step
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Applies, Parameter, Rule
from lawc.knowledge.words import Status
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

small = st.fractions(min_value=-8, max_value=8, max_denominator=4)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _unit(text: str) -> Unit:
    unit = parse_unit(text)
    assert isinstance(unit, Unit)
    return unit


def quantity(name: str, unit: str = "", **more: object) -> Quantity:
    return Quantity(name, name, _unit(unit), **more)  # type: ignore[arg-type]


ALLOWANCE = Parameter(
    "allowance",
    (
        (day("2020-01-01"), Fraction(1000)),
        (day("2022-01-01"), Fraction(1200)),
        (day("2024-01-01"), None),
    ),
)
X, ALLOWED = Named("income"), Named("allowance")
TAXED = Clauses("tax", (Clause("L1", apply("max", apply("subtract", X, ALLOWED), number(0))),))
BAND = Table(
    ("band",),
    ("income",),
    (
        Row((Condition(apply("less", X, ALLOWED)),), (number(0),)),
        Row((Condition(apply("less_equal", ALLOWED, X)),), (number(1),)),
    ),
)


def rule(**more: object) -> Rule:
    made = Rule(
        identity="law.test.tax",
        version="1.0.0",
        title="",
        status=Status.DRAFT,
        sources=(),
        quantities={
            "income": quantity("income", "USD", low=0.0, high=1e6),
            "allowance": quantity("allowance", "USD"),
            "tax": quantity("tax", "USD"),
            "band": quantity("band", kind="one of", choices=("low", "high")),
        },
        inputs=("income",),
        outputs=("tax", "band"),
        steps=(TAXED, BAND),
        parameters=(ALLOWANCE,),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_parameter_becomes_the_number_that_is_in_force() -> None:
    decision = decision_of(rule(), date(2021, 12, 31))
    assert decision.steps[0] == Clauses(
        "tax", (Clause("L1", apply("max", apply("subtract", X, number(1000)), number(0))),)
    )
    assert decision_of(rule(), day("2022-01-01")) != decision
    assert decision_of(rule(), day("2020-01-01")) == decision


def test_the_ends_of_cells_become_intervals() -> None:
    table = decision_of(rule(), date(2023, 5, 1)).steps[1]
    assert isinstance(table, Table)
    assert [row.cells for row in table.rows] == [
        (Interval(high=Fraction(1200), high_open=True),),
        (Interval(low=Fraction(1200)),),
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2019-12-31", "no value in force on 2019-12-31; it has one from 2020-01-01"),
        ("2024-01-01", "no value in force on 2024-01-01"),
    ],
)
def test_a_day_without_a_value_is_refused(asked: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        decision_of(rule(), day(asked))


def test_a_parameter_that_nothing_reads_is_not_asked_for() -> None:
    untaxed = rule(steps=(Clauses("tax", (Clause("L1", X),)),), outputs=("tax",))
    assert decision_of(untaxed, day("1990-01-01")).outputs == ("tax",)


def test_a_rule_with_dates_asks_for_a_day() -> None:
    with pytest.raises(CompileError, match="ask as of a date"):
        decision_of(rule())
    timeless = rule(parameters=(), constants={"allowance": Fraction(5)})
    assert decision_of(timeless) == decision_of(timeless, day("2000-01-01"))


def test_a_rule_is_refused_outside_the_days_on_which_it_applies() -> None:
    bounded = rule(applies=(Applies("US", day("2020-01-01"), day("2020-12-31")),))
    decision_of(bounded, day("2020-12-31"))
    with pytest.raises(CompileError, match="it applies from 2020-01-01 to 2020-12-31"):
        decision_of(bounded, day("2021-01-01"))


def test_of_dated_rows_those_of_the_latest_day_count() -> None:
    rows = (
        Row((Interval(high=Fraction(5), high_open=True),), (number(0),), since=day("2020-01-01")),
        Row((Interval(low=Fraction(5)),), (number(1),), since=day("2020-01-01")),
        Row((None,), (number(1),), since=day("2021-06-01")),
    )
    dated = rule(steps=(Table(("band",), ("income",), rows),), outputs=("band",))
    before, after = decision_of(dated, day("2021-05-31")), decision_of(dated, day("2021-06-01"))
    assert [row.label for row in before.steps[0].rows] == ["row 1", "row 2"]  # type: ignore[union-attr]
    assert [row.label for row in after.steps[0].rows] == ["row 3"]  # type: ignore[union-attr]


def test_the_decision_is_the_same_between_two_days_of_change() -> None:
    days = change_days(rule())
    assert days == (day("2020-01-01"), day("2022-01-01"), day("2024-01-01"))
    for first, after in pairwise(days):
        assert decision_of(rule(), first) == decision_of(rule(), after - 1)
        assert decision_of(rule(), first) != decision_of(rule(parameters=(LATER,)), first)


LATER = Parameter("allowance", ((day("2000-01-01"), Fraction(7)),))


def test_brackets_are_chosen_by_date_and_rounding_gives_the_step() -> None:
    def bands(rate: str, since: str) -> Bands:
        bracket = Bracket(number(0), Number(Fraction(rate)))
        return Bands((bracket,), since=day(since))

    scale = Scale(
        "tax",
        X,
        (bands("0.1", "2020-01-01"), bands("0.2", "2021-01-01")),
        rounding=("round_half_from_zero", number(1)),
    )
    decision = decision_of(rule(steps=(scale,), outputs=("tax",)), day("2021-01-01"))
    assert decision.steps[0].bands == (  # type: ignore[union-attr]
        Bands((Bracket(number(0), Number(Fraction(1, 5))),)),
    )
    assert decision.port("tax").step == 1
    assert decision.port("income").step == Fraction(1, 100)
    exact_tax = decision_of(rule(steps=(replace_rounding(scale),), outputs=("tax",)), 740000)
    assert exact_tax.port("tax").step == Fraction(1, 500)


def replace_rounding(scale: Scale) -> Scale:
    return Scale(scale.output, scale.on, scale.bands)


def test_the_smallest_coin_follows_the_currency() -> None:
    found = {unit: smallest_step(quantity("x", unit)) for unit in ("USD", "JPY", "KWD", "kUSD")}
    assert found["USD"] == Fraction(1, 100)
    assert found["JPY"] == 1
    assert found["KWD"] == Fraction(1, 1000)
    assert found["kUSD"] == Fraction(1, 100_000)
    assert smallest_step(quantity("x", "mg/L")) is None


def test_a_column_that_is_a_constant_is_decided_at_once() -> None:
    rows = (
        Row((OneOf(frozenset((Fraction(1000),))), None), (number(0),)),
        Row((Interval(low=Fraction(1100)), None), (number(1),)),
    )
    table = Table(("band",), ("allowance", "income"), rows)
    decision = decision_of(rule(steps=(table,), outputs=("band",)), day("2022-01-01"))
    assert decision.steps[0] == Table(
        ("band",), ("income",), (Row((None,), (number(1),), "row 2"),)
    )


comparisons = st.builds(
    lambda operation, flipped, negated, bound: _atom(operation, bound, flipped, negated),
    st.sampled_from(("less", "less_equal", "equal")),
    st.booleans(),
    st.booleans(),
    small,
)


def _atom(operation: str, bound: Fraction, flipped: bool, negated: bool) -> Formula:
    sides = (X, Named("k")) if flipped else (Named("k"), X)
    shifted = tuple(apply("add", s, Number(bound)) if s == Named("k") else s for s in sides)
    made = apply(operation, *shifted)
    return apply("not", made) if negated else made


def _true(formula: Formula, values: dict[str, Fraction]) -> bool:
    """Evaluate by Python itself, apart from the folding."""
    tests = {
        "less": lambda a, b: a < b,
        "less_equal": lambda a, b: a <= b,
        "equal": lambda a, b: a == b,
        "and": lambda a, b: a and b,
        "or": lambda a, b: a or b,
        "add": lambda a, b: a + b,
        "not": lambda a: not a,
    }

    def value(node: Any) -> Any:
        if isinstance(node, Named):
            return values[node.name]
        if isinstance(node, Number):
            return node.value
        return tests[node.operation](*map(value, node.parts))

    return bool(value(formula))


@given(
    conditions=st.lists(comparisons, min_size=1, max_size=3),
    joined=st.sampled_from(("and", "or")),
    k=small,
    x=small,
)
def test_a_folded_cell_holds_where_its_condition_does(
    conditions: list[Formula], joined: str, k: Fraction, x: Fraction
) -> None:
    condition = conditions[0]
    for other in conditions[1:]:
        condition = apply(joined, condition, other)
    cell = fold_cell(Condition(condition), "income", {"k": k})
    found = holds(cell, x)
    if found is None:
        assert isinstance(cell, Condition)
        assert fold(cell.condition, {"income": x}) in (number(0), number(1))
        found = fold(cell.condition, {"income": x}) == number(1)
    assert found == _true(condition, {"income": x, "k": k})


@given(a=small, b=small, step=st.fractions(min_value="1/4", max_value=3, max_denominator=4))
def test_constants_are_calculated_as_python_does(a: Fraction, b: Fraction, step: Fraction) -> None:
    def made(operation: str, *of: Fraction) -> Fraction:
        answer = fold(apply(operation, *map(Number, of)))
        assert isinstance(answer, Number)
        return answer.value

    assert made("subtract", a, b) == a - b
    assert made("round_floor", a, step) == a // step * step
    assert made("round_ceiling", a, step) == -(-a // step) * step
    assert made("round_half_even", a, step) == round(a / step) * step
    nearest = made("round_half_from_zero", a, step)
    assert abs(nearest - a) <= step / 2 and nearest % step == 0
    assert abs(nearest) >= abs(a) or abs(nearest - a) < step / 2
    assert abs(made("round_to_zero", a, step)) == abs(a) // step * step
    assert made("power", a + 9, Fraction(-2)) == 1 / (a + 9) ** 2


def test_what_has_no_exact_value_is_left_to_the_evaluator() -> None:
    for formula in (
        apply("divide", number(1), number(0)),
        apply("power", number(0), number(-1)),
        apply("sqrt", number(4)),
        apply("power", number(2), Number(Fraction(1, 2))),
    ):
        assert fold(formula) == formula
