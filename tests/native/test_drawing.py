"""Generated C draws the very rows that scipy and numpy draw, in any order and on any cores."""

from __future__ import annotations

import platform

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from lawc.forms.tape import Step, Tape
from lawc.lowering.spreading import WIDEST, Span, logarithm, spread
from lawc.native.compiling import available
from lawc.native.drawing import Drawing, Stretch, drawing
from lawc.native.formulas import FLAGS

compiled = pytest.mark.skipif(not available(), reason="there is no C compiler here")

RANGES = [(1.0, 2.0, False), (1.0, 100.0, True), (-3.0, 5.0, False), (1e-150, 1e150, True)]
STRETCHES = tuple(
    Stretch(low, high, logarithm(low, high) if log else 0.0, 2.0, 0.5) for low, high, log in RANGES
)
NAMES = ("a", "b", "c", "d")
NOTHING = Tape(NAMES, (), ())
# In SI: a < 3.5 (so 1.5 as declared), and b*c > 0.
STEPS = (Step("constant", (), 3.5), Step("less", (0, 4)), Step("constant", (), 0.0))
STEPS += (Step("multiply", (1, 2)), Step("less", (6, 7)))
CONDITIONS = Tape(NAMES, STEPS, (("one", 5), ("two", 8)))


def shares(seed: int, rows: int, sobol: bool) -> np.ndarray:
    if not sobol:
        return np.random.default_rng(seed).random((rows, 4))
    engine = qmc.Sobol(4, scramble=True, bits=53, rng=np.random.default_rng(seed))
    return np.concatenate([engine.random_base2(8), *(engine.random_base2(k) for k in (8, 9))])[
        :rows
    ]


def wanted(seed: int, rows: int, sobol: bool) -> list[np.ndarray]:
    unit = shares(seed, rows, sobol)
    return spread([Span(low, high, log) for low, high, log in RANGES], unit)


def points(seed: int, sobol: bool, truth: Tape = NOTHING) -> Drawing:
    made = drawing(STRETCHES, truth, seed, sobol=sobol)
    assert made is not None
    return made


@compiled
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 500), st.integers(1, 500), st.booleans())
def test_rows_are_those_of_scipy_and_numpy_bit_by_bit(
    seed: int, first: int, count: int, sobol: bool
) -> None:
    found = points(seed, sobol)(first, count).columns
    for mine, theirs in zip(found, wanted(seed, first + count, sobol), strict=True):
        np.testing.assert_array_equal(mine, theirs[first:])


WIDTHS = {
    "products of 32 bits": ("-DPLAIN_PRODUCTS",),
    "four lanes": ("-mno-avx512f",),
    "two lanes": ("-mno-avx512f", "-mno-avx2"),
}


@compiled
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these flags are for x86-64")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sobol", [True, False])
def test_every_width_of_vectors_draws_the_same_rows(
    monkeypatch: pytest.MonkeyPatch, width: str, sobol: bool
) -> None:
    monkeypatch.setattr("lawc.native.drawing.FLAGS", (*FLAGS, *WIDTHS[width]))
    drawing.cache_clear()
    found = points(6, sobol)(77, 900).columns
    drawing.cache_clear()
    for mine, theirs in zip(found, wanted(6, 977, sobol), strict=True):
        np.testing.assert_array_equal(mine, theirs[77:])


ends = st.one_of(st.floats(-1e308, 1e308), st.floats(-3, 3), st.floats(-1e-300, 1e-300))


