"""A rule as written becomes a rule as known: exact, in declared units, its steps in order."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lawc.decision.exact import decide
from lawc.diagnostics.frame import render
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import check_text
from lawc.pipeline.evidence import with_evidence

HEAD = """rule {name}@1.0.0
  title "A rule"
  status draft

"""


def known(body: str, name: str = "it") -> KnowledgeBase:
    """Return the knowledge of one rule, with what its cases bring to light."""
    text = HEAD.format(name=name) + body
    base = check_text("rules/law/some.rule", text, KnowledgeBase({}))
    return with_evidence(base)


def rule_of(body: str) -> Rule:
    base = known(body)
    assert not base.diagnostics, render(base.diagnostics, base.sources, color=False)
    found = base["law.some.it"]
    assert isinstance(found, Rule)
    return found


def codes(body: str) -> list[str]:
    return [found.code for found in known(body).diagnostics]


TABLE = """  symbols
    x : length [m] 0 .. 10
    size : size one of small, large

  table size by x
    | x      | size  |
    | < {end} | small |
    | >= {end} | large |
"""


@pytest.mark.parametrize("end", ["2", "2 [m]", "200 [cm]", "0.002 [km]"])
def test_an_end_in_any_unit_is_the_same_end(end: str) -> None:
    rule = rule_of(TABLE.format(end=end))
    assert rule.digest == rule_of(TABLE.format(end="2")).digest
    decision = decision_of(rule)
    for x, expected in ((Fraction(2), 1), (Fraction(2) - Fraction(1, 10**30), 0)):
        assert decide(decision, {"x": x}).values["size"] == expected


def test_an_end_of_another_dimension_is_refused() -> None:
    assert codes(TABLE.format(end="2 [s]")) == ["L0209", "L0209"]


CLAUSES = """  symbols
    wage : wage [USD] 0 .. 1000
    old  : old age yes/no
    fee  : fee [USD]

  clauses
    L2: except L1 when old: fee = 0 [USD]
    L1: fee = {value}
    L3: except L2 when wage > 500 [USD]: fee = 1 [USD]
"""


@pytest.mark.parametrize(
    ("given", "fee"),
    [((100, 0), Fraction("3.33")), ((100, 1), 0), ((501, 1), 1), ((500, 1), 0)],
)
def test_the_innermost_exception_speaks(given: tuple[int, int], fee: Fraction) -> None:
    # An exception to an exception only matters where the first one is in effect.
    body = CLAUSES.format(value="wage*0.033333 rounded down to 0.01 [USD]")
    body = body.replace("when wage", "when old and wage")
    body = body.replace("L3: except L2", "L3: except L1, L2")
    decision = decision_of(rule_of(body))
    wage, old = map(Fraction, given)
    assert decide(decision, {"wage": wage, "old": old}).values["fee"] == fee


def test_a_number_beside_money_needs_its_unit_and_another_currency_is_refused() -> None:
    assert codes(CLAUSES.format(value="wage + 1")) == ["L0204"]
    assert codes(CLAUSES.format(value="wage + 1 [EUR]")) == ["L0208"]


def test_a_case_that_the_rule_answers_otherwise_is_reported_with_both_answers() -> None:
    body = TABLE.format(end="2") + "\n  checks\n    example: size = large given x = 199 [cm]\n"
    (found,) = known(body).diagnostics
    assert found.code == "L0715"
    assert "expected large, and the rule answers small" in found.labels[0].text
