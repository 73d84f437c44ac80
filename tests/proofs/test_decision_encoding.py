"""What the solver is told of a decision is what the exact evaluator answers."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.decision import Calendar, Decision, Port
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Apply, Named, Number
from lawc.decision.operations import operate
from lawc.decision.values import NOT_APPLICABLE, Absent, Value
from lawc.proofs.encoding import Encoding
from lawc.proofs.library import z3
from lawc.proofs.search import Limits, ask
from lawc.proofs.world import Real, World, quotient

EXACT = ("ckd-risk", "income-tax", "stroke-score", "housing-benefit")
LIMITS = Limits(10.0, 50_000_000)
small = st.fractions(-50, 50, max_denominator=20)


def drawn(port: Port, random: Random) -> Fraction:
    if port.kind == "yes/no":
        return Fraction(random.randrange(2))
    if port.choices:
        return Fraction(random.randrange(len(port.choices)))
    low, high = port.low or Fraction(0), port.high or Fraction(1000)
    step = port.step or Fraction(1, 100)
    edge = random.choice([low, high, Fraction(200_000), Fraction(1000), Fraction(500)])
    if random.random() < 0.2 and low <= edge <= high:
        return edge
    return low + random.randrange(int((high - low) / step) + 1) * step


def fixed(encoding: Encoding, values: dict[str, Fraction]) -> list[Real]:
    facts = []
    for name, value in values.items():
        term = encoding.terms[name].value
        facts.append(term == (value == 1) if z3.is_bool(term) else term == quotient(value))
    return [*facts, *encoding.known.values()]


def says(encoding: Encoding, name: str, value: Value) -> Real:
    term = encoding.terms[name]
    if value is NOT_APPLICABLE:
        return z3.Not(term.applicable)
    assert not isinstance(value, Absent)
    same = term.value == (value == 1) if z3.is_bool(term.value) else term.value == quotient(value)
    return z3.And(term.applicable, same)


@pytest.mark.parametrize("name", EXACT)
def test_the_solver_answers_as_the_exact_evaluator_does(name: str) -> None:
    decision, random = SAMPLES[name].decision, Random(name)
    for _ in range(12):
        values = {port.name: drawn(port, random) for port in decision.inputs}
        try:
            answers = decide(decision, values)
        except DecisionError:
            continue
        world = World()
        encoding = Encoding(decision, world)
        for quantity in encoding.definitions:
            wrong = z3.Not(says(encoding, quantity, answers.values[quantity]))
            facts = [*fixed(encoding, values), *encoding.domain]
            assert ask(world, [*facts, encoding.answered()], LIMITS).exists is True
            assert ask(world, [*facts, wrong], LIMITS).exists is False


def number(operation: str, *values: Fraction) -> Fraction:
    value = operate(operation, values)
    assert isinstance(value, Fraction)
    return value


ROUNDINGS = ["floor", "ceiling", "to_zero", "from_zero", "half_from_zero", "half_even"]


@given(st.sampled_from(ROUNDINGS), small, st.sampled_from(["1", "0.05", "100", "2.5"]))
def test_rounding_is_told_exactly(way: str, value: Fraction, step: str) -> None:
    world = World()
    encoding = Encoding(Decision((Port("x"),), (), (), ()), world)
    operation = f"round_{way}"
    term = encoding.number(Apply(operation, (Named("x"), Number(Fraction(step)))))
    right = quotient(number(operation, value, Fraction(step)))
    facts = [encoding.variables["x"] == quotient(value)]
    assert ask(world, [*facts, term != right], LIMITS).exists is False
    assert ask(world, [*facts, term == right], LIMITS).exists is True


days = st.dates(date(1600, 1, 1), date(2400, 12, 31)).map(lambda d: Fraction(d.toordinal()))
edges = st.sampled_from(
    [
        date(y, m, d)
        for y in (1900, 2000, 2023, 2024)
        for m, d in ((2, 28), (3, 1), (12, 31), (1, 1))
    ]
    + [date(2000, 2, 29), date(2024, 2, 29), date(304, 1, 1)]
).map(lambda d: Fraction(d.toordinal()))


@given(st.sampled_from(["year", "month", "day", "weekday"]), days | edges)
def test_parts_of_a_date_are_told_exactly(operation: str, day: Fraction) -> None:
    world = World()
    encoding = Encoding(Decision((Port("d", "date", step=Fraction(1)),), (), (), ()), world)
    term = encoding.number(Apply(operation, (Named("d"),)))
    right = quotient(number(operation, day))
    at = encoding.variables["d"] == int(day)
    assert ask(world, [at, term != right], LIMITS).exists is False
    assert ask(world, [at, term == right], LIMITS).exists is True


@given(
    st.sampled_from(["add_months", "add_years", "months_between", "years_between"]),
    days | edges,
    st.integers(-30, 30),
)
@settings(max_examples=25)
def test_months_are_told_exactly(operation: str, day: Fraction, count: int) -> None:
    ports = (Port("d", "date", step=Fraction(1)), Port("n", "integer", step=Fraction(1)))
    other = day + 29 * count if operation.endswith("between") else Fraction(count)
    world = World()
    encoding = Encoding(Decision(ports, (), (), ()), world)
    term = encoding.number(Apply(operation, (Named("d"), Named("n"))))
    right = quotient(number(operation, day, other))
    at = [encoding.variables["d"] == int(day), encoding.variables["n"] == int(other)]
    assert ask(world, [*at, term != right], LIMITS).exists is False
    assert ask(world, [*at, term == right], LIMITS).exists is True


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        # So far apart, and with a century without its leap day between, months drift the most.
        (date(1697, 1, 31), 1273, date(1803, 2, 28)),
        (date(1803, 3, 1), -1273, date(1697, 2, 1)),
        (date(1697, 1, 31), 4000, date(2030, 5, 31)),
    ],
)
@pytest.mark.parametrize("has_calendar", [True, False])
def test_bounds_of_months_leave_room_for_every_day(
    first: date, months: int, last: date, has_calendar: bool
) -> None:
    ports = tuple(Port(name, "date", step=Fraction(1)) for name in "de")
    for operation, second, right in (
        ("add_months", Number(Fraction(months)), last.toordinal()),
        ("months_between", Named("e"), months),
    ):
        world = World(has_calendar=has_calendar)
        encoding = Encoding(Decision(ports, (), (), ()), world)
        term = encoding.number(Apply(operation, (Named("d"), second)))
        at = [encoding.variables["d"] == first.toordinal()]
        at.append(encoding.variables["e"] == last.toordinal())
        assert ask(world, [*at, term == right], LIMITS).exists is True


THEN = date(2024, 1, 1).toordinal()
calendars = st.builds(
    lambda weekend, holidays, length: Calendar(
        tuple(sorted(weekend)), tuple(sorted(THEN + h for h in holidays)), THEN, THEN + length
    ),
    st.sets(st.integers(1, 7), max_size=6),
    st.sets(st.integers(0, 60), max_size=8),
    st.integers(0, 70),
)


@given(
    st.sampled_from(
        ["is_business_day", "next_business_day", "add_business_days", "business_days_between"]
    ),
    calendars,
    st.integers(-5, 75),
    st.integers(-12, 12),
)
@settings(max_examples=60)
def test_business_days_are_told_exactly(
    operation: str, calendar: Calendar, into: int, count: int
) -> None:
    ports = (Port("d", "date", step=Fraction(1)), Port("n", "integer", step=Fraction(1)))
    day = Fraction(THEN + into)
    is_alone = operation in ("is_business_day", "next_business_day")
    other = day + 3 * count if operation == "business_days_between" else Fraction(count)
    world = World()
    encoding = Encoding(Decision(ports, (), (), (), {"work": calendar}), world)
    named = (Named("d"),) if is_alone else (Named("d"), Named("n"))
    term = encoding.term(Apply(operation, named, "work"))
    at = [encoding.variables["d"] == int(day), encoding.variables["n"] == int(other)]
    try:
        right = operate(operation, (day,) if is_alone else (day, other), calendar)
    except DecisionError:
        assert ask(world, [*at, z3.Not(term.fails)], LIMITS).exists is False
        return
    assert isinstance(right, Fraction)
    assert ask(world, [*at, z3.Or(term.fails, term.value != int(right))], LIMITS).exists is False
    assert ask(world, [*at, term.value == int(right)], LIMITS).exists is True
