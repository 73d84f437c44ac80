"""An objective says how far a network is from its law, and how that changes with the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from lawc.backends.eager import Eager
from lawc.backends.statement import Block, Channel, Objective, Points, Statement, split_tape
from lawc.forms.network import initial, propagate, split
from lawc.forms.tape import Step, Tape, run
from lawc.forms.torch_table import TABLE
from lawc.jets.closure import Partial, partial

# Burgers: u_t + u·u_x - sin(x)²·u_xx - f
BURGERS = Statement(
    (2, 7, 5, 1),
    ("t", "x"),
    {
        "u": Channel(1, ()),
        "u_t": Channel(1, partial(t=1)),
        "u_x": Channel(1, partial(x=1)),
        "u_xx": Channel(1, partial(x=2)),
    },
    Tape(
        ("u", "u_t", "u_x", "u_xx", "x", "f"),
        (
            Step("multiply", (0, 2)),
            Step("add", (1, 6)),
            Step("sin", (4,)),
            Step("square", (8,)),
            Step("multiply", (9, 3)),
            Step("subtract", (7, 10)),
            Step("subtract", (11, 5)),
        ),
        (("momentum", 12),),
    ),
)
# Two outputs on a circle: u_xxyy + v², cos(v) - u_y, and a row without the network.
PERIODIC = Statement(
    (3, 6, 6, 2),
    ("x", "y"),
    {"u_xxyy": Channel(1, partial(x=2, y=2)), "v": Channel(2, ()), "u_y": Channel(1, partial(y=1))},
    Tape(
        ("u_xxyy", "v", "u_y", "y"),
        (
            Step("square", (1,)),
            Step("add", (0, 4)),
            Step("cos", (1,)),
            Step("subtract", (6, 2)),
            Step("square", (3,)),
        ),
        (("one", 5), ("two", 7), ("three", 8)),
    ),
    Tape(
        ("x", "y"),
        (Step("cos", (0,)), Step("sin", (0,))),
        (("c", 2), ("s", 3), ("y", 1)),
    ),
)


def burgers(rows: int = 9, name: str = "interior") -> Block:
    chance = torch.Generator().manual_seed(rows)
    values = torch.rand(rows, 2, generator=chance, dtype=torch.float64)
    weights = torch.rand(rows, generator=chance, dtype=torch.float64)
    return Block(BURGERS, Points(values, {"f": values[:, 0]}, weights), (0.7,), name)


def periodic(rows: int = 6) -> Block:
    chance = torch.Generator().manual_seed(rows)
    values = torch.rand(rows, 2, generator=chance, dtype=torch.float64) * 3
    return Block(PERIODIC, Points(values), (1.0, 2.0, 0.5))


def nested(block: Block, theta: Tensor) -> Tensor:
    """Return weighted rows, shape (rows, n), each derivative by reverse mode of the last."""
    statement, points = block.statement, block.points
    leaves = [column.clone().requires_grad_() for column in points.values.unbind(1)]
    given = dict(zip(statement.inputs, leaves, strict=True))
    seen = leaves
    if statement.before is not None:
        seen = list(run(statement.before, [given[n] for n in statement.before.inputs], TABLE))
    said = propagate(split(theta, statement.sizes), torch.stack(seen, -1))
    channels: dict[str, Tensor] = {}
    for name, (output, wanted) in statement.channels.items():
        channels[name] = derivative(said[:, output - 1], given, wanted)
    values = {**points.columns, **given, **channels}
    found = run(statement.tape, [values[name] for name in statement.tape.inputs], TABLE)
    means = [row.expand(len(points)) / len(points) ** 0.5 for row in found]
    weights = torch.tensor(block.weights, dtype=theta.dtype)[:, None]
    counts = torch.ones(len(points)) if points.weights is None else points.weights
    return torch.stack(means) * (weights * counts).sqrt()


def derivative(found: Tensor, leaves: Mapping[str, Tensor], wanted: Partial) -> Tensor:
    for name, order in wanted:
        for _ in range(order):
            (found,) = torch.autograd.grad(found.sum(), leaves[name], create_graph=True)
    return found


def close(one: Tensor, other: Tensor, tolerance: float = 1e-12) -> bool:
    scale = max(float(other.abs().max()), 1e-3)
    return bool(((one - other).abs() <= tolerance * scale).all())


CASES = [[burgers()], [periodic()], [burgers(9), burgers(4, "start")]]


@pytest.mark.parametrize("blocks", CASES)
def test_cost_slope_and_rows_are_those_of_nested_reverse_mode(blocks: list[Block]) -> None:
    theta = initial(blocks[0].statement.sizes, 3).requires_grad_()
    truth = torch.cat([nested(block, theta).reshape(-1) for block in blocks])
    cost = truth.square().sum()
    (slope,) = torch.autograd.grad(cost, theta)
    objective = Eager(blocks)
    assert close(objective.residuals(theta), truth)
    told, found = objective.cost_and_slope(theta)
    assert told == pytest.approx(float(cost), rel=1e-12)
    assert close(found, slope)


@pytest.mark.parametrize("blocks", CASES)
def test_the_jacobian_holds_the_slope_of_each_residual(blocks: list[Block]) -> None:
    theta = initial(blocks[0].statement.sizes, 4).requires_grad_()
    truth = torch.cat([nested(block, theta).reshape(-1) for block in blocks])
    rows = [torch.autograd.grad(r, theta, retain_graph=True, materialize_grads=True) for r in truth]
    objective = Eager(blocks)
    assert close(objective.jacobian(theta), torch.stack([row for (row,) in rows]))
    cost, matrix, slope = objective.normal_equations(theta)
    told, twice = objective.cost_and_slope(theta)
    assert cost == pytest.approx(told, rel=1e-12)
    assert close(2 * slope, twice)
    assert matrix.shape == (objective.count, objective.count)


def test_what_no_channel_reaches_is_evaluated_once() -> None:
    first, rest = split_tape(BURGERS.tape, frozenset(BURGERS.channels))
    assert [step.operation for step in first.steps] == ["sin", "square"]
    assert {step.operation for step in rest.steps} == {"multiply", "add", "subtract"}


def test_pieces_of_many_points_make_the_same_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    theta = initial(BURGERS.sizes, 5)
    whole = Eager([burgers(20)])
    cost, slope = whole.cost_and_slope(theta)
    monkeypatch.setattr("lawc.backends.eager.PIECE", 7)
    pieces = Eager([burgers(20)])
    assert pieces.cost_and_slope(theta)[0] == pytest.approx(cost, rel=1e-13)
    assert close(pieces.cost_and_slope(theta)[1], slope)
    assert close(pieces.residuals(theta), whole.residuals(theta))
    assert close(pieces.jacobian(theta), whole.jacobian(theta))


def test_rows_come_without_their_weights_by_name() -> None:
    block = periodic()
    theta = initial(PERIODIC.sizes, 1)
    plain = nested(replace(block, weights=(1.0, 1.0, 1.0)), theta) * len(block.points) ** 0.5
    found = Eager([block]).by_row(theta)
    assert list(found) == [("interior", row) for row in ("one", "two", "three")]
    assert close(torch.stack(list(found.values())), plain)


def test_residuals_can_be_differentiated_again_and_batched_over_weights() -> None:
    objective = Eager([burgers()])
    theta = torch.stack([initial(BURGERS.sizes, seed) for seed in (1, 2)])
    many = torch.func.vmap(objective.residuals)(theta)
    assert close(many, torch.stack([objective.residuals(one) for one in theta]))
    curved = torch.func.hessian(lambda t: objective.residuals(t).square().sum())(theta[0])
    assert close(curved, curved.T)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": ("t", "t")}, "different names"),
        ({"sizes": (3, 4, 1)}, "expected 3 coordinates, got 2"),
        ({"channels": {"u": Channel(2, ())}}, "output 2 of 1"),
        ({"channels": {"u": Channel(1, partial(y=1))}}, "by 'y', no input"),
        ({"channels": {"x": Channel(1, ())}}, "an input and a channel"),
    ],
)
def test_a_statement_that_does_not_fit_is_refused(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(BURGERS, **change)


def test_points_and_weights_that_do_not_fit_are_refused() -> None:
    values = torch.zeros(4, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="reads 'f', which nothing gives"):
        Block(BURGERS, Points(values))
    with pytest.raises(ValueError, match=r"expected shape \(4,\), got \(3,\) for f"):
        Points(values, {"f": torch.zeros(3)})
    objective: Objective = Eager([burgers()])
    with pytest.raises(ValueError, match="expected theta of"):
        objective.residuals(torch.zeros(objective.count))


@pytest.mark.parametrize("read", ["x", None])
def test_rows_that_read_nothing_of_the_network_do_not_move(read: str | None) -> None:
    tape = Tape((), (Step("constant", (), 0.25),), (("row", 0),))
    if read:
        tape = Tape((read,), (Step("square", (0,)),), (("row", 1),))
    values = torch.rand(3, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    objective = Eager([Block(Statement((1, 3, 1), ("x",), {}, tape), Points(values))])
    theta = initial(objective.sizes, 1)
    cost, slope = objective.cost_and_slope(theta)
    truth = values[:, 0].square() if read else torch.full((3,), 0.25, dtype=torch.float64)
    assert cost == pytest.approx(float(truth.square().mean()))
    found = objective.residuals(theta)
    assert found.shape == (3,)
    assert close(found, truth / 3**0.5)
    assert objective.normal_equations(theta)[0] == pytest.approx(cost)
    assert not slope.any()
    assert not objective.jacobian(theta).any()


@pytest.mark.parametrize("last", ["elliptic_k", "cos"])
def test_a_network_without_a_hidden_layer_says_the_same(last: str) -> None:
    # Its slope by x is one number for all points, also where autograd goes through the tape.
    tape = Tape(("u_x",), (Step("tanh", (0,)), Step(last, (1,))), (("row", 2),))
    statement = Statement((1, 2), ("x",), {"u_x": Channel(1, partial(x=1))}, tape)
    values = torch.linspace(0, 1, 4, dtype=torch.float64)[:, None]
    objective = Eager([Block(statement, Points(values))])
    theta = initial(objective.sizes, 1).requires_grad_()
    cost = objective.residuals(theta).square().sum()
    (truth,) = torch.autograd.grad(cost, theta)
    found, slope = objective.cost_and_slope(theta.detach())
    assert found == pytest.approx(float(cost.detach()), rel=1e-12)
    assert close(slope, truth)
