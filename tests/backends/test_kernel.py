"""Generated code gives the cost, the slope and the rows of eager torch."""

from __future__ import annotations

import os
import warnings

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from lawc.backends.choosing import choose
from lawc.backends.eager import Eager
from lawc.backends.kernel import Kernel, NoKernelError
from lawc.backends.statement import Block, Channel, Points, Statement
from lawc.forms.network import initial
from lawc.forms.tape import Step, Tape
from lawc.jets.closure import Partial, partial
from lawc.native.compiling import available
from lawc.native.threads import thread_count

pytestmark = pytest.mark.skipif(not available(), reason="no C compiler")


def near(one: Tensor, other: Tensor, tolerance: float) -> bool:
    scale = max(float(other.abs().max()), 1e-3)
    return bool(((one - other).abs() <= tolerance * scale).all())


def same(blocks: list[Block], seed: int = 0, tolerance: float = 1e-12) -> None:
    """Compare generated code with eager torch."""
    eager, kernel = Eager(blocks), Kernel(blocks)
    theta = initial(eager.sizes, seed).to(eager.dtype)
    cost, slope = eager.cost_and_slope(theta)
    found, other = kernel.cost_and_slope(theta)
    assert other.dtype == slope.dtype
    assert found == pytest.approx(cost, rel=tolerance)
    assert near(other, slope, tolerance)
    assert near(kernel.residuals(theta), eager.residuals(theta), tolerance)


def same_jacobian(blocks: list[Block], tolerance: float = 1e-12) -> None:
    """Compare each residual's slope with reverse mode through eager torch."""
    eager, kernel = Eager(blocks), Kernel(blocks)
    theta = initial(eager.sizes, 2).to(eager.dtype).requires_grad_()
    found = eager.residuals(theta)
    rows = [torch.autograd.grad(r, theta, retain_graph=True, materialize_grads=True) for r in found]
    truth = torch.stack([row for (row,) in rows])
    assert near(kernel.jacobian(theta), truth, tolerance)
    cost, matrix, slope = kernel.normal_equations(theta)
    assert cost == pytest.approx(float(found.detach().square().sum()), rel=tolerance)
    assert near(matrix, truth.T @ truth, tolerance)
    assert near(slope, truth.T @ found.detach(), tolerance)


def points(statement: Statement, rows: int, dtype: torch.dtype, weighted: bool = True) -> Points:
    chance = torch.Generator().manual_seed(rows)
    values = torch.rand(rows, len(statement.inputs) + 1, generator=chance, dtype=torch.float64)
    columns = {name: values[:, 0].to(dtype) + 0.5 for name in statement.columns}
    weights = values[:, -1].to(dtype) if weighted else None
    return Points((2 * values[:, :-1] - 1).to(dtype), columns, weights)


def block(statement: Statement, rows: int = 50, dtype: torch.dtype = torch.float64) -> Block:
    weights = tuple(1.0 + k for k in range(len(statement.rows)))
    return Block(statement, points(statement, rows, dtype), weights)


def reading(
    wanted: list[Partial],
    sizes: tuple[int, ...],
    inputs: tuple[str, ...] = ("t", "x"),
    before: Tape | None = None,
) -> Statement:
    """Return a statement with a row of a product, and one of a sum, of what is read."""
    outputs, names = sizes[-1], [f"c{k}" for k in range(len(wanted))]
    channels = {
        name: Channel(1 + k % outputs, one)
        for k, (name, one) in enumerate(zip(names, wanted, strict=True))
    }
    steps = [Step("constant", (), 0.3), Step("multiply", (len(names) - 1, 0))]
    total = len(names) + 1
    count = len(names)
    for k in range(count):
        steps.append(Step("add" if k % 2 else "subtract", (total, k)))
        total = count + len(steps) - 1
    steps.append(Step("multiply", (count, total)))
    last = count + len(steps) - 1
    return Statement(
        sizes,
        inputs,
        channels,
        Tape(tuple(names), tuple(steps), (("p", count + 1), ("s", last))),
        before,
    )


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
def test_every_order_agrees_with_eager_torch(order: int) -> None:
    wanted = [partial(x=order), partial(t=1, x=order - 1), ()]
    same([block(reading(wanted, (2, 9, 10, 1)))])


