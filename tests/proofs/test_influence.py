"""What changes no answer is said, and what `otherwise` takes alone, against trying all cases."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.decision import (
    Cell,
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Port,
    Row,
    Table,
)
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, number
from lawc.proofs.boxes import boxes
from lawc.proofs.checking import check_decision
from lawc.proofs.finding import Fault
from lawc.proofs.influence import idle_exceptions
from lawc.proofs.remainder import remainders, uncovered
from lawc.proofs.search import QUICK
from lawc.proofs.subject import Subject

INCOME = Port("income", low=Fraction(0), high=Fraction(1000), step=Fraction(1, 100))
CHILDREN = Port("children", "integer", low=Fraction(0), high=Fraction(20))


def fee(least: int, *exceptions: Clause) -> Decision:
    """A fee that is the larger of a number and of 100 less 2 for each child; then halves of it."""
    reduced = apply("subtract", number(100), apply("multiply", number(2), Named("children")))
    basic = Clauses("basic", (Clause("B", apply("max", reduced, number(least))), *exceptions))
    total = apply("add", apply("min", Named("basic"), number(50)), Named("income"))
    return Decision(
        (INCOME, CHILDREN),
        (Port("basic"), Port("total")),
        ("basic", "total"),
        (basic, Clauses("total", (Clause("T", total),))),
    )


@pytest.mark.parametrize("least, silent", [(99, []), (100, ["children"]), (200, ["children"])])
def test_an_input_that_changes_no_answer_is_found_and_no_other(
    least: int, silent: list[str]
) -> None:
    found = check_decision(fee(least))
    assert [f.name for f in found if f.fault is Fault.NO_INFLUENCE] == silent
    assert len(found) == len(silent)
    answers = {
        count: decide(fee(least), {"income": Fraction(3), "children": Fraction(count)}).values
        for count in range(21)
    }
    assert (len({str(v["basic"]) for v in answers.values()}) == 1) == bool(silent)


def labels(decision: Decision) -> list[str]:
    return [finding.detail for finding in idle_exceptions(Subject(decision, QUICK))]


def above(name: str, end: int) -> Formula:
    return apply("less", number(end), Named(name))


@pytest.mark.parametrize("value, idle", [(70, ["E"]), (50, ["E"]), (49, [])])
def test_an_exception_that_a_later_limit_hides_is_told(value: int, idle: list[str]) -> None:
    # The basic fee is 60 at least, and what comes after takes 50 of it at most.
    decision = fee(60, Clause("E", number(value), above("children", 3), ("B",)))
    assert labels(decision) == idle
    assert check_decision(decision) == ()


def test_an_exception_to_the_answer_itself_is_never_idle() -> None:
    assert labels(replace(fee(60), steps=fee(60).steps[:1], outputs=("basic",))) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_what_matters_in_hand_made_rules_is_not_complained_of(name: str) -> None:
    decision = SAMPLES[name].decision
    assert check_decision(decision) == ()
    assert labels(decision) == []


A = Port("a", "integer", low=Fraction(0), high=Fraction(6))
B = Port("b", "one of", choices=("red", "green", "blue"))
ends = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)
cells_a = st.one_of(
    st.none(),
    st.builds(
        lambda at, low, high: Interval(Fraction(at[0]), Fraction(at[1]), low, high),
        ends,
        st.booleans(),
        st.booleans(),
    ),
)
cells_b = st.one_of(
    st.none(),
    st.frozensets(st.sampled_from([Fraction(i) for i in range(3)]), min_size=1).map(OneOf),
)
tables = st.lists(st.tuples(cells_a, cells_b), min_size=1, max_size=5)


def holds(cell: Cell, value: Fraction) -> bool:
    if isinstance(cell, OneOf):
        return value in cell.values
    if isinstance(cell, Interval):
        assert cell.low is not None and cell.high is not None
        above_low = cell.low < value if cell.low_open else cell.low <= value
        return above_low and (value < cell.high if cell.high_open else value <= cell.high)
    return True


@settings(max_examples=200, deadline=None)
@given(tables)
def test_regions_of_otherwise_are_the_cases_that_no_row_takes(
    rows: list[tuple[Cell, Cell]],
) -> None:
    table = Table(("y",), ("a", "b"), tuple(Row(cells, (number(1),)) for cells in rows))
    made = boxes(table, (A, B))
    left = uncovered(made, list(range(len(rows))))
    assert left is not None
    for a, b in product(map(Fraction, range(7)), map(Fraction, range(3))):
        taken = any(holds(x, a) and holds(y, b) for x, y in rows)
        inside = [
            box
            for box in left
            if any(
                box[0] >> i & 1
                and (
                    piece.low == a
                    if piece.is_point
                    else (piece.low is None or piece.low < a)
                    and (piece.high is None or a < piece.high)
                )
                for i, piece in enumerate(made.axes[0].pieces)
            )
            and box[1] >> int(b) & 1
        ]
        assert len(inside) == (0 if taken else 1)


def test_what_otherwise_takes_is_told_in_words() -> None:
    rows = (
        Row(
            (Interval(Fraction(0), Fraction(2), False, True), OneOf(frozenset((Fraction(0),)))),
            (number(1),),
        ),
        Row((Interval(Fraction(5), Fraction(6)), None), (number(2),)),
        Row((None, None), (number(0),), otherwise=True),
    )
    decision = Decision((A, B), (Port("y"),), ("y",), (Table(("y",), ("a", "b"), rows),))
    (left,) = remainders(decision)
    assert set(left.regions) == {"a <= 1, b green or blue", "a 2 .. 4"}


def test_regions_that_no_earlier_step_leads_to_are_left_out() -> None:
    doubled = Clauses("c", (Clause("C", apply("add", Named("a"), Named("a"))),))
    port = Port("c", "integer", low=Fraction(0), high=Fraction(100))
    rows = (
        Row((Interval(Fraction(0), Fraction(8)),), (number(1),)),
        Row((Interval(Fraction(40), Fraction(50)),), (number(2),)),
        Row((None,), (number(0),), otherwise=True),
    )
    decision = Decision((A,), (port, Port("y")), ("y",), (doubled, Table(("y",), ("c",), rows)))
    (left,) = remainders(decision)
    # Up to 12 is reached; 51 .. 100 is not, and 9 .. 39 is told as one.
    assert left.regions == ("c 9 .. 39",)
