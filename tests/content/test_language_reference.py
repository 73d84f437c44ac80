"""The language reference shows laws that the checker accepts, and leaves no function out."""

from __future__ import annotations

import re
from pathlib import Path

from lawc.analysis.checking import check
from lawc.diagnostics.codes import CODES
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.expression import FUNCTIONS
from lawc.lowering.claims import findings
from lawc.syntax.parsing import parse, read_source

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def test_the_examples_of_the_page_are_correct_laws(library: KnowledgeBase) -> None:
    # Read as a literate file, which is what the page says it is.
    source, unreadable = read_source("docs/language.law.md", PAGE.read_bytes())
    assert source is not None
    document, unparsed = parse(source)
    base, unchecked = check([document], known=library)
    assert [*unreadable, *unparsed, *unchecked] == []
    shown = {block.name.text for block in document.blocks if block.kind == "law"}
    assert shown >= {"free-fall", "basal-metabolism", "cooling", "dimerisation"}
    for name in shown:
        assert list(findings(base[f"docs.language.{name}"])) == []


def test_the_examples_of_the_page_on_rules_are_correct_rules(library: KnowledgeBase) -> None:
    data = (PAGE.parent / "rule-language.md").read_bytes()
    source, unreadable = read_source("docs/rule-language.rule.md", data)
    assert source is not None
    document, unparsed = parse(source)
    base, unchecked = check([document], known=library)
    assert [*unreadable, *unparsed, *unchecked] == []
    assert {"docs.rule-language.kidney-stage", "docs.rule-language.levy"} <= base.rules.keys()


def test_the_page_names_every_function() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| functions | of |")[2]
    table = table.partition("\n\n")[0]
    assert set(FUNCTIONS) | {"value"} <= set(re.findall(r"`(\w+)", table))


def test_the_page_names_no_code_that_does_not_exist() -> None:
    named = set(re.findall(r"\bL0\d{3}\b", PAGE.read_text(encoding="utf-8")))
    assert named <= set(CODES)
