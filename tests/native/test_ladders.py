"""A ladder leads to the exact values of a logarithmic range."""

from __future__ import annotations

import mpmath
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.lowering.spreading import Span, spread
from lawc.native.ladders import RUNGS, TERMS, ladder

lows = st.floats(1e-300, 1e290)
decades = st.floats(1e-3, 6.0)


def exact(low: float, high: float, shares: np.ndarray) -> np.ndarray:
    with mpmath.workdps(40):
        by = mpmath.mpf(high) / mpmath.mpf(low)
        return np.array([float(low * by ** mpmath.mpf(float(share))) for share in shares])


@settings(max_examples=30, deadline=None)
@given(lows, decades, st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_every_share_leads_to_its_exact_value(low: float, wide: float, at: list[float]) -> None:
    high = low * 10**wide
    assert ladder(low, high) is not None
    # Half-way between two rungs the growth is largest.
    shares = np.array([*at, 0.5 / RUNGS, 1 - 0.5 / RUNGS])
    (values,) = spread([Span(low, high, True)], shares[:, None])
    np.testing.assert_allclose(values, exact(low, high, shares), rtol=4e-13)


@given(lows, decades)
def test_rungs_rise_from_one_end_to_the_other(low: float, wide: float) -> None:
    high = low * 10**wide
    made = ladder(low, high)
    assert made is not None and len(made) == TERMS + RUNGS + 1
    rungs = made[TERMS:]
    assert rungs[0] == low and rungs[-1] == high
    assert np.all(np.diff(rungs[:-1]) > 0) and rungs[-2] <= high


@given(lows, st.floats(1e-9, 1e-6), st.lists(st.floats(0, 1, exclude_max=True), max_size=40))
def test_no_share_of_the_narrowest_range_leads_beyond_its_ends(
    low: float, wide: float, at: list[float]
) -> None:
    high = low * (1 + 2 * wide)
    assert ladder(low, high) is not None
    (values,) = spread([Span(low, high, True)], np.array([[0.0, *at, 1 - 2**-53]]).T)
    assert values[0] == low and np.all((low <= values) & (values <= high))


def test_a_range_that_is_too_wide_or_too_narrow_for_few_terms_has_no_ladder() -> None:
    assert ladder(1.0, 1e6) is not None
    assert ladder(1.0, 1.1e6) is None
    assert ladder(1.0, 1 + 1e-10) is None
