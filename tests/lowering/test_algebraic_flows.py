"""Unknowns that equations tie to moving states move along with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from laws import law, read
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law, Validity
from lawc.lowering.plan import Kind, Root, Together
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference


def integrated(rate: Callable[[float, float], float], start: float, end: float) -> float:
    found = solve_ivp(
        lambda t, y: [rate(t, y[0])], (0, end), [start], method="LSODA", rtol=1e-11, atol=1e-14
    )
    return float(found.y[0, -1])


def test_a_sum_in_place_of_a_rate_is_written_out() -> None:
    robertson = law(
        "t [s] 0 .. 100\nA(t) []\nB(t) []\nC(t) []\nk [1/s] 0.01 .. 0.1",
        "a: D(A, t) = -k*A + 1e4*B*C\nb: D(B, t) = k*A - 1e4*B*C - 3e7*B^2\nsum: A + B + C = 1",
        "A = 1 @ t = 0\nB = 0 @ t = 0",
    )
    plan = make_plan(robertson, "t k -> A B C")
    assert plan.kind is Kind.ODE
    found = reference(plan, {"t": 40.0, "k": 0.04})
    expected = {"A": 0.7158270688, "B": 9.185534765e-6, "C": 0.2841637457}
    assert {n: float(v) for n, v in found.items()} == pytest.approx(expected, rel=1e-8)


def enzyme(*conditions: str) -> Law:
    found = law(
        """t [s] 0 .. 20
        S(t) [] 0 .. 3
        C(t) [] 0 .. 4
        E [] 0.5 .. 1
        K [] 0.1 .. 1
        k [1/s] 0.1 .. 1
        S0 [] 1 .. 3""",
        "complex: (E - C)*(S - C) = K*C + sin(C)/50\nrate: D(S, t) = -k*C",
        "S = S0 @ t = 0",
    )
    return replace(found, validity=tuple(Validity(read(c)) for c in conditions))


def test_a_complex_in_equilibrium_moves_with_its_substrate() -> None:
    plan = make_plan(enzyme("C < E"), "t E K k S0 -> S C")
    assert plan.kind is Kind.DAE
    assert plan.flow is not None
    (step,) = plan.flow.algebraic
    assert isinstance(step, Root)
    row = {"t": 6.0, "E": 0.8, "K": 0.4, "k": 0.5, "S0": 2.0}

    def bound(s: float) -> float:
        return brentq(
            lambda c: (0.8 - c) * (s - c) - 0.4 * c - np.sin(c) / 50, 0, min(0.8, s), xtol=1e-15
        )

    substrate = integrated(lambda t, s: -0.5 * bound(s), 2.0, 6.0)
    found = reference(plan, row)
    assert float(found["S"]) == pytest.approx(substrate, rel=1e-8)
    assert float(found["C"]) == pytest.approx(bound(substrate), rel=1e-8)
    many = reference(plan, {**row, "t": np.linspace(0, 20, 9)})
    assert np.all(np.diff(many["S"]) < 0)


def test_a_branch_that_is_not_declared_is_refused_where_the_flow_starts() -> None:
    with pytest.raises(CompileError, match=r"two values of C inside its range satisfy"):
        make_plan(enzyme(), "t E K k S0 -> S")


def test_acidity_moves_while_a_base_flows_in() -> None:
    titration = law(
        """t [s] 0 .. 10
        n(t) []
        h(t) [] 1e-14 .. 1 log
        c [] 0.01 .. 0.1
        K [] 1e-6 .. 1e-4 log
        r [1/s] 0.001 .. 0.01""",
        "charge: h + n = 1e-14/h + c*K/(K + h)\ninflow: D(n, t) = r*(1 + h/(h + 1e-5))/2",
        "n = 0 @ t = 0",
    )
    plan = make_plan(titration, "t c K r -> n h")
    assert plan.kind is Kind.DAE
    columns = {"t": np.array([0.0, 2.0, 9.0]), "c": 0.05, "K": 2e-5, "r": 0.005}

    def acidity(n: float) -> float:
        def gap(u: float) -> float:
            h = np.exp(u)
            return h + n - 1e-14 / h - 0.05 * 2e-5 / (2e-5 + h)

        return float(np.exp(float(brentq(gap, np.log(1e-14), 0.0, xtol=1e-14))))

    def rate(t: float, n: float) -> float:
        h = acidity(n)
        return 0.005 * (1 + h / (h + 1e-5)) / 2

    base = integrated(rate, 0.0, 9.0)
    found = reference(plan, columns)
    assert found["n"][-1] == pytest.approx(base, rel=1e-8)
    assert found["h"] == pytest.approx([acidity(n) for n in found["n"]], rel=1e-7)


def test_friction_without_a_formula_brakes_a_flow() -> None:
    pipe = law(
        """t [s] 0 .. 20
        v(t) [m/s] 0.1 .. 10
        f(t) [] 0.005 .. 0.2 log
        r [] 1e-5 .. 0.01 log""",
        "friction: 1/sqrt(f) = -2*log10(r/3.7 + 2.51/(1e5*v*sqrt(f)))\n"
        "brake: D(v, t) = 0.5 - f*v^2/0.2",
        "v = 5 @ t = 0",
    )
    plan = make_plan(pipe, "t r -> v f")
    found = reference(plan, {"t": 3.0, "r": 1e-3})

    def factor(v: float) -> float:
        return brentq(
            lambda f: 1 / np.sqrt(f) + 2 * np.log10(1e-3 / 3.7 + 2.51 / (1e5 * v * np.sqrt(f))),
            0.005,
            0.2,
            xtol=1e-16,
        )

    speed = integrated(lambda t, v: 0.5 - factor(v) * v**2 / 0.2, 5.0, 3.0)
    assert float(found["v"]) == pytest.approx(speed, rel=1e-8)
    assert float(found["f"]) == pytest.approx(factor(speed), rel=1e-8)


def test_several_unknowns_are_carried_together() -> None:
    coupled = law(
        "t [s] 0 .. 5\ns(t) [] 0 .. 1\nx(t) [] 0 .. 3\ny(t) [] 0 .. 3\nk [1/s] 0.1 .. 1",
        "one: x = s + 0.3*sin(y) + 0.2*sin(x)\ntwo: y = 1 + 0.3*cos(x) + 0.1*sin(y)\n"
        "rate: D(s, t) = -k*s*x*y",
        "s = 1 @ t = 0",
    )
    plan = make_plan(coupled, "t k -> s x y")
    assert plan.flow is not None
    (step,) = plan.flow.algebraic
    assert isinstance(step, Together)
    found = reference(plan, {"t": 2.0, "k": 0.7})
    s, x, y = (float(found[name]) for name in "sxy")
    assert x == pytest.approx(s + 0.3 * np.sin(y) + 0.2 * np.sin(x), rel=1e-8)
    assert y == pytest.approx(1 + 0.3 * np.cos(x) + 0.1 * np.sin(y), rel=1e-8)

    def pair(s: float) -> tuple[float, float]:
        x, y = s, 1.0
        for _ in range(80):
            x, y = s + 0.3 * np.sin(y) + 0.2 * np.sin(x), 1 + 0.3 * np.cos(x) + 0.1 * np.sin(y)
        return x, y

    assert s == pytest.approx(
        integrated(lambda t, s: -0.7 * s * np.prod(pair(s)), 1.0, 2.0), rel=1e-8
    )


def test_what_only_the_outputs_need_is_searched_for_behind_the_flow() -> None:
    decay = law(
        "t [s] 0 .. 5\ns(t) [] 0 .. 1\nx(t) [] 0 .. 3\nk [1/s] 0.1 .. 1",
        "rate: D(s, t) = -k*s\nkepler: s = x - 0.5*sin(x)",
        "s = 1 @ t = 0",
    )
    plan = make_plan(decay, "t k -> x")
    assert plan.kind is Kind.ODE
    x = float(reference(plan, {"t": 2.0, "k": 0.7})["x"])
    assert x - 0.5 * np.sin(x) == pytest.approx(np.exp(-1.4), rel=1e-9)


PENDULUM = "t [s] 0 .. 5\nx(t) [m]\ny(t) [m]\nl(t) []\nL [m] 1 .. 2"
RODS = "across: D(x, t, 2) = -l*x\nalong: D(y, t, 2) = -l*y - 9.81\nrod: x^2 + y^2 = L^2"
AT_REST = "x = L @ t = 0\nD(x, t, 1) = 0 @ t = 0\ny = 0 @ t = 0\nD(y, t, 1) = 0 @ t = 0"


def test_a_constraint_of_index_three_is_refused_by_name() -> None:
    with pytest.raises(CompileError, match=r"`rod` ties x and y.*l.*second derivative.*index 3"):
        make_plan(law(PENDULUM, RODS, AT_REST), "t L -> x")


def test_a_constraint_of_index_two_is_refused_by_name() -> None:
    ring = law(
        "t [s] 0 .. 5\nx(t) [m]\ny(t) [m]\nl(t) []",
        "across: D(x, t) = y - l*x\nalong: D(y, t) = -x - l*y\nring: x^2 + y^2 = 1",
        "x = 1 @ t = 0\ny = 0 @ t = 0",
    )
    with pytest.raises(CompileError, match=r"`ring` ties x and y.*first derivative.*index 2"):
        make_plan(ring, "t -> x")
