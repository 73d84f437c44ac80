"""Laws in a page are read where their fences say, at their places in the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.syntax.document import Document
from lawc.syntax.literate import fences, only_fences
from lawc.syntax.parsing import parse

LAW = 'law {}@1.0.0\n  title "A law"\n  status draft\n  symbols\n    x : place [m]\n'
words = st.text("abc `~\n#->law", max_size=60)


def read(text: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    return parse(Source("page.law.md", text))


def names(text: str) -> list[str]:
    return [block.name.text for block in read(text)[0].blocks]


@given(words)
def test_what_is_left_stands_where_it_stood(text: str) -> None:
    kept = only_fences(text)
    assert len(kept) == len(text) and kept.count("\n") == text.count("\n")
    for start, end in fences(text):
        assert kept[start:end] == text[start:end]


@given(st.lists(st.tuples(st.sampled_from(["```", "~~~", "`````"]), words), max_size=4))
def test_every_closed_fence_is_read(pieces: list[tuple[str, str]]) -> None:
    page = ""
    for number, (mark, prose) in enumerate(pieces):
        prose = prose.replace("`", "").replace("~", "")
        page += f"{prose}\n{mark}law\n{LAW.format(f'a{number}')}{mark}\n"
    assert names(page) == [f"a{number}" for number in range(len(pieces))]
    assert read(page)[1] == ()


def test_places_count_in_the_page() -> None:
    page = f"# Page\n\ntext\n\n```law\n{LAW.format('a')}```\n"
    name = read(page)[0].blocks[0].name
    assert page[name.place.start : name.place.end] == "a"


def test_a_longer_fence_shows_a_law_and_does_not_state_it() -> None:
    page = f"````\n```law\n{LAW.format('shown')}```\n````\n\n```law\n{LAW.format('read')}```\n"
    assert names(page) == ["read"]
    assert read(page)[1] == ()


def test_other_fences_are_left_alone() -> None:
    page = f"```python\nlaw = 3\n```\n```law\n{LAW.format('a')}```\n```\nlaw b@1.0.0\n```\n"
    assert names(page) == ["a"]


@pytest.mark.parametrize("rest", ["", "\nand more prose\n"])
def test_an_open_fence_is_reported_where_it_begins(rest: str) -> None:
    page = f"text\n```law\n{LAW.format('a')}{rest}"
    _, findings = read(page)
    assert findings[0].code == "L0121"
    assert findings[0].place.start == page.index("```law")


def test_an_open_fence_does_not_swallow_the_next_one() -> None:
    page = f"```law\n{LAW.format('a')}\n```law\n{LAW.format('b')}```\n"
    assert names(page) == ["a", "b"]
    assert [finding.code for finding in read(page)[1]] == ["L0121"]


def test_an_indented_fence_is_not_passed_over_in_silence() -> None:
    _, findings = read(f"- a list\n\n  ```law\n  {LAW.format('a')}  ```\n")
    assert [finding.code for finding in findings] == ["L0121"]
