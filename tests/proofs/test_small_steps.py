"""Claims that need brackets, regions, logarithms or days: proved, and their neighbours refuted."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.decision.decision import (
    Clause,
    Clauses,
    Decision,
    Interval,
    Port,
    Row,
    Table,
)
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, every, number
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.brackets import direction_in_brackets
from lawc.proofs.claims import prove_claim
from lawc.proofs.exhausting import Exhaustive
from lawc.proofs.intervals import Range
from lawc.proofs.steps import definitions
from lawc.proofs.verdict import Word

RISES, FALLS, COMPARISON = Always.RISES, Always.FALLS, Always.COMPARISON


def claim(form: Always, subject: Formula, by: str | None = None, *where: Formula) -> RuleClaim:
    return RuleClaim(form, subject, by, where=where, text="a claim")


def plus(*terms: Formula) -> Formula:
    made = terms[0]
    for term in terms[1:]:
        made = apply("add", made, term)
    return made


def times(a: Fraction | int, b: Formula) -> Formula:
    return apply("multiply", number(a), b)


def tariff(edges: tuple[int, int], pieces: tuple[tuple[int, int, int], ...]) -> Decision:
    """A tariff on whole amounts: in each of three brackets a polynomial of second degree."""
    whole = apply("round_floor", Named("income"), number(1))
    low, high = map(number, edges)
    q = Named("whole")
    held = (
        apply("less_equal", q, low),
        every((apply("less", low, q), apply("less_equal", q, high))),
        apply("less", high, q),
    )
    clauses = tuple(
        Clause(
            f"T{i}",
            plus(number(a), times(b, q), times(Fraction(c, 100), apply("power", q, number(2)))),
            condition,
        )
        for i, ((a, b, c), condition) in enumerate(zip(pieces, held, strict=True))
    )
    income = Port("income", low=Fraction(0), high=Fraction(40), step=Fraction(1, 100))
    return Decision(
        (income,),
        (Port("whole"), Port("tax")),
        ("whole", "tax"),
        (Clauses("whole", (Clause("W", whole),)), Clauses("tax", clauses)),
    )


piece = st.tuples(st.integers(-5, 5), st.integers(-2, 3), st.integers(-6, 6))


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 20), st.integers(21, 39)),
    st.tuples(piece, piece, piece),
    st.sampled_from([RISES, FALLS]),
)
def test_a_tariff_in_brackets_rises_as_its_whole_amounts_do(
    edges: tuple[int, int], pieces: tuple[tuple[int, int, int], ...], form: Always
) -> None:
    decision = tariff(edges, pieces)
    taxes = [decide(decision, {"income": Fraction(n)}).values["tax"] for n in range(41)]
    steps = [b - a for a, b in pairwise(taxes)]  # type: ignore[operator]
    truth = all(step >= 0 for step in steps) if form is RISES else all(s <= 0 for s in steps)
    verdict = prove_claim(decision, claim(form, Named("tax"), "income"))
    assert verdict.word is not Word.PROVED or truth
    assert verdict.word is not Word.REFUTED or not truth


@pytest.mark.parametrize("drop, word", [(Fraction(1, 2), "proved"), (3, "refuted")])
def test_a_tariff_may_fall_between_two_whole_amounts_and_not_from_one_to_the_next(
    drop: Fraction | int, word: str
) -> None:
    # Each euro adds 2; at the edge the tariff is lower by `drop`.
    low = Clause("A", times(2, Named("whole")), apply("less_equal", Named("whole"), number(9)))
    after = apply("subtract", times(2, Named("whole")), number(drop))
    high = Clause("B", after, apply("less", number(9), Named("whole")))
    base = tariff((1, 2), ((0, 0, 0),) * 3)
    decision = Decision(
        base.inputs, base.decided, base.outputs, (base.steps[0], Clauses("tax", (low, high)))
    )
    verdict = prove_claim(decision, claim(RISES, Named("tax"), "income"))
    assert verdict.word == word


def test_a_dip_inside_a_bracket_is_no_rise() -> None:
    # q² - 10·q is 0 at 0, more at the other end of the bracket, and -25 between them.
    decision = tariff((30, 35), ((0, -10, 100), (600, 1, 0), (600, 1, 0)))
    known = definitions(decision)
    within = Range(np.array([0.0]), np.array([40.0]))
    assert direction_in_brackets(decision, known, "tax", "whole", within) is None
    flat = tariff((10, 20), ((0, 1, 1), (0, 2, 0), (0, 3, 0)))
    assert direction_in_brackets(flat, definitions(flat), "tax", "whole", within) == 1


def crossed(limit: int) -> tuple[Decision, RuleClaim]:
    """A score in which one quantity counts less the larger the logarithm of another is."""
    score = apply(
        "subtract",
        times(Fraction(82, 100), Named("lack")),
        times(Fraction(24, 100), apply("multiply", Named("lack"), apply("ln", Named("x")))),
    )
    lack = apply("subtract", number(137), apply("min", Named("salt"), number(137)))
    decision = Decision(
        (
            Port("salt", low=Fraction(100), high=Fraction(180)),
            Port("x", low=Fraction(1), high=Fraction(80)),
        ),
        (Port("lack"), Port("score")),
        ("score",),
        (Clauses("lack", (Clause("L", lack),)), Clauses("score", (Clause("S", score),))),
    )
    region = apply("less_equal", Named("x"), number(limit))
    return decision, claim(FALLS, Named("score"), "salt", region)


@pytest.mark.parametrize("limit, word", [(30, "proved"), (40, "refuted")])
def test_the_region_bounds_what_a_crossed_term_may_do(limit: int, word: str) -> None:
    # The sign turns at exp(82/24) = 30.46.
    decision, said = crossed(limit)
    assert prove_claim(decision, said).word == word


def roots(low: Fraction, high: Fraction) -> Decision:
    x = Port("x", low=low, high=high, log=True)
    third = apply("power", Named("r"), number(Fraction(1, 3)))
    steps = (
        Clauses("r", (Clause("R", apply("divide", number(60), Named("x"))),)),
        Clauses("a", (Clause("A", apply("divide", Named("q"), apply("sqrt", Named("r")))),)),
        Clauses("b", (Clause("B", apply("divide", Named("q"), third)),)),
    )
    q = Port("q", low=Fraction(150), high=Fraction(800))
    return Decision((q, x), (Port("r"), Port("a"), Port("b")), ("a", "b"), steps)


@pytest.mark.parametrize(
    "low, high, word", [(60, 250, "proved"), (50, 250, "refuted"), (20, 59, "refuted")]
)
def test_two_roots_are_compared_up_to_the_point_at_which_they_meet(
    low: int, high: int, word: str
) -> None:
    decision = roots(Fraction(low), Fraction(high))
    said = claim(COMPARISON, apply("less_equal", Named("b"), Named("a")))
    assert prove_claim(decision, said).word == word


def notice(last_day: int) -> Decision:
    """The day before the first of the next month, if at least so many weeks are left to it."""
    first = apply("date", apply("year", Named("d")), apply("month", Named("d")), number(1))
    end = apply("subtract", apply("add_months", first, number(1)), number(1))
    rows = (
        Row((Interval(None, Fraction(1)),), (number(0),)),
        Row((Interval(Fraction(2), None),), (number(last_day),)),
    )
    answer = apply("add", end, Named("more"))
    day = Port("d", "date", low=Fraction(693_596), high=Fraction(767_010))
    years = Port("years", "integer", low=Fraction(0), high=Fraction(90))
    return Decision(
        (years, day),
        (Port("more", "integer"), Port("last", "date")),
        ("last",),
        (Table(("more",), ("years",), rows), Clauses("last", (Clause("E", answer),))),
    )


def test_what_months_do_to_days_is_tried_on_every_day() -> None:
    decision = notice(3)
    rises = claim(RISES, Named("last"), "d")
    assert Exhaustive(decision, rises).rows == 2 * (767_010 - 693_596 + 1)
    assert prove_claim(decision, rises).word is Word.PROVED
    later = claim(COMPARISON, apply("less_equal", Named("d"), Named("last")))
    assert prove_claim(decision, later).word is Word.PROVED
    # Of the longest months there are 30 days to the last, and of the others fewer.
    near = apply("less", Named("last"), apply("add", Named("d"), number(30)))
    verdict = prove_claim(notice(0), claim(COMPARISON, near))
    assert verdict.word is Word.REFUTED
    assert (
        prove_claim(
            notice(0), claim(COMPARISON, apply("less", Named("last"), plus(Named("d"), number(31))))
        ).word
        is Word.PROVED
    )


def test_years_after_two_days_rise_with_both() -> None:
    latest = apply("max", apply("year", Named("d")), apply("year", Named("e")))
    end = apply("date", plus(latest, number(3)), number(12), number(31))
    days = tuple(Port(n, "date", low=Fraction(711_858), high=Fraction(767_010)) for n in "de")
    answer = apply("min", end, apply("add_years", Named("d"), number(10)))
    decision = Decision(
        days, (Port("last", "date"),), ("last",), (Clauses("last", (Clause("L", answer),)),)
    )
    for name in "de":
        assert prove_claim(decision, claim(RISES, Named("last"), name)).word is Word.PROVED
        assert prove_claim(decision, claim(FALLS, Named("last"), name)).word is Word.REFUTED
