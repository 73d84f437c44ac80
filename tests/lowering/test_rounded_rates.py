"""A rate that is zero but for rounding keeps a state where it is, to rounding of its terms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import compiled

HEAD = """\
law still@1.0.0
  title   "Terms that cancel"
  status  draft

  symbols
    t : time [s] 0 .. 10
    x : what moves (t) [1]
    z : what rests (t) [1]
    a : a pace [1/s] 0.1 .. 10
    w : another [1/s] 0.1 .. 10

  equations
"""
AT_REST = {
    "circle": ("dx/dt = -a*x", "dz/dt = a*(cos(w*t)^2 + sin(w*t)^2 - 1)"),
    "growth and decay": ("dx/dt = -a*x", "dz/dt = -w*z + a*(exp(w*t)*exp(-w*t) - 1)"),
    "its own course": ("dx/dt = -a*x", "dz/dt = w*(x - exp(-a*t))"),
    "its own course, decaying": ("dx/dt = -a*x", "dz/dt = -w*z + w*(x - exp(-a*t))"),
    "an oscillation": ("dx/dt = -a*sin(a*t)", "dz/dt = w*(x - cos(a*t))"),
}


def program(name: str):
    moves, rests = AT_REST[name]
    return compiled(
        f"{HEAD}    moves: {moves}\n    rests: {rests}\n\n  initial\n"
        "    x = 1 at t = 0 [s]\n    z = 0 at t = 0 [s]\n",
        "t a w -> x z",
    )


PROGRAMS = {name: program(name) for name in AT_REST}
paces = st.floats(0.1, 10.0)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(AT_REST)), st.floats(0.1, 10.0), paces, paces)
def test_what_rests_stays_at_zero_and_what_moves_is_still_right(
    name: str, t: float, a: float, w: float
) -> None:
    columns = {"t": np.array([t]), "a": np.array([a]), "w": np.array([w])}
    found = PROGRAMS[name].reference(columns)
    moved = np.cos(a * t) if name == "an oscillation" else np.exp(-a * t)
    assert found["x"] == pytest.approx([moved], abs=1e-9)
    assert abs(found["z"][0]) <= 1e-8 * (a + w) * t


def test_many_trajectories_in_generated_code_rest_too() -> None:
    rows = 500
    source = np.random.default_rng(0)
    columns = {n: source.uniform(0.1, 10.0, rows) for n in ("t", "a", "w")}
    found = PROGRAMS["circle"].reference(columns)
    assert np.abs(found["z"]).max() <= 1e-12
    assert found["x"] == pytest.approx(np.exp(-columns["a"] * columns["t"]), abs=1e-9)
