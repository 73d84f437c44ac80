"""What a law meets on its way: bounces, doses and stops, in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import compiled

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.lowering.program import Program
from lawc.native.compiling import SWITCH, available

BALL = """
law ball@1.0.0
  title "A ball that bounces"
  status draft

  symbols
    t  : time             [s]      0 .. 5
    x  : height (t)       [m]
    g  : gravity          [m/s^2]  1 .. 20
    e  : restitution      [1]      0 .. 1
    x0 : first height     [m]      0.1 .. 3

  equations
    fall: d2x/dt2 = -g

  initial
    x = x0 at t = 0 [s]
    dx/dt = 0 [m/s] at t = 0 [s]

  events
    bounce: when x <= 0 [m]: x = 0 [m], dx/dt = -e*dx/dt
"""

DOSES = """
law doses@1.0.0
  title "A drug that is given again"
  status draft

  symbols
    t : time                 [h]    0 .. 72
    A : amount (t)           [mg]
    k : elimination          [1/h]  0.05 .. 0.5
    D : dose                 [mg]   10 .. 100

  equations
    decay: dA/dt = -k*A

  initial
    A = D at t = 0 [h]

  events
    second: when t >= 8 [h]: A = A + D
    third: when t >= 16 [h]: A = A + D
    fourth: when t >= 24 [h]: A = A + D/2
"""

TANK = """
law tank@1.0.0
  title "A tank that overflows"
  status draft

  symbols
    t  : time              [s]    0 .. 100
    h  : level (t)         [m]
    q  : rise              [m/s]  0.01 .. 1
    hm : height of the rim [m]    1 .. 5

  equations
    filling: dh/dt = q

  initial
    h = 0 [m] at t = 0 [s]

  events
    overflow: when h > hm: stop
"""

RELAY = """
law relay@1.0.0
  title "A thermostat"
  status draft

  symbols
    t  : time            [s]    0 .. 100
    T  : temperature (t) [K]
    P  : heating (t)     [K/s]
    k  : loss            [1/s]  0.05 .. 0.5
    P0 : power           [K/s]  1 .. 5

  equations
    balance: dT/dt = P - k*T
    held: dP/dt = 0 [K/s^2]

  initial
    T = 0 [K] at t = 0 [s]
    P = P0 at t = 0 [s]

  events
    off: when T >= 8 [K]: P = 0 [K/s]
    on: when T <= 4 [K]: P = P0
