"""What a backend says of a law depends on neither the batch, the order of rows nor the dtype."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lawc.backends import compiled
from lawc.backends.choosing import BACKENDS
from lawc.backends.statement import Block, Objective, Points, Statement
from lawc.forms.network import initial
from lawc.native.compiling import available


def _laws() -> dict[str, Callable[..., Statement]]:
    path = Path(__file__).parents[2] / "benchmarks" / "residual_laws.py"
    specification = importlib.util.spec_from_file_location("residual_laws", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return {name: make((8, 8)) for name, make in module.LAWS.items()}


LAWS: dict[str, Any] = _laws()
"""Small networks: what is compiled is the law, whatever the widths."""
WEIGHTS = (2.0, 0.5, 1.0, 3.0, 0.25)

every_law = pytest.mark.parametrize("law", LAWS)
every_backend = pytest.mark.parametrize("backend", sorted(BACKENDS))
seeds = st.integers(0, 2**20)


@pytest.fixture(autouse=True)
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    # The traced operations as they are: compilers of all laws would take minutes, and two laws are
    # really compiled in the tests of that backend.
    monkeypatch.setattr(compiled, "_made_fast", lambda graph, device: graph)
    monkeypatch.setattr(compiled, "_graphs", GRAPHS)
    monkeypatch.setitem(compiled.LONGEST, "cpu", 32)


GRAPHS: dict[object, Any] = {}


def block(law: str, rows: int, seed: int, dtype: torch.dtype = torch.float64) -> Block:
    statement = LAWS[law]
    chance = torch.Generator().manual_seed(seed)
    values = torch.rand(rows, len(statement.inputs), generator=chance, dtype=torch.float64)
    return Block(statement, Points(values.to(dtype)), WEIGHTS[: len(statement.rows)])


def part(whole: Block, chosen: Tensor | slice) -> Block:
    return Block(whole.statement, Points(whole.points.values[chosen]), whole.weights)


def objective(backend: str, blocks: list[Block]) -> Objective:
    if backend == "kernel" and not available():
        pytest.skip("no C compiler")
    return BACKENDS[backend](blocks)


def near(one: Tensor, other: Tensor, tolerance: float) -> bool:
    return bool(((one - other).abs() <= tolerance * max(float(other.abs().max()), 1e-3)).all())


@every_law
@every_backend
@given(seed=seeds, rows=st.integers(2, 80), data=st.data())
@settings(max_examples=3, deadline=None, derandomize=True)
def test_a_batch_says_what_its_parts_say(
    law: str, backend: str, seed: int, rows: int, data: st.DataObject
) -> None:
    whole = block(law, rows, seed)
    cut = data.draw(st.integers(1, rows - 1))
    theta = initial(whole.statement.sizes, seed)
    cost, slope = objective(backend, [whole]).cost_and_slope(theta)
    sides = [part(whole, slice(None, cut)), part(whole, slice(cut, None))]
    found = [objective(backend, [side]) for side in sides]
    some = [one.cost_and_slope(theta) for one in found]
    shares = [cut / rows, 1 - cut / rows]
    assert sum(s * c for s, (c, _) in zip(shares, some, strict=True)) == pytest.approx(cost, 1e-12)
    parts = [s * move for s, (_, move) in zip(shares, some, strict=True)]
    assert near(parts[0] + parts[1], slope, 1e-12)
    rest = [one.by_row(theta) for one in found]
    for name, row in objective(backend, [whole]).by_row(theta).items():
        assert near(torch.cat([one[name] for one in rest]), row, 1e-12)


@every_law
@every_backend
@given(seed=seeds, rows=st.integers(2, 80))
@settings(max_examples=2, deadline=None, derandomize=True)
def test_rows_in_another_order_are_the_same_rows(
    law: str, backend: str, seed: int, rows: int
) -> None:
    whole = block(law, rows, seed)
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
    theta = initial(whole.statement.sizes, seed)
    one, other = objective(backend, [whole]), objective(backend, [part(whole, order)])
    cost, slope = one.cost_and_slope(theta)
    again, moved = other.cost_and_slope(theta)
    assert again == pytest.approx(cost, rel=1e-12)
    assert near(moved, slope, 1e-12)
    rows_again = other.by_row(theta)
    for name, row in one.by_row(theta).items():
        assert near(rows_again[name], row[order], 1e-12)


@every_law
@every_backend
def test_less_precision_says_the_same_less_precisely(law: str, backend: str) -> None:
    precise, rough = block(law, 60, 3), block(law, 60, 3, torch.float32)
    values = rough.points.values.double()  # The very points, so that only the arithmetic differs.
    precise = Block(precise.statement, Points(values), precise.weights)
    theta = initial(precise.statement.sizes, 3).float()
    cost, slope = objective(backend, [precise]).cost_and_slope(theta.double())
    found, moved = objective(backend, [rough]).cost_and_slope(theta)
    assert moved.dtype == torch.float32
    assert found == pytest.approx(cost, rel=1e-4)
    assert near(moved.double(), slope, 1e-4)


@every_law
@every_backend
def test_the_slope_is_that_of_the_residuals(law: str, backend: str) -> None:
    whole = block(law, 40, 5)
    theta = initial(whole.statement.sizes, 5).requires_grad_()
    cost = BACKENDS["eager"]([whole]).residuals(theta).square().sum()
    (slope,) = torch.autograd.grad(cost, theta)
    found, moved = objective(backend, [whole]).cost_and_slope(theta.detach())
    assert found == pytest.approx(float(cost.detach()), rel=1e-12)
    assert near(moved, slope, 1e-12)
