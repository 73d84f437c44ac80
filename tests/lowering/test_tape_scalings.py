"""What is found of how tapes answer to a change of scale is what they do."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.forms.tape import Tape
from lawc.knowledge.algebra import call, minus, over, plus, times
from lawc.knowledge.expression import Binary, Expression, Number, Symbol
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.tape_scalings import degrees, scalings
from lawc.lowering.tapes import tape

NAMES = ("a", "b", "c")
A, B, C = map(Symbol, NAMES)

KEEPING: tuple[Expression, ...] = (
    times(A, call("exp", over(B, C))),
    plus(over(times(A, A), B), times(A, call("tanh", over(A, B)))),
    times(Binary("^", B, over(Number(1), Number(3))), Binary("^", C, Number(-0.25))),
    call("sqrt", plus(times(A, B), times(Number(2), times(B, A)))),
    call("min", times(Number(3), C), plus(C, Number(0))),
)


def written(expression: Expression) -> Tape:
    return tape({"y": expression}, NAMES, {})


@given(
    which=st.integers(0, len(KEEPING) - 1),
    place=st.lists(st.floats(0.1, 5.0), min_size=3, max_size=3),
    factor=st.floats(0.2, 4.0),
)
def test_an_output_is_multiplied_by_the_power_that_is_found(
    which: int, place: list[float], factor: float
) -> None:
    found = written(KEEPING[which])
    changes = scalings(NAMES, (found,), ())
    assert changes
    here = {name: np.array([value]) for name, value in zip(NAMES, place, strict=True)}
    for change, degree in zip(changes, degrees(found, changes)["y"], strict=True):
        moved = {n: v * factor ** float(change.get(n, Fraction(0))) for n, v in here.items()}
        one, other = (float(evaluate(found, si)["y"][0]) for si in (here, moved))
        assert other == pytest.approx(one * factor ** float(degree), rel=1e-12)


def test_what_must_be_seen_is_no_change_of_scale() -> None:
    assert len(scalings(NAMES, (written(times(A, B)),), ())) == 3
    assert len(scalings(NAMES, (written(plus(A, B)),), ())) == 2
    assert len(scalings(NAMES, (), (written(over(A, B)),))) == 2
    for seen in (call("exp", A), minus(A, Number(1)), call("ln", A), Binary("^", Number(2), A)):
        assert all("a" not in change for change in scalings(NAMES, (written(seen),), ()))