"""


@pytest.fixture(params=["compiled", "without a compiler"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "without a compiler":
        monkeypatch.setenv(SWITCH, "0")
    elif not available():
        pytest.skip("no C compiler")
    return str(request.param)


def height(t: float, g: float, e: float, x0: float) -> float:
    """Return where a ball is that bounces, summed flight by flight."""
    v = np.sqrt(2 * g * x0)
    start = v / g
    if t <= start:
        return x0 - g * t * t / 2
    for _ in range(10_000):
        v *= e
        if t <= start + 2 * v / g:
            return v * (t - start) - g * (t - start) ** 2 / 2
        start += 2 * v / g
    return float("nan")


@pytest.fixture(scope="module")
def ball() -> Program:
    return compiled(BALL, "t g e x0 -> x")


@settings(max_examples=12, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(1, 20),
    st.floats(0.2, 0.95),
    st.floats(0.1, 3),
)
def test_a_ball_bounces_as_its_closed_form_says(
    ball: Program, share: float, g: float, e: float, x0: float
) -> None:
    # Up to nine tenths of the way to where bounces crowd together.
    first = np.sqrt(2 * x0 / g)
    t = share * min(5.0, 0.9 * first * (1 + 2 * e / (1 - e)))
    found = ball.reference({"t": [t], "g": [g], "e": [e], "x0": [x0]})["x"][0]
    assert found == pytest.approx(height(t, g, e, x0), abs=1e-7 * x0)


def test_many_balls_bounce_alike_by_all_means(ball: Program, way: str) -> None:
    t = np.linspace(0, 2.0, 41)
    columns = {"t": t, "g": np.full(41, 9.81), "e": np.full(41, 0.8), "x0": np.full(41, 1.0)}
    truth = [height(x, 9.81, 0.8, 1.0) for x in t]
    assert ball.reference(columns)["x"] == pytest.approx(truth, abs=1e-8)


def test_bounces_that_crowd_together_end_the_course_with_a_message(ball: Program, way: str) -> None:
    """They crowd at t = √(2 x0/g) (1 + e)/(1 − e), here 1.3546 s."""
    columns = {"t": [1.0, 2.0], "g": [9.81, 9.81], "e": [0.5, 0.5], "x0": [1.0, 1.0]}
    with pytest.raises(
        DomainError, match=r"`bounce` happens ever faster towards t = 1\.354\d* \[s\]"
    ):
        ball.reference(columns)
    found = ball.reference(columns, strict=False)["x"]
    assert found[0] == pytest.approx(height(1.0, 9.81, 0.5, 1.0), abs=1e-9)
    assert np.isnan(found[1])


def test_doses_at_given_times_add_up(way: str) -> None:
    program = compiled(DOSES, "t k D -> A")
    t = np.array([0.0, 1.0, 7.99, 8.01, 12.0, 16.01, 20.0, 23.99, 24.01, 70.0])
    k, dose = 0.2, 50.0
    truth = sum(
        size * dose * np.exp(-k * (t - at)) * (t >= at)
        for at, size in ((0, 1), (8, 1), (16, 1), (24, 0.5))
    )
    found = program.reference({"t": t, "k": np.full(10, k), "D": np.full(10, dose)})["A"]
    assert found == pytest.approx(truth, rel=1e-8)


def test_a_dose_counts_at_its_very_moment(way: str) -> None:
    program = compiled(DOSES, "t k D -> A")
    found = program.reference({"t": [8.0], "k": [0.2], "D": [50.0]})["A"][0]
    assert found == pytest.approx(50 + 50 * np.exp(-1.6), rel=1e-8)


def test_a_course_stops_where_the_law_says_so(way: str) -> None:
    program = compiled(TANK, "t q hm -> h")
    columns = {"t": [5.0, 25.0], "q": [0.1, 0.1], "hm": [2.0, 2.0]}
    with pytest.raises(DomainError, match=r"`overflow` ends the course at t = 20 \[s\]"):
        program.reference(columns)
    found = program.reference(columns, strict=False)["h"]
    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1])


def test_of_events_that_are_close_together_the_first_counts(way: str) -> None:
    """Its place among the lines of a law does not."""
    stops = ("overflow: when h > hm: stop", "valve: when h > hm - 0.01 [m]: stop")
    for first, second in (stops, stops[::-1]):
        program = compiled(TANK.replace(stops[0], f"{first}\n    {second}"), "t q hm -> h")
        with pytest.raises(DomainError, match=r"`valve` ends the course at t = 19\.9 \[s\]"):
            program.reference({"t": [25.0], "q": [0.1], "hm": [2.0]})


def test_a_thermostat_switches_at_its_limits(way: str) -> None:
    program = compiled(RELAY, "t k P0 -> T")
    k, power = 0.2, 3.0
    rise = -np.log(1 - 8 * k / power) / k
    fall = np.log(2) / k
    again = np.log((power / k - 4) / (power / k - 8)) / k
    t = np.array([0.5 * rise, rise + 0.5 * fall, rise + fall + 0.5 * again])
    truth = [
        power / k * (1 - np.exp(-k * t[0])),
        8 * np.exp(-k * 0.5 * fall),
        power / k - (power / k - 4) * np.exp(-k * 0.5 * again),
    ]
    found = program.reference({"t": t, "k": np.full(3, k), "P0": np.full(3, power)})["T"]
    assert found == pytest.approx(truth, rel=1e-8)


def test_the_size_of_a_course_counts_what_events_add(way: str) -> None:
    program = compiled(DOSES, "t k D -> A")
    size = program.scale({"t": [1.0], "k": [0.05], "D": [50.0]})["A"][0]
    peak = 25 + 50 * (np.exp(-0.4) + np.exp(-0.8) + np.exp(-1.2))
    assert size == pytest.approx(max(peak, 50 * (1 + np.exp(-0.4) + np.exp(-0.8))), rel=1e-2)


def test_a_network_is_not_held_to_a_law_with_events(ball: Program) -> None:
    with pytest.raises(CompileError, match="has events"):
        _ = ball.equations


@pytest.mark.parametrize("target", ["torch", "numpy", "c"])
def test_no_text_of_rates_leaves_events_out(ball: Program, target: str) -> None:
    with pytest.raises(CompileError, match=r"events|no formula"):
        ball.source(target)
