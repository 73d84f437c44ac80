"""Memory of columns is given again only when nobody can see it any more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.native import memory
from lawc.native.memory import MOST_KEPT, columns

LARGE = 1 << 17


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_kept", [])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2 * LARGE), st.booleans()), max_size=9))
def test_what_is_held_is_never_written_over(asked: list[tuple[int, int, bool]]) -> None:
    held: list[tuple[np.ndarray, int]] = []
    for number, rows, hold in asked:
        for column in columns(number, rows):
            assert column.shape == (rows,) and column.ctypes.data % 64 == 0
            column[:] = len(held)
            if hold:
                # A part of a column holds its memory as the whole does.
                held.append((column[rows // 2 :], len(held)))
    assert all((column == value).all() for column, value in held)


def place(column: np.ndarray) -> int:
    return column.ctypes.data


@pytest.mark.usefixtures("nothing_kept")
def test_memory_that_nobody_holds_is_given_again() -> None:
    first = place(columns(2, LARGE)[0])
    kept = columns(2, LARGE)[0]
    assert place(kept) == first
    other = columns(2, LARGE)[0]
    assert place(other) != first
    del kept
    assert place(columns(2, LARGE)[0]) == first


def test_the_memory_behind_columns_cannot_be_written_to() -> None:
    column = columns(1, LARGE)[0]
    column.flags.writeable = False
    assert column.base is not None and not column.base.flags.writeable


@pytest.mark.usefixtures("nothing_kept")
def test_no_more_is_kept_than_may_be() -> None:
    for rows in (LARGE, 40 * LARGE, 60 * LARGE, 80 * LARGE, 200 * LARGE):
        columns(1, rows)
        assert sum(piece.nbytes for piece in memory._kept) <= MOST_KEPT
    assert memory._kept
