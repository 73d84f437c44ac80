"""What can still come out: equal to trying every completion, and the question that narrows most."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.decision import (
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Point,
    Port,
    Row,
    Score,
    Table,
)
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, every, number
from lawc.decision.operations import DecisionError
from lawc.decision.partial import ask, possible
from lawc.decision.reach import Cut, Reach, above, below, between, domain, inside, union
from lawc.decision.values import UNKNOWN, Value

small = st.integers(min_value=-6, max_value=6)
ends = st.one_of(st.none(), small)


@st.composite
def reaches(draw: st.DrawFn) -> Reach:
    parts = [Reach(frozenset(map(Fraction, draw(st.sets(small, max_size=3)))))]
    for _ in range(draw(st.integers(0, 3))):
        low, high = draw(ends), draw(ends)
        low = None if low is None else Fraction(low)
        high = None if high is None else Fraction(high)
        step = draw(st.sampled_from((None, None, Fraction(1), Fraction(2))))
        parts.append(between(low, high, draw(st.booleans()), draw(st.booleans()), step))
    return union(parts)


GRID = [Fraction(i, 2) for i in range(-20, 21)]


ODD_BELOW = between(None, Fraction(1), step=Fraction(2))
ODD_ABOVE = between(Fraction(1), None, step=Fraction(2))


@example(ODD_BELOW, ODD_ABOVE, Fraction(0), False)
@given(reaches(), reaches(), small, st.booleans())
def test_sets_of_numbers_keep_their_members(
    first: Reach, second: Reach, at: int, keeps: bool
) -> None:
    cut = Cut(Fraction(at), keeps)
    both = union((first, second))
    low, high = below(first, cut), above(first, cut)
    ranged = inside(first, Fraction(-3), Fraction(at))
    for value in GRID:
        assert (value in both) == (value in first or value in second)
        is_below = value < at or (keeps and value == at)
        assert (value in low) == (value in first and is_below)
        assert (value in high) == (value in first and not is_below)
        assert (value in ranged) == (value in first and -3 <= value <= at)
    if both.covers(second) is False:
        # A lattice and a span that overlap may stay two sets; single values may not be lost.
        assert second.spans
    if first.covers(second):
        assert all(value in first for value in GRID if value in second)


def completions(decision: Decision, facts: Mapping[str, Value]) -> dict[str, set[Value]]:
    """Every outcome, by trying every value of every unknown input."""
    unknown = [p for p in decision.inputs if facts.get(p.name, UNKNOWN) is UNKNOWN]
    found: dict[str, set[Value]] = {name: set() for name in decision.outputs}
    for values in itertools.product(*(domain(p).points for p in unknown)):
        case = {**facts, **{p.name: v for p, v in zip(unknown, values, strict=True)}}
        try:
            answers = decide(decision, case).values
        except DecisionError:
            continue
        for name in decision.outputs:
            found[name].add(answers[name])
    return found


YES_NO = tuple(Port(f"p{i}", "yes/no") for i in range(6))
COUNT = Port("count", "integer", low=Fraction(0), high=Fraction(9), step=Fraction(1))
LEVEL = Port("level", "one of", choices=("none", "some", "much"))
TOTAL = Port("total", "integer", low=Fraction(-40), high=Fraction(40), step=Fraction(1))
AMOUNT = Port("amount", "number")


@st.composite
def conditions(draw: st.DrawFn, known: tuple[str, ...], depth: int = 2) -> Formula:
    if depth == 0 or draw(st.booleans()):
        numbers = [name for name in known if name in ("count", "total")]
        if numbers and draw(st.booleans()):
            name = draw(st.sampled_from(numbers))
            left: Formula = Named(name)
            if draw(st.booleans()):
                left = apply("subtract", Named("count"), apply("multiply", number(2), left))
            operation = draw(st.sampled_from(("less", "less_equal", "equal")))
            return apply(operation, left, number(draw(st.integers(-3, 9))))
        return Named(draw(st.sampled_from([port.name for port in YES_NO])))
    inner = conditions(known, depth - 1)
    operation = draw(st.sampled_from(("and", "or", "not")))
    if operation == "not":
        return apply("not", draw(inner))
    return apply(operation, draw(inner), draw(inner))


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """A table on a count, a score, clauses with an exception, a quantity made of all."""
    edges = sorted(draw(st.sets(st.integers(1, 9), min_size=2, max_size=2)))
    first, second = map(Fraction, edges)
    rows = (
        Row((Interval(None, first, high_open=True), None), (number(draw(st.integers(0, 2))),)),
        Row((Interval(first, second, False, True), OneOf(frozenset((Fraction(0),)))), (number(0),)),
        Row((Interval(first, second, False, True), OneOf(frozenset((Fraction(1),)))), (number(1),)),
        Row((Interval(second, None), None), (number(draw(st.integers(0, 2))),)),
    )
    table = Table(("level",), ("count", "p0"), rows)
    known = ("count",)
    points = tuple(
        Point(number(draw(st.integers(-3, 3))), draw(conditions(known)))
        for _ in range(draw(st.integers(1, 4)))
    )
    score = Score("total", points)
    known = ("count", "total")
    much = apply("equal", Named("level"), number(2))
    amount = Clauses(
        "amount",
        (
            Clause("L1", apply("multiply", Named("total"), number(2))),
            Clause(
                "L2",
                apply("add", Named("count"), number(Fraction(1, 2))),
                every((draw(conditions(known)), apply("not", much))),
                ("L1",),
            ),
            Clause("L3", number(7), draw(conditions(known)), ("L1", "L2")),
        ),
    )
    return Decision(
        (*YES_NO, COUNT),
        (LEVEL, TOTAL, AMOUNT),
        ("level", "total", "amount"),
        (table, score, amount),
    )


@settings(max_examples=60, deadline=None)
@given(decisions(), st.randoms(use_true_random=False))
def test_what_is_possible_is_what_some_completion_gives(
    decision: Decision, chance: random.Random
) -> None:
    facts: dict[str, Value] = {
        port.name: chance.choice(sorted(v for v in domain(port).numbers))
        for port in decision.inputs
        if chance.random() < 0.3
    }
    found = possible(decision, facts)
    expected = completions(decision, facts)
    assert found.exact == set(decision.outputs)
    for name, values in expected.items():
        assert found.values[name].points == values
        assert found.answer(name) == (next(iter(values)) if len(values) == 1 else UNKNOWN)


@settings(max_examples=30, deadline=None)
@given(decisions())
def test_a_wider_set_is_given_where_few_boxes_are_allowed(decision: Decision) -> None:
    found = possible(decision, {}, boxes=2)
    for name, values in completions(decision, {}).items():
        assert all(value in found.values[name] for value in values)
        if name in found.exact:
            assert found.values[name].points == values


@settings(max_examples=20, deadline=None)
@given(decisions(), st.randoms(use_true_random=False))
def test_the_rows_and_clauses_that_can_speak_are_those_that_do(
    decision: Decision, chance: random.Random
) -> None:
    facts: dict[str, Value] = {"count": Fraction(chance.randrange(10)), "p1": Fraction(1)}
    unknown = [port for port in decision.inputs if port.name not in facts]
    found = possible(decision, facts)
    spoke: dict[str, set[int]] = {name: set() for name in ("level", "amount")}
    for values in itertools.product((Fraction(0), Fraction(1)), repeat=len(unknown)):
        case = {**facts, **{p.name: v for p, v in zip(unknown, values, strict=True)}}
        for name, places in decide(decision, case).because.items():
            if name in spoke:
                spoke[name].update(places)
    assert {name: found.because[name] for name in spoke} == spoke


@pytest.mark.parametrize("name", list(SAMPLES))
def test_worked_cases_come_out_with_all_facts_and_with_some(name: str) -> None:
    decision, cases = SAMPLES[name].decision, SAMPLES[name].cases
    for facts, expected in cases:
        for left_out in (None, *facts):
            known = {key: value for key, value in facts.items() if key != left_out}
            found = possible(decision, known, tuple(decision.outputs), boxes=60)
            for key, value in expected.items():
                if key not in decision.outputs or UNKNOWN in facts.values():
                    continue
                if left_out is None:
                    assert found.answer(key) == value
                elif left_out != "income" or name != "housing-benefit":  # the rule asks for it
                    assert value in found.values[key]


def test_an_answer_is_known_where_it_does_not_depend_on_what_is_unknown() -> None:
    decision = SAMPLES["ckd-risk"].decision
    found = possible(decision, {"eGFR": Fraction(20)})
    assert found.answer("risk") == 3
    # G3a: A1 is moderate, A2 high, A3 very high.
    assert possible(decision, {"eGFR": Fraction(50)}).values["risk"].points == {1, 2, 3}


def test_a_condition_and_its_opposite_are_seen_together() -> None:
    p = Named("p0")
    either = apply("or", p, apply("not", p))
    step = Clauses("level", (Clause("A", apply("where", either, number(1), number(2))),))
    decision = Decision((YES_NO[0],), (LEVEL,), ("level",), (step,))
    assert possible(decision, {}).answer("level") == 1


def test_a_number_that_varies_smoothly_is_a_range() -> None:
    weight = Port("weight", low=Fraction(40), high=Fraction(120))
    capped = apply("min", apply("multiply", Named("weight"), number(3)), number(300))
    step = Clauses("amount", (Clause("A", capped),))
    found = possible(Decision((weight,), (AMOUNT,), ("amount",), (step,)), {})
    assert found.values["amount"] == between(Fraction(120), Fraction(300))
    assert found.exact == {"amount"}


def test_the_first_question_is_the_one_whose_answer_narrows_most() -> None:
    decision = SAMPLES["ckd-risk"].decision
    assert [question.name for question in ask(decision, {})] == ["eGFR", "ACR"]
    assert ask(decision, {"eGFR": Fraction(20)}, only=("risk",))[0].matters is False
    # A test of income makes the share of a tenant unknown or nothing; an owner gets none.
    tenure, *_ = ask(SAMPLES["housing-benefit"].decision, {})
    assert tenure.name == "tenure"


def test_what_matters_only_together_is_asked_before_what_never_does() -> None:
    p, q = Named("p0"), Named("p1")
    differ = apply("not", apply("equal", p, q))
    step = Clauses("level", (Clause("A", apply("where", differ, number(1), number(2))),))
    decision = Decision((YES_NO[2], *YES_NO[:2]), (LEVEL,), ("level",), (step,))
    order = ask(decision, {})
    assert [question.name for question in order] == ["p0", "p1", "p2"]
    assert [question.matters for question in order] == [True, True, False]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"eGFR": Fraction(-1)}, "eGFR"),
        ({"GFR": Fraction(1)}, "no input"),
    ],
)
def test_facts_that_are_none_are_refused(facts: dict[str, Value], said: str) -> None:
    with pytest.raises(DecisionError, match=said):
        possible(SAMPLES["ckd-risk"].decision, facts)
