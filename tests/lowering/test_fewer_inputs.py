"""A domain in fewer coordinates leaves nothing of it out and brings nothing in."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import compiled

from lawc.knowledge.law import Quantity
from lawc.lowering.fewer_inputs import FewerInputs

LAW = """\
law four@1.0.0
  title   "four inputs"
  status  confirmed
  source  "worked by hand"

  symbols
    y : answer [1]
    a : one    [m]  0.5 .. 2
    b : two    [m]  0.1 .. 10 log
    c : three  [s]  0 .. 5
    d : four   [s]  1 .. 3

  equations
    y = a/b + c/d
"""
CHANGES = ({"a": Fraction(1), "b": Fraction(1)}, {"c": Fraction(1), "d": Fraction(1)})


@cache
def inputs() -> tuple[Quantity, ...]:
    return tuple(compiled(LAW, "a b c d -> y").inputs)


def groups(si: dict[str, float]) -> tuple[float, float]:
    return si["a"] / si["b"], si["c"] / si["d"]


def share(axis: object, value: float) -> float:
    log = axis.log  # type: ignore[attr-defined]
    low, high = axis.low, axis.high  # type: ignore[attr-defined]
    if log:
        return float(np.log(value / low) / np.log(high / low))
    return (value - low) / (high - low)


@given(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_each_point_of_the_domain_is_brought_to_one_that_is_reached(place: list[float]) -> None:
    fewer, whole = FewerInputs(inputs(), CHANGES), FewerInputs(inputs(), ())
    assert (fewer.size, whole.size) == (2, 4)
    here = {n: float(v[0]) for n, v in whole.columns(np.array([place])).items()}
    axes = {axis.name: axis for axis in fewer.axes}
    point = np.zeros(2)
    for names in (("a", "b"), ("c", "d")):
        pinned = next(n for n in names if axes[n].place is None)
        other = next(n for n in names if n != pinned)
        moved = here[other] * axes[pinned].low / here[pinned]
        point[axes[other].place or 0] = share(axes[other], moved)
    assert (point >= -1e-9).all() and (point <= 1 + 1e-9).all()
    point = np.clip(point, 0, 1)
    assert fewer.reached(point[None], point[None]).all()
    lifted = fewer.lifted(point)
    assert lifted is not None and groups(lifted) == pytest.approx(groups(here), rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2))
def test_a_point_is_reached_where_some_point_of_the_domain_is_brought_to_it(
    place: list[float],
) -> None:
    fewer = FewerInputs(inputs(), CHANGES)
    point = np.array([place])
    si = {n: float(v[0]) for n, v in fewer.columns(point).items()}
    ratio, way = groups(si)
    # Some a in [0.5, 2] has a/ratio in [0.1, 10], and some d in [1, 3] has way*d in [0, 5].
    low, high = max(0.5, 0.1 * ratio), min(2.0, 10 * ratio)
    gap = min(high - low, 5.0 - way * 1.0)
    if abs(gap) > 1e-6:
        assert bool(fewer.reached(point, point)[0]) == (gap > 0)
        assert (fewer.lifted(point[0]) is not None) == (gap > 0)
