"""What a differential equation needs can be asked back from its states, where they determine it."""

from __future__ import annotations

import numpy as np
import pytest
from laws import law

from lawc.diagnostics.diagnostic import CompileError
from lawc.lowering.program import compile_law

COOLING = law(
    """t [s] 1 .. 60
    T(t) [K] 260 .. 400
    k [1/s] 0.001 .. 0.1 log
    A [K] 250 .. 300
    T0 [K] 310 .. 400""",
    "cooling: D(T, t) = -k*(T - A)",
    "T = T0 @ t = 0",
)
TRUTH = {"t": 20.0, "k": 0.03, "A": 290.0, "T0": 350.0, "T": 290 + 60 * np.exp(-0.6)}


@pytest.mark.parametrize(
    "signature", ["t T A T0 -> k", "k T A T0 -> t", "t k T T0 -> A", "t k A T -> T0"]
)
def test_a_course_with_a_formula_is_asked_back(signature: str) -> None:
    program = compile_law(COOLING, signature)
    found = program.reference({name: np.array([TRUTH[name]]) for name in program.signature.inputs})
    for name in program.signature.outputs:
        assert float(found[name][0]) == pytest.approx(TRUTH[name], rel=1e-9)


def test_what_a_state_does_not_feel_is_not_found_from_it() -> None:
    chain = law(
        "t [s] 1 .. 9\nA(t) [] 0 .. 1\nB(t) [] 0 .. 1\nk [1/s] 0.1 .. 0.4\nm [1/s] 0.5 .. 0.9",
        "first: D(A, t) = -k*A\nsecond: D(B, t) = k*A - m*B",
        "A = 1 @ t = 0\nB = 0 @ t = 0",
    )
    with pytest.raises(CompileError, match="course of A does not depend on m"):
        compile_law(chain, "t k A -> m")
    found = compile_law(chain, "t k B -> m").reference(
        {
            "t": np.array([2.0]),
            "k": np.array([0.2]),
            "B": np.array([0.2 / 0.5 * (np.exp(-0.4) - np.exp(-1.4))]),
        }
    )
    assert float(found["m"][0]) == pytest.approx(0.7, rel=1e-9)


def test_a_wave_does_not_tell_its_rate_from_one_value() -> None:
    spring = law(
        "t [s] 5 .. 9\nx(t) [m] -1 .. 1\nw [1/s] 1 .. 9",
        "spring: D(x, t, 2) = -w^2*x",
        "x = 1 @ t = 0\nD(x, t, 1) = 0 @ t = 0",
    )
    with pytest.raises(CompileError, match=r"values of w inside its range satisfy `course of x`"):
        compile_law(spring, "t x -> w")


def test_a_course_without_a_formula_is_not_asked_back() -> None:
    swing = law(
        "t [s] 0 .. 5\na(t) []\nw [1/s] 1 .. 2",
        "swing: D(a, t, 2) = -w^2*sin(a)*(1 + a^4)",
        "a = 1 @ t = 0\nD(a, t, 1) = 0 @ t = 0",
    )
    with pytest.raises(CompileError, match="w would have to be found from the course of a"):
        compile_law(swing, "t a -> w")