@compiled
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ends, ends), min_size=4, max_size=4), st.integers(0, 2**15))
def test_any_range_is_spread_as_numpy_spreads_it(
    given_ends: list[tuple[float, float]], log: int
) -> None:
    spans = []
    for k, (one, other) in enumerate(given_ends):
        low, high = min(one, other), max(one, other)
        width = logarithm(low, high) if low > 0 else 0.0
        spans.append(Span(low, high, bool(log >> k & 1) and 0 < width <= WIDEST))
    stretches = tuple(
        Stretch(s.low, s.high, logarithm(s.low, s.high) if s.log else 0.0, 1.0, 0.0) for s in spans
    )
    made = drawing(stretches, NOTHING, 4, sobol=True)
    assert made is not None
    for mine, theirs in zip(made(0, 300).columns, spread(spans, shares(4, 300, True)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@compiled
@pytest.mark.parametrize("sobol", [True, False])
def test_conditions_hold_and_their_failures_are_counted(sobol: bool) -> None:
    drawn = points(3, sobol, CONDITIONS)(0, 1000)
    a, b, c, d = wanted(3, 1000, sobol)
    tests = [a * 2.0 + 0.5 < 3.5, (b * 2.0 + 0.5) * (c * 2.0 + 0.5) > 0]
    good = tests[0] & tests[1]
    assert drawn.held is not None
    assert drawn.held.tolist() == np.flatnonzero(good).tolist()
    assert drawn.failures.tolist() == [int((~test).sum()) for test in tests]
    for mine, theirs in zip(drawn.columns, (a, b, c, d), strict=True):
        np.testing.assert_array_equal(mine, theirs[good])


@compiled
@pytest.mark.parametrize("sobol", [True, False])
def test_rows_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch, sobol: bool) -> None:
    made = points(5, sobol, CONDITIONS)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = made(11, 150_003)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    four = made(11, 150_003)
    assert one.held is not None and four.held is not None
    assert np.array_equal(one.held, four.held) and np.array_equal(one.failures, four.failures)
    for left, right in zip(one.columns, four.columns, strict=True):
        assert np.array_equal(left, right)


@compiled
def test_points_far_along_a_sequence_need_none_before_them() -> None:
    engine = qmc.Sobol(4, scramble=True, bits=53, rng=np.random.default_rng(9))
    ahead = engine.random_base2(17)[-50:]
    a = points(9, True)(2**17 - 50, 50).columns[0]
    np.testing.assert_array_equal(a, 1.0 + ahead[:, 0])


def test_a_condition_that_libraries_round_differently_is_left_to_numpy() -> None:
    steps = (Step("exp", (0,)), Step("less", (4, 1)))
    assert drawing(STRETCHES, Tape(NAMES, steps, (("one", 5),)), 0, sobol=True) is None


@given(
    st.floats(1e-200, 1e200),
    st.floats(0, 2900),
    st.lists(st.floats(0, 1), min_size=1),
    st.booleans(),
)
def test_spread_values_lie_in_the_range_and_hit_its_ends(
    low: float, grown: float, inner: list[float], log: bool
) -> None:
    high = min(low * 10.0 ** min(grown / 10, 290), 1e300)
    (values,) = spread([Span(low, high, log)], np.array([[0.0, *inner, 1.0]]).T)
    assert values[0] == low and values[-1] == high
    assert np.all((low <= values) & (values <= high))
    if log:
        exact = np.exp(np.log(low) + np.array(inner) * logarithm(low, high))
        np.testing.assert_allclose(values[1:-1], exact, rtol=1e-12)


@compiled
@pytest.mark.parametrize("sobol", [True, False])
def test_answers_come_with_the_rows_that_hold(sobol: bool) -> None:
    steps = (Step("multiply", (0, 1)), Step("ln", (2,)))
    answers = Tape(NAMES, steps, (("product", 4), ("log", 5)))
    made = drawing(STRETCHES, CONDITIONS, 3, sobol=sobol, answers=answers)
    assert made is not None
    drawn, plain = made(0, 5000), points(3, sobol, CONDITIONS)(0, 5000)
    a, b, c, d, product, log = drawn.columns
    for mine, theirs in zip((a, b, c, d), plain.columns, strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(product, a * b)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(log, np.log(c), rtol=1e-15, atol=1e-15)
    assert drawn.finite is bool(np.isfinite(log).all())
