"""What is said to be whole is whole: holes and dead parts are those that every case shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from tests.proofs.random_rules import RandomRule

from lawc.decision.decision import (
    Calendar,
    Clause,
    Clauses,
    Decision,
    Interval,
    Point,
    Port,
    Row,
    Score,
    Step,
    Table,
    decides,
)
from lawc.decision.exact import evaluate
from lawc.decision.formula import Apply, Formula, Named, apply, number
from lawc.decision.operations import DecisionError, truth
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs import shown
from lawc.proofs.checking import check_decision
from lawc.proofs.claims import prove_claim
from lawc.proofs.every import every_case
from lawc.proofs.finding import Fault, is_hole
from lawc.proofs.replay import Case, refusal, values_before
from lawc.proofs.search import Limits
from lawc.proofs.steps import definitions

SMALL = Limits(0.3, 200_000, 2_000)
DEAD = (Fault.DEAD_ROW, Fault.UNREACHED, Fault.DEAD_CLAUSE, Fault.DEAD_EXCEPTION)
X = Named("x")
P_PORT = Port("p")
WHOLE = Port("x", "integer", low=Fraction(0), high=Fraction(5), step=Fraction(1))


def whole_numbers(seed: int) -> Decision:
    """Return a random decision on inputs that take few values."""
    decision = RandomRule(seed).decision
    first = replace(decision.inputs[0], kind="integer", step=Fraction(1))
    return replace(decision, inputs=(first, *decision.inputs[1:]))


def guards_of(decision: Decision, index: int) -> tuple[Formula, ...]:
    """Return when each row, line or clause of a step speaks; none of a scale."""
    step = decision.steps[index]
    if isinstance(step, Score):
        return tuple(point.when for point in step.points)
    is_of_parts = isinstance(step, Table | Clauses)
    return definitions(decision)[decides(step)[0]].cases if is_of_parts else ()


def silent(decision: Decision, index: int, cases: tuple[Case, ...]) -> set[int]:
    """Return the rows, lines or clauses of a step that hold in no case."""
    guards = guards_of(decision, index)
    left = set(range(len(guards)))
    for values in (values_before(decision, given, index) for given in cases):
        left -= {place for place in left if values is not None and holds(values, guards[place])}
    return left


def holds(values: Case, condition: Formula) -> bool:
    try:
        return truth(evaluate(condition, values, {})) == 1
    except DecisionError:
        return False


@pytest.mark.parametrize("drawn", [0, 40])
def test_holes_and_dead_parts_are_those_that_every_case_shows(
    drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "CASES", drawn)
    counted = [0, 0]
    for seed in range(80):
        decision = whole_numbers(seed)
        found = check_decision(decision, SMALL)
        cases = every_case(decision, 10_000)
        assert cases is not None
        has_unknown = any(port.may_be_unknown for port in decision.inputs)
        assert all(finding.fault is not Fault.LEFT for finding in found), seed
        for index in range(len(decision.steps)):
            here = [finding for finding in found if finding.step == index]
            is_told = any(map(is_hole, here))
            refused = [c for c in cases if refusal(decision, c, index) is not None]
            assert bool(refused) == is_told, f"{seed}: step {index}, {refused[:1]}"
            dead = [f for f in here if f.fault in DEAD and f.detail != "changes nothing"]
            told = {row for finding in dead for row in finding.rows}
            left = silent(decision, index, cases)
            assert told <= left, f"{seed}: step {index}"
            # Of what is unknown the solver may know more, such as that it is below four.
            assert told == left or has_unknown, f"{seed}: step {index}"
            counted = [counted[0] + is_told, counted[1] + len(told)]
            if is_told:
                break
    assert min(counted) > 5


def on(*rows: tuple[Fraction | None, Fraction | None, int], policy: str = "unique") -> Table:
    cells = [((Interval(low, high, high_open=True),), (number(n),)) for low, high, n in rows]
    made = tuple(Row(cell, answer, f"row {n}") for n, (cell, answer) in enumerate(cells, start=1))
    return Table(("q",), ("p",), made, policy)


def decided(*steps: Step) -> Decision:
    names = [name for step in steps for name in decides(step)]
    return Decision((WHOLE,), tuple(map(Port, names)), tuple(names), steps)


FOUR_OR_MORE = Clauses("p", (Clause("A", apply("add", X, number(4))),))


def test_rows_that_nothing_leads_to_are_told_from_rows_that_others_hide() -> None:
    rows = (None, Fraction(2), 1), (Fraction(2), Fraction(4), 2), (None, Fraction(9), 3)
    table = on(*rows, (Fraction(5), Fraction(6), 4), (Fraction(9), None, 5), policy="first")
    found = check_decision(decided(FOUR_OR_MORE, table))
    told = {(finding.fault, finding.rows) for finding in found}
    unreached = {(Fault.UNREACHED, (0,)), (Fault.UNREACHED, (1,))}
    assert told == unreached | {(Fault.DEAD_ROW, (3,))}


def test_a_closing_row_that_nothing_leads_to_is_found() -> None:
    table = on((None, Fraction(6), 1), (Fraction(6), Fraction(10), 2))
    closed = replace(table, rows=(*table.rows, Row((None,), (number(3),), otherwise=True)))
    found = check_decision(decided(FOUR_OR_MORE, closed))
    assert [(f.fault, f.rows) for f in found] == [(Fault.UNREACHED, (2,))]


def test_what_never_speaks_hides_nothing_of_later_steps() -> None:
    large = apply("less", number(9), Named("p"))
    dead = Clauses("q", (Clause("B", number(1)), Clause("C", number(2), large, ("B",))))
    more = Clauses("r", (Clause("D", Named("q")), Clause("E", number(2), large, ("D",))))
    found = check_decision(decided(FOUR_OR_MORE, dead, more))
    assert [(f.fault, f.step) for f in found if f.fault in DEAD] == [
        (Fault.DEAD_EXCEPTION, 1),
        (Fault.DEAD_EXCEPTION, 2),
    ]


def test_a_case_of_a_conflict_shows_the_two_clauses_that_it_names() -> None:
    # Each is an exception to the one before it alone, so that others meet.
    names = ("A", "B", "C", "D", "E")
    clauses = [Clause("A", number(0))]
    for place, (before, name) in enumerate(pairwise(names), start=1):
        least = apply("less_equal", number(place - 1), X)
        clauses.append(Clause(name, apply("multiply", number(place), X), least, (before,)))
    decision = Decision((WHOLE,), (Port("p"),), ("p",), (Clauses("p", tuple(clauses)),))
    found = [f for f in check_decision(decision) if f.fault is Fault.CONFLICT]
    assert len(found) > 2
    for finding in found:
        said = refusal(decision, dict(finding.case), 0) or ""
        told = dict(part.split(" says ") for part in said.rpartition(": ")[2].split(", "))
        one, other = (told[names[row]] for row in finding.rows)
        assert one != other


def test_a_deadline_beyond_the_days_that_are_known_is_found() -> None:
    first, last = date(2024, 1, 1).toordinal(), date(2024, 12, 31).toordinal()
    calendar = Calendar((6, 7), (first,), first, last)
    ports = tuple(
        Port(name, "date", low=Fraction(first), high=Fraction(last), step=Fraction(1))
        for name in ("filed", "paid")
    )
    # A fortnight before the end of the year is still answered, the day after it is not.
    for until, faults in ((last - 14, []), (last - 13, [Fault.NO_RESULT])):
        filed = replace(ports[0], high=Fraction(until))
        due = Clauses(
            "due", (Clause("A", Apply("add_business_days", (Named("filed"), number(10)), "work")),)
        )
        late = Clauses("late", (Clause("B", apply("less", Named("due"), Named("paid"))),))
        decision = Decision(
            (filed, ports[1]),
            (Port("due", "date", step=Fraction(1)), Port("late", "yes/no")),
            ("due", "late"),
            (due, late),
            {"work": calendar},
        )
        assert [finding.fault for finding in check_decision(decision)] == faults


def test_a_step_of_which_nothing_could_be_decided_is_not_called_whole() -> None:
    # A hole at the root of a polynomial, which no amount of looking at few boxes settles.
    y = Port("y", low=Fraction(-50), high=Fraction(50))
    ports = replace(y, name="x"), y
    cubes = [apply("power", Named(n), number(9)) for n in "xy"]
    odd = apply("subtract", apply("add", *cubes), apply("multiply", X, Named("y")))
    when = apply("not", apply("equal", odd, number(Fraction(1234567, 1000))))
    decision = Decision(ports, (P_PORT,), ("p",), (Clauses("p", (Clause("A", number(1), when),)),))
    none = Limits(0.001, 1, 10)
    assert [finding.fault for finding in check_decision(decision, none)] == [Fault.LEFT]


@pytest.mark.parametrize("count", [99, 600])
def test_claims_about_long_tables_and_scores_are_decided(count: int) -> None:
    cuts = [None, *(Fraction(n) for n in range(1, count)), None]
    rows = tuple((low, high, n) for n, (low, high) in enumerate(pairwise(cuts)))
    lines = tuple(Point(number(1), apply("less", number(n), Named("p"))) for n in range(count))
    double = Clauses("p", (Clause("A", apply("multiply", X, number(2))),))
    wide = replace(WHOLE, high=Fraction(count))
    decision = replace(decided(double, on(*rows), Score("r", lines)), inputs=(wide,))
    for name in "qr":
        for bound, word in ((count, "proved"), (count - 2, "refuted")):
            most = apply("less_equal", Named(name), number(bound))
            claim = RuleClaim(Always.COMPARISON, most, text="a claim")
            assert prove_claim(decision, claim, SMALL).word == word
        claim = RuleClaim(Always.RISES, Named(name), "x", text="a claim")
        assert prove_claim(decision, claim, SMALL).word in ("proved", "unknown")
    found = check_decision(decision, SMALL)
    assert not any(map(is_hole, found))
