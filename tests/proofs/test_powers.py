"""What rules of powers say to scale does scale, in exact numbers; what turns is left to others."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.decision.decision import Clause, Clauses, Decision, Interval, Port, Row, Table
from lawc.decision.exact import DecisionError, evaluate
from lawc.decision.formula import Formula, Named, NotApplicable, Number, apply, number
from lawc.decision.values import Absent
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.claims import prove_claim
from lawc.proofs.powers import Powers, scales_by_rules
from lawc.proofs.search import Limits
from lawc.proofs.steps import definitions
from lawc.proofs.verdict import Word

X, A = Named("x"), Named("a")
POSITIVE = Port("x", low=Fraction(1, 10), high=Fraction(1000))
BESIDE = Port("a", low=Fraction(1, 10), high=Fraction(1000))

leaves = st.sampled_from([X, X, A, number(0), number(2), number(-3), Number(Fraction(1, 2))])


def larger(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    two = st.sampled_from(("add", "subtract", "multiply", "divide", "min", "max"))
    compared = st.builds(apply, st.sampled_from(("less", "less_equal", "equal")), inner, inner)
    joined = st.builds(apply, st.sampled_from(("and", "or")), compared, compared)
    return st.one_of(
        st.builds(apply, two, inner, inner),
        st.builds(apply, st.sampled_from(("negative", "abs", "floor", "sign")), inner),
        st.builds(apply, st.just("where"), st.one_of(compared, joined), inner, inner),
        st.builds(apply, st.just("power"), inner, st.sampled_from([number(2), number(-1)])),
    )


@given(
    formula=st.recursive(leaves, larger, max_leaves=12),
    x=st.fractions(Fraction(1, 9), 99, max_denominator=50),
    a=st.fractions(Fraction(1, 9), 99, max_denominator=50),
    factor=st.fractions(Fraction(1, 9), 9, max_denominator=20),
)
def test_a_power_that_is_found_is_the_power_in_numbers(
    formula: Formula, x: Fraction, a: Fraction, factor: Fraction
) -> None:
    found = Powers({}, "x").of(formula)
    if found is None:
        return
    try:
        first = evaluate(formula, {"x": x, "a": a}, {})
        second = evaluate(formula, {"x": factor * x, "a": a}, {})
    except DecisionError:
        return
    assert not isinstance(first, Absent) and not isinstance(second, Absent)
    if found.exponent is None:
        assert first == second == 0
    else:
        assert found.exponent.denominator == 1
        assert second == first * factor ** int(found.exponent)


def decided(*steps: Table | Clauses) -> Decision:
    names = [s.outputs[0] if isinstance(s, Table) else s.output for s in steps]
    return Decision((POSITIVE, BESIDE), tuple(map(Port, names)), tuple(names), steps)


def one(name: str, value: Formula) -> Clauses:
    return Clauses(name, (Clause("A", value),))


def scaled(decision: Decision, name: str, exponent: int) -> tuple[Word, str]:
    claim = RuleClaim(Always.SCALES, Named(name), "x", number(exponent), text="a claim")
    verdict = prove_claim(decision, claim, Limits(0.2, 100_000, 200))
    return verdict.word, verdict.means


def test_an_annuity_scales_with_its_payment_whatever_its_term() -> None:
    rate = apply("divide", A, number(5000))
    grown = apply("power", apply("add", number(1), rate), apply("negative", A))
    annuity = apply("divide", apply("subtract", number(1), grown), rate)
    decision = decided(one("value", apply("multiply", X, annuity)))
    assert scaled(decision, "value", 1) == (Word.PROVED, "powers")
    assert scaled(decision, "value", 2)[0] is Word.REFUTED


def test_a_choice_that_turns_with_the_input_is_no_power() -> None:
    turning = apply("where", apply("less", X, A), X, apply("multiply", number(2), X))
    assert Powers({}, "x").of(turning) is None
    still = apply("where", apply("less", A, number(1)), X, apply("multiply", number(2), X))
    assert Powers({}, "x").of(still) == Powers({}, "x").of(X)


# Below three p is not applicable, nothing speaks of q, and each condition on it is no.
@pytest.mark.parametrize("operation", ["less", "is_applicable"])
def test_a_condition_on_what_may_be_not_applicable_is_left_to_others(operation: str) -> None:
    p, q = Named("p"), Named("q")
    rows = (
        Row((Interval(None, Fraction(3), high_open=True),), (NotApplicable(),)),
        Row((Interval(Fraction(3), None),), (number(1),)),
    )
    speaks = Clauses("q", (Clause("A", number(5), apply("less", number(0), p)),))
    asked = apply("less", number(0), q) if operation == "less" else apply(operation, q)
    chosen = one("r", apply("where", asked, X, apply("multiply", number(2), X)))
    decision = decided(Table(("p",), ("x",), rows), speaks, chosen)
    assert Powers(definitions(decision), "x").of(q) == Powers({}, "x").of(number(5))
    assert not scales_by_rules(definitions(decision), Named("r"), "x", Fraction(1))
    assert scaled(decision, "r", 1)[0] is Word.REFUTED
