"""Equations that depend on each other are solved together, and never for one of several answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import law, read

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law, Validity
from lawc.lowering.plan import Assignment, Bracket, Kind, Root, Together
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference
from lawc.lowering.together import all_solutions, solve_small


def plain(text: str, equations: str, *conditions: str, initial: str = "") -> Law:
    found = law(text, equations, initial)
    return replace(found, validity=tuple(Validity(read(c)) for c in conditions))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_small_linear_systems_are_solved(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.standard_normal((size, size, 7))
    matrix[0, 0] = 0.0 if size > 1 else 1.0
    x = generator.standard_normal((size, 7))
    right = np.einsum("ijm,jm->im", matrix, x)
    assert solve_small(matrix, right) == pytest.approx(x, rel=1e-6, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(0, 10_000))
def test_linear_equations_are_solved_together(count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.integers(-5, 6, (count, count)) + 11 * np.eye(count, dtype=int)
    symbols = [f"b{i} [] 1 .. 2\nx{i} []" for i in range(count)]
    rows = [
        f"e{i}: b{i} = " + " + ".join(f"({matrix[i, j]})*x{j}" for j in range(count))
        for i in range(count)
    ]
    inputs = " ".join(f"b{i}" for i in range(count))
    outputs = " ".join(f"x{i}" for i in range(count))
    plan = make_plan(law("\n".join(symbols), "\n".join(rows)), f"{inputs} -> {outputs}")
    right = generator.uniform(1, 2, (count, 4))
    found = reference(plan, {f"b{i}": right[i] for i in range(count)})
    answer = np.stack([found[f"x{i}"] for i in range(count)])
    np.testing.assert_allclose(answer, np.linalg.solve(matrix, right), rtol=1e-9, atol=1e-12)


CIRCUIT = """U [] 1 .. 10
    R1 [] 1 .. 10
    R2 [] 1 .. 10
    R3 [] 1 .. 10
    I1 [] 0 .. 10
    I2 [] 0 .. 10
    I3 [] 0 .. 10"""
MESHES = "node: I1 = I2 + I3\nleft: U = R1*I1 + R2*I2\nright: R2*I2 = R3*I3"


@pytest.mark.parametrize(
    "signature",
    ["U R1 R2 R3 -> I1 I2 I3", "I1 I2 R1 R2 -> U R3", "U I1 I2 R2 -> R1 R3 I3", "I3 R1 R2 R3 -> U"],
)
def test_a_circuit_is_solved_in_any_direction(signature: str) -> None:
    truth = {"U": 9.0, "R1": 2.0, "R2": 3.0, "R3": 6.0, "I1": 2.25, "I2": 1.5, "I3": 0.75}
    plan = make_plan(law(CIRCUIT, MESHES), signature)
    assert plan.kind is Kind.EXPLICIT
    found = reference(plan, {n: truth[n] for n in plan.signature.inputs})
    assert {n: float(v) for n, v in found.items()} == pytest.approx(
        {n: truth[n] for n in plan.signature.outputs}
    )


def test_a_block_is_reduced_to_one_search() -> None:
    acid = law(
        """c [] 1e-6 .. 1 log
        K [] 1e-9 .. 1e-2 log
        h [] 1e-14 .. 1 log
        a [] 0 .. 1
        ha [] 0 .. 1
        oh [] 0 .. 1""",
        "acid: h*a = K*ha\nmass: a + ha = c\nwater: h*oh = 1e-14\ncharge: h = a + oh",
    )
    plan = make_plan(acid, "c K -> h a")
    assert [type(step) for step in plan.before].count(Root) == 1
    generator = np.random.default_rng(0)
    c, k = 10 ** generator.uniform(-6, 0, 200), 10 ** generator.uniform(-9, -2, 200)
    h = reference(plan, {"c": c, "K": k})["h"]
    for row in range(0, 200, 20):
        cubic = [1, k[row], -(k[row] * c[row] + 1e-14), -k[row] * 1e-14]
        expected = [z.real for z in np.roots(cubic) if z.real > 0]
        assert h[row] == pytest.approx(expected[0], rel=1e-6)


COUPLED = "a [] 0.1 .. 0.9\nx [] 0 .. 3\ny [] 0 .. 3"
WAVES = "one: x = a + 0.3*sin(y) + 0.2*sin(x)\ntwo: y = 1 + 0.3*cos(x) + 0.1*sin(y)"


def test_equations_without_any_formula_are_solved_together() -> None:
    plan = make_plan(law(COUPLED, WAVES), "a -> x y")
    (step,) = plan.before
    assert isinstance(step, Together)
    assert step.quantities == ("x", "y")
    assert plan.kind is Kind.IMPLICIT
    a = np.linspace(0.1, 0.9, 50)
    found = reference(plan, {"a": a})
    x, y = found["x"], found["y"]
    np.testing.assert_allclose(x, a + 0.3 * np.sin(y) + 0.2 * np.sin(x), rtol=1e-12)
    np.testing.assert_allclose(y, 1 + 0.3 * np.cos(x) + 0.1 * np.sin(y), rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_all_four_meetings_of_two_curves_are_found(a: float, b: float, c: float, d: float) -> None:
    xs, ys = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    if xs[1] - xs[0] < 0.05 or ys[1] - ys[0] < 0.05:
        return
    brackets = (Bracket("x", -3.0, 3.0, False), Bracket("y", -3.0, 3.0, False))
    text = (f"x^2 - ({xs[0] + xs[1]})*x + ({xs[0] * xs[1]})", "y^2 - p*y + q")
    step = Together(brackets, tuple(map(read, text)))
    columns = {"p": np.array([ys[0] + ys[1]]), "q": np.array([ys[0] * ys[1]])}
    found = all_solutions(step, columns, {}, 1).values
    assert len(found) == 4
    for pair in ((x, y) for x in xs for y in ys):
        assert np.abs(found - pair).max(axis=1).min() <= 1e-6


PAIR = "s [] 3 .. 6\np [] 1 .. 2\nx [] 0 .. 10\ny [] 0 .. 10"
SUM = "sum: x + y = s\nproduct: x*y = p"


def test_two_solutions_are_refused_by_name() -> None:
    with pytest.raises(CompileError, match=r"two values of \w inside its range satisfy `product`"):
        make_plan(law(PAIR, SUM), "s p -> x y")


def test_a_condition_under_valid_declares_the_branch() -> None:
    plan = make_plan(plain(PAIR, SUM, "x > y"), "s p -> x y")
    found = reference(plan, {"s": 3.0, "p": 2.0})
    assert (float(found["x"]), float(found["y"])) == pytest.approx((2.0, 1.0))


def test_a_range_declares_the_branch() -> None:
    narrow = PAIR.replace("x [] 0 .. 10", "x [] 0 .. 1.2")
    plan = make_plan(law(narrow, SUM), "s p -> x y")
    assert float(reference(plan, {"s": 3.0, "p": 2.0})["x"]) == pytest.approx(1.0)


def test_two_searched_solutions_are_refused_by_name() -> None:
    wide = "a [] 0.1 .. 0.2\nx [] -3 .. 3\ny [] -3 .. 3"
    waves = "one: sin(x) + 0.1*sin(y) = a + x*y/50\ntwo: cos(y) - 0.5 = x/20 + y*sin(x)/30"
    with pytest.raises(CompileError, match=r"solutions of `one` and `two` lie inside the ranges"):
        make_plan(law(wide, waves), "a -> x y")


def test_equations_that_say_the_same_are_refused() -> None:
    with pytest.raises(CompileError, match="a and b do not determine x and y: one of them follows"):
        make_plan(law("k [] 1 .. 2\nx []\ny []", "a: x + y = k\nb: 2*x + 2*y = 3*k"), "k -> x y")


def test_a_search_needs_ranges() -> None:
    with pytest.raises(CompileError, match=r"declare x and y with `low \.\. high`"):
        make_plan(law("a [] 0.1 .. 0.9\nx []\ny []", WAVES), "a -> x y")


def test_accelerations_that_depend_on_each_other_become_rates() -> None:
    # Two carts, joined by a bar that weighs something: its inertia couples their accelerations.
    carts = law(
        "t [s] 0 .. 2\nx(t) [m]\ny(t) [m]\nk [1/s] 0.5 .. 2",
        "one: 2*D(x, t, 2) + D(y, t, 2) = -k^2*x\ntwo: D(x, t, 2) + 3*D(y, t, 2) = -k^2*y",
        "x = 1 @ t = 0\nD(x, t, 1) = 0 @ t = 0\ny = 0 @ t = 0\nD(y, t, 1) = 0 @ t = 0",
    )
    plan = make_plan(carts, "t k -> x y")
    found = reference(plan, {"t": 1.5, "k": 1.3})
    frequencies, modes = np.linalg.eigh(np.linalg.inv(np.array([[2.0, 1.0], [1.0, 3.0]])))
    cosines = np.cos(np.sqrt(frequencies) * 1.3 * 1.5)
    expected = modes @ np.diag(cosines) @ modes.T @ np.array([1.0, 0.0])
    assert [float(found["x"]), float(found["y"])] == pytest.approx(list(expected), rel=1e-8)


def test_steps_of_a_block_stand_in_the_order_of_need() -> None:
    plan = make_plan(plain(PAIR, SUM, "x > y"), "s p -> x y")
    known = {*plan.signature.inputs, *plan.fixed}
    for step in plan.before:
        assert step.reads <= known
        known |= set(step.quantities)
    assert isinstance(plan.before[-1], Assignment)
