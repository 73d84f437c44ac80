"""Nothing false is proved: each method is attacked without the cases that are drawn before it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from tests.proofs.random_rules import RandomRule, against

from lawc.decision.decision import Clause, Clauses, Decision, Interval, Port, Row, Table
from lawc.decision.formula import Formula, Named, NotApplicable, Number, apply, number
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs import claims, continuity
from lawc.proofs.brackets import direction_in_brackets
from lawc.proofs.claims import prove_claim
from lawc.proofs.directions import direction_of
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.logarithms import whole_range
from lawc.proofs.questions import question_of
from lawc.proofs.search import Limits
from lawc.proofs.steps import definitions
from lawc.proofs.verdict import Verdict, Word

SMALL = Limits(0.3, 200_000, 200)
WHOLE = Port("x", "integer", low=Fraction(0), high=Fraction(5), step=Fraction(1))
REAL = Port("x", low=Fraction(0), high=Fraction(5))
X, P, Q = Named("x"), Named("p"), Named("q")


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(claims, "CASES", 0)
    monkeypatch.setattr(continuity, "LINES", 0)
    yield


def one(name: str, value: Formula) -> Clauses:
    return Clauses(name, (Clause("A", value),))


def decided(port: Port, *steps: Table | Clauses) -> Decision:
    names = [s.outputs[0] if isinstance(s, Table) else s.output for s in steps]
    return Decision((port,), tuple(map(Port, names)), tuple(names), steps)


def said(decision: Decision, form: Always, subject: Formula, by: str | None = None) -> Verdict:
    return prove_claim(decision, RuleClaim(form, subject, by, text="a claim"), SMALL)


@pytest.mark.parametrize("seeds", [range(100, 150), range(150, 200)])
def test_no_case_is_found_against_what_is_proved(seeds: range) -> None:
    proved = 0
    for seed in seeds:
        rule = RandomRule(seed)
        for claim in rule.claims(1):
            verdict = prove_claim(rule.decision, claim, SMALL)
            if verdict.word is Word.PROVED:
                proved += 1
                assert against(rule.decision, claim) is None, f"{seed}: {verdict.means}"
            elif verdict.word is Word.REFUTED and claim.form is not Always.CONTINUOUS:
                question = question_of(rule.decision, claim)
                assert question is not None
                assert question.breaks(tuple(map(dict, verdict.cases)))
    assert proved > 5


# Below three p is not applicable, and nothing speaks of q.
LACKING = (
    Table(
        ("p",),
        ("x",),
        (
            Row((Interval(None, Fraction(3), high_open=True),), (NotApplicable(),)),
            Row((Interval(Fraction(3), None),), (number(1),)),
        ),
    ),
    Clauses("q", (Clause("A", number(5), apply("less", number(0), P)),)),
)


@pytest.mark.parametrize("port", [WHOLE, REAL], ids=["whole", "real"])
@pytest.mark.parametrize(
    "condition",
    [
        apply("less", Q, number(6)),
        apply("less", number(2), apply("max", P, number(3))),
        apply("less_equal", number(0), apply("abs", P)),
        apply("less", apply("sign", P), number(2)),
        apply("is_applicable", Q),
        apply("not", apply("not", Q)),
    ],
    ids=["spoken", "largest", "absolute", "sign", "applicable", "itself"],
)
def test_what_is_not_applicable_fulfils_no_condition(port: Port, condition: Formula) -> None:
    chosen = one("r", apply("where", condition, number(1), number(2)))
    decision = decided(port, *LACKING, chosen)
    r = Named("r")
    assert said(decision, Always.RISES, r, "x").word is Word.REFUTED
    assert said(decision, Always.COMPARISON, apply("less", r, number(2))).word is Word.REFUTED
    assert said(decision, Always.CONTINUOUS, r, "x").word is not Word.PROVED
    assert said(decision, Always.FALLS, r, "x").word is Word.PROVED


def test_the_larger_of_what_is_not_applicable_and_a_number_is_not_applicable() -> None:
    p = one("p", apply("where", apply("less", X, number(3)), number(0), NotApplicable()))
    bound = apply("less", number(2), apply("max", number(3), P))
    decision = decided(REAL, p, one("r", apply("where", bound, number(1), number(2))))
    assert said(decision, Always.CONTINUOUS, Named("r"), "x").word is Word.REFUTED


@pytest.mark.parametrize(
    ("exponent", "low", "subject"),
    [
        # Zero has no logarithm, but a power.
        (Fraction(33, 100), Fraction(0), apply("less", number(0), Named("w"))),
        # What is negative has powers with whole exponents, also large ones.
        (Fraction(13), Fraction(-2), apply("less_equal", number(0), Named("w"))),
        (Fraction(-13), Fraction(-2), apply("less_equal", number(0), Named("w"))),
    ],
)
def test_powers_have_a_value_where_logarithms_have_none(
    exponent: Fraction, low: Fraction, subject: Formula
) -> None:
    port = Port("x", low=low, high=Fraction(5, 7))
    decision = decided(port, one("w", apply("power", X, Number(exponent))))
    assert said(decision, Always.COMPARISON, subject).word is not Word.PROVED


def test_claims_speak_of_cases_with_unknown_facts_too() -> None:
    port = Port("x", "integer", low=Fraction(0), high=Fraction(5), may_be_unknown=True)
    known = apply("is_known", X)
    decision = decided(port, one("w", apply("where", known, number(1), number(7))))
    assert said(decision, Always.COMPARISON, apply("less", Named("w"), number(5))).word == "refuted"
    assert said(decision, Always.RISES, Named("w"), "x").word is Word.PROVED


def test_a_date_on_which_nothing_applies_is_not_left_out() -> None:
    day = Port("d", "date", low=Fraction(730_000), high=Fraction(730_400))
    seventh = apply("equal", apply("day", Named("d")), number(7))
    q = one("q", apply("where", seventh, NotApplicable(), number(1)))
    assert said(decided(day, q), Always.COMPARISON, apply("is_applicable", Q)).word == "refuted"


def test_bounds_of_a_rounding_hold_for_every_step_of_a_range() -> None:
    ends = (Range(*(np.array([end]) for end in pair)) for pair in ((3.0, 3.0), (1.0, 2.0)))
    bounds = Bounds(dict(zip("xy", ends, strict=True)), {})
    made = bounds.of(apply("round_floor", X, Named("y")))
    # Three down to a multiple of 1.6.
    assert made.low[0] <= 1.6


def test_a_constant_without_a_logarithm_stops_no_proof() -> None:
    decision = decided(REAL, one("w", apply("ln", apply("multiply", number(0), X))))
    above = apply("less", number(0), Named("w"))
    assert said(decision, Always.COMPARISON, above).word in ("proved", "unknown")


def test_a_tariff_that_falls_only_where_two_brackets_meet_does_not_rise() -> None:
    amount = one("a", apply("round_floor", X, number(1)))
    low = apply("less_equal", Named("a"), number(2))
    for last, way in ((Fraction(1, 2), None), (Fraction(2, 3), 1), (Fraction(3, 5), None)):
        above = apply("multiply", Number(last), Named("a"))
        value = apply("where", low, Named("a"), above)
        t = Clauses("t", (Clause("A", value, apply("less", number(-1), Named("a"))),))
        decision = decided(REAL, amount, t)
        known = definitions(decision)
        within = Bounds({"x": whole_range(REAL)}, known).named("a")
        assert direction_in_brackets(decision, known, "t", "a", within) == way
        claim = RuleClaim(Always.RISES, Named("t"), "x", text="a claim")
        assert direction_of(decision, known, claim) == way
