"""What `lawc test` says of a rule: worked cases, wholeness, and a verdict for each claim."""

from __future__ import annotations

import pytest

from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import check_text
from lawc.pipeline.rules import testing
from lawc.pipeline.rules.evidence import findings
from lawc.pipeline.rules.testing import UNDECIDED, try_rule
from lawc.proofs import shown
from lawc.proofs.rules import prove_rule
from lawc.proofs.search import Limits

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


WEALTH = """\
rule class@1.0.0
  title "A class of wealth"
  status draft

  symbols
    income : income [USD] 0 .. 1000000
    wealth : wealth [USD]
    class  : class  integer 0 .. 3

  clauses
    wealth = income + 1 [USD]

  table class by wealth
    | wealth          | class |
    | < 1000          | 1     |
    | 1000 ..< 2e6    | 2     |
    | >= 2e6          | 3     |

  checks
    example: class = 1 given income = 0 [USD]
    always class falls with income
"""


def test_a_row_without_a_case_hides_no_claim_that_is_false() -> None:
    rule = check_text("rules/law/it.rule", WEALTH).rules["law.it.class"]
    assert [one.code for one in findings(rule)] == ["L0732", "L0740"]


def test_what_could_not_be_decided_of_a_rule_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "Limits", lambda: Limits(0.001, 1, 10))
    monkeypatch.setattr(shown, "CASES", 0)
    tested = {one.name: one for one in try_rule(known(FEE))}
    whole = tested["every case has one answer, every row a case, on 2 days"]
    assert whole.problem is None and whole.proof == f"{UNDECIDED} for `fee`"


def test_a_claim_that_was_not_asked_as_of_every_day_is_not_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(testing, "PATIENCE", 0.0)
    tested = {one.name: one for one in try_rule(known(FEE))}
    claims = [one for name, one in tested.items() if name.startswith("fee")]
    assert len(claims) == 3 and all(one.proof.startswith(UNDECIDED) for one in claims)
    assert "as of" in tested["every case has one answer, every row a case, on 2 days"].proof


def test_a_conflict_says_all_that_the_exception_has_to_name() -> None:
    third = "    L3: except L2 when income > 2*limit: fee = 30 [USD]\n"
    text = FEE.replace("\n  checks\n", f"{third}\n  checks\n")
    helps = [one.helps[0] for one in findings(known(text)) if one.code == "L0733"]
    assert helps == ["say which one is the exception, `L3: except L2, L1 when …`"]
