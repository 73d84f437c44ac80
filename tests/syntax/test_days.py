"""Days bound the range of a quantity that is a date."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.syntax.parsing import parse, read_source
from lawc.syntax.tree import Date

BLOCK = """rule r@1.0.0
  symbols
    d : day of the event  date {range}
    e : day of the end  date

  clauses
    e = d
"""


def read(range: str) -> tuple[tuple[Date | None, ...], list[str]]:
    source, findings = read_source("rules/x.rule", BLOCK.format(range=range).encode())
    assert source is not None and findings == ()
    document, findings = parse(source)
    first = document.blocks[0].symbols[0] if document.blocks[0].symbols else None
    ends = () if first is None else (first.low, first.high)
    return ends, [one.headline for one in findings]  # type: ignore[return-value]


@given(low=st.dates(), high=st.dates(), maybe=st.booleans())
def test_a_range_of_days_is_read_as_their_numbers(low: date, high: date, maybe: bool) -> None:
    tail = " may be unknown" if maybe else ""
    ends, findings = read(f"{low.isoformat()} .. {high.isoformat()}{tail}")
    assert findings == []
    assert [end.day for end in ends if end] == [low.toordinal(), high.toordinal()]


def test_a_date_needs_no_range() -> None:
    assert read("") == ((None, None), [])


@pytest.mark.parametrize(
    ("range", "headline"),
    [
        ("2023-02-29 .. 2024-01-01", "there is no day `2023-02-29`"),
        ("2023-01-01 .. 2024-1-1", "`2024-1-1` is not written as a day is"),
    ],
)
def test_a_day_that_is_none_is_named(range: str, headline: str) -> None:
    assert read(range)[1] == [headline]
