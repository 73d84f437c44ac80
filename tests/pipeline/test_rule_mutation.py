"""Slips in a rule are noticed by the checker, by proofs, by worked cases and by claims."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from lawc.analysis.rules.mutants import Slip, rule_mutants
from lawc.cli.show_rule import show_rule
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text
from lawc.pipeline.graph import graph
from lawc.pipeline.mutation import Fate
from lawc.pipeline.rules.mutation import rule_score

NEAR = """      | 99.99 | low      | 0      |
      | 100   | high     | 15     |
      | 110   | high     | 16     |
"""
FAR = """      | 1     | low      | 0      |
      | 1000  | high     | 150    |
"""
RULE = f"""rule fee@1.0.0
  title "A fee"
  status draft
  source "nobody, 2024"

  symbols
    wage  : wage [USD] 0 .. 1000
    class : class of wage  one of low, high
    fee   : fee [USD]

  table class by wage
    | wage   | class |
    | < 100  | low   |
    | >= 100 | high  |

  clauses
    L1: fee = 0.15*wage rounded down to 1 [USD] "a tenth and a half"
    L2: except L1 when class = low: fee = 0 [USD]

  checks
    examples
      | wage  | -> class | -> fee |
{NEAR}    always fee rises with wage
"""


def knowledge(text: str = RULE) -> KnowledgeBase:
    base = check_text("rules/law/some.rule", text, KnowledgeBase({}))
    assert not base.diagnostics
    return base


def test_each_mutant_is_the_text_with_one_slip() -> None:
    found = rule_mutants(RULE, (("low", "high"),))
    assert {one.kind for one in found} == set(Slip) - {Slip.STALE, Slip.CONDITION}
    checks = RULE.index("  checks")
    for one in found:
        changed = one.applied(RULE)
        assert changed != RULE
        assert RULE[one.start : one.end] == one.was
        assert one.end <= checks
        assert changed.endswith(RULE[checks:])


def test_cases_at_a_boundary_notice_what_cases_far_from_it_do_not() -> None:
    base = knowledge()
    score = rule_score(base.rules["law.some.fee"], base)
    assert {verdict.text for verdict in score.survivors} == set()
    assert {verdict.fate for verdict in score.verdicts} >= {Fate.CHECKER, Fate.EXAMPLE}
    base = knowledge(RULE.replace(NEAR, FAR))
    score = rule_score(base.rules["law.some.fee"], base)
    assert "`0.15` became `0.16`" not in {verdict.text for verdict in score.survivors}
    assert score.survivors


def test_a_gap_that_was_there_before_kills_no_mutant() -> None:
    text = RULE.replace("| < 100  | low   |", "| < 99   | low   |")
    text = text[: text.index("  checks")]
    base = knowledge(text)
    score = rule_score(base.rules["law.some.fee"], base)
    digits = [verdict for verdict in score.verdicts if verdict.text == "`0.15` became `0.16`"]
    assert [verdict.fate for verdict in digits] == [Fate.SURVIVED]


def test_a_rule_is_shown_with_its_steps_as_they_were_written() -> None:
    base = knowledge()
    out = StringIO()
    show_rule(Console(file=out, width=100), base.rules["law.some.fee"], base, "dim")
    shown = out.getvalue()
    for line in (
        "law.some.fee@1.0.0",
        "| >= 100 | high  |",
        "except L1 when class = low",
        "3 worked",
    ):
        assert line in shown


def test_rules_stand_in_the_graph_of_knowledge_with_what_they_speak_of() -> None:
    base = knowledge()
    made = graph(replace(base), None, ["law.some.fee"])
    assert made.nodes["law.some.fee"]["kind"] == "rule"
    assert {facts["label"] for _, facts in made.nodes(data=True)} >= {"wage", "fee"}
