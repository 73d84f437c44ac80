"""Claims about rules are proved, or refuted by cases that break them, and never otherwise."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.decision import (
    Clause,
    Clauses,
    Decision,
    Interval,
    Point,
    Port,
    Row,
    Score,
    Table,
)
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Formula, Named, Number, apply, number
from lawc.decision.values import Absent
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.claims import prove_claim
from lawc.proofs.exhausting import Exhaustive
from lawc.proofs.search import Limits
from lawc.proofs.verdict import Verdict, Word

ZERO = number(0)


def of(name: str) -> Formula:
    return Named(name)


def at_most(name: str, bound: Formula) -> Formula:
    return apply("less_equal", Named(name), bound)


def claim(form: Always, subject: Formula, by: str | None = None, **more: object) -> RuleClaim:
    return RuleClaim(form, subject, by, text="a claim", **more)  # type: ignore[arg-type]


RISES, FALLS, COMPARISON = Always.RISES, Always.FALLS, Always.COMPARISON
CONTINUOUS = Always.CONTINUOUS


@pytest.mark.parametrize(
    ("name", "said", "word"),
    [
        ("income-tax", claim(RISES, of("tax"), "income"), "proved"),
        ("income-tax", claim(RISES, of("due"), "income"), "proved"),
        ("income-tax", claim(FALLS, of("due"), "children"), "proved"),
        ("income-tax", claim(FALLS, of("tax"), "age"), "proved"),
        ("income-tax", claim(RISES, of("tax"), "taxable"), "proved"),
        ("income-tax", claim(COMPARISON, at_most("due", of("income"))), "proved"),
        ("income-tax", claim(FALLS, of("credit"), "children"), "refuted"),
        ("income-tax", claim(CONTINUOUS, of("tax"), "income"), "proved"),
        # The credit is lost in steps of 50.
        ("income-tax", claim(CONTINUOUS, of("due"), "income"), "refuted"),
        ("kidney-function", claim(FALLS, of("shown"), "creatinine"), "proved"),
        ("kidney-function", claim(FALLS, of("eGFR"), "age"), "proved"),
        ("kidney-function", claim(RISES, of("stage"), "creatinine"), "proved"),
        ("kidney-function", claim(COMPARISON, at_most("eGFR", number(300))), "proved"),
        ("kidney-function", claim(COMPARISON, at_most("eGFR", number(150))), "refuted"),
        ("kidney-function", claim(CONTINUOUS, of("shown"), "creatinine"), "proved"),
        ("kidney-function", claim(CONTINUOUS, of("stage"), "creatinine"), "refuted"),
        ("stroke-score", claim(RISES, of("advice"), "age"), "proved"),
        ("stroke-score", claim(COMPARISON, at_most("score", number(9))), "proved"),
        ("stroke-score", claim(COMPARISON, at_most("score", number(8))), "refuted"),
        ("ckd-risk", claim(FALLS, of("risk"), "eGFR"), "proved"),
        ("ckd-risk", claim(RISES, of("risk"), "eGFR"), "refuted"),
        ("objection", claim(COMPARISON, at_most("sent", of("last_day"))), "proved"),
        ("objection", claim(RISES, of("last_day"), "sent"), "proved"),
        ("housing-benefit", claim(FALLS, of("benefit"), "income"), "proved"),
        ("housing-benefit", claim(CONTINUOUS, of("benefit"), "rent"), "refuted"),
    ],
)
def test_what_is_claimed_of_real_rules_is_decided(name: str, said: RuleClaim, word: str) -> None:
    verdict = prove_claim(SAMPLES[name].decision, said)
    assert verdict.word == word
    assert bool(verdict.cases) is (word == "refuted")


INPUTS = (
    Port("x", "integer", low=Fraction(0), high=Fraction(5), step=Fraction(1)),
    Port("y", "integer", low=Fraction(-2), high=Fraction(2), step=Fraction(1)),
    Port("p", "yes/no", step=Fraction(1)),
)
CASES = [
    {"x": Fraction(x), "y": Fraction(y), "p": Fraction(p)}
    for x, y, p in product(range(6), range(-2, 3), range(2))
]
QUICK = Limits(1.0, 1_000_000, 3_000)

leaves = st.one_of(st.integers(-3, 6).map(number), st.sampled_from(["x", "y", "p"]).map(Named))
numbers = st.recursive(
    leaves,
    lambda inner: (
        st.builds(
            apply,
            st.sampled_from(["add", "subtract", "multiply", "min", "max"]),
            inner,
            inner,
        )
        | inner.map(lambda f: apply("round_half_from_zero", f, number(2)))
        | inner.map(lambda f: apply("abs", f))
    ),
    max_leaves=4,
)
conditions = st.builds(apply, st.sampled_from(["less", "less_equal", "equal"]), numbers, leaves)
steps = st.one_of(
    st.builds(lambda v: Clauses("q", (Clause("A", v),)), numbers),
    st.builds(
        lambda v, w, c: Clauses("q", (Clause("A", v), Clause("B", w, c, ("A",)))),
        numbers,
        numbers,
        conditions,
    ),
    st.builds(
        lambda c, d, m, n: Score("q", (Point(number(m), c), Point(number(n), d))),
        conditions,
        conditions,
        st.integers(-2, 3),
        st.integers(-2, 3),
    ),
    st.builds(
        lambda cut, v, w: Table(
            ("q",),
            ("x",),
            (
                Row((Interval(None, Fraction(cut)),), (v,)),
                Row((Interval(Fraction(cut), None, low_open=True),), (w,)),
            ),
        ),
        st.integers(0, 5),
        numbers,
        numbers,
    ),
)
finals = st.builds(
    lambda a, b, c: Clauses("r", (Clause("A", a), Clause("B", b, c, ("A",)))),
    st.sampled_from([of("q"), apply("add", of("q"), of("x")), apply("negative", of("q"))]),
    st.sampled_from([of("q"), ZERO, apply("multiply", of("q"), number(2))]),
    st.sampled_from([apply("less", of("q"), number(2)), apply("less", of("x"), number(3))]),
)
claims = st.one_of(
    st.builds(claim, st.sampled_from([RISES, FALLS]), st.just(of("r")), st.sampled_from("xyp")),
    st.builds(claim, st.sampled_from([Always.EVEN, Always.ODD]), st.just(of("r")), st.just("y")),
    st.builds(lambda n: claim(COMPARISON, at_most("r", number(n))), st.integers(-2, 12)),
    st.just(claim(Always.CONSTANT, of("r"))),
)


def by_hand(decision: Decision, said: RuleClaim) -> bool:
    """Return whether a claim holds in all cases of a small decision."""
    answers = []
    for case in CASES:
        value = decide(decision, case).values["r"]
        assert not isinstance(value, Absent)
        answers.append((case, value))
    if said.form is COMPARISON:
        bound = said.subject.parts[1]  # type: ignore[attr-defined]
        assert isinstance(bound, Number)
        return all(value <= bound.value for _, value in answers)
    if said.form is Always.CONSTANT:
        return len({value for _, value in answers}) == 1
    by = said.by or ""
    pairs = [
        (a, b, v, w)
        for a, v in answers
        for b, w in answers
        if all(a[n] == b[n] for n in a if n != by)
    ]
    match said.form:
        case Always.RISES:
            return all(v <= w for a, b, v, w in pairs if a[by] < b[by])
        case Always.FALLS:
            return all(v >= w for a, b, v, w in pairs if a[by] < b[by])
        case Always.EVEN:
            return all(v == w for a, b, v, w in pairs if a[by] == -b[by])
        case _:
            return all(v == -w for a, b, v, w in pairs if a[by] == -b[by])


def replays(decision: Decision, said: RuleClaim, verdict: Verdict) -> bool:
    cases = [dict(case) for case in verdict.cases]
    return all(set(case) == {"x", "y", "p"} for case in cases) and not by_hand(decision, said)


@settings(max_examples=25)
@given(steps, finals, claims)
def test_a_verdict_is_what_a_look_at_every_case_says(
    step: Clauses | Score | Table, final: Clauses, said: RuleClaim
) -> None:
    decision = Decision(INPUTS, (Port("q"), Port("r")), ("r",), (step, final))
    try:
        truth = by_hand(decision, said)
    except DecisionError:
        return
    # So few boxes that the cases are too many to be tried one by one.
    for limits in (QUICK, Limits(1.0, 1_000_000, 2)):
        verdict = prove_claim(decision, said, limits)
        if verdict.word is Word.PROVED:
            assert truth
        if verdict.word is Word.REFUTED:
            assert not truth and replays(decision, said, verdict)
    whole = replace(decision, decided=(Port("q", "integer"), Port("r", "integer")))
    every = Exhaustive(whole, said)
    if every.rows is not None:
        found = every.tried()
        assert (found is True) == truth
        assert found is True or (isinstance(found, tuple) and all(len(c) == 3 for c in found))


def test_the_region_of_a_claim_is_heeded() -> None:
    square = Clauses("r", (Clause("A", apply("multiply", of("y"), of("y"))),))
    decision = Decision(INPUTS, (Port("r"),), ("r",), (square,))
    rises = claim(RISES, of("r"), "y")
    assert prove_claim(decision, rises).word is Word.REFUTED
    above = (apply("less_equal", ZERO, of("y")),)
    assert prove_claim(decision, claim(RISES, of("r"), "y", where=above)).word is Word.PROVED


def test_a_jump_that_is_named_does_not_count_and_others_are_named() -> None:
    income = Port("income", low=Fraction(0), high=Fraction(1000), step=Fraction(1, 100))
    more = apply("add", of("income"), number(5))
    fee = Clauses(
        "fee",
        (
            Clause("A", of("income")),
            Clause("B", more, at_most("income", number(99)), ("A",)),
            Clause("C", ZERO, apply("less", number(500), of("income")), ("A", "B")),
        ),
    )
    decision = Decision((income,), (Port("fee"),), ("fee",), (fee,))
    verdict = prove_claim(decision, claim(CONTINUOUS, of("fee"), "income"))
    assert verdict.at == (Fraction(99), Fraction(500))
    one = prove_claim(decision, claim(CONTINUOUS, of("fee"), "income", jumps=(number(99),)))
    assert one.at == (Fraction(500),)
    both = claim(CONTINUOUS, of("fee"), "income", jumps=(number(99), number(500)))
    assert prove_claim(decision, both).word is Word.PROVED


def test_a_rule_scales_with_a_power_or_it_does_not() -> None:
    x = Port("x", low=Fraction(1), high=Fraction(9))
    area = Clauses(
        "area", (Clause("A", apply("multiply", of("x"), apply("multiply", of("x"), number(3)))),)
    )
    decision = Decision((x,), (Port("area"),), ("area",), (area,))
    for exponent, word in ((2, Word.PROVED), (1, Word.REFUTED)):
        said = claim(Always.SCALES, of("area"), "x", value=number(exponent))
        assert prove_claim(decision, said).word is word


# x*exp(-x/3) is largest at three, where it is 3/e = 1.10364 to five digits.
PEAK = apply("multiply", of("x"), apply("exp", apply("divide", of("x"), number(-3))))


@pytest.mark.parametrize(
    ("form", "low", "high", "word"),
    [
        (RISES, "0", "29/10", "proved"),
        (FALLS, "31/10", "20", "proved"),
        (RISES, "0", "16/5", "refuted"),
        (FALLS, "14/5", "20", "refuted"),
        (RISES, "0", "20", "refuted"),
    ],
)
def test_a_region_of_the_quantity_itself_bounds_what_is_looked_at(
    form: Always, low: str, high: str, word: str
) -> None:
    ports = Port("x", low=Fraction(0), high=Fraction(20)), Port("t", low=Fraction(0))
    decision = Decision(ports, (Port("y"),), ("y",), (Clauses("y", (Clause("A", PEAK),)),))
    ends = at_most("x", Number(Fraction(high))), apply("less", Number(Fraction(low)), of("x"))
    for where in (ends, (apply("and", *ends),)):
        assert prove_claim(decision, claim(form, of("y"), "x", where=where)).word == word


@pytest.mark.parametrize(("most", "word"), [("11037/10000", "proved"), ("11036/10000", "refuted")])
def test_what_an_answer_does_not_depend_on_costs_no_boxes(most: str, word: str) -> None:
    more = (Port(name, low=Fraction(0), high=Fraction(1000)) for name in "rst")
    ports = (Port("x", low=Fraction(0), high=Fraction(20)), *more)
    decision = Decision(ports, (Port("y"),), ("y",), (Clauses("y", (Clause("A", PEAK),)),))
    bound = at_most("y", Number(Fraction(most)))
    assert prove_claim(decision, claim(COMPARISON, bound)).word == word
