"""Channels are as few as a law allows, and tapes keep their meaning when they are rewritten."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lawc.backends.adjoint import with_adjoint
from lawc.backends.collapsing import collapsed
from lawc.backends.operators import algebra
from lawc.backends.proportions import MOST_BITS, proportions
from lawc.backends.statement import Channel, Statement
from lawc.forms.tape import Step, Tape
from lawc.forms.torch_table import evaluate
from lawc.jets.closure import partial


def operator(**terms: float) -> dict[tuple[int, ...], Fraction]:
    """Return an operator in t, x, y from letters: `operator(xx=1, t=-0.5)`."""
    return {
        tuple(word.count(letter) for letter in "txy"): Fraction(value)
        for word, value in terms.items()
    }


@pytest.mark.parametrize(
    ("law", "channels"),
    [
        ([operator(x=1), operator(t=1, xx=-0.01)], 3),
        ([operator(xx=1, yy=1)], 4),
        ([operator(tt=1, xx=-1, yy=-1)], 5),
        ([operator(x=1), operator(t=1, xx=1, xxxx=1)], 5),
        ([operator(xxxx=1, xxyy=2, yyyy=1)], 9),
        ([operator(x=1), operator(y=1), operator(xx=1, yy=1)], 4),
        ([operator(xx=1), operator(yy=1)], 5),
    ],
)
def test_a_law_needs_no_more_channels_than_its_operators_span(
    law: list[dict[tuple[int, ...], Fraction]], channels: int
) -> None:
    assert len(algebra(law, 3)) == channels


def test_nearly_equal_operators_are_carried_as_single_derivatives() -> None:
    law = [operator(xx=1, yy=1), operator(xx=1, yy=1 + 1e-9)]
    found = algebra(law, 3)
    assert max(abs(c) for one in found.basis for c in one.values()) == 1
    one, other = (dict(read) for read in found.reads)
    assert sorted(one.values()) == [1.0, 1.0]
    assert sorted(other.values()) == [1.0, 1.0 + 1e-9]


def test_a_sum_of_a_linear_part_and_a_product_reads_the_linear_part_as_one() -> None:
    channels = {
        "u": Channel(1, ()),
        "u_t": Channel(1, partial(t=1)),
        "u_x": Channel(1, partial(x=1)),
        "u_xx": Channel(1, partial(x=2)),
    }
    steps = (
        Step("multiply", (0, 2)),
        Step("add", (1, 4)),
        Step("constant", (), 0.25),
        Step("multiply", (6, 3)),
        Step("subtract", (5, 7)),
    )
    tape = Tape(tuple(channels), steps, (("row", 8),))
    found = collapsed(Statement((2, 4, 1), ("t", "x"), channels, tape))
    whole = {(1, 0): Fraction(1), (0, 2): Fraction(-1, 4)}
    assert whole in [dict(read.operator) for read in found.reads]
    assert len(found.reads) == 3


def test_multiples_of_a_column_are_that_column() -> None:
    # 4·x(1-x)·u_xx + (x - x²)·(u_yy + u_yy) is a multiple of 2·u_xx + u_yy.
    channels = {"u_xx": Channel(1, partial(x=2)), "u_yy": Channel(1, partial(y=2))}
    steps = (
        Step("constant", (), 1.0),
        Step("subtract", (3, 2)),
        Step("multiply", (2, 4)),
        Step("constant", (), 4.0),
        Step("multiply", (6, 5)),
        Step("multiply", (7, 0)),
        Step("multiply", (4, 2)),
        Step("add", (9, 9)),
        Step("multiply", (10, 1)),
        Step("add", (8, 11)),
    )
    tape = Tape(("u_xx", "u_yy", "x"), steps, (("row", 12),))
    found = collapsed(Statement((2, 4, 1), ("x", "y"), channels, tape))
    assert found.reads[0].operator == (((0, 2), Fraction(1, 2)), ((2, 0), Fraction(1)))
    assert len(found.reads) == len(found.held) == 1


ONE = ["exp", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "erf", "square", "abs"]
ONE += ["negative", "expm1", "sign"]
TWO = ["add", "subtract", "multiply", "min", "max"]
POSITIVE = ["ln", "log10", "log2", "sqrt", "lambert_w"]


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    """Draw a tape of three inputs that has a value everywhere."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 12))):
        here = 3 + len(steps)
        register = st.sampled_from([0, 1, 2, *_numbers(steps)])
        kind = draw(st.sampled_from(["one", "two", "positive", "constant", "power", "where"]))
        a, b = draw(register), draw(register)
        # Bounded first, so that a tower of exponentials stays a number.
        steps.append(Step("tanh", (a,)))
        if kind == "one":
            steps.append(Step(draw(st.sampled_from(ONE)), (here,)))
        elif kind == "two":
            steps.append(Step(draw(st.sampled_from(TWO)), (here, b)))
        elif kind == "constant":
            steps.append(Step("constant", (), draw(st.floats(-2, 2))))
            steps.append(Step(draw(st.sampled_from(["multiply", "add"])), (b, here + 1)))
        elif kind == "where":
            steps.append(Step("abs", (b,)))
            steps.append(Step("where", (_less(steps, here, b), here, here + 1)))
        else:
            steps.append(Step("constant", (), 1.5))
            steps.append(Step("add", (here, here + 1)))
            if kind == "positive":
                steps.append(Step(draw(st.sampled_from(POSITIVE)), (here + 2,)))
            else:
                steps.append(Step(draw(st.sampled_from(["power", "divide"])), (here + 2, here + 1)))
                steps.append(Step("power", (here + 2, here)))
    numbers = _numbers(steps)
    return Tape(("a", "b", "c"), tuple(steps), (("one", numbers[-1]), ("two", numbers[0])))


