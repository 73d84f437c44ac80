"""A tape computes what its expressions mean, each common part once."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from laws import read

from lawc.diagnostics.diagnostic import CompileError, ShapeError
from lawc.forms.tape import MAX_STEPS, OPERATIONS, Tape, validate
from lawc.knowledge.expression import (
    FUNCTIONS,
    Binary,
    Call,
    Choice,
    Comparison,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
)
from lawc.lowering.mpmath_table import TABLE as MPMATH_TABLE
from lawc.lowering.numpy_table import TABLE, evaluate
from lawc.lowering.tapes import tape

PLAIN = {
    "exp": np.exp,
    "ln": np.log,
    "sin": np.sin,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "abs": np.abs,
}

leaves = st.one_of(
    st.sampled_from("xyz").map(Symbol),
    st.sampled_from((0, 1, 2, 3, -1, 0.5, 2.5)).map(Number),
)


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    exponents = st.sampled_from((2, 3, -1, -2, 0.5, -0.5, 1, 0)).map(Number)
    test = st.builds(lambda a, b: Comparison(("<",), (a, b)), inner, inner)
    return st.one_of(
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(lambda a, b: Binary("^", a, b), inner, exponents),
        st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(sorted(PLAIN)), inner),
        st.builds(Choice, test, inner, inner),
    )


trees = st.recursive(leaves, grown, max_leaves=16)


def direct(node: Expression, values: dict[str, float]) -> np.ndarray:
    """Evaluate a tree node by node, with nothing shared or folded."""
    value = _direct(node, values)
    # Through an infinity the sign of a zero shows, and a tape knows one zero only.
    assume(not np.isinf(value))
    return value


def _direct(node: Expression, values: dict[str, float]) -> np.ndarray:
    match node:
        case Number(value):
            return np.float64(value)
        case Symbol(name):
            return np.float64(values[name])
        case Negative(of):
            return -direct(of, values)
        case Binary(operator, left, right):
            a, b = direct(left, values), direct(right, values)
            table = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
            return table[operator](a, b) if operator != "^" else np.power(a, b)
        case Call(function, (argument,)):
            return PLAIN[function](direct(argument, values))
        case Choice(Comparison(_, (left, right)), then, otherwise):
            chosen = then if direct(left, values) < direct(right, values) else otherwise
            return direct(chosen, values)
    raise AssertionError(node)


@given(trees, st.tuples(*[st.floats(-3, 3)] * 3))
def test_a_tape_is_worth_what_its_tree_is(tree: Expression, xyz: tuple[float, ...]) -> None:
    values = dict(zip("xyz", xyz, strict=True))
    steps = tape({"value": tree}, tuple("xyz"))
    validate(steps)
    with np.errstate(all="ignore"):
        wanted = direct(tree, values)
    found = evaluate(steps, values)["value"]
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=0, equal_nan=True)


@given(trees)
def test_no_step_is_written_twice(tree: Expression) -> None:
    steps = tape({"once": tree, "twice": Binary("+", tree, tree)}, tuple("xyz")).steps
    assert len(set(steps)) == len(steps)


@given(trees)
def test_a_tape_survives_the_way_through_json(tree: Expression) -> None:
    steps = tape({"value": tree}, tuple("xyz"))
    assert Tape.from_json(steps.to_json()) == steps


def test_a_tree_with_shared_parts_costs_what_its_parts_cost() -> None:
    node: Expression = Symbol("x")
    for _ in range(200):
        node = Binary("*", node, node)
    assert len(tape({"y": node}, ("x",)).steps) == 200


def test_powers_become_their_cheapest_operation() -> None:
    def operations(text: str) -> list[str]:
        return [s.operation for s in tape({"y": read(text)}, ("x",)).steps]

    assert operations("x^2") == ["square"]
    assert operations("x^0.5") == ["sqrt"]
    assert operations("x^1") == []
    assert operations("x^3") == ["constant", "power"]
    assert operations("x^-1") == ["constant", "divide"]


def test_numbers_are_folded() -> None:
    (step,) = tape({"y": read("2*3 + exp(0) - k")}, (), {"k": 4.0}).steps
    assert (step.operation, step.value) == ("constant", 3.0)


def test_a_division_by_zero_is_left_where_it_was_written() -> None:
    assert np.isinf(evaluate(tape({"y": read("1/(k - k)")}, (), {"k": 2.0}), {})["y"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x + y", "nothing gives y"),
        ("D(x, t)", "the derivative of x by t has no value"),
        ("system(x)", "no operation 'system'"),
        ("exp(x, x)", "no operation 'exp' with 2 arguments"),
        ("where(x, x, x)", "no operation 'where'"),
    ],
)
def test_what_has_no_value_is_named(text: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        tape({"value": read(text)}, ("x",))


def test_a_formula_that_is_too_long_is_refused() -> None:
    many = {f"y{k}": Binary("*", Symbol("x"), Number(k + 0.5)) for k in range(MAX_STEPS // 2 + 1)}
    with pytest.raises(CompileError, match=f"more than {MAX_STEPS} steps"):
        tape(many, ("x",))


def test_every_operation_has_a_function_in_each_table() -> None:
    assert set(TABLE) == set(OPERATIONS)
    assert set(MPMATH_TABLE) == set(OPERATIONS)
    assert set(FUNCTIONS) <= set(OPERATIONS)


def test_conditions_chain_and_join() -> None:
    condition = Logic(
        "or",
        (
            read("0 < x <= 1"),
            Logic("not", (read("x < 5"),)),
            Comparison(("!=",), (Symbol("x"),) * 2),
        ),
    )
    x = np.array([-1.0, 0.0, 0.5, 1.0, 3.0, 5.0])
    found = evaluate(tape({"held": condition}, ("x",)), {"x": x})["held"]
    assert found.tolist() == [False, False, True, True, False, True]


def test_columns_of_other_shapes_are_refused_by_name() -> None:
    steps = tape({"s": read("x + y")}, ("x", "y"))
    assert evaluate(steps, {"x": np.ones(3), "y": 2.0})["s"].shape == (3,)
    assert evaluate(steps, {"x": 1.0, "y": 2.0})["s"].shape == ()
    for bad in (np.ones((3, 1)), np.ones(1), np.ones(4)):
        with pytest.raises(ShapeError, match='for "y"'):
            evaluate(steps, {"x": np.ones(3), "y": bad})
    with pytest.raises(ShapeError, match='a column "y"'):
        evaluate(steps, {"x": 1.0})


def test_an_output_that_does_not_vary_fills_its_column() -> None:
    found = evaluate(tape({"one": Number(1)}, ("x",)), {"x": np.zeros(4)})["one"]
    assert found.tolist() == [1.0] * 4


def test_nothing_warns_outside_the_domain_of_an_operation() -> None:
    steps = tape({"y": read("ln(x) + sqrt(x) + 1/x + exp(exp(9 - x))")}, ("x",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(steps, {"x": np.array([-1.0, 0.0, -1e308])})["y"]
    assert not np.isfinite(found).any()


@given(st.floats(-1e-3, 1e-3))
def test_exprel_is_smooth_through_zero(z: float) -> None:
    series = 1 + z / 2 + z**2 / 6 + z**3 / 24 + z**4 / 120
    assert float(TABLE["exprel"](z)) == pytest.approx(series, rel=1e-15)


@given(st.floats(-500, 1e6))
def test_the_logarithmic_form_of_lambert_solves_its_equation(z: float) -> None:
    w = float(TABLE["lambert_w_exp"](z))
    assert w + math.log(w) == pytest.approx(z, rel=1e-13, abs=1e-13)


@given(st.floats(-0.36, 1e6))
def test_lambert_inverts_w_exp_w(x: float) -> None:
    w = float(TABLE["lambert_w"](x))
    assert w * math.exp(w) == pytest.approx(x, rel=1e-12, abs=1e-14)
