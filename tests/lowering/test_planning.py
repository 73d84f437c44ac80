"""A plan says which equation gives what; what nothing determines, or two things do, is named."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from laws import (
    absorption,
    arrhenius,
    kepler,
    law,
    oscillator,
    pendulum,
    read,
    robertson,
    substrate,
)

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Number, Symbol
from lawc.lowering.closed_form import closed_form
from lawc.lowering.plan import Assignment, Kind, Root
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference

CIRCUIT = """U [] 1 .. 100
    I [] 0.1 .. 10
    R [] 1 .. 100
    P [] 1 .. 1000"""


def circuit():
    return law(CIRCUIT, "ohm: U = R*I\npower: P := U*I")


@pytest.mark.parametrize("direction", ["R I -> U", "U I -> R", "U R -> I"])
def test_a_law_is_solved_in_every_direction(direction: str) -> None:
    assert make_plan(circuit(), direction).kind is Kind.EXPLICIT


def test_steps_stand_in_the_order_of_need() -> None:
    plan = make_plan(circuit(), "P U -> R")
    assert [step.quantity for step in plan.before] == ["I", "R"]


def test_a_law_is_solved_for_no_more_than_is_asked() -> None:
    assert [step.quantity for step in make_plan(circuit(), "R I -> U").before] == ["U"]


def test_defaults_and_constants_are_fixed_in_si() -> None:
    plan = make_plan(pendulum(), "L a -> T")
    assert plan.fixed["g"] == 9.80665
    assert "g" not in make_plan(pendulum(), "L a g -> T").fixed
    assert make_plan(arrhenius(), "A Ea T -> k").fixed["R"] == 8.31446261815324


def test_an_equation_without_a_formula_is_a_root_in_the_declared_range() -> None:
    plan = make_plan(kepler(), "M e -> E")
    (root,) = plan.before
    assert plan.kind is Kind.IMPLICIT
    assert isinstance(root, Root)
    assert (root.low, root.high, root.log) == (0.0, 6.283185307179586, False)


def test_the_order_of_a_differential_equation_is_reduced() -> None:
    plan = make_plan(oscillator(), "t m c k F0 w x0 -> x E")
    assert plan.kind is Kind.ODE
    assert plan.flow is not None
    first, second = plan.flow.states
    assert (first.symbol, first.rate, first.start) == ("x", Symbol("x'1"), Symbol("x0"))
    assert (second.symbol, second.order, second.start) == ("x'1", 1, Number(0))
    assert [step.quantity for step in plan.after] == ["E"]


def test_only_the_states_that_are_asked_for_are_solved() -> None:
    plan = make_plan(absorption(), "t D F ka -> A")
    assert plan.flow is not None
    assert [state.symbol for state in plan.flow.states] == ["A"]


def test_a_velocity_may_be_a_quantity_of_its_own() -> None:
    falling = law(
        """t [s] 0 .. 10
        x(t) [m]
        v(t) [m/s]
        g [m/s^2] 1 .. 20
        k [1/s] 0.1 .. 1""",
        """speed: v := D(x, t)
        force: D(v, t) = g - k*v""",
        "x = 0 @ t = 0\nv = 0 @ t = 0",
    )
    flow = make_plan(falling, "t g k -> x").flow
    assert flow is not None
    assert {state.symbol for state in flow.states} == {"x", "v"}
    # Without a condition of its own the definition is written out instead.
    at_rest = law(
        "t [s] 0 .. 10\nx(t) [m]\nv(t) [m/s]\ng [m/s^2] 1 .. 20\nk [1/s] 0.1 .. 1",
        "speed: v := D(x, t)\nforce: D(v, t) = g - k*v",
        "x = 0 @ t = 0\nD(x, t, 1) = 0 @ t = 0",
    )
    plan = make_plan(at_rest, "t g k -> v")
    assert plan.flow is not None
    assert [state.symbol for state in plan.flow.states] == ["x", "x'1"]
    assert plan.after == (Assignment("v", Symbol("x'1")),)


def test_definitions_inside_a_rate_are_written_out() -> None:
    driven = law(
        "t [s] 0 .. 10\nx(t) [m]\nf(t) [m/s]\nw [1/s] 1 .. 2\nb [1/s]\nk [1/s] 0.1 .. 1",
        "rate: D(x, t) = f - b*x\npush: f := sin(w*t)\nloss: b := 2*k",
        "x = 0 @ t = 0",
    )
    plan = make_plan(driven, "t w k -> x")
    assert plan.flow is not None
    assert plan.flow.states[0].rate == read("sin(w*t) - b*x")
    assert [step.quantity for step in plan.before] == ["b"]


@pytest.mark.parametrize(
    ("make", "signature", "said"),
    [
        (arrhenius, "A Ea -> k", "nothing determines T; add it to the inputs"),
        (circuit, "R -> U", "ohm and power relate I, P and U, so one of I and P must be"),
        (circuit, "-> P", "2 of I, R and U must be among the inputs"),
        (absorption, "t D F ka -> C", "nothing determines CL and V; add them"),
        (absorption, "t D ka V CL -> C", "nothing determines F; add it"),
        (oscillator, "t m k F0 w x0 -> x", "nothing determines c; add it"),
        (oscillator, "m c k F0 w x0 -> x", "x moves with t, so t must be among the inputs"),
        (oscillator, "t m c x F0 w x0 -> k", "would have to be found from the course of x"),
        (substrate, "t S Vmax Km -> S0", "S0 would have to be found from the course of S"),
        (circuit, "U I R -> P", "U, I and R cannot be chosen freely: ohm relates them"),
        (circuit, "R U P -> I", "cannot be chosen freely"),
        (absorption, "t D F ka V CL -> A", "V and CL have no part in A; leave them out"),
    ],
)
def test_what_stands_against_a_signature_is_named(make, signature: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        make_plan(make(), signature)


STATE = "t [s] 0 .. 10\nx(t) [m]\ny(t) [m]\nk [1/s] 0.1 .. 1"


@pytest.mark.parametrize(
    ("equations", "initial", "said"),
    [
        ("a: D(x, t) = -k*x", "", "no initial condition gives x"),
        ("a: D(x, t, 2) = -k*x", "x = 1 @ t = 0", "no initial condition gives dx/dt"),
        ("a: D(x, t) = -k*x", "x = 1 @ t = 0\nx = 2 @ t = 0", "two conditions give x"),
        ("a: D(x, t) = -k*x", "x = 1 @ t = 0\nD(x, t, 1) = 0 @ t = 0", "dx/dt is surplus"),
        (
            "a: D(x, t, 2) = -k*x",
            "x = 1 @ t = 0\nD(x, t, 1) = 0 @ t = 1",
            "start at different values of t",
        ),
        ("a: D(x, t)^2 = k*x", "x = 1 @ t = 0", "not linear in dx/dt"),
        ("a: D(x, t) + y = k\nb: D(x, t) + y = x", "x = 1 @ t = 0", "follows from the others"),
        ("a: D(x, t) = y\nb: y = k*x + sin(y)", "x = 1 @ t = 0", "y"),
        ("a: D(x, k) = x", "x = 1 @ t = 0", "along t, not k"),
        ("a: D(x, t) = D(y, k)", "x = 1 @ t = 0", "1 equation for 2 fields"),
    ],
)
def test_a_flow_that_is_not_well_posed_is_refused(equations: str, initial: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        make_plan(law(STATE, equations, initial), "t k -> x")


def test_planning_a_law_that_can_be_turned_round_loads_no_sympy() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/lowering'); import laws\n"
        "from lawc.lowering.planning import make_plan\n"
        "make_plan(laws.arrhenius(), 'A Ea k -> T')\n"
        "make_plan(laws.absorption(), 't D F ka V CL -> C')\n"
        "make_plan(laws.kepler(), 'M e -> E')\n"
        "print(sorted({'sympy', 'torch', 'mpmath'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_stiff_kinetics_keep_all_their_states() -> None:
    flow = make_plan(robertson(), "t k1 k2 k3 -> y1").flow
    assert flow is not None
    assert [state.symbol for state in flow.states] == ["y1", "y2", "y3"]


@pytest.mark.parametrize("length", [60, 300])
def test_definitions_that_double_each_other_cost_no_more_than_their_number(length: int) -> None:
    """Written out, the last of them has 4^60 operations."""
    symbols = "t [s] 0 .. 1\ny(t) []\n" + "\n".join(f"a{k}(t) []" for k in range(length))
    chain = "".join(
        f"\nd{k}: a{k} := a{k - 1}*a{k - 1}/(a{k - 1} + a{k - 1})" for k in range(1, length)
    )
    heavy = law(
        symbols,
        f"d0: a0 := y + 1{chain}\nrate: D(y, t) = -a{length - 1}*y",
        "y = 1 @ t = 0",
    )
    start = time.process_time()
    plan = make_plan(heavy, "t -> y")
    assert float(reference(plan, {"t": 1.0})["y"]) == pytest.approx(1.0)
    assert closed_form(plan) is None
    assert time.process_time() - start < 10
