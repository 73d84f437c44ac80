"""What torch compiles says what eager torch says."""

from __future__ import annotations

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from lawc.backends import compiled
from lawc.backends.choosing import choose
from lawc.backends.compiled import Compiled, NoCompilationError, tile_length
from lawc.backends.eager import Eager
from lawc.backends.hyperbolic import hyperbolic
from lawc.backends.statement import Block, Channel, Points, Statement
from lawc.forms.network import initial
from lawc.forms.tape import Step, Tape
from lawc.jets.closure import partial
from lawc.native.compiling import available

needs_compiler = pytest.mark.skipif(not available(), reason="no C compiler")


def law(number: float) -> Statement:
    """Return u_t + u·u_x - number·u_xx on a small network."""
    channels = {
        "u": Channel(1, ()),
        "u_t": Channel(1, partial(t=1)),
        "u_x": Channel(1, partial(x=1)),
        "u_xx": Channel(1, partial(x=2)),
    }
    steps = (
        Step("multiply", (0, 2)),
        Step("add", (1, 4)),
        Step("constant", (), number),
        Step("multiply", (3, 6)),
        Step("subtract", (5, 7)),
    )
    return Statement(
        (2, 6, 6, 1), ("t", "x"), channels, Tape(tuple(channels), steps, (("row", 8),))
    )


def block(statement: Statement, rows: int) -> Block:
    chance = torch.Generator().manual_seed(rows)
    return Block(statement, Points(torch.rand(rows, 2, generator=chance, dtype=torch.float64)))


def near(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool(((one - other).abs() <= 1e-12 * float(other.abs().max())).all())


@needs_compiler
def test_compiled_cost_and_slope_are_those_of_eager_torch_for_any_number_of_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(compiled.LONGEST, "cpu", 32)
    graphs: dict[object, object] = {}
    monkeypatch.setattr(compiled, "_graphs", graphs)
    statement = law(0.01)
    theta = initial(statement.sizes, 0)
    for rows in (1, 31, 32, 33, 100):
        blocks = [block(statement, rows), block(statement, 2 * rows)]
        one, other = Eager(blocks), Compiled(blocks)
        cost, slope = one.cost_and_slope(theta)
        found, moved = other.cost_and_slope(theta)
        assert found == pytest.approx(cost, rel=1e-12)
        assert near(moved, slope)
        assert torch.equal(other.residuals(theta), one.residuals(theta))
    assert len(graphs) == 1


def test_many_laws_are_traced_to_as_many_code_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    # torch keeps eight versions of one code object; the ninth law must not meet that limit.
    made = []
    monkeypatch.setattr(compiled, "_graphs", {})
    monkeypatch.setattr(compiled, "_made_fast", lambda graph, device: made.append(graph) or graph)
    for number in range(1, 11):
        objective = Compiled([block(law(number / 7), 5)])
        objective.cost_and_slope(initial(objective.sizes, 0))
        objective.with_blocks([block(law(number / 7), 6)]).cost_and_slope(
            initial(objective.sizes, 1)
        )
    assert len(made) == 10
    assert len({type(graph).forward.__code__ for graph in made}) == 10


def test_without_a_compiler_the_message_says_what_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: object) -> object:
        raise InvalidCxxCompiler

    monkeypatch.setattr(compiled, "_graphs", {})
    monkeypatch.setattr(compiled, "_made_fast", lambda graph, device: none)
    objective = choose([block(law(0.5), 5)], "compiled")
    with pytest.raises(NoCompilationError, match="the backend eager needs no compiler"):
        objective.cost_and_slope(initial(objective.sizes, 0))


@pytest.mark.parametrize(("points", "length"), [(1, 32), (33, 64), (512, 512), (10_000, 1024)])
def test_tiles_are_a_power_of_two_and_bounded(points: int, length: int) -> None:
    assert tile_length(points, "cpu") == length


def test_tiles_are_no_longer_than_what_fits() -> None:
    assert tile_length(10_000, "cpu", 256) == 256
    assert tile_length(40, "cpu", 256) == 64


@needs_compiler
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_tanh_of_compiled_loops_is_right_in_nearly_all_places(dtype: torch.dtype) -> None:
    chance = torch.Generator().manual_seed(2)
    size = 10.0 ** (torch.rand(20_000, generator=chance, dtype=torch.float64) * 12 - 9)
    odd = [0.0, torch.inf, 1e30, torch.nan]
    x = torch.cat([size, -size, torch.tensor(odd), -torch.tensor(odd)]).to(dtype)
    # Compiled, since compilers change what is written.
    found = torch.compile(hyperbolic)(x)
    exact = torch.tanh(x.double())
    apart = (found.double() - exact).abs()[: 2 * len(size)] / exact.abs()[: 2 * len(size)]
    assert float(apart.max()) <= 5 * torch.finfo(dtype).eps
    assert torch.equal(found[-8:-5].double(), torch.tensor([0.0, 1.0, 1.0]).double())
    assert torch.equal(found[-4:-1].double(), torch.tensor([0.0, -1.0, -1.0]).double())
    assert found[-8:].signbit()[[0, 4]].tolist() == [False, True]
    assert found[[-5, -1]].isnan().all()
