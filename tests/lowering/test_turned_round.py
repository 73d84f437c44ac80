"""What an equation gives back satisfies it in every row, or there is no answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from written import compiled

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.lowering.program import Program

FORMS: dict[str, tuple[str, Callable[[float], float]]] = {
    "sqrt(x)": ("0 .. 9", math.sqrt),
    "abs(x)": ("0 .. 9", abs),
    "x^2": ("0 .. 9", lambda x: x * x),
    "exp(x)": ("-3 .. 2", math.exp),
    "ln(x)": ("0.1 .. 9", math.log),
    "arcsin(x)": ("-1 .. 1", math.asin),
    "arccos(x)": ("-1 .. 1", math.acos),
    "arctan(x)": ("-9 .. 9", math.atan),
    "tanh(x)": ("-1000 .. 1000", math.tanh),
    "cosh(x)": ("0 .. 9", math.cosh),
    "cos(exp(-abs(x)))": ("0 .. 1000", lambda x: math.cos(math.exp(-abs(x)))),
    "exp(-x^2)": ("0 .. 1000", lambda x: math.exp(-x * x)),
    "sqrt(abs(x) - 1)": ("1 .. 9", lambda x: math.sqrt(abs(x) - 1)),
    "x + sqrt(x)": ("0 .. 9", lambda x: x + math.sqrt(x)),
    "max(x, 0)": ("-5 .. 5", lambda x: max(x, 0.0)),
    "max(x^3, 1) - 2": ("-5 .. 5", lambda x: max(x**3, 1.0) - 2),
    "if x < 1 then x else 3": ("0.01 .. 5", lambda x: x if x < 1 else 3.0),
    "ln(if x < 1 then x else 3)": ("0.01 .. 5", lambda x: math.log(x if x < 1 else 3.0)),
    "x*sign(x - 1)": ("0 .. 4", lambda x: x * ((x > 1) - (x < 1))),
}


def text(formula: str, reach: str) -> str:
    return f"""\
law turned@1.0.0
  title   "A function of a cause"
  status  draft

  symbols
    x : cause  [1]  {reach}
    y : effect [1]  -4 .. 4

  equations
    effect: y = {formula}
"""


@cache
def turned(formula: str) -> Program:
    return compiled(text(formula, FORMS[formula][0]), "y -> x")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.one_of(st.floats(-4.0, 4.0), st.sampled_from([-1.0, 0.0, 1.0])), min_size=1),
)
@example("cos(exp(-abs(x)))", [1.0])
@example("ln(if x < 1 then x else 3)", [1e-6])
@example("ln(x)", [800.0])
@example("max(x, 0)", [-1.0])
def test_what_is_answered_satisfies_the_law_and_all_else_is_no_number(
    formula: str, effects: list[float]
) -> None:
    """Also a row that nobody would look at among many, and the end of a saturation."""
    rows = np.array([*[0.5] * 200, *effects, *[0.5] * 200])
    found = turned(formula).reference({"y": rows}, strict=False)["x"]
    for effect, cause in zip(rows, found, strict=True):
        if not np.isnan(cause):
            again = FORMS[formula][1](float(cause))
            assert again == pytest.approx(effect, rel=1e-6, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(-4.0, -1e-6), st.integers(0, 99))
def test_a_row_without_an_answer_is_refused_by_the_equation_it_misses(
    effect: float, place: int
) -> None:
    rows = np.full(100, 2.0)
    rows[place] = effect
    with pytest.raises(DomainError, match=r"1 of 100 rows.*no value of x satisfies"):
        turned("sqrt(x)").reference({"y": rows})
    with pytest.raises(DomainError, match="x has no single value"):
        turned("sqrt(x)").answers({"y": torch.from_numpy(rows)})


@pytest.mark.parametrize("formula", ["cos(x)", "cos(x)*(2 + x)", "sin(x)*(2 + x)"])
def test_a_root_that_no_number_is_exactly_is_answered(formula: str) -> None:
    """All terms vanish there, and what is left of them is rounding."""
    reach = "1 .. 2" if "cos" in formula else "2 .. 4"
    found = compiled(text(formula, reach), "y -> x").reference({"y": np.zeros(1)})["x"]
    assert found == pytest.approx([math.pi / 2 if "cos" in formula else math.pi], rel=1e-15)


def test_a_level_that_is_reached_by_a_jump_or_a_bend_has_no_single_cause() -> None:
    for formula, level in {"max(x, 0)": 0.0, "max(x^3, 1) - 2": -1.0}.items():
        with pytest.raises(DomainError, match="more values of x"):
            turned(formula).reference({"y": np.array([level])})
    with pytest.raises(DomainError, match="more values of x"):
        turned("if x < 1 then x else 3").reference({"y": np.array([3.0])})


def test_pieces_are_searched_in_a_range_and_need_one() -> None:
    half_open = text("max(x, 0)", "").replace("[1]  \n", "[1]\n")
    with pytest.raises(CompileError, match="no range is declared in which to search"):
        compiled(half_open, "y -> x")
