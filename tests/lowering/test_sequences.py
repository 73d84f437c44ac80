"""Points of a sequence are those of scipy and numpy, read from anywhere and in any pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng
from scipy.stats import qmc

from lawc.lowering import sequences
from lawc.lowering.sequences import SEQUENCES, Points, in_turn, independent, sobol
from lawc.lowering.spreading import Span, Spreader, spread

SIZE = 1 << 14


def wanted(what: str, coordinates: int, seed: int) -> np.ndarray:
    if what == "iid":
        return default_rng(seed).random((SIZE, coordinates))
    return qmc.Sobol(coordinates, scramble=True, bits=53, rng=default_rng(seed)).random(SIZE)


def read(points: Points, first: int, pieces: Sequence[int]) -> np.ndarray:
    reader, found = points.opened(), []
    for rows in pieces:
        columns = [np.full(rows, np.nan) for _ in range(points.coordinates)]
        for number in reader(first, columns):
            columns[number] *= points.unit
        first += rows
        found.append(np.column_stack(columns))
    return np.concatenate(found)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(SEQUENCES)),
    st.integers(1, 5),
    st.integers(0, 2**40),
    st.integers(0, SIZE // 2),
    st.lists(st.integers(1, SIZE // 8), min_size=1, max_size=4),
)
def test_points_are_those_of_scipy_and_numpy_bit_by_bit(
    what: str, coordinates: int, seed: int, first: int, pieces: list[int]
) -> None:
    found = read(SEQUENCES[what](coordinates, seed), first, pieces)
    expected = wanted(what, coordinates, seed)[first : first + sum(pieces)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("first", [0, 1, 700])
def test_where_scipy_keeps_its_numbers_elsewhere_scipy_draws(
    monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    mine = read(sobol(3, 8), first, [0, 5, 90])
    monkeypatch.setattr(sequences, "directions", lambda *_: None)
    np.testing.assert_array_equal(read(sobol(3, 8), first, [0, 5, 90]), mine)


def test_a_sequence_is_drawn_in_turn() -> None:
    draw = in_turn(independent(3, 1))
    np.testing.assert_array_equal(
        np.concatenate([draw(4), draw(0), draw(7)]), default_rng(1).random((11, 3))
    )


def test_a_range_longer_than_any_number_is_filled_evenly() -> None:
    (values,) = spread([Span(-1e308, 1e308, False)], np.linspace(0, 1, 101)[:, None])
    np.testing.assert_allclose(values / 1e308, np.linspace(-1, 1, 101), atol=1e-15)


@given(
    st.floats(-1e308, 1e308) | st.floats(-1e-294, 1e-294),
    st.floats(-1e308, 1e308) | st.floats(0, 1e-294),
    st.booleans(),
    st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=20),
)
def test_a_factor_taken_together_with_the_unit_of_shares_rounds_nothing(
    low: float, high: float, log: bool, counts: list[int]
) -> None:
    span = Span(min(low, high), max(low, high), log)
    unit, told = 2.0**-53, np.array(counts, dtype=np.float64)
    (wanted,) = spread([span], (told * unit)[:, None])
    Spreader([span], unit)(0, told)
    np.testing.assert_array_equal(told, wanted)
