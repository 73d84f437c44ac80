"""Bounds over a box hold at every point of it, whatever the formula: a proof rests on them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.decision.exact import evaluate
from lawc.decision.formula import Formula, Named, apply, number
from lawc.decision.operations import DecisionError
from lawc.proofs.intervals import Bounds, Range

ROUNDINGS = tuple(
    f"round_{way}"
    for way in ("floor", "ceiling", "to_zero", "from_zero", "half_from_zero", "half_even")
)
OF_TWO = ("add", "subtract", "multiply", "divide", "min", "max", *ROUNDINGS)
OF_ONE = ("negative", "abs", "sign", "floor", "ceiling", "sqrt", "exp", "ln", "log10", "log2")
CONDITIONS = ("less", "less_equal", "equal")
NAMES = ("x", "y")

# Thirds have no double; small whole numbers meet at ends, at zero and at each other.
places = st.integers(-4, 4).map(Fraction) | st.fractions(-5, 5, max_denominator=3)
leaves = places.map(number) | st.sampled_from([Named(name) for name in NAMES])
exponents = st.sampled_from([-3, -2, -1, 0, 1, 2, 3, Fraction(1, 2), Fraction(-1, 3)])


def grown(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    condition = st.builds(apply, st.sampled_from(CONDITIONS), parts, parts)
    conditions = st.one_of(
        condition,
        st.builds(apply, st.just("not"), condition),
        st.builds(apply, st.sampled_from(["and", "or"]), condition, condition),
    )
    return st.one_of(
        st.builds(apply, st.sampled_from(OF_TWO), parts, parts),
        st.builds(apply, st.sampled_from(OF_ONE), parts),
        st.builds(apply, st.just("power"), parts, exponents.map(number) | parts),
        st.builds(apply, st.just("where"), conditions, parts, parts),
        conditions,
    )


formulas = st.recursive(leaves, grown, max_leaves=6)
ranges = st.tuples(places, places).map(sorted)
shares = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(2, 7), Fraction(1)])


def bounds_of(*ends: list[Fraction]) -> Bounds:
    """Boxes of one row; an end that no double is goes outward to one."""
    made = {}
    for name, (low, high) in zip(NAMES, ends, strict=True):
        below, above = float(low), float(high)
        below = below if Fraction(below) <= low else np.nextafter(below, -np.inf)
        above = above if Fraction(above) >= high else np.nextafter(above, np.inf)
        made[name] = Range(np.array([below]), np.array([above]))
    return Bounds(made, {})


def holds_at(bounds: Bounds, formula: Formula, point: dict[str, Fraction]) -> bool:
    try:
        value = evaluate(formula, point, {})
    except DecisionError:
        return True
    assert isinstance(value, Fraction)
    made = bounds.of(formula)
    low, high = float(made.low[0]), float(made.high[0])
    assert low <= high
    return (low == -np.inf or Fraction(low) <= value) and (
        high == np.inf or value <= Fraction(high)
    )


@settings(max_examples=500, deadline=None)
@given(formulas, ranges, ranges, st.tuples(shares, shares))
def test_a_value_in_a_box_lies_within_the_bounds(
    formula: Formula, x: list[Fraction], y: list[Fraction], at: tuple[Fraction, Fraction]
) -> None:
    point = {
        name: low + share * (high - low)
        for name, (low, high), share in zip(NAMES, (x, y), at, strict=True)
    }
    assert holds_at(bounds_of(x, y), formula, point)


@pytest.mark.parametrize("operation", [*OF_TWO, "power", *CONDITIONS])
@settings(max_examples=60, deadline=None)
@given(ranges, ranges)
def test_an_operation_of_two_is_within_its_bounds_at_all_corners(
    operation: str, x: list[Fraction], y: list[Fraction]
) -> None:
    formula, bounds = apply(operation, Named("x"), Named("y")), bounds_of(x, y)
    for share in (0, 1):
        for other in (0, 1):
            assert holds_at(bounds, formula, {"x": x[share], "y": y[other]})


@pytest.mark.parametrize(
    ("formula", "x", "y", "low", "high"),
    [
        (apply("add", Named("x"), Named("y")), (1, 2), (10, 20), 11, 22),
        (apply("subtract", Named("x"), Named("y")), (1, 2), (10, 20), -19, -8),
        (apply("equal", Named("x"), Named("y")), (1, 2), (2, 3), 0, 1),
        (apply("equal", Named("x"), Named("y")), (1, 2), (3, 4), 0, 0),
        (apply("equal", Named("x"), Named("y")), (2, 2), (2, 2), 1, 1),
        (apply("less", Named("x"), Named("y")), (1, 2), (2, 3), 0, 1),
        (apply("less_equal", Named("x"), Named("y")), (1, 2), (2, 3), 1, 1),
        (apply("less", Named("x"), Named("y")), (1, 2), (3, 4), 1, 1),
        (apply("less", Named("x"), Named("y")), (2, 3), (1, 2), 0, 0),
        (apply("abs", Named("x")), (-3, 2), (0, 0), 0, 3),
        (apply("min", Named("x"), Named("y")), (1, 5), (2, 3), 1, 3),
        (apply("max", Named("x"), Named("y")), (1, 5), (2, 3), 2, 5),
        (apply("floor", Named("x")), (1, 5), (0, 0), 1, 5),
        (apply("negative", Named("x")), (1, 5), (0, 0), -5, -1),
    ],
)
def test_bounds_of_whole_numbers_are_not_wider_than_they_must_be(
    formula: Formula, x: tuple[int, int], y: tuple[int, int], low: int, high: int
) -> None:
    made = bounds_of([Fraction(e) for e in x], [Fraction(e) for e in y]).of(formula)
    assert (made.low.tolist(), made.high.tolist()) == ([low], [high])


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        (apply("multiply", Named("x"), Named("y")), -15, 10),
        (apply("divide", Named("y"), Named("x")), -1.5, 1),
        (apply("power", Named("x"), number(2)), 4, 25),
        (apply("round_floor", Named("x"), number(3)), 0, 6),
    ],
)
def test_other_bounds_are_wider_by_a_few_steps_between_doubles(
    formula: Formula, low: float, high: float
) -> None:
    made = bounds_of([Fraction(2), Fraction(5)], [Fraction(-3), Fraction(2)]).of(formula)
    assert made.low[0] == pytest.approx(low, rel=1e-14)
    assert made.high[0] == pytest.approx(high, rel=1e-14)
