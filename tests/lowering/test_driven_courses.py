"""What acts on a law from outside for a short while is never jumped over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf
from written import compiled

from lawc.lowering.numpy_table import Array
from lawc.lowering.program import Program

LAW = """\
law dose@1.0.0
  title   "What is given for a short while stays"
  status  draft

  symbols
    t  : time             [s]  0 .. 100
    x  : amount (t)       [mg]
    y  : what follows (t) [mg*s]
    tp : middle           [s]  5 .. 80
    d  : half its length  [s]  1e-4 .. 4 log

  equations
    given: dx/dt = {rate}
    follows: dy/dt = x

  initial
    x = 0 [mg]    at t = 0 [s]
    y = 0 [mg*s]  at t = 0 [s]
"""
WINDOW = "if abs(t - tp) < d then 1 [mg]/d else 0 [mg/s]"
BELL = "1 [mg]/d*exp(-((t - tp)/d)^2)"
FIXED = "if t > 31.4 [s] and t < 31.4001 [s] then 1e4 [mg/s] else 0 [mg/s]"


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    return {rate: compiled(LAW.format(rate=rate), "t tp d -> x y") for rate in (WINDOW, BELL)}


def of_window(t: Array, tp: Array, d: Array) -> tuple[Array, Array]:
    """Return amount and what follows, from the integrals of a window."""
    since = np.clip(t - (tp - d), 0, 2 * d)
    return since / d, since**2 / (2 * d) + 2 * np.maximum(t - tp - d, 0)


def of_bell(t: Array, tp: Array, d: Array) -> tuple[Array, Array]:
    """Return amount and what follows, from the integrals of a bell curve."""

    def rest(u: Array) -> Array:
        return u * erf(u) + np.exp(-(u**2)) / np.sqrt(np.pi)

    u, first = (t - tp) / d, -tp / d
    half = np.sqrt(np.pi) / 2
    return half * (erf(u) - erf(first)), half * d * (
        rest(u) - rest(first) - erf(first) * (u - first)
    )


@settings(max_examples=25, deadline=None)
@given(
    rate=st.sampled_from([WINDOW, BELL]),
    middle=st.floats(5, 80),
    length=st.floats(-4, 0.6),
    after=st.floats(0.5, 20),
)
def test_a_pulse_of_any_length_at_any_time_counts(
    programs: dict[str, Program], rate: str, middle: float, length: float, after: float
) -> None:
    d = 10.0**length
    t = np.array([max(middle - 3 * d, 0.0), middle, min(middle + after + 3 * d, 100.0), 100.0])
    columns = {"t": t, "tp": np.full(4, middle), "d": np.full(4, d)}
    found = programs[rate].reference(columns)
    x, y = (of_window if rate == WINDOW else of_bell)(**columns)
    assert found["x"] == pytest.approx(x, abs=2e-7)
    assert found["y"] == pytest.approx(y, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("rate", [WINDOW, BELL])
def test_many_courses_at_once_see_their_pulses_too(programs: dict[str, Program], rate: str) -> None:
    columns = programs[rate].sample(1000, seed=3)
    found, scale = programs[rate].reference(columns), programs[rate].scale(columns)
    x, y = (of_window if rate == WINDOW else of_bell)(**{n: columns[n] for n in columns})
    assert found["x"] == pytest.approx(x, abs=2e-7)
    assert found["y"] == pytest.approx(y, rel=1e-6, abs=1e-6)
    assert scale["x"] == pytest.approx(np.full(1000, x.max()), rel=0.02)


def test_a_window_between_two_numbers_of_the_law_counts() -> None:
    lines = LAW.format(rate=FIXED).splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("    tp", "    d ")))
    program = compiled(text, "t -> x y")
    found = program.reference({"t": np.array([31.4, 31.40005, 50.0])})
    assert found["x"] == pytest.approx([0.0, 0.5, 1.0], abs=1e-6)
