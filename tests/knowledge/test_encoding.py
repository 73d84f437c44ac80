"""Expressions cross a border as lists and come back the same; nothing else comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.knowledge.encoding import MAX_DEPTH, decode, encode
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Integral,
    Logic,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
)

leaves = st.one_of(
    st.integers(-(10**20), 10**20).map(Number),
    st.floats(allow_nan=False, allow_infinity=False).map(Number),
    st.sampled_from(("x", "ω", "k'1")).map(Symbol),
    st.builds(Derivative, st.just("x"), st.just("t"), st.integers(1, 4)),
    st.builds(lambda n, m: MixedDerivative("u", (("t", n), ("x", m))), *[st.integers(1, 4)] * 2),
)


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    comparison = st.builds(lambda a, b, c: Comparison(("<", "<="), (a, b, c)), inner, inner, inner)
    return st.one_of(
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(lambda z: Call("exp", (z,)), inner),
        st.builds(lambda a, b: Call("max", (a, b)), inner, inner),
        st.builds(lambda f, a, b: Integral(f, "s", a, b), inner, inner, inner),
        st.builds(lambda c, a, b: Choice(Logic("not", (c,)), a, b), comparison, inner, inner),
    )


expressions = st.recursive(leaves, grown, max_leaves=20)


@given(expressions)
def test_an_expression_survives_the_way_through_text(expression: Expression) -> None:
    assert decode(json.loads(json.dumps(encode(expression)))) == expression


@given(expressions)
def test_an_integer_stays_an_integer(expression: Expression) -> None:
    assert repr(decode(json.loads(json.dumps(encode(expression))))) == repr(expression)


data = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(data)
def test_anything_else_is_refused_by_name(item: Any) -> None:
    try:
        found = decode(item)
    except ValueError:
        return
    assert encode(found) == item


def test_a_tree_too_deep_is_refused() -> None:
    item: Any = ["symbol", "x"]
    for _ in range(MAX_DEPTH + 1):
        item = ["negative", item]
    with pytest.raises(ValueError, match="too deep"):
        decode(item)
