"""What an author claims of a rule is driven by hypothesis, and false claims are found."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES

from lawc.deciding.program import RuleProgram, compile_rule
from lawc.decision.decision import Clause, Clauses, Decision, Port
from lawc.decision.formula import Named, apply, number
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.project.generating import drive

TAX, INCOME = Named("tax"), Named("income")


def program(*claims: RuleClaim) -> RuleProgram:
    return compile_rule(
        dated_tax().__class__(**{**_fields(), "claims": claims}), as_of="2024-07-01"
    )


def _fields() -> dict[str, Any]:
    rule = dated_tax()
    return {name: getattr(rule, name) for name in rule.__dataclass_fields__}


def found(*claims: RuleClaim, count: int = 60) -> list[str | None]:
    made = program(*claims)
    said: list[str | None] = []
    for one in made.properties():
        try:
            drive(made.states(), one.check, count)
        except AssertionError as problem:
            said.append(str(problem))
        else:
            said.append(None)
    return said


def test_true_claims_hold() -> None:
    assert found(
        RuleClaim(Always.COMPARISON, apply("less_equal", TAX, INCOME), text="tax <= income"),
        RuleClaim(Always.RISES, TAX, "income", text="tax rises with income"),
        RuleClaim(
            Always.CONSTANT,
            TAX,
            where=(apply("less_equal", INCOME, Named("allowance")),),
            text="tax is constant where income <= allowance",
        ),
    ) == [None, None, None]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            RuleClaim(Always.COMPARISON, apply("less", number(0), TAX), text="tax > 0"),
            "tax > 0: it does not hold; at income = ",
        ),
        (
            RuleClaim(Always.FALLS, TAX, "income", text="tax falls with income"),
            "tax falls with income: it is ",
        ),
        (RuleClaim(Always.CONSTANT, TAX, text="tax is constant"), "tax is constant: it is "),
        (
            RuleClaim(Always.SCALES, TAX, "income", number(1), text="tax scales with income ^ 1"),
            "tax scales with income ^ 1: it is ",
        ),
    ],
)
def test_a_false_claim_is_found(claim: RuleClaim, said: str) -> None:
    (problem,) = found(claim)
    assert problem is not None and problem.startswith(said)


def test_claims_of_other_quantities_than_those_of_the_signature_are_left_out() -> None:
    claim = RuleClaim(Always.COMPARISON, apply("less_equal", number(0), TAX), text="tax >= 0")
    rule = dated_tax().__class__(**{**_fields(), "claims": (claim,)})
    assert len(compile_rule(rule, "income -> tax", "2024-07-01").properties()) == 1
    assert compile_rule(rule, "income -> taxable", "2024-07-01").properties() == ()


def odd_or_even(claim: Always, power: int) -> str | None:
    x = Named("x")
    step = Clauses("y", (Clause("L", apply("power", x, number(power))),))
    port = Port("x", "integer", "", Fraction(-9), Fraction(9), step=Fraction(1))
    decision = Decision((port,), (Port("y"),), ("y",), (step,))
    made = compile_rule(rule_of(decision, claims=(RuleClaim(claim, Named("y"), "x"),)))
    try:
        drive(made.states(), made.properties()[0].check, 30)
    except AssertionError as problem:
        return str(problem)
    return None


def test_symmetry_is_tried_on_the_other_side() -> None:
    assert odd_or_even(Always.EVEN, 2) is None and odd_or_even(Always.ODD, 3) is None
    assert odd_or_even(Always.EVEN, 3) and odd_or_even(Always.ODD, 2)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_sampled_rows_are_answered_and_columns_say_what_cases_say(name: str) -> None:
    made = compile_rule(rule_of(SAMPLES[name].decision))
    rows = made.sample(25, seed=3)
    answers = made.decide(rows)
    again = made.sample(25, seed=3)
    assert all(str(rows[n].tolist()) == str(again[n].tolist()) for n in rows)
    truth = made.reference(rows)
    for output in answers:
        for one, other in zip(answers[output].tolist(), truth[output].tolist(), strict=True):
            # Powers in double precision may differ in their last digits; all else is equal.
            same = str(one) == str(other)
            assert same or (name == "kidney-function" and one == pytest.approx(other, rel=1e-13))
        assert answers.why(output).tolist() == truth.why(output).tolist()


CKD = compile_rule(rule_of(SAMPLES["ckd-risk"].decision))


@given(data=st.data())
@settings(max_examples=40)
def test_every_state_is_answered_in_words(data: st.DataObject) -> None:
    state = data.draw(CKD.states())
    assert CKD.case(state)["stage"] in CKD.outputs[0].choices


def test_a_rule_that_never_speaks_has_no_sample() -> None:
    port = Port("x", "integer", "", Fraction(0), Fraction(9), step=Fraction(1))
    never = Clauses("y", (Clause("L", number(1), apply("less", Named("x"), number(0))),))
    silent = compile_rule(rule_of(Decision((port,), (Port("y"),), ("y",), (never,))))
    with pytest.raises(LawcError, match="no clause speaks"):
        silent.sample(5)


def test_a_cover_shows_every_row_and_is_answered() -> None:
    rows = CKD.cover(80, seed=1)
    found = CKD.decide(rows)
    assert set(found.why("stage")) == {f"row {i}" for i in range(1, 7)}
    assert {f"row {i}" for i in range(1, 19)} <= set(found.why("risk"))
    assert {"unknown", "very-high"} <= set(found["risk"])
