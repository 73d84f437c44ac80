"""An editor is offered the words of rules inside a rule, and those of laws inside a law."""

from __future__ import annotations

import pytest

from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.language_server.completing import complete
from lawc.syntax.parsing import parse

RULE = """\
rule r@1.0.0
  title "A rule"

  symbols
    x : amount  [USD]
    risk : risk  one of low, very-high

"""


def offers(text: str) -> set[str]:
    """Return what is offered at the end of a text."""
    source = Source("a.rule", text)
    document, _ = parse(source)
    base = KnowledgeBase({}, {}, {})
    return {offer.text for offer in complete(document, base, source, len(text))}


def test_sections_of_the_own_kind_of_block_are_offered() -> None:
    assert {"table", "clauses", "applies"} <= offers(RULE + "  ")
    assert not {"equations", "initial"} & offers(RULE + "  ")
    law = offers('law l@1.0.0\n  title "A law"\n  ')
    assert {"equations", "initial"} <= law and "clauses" not in law


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  table risk by x\n    | x | risk |\n    | ", {"x", "very-high", "otherwise"}),
        ("  clauses\n    risk = ", {"x", "low", "when", "rounded half even to"}),
        ("  checks\n    always ", {"x", "risk", "rises with", "where"}),
    ],
)
def test_names_choices_and_words_of_the_section_are_offered(text: str, words: set[str]) -> None:
    assert words <= offers(RULE + text)