def _numbers(steps: list[Step]) -> list[int]:
    """Return the registers that hold no truth."""
    return [3 + k for k, step in enumerate(steps) if step.operation != "less"]


def _less(steps: list[Step], one: int, other: int) -> int:
    steps.append(Step("less", (one, other)))
    return 3 + len(steps) - 1


@given(tape=tapes(), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_the_adjoint_of_a_tape_is_what_autograd_finds(tape: Tape, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    given = {
        name: torch.rand(4, generator=chance, dtype=torch.float64).requires_grad_()
        for name in tape.inputs
    }
    found = evaluate(tape, given)
    weights = {name: torch.rand(4, generator=chance, dtype=torch.float64) for name in found}
    total = sum((weights[name] * found[name]).sum() for name in found)
    assert isinstance(total, Tensor)
    leaves = list(given.values())
    truth = (
        torch.autograd.grad(total, leaves, materialize_grads=True) if total.requires_grad else []
    )
    adjoint = with_adjoint(tape, tape.inputs)
    assert adjoint is not None
    values = {name: value.detach() for name, value in given.items()}
    told = evaluate(adjoint, {**values, **{f"bar {name}": w for name, w in weights.items()}})
    for name, one in zip(tape.inputs, truth, strict=bool(truth)):
        assert torch.allclose(told[f"bar {name}"], one, rtol=1e-10, atol=1e-12)


@given(tape=tapes(), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_a_tape_on_operators_gives_the_same_rows(tape: Tape, seed: int) -> None:
    channels = {"a": Channel(1, partial(x=1)), "b": Channel(1, partial(x=2))}
    found = collapsed(Statement((1, 4, 1), ("x",), channels, tape))
    chance = torch.Generator().manual_seed(seed)
    given = {name: torch.rand(4, generator=chance, dtype=torch.float64) for name in tape.inputs}
    columns = {name: value for name, value in given.items() if name == "c"}
    split = Statement((1, 4, 1), ("x",), channels, tape).split
    columns |= evaluate(split.first, {**columns, "network 0": given["c"]})
    by_index: dict[tuple[int, ...], Tensor] = {(1,): given["a"], (2,): given["b"]}
    for k, read in enumerate(found.reads):
        parts = [float(value) * by_index[index] for index, value in read.operator]
        columns[f"operator {k}"] = torch.stack(parts).sum(0)
    told, truth = evaluate(found.tape, columns), evaluate(tape, given)
    for name in truth:
        scale = 1.0 + truth[name].abs()
        assert bool(((told[name].expand(4) - truth[name]).abs() <= 1e-12 * scale).all())


def test_a_tower_of_squares_has_factors_of_bounded_length() -> None:
    # Exactly, the last factor would have 2**60 digits.
    steps = [Step("constant", (), 0.1), Step("multiply", (0, 1))]
    steps += [Step("square", (2 + k,)) for k in range(60)]
    found = proportions(Tape(("x",), tuple(steps), (("row", 62),)))
    assert found["row"][0].denominator.bit_length() <= MOST_BITS


@given(tape=tapes(), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_columns_that_are_found_proportional_are_so(tape: Tape, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    given = {name: torch.rand(4, generator=chance, dtype=torch.float64) for name in tape.inputs}
    numbers = _numbers(list(tape.steps))
    every = Tape(tape.inputs, tape.steps, tuple((str(r), r) for r in numbers))
    values = evaluate(every, given) | given
    kinds: dict[object, Tensor] = {}
    for name, (factor, product) in proportions(every).items():
        one = values[name].double()
        if factor:
            measure = kinds.setdefault(product, one / float(factor))
            assert torch.allclose(one, float(factor) * measure, rtol=1e-11, atol=1e-13)
        else:
            assert float(one.abs().max()) <= 1e-13
