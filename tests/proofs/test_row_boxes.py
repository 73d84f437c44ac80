"""Boxes find the overlaps and gaps of a table that a look at every case finds."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from lawc.decision.decision import Interval, OneOf, Port, Row, Table
from lawc.decision.exact import inside
from lawc.decision.formula import number
from lawc.proofs.boxes import boxes, gap_between, gap_in, meetings, shared

PORTS = (
    Port("x", "number", low=Fraction(0), high=Fraction(4)),
    Port("n", "integer", low=Fraction(0), high=Fraction(4), step=Fraction(1)),
    Port("c", "one of", choices=("red", "green", "blue"), step=Fraction(1)),
)
# Every case that a table with whole ends can tell apart.
WHOLE = [Fraction(i) for i in range(5)]
CASES = list(product([Fraction(i, 2) for i in range(9)], WHOLE, WHOLE[:3]))

ends = st.one_of(st.none(), st.integers(0, 4).map(Fraction))
intervals = st.builds(Interval, ends, ends, st.booleans(), st.booleans())
words = st.frozensets(st.integers(0, 2).map(Fraction), max_size=3).map(OneOf)
cells = st.tuples(st.none() | intervals, st.none() | intervals, st.none() | words)
tables = st.lists(cells, min_size=1, max_size=6).map(
    lambda rows: Table(("y",), ("x", "n", "c"), tuple(Row(c, (number(0),)) for c in rows))
)


def takes(row: Row, case: tuple[Fraction, ...]) -> bool:
    for cell, value in zip(row.cells, case, strict=True):
        if isinstance(cell, OneOf) and value not in cell.values:
            return False
        if isinstance(cell, Interval) and not inside(cell, value):
            return False
    return True


@given(tables)
def test_two_rows_meet_where_some_case_is_in_both(table: Table) -> None:
    made = boxes(table, PORTS)
    everything = list(range(len(table.rows)))
    found = set(meetings(made, everything))
    brute = {
        (i, j)
        for i in everything
        for j in everything[i + 1 :]
        if any(takes(table.rows[i], c) and takes(table.rows[j], c) for c in CASES)
    }
    assert found == brute
    for i, j in found:
        case = tuple(made.point(shared(made, i, j)).values())
        assert takes(table.rows[i], case) and takes(table.rows[j], case)


@given(tables)
def test_a_gap_is_found_where_there_is_one_and_is_one(table: Table) -> None:
    made = boxes(table, PORTS)
    rows = list(range(len(table.rows)))
    missed = any(not any(takes(row, case) for row in table.rows) for case in CASES)
    search = gap_in(made, rows)
    assert search.decided and (search.found is not None) is missed
    places = [search.found]
    if not list(meetings(made, rows)):
        places.append(gap_between(made, rows))
        assert (places[-1] is not None) is missed
    for place in places:
        if place is not None:
            case = tuple(made.point(place).values())
            assert not any(takes(row, case) for row in table.rows)


@given(
    st.lists(intervals, min_size=1, max_size=4),
    st.sampled_from([None, Fraction(1), Fraction(1, 4), Fraction(2)]),
)
def test_a_gap_of_a_quantity_without_ends_is_found_below_between_and_above(
    cells: list[Interval], step: Fraction | None
) -> None:
    table = Table(("y",), ("x",), tuple(Row((cell,), (number(0),)) for cell in cells))
    made = boxes(table, (Port("x", step=step),))
    # All that whole ends from 0 to 4 can tell apart.
    eighths = [Fraction(i, 8) for i in range(-24, 57)]
    cases = [case for case in eighths if step is None or case % step == 0]
    missed = any(not any(takes(row, (case,)) for row in table.rows) for case in cases)
    search = gap_in(made, list(range(len(cells))))
    assert search.decided and (search.found is not None) is missed
    if search.found is not None:
        case = made.point(search.found)["x"]
        assert step is None or case % step == 0
        assert not any(takes(row, (case,)) for row in table.rows)


def test_the_classical_gap_between_whole_numbers_lies_at_the_half() -> None:
    rows = [Interval(Fraction(a), Fraction(b)) for a, b in ((0, 44), (45, 59), (60, 200))]
    table = Table(("y",), ("x",), tuple(Row((cell,), (number(0),)) for cell in rows))
    made = boxes(table, (Port("x", low=Fraction(0), high=Fraction(200)),))
    place = gap_between(made, [0, 1, 2])
    assert place is not None and made.point(place) == {"x": Fraction(89, 2)}
    whole = boxes(table, (Port("x", "integer", low=Fraction(0), high=Fraction(200)),))
    assert gap_between(whole, [0, 1, 2]) is None


def test_a_thousand_rows_are_searched_in_seconds() -> None:
    cuts = [Interval(Fraction(i), Fraction(i + 1), False, i < 9) for i in range(10)]
    rows = [Row(cells, (number(i),)) for i, cells in enumerate(product(cuts, cuts, cuts))]
    ports = tuple(Port(name, low=Fraction(0), high=Fraction(10)) for name in "abc")
    start = process_time()
    made = boxes(Table(("y",), ("a", "b", "c"), tuple(rows)), ports)
    assert list(meetings(made, list(range(1000)))) == []
    assert gap_between(made, list(range(1000))) is None
    assert gap_between(made, [i for i in range(1000) if i != 537]) is not None
    assert process_time() - start < 5
