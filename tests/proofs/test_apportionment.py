"""Claims about seats are proved where a theorem says them, and never where a case breaks them."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.decision.decision import Decision
from lawc.decision.exact import DecisionError, decide
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.rule import Rule, RuleClaim
from lawc.proofs.finding import Fault
from lawc.proofs.questions import question_of
from lawc.proofs.replay import Case
from lawc.proofs.rules import prove_rule
from lawc.proofs.verdict import Word
from lawc.syntax.parsing import parse

RULE = """rule house@1.0.0
  title "A house"
  status draft

  symbols
    party : list one of A, B, C
    votes[party] : votes integer 0 .. 40
    house : seats integer {low} .. 12
    all : all votes integer
    seats[party] : seats integer 0 .. {high}
    pairs : pairs of seats of A integer

  clauses
    all = sum(i in party: votes[i])
    pairs = floor(seats[A]/2)

  apportion seats[party] from house by votes[party]
    rounding {rounding}
    {least}
    {among}

  checks
    always sum(i in party: seats[i]) = house
    always seats[A] + seats[B] <= house
    always seats[A] rises with votes[A]
    always seats[A] falls with votes[B]
    always seats[A] rises with votes[B]
    always seats[A] falls with votes[A]
    always seats[A] rises with house
    always seats[A] >= 1
    always seats[A] <= seats[B] where votes[A] < votes[B]
    always seats[A] = 0 where votes[A] < 0.2*all
    always pairs <= 6
    always pairs rises with house
    always all >= 0
"""
ROUNDINGS = ("down", "half-way", "up", "geometric", "harmonic", "largest remainders")
AMONG = ("", "among party where votes[party] >= 0.2*all", "among party where votes[party] > 3")


def rule_of(rounding: str, least: int, among: str, low: int = 3, high: int = 12) -> Rule:
    floor = f"at least {least}" if least else "# no floor"
    text = RULE.format(rounding=rounding, least=floor, among=among or "# all", low=low, high=high)
    base, findings = check([parse(Source("rules/x/some.rule", text))[0]])
    assert not findings, [f.headline for f in findings]
    return next(iter(base.rules.values()))


def broken(decision: Decision, claim: RuleClaim, seed: int) -> bool:
    """Whether one of many small cases breaks a claim."""
    question = question_of(decision, claim)
    assert question is not None
    source = random.Random(seed)
    for _ in range(300):
        given_: Case = {
            p.name: Fraction(source.randint(int(p.low or 0), int(p.high or 9)))
            for p in decision.inputs
        }
        pair: tuple[Case, ...] = (given_,)
        if claim.by is not None:
            port = decision.port(claim.by)
            value = given_[claim.by]
            assert isinstance(value, Fraction)
            more = value + source.randint(1, 5)
            if port.high is not None and more > port.high:
                continue
            pair = (given_, {**given_, claim.by: more})
        if question.breaks(pair):
            return True
    return False


@settings(deadline=None, max_examples=25)
@given(
    rounding=st.sampled_from(ROUNDINGS), least=st.integers(0, 1), among=st.sampled_from(AMONG),
    seed=st.integers(0, 10**6),
)  # fmt: skip
def test_what_is_proved_of_seats_no_case_breaks(
    rounding: str, least: int, among: str, seed: int
) -> None:
    rule = rule_of(rounding, 0 if rounding == ROUNDINGS[-1] else least, among)
    proofs = prove_rule(rule)
    assert not proofs.findings
    for proved in proofs.claims:
        if proved.verdict.word is Word.PROVED:
            assert not broken(proved.decision, proved.claim, seed), proved.claim.text


def words(rule: Rule) -> dict[str, str]:
    return {p.claim.text: p.verdict.word.value for p in prove_rule(rule).claims}


def test_theorems_are_found_and_hold_only_where_they_do() -> None:
    plain = words(rule_of("half-way", 0, ""))
    for text in (
        "sum(i in party: seats[i]) = house",
        "seats[A] + seats[B] <= house",
        "seats[A] rises with votes[A]",
        "seats[A] falls with votes[B]",
        "seats[A] rises with house",
        "all >= 0",
    ):
        assert plain[text] == "proved", text
    assert plain["seats[A] rises with votes[B]"] == "refuted"
    assert plain["seats[A] falls with votes[A]"] == "refuted"
    assert plain["seats[A] >= 1"] == "refuted"
    hurdle = words(rule_of("half-way", 0, AMONG[1]))
    assert hurdle["seats[A] rises with votes[A]"] == "proved"
    assert hurdle["seats[A] = 0 where votes[A] < 0.2*all"] == "proved"
    # Another's votes may push a third below the hurdle.
    assert hurdle["seats[A] falls with votes[B]"] != "proved"
    floor = words(rule_of("geometric", 1, ""))
    assert floor["seats[A] >= 1"] == "proved"
    remainders = words(rule_of("largest remainders", 0, ""))
    assert remainders["sum(i in party: seats[i]) = house"] == "proved"
    # The paradox of Alabama.
    assert remainders["seats[A] rises with house"] != "proved"


@pytest.mark.parametrize(
    ("least", "low", "high", "fault"),
    [(1, 2, 12, Fault.NO_RESULT), (0, 3, 5, Fault.RANGE)],
)
def test_a_house_that_cannot_be_handed_out_is_found(
    least: int, low: int, high: int, fault: Fault
) -> None:
    rule = rule_of("half-way", least, "", low, high)
    (found,) = prove_rule(rule).findings
    assert found.fault is fault
    with pytest.raises(DecisionError):
        decide(decision_of(rule), dict(found.case))