@pytest.mark.parametrize(
    "sizes", [(2, 3, 1), (2, 16, 24, 3), (2, 33, 20, 20, 20, 1), (2, 64, 64, 5)]
)
def test_widths_that_fill_no_vector_and_several_outputs_agree(sizes: tuple[int, ...]) -> None:
    wanted = [(), partial(x=1), partial(x=2), partial(t=2), partial(t=1)]
    same([block(reading(wanted, sizes), rows=70)])


def test_any_number_of_outputs_is_read_whether_or_not_they_follow_one_another() -> None:
    names = [f"{name}{k}" for k in range(13) for name in ("", "x")]
    wanted = [() if name.isdigit() else partial(x=1) for name in names]
    channels = {
        name: Channel(1 + k // 2, one)
        for k, (name, one) in enumerate(zip(names, wanted, strict=True))
        if k not in (8, 9, 21)
    }
    steps = [Step("multiply", (k, k + 1)) for k in range(len(channels) - 1)]
    rows = tuple((f"r{k}", len(channels) + k) for k in range(len(steps)))
    tape = Tape(tuple(channels), tuple(steps), rows)
    statement = Statement((1, 9, 9, 13), ("x",), channels, tape)
    same([block(statement, rows=50)])
    same([block(statement, rows=50, dtype=torch.float32)], tolerance=3e-5)


def test_float32_agrees_to_its_precision() -> None:
    wanted = [(), partial(x=1), partial(x=2), partial(t=1)]
    same([block(reading(wanted, (2, 20, 20, 2)), dtype=torch.float32)], tolerance=3e-5)


def test_several_blocks_share_their_weights() -> None:
    inside = reading([partial(x=2), partial(t=1), ()], (2, 10, 10, 2))
    side = reading([(), ()], (2, 10, 10, 2))
    same([block(inside, 90), block(side, 7)])


def test_coordinates_that_are_functions_of_inputs_agree() -> None:
    before = Tape(
        ("t", "x"),
        (Step("cos", (1,)), Step("sin", (1,)), Step("constant", (), 2.0), Step("multiply", (0, 4))),
        (("c", 2), ("s", 3), ("t", 5)),
    )
    wanted = [partial(x=4), partial(x=2), partial(t=1, x=1), ()]
    same([block(reading(wanted, (3, 9, 9, 1), before=before))])


@given(
    orders=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)).filter(
            lambda o: sum(o) <= 5
        ),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    widths=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    outputs=st.integers(1, 3),
    rows=st.integers(1, 60),
)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_any_statement_agrees_with_eager_torch(
    orders: list[tuple[int, int, int]], widths: list[int], outputs: int, rows: int
) -> None:
    wanted = [partial(t=t, x=x, y=y) for t, x, y in orders]
    statement = reading(wanted, (3, *widths, outputs), ("t", "x", "y"))
    same([block(statement, rows)], seed=rows)


FUNCTIONS = ["exp", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "erf", "square", "abs"]


def test_a_law_of_many_functions_agrees() -> None:
    # A row for each function of 0.3·u + f, and one of roots and logarithms that chooses.
    names = ("u", "u_x", "f")
    steps = [
        Step("constant", (), 0.3),
        Step("multiply", (0, 3)),
        Step("add", (4, 2)),
        *(Step(name, (5,)) for name in FUNCTIONS),
    ]
    first = 3 + len(steps)
    steps += [
        Step("square", (0,)),
        Step("add", (first, 2)),
        Step("ln", (first + 1,)),
        Step("sqrt", (first + 1,)),
        Step("divide", (first + 2, first + 3)),
        Step("power", (first + 1, 2)),
        Step("less", (0, 1)),
        Step("where", (first + 6, first + 4, first + 5)),
        Step("max", (0, 1)),
        Step("multiply", (first + 8, first + 7)),
    ]
    rows = tuple((name, 6 + k) for k, name in enumerate(FUNCTIONS))
    tape = Tape(names, tuple(steps), (*rows, ("chosen", first + 9)))
    channels = {"u": Channel(1, ()), "u_x": Channel(1, partial(x=1))}
    same([block(Statement((1, 7, 1), ("x",), channels, tape))], tolerance=1e-11)


