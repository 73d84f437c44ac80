"""What `lawc test` says of a rule: worked cases, wholeness, and a verdict for each claim."""

from __future__ import annotations

from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import check_text
from lawc.pipeline.rules.testing import UNDECIDED, try_rule
from lawc.proofs.rules import prove_rule

FEE = """\
rule fee@1.0.0
  title "A fee"
  status draft
  applies in US from 2023-01-01

  symbols
    income : income [USD] 0 .. 1000000
    limit  : limit  [USD]
    fee    : fee    [USD]

  parameters
    | from       | limit |
    | 2023-01-01 | 4000  |
    | 2024-01-01 | 6000  |

  clauses
    L1: fee = 10 [USD]
    L2: except L1 when income > limit: fee = 20 [USD]

  checks
    examples
      | as of      | income | -> fee |
      | 2023-06-01 | 5000   | 20     |
      | 2024-06-01 | 5000   | 10     |
    always fee rises with income
    always fee <= 10 [USD] where income <= 5000 [USD]
    always fee is continuous in income except at limit
"""


def known(text: str) -> Rule:
    base = check_text("rules/law/it.rule", text)
    assert base.diagnostics == ()
    return base.rules["law.it.fee"]


def test_a_claim_that_is_false_on_an_older_day_is_refuted_as_of_it() -> None:
    rule = known(FEE)
    # The newest day alone says nothing of it.
    assert all(one.verdict.word == "proved" for one in prove_rule(rule).claims)
    tested = {one.name: one for one in try_rule(rule)}
    wrong = tested["fee <= 10 [USD] where income <= 5000 [USD]"]
    assert wrong.problem is not None and "as of 2023-01-01" in wrong.problem
    assert tested["fee rises with income"].proof.startswith("proved by")
    assert tested["fee is continuous in income except at limit"].problem is None
    assert tested["every case has one answer, every row a case, on 2 days"].problem is None
    assert not any(one.proof.startswith(UNDECIDED) for one in tested.values())
    assert tested["case 1"].problem is None


def test_a_rule_with_a_hole_says_so_once_and_leaves_its_claims_open() -> None:
    hole = FEE.replace("L1: fee = 10 [USD]", "L1: fee = 10 [USD] when income < limit")
    exception = "except L1 when income > limit: fee = 20 [USD]"
    hole = hole.replace(exception, "fee = 20 [USD] when income > limit")
    tested = {one.name: one for one in try_rule(known(hole))}
    wrong = tested["every case has one answer, every row a case, on 2 days"].problem
    assert wrong is not None and "income = 6000 [USD]" in wrong
    assert tested["fee rises with income"].proof.startswith(UNDECIDED)
