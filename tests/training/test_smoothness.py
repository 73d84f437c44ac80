"""Which coordinate suits the answers of a law is seen before any network tries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import program
from scipy.special import jv

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.program import Program, compile_law
from lawc.lowering.starting import start_of
from lawc.lowering.tapes import tape
from lawc.syntax.parsing import parse
from lawc.training.envelopes import Choice
from lawc.training.rows import drawn
from lawc.training.smoothness import coefficients, smoother

BOTH = (Choice(), Choice(stretch=300.0))


def swinging(turns: float) -> Program:
    """Return a spring without friction that turns so often in its range of time."""
    return written(
        f"""
  symbols
    t  : time     [s]    0 .. {turns * 2 * np.pi:.12g}
    x  : place (t)  [m]
    x0 : at first [m]    1 .. 2
    k  : pull     [1/s^2] = 1

  equations
    d2x/dt2 = -k*x

  initial
    x = x0           at t = 0 [s]
    dx/dt = 0 [m/s]  at t = 0 [s]
""",
        "t x0 -> x",
    )


def decaying(span: str) -> Program:
    return written(
        f"""
  symbols
    t  : time     [h] {span}
    N  : number (t) [1]
    N0 : at first [1]    1 .. 2
    q  : pace     [1/h] 0.1 .. 10

  equations
    dN/dt = -q*N^2

  initial
    N = N0  at t = 0 [h]
""",
        "t N0 q -> N",
    )


def written(text: str, signature: str) -> Program:
    head = 'law drawn@0.1.0\n  title "drawn"\n  status draft\n  source "-"\n'
    document, misread = parse(Source("drawn.law", head + text))
    base, found = check([document])
    assert not [f for f in (*misread, *found) if f.severity.value == "error"]
    return compile_law(next(iter(base.laws.values())), signature)


@settings(max_examples=8, deadline=None)
@given(st.floats(1.0, 12.0))
def test_a_swing_needs_as_many_coefficients_as_bessel_says(turns: float) -> None:
    """The Chebyshev coefficients of cos(a + a s) are Bessel functions of a."""
    of = swinging(turns)
    a = turns * np.pi
    orders = np.arange(200)
    sizes = 2 * np.abs(jv(orders, a) * np.where(orders % 2, np.sin(a), np.cos(a)))
    sizes[0] /= 2
    found = coefficients(of, drawn(of, 40, 0, "domain"), 0.0)
    large = np.flatnonzero(sizes > 1e-3 * sizes.max())[-1] + 1
    assert abs(found - large) <= 1


@pytest.mark.parametrize(
    ("identity", "stretch"),
    [("medicine.pharmacokinetics.absorption-saturable", 300.0), ("biology.epidemics.sir", 300.0)],
)
def test_what_moves_early_and_then_rests_is_told_by_spread_times(
    identity: str, stretch: float
) -> None:
    of = program(identity)
    assert smoother(of, drawn(of, 200, 0, "domain"), BOTH) == (Choice(stretch=stretch),)


def test_what_swings_evenly_is_told_by_times_as_they_are() -> None:
    of = swinging(8.0)
    assert smoother(of, drawn(of, 40, 0, "domain"), BOTH) == (Choice(),)


def test_a_law_without_a_variable_keeps_all_choices() -> None:
    of = program("biology.enzymes.michaelis-menten")
    assert smoother(of, drawn(of, 40, 0, "domain"), BOTH) == BOTH


def envelope(of: Program, hours: list[float]) -> np.ndarray:
    condition = start_of(of.plan, of.reduction, "N")
    assert condition is not None
    si = {"t": np.array(hours) * 3600, "N0": np.ones(len(hours)), "q": np.ones(len(hours)) / 3600}
    fixed = {**of.plan.fixed, **of.reduction.constants}
    return evaluate(tape({"e": condition.envelope}, tuple(si), fixed), si)["e"]


def test_over_decades_of_time_a_start_is_left_within_the_first_one() -> None:
    """Otherwise a network would have to say numbers that grow by all the decades."""
    found = envelope(decaying("1e-4 .. 1e6 log"), [0.0, 1e-4, 1e-3, 1.0])
    assert found[0] == 0.0
    assert (found[1:] > 0.5).all()
