"""Tapes on tensors: every operation agrees with its definition, in value and in gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st

from lawc.forms.special import elliptic_k, exprel, lambert_w, lambert_w_exp
from lawc.forms.tape import OPERATIONS, Step, Tape
from lawc.forms.torch_table import TABLE, evaluate


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


SMOOTH = Tape(
    ("x", "y"),
    (
        Step("constant", (), 2.0),
        Step("power", (0, 2)),
        Step("multiply", (3, 1)),
        Step("exprel", (4,)),
        Step("lambert_w_exp", (5,)),
        Step("constant", (), 0.25),
        Step("max", (6, 7)),
        Step("less", (0, 2)),
        Step("where", (9, 8, 7)),
    ),
    (("z", 10), ("c", 7)),
)


def test_every_operation_has_a_function() -> None:
    assert TABLE.keys() == OPERATIONS.keys()


@given(st.floats(-30, 0.999999))
def test_elliptic_k_agrees_with_scipy(m: float) -> None:
    assert elliptic_k(tensor(m)).item() == pytest.approx(scipy.special.ellipk(m), rel=1e-14)


@given(st.floats(-0.3678, 1e6))
def test_lambert_w_agrees_with_scipy(x: float) -> None:
    expected = scipy.special.lambertw(x).real
    assert lambert_w(tensor(x)).item() == pytest.approx(expected, rel=1e-10, abs=1e-300)


@given(st.floats(-700, 1e8))
def test_lambert_w_of_an_exponential_solves_its_equation(z: float) -> None:
    w = lambert_w_exp(tensor(z)).item()
    assert w + math.log(w) == pytest.approx(z, rel=1e-14, abs=1e-14)


@given(st.floats(-300, 300))
def test_exprel_agrees_with_scipy(z: float) -> None:
    assert exprel(tensor(z)).item() == pytest.approx(scipy.special.exprel(z), rel=1e-14)


def test_lambert_w_exp_neither_overflows_nor_loses_gradients_at_the_ends() -> None:
    z = tensor(-1e4, -800.0, 0.0, 1.0, 800.0, 1e12).requires_grad_()
    w = lambert_w_exp(z)
    w.sum().backward()
    assert z.grad is not None
    assert torch.isfinite(w).all() and torch.isfinite(z.grad).all()
    assert torch.allclose(z.grad, (w / (1 + w)).detach(), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("function", "points"),
    [
        (elliptic_k, (-2.0, 0.0, 0.3, 0.95)),
        (lambert_w, (-0.3, -0.1, 0.0, 1.0, 50.0)),
        (lambert_w_exp, (-20.0, 0.0, 1.0, 40.0)),
        (exprel, (-3.0, -1e-9, 0.0, 1e-5, 0.499, 0.501, 3.0)),
    ],
)
def test_special_functions_have_first_and_second_derivatives(function, points) -> None:
    x = tensor(*points).requires_grad_()
    assert torch.autograd.gradcheck(function, x, atol=1e-6)
    assert torch.autograd.gradgradcheck(function, x, atol=1e-5)


def test_exprel_has_its_taylor_derivatives_at_zero() -> None:
    z = tensor(0.0).requires_grad_()
    (first,) = torch.autograd.grad(exprel(z), z, create_graph=True)
    (second,) = torch.autograd.grad(first, z)
    assert first.item() == pytest.approx(0.5) and second.item() == pytest.approx(1 / 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_outputs_take_dtype_and_shape_of_the_inputs_even_where_constant(dtype, shape) -> None:
    x, y = torch.rand(shape, dtype=dtype), torch.rand(shape, dtype=dtype)
    answer = evaluate(SMOOTH, {"x": x, "y": y})
    assert {key: (v.dtype, v.shape) for key, v in answer.items()} == {
        "z": (dtype, torch.Size(shape)),
        "c": (dtype, torch.Size(shape)),
    }


def test_vmap_compile_and_export_agree_with_the_eager_tape() -> None:
    class Module(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return evaluate(SMOOTH, {"x": x, "y": y})["z"]

    x = torch.linspace(0.1, 3, 7, dtype=torch.float64)
    y = torch.linspace(-1, 2, 7, dtype=torch.float64)
    eager = Module()(x, y)
    assert torch.equal(torch.func.vmap(Module())(x, y), eager)
    assert torch.equal(torch.export.export(Module(), (x, y)).module()(x, y), eager)
    compiled = torch.compile(Module(), backend="eager", fullgraph=True)
    assert torch.equal(compiled(x, y), eager)


def test_arithmetic_of_constants_follows_ieee() -> None:
    tape = Tape(
        (),
        (
            Step("constant", (), 1.0),
            Step("constant", (), 0.0),
            Step("divide", (0, 1)),
            Step("constant", (), -8.0),
            Step("constant", (), 0.5),
            Step("power", (3, 4)),
            Step("min", (0, 3)),
            Step("less", (0, 1)),
            Step("not", (7,)),
            Step("where", (8, 0, 1)),
        ),
        (("infinity", 2), ("nan", 5), ("least", 6), ("chosen", 9)),
    )
    answer = {name: float(value) for name, value in evaluate(tape, {}).items()}
    assert answer["infinity"] == math.inf and math.isnan(answer["nan"])
    assert (answer["least"], answer["chosen"]) == (-8.0, 1.0)


REFERENCE = {
    "ln": np.log, "log10": np.log10, "log2": np.log2, "exp": np.exp, "sqrt": np.sqrt,
    "abs": np.abs, "sign": np.sign, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "tanh": np.tanh, "erf": scipy.special.erf, "expm1": np.expm1,
    "square": np.square, "negative": np.negative,
}  # fmt: skip


@pytest.mark.parametrize("operation", REFERENCE)
@given(x=st.floats(0.01, 0.99))
def test_elementary_operations_agree_with_numpy(operation: str, x: float) -> None:
    tape = Tape(("x",), (Step(operation, (0,)),), (("y", 1),))
    answer = evaluate(tape, {"x": tensor(x)})["y"].item()
    assert answer == pytest.approx(float(REFERENCE[operation](x)), rel=1e-14)


@pytest.mark.parametrize("operation", sorted(REFERENCE.keys() - {"ln", "log10", "log2", "sqrt"}))
@given(x=st.floats(-0.99, -0.01))
def test_what_negative_numbers_have_agrees_with_numpy(operation: str, x: float) -> None:
    tape = Tape(("x",), (Step(operation, (0,)),), (("y", 1),))
    answer = evaluate(tape, {"x": tensor(x)})["y"].item()
    assert answer == pytest.approx(float(REFERENCE[operation](x)), rel=1e-14)


OF_TWO = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "power": np.power, "min": np.minimum, "max": np.maximum, "less": np.less,
    "less_equal": np.less_equal, "equal": np.equal,
}  # fmt: skip
signed = st.sampled_from([-2.5, -1.0, 0.0, 0.5, 1.0, 3.0]) | st.floats(-4, 4)


@pytest.mark.parametrize("operation", OF_TWO)
@given(x=signed, y=signed)
def test_operations_of_two_agree_with_numpy_for_tensors_and_numbers(
    operation: str, x: float, y: float
) -> None:
    with np.errstate(all="ignore"):
        truth = float(OF_TWO[operation](np.float64(x), np.float64(y)))
    for left in (tensor(x), x):
        for right in (tensor(y), y):
            found = float(TABLE[operation](left, right))
            assert found == pytest.approx(truth, rel=1e-15, abs=5e-324, nan_ok=True)


@given(st.booleans(), st.booleans())
def test_truths_are_joined_and_chosen_by(one: bool, other: bool) -> None:
    for p in (torch.tensor([one]), one):
        for q in (torch.tensor([other]), other):
            assert bool(TABLE["and"](p, q)) is (one and other)
            assert bool(TABLE["or"](p, q)) is (one or other)
        assert bool(TABLE["not"](p)) is (not one)
        for then in (tensor(2.0), 2.0):
            for otherwise in (tensor(3.0), 3.0):
                assert float(TABLE["where"](p, then, otherwise)) == (2.0 if one else 3.0)
