"""Positions in an editor and places in a text are the same thing in two counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Source
from lawc.language_server.positions import Position, offset_at, position_at

texts = st.text(st.sampled_from("ab λ∂𝜆é\n"), max_size=60)
encodings = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(text=texts, encoding=encodings, data=st.data())
def test_a_place_is_found_again(text: str, encoding: str, data: st.DataObject) -> None:
    source = Source("x.law", text)
    offset = data.draw(st.integers(0, len(text)))
    assert offset_at(source, position_at(source, offset, encoding), encoding) == offset


@given(text=texts, line=st.integers(0, 90), character=st.integers(0, 90), encoding=encodings)
def test_any_position_is_a_place_in_the_text(
    text: str, line: int, character: int, encoding: str
) -> None:
    source = Source("x.law", text)
    offset = offset_at(source, Position(line, character), encoding)
    assert 0 <= offset <= len(text)
    assert position_at(source, offset, encoding).line <= line


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)])
def test_columns_are_counted_in_the_agreed_unit(encoding: str, character: int) -> None:
    assert position_at(Source("x.law", "a\nλ𝜆b"), 4, encoding) == Position(1, character)
