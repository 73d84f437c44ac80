"""Memory that tiles use again holds nothing over: every answer is that of new memory."""

from __future__ import annotations

import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_eager import BURGERS, PERIODIC
from torch import Tensor

from lawc.backends.eager import Eager
from lawc.backends.passes import cost_and_slope
from lawc.backends.propagation import FEWEST, MOST, Plan
from lawc.backends.rooms import Rooms
from lawc.backends.statement import Block, Channel, Points, Statement
from lawc.forms.network import initial
from lawc.forms.tape import Step, Tape
from lawc.jets.closure import partial

# u_x·v - u, and nothing of a coordinate that the network does not see.
HALF_SEEN = Statement(
    (1, 5, 4, 2),
    ("t", "x"),
    {"u_x": Channel(1, partial(x=1)), "u": Channel(1, ()), "v_t": Channel(2, partial(t=1))},
    Tape(
        ("u_x", "u", "v_t"),
        (Step("multiply", (0, 1)), Step("subtract", (2, 3))),
        (("row", 4),),
    ),
    Tape(("t",), (Step("sin", (0,)),), (("s", 1),)),
)
# The network by its Laplacian alone, on no value, over widths that differ.
LAPLACE = Statement(
    (2, 6, 3, 5, 1),
    ("x", "y"),
    {"u_xx": Channel(1, partial(x=2)), "u_yy": Channel(1, partial(y=2))},
    Tape(("u_xx", "u_yy"), (Step("add", (0, 1)),), (("row", 2),)),
)
STATEMENTS = {"burgers": BURGERS, "periodic": PERIODIC, "half": HALF_SEEN, "laplace": LAPLACE}


def block(name: str, rows: int, seed: int, dtype: torch.dtype = torch.float64) -> Block:
    statement = STATEMENTS[name]
    chance = torch.Generator().manual_seed(seed)
    values = torch.rand(rows, len(statement.inputs), generator=chance, dtype=torch.float64)
    columns = {column: values[:, 0].to(dtype) for column in statement.columns}
    return Block(statement, Points(values.to(dtype), columns))


def near(one: Tensor, other: Tensor) -> bool:
    return bool(((one - other).abs() <= 1e-12 * (1 + other.abs().max())).all())


@pytest.mark.parametrize("name", STATEMENTS)
@given(rows=st.integers(1, 40), length=st.integers(1, 16), seeds=st.lists(st.integers(0, 99)))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_tiles_of_any_length_in_one_memory_say_what_new_memory_says(
    name: str, rows: int, length: int, seeds: list[int]
) -> None:
    plan = Plan(block(name, rows, rows))
    rooms = Rooms(plan, plan.tiles(length))
    (whole,) = plan.tiles(rows)
    for seed in [*seeds[:3], 7, 7]:
        theta = initial(plan.statement.sizes, seed)
        cost, slope = rooms.cost_and_slope(theta)
        truth, move = cost_and_slope(plan, theta, whole)
        assert float(cost) == pytest.approx(float(truth), rel=1e-12)
        assert near(slope, move)


def test_an_answer_is_not_written_over_by_the_next_one() -> None:
    plan = Plan(block("burgers", 9, 0))
    rooms = Rooms(plan, plan.tiles(4))
    theta = initial(plan.statement.sizes, 0)
    _, slope = rooms.cost_and_slope(theta)
    kept = slope.clone()
    rooms.cost_and_slope(2 * theta)
    assert torch.equal(slope, kept)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_first_call_without_autograd_leaves_memory_for_later_ones(name: str) -> None:
    objective, other = Eager([block(name, 9, 0)]), Eager([block(name, 9, 0)])
    theta = initial(objective.sizes, 0)
    with torch.inference_mode():
        cost, _ = objective.cost_and_slope(theta)
    again, slope = objective.cost_and_slope(theta)
    assert cost == again == other.cost_and_slope(theta)[0]
    assert torch.equal(slope, other.cost_and_slope(theta)[1])


def test_memory_used_again_leaves_a_graph_of_residuals_as_it_was() -> None:
    objective = Eager([block("burgers", 9, 0)])
    theta = initial(objective.sizes, 0).requires_grad_()
    slopes: list[Tensor] = []
    for between in (False, True):
        cost = objective.residuals(theta).square().sum() / 2
        (slope,) = torch.autograd.grad(cost, theta, create_graph=True)
        if between:
            objective.cost_and_slope(2 * theta)
        slopes += torch.autograd.grad(slope.square().sum(), theta)
    assert torch.equal(*slopes)


def test_threads_wait_for_one_another() -> None:
    plan = Plan(block("periodic", 60, 0))
    rooms = Rooms(plan, plan.tiles(16))
    thetas = [initial(plan.statement.sizes, seed) for seed in range(4)]
    truth = [rooms.cost_and_slope(theta)[1] for theta in thetas]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(20):
            if not torch.equal(rooms.cost_and_slope(thetas[number])[1], truth[number]):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_tile_that_fits_is_a_power_of_two_within_bounds(name: str, dtype: torch.dtype) -> None:
    length = Plan(block(name, 3, 0, dtype)).fitting
    assert FEWEST <= length <= MOST
    assert length & (length - 1) == 0


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_step_of_a_slope_is_needed(name: str) -> None:
    tape = Plan(block(name, 3, 0)).adjoint
    assert tape is not None
    count = len(tape.inputs)
    read = {operand for step in tape.steps for operand in step.operands}
    read |= {register for _, register in tape.outputs}
    assert read >= set(range(count, count + len(tape.steps)))
