"""Planted faults of tables, clauses and formulas are found, with a case that shows them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from time import process_time

import pytest
from tests.decision.samples import SAMPLES

from lawc.decision.decision import (
    Clause,
    Clauses,
    Decision,
    Interval,
    Port,
    Row,
    Step,
    Table,
)
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Formula, Named, apply, number
from lawc.proofs.checking import check_decision
from lawc.proofs.finding import Fault, Finding

INCOME = Port("income", low=Fraction(0), high=Fraction(1000), step=Fraction(1, 100))
TAX = Port("tax", low=Fraction(0))


def above(name: str, end: int | str) -> Formula:
    return apply("less", number(Fraction(end)), Named(name))


def ruled(*clauses: Clause, inputs: tuple[Port, ...] = (INCOME,)) -> Decision:
    return Decision(inputs, (TAX,), ("tax",), (Clauses("tax", clauses),))


def one(decision: Decision, fault: Fault) -> Finding:
    found = check_decision(decision)
    assert [finding.fault for finding in found] == [fault]
    if found[0].case:
        with pytest.raises(DecisionError):
            decide(decision, dict(found[0].case))
    return found[0]


@pytest.mark.parametrize("name", SAMPLES)
def test_rules_that_answer_everywhere_are_without_a_fault(name: str) -> None:
    assert check_decision(SAMPLES[name].decision) == ()


def without(decision: Decision, step: int, row: int) -> Decision:
    table = decision.steps[step]
    assert isinstance(table, Table)
    rows = tuple(r for i, r in enumerate(table.rows) if i != row)
    steps = list(decision.steps)
    steps[step] = replace(table, rows=rows)
    return replace(decision, steps=tuple(steps))


@pytest.mark.parametrize(("step", "row"), [(0, 0), (0, 3), (1, 1), (2, 5)])
def test_a_row_taken_away_leaves_a_gap(step: int, row: int) -> None:
    decision = without(SAMPLES["ckd-risk"].decision, step, row)
    assert one(decision, Fault.GAP).step == step


def test_a_row_said_twice_overlaps_with_itself() -> None:
    decision = SAMPLES["ckd-risk"].decision
    table = decision.steps[0]
    assert isinstance(table, Table)
    twice = replace(table, rows=(*table.rows, table.rows[2]))
    found = one(replace(decision, steps=(twice, *decision.steps[1:])), Fault.OVERLAP)
    assert found.rows == (2, 6)


def test_of_rows_where_the_first_speaks_a_hidden_one_is_found() -> None:
    rows = (
        Row((Interval(None, Fraction(500)),), (number(1),)),
        Row((Interval(Fraction(400), Fraction(450)),), (number(2),)),
        Row((None,), (number(3),)),
        Row((None,), (number(4),), otherwise=True),
    )
    table = Table(("tax",), ("income",), rows, "first")
    found = check_decision(Decision((INCOME,), (TAX,), ("tax",), (table,)))
    assert [(f.fault, f.rows) for f in found] == [(Fault.DEAD_ROW, (1,)), (Fault.DEAD_ROW, (3,))]


def test_a_row_that_earlier_steps_never_lead_to_is_found() -> None:
    half = Clauses("half", (Clause("H", apply("divide", Named("income"), number(2))),))
    rows = (
        Row((Interval(None, Fraction(600)),), (number(1),)),
        Row((Interval(Fraction(600), None, low_open=True),), (number(2),)),
    )
    steps: tuple[Step, ...] = (half, Table(("tax",), ("half",), rows))
    decision = Decision((INCOME,), (Port("half"), TAX), ("tax",), steps)
    assert one(decision, Fault.UNREACHED).rows == (1,)
    # And a gap where nothing leads is none.
    short = replace(rows[1], cells=(Interval(Fraction(700), None),))
    steps = (half, Table(("tax",), ("half",), (rows[0], short)))
    assert one(replace(decision, steps=steps), Fault.UNREACHED).rows == (1,)


def test_two_clauses_that_speak_of_one_case_conflict_unless_one_excepts_the_other() -> None:
    low = Clause("L1", number(10))
    high = Clause("L2", number(20), above("income", 500))
    found = one(ruled(low, high), Fault.CONFLICT)
    assert "L1 says 10, L2 says 20" in found.detail
    assert check_decision(ruled(low, replace(high, defeats=("L1",)))) == ()
    # Both say 10 then: no conflict, and the income changes nothing.
    same = ruled(low, replace(high, value=number(10)))
    assert [finding.fault for finding in check_decision(same)] == [Fault.NO_INFLUENCE]


def test_a_case_of_which_no_clause_speaks_is_found_to_the_cent() -> None:
    low = Clause("L1", number(10), apply("less", Named("income"), number(500)))
    found = one(ruled(low, Clause("L2", number(20), above("income", 500))), Fault.SILENT)
    assert found.case == (("income", Fraction(500)),)
    near = Clause("L2", number(20), above("income", "499.99"))
    assert check_decision(ruled(low, near)) == ()


@pytest.mark.parametrize(
    ("condition", "value", "detail"),
    [(above("income", 1000), 20, "never speaks"), (above("income", 10), 10, "changes nothing")],
)
def test_an_exception_without_an_effect_is_dead(
    condition: Formula, value: int, detail: str
) -> None:
    exception = Clause("L2", number(value), condition, ("L1",))
    found = one(ruled(Clause("L1", number(10)), exception), Fault.DEAD_EXCEPTION)
    assert (found.rows, found.detail) == ((1,), detail)


def test_an_exception_to_an_exception_is_alive() -> None:
    first = Clause("L2", number(20), above("income", 100), ("L1",))
    second = Clause("L3", number(10), above("income", 200), ("L2",))
    assert check_decision(ruled(Clause("L1", number(10)), first, second)) == ()


def test_a_value_outside_its_range_and_a_division_by_zero_are_found() -> None:
    fee = apply("subtract", number(100), Named("income"))
    assert one(ruled(Clause("L", fee)), Fault.RANGE).name == "tax"
    ratio = apply("divide", number(100), Named("income"))
    found = one(ruled(Clause("L", ratio)), Fault.NO_RESULT)
    assert found.case == (("income", Fraction(0)),)
    guarded = apply("where", above("income", 0), ratio, number(0))
    assert check_decision(ruled(Clause("L", guarded))) == ()


def test_a_table_of_a_thousand_rows_is_checked_in_seconds() -> None:
    cuts = [Interval(Fraction(i), Fraction(i + 1), False, i < 9) for i in range(10)]
    rows = [Row(cells, (number(i),)) for i, cells in enumerate(product(cuts, cuts, cuts))]
    ports = tuple(Port(name, low=Fraction(0), high=Fraction(10)) for name in "abc")

    def table(kept: list[Row]) -> Decision:
        return Decision(ports, (TAX,), ("tax",), (Table(("tax",), ("a", "b", "c"), tuple(kept)),))

    start = process_time()
    assert check_decision(table(rows)) == ()
    assert one(table([*rows[:537], *rows[538:]]), Fault.GAP)
    wide = replace(rows[10], cells=(cuts[0], cuts[1], Interval(Fraction(0), Fraction(1))))
    assert one(table([*rows[:10], wide, *rows[11:]]), Fault.OVERLAP).rows == (10, 11)
    assert process_time() - start < 10


PEOPLE = Port("people", "integer", low=Fraction(0), high=Fraction(40))
ROOMS = Port("rooms", "integer", low=Fraction(0))


@pytest.mark.parametrize(
    "value",
    [
        apply("divide", Named("people"), number(2)),
        apply("divide", apply("multiply", Named("people"), Named("people")), number(4)),
        apply("where", above("people", 39), number(Fraction(1, 2)), Named("people")),
        apply("round_floor", Named("people"), number(Fraction(3, 2))),
    ],
)
def test_a_whole_number_that_can_be_a_fraction_is_found_with_a_case(value: Formula) -> None:
    decision = Decision((PEOPLE,), (ROOMS,), ("rooms",), (Clauses("rooms", (Clause("R", value),)),))
    case = dict(one(decision, Fault.NOT_WHOLE).case)
    with pytest.raises(DecisionError, match="no multiple of 1"):
        decide(decision, case)


@pytest.mark.parametrize(
    "value",
    [
        apply("ceiling", apply("divide", Named("people"), number(2))),
        apply("divide", apply("multiply", number(6), Named("people")), number(3)),
        apply("round_half_even", apply("divide", Named("people"), number(7)), number(2)),
        # The product of a number and the next one is even.
        apply(
            "divide",
            apply("multiply", Named("people"), apply("add", Named("people"), number(1))),
            number(2),
        ),
    ],
)
def test_a_whole_number_that_is_always_whole_is_not_complained_of(value: Formula) -> None:
    decision = Decision((PEOPLE,), (ROOMS,), ("rooms",), (Clauses("rooms", (Clause("R", value),)),))
    answers = [decide(decision, {"people": Fraction(n)}).values["rooms"] for n in range(41)]
    assert all(isinstance(a, Fraction) and a.denominator == 1 for a in answers)
    assert check_decision(decision) == ()
