"""What values are said to be multiples of, they are; no step is coarser than what it decides."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES, from_to, less, n, of, plain_row

from lawc.decision.decision import (
    Bands,
    Bracket,
    Clause,
    Clauses,
    Decision,
    Interval,
    Point,
    Port,
    Row,
    Scale,
    Score,
    Step,
    Table,
)
from lawc.decision.exact import DecisionError, decide, take
from lawc.decision.formula import Formula, NotApplicable, apply
from lawc.decision.multiples import grain
from lawc.decision.values import Value
from lawc.proofs.checking import check_decision
from lawc.proofs.finding import Fault

KNOWN = {"x": Fraction(1, 4), "y": Fraction(3), "free": None}
ROUNDINGS = ("round_floor", "round_ceiling", "round_to_zero", "round_half_even")

numbers = st.fractions(min_value=-8, max_value=8, max_denominator=6)
steps_of_rounding = st.sampled_from([Fraction(1), Fraction(5, 2), Fraction(1, 100)])
leaves = numbers.map(n) | st.sampled_from([of("x"), of("y"), of("free")])


def grown(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    two = st.sampled_from(["add", "subtract", "multiply", "min", "max", "divide", "less"])
    return st.one_of(
        st.builds(apply, two, parts, parts),
        st.builds(apply, st.sampled_from(["negative", "abs", "sign", "floor"]), parts),
        st.builds(apply, st.just("where"), st.builds(less, parts, parts), parts, parts),
        st.builds(apply, st.sampled_from(ROUNDINGS), parts, steps_of_rounding.map(n)),
    )


formulas = st.recursive(leaves, grown, max_leaves=6)
bounds = st.lists(st.integers(0, 40), min_size=1, max_size=4, unique=True).map(sorted)
scales = st.builds(
    lambda on, ends, rates, rounding: Scale(
        "z",
        on,
        (Bands(tuple(Bracket(n(e), n(r)) for e, r in zip(ends, rates, strict=False))),),
        rounding=rounding,
    ),
    st.sampled_from([of("x"), of("y"), n(7), apply("multiply", n(10), of("y"))]),
    bounds,
    st.lists(numbers, min_size=4, max_size=4),
    st.none() | st.tuples(st.sampled_from(ROUNDINGS), steps_of_rounding.map(n)),
)
steps = st.one_of(
    formulas.map(lambda f: Clauses("z", (Clause("A", f),))),
    st.lists(formulas, min_size=2, max_size=3).map(
        lambda fs: Table(
            ("z",),
            ("x",),
            tuple(Row((Interval(Fraction(k), Fraction(k + 1)),), (f,)) for k, f in enumerate(fs)),
        )
    ),
    st.lists(st.tuples(numbers, formulas), min_size=1, max_size=4).map(
        lambda parts: Score("z", tuple(Point(n(p), less(n(0), f)) for p, f in parts))
    ),
    scales,
)


@settings(max_examples=400, deadline=None)
@given(steps, st.integers(-40, 200), st.integers(-20, 20), numbers)
def test_every_value_is_a_multiple_of_what_is_said(
    step: Step, x: int, y: int, free: Fraction
) -> None:
    said = grain(step, KNOWN)["z"]
    values: dict[str, Value] = {"x": x * KNOWN["x"], "y": y * KNOWN["y"], "free": free}  # type: ignore[operator]
    try:
        (found, _) = take(step, values, {})["z"]
    except DecisionError:
        return
    if said is not None:
        assert said > 0
        assert isinstance(found, Fraction)
        assert found % said == 0


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (n("0.75"), Fraction(3, 4)),
        (n(-2), Fraction(2)),
        (n(0), None),
        (of("x"), Fraction(1, 4)),
        (of("free"), None),
        (apply("add", of("x"), n("0.1")), Fraction(1, 20)),
        (apply("multiply", of("x"), of("y")), Fraction(3, 4)),
        (apply("multiply", of("x"), of("free")), None),
        (apply("divide", of("y"), n(2)), None),
        (apply("min", of("y"), n(2)), Fraction(1)),
        (apply("where", less(of("free"), n(1)), of("y"), n(6)), Fraction(3)),
        (apply("where", less(of("free"), n(1)), of("y"), NotApplicable()), Fraction(3)),
        (apply("round_floor", of("free"), n("0.01")), Fraction(1, 100)),
        (apply("round_floor", of("free"), of("y")), None),
        (less(of("free"), n(1)), Fraction(1)),
        (apply("exp", of("y")), None),
        (apply("negative", of("y")), Fraction(3)),
        (apply("abs", of("x")), Fraction(1, 4)),
    ],
)
def test_a_formula_is_a_multiple_of_the_most_that_it_shows(
    formula: Formula, said: Fraction | None
) -> None:
    assert grain(Clauses("z", (Clause("A", formula),)), KNOWN) == {"z": said}


def test_a_step_is_a_multiple_of_what_all_its_parts_are() -> None:
    clauses = Clauses("z", (Clause("A", n(4), of("p")), Clause("B", n(6))))
    assert grain(clauses, KNOWN) == {"z": 2}
    score = Score("z", (Point(n("0.5"), of("p")), Point(n("0.75"), of("q"))))
    assert grain(score, KNOWN) == {"z": Fraction(1, 4)}
    rows = (plain_row((from_to(0, 1),), n(4), n(10)), plain_row((from_to(1, 2),), n(6), of("free")))
    assert grain(Table(("z", "w"), ("x",), rows), KNOWN) == {"z": 2, "w": None}


def bracketed(rate: int, above: int, rounding: tuple[str, Formula] | None = None) -> Scale:
    brackets = (Bracket(n(0), n(1)), Bracket(n(above), n(rate)))
    return Scale("z", of("ten"), (Bands(brackets),), rounding=rounding)


def test_a_bracket_that_ends_between_two_steps_of_the_base_makes_the_scale_finer() -> None:
    known = {"ten": Fraction(10)}
    assert grain(bracketed(0, 20), known) == {"z": 10}
    assert grain(bracketed(0, 15), known) == {"z": 5}
    assert grain(bracketed(4, 15), known) == {"z": 5}
    assert grain(bracketed(0, 15, ("round_floor", n(2))), known) == {"z": 2}


def test_a_gap_at_a_value_between_two_steps_of_the_base_is_found() -> None:
    scale = bracketed(0, 15)
    low, high = (Interval(None, Fraction(12)), Interval(Fraction(18), None))
    table = Table(("y",), ("z",), (Row((low,), (n(1),)), Row((high,), (n(2),))))
    ten = Port("ten", low=Fraction(0), high=Fraction(100), step=Fraction(10))
    made = Port("z", step=grain(scale, {"ten": Fraction(10)})["z"])
    decision = Decision((ten,), (made, Port("y")), ("y",), (scale, table))
    with pytest.raises(DecisionError, match="no row speaks at z = 15"):
        decide(decision, {"ten": Fraction(20)})
    assert Fault.GAP in {finding.fault for finding in check_decision(decision)}


@pytest.mark.parametrize("name", SAMPLES)
def test_worked_cases_are_multiples_of_what_is_said(name: str) -> None:
    decision = SAMPLES[name].decision
    known = {port.name: port.step for port in decision.inputs}
    for step in decision.steps:
        known.update(grain(step, known))
    for given_, expected in SAMPLES[name].cases:
        for port, value in decide(decision, given_).values.items():
            said = known[port]
            if said is not None and isinstance(value, Fraction):
                assert value % said == 0, (port, expected)