@pytest.mark.parametrize("sizes", [(2, 3, 1), (2, 9, 10, 2), (2, 20, 8, 20, 3)])
def test_the_jacobian_holds_the_slope_of_each_row_at_each_point(sizes: tuple[int, ...]) -> None:
    wanted = [(), partial(x=2), partial(t=1)]
    same_jacobian([block(reading(wanted, sizes), 55), block(reading([(), ()], sizes), 3)])


def test_the_jacobian_of_many_points_is_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lawc.backends.kernel.MOST_ROWS", 60)
    monkeypatch.setattr("lawc.backends.kernel.FEWEST_TILES", 1)
    same_jacobian([block(reading([partial(x=2), ()], (2, 6, 6, 1)), 130)])


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = Kernel([block(reading([partial(x=2), (), partial(t=1)], (2, 10, 10, 1)), 2000)])
    theta = initial(objective.sizes, 1)
    found = []
    for count in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
        found.append(objective.cost_and_slope(theta))
    assert found[0][0] == found[1][0]
    assert torch.equal(found[0][1], found[1][1])


def test_working_memory_does_not_grow_with_the_number_of_points() -> None:
    statement = reading([partial(x=2), (), partial(t=1)], (2, 10, 10, 1))
    sizes = []
    for rows in (3000, 12_000):
        objective = Kernel([block(statement, rows)])
        objective.cost_and_slope(initial(statement.sizes, 1))
        (part,) = objective._parts
        areas = [area.nbytes for area in part.work.free]
        assert 1 <= len(areas) <= thread_count()
        sizes.append((areas[0], part.slopes.nbytes + part.packed.nbytes))
    assert sizes[0] == sizes[1]
    assert sum(sizes[0]) < 1 << 20


def test_the_same_points_in_another_order_give_the_same_cost() -> None:
    statement = reading([partial(x=2), (), partial(t=1)], (2, 10, 10, 1))
    one = points(statement, 100, torch.float64, weighted=False)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    theta = initial(statement.sizes, 1)
    cost, slope = Kernel([Block(statement, one)]).cost_and_slope(theta)
    other, moved = Kernel([Block(statement, Points(one.values[order]))]).cost_and_slope(theta)
    assert other == pytest.approx(cost, rel=1e-13)
    assert near(moved, slope, 1e-12)


def test_without_a_compiler_eager_torch_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = reading([partial(x=1), ()], (2, 5, 1))
    monkeypatch.setattr("lawc.backends.kernel.shared_library", lambda *_: None)
    monkeypatch.setattr("lawc.backends.kernel._compiled", _uncached)
    assert choose([block(statement)]).backend == "eager"
    with pytest.raises(NoKernelError, match="no compiler"):
        choose([block(statement)], "kernel")


def _uncached(source: str) -> None:
    return None


def test_a_step_without_a_derivative_is_left_to_eager_torch() -> None:
    tape = Tape(("u",), (Step("elliptic_k", (0,)),), (("row", 1),))
    statement = Statement((1, 4, 1), ("x",), {"u": Channel(1, ())}, tape)
    assert choose([block(statement)]).backend == "eager"


def test_where_there_is_a_compiler_its_code_is_built_and_chosen() -> None:
    wanted: list[list[Partial]] = [[()], [partial(x=1), ()], [partial(t=1, x=2)], [partial(x=4)]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for some in wanted:
            for dtype in (torch.float32, torch.float64):
                made = block(reading(some, (2, 6, 5, 1)), 20, dtype)
                assert choose([made]).backend == "kernel"


def test_a_backend_has_a_name() -> None:
    statement = reading([partial(x=1), ()], (2, 5, 1))
    assert choose([block(statement)]).backend == "kernel"
    assert choose([block(statement)], "eager").backend == "eager"
    with pytest.raises(ValueError, match=r"expected a backend of eager, .*kernel, got 'other'"):
        choose([block(statement)], "other")
