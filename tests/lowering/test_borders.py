"""Borders are not negative just where the conditions hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lawc.forms.tape import Step, Tape
from lawc.lowering.borders import borders
from lawc.lowering.numpy_table import evaluate

INPUTS = ("a", "b", "c")
TRUTH = Tape(
    INPUTS,
    (
        Step("less_equal", (0, 1)),
        Step("multiply", (1, 2)),
        Step("less", (2, 4)),
        Step("and", (3, 5)),
        Step("less_equal", (0, 2)),
    ),
    (("one", 6), ("two", 7)),
)


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=3))
def test_they_are_positive_inside_and_one_is_negative_outside(place: list[int]) -> None:
    si = {name: np.array([float(v)]) for name, v in zip(INPUTS, place, strict=True)}
    found = borders(TRUTH)
    assert found is not None and len(found.outputs) == 3
    ways = [float(v[0]) for v in evaluate(found, si).values()]
    holds = all(bool(v[0]) for v in evaluate(TRUTH, si, compiled=False).values())
    if 0.0 not in ways:
        assert holds == (min(ways) > 0)


def test_what_is_joined_otherwise_has_none() -> None:
    for other in ("or",):
        steps = (Step("less", (0, 1)), Step("less", (1, 2)), Step(other, (3, 4)))
        assert borders(Tape(INPUTS, steps, (("one", 5),))) is None
    steps = (Step("less", (0, 1)), Step("not", (3,)))
    assert borders(Tape(INPUTS, steps, (("one", 4),))) is None
