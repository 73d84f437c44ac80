"""What is written from a tree reads back as the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.expression import Binary, Call, Expression, Negative, Number, Symbol
from lawc.knowledge.writing import write_expression
from lawc.syntax.parsing import parse

leaves = st.one_of(st.sampled_from([Symbol("a"), Symbol("b")]), st.integers(1, 9).map(Number))


def grow(below: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Negative, below),
        st.builds(Binary, st.sampled_from("+-*/"), below, below),
        st.builds(Binary, st.just("^"), below, st.integers(1, 3).map(Number)),
        st.builds(lambda of: Call("exp", (of,)), below),
    )


trees = st.recursive(leaves, grow, max_leaves=8)


def read(text: str) -> Expression | None:
    law = f"""law written@1.0.0
  title "t"
  status draft

  symbols
    a : first [1] 1 .. 2
    b : second [1] 1 .. 2
    y : answer [1]

  equations
    y = {text} + 0*a*b
"""
    document, findings = parse(Source("knowledge/written.law", law))
    assert findings == ()
    base, findings = check([document])
    # The domain of a random formula may well hold a pole; only its tree matters here.
    assert not [found for found in findings if found.code.startswith(("L01", "L02"))]
    # A pole at every point, as in a/(a - a), is an error, and leaves no law to look at.
    if "written" not in base:
        return None
    right = base["written"].equations[0].right
    assert isinstance(right, Binary)
    return right.left


@given(trees)
def test_a_written_expression_reads_back_as_its_tree(tree: Expression) -> None:
    assert read(write_expression(tree)) in (tree, None)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (Negative(Binary("^", Symbol("a"), Number(2))), "-a^2"),
        (Binary("^", Negative(Symbol("a")), Number(2)), "(-a)^2"),
        (Binary("*", Negative(Symbol("a")), Symbol("b")), "-a*b"),
        (Binary("-", Symbol("a"), Binary("-", Symbol("b"), Number(1))), "a - (b - 1)"),
        (Binary("/", Symbol("a"), Binary("*", Symbol("b"), Number(2))), "a/(b*2)"),
    ],
)
def test_brackets_stand_only_where_precedence_needs_them(tree: Expression, text: str) -> None:
    assert write_expression(tree) == text
