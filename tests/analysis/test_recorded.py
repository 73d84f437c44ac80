"""The record of published laws is written in one way, and read with distrust."""

from __future__ import annotations

import json
from typing import Any

import pytest
from analysis_texts import checked
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.published import mark, state_of
from lawc.analysis.recorded import MAX_BYTES, Record, read_record
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.law import Law

LAWS = """law decay@1.0.0
  title   "Decay"
  status  contested
  symbols
    t    : time    [h]      0 .. 24
    k    : rate    [1/h]    0.01 .. 1 log
    rank : rank one of low, high
    c    : amount (t) [mg]
  equations
    dc/dt = if rank = low then -k*c else -2*k*c
  initial
    c = 10 [mg] at t = 0 [h]
  valid
    k*t < 10  "seen"
  checks
    always c falls with t

law plain@0.3.1
  title   "Twice"
  status  contested
  symbols
    x : input  [1] 0 .. 1
    y : output [1]
  equations
    y := 2*x
"""
PATH = "knowledge/versions.json"


def laws() -> dict[str, Law]:
    return dict(checked(LAWS).base.laws)


RECORD = Record({}).with_laws(laws())
PLAIN: dict[str, Any] = json.loads(RECORD.text())


def test_what_is_written_reads_back_and_is_written_the_same() -> None:
    read = read_record(RECORD.text().encode(), PATH)
    assert read.text() == RECORD.text()
    assert dict(read) == {identity: state_of(law) for identity, law in laws().items()}
    for identity, law in laws().items():
        assert read.is_as(identity, law.version, mark(law))


def test_laws_are_sorted_and_a_change_of_one_touches_its_own_lines_only() -> None:
    backwards = Record({}).with_laws(dict(reversed(list(laws().items()))))
    assert backwards.text() == RECORD.text()
    wider = checked(LAWS.replace("0 .. 24", "0 .. 48")).base
    after = RECORD.with_laws({"tests.file1.decay": wider["tests.file1.decay"]}).text().splitlines()
    before = RECORD.text().splitlines()
    changed = [old.split(":")[0].strip() for old, new in zip(before, after, strict=True)
               if old != new]  # fmt: skip
    assert changed == ['"digest"', '"t"']


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"<<<<<<< ours\n" + RECORD.text().encode(),
        b"[" * 100_000,
        b'{"form": 1, "laws": ' + b'{"a":' * 100_000,
        b'{"form": 2, "laws": {}}',
        b'{"form": 1, "laws": []}',
        b'{"form": 1, "laws": {"a": {}}}',
        b'{"form": 1, "laws": {}, "more": 1}',
        b'{"form": NaN, "laws": {}}',
        b'{"form": ' + b"9" * 10_000 + b', "laws": {}}',
        RECORD.text().replace('"0.3.1"', '"0.3"').encode(),
        RECORD.text().replace('"0.3.1"', "3").encode(),
        RECORD.text().replace('"tests.file1.plain"', '"\\ud800"').encode(),
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)
def test_what_is_no_record_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(LawcError, match=PATH):
        read_record(data, PATH)


def test_a_record_that_is_too_large_is_not_read() -> None:
    with pytest.raises(LawcError, match=str(MAX_BYTES)):
        read_record(b" " * (MAX_BYTES + 1), PATH)


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where every value of a tree of JSON stands."""
    parts = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    return [at, *(place for key in parts for place in places(data[key], (*at, key)))]


def at(place: tuple[Any, ...]) -> Any:
    found = PLAIN
    for key in place:
        found = found[key]
    return found


# What stands elsewhere in the record is as likely to be believed as anything.
VALUES = st.one_of(
    st.sampled_from([at(place) for place in places(PLAIN)]),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(["", "x", "\ud800", "\x1b[2J", "a" * 5_000, [], {}, [[]], [["a"]], {"a": 1}]),
)


@given(place=st.sampled_from(places(PLAIN)), value=VALUES)
def test_whatever_stands_in_a_record_it_is_read_or_refused(
    place: tuple[Any, ...], value: Any
) -> None:
    data = json.loads(RECORD.text())
    if place:
        inner = data
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
    else:
        data = value
    try:
        record = read_record(json.dumps(data).encode(), PATH)
        states = dict(record)
    except LawcError as refused:
        assert PATH in str(refused) and str(refused).isprintable()
        return
    for found in checked(LAWS, record=record).findings:
        assert found.code == "L0610"
        assert all(note.isprintable() for note in found.notes)
    again = read_record(record.text().encode(), PATH)
    assert dict(again) == states
