"""A line of `reactions` is read as a chemist writes it, or refused with one finding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.syntax.document import ReactionLine
from lawc.syntax.parsing import parse
from lawc.syntax.tree import Binary, Name

HEAD = (
    "law a@1.0.0\n  symbols\n    t : time [s]\n    A, B, C, H2O : substances (t) [1]\n"
    "    k, kf, kr, K : rates [1/s]\n  reactions\n"
)
names = st.sampled_from(["A", "B", "C", "H2O"])
sides = st.lists(st.tuples(st.integers(1, 9), names), max_size=4)


def read(line: str) -> tuple[tuple[ReactionLine, ...], tuple[Diagnostic, ...]]:
    document, findings = parse(Source("a.law", f"{HEAD}    {line}\n"))
    return document.blocks[0].reactions, findings


def written(side: list[tuple[int, str]], space: str) -> str:
    terms = [name if count == 1 else f"{count}{space}{name}" for count, name in side]
    return " + ".join(terms) or "0"


@given(
    left=sides, right=sides, arrow=st.sampled_from(["->", "→"]), space=st.sampled_from(["", " "])
)
def test_a_reaction_reads_back_as_it_was_written(
    left: list[tuple[int, str]], right: list[tuple[int, str]], arrow: str, space: str
) -> None:
    lines, findings = read(f"r1: {written(left, space)} {arrow} {written(right, space)} ; rate k")
    if not left and not right:
        assert [finding.code for finding in findings] == ["L0101"]
        return
    assert not findings
    (line,) = lines
    assert [(s.count, s.name.name) for s in line.left] == left
    assert [(s.count, s.name.name) for s in line.right] == right
    assert line.label is not None and line.label.text == "r1"


@pytest.mark.parametrize("none", ["0", "∅", "nothing"])
def test_a_source_and_a_sink_are_written_as_nothing(none: str) -> None:
    (source,), none_wrong = read(f"{none} -> A ; rate k")
    (sink,), nothing_wrong = read(f"A -> {none} ; rate k")
    assert not none_wrong and not nothing_wrong
    assert source.left == () and sink.right == ()


def test_a_comma_inside_brackets_separates_no_rates() -> None:
    (line,), findings = read("A <=> B ; rate max(kf, k), min(kr, k)")
    assert not findings
    assert line.reversible and not line.whole and len(line.rates) == 2


def test_an_equals_sign_behind_rate_gives_the_whole_rate() -> None:
    (line,), findings = read("A -> B ; rate = k*A/(K + A)  # saturates")
    assert not findings
    assert line.whole and isinstance(line.rates[0], Binary)
    (net,), findings = read("A <=> B ; rate = k")
    assert not findings and isinstance(net.rates[0], Name)


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("A + B ; rate k", "this reaction has no arrow"),
        ("A => B ; rate k", "`=>` is no arrow of a reaction"),
        ("A -> B", "this reaction does not say how fast it is"),
        ("A -> B ; k", "`rate` stands behind the `;` of a reaction"),
        ("A -> B ; rate", "this line ends before it says anything"),
        ("A -> B ; rate kf, kr", "this reaction goes one way and has 2 rates"),
        ("A <=> B ; rate k", "a reaction that goes both ways has two rates, and 1 is given"),
        ("A + -> B ; rate k", "a substance is missing here"),
        ("Na+ -> B ; rate k", "a substance is missing here"),
        ("A -> 0 B ; rate k", "none of `B` takes part"),
        ("100 A -> B ; rate k", "a substance takes part up to 64 times in one reaction"),
        ("A B -> C ; rate k", "`A B` is no substance"),
        ("A -> B ; rate k*", "the line ends where a value belongs"),
    ],
)
def test_what_is_no_reaction_costs_one_finding(line: str, headline: str) -> None:
    _, findings = read(line)
    assert len(findings) == 1
    assert findings[0].headline.startswith(headline)
