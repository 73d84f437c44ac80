"""Words of an author stay words: no page, drawing or linked data takes them for markup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.decision.formula import Named, apply, number
from lawc.diagnostics.diagnostic import Place
from lawc.export.graph_drawing import draw
from lawc.export.linked_data import linked_data
from lawc.knowledge import page, rule_page
from lawc.knowledge.law import Law, Quantity
from lawc.knowledge.mathml import law_blocks
from lawc.knowledge.rule import Rule
from lawc.knowledge.rule_mathml import RuleSetter, value_text
from lawc.pipeline.graph import graph
from lawc.syntax.parsing import parse, read_source
from lawc.units.unit import PLAIN, Unit

LIBRARY = lawc.library()
RULES = {rule.identity: rule for rule in LIBRARY.rules.values()}
LAWS = {law.identity: law for law in LIBRARY.laws.values()}

PAGE = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "name", "content"}, "title": set(),
    "body": {"style"}, "style": set(), "div": {"class"}, "h3": set(), "h4": set(),
    "span": {"class", "title"}, "table": {"class"}, "tr": {"title"}, "td": {"class"}, "th": set(),
    "ul": set(), "li": set(),
}  # fmt: skip
FORMULA: dict[str, set[str]] = {
    "math": {"display"}, "mi": {"mathvariant"}, "mo": {"lspace", "rspace"},
    "mtable": {"columnalign"}, "msubsup": set(), "mn": set(), "mrow": set(), "mfrac": set(),
    "msup": set(), "msub": set(), "msqrt": set(), "mtext": set(), "mtr": set(), "mtd": set(),
}  # fmt: skip
OUR = {**PAGE, **FORMULA}
DRAWN = {"svg", "title", "style", "rect", "path", "circle", "g", "text"}
SETTLED = {
    "kind",
    "operation",
    "operator",
    "operators",
    "policy",
    "shape",
    "family",
    "rounding",
    "digest",
}
"""Fields whose words are those of the language, which no author can choose."""

SPOILS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'", '"', "' onload='x",
    "&", "&lt;", "&#60;b>", "]]>", "<![CDATA[", "<!--", "-->", "<?x ?>", "</style>", "</title>",
    "</math>", "</td>", "<", ">", "{}", "%3C", "\\", "\u202e", "é",
)  # fmt: skip
ALL = "' onload='x\" onload=\"x<script>alert(1)</script>&lt;b>]]><!--"
hostile = st.lists(st.sampled_from(SPOILS), min_size=1, max_size=4).map("".join)


def spoilt(value: Any, bad: str) -> Any:
    """Return a value with something behind every text that an author may write."""
    if isinstance(value, Enum | Place):
        return value
    if isinstance(value, str):
        return value + bad if value else value
    if isinstance(value, tuple | frozenset):
        return type(value)(spoilt(part, bad) for part in value)
    if isinstance(value, Mapping):
        return {spoilt(key, bad): spoilt(part, bad) for key, part in value.items()}
    if isinstance(value, Unit):
        return replace(value, text=spoilt(value.text, bad))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {field.name: getattr(value, field.name) for field in fields(value)}
    made = {n: part if n in SETTLED else spoilt(part, bad) for n, part in parts.items()}
    return type(value)(**made)


class Seen(HTMLParser):
    """What a browser finds on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.kinds: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        self.told = "".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag in OUR and set(names) <= OUR[tag] and len(names) == len(set(names))
        self.tags.append(tag)
        # A class chooses a style; what a pointer shows is told too.
        self.kinds += [str(value) for name, value in attrs if name != "title"]
        self.words += [str(value) for name, value in attrs if name == "title"]

    def handle_endtag(self, tag: str) -> None:
        assert tag in OUR
        self.tags.append("/" + tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def told(rule: Rule) -> Iterator[str]:
    """Yield texts of a rule that stand whole on its page."""
    yield from (rule.title, rule.identity, *rule.notes, *rule.sources)
    for name in (*rule.inputs, *rule.outputs):
        yield from (name, rule.quantities[name].words)
    yield from (claim.text for claim in rule.claims)
    yield from (drawn.text for drawn in rule.drawn)
    yield from (str(applies) for applies in rule.applies)


def hold_rule(plain: Rule, bad: str) -> None:
    rule = spoilt(plain, bad)
    facts = {"proofs" + bad: ["proved" + bad]}
    seen = Seen(rule_page.document(rule, facts))
    clean = Seen(rule_page.document(plain, {"proofs": ["proved"]}))
    assert (seen.tags, seen.kinds) == (clean.tags, clean.kinds)
    for text in (*told(rule), *facts, *facts["proofs" + bad]):
        assert text in seen.told


def hold_law(plain: Law, bad: str) -> None:
    law: Law = spoilt(plain, bad)
    seen = Seen(page.document(law, {"modules" + bad: ["frozen" + bad]}))
    for text in (law.title, law.identity, *law.notes, *law.sources, "modules" + bad):
        assert text in seen.told
    for quantity in law.quantities.values():
        assert quantity.words in seen.told
    Seen(law_blocks(law))


@settings(max_examples=30)
@given(st.sampled_from(sorted(RULES)), hostile)
def test_a_page_of_a_rule_holds_hostile_words_as_text(identity: str, bad: str) -> None:
    hold_rule(RULES[identity], bad)


@settings(max_examples=30)
@given(st.sampled_from(sorted(LAWS)), hostile)
def test_a_page_of_a_law_holds_hostile_words_as_text(identity: str, bad: str) -> None:
    hold_law(LAWS[identity], bad)


def test_no_page_of_the_library_takes_words_for_markup() -> None:
    for rule in RULES.values():
        hold_rule(rule, ALL)
    for law in LAWS.values():
        hold_law(law, ALL)


@pytest.mark.parametrize("word", ["<b>", "3<b>", "−<b>", "&", "", "4+"])
def test_a_choice_is_a_word_also_in_a_formula(word: str) -> None:
    quantity = Quantity("q", "", PLAIN, kind="one of", choices=(word, "b"))
    text = RuleSetter({"q": quantity}).of(apply("equal", Named("q"), number(0)))
    seen = Seen(text)
    assert seen.told == f"q={word}" and "mn" not in seen.tags
    assert value_text(number(0).value, quantity) == word


def drawing(bad: str) -> nx.DiGraph:
    made = graph(LIBRARY, None, [sorted(RULES)[0], sorted(LAWS)[3], sorted(LAWS)[4]])
    made = nx.relabel_nodes(made, {name: name + bad for name in made})
    for _, found in made.nodes(data=True):
        found.update({k: spoilt(v, bad) for k, v in found.items() if k != "kind"})
    for *_, link in made.edges(data=True):
        settled = ("speaks of", "rests on", "compiled from", "supersedes")
        link.update({k: v if v in settled else v + bad for k, v in link.items()})
    return made


@settings(max_examples=40)
@given(hostile)
def test_a_drawing_holds_hostile_words_as_text(bad: str) -> None:
    made = drawing(bad)
    text = draw(made)
    root = ElementTree.fromstring(text)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= DRAWN
    assert not any(n.startswith("on") or "href" in n for e in root.iter() for n in e.attrib)
    clean = ElementTree.fromstring(draw(drawing("")))
    assert len(list(root.iter())) == len(list(clean.iter()))
    said = {element.text for element in root.iter()}
    for _, found in made.nodes(data=True):
        if found["kind"] == "quantity":
            assert f"{found['label']}: {found['note']}" in said


@settings(max_examples=40)
@given(hostile)
def test_linked_data_holds_hostile_words_as_text(bad: str) -> None:
    made = drawing(bad)
    found = json.loads(linked_data(made))["@graph"]
    ids = [node["@id"] for node in found]
    assert len(set(ids)) == len(made) == len(found)
    assert not any(sign in name for name in ids for sign in "<>\"' \\{}|^`\u202e")
    assert sorted(node["label"] for node in found) == sorted(
        facts["label"] for _, facts in made.nodes(data=True)
    )


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\x1b", "\x00"])
def test_a_sign_that_turns_or_hides_words_comes_to_no_page(sign: str) -> None:
    text = f'rule a\n  title "b{sign}c"\n'
    source, findings = read_source("a.rule", text.encode())
    assert source is not None
    _, more = parse(source)
    assert any(found.is_error and found.code == "L0109" for found in (*findings, *more))
